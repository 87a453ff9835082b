//! Reading the settings of a station, as commands like any other.

use std::time::Duration;

use bus::News;
use domain::clock::Moment;
use domain::command::{Command, CommandState, Outcome, ReportKind, VariableName};
use domain::id::StationId;
use domain::lock::WritePath;
use domain::role::Caller;
use domain::variable::VariableReading;
use store::StationRow;
use tokio::time::timeout;

use crate::app::App;
use crate::commands;
use crate::error::Error;

/// For so long the parts of a report may come.
const REPORT: Duration = Duration::from_secs(60);
/// Settings in one command; the machines' door cuts it into what the station takes.
pub(super) const PORTION: usize = 20;

/// Everything that can be set at a station, as it says now.
pub(super) async fn everything(
    app: &App,
    caller: &Caller,
    station: &StationRow,
) -> Result<Vec<VariableReading>, Error> {
    // Heard from before the station is asked, so that a fast report is not missed.
    let mut news = app.bus().subscribe();
    let asked = app.now();
    let kind = ReportKind::Configuration;
    let told = ask(app, caller, station, Command::RequestReport { kind }).await?;
    let Told::This(outcome) = told else {
        return Err(silent());
    };
    if !outcome.variables.is_empty() {
        return Ok(outcome.variables);
    }
    let id = station.station.id;
    let whole = async {
        loop {
            match news.recv().await {
                Ok(heard) if ends(&heard, id, outcome.report) => return Ok(()),
                Ok(_) => {}
                // News was missed: nobody knows whether the report is whole.
                Err(_) => return Err(silent()),
            }
        }
    };
    timeout(REPORT, whole).await.map_err(|_| silent())??;
    let rows = app.store().read.variables(id).await?;
    // What was reported before is of another time: the station may not have it any more.
    let fresh = |at: Moment| at.timestamp_millis() >= asked.timestamp_millis();
    let rows = rows.into_iter().filter(|(_, at)| fresh(*at));
    Ok(rows.map(|(reading, _)| reading).collect())
}

/// Whether this is the end of the report that was asked for, and not of somebody else's.
pub(crate) fn ends(news: &News, station: StationId, report: Option<i32>) -> bool {
    matches!(news, News::Reported(of, number) if *of == station && report.is_none_or(|r| r == *number))
}

/// Some settings, as the station says now. Of what it does not tell although it answers there is
/// nothing in it.
pub(super) async fn some(
    app: &App,
    caller: &Caller,
    station: &StationRow,
    names: &[VariableName],
) -> Result<Vec<VariableReading>, Error> {
    let mut readings = Vec::with_capacity(names.len());
    let mut stumbled = false;
    for names in names.chunks(PORTION) {
        match read(app, caller, station, names).await? {
            Told::This(outcome) => readings.extend(outcome.variables),
            Told::Declined => {}
            // Too many for it, or one among them that it stumbles over: each by itself.
            Told::Stumbled if names.len() > 1 => {
                for name in names {
                    let one = std::slice::from_ref(name);
                    match read(app, caller, station, one).await? {
                        Told::This(outcome) => readings.extend(outcome.variables),
                        Told::Declined => {}
                        Told::Stumbled => stumbled = true,
                    }
                }
            }
            Told::Stumbled => stumbled = true,
        }
    }
    if stumbled && readings.is_empty() {
        return Err(silent());
    }
    Ok(readings)
}

async fn read(
    app: &App,
    caller: &Caller,
    station: &StationRow,
    names: &[VariableName],
) -> Result<Told, Error> {
    let names = names.to_vec();
    ask(app, caller, station, Command::ReadVariables { names }).await
}

/// What came of a question.
enum Told {
    /// An answer.
    This(Box<Outcome>),
    /// An answer that tells nothing.
    Declined,
    /// An error in place of an answer.
    Stumbled,
}

/// Asks the station and waits. That it did not answer is an error.
async fn ask(
    app: &App,
    caller: &Caller,
    station: &StationRow,
    command: Command,
) -> Result<Told, Error> {
    let sent = commands::dispatch(app, caller, station, command, WritePath::Command).await?;
    let patience = app.settings().command_timeout + Duration::from_secs(1);
    let done = commands::outcome_of(app, station.station.id, sent.id, patience).await?;
    let outcome = done.outcome.unwrap_or_default();
    let code = outcome.error.as_ref().map(|error| error.code.as_str());
    match done.state {
        CommandState::Accepted | CommandState::Completed => Ok(Told::This(Box::new(outcome))),
        CommandState::Rejected => Ok(Told::Declined),
        CommandState::Error if !code.is_some_and(is_lost) => Ok(Told::Stumbled),
        _ => Err(silent()),
    }
}

/// Whether an error is not the station's own.
pub(super) fn is_lost(code: &str) -> bool {
    LOST.contains(&code)
}

const LOST: [&str; 6] = [
    "busy",
    "connection_lost",
    "not_accepted",
    "settings_locked",
    "station_offline",
    "unavailable",
];

fn silent() -> Error {
    let detail = "The station did not tell its settings.";
    Error::unavailable("settings_unread", detail)
}
