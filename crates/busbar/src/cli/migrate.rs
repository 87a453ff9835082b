//! `busbar migrate`: brings the database to this version.
#![allow(clippy::print_stdout)]

use std::process::ExitCode;

use super::Failure;
use crate::config::Config;

pub async fn run(config: Config) -> Result<ExitCode, Failure> {
    std::fs::create_dir_all(&config.data_dir)?;
    match store::Store::migrate(&config.database_url()).await? {
        0 => println!("the database is at this version already"),
        steps => println!("{steps} steps taken, the database is at this version"),
    }
    Ok(ExitCode::SUCCESS)
}
