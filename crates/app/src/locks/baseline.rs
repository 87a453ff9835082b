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
/// Settings asked for in one command, where a station does not tell that it takes fewer.
const PORTION: usize = 20;
/// How stations tell it: ItemsPerMessage of 2.x, by the call, and the key of 1.6.
const BOUND_2X: &str = "ItemsPerMessage";
const BOUND_OLD: &str = "GetConfigurationMaxKeys";

/// What is asked of many settings in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Many {
    /// Their values.
    Read,
    /// To be told of changes.
    Monitor,
}

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
fn ends(news: &News, station: StationId, report: Option<i32>) -> bool {
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
    let portion = portion(app, station.station.id, Many::Read).await?;
    for names in names.chunks(portion) {
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

/// How many settings the station takes in one call, as far as it told.
pub(super) async fn portion(app: &App, station: StationId, what: Many) -> Result<usize, Error> {
    let rows = app.store().read.variables(station).await?;
    Ok(bound(rows.iter().map(|(reading, _)| reading), what))
}

fn bound<'a>(told: impl Iterator<Item = &'a VariableReading>, what: Many) -> usize {
    let call = match what {
        Many::Read => "GetVariables",
        Many::Monitor => "SetVariableMonitoring",
    };
    let about = |reading: &&VariableReading| {
        let name = &reading.name;
        let instance = name.variable_instance.as_deref().unwrap_or_default();
        let of_call =
            name.variable.eq_ignore_ascii_case(BOUND_2X) && instance.eq_ignore_ascii_case(call);
        of_call || what == Many::Read && name.variable.eq_ignore_ascii_case(BOUND_OLD)
    };
    let bounds = told
        .filter(about)
        .filter_map(|r| r.value.as_deref()?.trim().parse().ok());
    bounds.min().unwrap_or(PORTION).clamp(1, PORTION)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variable: &str, instance: Option<&str>, value: &str) -> VariableReading {
        VariableReading {
            name: VariableName {
                variable_instance: instance.map(str::to_owned),
                ..VariableName::of("DeviceDataCtrlr", variable)
            },
            attribute: "Actual".to_owned(),
            value: Some(value.to_owned()),
            mutability: None,
        }
    }

    #[test]
    fn a_station_is_asked_for_no_more_than_it_takes() {
        let all = [
            told("ItemsPerMessage", Some("GetVariables"), "4"),
            told("ItemsPerMessage", Some("SetVariables"), "2"),
            told("ItemsPerMessage", Some("SetVariableMonitoring"), "1"),
        ];
        assert_eq!(bound(all.iter(), Many::Read), 4);
        assert_eq!(bound(all.iter(), Many::Monitor), 1);
        let old = [told("GetConfigurationMaxKeys", None, "50")];
        assert_eq!(bound(old.iter(), Many::Read), PORTION);
        let odd = [told("ItemsPerMessage", Some("GetVariables"), "0")];
        assert_eq!(bound(odd.iter(), Many::Read), 1);
        assert_eq!(bound([].iter(), Many::Monitor), PORTION);
    }

    #[test]
    fn somebody_elses_report_is_not_ours() {
        let (mine, other) = (
            StationId::from_uuid(uuid::Uuid::from_u128(1)),
            StationId::from_uuid(uuid::Uuid::from_u128(2)),
        );
        assert!(ends(&News::Reported(mine, 7), mine, Some(7)));
        assert!(!ends(&News::Reported(mine, 8), mine, Some(7)));
        assert!(!ends(&News::Reported(other, 7), mine, Some(7)));
    }
}
