//! `busbar-sim`: the simulator on the command line.
//!
//! Exit codes: 0 when everything went as asked, 1 when it did not, 2 for wrong options.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let options = cli::Options::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("BUSBAR_SIM_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return cli::complain(&error),
    };
    match runtime.block_on(cli::run(options)) {
        Ok(code) => code,
        Err(error) => cli::complain(&error),
    }
}
