//! `busbar serve`: runs the server.

use std::process::ExitCode;

use clap::Args;
use tracing_subscriber::EnvFilter;

use super::Failure;
use crate::config::Config;
use crate::serve;

#[derive(Debug, Args)]
pub struct Serve {
    /// Add a demo organisation with a simulated fleet: 20 stations at 3 sites, 30 days of history,
    /// and a person for each role.
    #[arg(long)]
    demo: bool,
    /// Write the log as JSON lines.
    #[arg(long)]
    json: bool,
}

impl Serve {
    pub async fn run(self, config: Config) -> Result<ExitCode, Failure> {
        let filter = EnvFilter::try_from_env("BUSBAR_LOG")
            .unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn,sea_orm_migration=warn"));
        let log = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr);
        if self.json {
            log.json().init();
        } else {
            log.init();
        }
        serve::run(config, self.demo).await
    }
}
