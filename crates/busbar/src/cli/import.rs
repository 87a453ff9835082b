//! `busbar import`: takes over what another system has, out of a dump of its database.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use domain::id::OrgId;
use serde_json::json;

use super::Failure;
use super::progress::Progress;
use super::user::explained;
use crate::config::Config;
use crate::rooms;
use crate::steve::{self, Order, Report, Told};

#[derive(Debug, Subcommand)]
pub enum Import {
    /// SteVe's stations, tokens, drivers, sessions and readings, out of a dump by mysqldump.
    Steve(Steve),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 everything was taken over, 1 something failed, 2 the command \
line or the configuration, 3 the dump is not whole or not SteVe's (nothing was taken over), 4 single \
rows were not taken over. It can be done again at any time: what is here already stays as it is."
)]
pub struct Steve {
    /// The dump, packed with gzip or not.
    dump: PathBuf,
    /// Write nothing, and say what would come of it.
    #[arg(long)]
    dry_run: bool,
    /// Into which organisation (`busbar organisation list`); the root when not given.
    #[arg(long, value_name = "ID")]
    organisation: Option<OrgId>,
    /// What this SteVe is called here, in case there is another one.
    #[arg(long, default_value = "steve")]
    source: String,
    /// The time zone of addresses that have none.
    #[arg(long, default_value = "UTC", value_name = "ZONE")]
    time_zone: String,
    /// Let stations that had no password at SteVe come in without one.
    #[arg(long)]
    open_stations: bool,
    /// Print JSON lines.
    #[arg(long)]
    json: bool,
}

impl Import {
    pub async fn run(self, config: Config) -> Result<ExitCode, Failure> {
        let Self::Steve(steve) = self;
        steve.run(config).await
    }
}

impl Steve {
    async fn run(self, config: Config) -> Result<ExitCode, Failure> {
        let app = rooms::build(&config).await?;
        let progress = Progress::new(self.json);
        let told: Told = {
            let progress = progress.clone();
            Arc::new(move |step, done, of| progress.tell(step, done, of))
        };
        let order = Order {
            dump: self.dump,
            organisation: self.organisation,
            source: self.source,
            dry_run: self.dry_run,
            time_zone: self.time_zone,
            open_stations: self.open_stations,
        };
        let done = steve::carry(&app, &order, &told).await;
        progress.end();
        match done {
            Ok(report) => {
                say(&report, self.json);
                let code = if report.is_clean() { 0 } else { 4 };
                Ok(ExitCode::from(code))
            }
            Err(error) => {
                let code = error.code();
                let said = match error {
                    steve::Error::App(error) => explained(error).to_string(),
                    other => other.to_string(),
                };
                if self.json {
                    Progress::line("failed", json!({"code": code, "detail": said}));
                } else {
                    eprintln!("busbar: {said}");
                }
                Ok(ExitCode::from(code))
            }
        }
    }
}

fn say(report: &Report, json: bool) {
    if json {
        Progress::line("done", json!({"report": report}));
        return;
    }
    let version = report.version.as_deref().unwrap_or("an unknown version");
    println!("SteVe {version}, shape `{}`", report.shape);
    if report.dry_run {
        println!("nothing was written: this is what would come of it");
    }
    for (kind, counts) in &report.kinds {
        let steve::Counts {
            made,
            there,
            ended,
            refused,
        } = counts;
        let ended = match ended {
            0 => String::new(),
            some => format!("{some} ended, "),
        };
        println!("{kind}\t{made} new, {ended}{there} already there, {refused} refused");
    }
    for (what, count) in &report.not_carried {
        println!("not carried: {count} {what}");
    }
    for problem in &report.problems {
        let line = match problem.line {
            0 => String::new(),
            line => format!(" (line {line})"),
        };
        println!("{} {}{line}: {}", problem.table, problem.row, problem.why);
    }
    if report.problems_left_out > 0 {
        println!(
            "and {} more rows that were refused",
            report.problems_left_out
        );
    }
    for hint in &report.hints {
        println!("{hint}");
    }
}
