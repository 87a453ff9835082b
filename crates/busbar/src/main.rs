//! The program: reads the command line and hands over.
#![allow(clippy::print_stderr)] // the place where a failure reaches the person at the terminal

/// Thousands of stations allocate little and often on all threads, and free it on others.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use std::process::ExitCode;

use busbar::cli::{self, Cli};
use clap::Parser;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("busbar: the runtime did not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        match cli::run(cli).await {
            Ok(code) => code,
            Err(error) => {
                let mut said = error.to_string();
                eprintln!("busbar: {said}");
                let mut source = error.source();
                while let Some(cause) = source {
                    let text = cause.to_string();
                    // Many errors tell their cause themselves.
                    if !said.contains(&text) {
                        eprintln!("  because: {text}");
                    }
                    said = text;
                    source = cause.source();
                }
                ExitCode::FAILURE
            }
        }
    })
}
