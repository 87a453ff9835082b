//! Reading what a station is set to, in full: all at once where it can, else by name in portions.
//! A model that answers badly to being asked for everything, or goes away on it (quirk 50), is not
//! asked so again until it has another firmware.

use std::time::Duration;

use chrono::{SubsecRound, TimeDelta};
use domain::clock::Moment;
use domain::command::{Command, CommandState, ReportKind, VariableName};
use domain::id::StationId;
use domain::lock::WritePath;
use domain::role::{Caller, Permission};
use domain::setting::folded;
use domain::variable::VariableReading;
use store::{Lane, StationRow};
use tokio::time::timeout;

use super::{BUSBAR, Configuration, configuration, updated};
use crate::app::App;
use crate::error::Error;
use crate::locks::baseline;
use crate::{audit, commands, gate};

/// For so long the parts of a report may come.
const REPORT: Duration = Duration::from_secs(120);
/// Variables asked for in one command; the machines' door cuts it into what the station takes.
const PORTION: usize = 40;
/// After this a reading that did not end is given up.
const GIVEN_UP_MIN: i64 = 10;

/// Begins to read a station in full, with `stations.configure`; the station must be connected. How
/// far it is stands in its summary.
pub async fn begin_reading(
    app: &App,
    caller: &Caller,
    station: StationId,
) -> Result<Configuration, Error> {
    let pass = gate::permit(app, caller, Permission::StationsConfigure).await?;
    let row = pass.station(app, station).await?;
    if row.station.admin_state == domain::site::AdminState::Archived {
        return Err(Error::conflict("archived", "The station is archived."));
    }
    if !row.station.online || !app.bus().is_online(station).await {
        let detail = "The station is not connected.";
        return Err(Error::unavailable("station_offline", detail));
    }
    let now = configuration(app, &row.station).await?;
    if now.reading.since.is_some_and(|since| running(app, since)) {
        return Ok(now);
    }
    let org = row.station.org;
    let deed = audit::row(app, caller, org, "settings.read", station, None, None);
    mark(app, &row, Mark::Begun, Some(deed)).await?;
    let after = configuration(app, &row.station).await?;
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = go_on(&app, &row).await {
            tracing::debug!(station.id = %station, "a station was not read: {error}");
        }
    });
    Ok(after)
}

/// Whether a reading that began then still goes on.
pub(super) fn running(app: &App, since: Moment) -> bool {
    app.now() - since < TimeDelta::minutes(GIVEN_UP_MIN)
}

/// Reads a station in full and keeps how that went.
pub(super) async fn whole(app: &App, row: &StationRow) -> Result<(), Error> {
    mark(app, row, Mark::Begun, None).await?;
    go_on(app, row).await
}

async fn go_on(app: &App, row: &StationRow) -> Result<(), Error> {
    let read = everything(app, row).await;
    let end = match &read {
        Ok(()) => Mark::Done,
        Err(Error::Unavailable { code, .. }) => Mark::Failed(code),
        Err(_) => Mark::Failed("internal"),
    };
    mark(app, row, end, None).await?;
    read
}

