//! `busbar backup`: writes a backup while the server runs.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::Failure;
use super::progress::Progress;
use crate::backup::{self, Order, Step, Told};
use crate::config::Config;

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 done, 1 something failed, 2 the command line or the \
configuration, 3 the backup did not read back as it was written, 4 the passphrase, 5 the file is \
there already, 7 too little space, 8 the database is PostgreSQL (`--files-only`)."
)]
pub struct Backup {
    /// A file that is not there, or a folder that is; `backup.dir` of the configuration, or
    /// `backups` in the data directory, when left out.
    #[arg(long, value_name = "FILE|DIR")]
    to: Option<PathBuf>,
    /// Seal the backup with the passphrase in the first line of this file.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Put `station.key` and the secrets of the configuration into the backup.
    #[arg(long)]
    with_keys: bool,
    /// Leave the database out: for PostgreSQL, which has its own means.
    #[arg(long)]
    files_only: bool,
    /// Print JSON lines.
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub async fn run(self, config: Config) -> Result<ExitCode, Failure> {
        let progress = Progress::new(self.json);
        let json = self.json;
        let made = self.make(&config, &progress).await;
        progress.end();
        match made {
            Ok(made) => {
                let (file, bytes) = (made.file.display().to_string(), made.bytes);
                if json {
                    let done = json!({"file": file, "bytes": bytes, "notes": made.notes,
                        "manifest": made.manifest});
                    Progress::line("done", done);
                } else {
                    println!("{file}");
                    let parts = made.manifest.parts.len();
                    println!("{bytes} bytes, {parts} parts, read back and compared");
                    made.notes.iter().for_each(|note| println!("{note}"));
                }
                Ok(ExitCode::SUCCESS)
            }
            Err(error) => Ok(refused(&error, json)),
        }
    }

    async fn make(
        self,
        config: &Config,
        progress: &Progress,
    ) -> Result<backup::Made, backup::Error> {
        let to = match self.to {
            Some(to) => to,
            None => backup::config::own_folder(config)?,
        };
        let passphrase = self.passphrase_file.as_deref();
        let order = Order {
            to,
            passphrase: passphrase
                .map(backup::schedule::passphrase_of)
                .transpose()?,
            with_keys: self.with_keys,
            files_only: self.files_only,
            now: chrono::Utc::now(),
        };
        backup::make(config, &order, &told(progress)).await
    }
}

/// Hears the steps and tells them.
pub(super) fn told(progress: &Progress) -> Told {
    let progress = progress.clone();
    Arc::new(move |step| match step {
        Step::Copying => progress.tell("copying", 0, 0),
        Step::Packing(done, of) => progress.tell("packing", done, of),
        Step::Verifying(done, of) => progress.tell("verifying", done, of),
        Step::Unpacking(done, of) => progress.tell("unpacking", done, of),
    })
}

/// Says why not, and the exit code for it.
pub(super) fn refused(error: &backup::Error, json: bool) -> ExitCode {
    let code = error.code();
    let mut said = error.to_string();
    if let Some(cause) = std::error::Error::source(error).map(ToString::to_string)
        && !said.contains(&cause)
    {
        said = format!("{said}: {cause}");
    }
    if json {
        Progress::line("failed", json!({"code": code, "detail": said}));
    } else {
        eprintln!("busbar: {said}");
    }
    ExitCode::from(code)
}
