//! `busbar ocpp check`: judges messages of a file by the official schemas, line by line.
#![allow(clippy::print_stdout, clippy::print_stderr)] // the judgement is the output

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::Failure;

/// Every line was judged.
const ALL_JUDGED: u8 = 0;
/// A line could not be read.
const SOME_UNREADABLE: u8 = 2;

#[derive(Debug, Subcommand)]
pub enum Ocpp {
    /// Judge messages by the official schemas.
    ///
    /// Reads lines like {"version":"2.0.1","message":"HeartbeatRequest","payload":{}} and prints
    /// one line of JSON for each, in order. Exit code 0: every line was judged, valid or not;
    /// 2: at least one line could not be read.
    Check {
        /// The file; `-` reads standard input.
        file: PathBuf,
        /// Also tell what lenient reading would repair.
        #[arg(long)]
        lenient: bool,
    },
}

impl Ocpp {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let Self::Check { file, lenient } = self;
        let input: Box<dyn BufRead> = if file.as_os_str() == "-" {
            Box::new(BufReader::new(io::stdin()))
        } else {
            let opened =
                File::open(&file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
            Box::new(BufReader::new(opened))
        };
        let mut out = BufWriter::new(io::stdout().lock());
        let mut code = ALL_JUDGED;
        for line in input.split(b'\n') {
            let line = line?;
            let judged = match std::str::from_utf8(&line) {
                Ok(text) => ocpp::check::judge_line(text.trim_end_matches('\r'), lenient),
                Err(_) => Err("the line is not UTF-8".to_owned()),
            };
            let answer = judged.unwrap_or_else(|why| {
                code = SOME_UNREADABLE;
                ocpp::check::unreadable_line(&why)
            });
            writeln!(out, "{answer}")?;
        }
        out.flush()?;
        Ok(ExitCode::from(code))
    }
}