enum Mark {
    Begun,
    Done,
    Failed(&'static str),
}

async fn mark(
    app: &App,
    row: &StationRow,
    mark: Mark,
    deed: Option<domain::audit::Deed>,
) -> Result<(), Error> {
    let (org, id, now) = (row.station.org, row.station.id, app.now());
    // The make may have become known while it was read.
    let fresh = app.store().read.station(org, id).await?;
    let firmware = fresh.and_then(|row| row.station.hardware.firmware_version);
    let fact = updated(app, &row.station);
    let problem = match mark {
        Mark::Failed(code) => Some(code.to_owned()),
        _ => None,
    };
    let (begun, done) = (matches!(mark, Mark::Begun), matches!(mark, Mark::Done));
    let written = app.store().write(Lane::Station(id), move |work| {
        let (fact, deed, firmware) = (fact.clone(), deed.clone(), firmware.clone());
        let problem = problem.clone();
        Box::pin(async move {
            let found = work.configuration(id).await?;
            let mut one = found.unwrap_or_else(|| Configuration::new(org, id));
            one.reading.since = begun.then_some(now);
            one.reading.problem = problem;
            if done {
                one.reading.read_at = Some(now);
                one.reading.firmware = firmware;
            }
            work.configuration_put(&one).await?;
            work.event(&fact);
            if let Some(deed) = &deed {
                work.audit(deed);
            }
            Ok(())
        })
    });
    written.await?;
    app.facts_committed();
    Ok(())
}

async fn everything(app: &App, row: &StationRow) -> Result<(), Error> {
    let read = &app.store().read;
    let hardware = &row.station.hardware;
    if !read.reads_by_name(hardware).await? {
        match at_once(app, row).await? {
            Told::All => return Ok(()),
            Told::Badly => {}
            Told::Gone => return Err(silent()),
        }
    }
    by_name(app, row).await
}

/// What came of asking for everything.
enum Told {
    All,
    Badly,
    Gone,
}

async fn at_once(app: &App, row: &StationRow) -> Result<Told, Error> {
    // Heard from before the station is asked, so that a fast report is not missed.
    let mut news = app.bus().subscribe();
    let (id, asked) = (row.station.id, app.now());
    let command = Command::RequestReport {
        kind: ReportKind::Full,
    };
    let done = ask(app, row, command).await?;
    let outcome = done.outcome.unwrap_or_default();
    let (answered, report) = (!outcome.variables.is_empty(), outcome.report);
    let code = outcome.error.map(|error| error.code).unwrap_or_default();
    match done.state {
        CommandState::Accepted if answered => return Ok(Told::All),
        CommandState::Accepted => {}
        // Not the station's doing: nothing is learnt from it.
        _ if ["station_offline", "busy", "unavailable", "not_accepted"].contains(&&*code) => {
            return Err(silent());
        }
        _ => {
            remember(app, row).await?;
            return Ok(match code.as_str() {
                "connection_lost" => Told::Gone,
                _ => Told::Badly,
            });
        }
    }
    let told = async {
        loop {
            match news.recv().await {
                Ok(heard) if baseline::ends(&heard, id, report) => return true,
                Ok(_) => {}
                // News was missed: nobody knows whether the report is whole.
                Err(_) => return false,
            }
        }
    };
    if timeout(REPORT, told).await.unwrap_or(false) {
        return Ok(Told::All);
    }
    let (fresh, _) = app.store().read.variables_counted(id, asked).await?;
    // Parts came, and the last one is missing: the rest is asked for by name.
    tracing::debug!(station.id = %id, "a report ended after {fresh} variables");
    Ok(Told::Badly)
}

async fn remember(app: &App, row: &StationRow) -> Result<(), Error> {
    let (hardware, now) = (row.station.hardware.clone(), app.now());
    if hardware.model.is_none() {
        return Ok(());
    }
    let written = app.store().write(Lane::Instance, move |work| {
        let hardware = hardware.clone();
        Box::pin(async move { work.model_reads_by_name(&hardware, now).await })
    });
    written.await?;
    Ok(())
}

/// Asks for what the protocol names, for what the station ever told, and for what is wished of it.
async fn by_name(app: &App, row: &StationRow) -> Result<(), Error> {
    let (id, asked) = (row.station.id, app.now().trunc_subsecs(3));
    let command = Command::RequestReport {
        kind: ReportKind::ByName,
    };
    let done = ask(app, row, command).await?;
    // One portion of names that it has none of makes the whole look declined.
    if !matches!(done.state, CommandState::Accepted | CommandState::Rejected) {
        return Err(silent());
    }
    let read = &app.store().read;
    let (mut fresh, mut old) = (Vec::new(), Vec::new());
    for (reading, at) in read.variables(id).await? {
        let list = if at >= asked { &mut fresh } else { &mut old };
        list.push(reading.name);
    }
    old.extend(read.settings(id).await?.into_iter().map(|s| s.wish.name));
    let mut seen: Vec<VariableName> = fresh.iter().map(folded).collect();
    old.retain(|name| {
        let name = folded(name);
        let new = !seen.contains(&name);
        seen.push(name);
        new
    });
    some(app, row, &old).await
}

/// Asks for these; what the station answers is on record when this returns.
pub(super) async fn some(app: &App, row: &StationRow, names: &[VariableName]) -> Result<(), Error> {
    // A template can hold names of several protocols: each station is asked for those of its own.
    let (composed, plain): (Vec<_>, Vec<_>) = names
        .iter()
        .cloned()
        .partition(|name| name.component.is_some());
    for names in composed.chunks(PORTION).chain(plain.chunks(PORTION)) {
        let command = Command::ReadVariables {
            names: names.to_vec(),
        };
        let done = ask(app, row, command).await?;
        let error = done.outcome.and_then(|outcome| outcome.error);
        let unsayable = error.is_some_and(|error| error.code == "unsupported");
        // A station that knows none of them declines, and has told that.
        let told = matches!(done.state, CommandState::Accepted | CommandState::Rejected);
        if !told && !unsayable {
            return Err(silent());
        }
    }
    Ok(())
}

/// What is on record and was told since then.
pub(super) async fn told_since(
    app: &App,
    station: StationId,
    since: Moment,
) -> Result<Vec<VariableReading>, Error> {
    let rows = app.store().read.variables(station).await?;
    // As the database keeps moments.
    let since = since.trunc_subsecs(3);
    let fresh = rows.into_iter().filter(|(_, at)| *at >= since);
    Ok(fresh.map(|(reading, _)| reading).collect())
}

async fn ask(
    app: &App,
    row: &StationRow,
    command: Command,
) -> Result<domain::command::CommandRecord, Error> {
    let sent = commands::dispatch(app, &BUSBAR, row, command, WritePath::Command).await?;
    let patience = app.settings().command_timeout + Duration::from_secs(1);
    commands::outcome_of(app, row.station.id, sent.id, patience).await
}

fn silent() -> Error {
    let detail = "The station did not tell its settings.";
    Error::unavailable("settings_unread", detail)
}
