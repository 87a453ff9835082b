//! `busbar setup`: a new link for the first administrator.
#![allow(clippy::print_stdout)]

use std::process::ExitCode;

use domain::role::Caller;

use super::Failure;
use crate::config::Config;
use crate::{rooms, serve};

pub async fn run(config: Config) -> Result<ExitCode, Failure> {
    let app = rooms::build(&config).await?;
    let caller = Caller::System {
        why: "busbar setup",
    };
    let token = app::setup::create_link(&app, &caller).await?;
    println!("{}/setup#{token}", serve::console_url(&config));
    println!("valid for 30 minutes, once");
    Ok(ExitCode::SUCCESS)
}
