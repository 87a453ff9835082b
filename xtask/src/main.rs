//! `cargo xtask VERB`: the chores of the house that are neither building nor testing.
//!
//! Owns the layout rules (`tidy`), the policy files (`policy`) and the message catalogue
//! (`codegen`). Imports nothing of ours, so that what it checks cannot bend it.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for the terminal

mod codegen;
mod policy;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "cargo xtask VERB
  tidy                       layout, dependency and wording rules of the house
  policy [--from FILE]       write casbin/*.csv from the table of facts
  codegen [--schemas DIR]    write the message catalogue and the console's form data";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.split_first() {
        Some((verb, rest)) => match verb.as_str() {
            "tidy" => tidy::run(rest),
            "policy" => policy::run(rest),
            "codegen" => codegen::run(rest),
            _ => Err(format!("there is no verb {verb}\n{HELP}")),
        },
        None => Err(HELP.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// The folder that holds the whole repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
