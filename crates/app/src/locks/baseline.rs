//! Reading the settings of a station, as commands like any other.

use std::time::Duration;

use bus::News;
use domain::command::{Command, CommandState, ReportKind, VariableName};
use domain::event::Change;
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
/// Settings asked for in one command: every station takes so many.
const PORTION: usize = 20;

/// Everything that can be set at a station, as it says now.
pub(super) async fn everything(
    app: &App,
    caller: &Caller,
    station: &StationRow,
) -> Result<Vec<VariableReading>, Error> {
    // Heard from before the station is asked, so that a fast report is not missed.
    let mut news = app.bus().subscribe();
    let kind = ReportKind::Configuration;
    let outcome = ask(app, caller, station, Command::RequestReport { kind }).await?;
    if !outcome.is_empty() {
        return Ok(outcome);
    }
    let id = station.station.id;
    let told = async {
        while let Ok(heard) = news.recv().await {
            if reported(&heard, id) {
                return;
            }
        }
        // News was missed: what is on record has to do.
    };
    timeout(REPORT, told).await.map_err(|_| silent())?;
    let rows = app.store().read.variables(id).await?;
    Ok(rows.into_iter().map(|(reading, _)| reading).collect())
}

fn reported(news: &News, station: StationId) -> bool {
    let News::Events(events) = news else {
        return false;
    };
    events.iter().any(|(_, event)| {
        event.station == Some(station) && event.change == Change::VariablesReported
    })
}

/// Some settings, as the station says now.
pub(super) async fn some(
    app: &App,
    caller: &Caller,
    station: &StationRow,
    names: &[VariableName],
) -> Result<Vec<VariableReading>, Error> {
    let mut readings = Vec::with_capacity(names.len());
    for names in names.chunks(PORTION) {
        let command = Command::ReadVariables {
            names: names.to_vec(),
        };
        readings.extend(ask(app, caller, station, command).await?);
    }
    Ok(readings)
}

/// Asks the station and waits; what its answer tells of variables.
async fn ask(
    app: &App,
    caller: &Caller,
    station: &StationRow,
    command: Command,
) -> Result<Vec<VariableReading>, Error> {
    let sent = commands::dispatch(app, caller, station, command, WritePath::Command).await?;
    let patience = app.settings().command_timeout + Duration::from_secs(1);
    let done = commands::outcome_of(app, station.station.id, sent.id, patience).await?;
    match (done.state, done.outcome) {
        (CommandState::Accepted, Some(outcome)) => Ok(outcome.variables),
        (CommandState::Accepted, None) => Ok(Vec::new()),
        _ => Err(silent()),
    }
}

fn silent() -> Error {
    let detail = "The station did not tell its settings.";
    Error::unavailable("settings_unread", detail)
}
