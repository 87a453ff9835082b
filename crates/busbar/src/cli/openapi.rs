//! `busbar openapi`: the document of the admin API.
#![allow(clippy::print_stdout)]

use std::process::ExitCode;

use super::Failure;

pub fn run() -> Result<ExitCode, Failure> {
    println!("{}", api::openapi_text()?);
    Ok(ExitCode::SUCCESS)
}
