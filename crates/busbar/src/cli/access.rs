//! `busbar access`: the policy that is enforced, without a database.
#![allow(clippy::print_stdout)]

use std::process::ExitCode;

use clap::Subcommand;

use super::Failure;

#[derive(Debug, Subcommand)]
pub enum Access {
    /// Print which role has which permission, as CSV.
    Matrix,
}

impl Access {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let Self::Matrix = self;
        print!("{}", access::csv(&access::Policy::built_in().await?));
        Ok(ExitCode::SUCCESS)
    }
}
