//! `busbar doctor`: what is wrong, and how to mend it. Ends with 0 when all is well, 1 when there
//! are findings, 2 when it could not look.
#![allow(clippy::print_stdout)]

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::Failure;
use crate::config::{Config, ConfigError};
use crate::doctor::{self, Check};

#[derive(Debug, Args)]
pub struct Doctor {
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub async fn run(self, config: Result<Config, ConfigError>) -> Result<ExitCode, Failure> {
        let (checks, code) = match config {
            Ok(config) => {
                let checks = doctor::examine(&config).await;
                let code = u8::from(checks.iter().any(|check| !check.ok));
                (checks, code)
            }
            Err(error) => {
                let mut detail = error.to_string();
                if let Some(cause) = std::error::Error::source(&error)
                    && !detail.contains(&cause.to_string())
                {
                    detail = format!("{detail}: {cause}");
                }
                let fix = "Mend the file or the variable that is named.";
                (vec![Check::finding("configuration", detail, fix)], 2)
            }
        };
        if self.json {
            println!("{}", json!({"ok": code == 0, "checks": checks}));
        } else {
            for check in &checks {
                let mark = if check.ok { "ok  " } else { "!!  " };
                println!("{mark}{}: {}", check.check, check.detail);
                if let Some(fix) = &check.fix {
                    println!("      {fix}");
                }
            }
        }
        Ok(ExitCode::from(code))
    }
}
