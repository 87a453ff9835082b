//! `busbar restore`: brings a backup back, or only looks whether it is whole.
#![allow(clippy::print_stdout)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::Failure;
use super::backup::{refused, told};
use super::progress::Progress;
use crate::backup::{self, Manifest, Wanted, schedule};
use crate::config::Config;

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 done, 1 something failed, 2 the command line or the \
configuration, 3 the backup is damaged, cut off or was changed, 4 the passphrase, 5 the folder is \
not empty, 6 the backup is of a newer version, 7 too little space."
)]
pub struct Restore {
    /// The backup.
    file: PathBuf,
    /// Restore into this folder, which is not there or empty; the data directory when left out.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// Read all of it and compare it with its manifest; restore nothing.
    #[arg(long)]
    verify_only: bool,
    /// The file with the passphrase of a sealed backup.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The key file, where it was kept elsewhere: it is put into its place.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Print JSON lines.
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub async fn run(self, config: Config) -> Result<ExitCode, Failure> {
        let progress = Progress::new(self.json);
        let json = self.json;
        let done = self.carry_out(config, &progress).await;
        progress.end();
        Ok(match done {
            Ok((manifest, into)) => {
                say(&manifest, into.as_ref(), json);
                ExitCode::SUCCESS
            }
            Err(error) => refused(&error, json),
        })
    }

    /// What the backup says of itself, and into which folder it went, with its key or without.
    async fn carry_out(
        self,
        config: Config,
        progress: &Progress,
    ) -> Result<(Manifest, Option<(PathBuf, bool)>), backup::Error> {
        let passphrase = self.passphrase_file.as_deref();
        let passphrase = passphrase.map(schedule::passphrase_of).transpose()?;
        let told = told(progress);
        if self.verify_only {
            let manifest = backup::verify(&self.file, passphrase, &told).await?;
            return Ok((manifest, None));
        }
        let into = self.into.unwrap_or(config.data_dir);
        let wanted = Wanted {
            archive: self.file,
            into: into.clone(),
            passphrase,
            key_file: self.key_file,
        };
        let restored = backup::restore(&wanted, &told).await?;
        Ok((restored.manifest, Some((into, restored.has_key))))
    }
}

fn say(manifest: &Manifest, into: Option<&(PathBuf, bool)>, json: bool) {
    let folder = into.map(|(folder, _)| folder.display().to_string());
    let has_key = into.map(|(_, has_key)| *has_key);
    if json {
        let done = json!({"manifest": manifest, "into": folder, "has_key": has_key});
        Progress::line("done", done);
        return;
    }
    let (at, version) = (&manifest.created_at, &manifest.version);
    println!("the backup of {at}, made by Busbar {version}, is whole");
    for part in &manifest.parts {
        println!("{}\t{} bytes", part.path, part.bytes);
    }
    if let Some(folder) = folder {
        println!("restored into {folder}");
    }
    if has_key == Some(false) {
        println!(
            "put station.key into it before the server starts: with another key stations need new \
             passwords, and second factors and saved passwords do not open"
        );
    }
}
