//! `busbar station import`: a file of stations, and a line for each of its rows.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::Path;
use std::process::ExitCode;

use app::App;
use app::stations::{ImportedRow, RowFate};
use domain::role::Caller;

use super::Failure;

pub const HELP: &str = "Exit codes: 0 every row is as the file has it, 1 the file cannot be taken \
(nothing was done), 2 the command line or the configuration, 4 single rows were refused (the others \
were done). It can be done again at any time: what is there as the file has it stays.";

/// Some rows were refused.
const REFUSED: u8 = 4;

pub async fn run(
    app: &App,
    caller: &Caller,
    file: &Path,
    dry_run: bool,
) -> Result<ExitCode, Failure> {
    let content = tokio::fs::read(file)
        .await
        .map_err(|error| format!("reading {}: {error}", file.display()))?;
    let report = match app::stations::import(app, caller, &content, dry_run).await {
        Ok(report) => report,
        Err(app::Error::Invalid { problems }) => {
            let texts: Vec<String> = problems.into_iter().map(|p| p.detail).collect();
            return Err(texts.join("\n").into());
        }
        Err(other) => return Err(other.into()),
    };
    if dry_run {
        println!("nothing was written: this is what would come of it");
    }
    println!("line\toutcome\tidentity\tdetail");
    for row in &report.rows {
        println!("{}", line(row));
    }
    if !report.passed_over.is_empty() {
        eprintln!("columns passed over: {}", report.passed_over.join(", "));
    }
    let count = |fate| report.count(fate);
    let refused = count(RowFate::Refused);
    eprintln!(
        "{} added, {} changed, {} as they were, {refused} refused",
        count(RowFate::Made),
        count(RowFate::Changed),
        count(RowFate::Same),
    );
    Ok(ExitCode::from(if refused == 0 { 0 } else { REFUSED }))
}

/// A row in the table; what the file says cannot break it.
fn line(row: &ImportedRow) -> String {
    let (word, detail) = match row.fate {
        RowFate::Made => match &row.password {
            Some(password) => ("made", format!("password {password}")),
            None => ("made", String::new()),
        },
        RowFate::Changed => ("changed", row.changes.join(", ")),
        RowFate::Same => ("same", String::new()),
        RowFate::Refused => {
            let texts =
                row.problems
                    .iter()
                    .map(|problem| match problem.pointer.trim_start_matches('/') {
                        "" => problem.detail.clone(),
                        column => format!("{column}: {}", problem.detail),
                    });
            ("refused", texts.collect::<Vec<_>>().join(" "))
        }
    };
    let identity = row.identity.as_deref().unwrap_or("-").escape_debug();
    format!("{}\t{word}\t{identity}\t{detail}", row.line)
}
