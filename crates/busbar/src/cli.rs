//! The command line: one file a verb.
#![allow(clippy::print_stdout)] // the output of a command is what it is for

mod access;
mod backup;
mod doctor;
mod import;
mod migrate;
mod ocpp;
mod openapi;
mod organisation;
mod progress;
mod restore;
mod serve;
mod setup;
mod station;
mod station_import;
mod user;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use app::audit::{self, Origin};
use clap::{Parser, Subcommand};

use crate::config::Config;

/// What a verb fails with: shown with its causes.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Busbar, the charge-point management backend.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Cli {
    /// Configuration file; `busbar.toml` in the working directory is read when there is one.
    #[arg(long, global = true, env = "BUSBAR_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the server: the charger port, the API and the console.
    Serve(serve::Serve),
    /// Print a new link for the first administrator (valid 30 minutes).
    Setup,
    /// Bring the database to this version.
    Migrate,
    /// Look at everything this instance stands on, and say what is wrong and how to mend it.
    /// Changes nothing. Ends with 0 when all is well, 1 with findings, 2 when it could not look.
    Doctor(doctor::Doctor),
    /// Write a backup of the instance into one file, while the server runs.
    Backup(backup::Backup),
    /// Bring a backup back, into a folder that is not there or empty.
    Restore(restore::Restore),
    /// Take over what another system has.
    #[command(subcommand)]
    Import(import::Import),
    /// Print the OpenAPI document.
    Openapi,
    /// The permissions that are enforced.
    #[command(subcommand)]
    Access(access::Access),
    /// Organisations and their modules.
    #[command(subcommand)]
    Organisation(organisation::Organisation),
    /// People and their roles.
    #[command(subcommand)]
    User(user::User),
    /// Stations.
    #[command(subcommand)]
    Station(station::Station),
    /// Tools for OCPP messages.
    #[command(subcommand)]
    Ocpp(ocpp::Ocpp),
}

/// Carries out a command line; what it does, itself and not by a server that it starts, is told as
/// the deed of a command line.
pub async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    audit::within(Origin::cli(), carry_out(cli)).await
}

async fn carry_out(cli: Cli) -> Result<ExitCode, Failure> {
    let config = || Config::read(cli.config.as_deref(), |name| std::env::var(name).ok());
    match cli.verb {
        Verb::Serve(serve) => serve.run(config()?).await,
        Verb::Setup => setup::run(config()?).await,
        Verb::Migrate => migrate::run(config()?).await,
        Verb::Doctor(doctor) => doctor.run(config()).await,
        Verb::Backup(backup) => backup.run(config()?).await,
        Verb::Restore(restore) => restore.run(config()?).await,
        Verb::Import(import) => import.run(config()?).await,
        Verb::Openapi => openapi::run(),
        Verb::Access(access) => access.run().await,
        Verb::Organisation(organisation) => organisation.run(config()?).await,
        Verb::User(user) => user.run(config()?).await,
        Verb::Station(station) => station.run(config()?).await,
        Verb::Ocpp(ocpp) => ocpp.run(),
    }
}
