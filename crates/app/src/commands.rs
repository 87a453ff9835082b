//! Commands to stations: asked by a person, written down, carried to the node that holds the
//! station, sent at most once, settled once. The row is the truth; the bus only wakes.

use std::time::Duration;

use bus::{News, RequestError};
use domain::command::{Command, CommandError, CommandRecord, CommandState, Outcome};
use domain::event::Change;
use domain::id::{CommandId, OrgId, StationId};
use domain::page::{Page, PageRequest};
use domain::personal::DriverDataGrant;
use domain::role::{Caller, Permission};
use domain::session::SessionState;
use domain::site::AdminState;
use domain::token::{TokenUid, mask};
use domain::variable::is_secret;
use serde_json::json;
use store::{Lane, StationRow};

use crate::app::App;
use crate::error::{Error, Problem};
use crate::link::{StationLink, Who};
use crate::{audit, gate, masking};

/// Settles regardless of which connection sent: for when that connection cannot do it any more.
const ANY_EPOCH: i64 = i64::MAX;

/// What a person needs to ask for `command`: `stations.control` for what happens at the outlets,
/// and for reading variables, which changes nothing; `stations.configure` for what changes how
/// the station works, and for its full report, which is a large piece of work for it;
/// `stations.firmware` and `stations.raw_ocpp` for theirs.
#[must_use]
pub const fn permission(command: &Command) -> Permission {
    match command {
        Command::Reset { .. }
        | Command::StartSession { .. }
        | Command::StopSession { .. }
        | Command::ChangeAvailability { .. }
        | Command::Unlock { .. }
        | Command::Trigger { .. }
        | Command::ClearCache
        | Command::ReadVariables { .. } => Permission::StationsControl,
        Command::WriteVariables { .. } | Command::RequestReport { .. } => {
            Permission::StationsConfigure
        }
        Command::UpdateFirmware { .. } => Permission::StationsFirmware,
        Command::Raw { .. } => Permission::StationsRawOcpp,
    }
}

/// Asks a station for something. Returns as soon as the command is written down and on its way;
/// [`wait`] tells what came of it. An offline station is an error at once and leaves no row.
///
/// The station's name of a session to stop is filled in here, and so is the number of a remote
/// start.
pub async fn issue(
    app: &App,
    caller: &Caller,
    station: StationId,
    command: Command,
) -> Result<CommandRecord, Error> {
    let pass = gate::permit(app, caller, permission(&command)).await?;
    let row = pass.station(app, station).await?;
    let record = dispatch(app, caller, &row, command).await?;
    Ok(shown(record, gate::driver_data(app, caller).as_ref()))
}

/// Writes a permitted command down and sends it on its way.
pub(crate) async fn dispatch(
    app: &App,
    caller: &Caller,
    row: &StationRow,
    command: Command,
) -> Result<CommandRecord, Error> {
    let station = &row.station;
    if station.admin_state == AdminState::Archived {
        return Err(Error::conflict("archived", "The station is archived."));
    }
    let command = complete(app, row, command).await?;
    let online = station.online && app.bus().is_online(station.id).await;
    if !online {
        return Err(Error::unavailable(
            "station_offline",
            "The station is not connected.",
        ));
    }
    let record = CommandRecord {
        id: CommandId::from_uuid(app.draw()),
        station: station.id,
        command,
        state: CommandState::Queued,
        outcome: None,
        created_at: app.now(),
        sent_at: None,
        settled_at: None,
        issued_by: caller.member().map(|m| (m.user, m.name.clone())),
    };
    let what = json!({"type": record.command.kind(), "station": station.id});
    let deed = audit::row(
        app,
        caller,
        station.org,
        "commands.issue",
        record.id,
        None,
        Some(&what),
    );
    let fact = app.fact(
        station.org,
        station.site,
        Some(station.id),
        Change::CommandUpdated {
            command: record.id,
            state: record.state,
        },
    );
    let (org, written) = (station.org, record.clone());
    app.store()
        .write(Lane::Station(station.id), move |work| {
            let (written, deed, fact) = (written.clone(), deed.clone(), fact.clone());
            Box::pin(async move {
                work.command_insert(org, &written).await?;
                work.event(&fact);
                work.audit(&deed);
                Ok(())
            })
        })
        .await?;
    app.facts_committed();
    tokio::spawn(carry(app.clone(), org, record.clone()));
    Ok(record)
}

/// Checks a command and fills in what only we know.
async fn complete(app: &App, row: &StationRow, command: Command) -> Result<Command, Error> {
    check(&command)?;
    match command {
        Command::StopSession { session, .. } => {
            let found = app.store().read.session(row.station.org, session).await?;
            let found = found
                .map(|r| r.session)
                .filter(|s| s.station == row.station.id);
            let missing = || {
                Error::invalid(
                    "/params/session_id",
                    "not_found",
                    "No such session at this station.",
                )
            };
            let found = found.ok_or_else(missing)?;
            if found.state == SessionState::Ended {
                return Err(Error::conflict("session_ended", "The session is over."));
            }
            Ok(Command::StopSession {
                session,
                wire: found.wire,
            })
        }
        Command::StartSession {
            evse,
            token,
            token_kind,
            ..
        } => Ok(Command::StartSession {
            evse,
            token,
            token_kind,
            remote_start: app.transaction_number().await?,
        }),
        other => Ok(other),
    }
}

fn check(command: &Command) -> Result<(), Error> {
    let mut problems = Vec::new();
    let mut refuse = |bad: bool, pointer: &str, code: &str, detail: &str| {
        if bad {
            problems.push(Problem::at(pointer, code, detail));
        }
    };
    let low = |n: &Option<i32>| n.is_some_and(|n| n < 1);
    let counted = "EVSEs and connectors are counted from 1.";
    match command {
        Command::Reset { evse, .. } => refuse(low(evse), "/params/evse", "out_of_range", counted),
        Command::StartSession { evse, token, .. } => {
            refuse(low(evse), "/params/evse", "out_of_range", counted);
            let empty = token.as_str().is_empty();
            refuse(empty, "/params/token", "required", "A token is needed.");
        }
        Command::ChangeAvailability {
            evse, connector, ..
        }
        | Command::Trigger {
            evse, connector, ..
        } => {
            refuse(low(evse), "/params/evse", "out_of_range", counted);
            refuse(low(connector), "/params/connector", "out_of_range", counted);
        }
        Command::Unlock { evse, connector } => {
            refuse(*evse < 1, "/params/evse", "out_of_range", counted);
            refuse(low(connector), "/params/connector", "out_of_range", counted);
        }
        Command::WriteVariables { values } => {
            let empty = values.is_empty();
            refuse(empty, "/params/values", "required", "Say what to write.");
        }
        Command::UpdateFirmware { url, retries, .. } => {
            let schemes = ["http://", "https://", "ftp://", "ftps://"];
            let odd = !schemes.iter().any(|s| url.starts_with(s));
            refuse(
                odd,
                "/params/url",
                "invalid",
                "The address must be http, https, ftp or ftps.",
            );
            let negative = retries.is_some_and(|r| r < 0);
            refuse(
                negative,
                "/params/retries",
                "out_of_range",
                "Not less than 0.",
            );
        }
        Command::Raw { action, .. } => {
            refuse(action.is_empty(), "/action", "required", "Name the call.");
        }
        _ => {}
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid { problems })
    }
}

/// Carries a command to its station. The node that holds it settles the row; only what never got
/// there, or never came back, is settled here.
async fn carry(app: App, org: OrgId, record: CommandRecord) {
    let timeout = app.settings().command_timeout;
    let answer = app
        .bus()
        .request(record.station, record.id, record.command, timeout)
        .await;
    let outcome = match answer {
        Ok(_) => None,
        Err(RequestError::Timeout) => Some(timed_out()),
        Err(RequestError::Offline) => Some(failed("station_offline", "The station went away.")),
        Err(RequestError::Lost) => Some(failed(
            "connection_lost",
            "The connection ended before the answer came.",
        )),
        Err(RequestError::Unavailable) => Some(failed(
            "unavailable",
            "The order could not be carried to the station.",
        )),
    };
    if let Some(outcome) = outcome {
        let settled = record_outcome(&app, org, record.station, record.id, ANY_EPOCH, outcome);
        if let Err(error) = settled.await {
            tracing::warn!(command.id = %record.id, "an outcome was not stored: {error}");
        }
    }
    app.waiters().wake(record.id);
}

fn failed(code: &str, text: &str) -> Outcome {
    Outcome {
        state: CommandState::Error,
        answer: None,
        error: Some(CommandError {
            code: code.to_owned(),
            text: text.to_owned(),
            places: Vec::new(),
        }),
        variables: Vec::new(),
    }
}

fn timed_out() -> Outcome {
    Outcome {
        state: CommandState::Timeout,
        ..failed("timeout", "The station did not answer in time.")
    }
}

/// The node that holds the station is about to write the command to the socket. False when it
/// must not: it was sent before, or is settled. Durable before this returns.
pub async fn begin(app: &App, link: &StationLink, id: CommandId) -> Result<bool, Error> {
    let Who::Known(known) = &link.who else {
        return Ok(false);
    };
    let row = app.store().read.command(id).await?;
    let Some(row) = row.filter(|r| r.record.station == link.station) else {
        return Ok(false);
    };
    let change = Change::CommandUpdated {
        command: id,
        state: CommandState::Sent,
    };
    let fact = app.fact(known.org, known.site, Some(link.station), change);
    let (epoch, now) = (link.epoch, app.now());
    let first = app
        .store()
        .write(Lane::Station(link.station), move |work| {
            let fact = fact.clone();
            Box::pin(async move {
                let first = work.command_sent(id, epoch, now).await?;
                if first {
                    work.event(&fact);
                }
                Ok(first)
            })
        })
        .await?;
    if first {
        app.facts_committed();
        if let Command::StartSession { token, .. } = &row.record.command {
            link.vouch(token, now);
        }
    }
    Ok(first)
}

/// Records what came of a command, once, with the variables that the answer told. False when it
/// had an outcome, or when a newer connection has taken over.
pub async fn settle(
    app: &App,
    link: &StationLink,
    id: CommandId,
    outcome: Outcome,
) -> Result<bool, Error> {
    let Who::Known(known) = &link.who else {
        return Ok(false);
    };
    record_outcome(app, known.org, link.station, id, link.epoch, outcome).await
}

/// Settles a command's row and tells everybody.
pub(crate) async fn record_outcome(
    app: &App,
    org: OrgId,
    station: StationId,
    id: CommandId,
    epoch: i64,
    outcome: Outcome,
) -> Result<bool, Error> {
    let change = Change::CommandUpdated {
        command: id,
        state: outcome.state,
    };
    let row = app.store().read.station(org, station).await?;
    let site = row.and_then(|r| r.station.site);
    let fact = app.fact(org, site, Some(station), change);
    let read = app.fact(org, site, Some(station), Change::VariablesReported);
    let now = app.now();
    let first = app
        .store()
        .write(Lane::Station(station), move |work| {
            let (outcome, fact, read) = (outcome.clone(), fact.clone(), read.clone());
            Box::pin(async move {
                let first = work.command_settle(id, epoch, &outcome, now).await?;
                if first {
                    work.event(&fact);
                    if !outcome.variables.is_empty() {
                        work.variables(station, &outcome.variables, now).await?;
                        work.event(&read);
                    }
                }
                Ok(first)
            })
        })
        .await?;
    if first {
        app.facts_committed();
        app.waiters().wake(id);
        app.bus().publish(News::Settled(id)).await;
    }
    Ok(first)
}

/// Gives up on commands whose node died: they can get no outcome any more. Tells how many.
pub(crate) async fn give_up_stale(app: &App) -> Result<usize, Error> {
    // Twice the time that any live node waits for an answer.
    let patience =
        chrono::TimeDelta::from_std(app.settings().command_timeout * 2).map_err(Error::internal)?;
    let stale = app
        .store()
        .read
        .stale_commands(app.now() - patience)
        .await?;
    let mut count = 0;
    for row in stale {
        let (station, id) = (row.record.station, row.record.id);
        if record_outcome(app, row.org, station, id, ANY_EPOCH, timed_out()).await? {
            count += 1;
        }
    }
    Ok(count)
}

/// Commands to a station, the newest first, with `stations.control`.
pub async fn list(
    app: &App,
    caller: &Caller,
    station: StationId,
    page: &PageRequest,
) -> Result<Page<CommandRecord>, Error> {
    let pass = gate::permit(app, caller, Permission::StationsControl).await?;
    pass.station(app, station).await?;
    let grant = gate::driver_data(app, caller);
    let rows = app.store().read.commands(station, page).await?;
    Ok(rows.map(|record| shown(record, grant.as_ref())))
}

/// A command to a station, with `stations.control`.
pub async fn find(
    app: &App,
    caller: &Caller,
    station: StationId,
    id: CommandId,
) -> Result<CommandRecord, Error> {
    let pass = gate::permit(app, caller, Permission::StationsControl).await?;
    pass.station(app, station).await?;
    let record = record_of(app, station, id).await?;
    Ok(shown(record, gate::driver_data(app, caller).as_ref()))
}

async fn record_of(app: &App, station: StationId, id: CommandId) -> Result<CommandRecord, Error> {
    let row = app.store().read.command(id).await?;
    row.map(|r| r.record)
        .filter(|r| r.station == station)
        .ok_or(Error::NotFound)
}

/// Waits until a command has its outcome, but no longer than `up_to`; returns how it stands then.
/// Whoever was allowed to ask for it may wait for it.
pub async fn wait(
    app: &App,
    caller: &Caller,
    station: StationId,
    id: CommandId,
    up_to: Duration,
) -> Result<CommandRecord, Error> {
    let record = record_of(app, station, id).await?;
    let pass = gate::permit(app, caller, permission(&record.command)).await?;
    pass.station(app, station).await?;
    let record = outcome_of(app, station, id, up_to).await?;
    Ok(shown(record, gate::driver_data(app, caller).as_ref()))
}

/// How a command stands as soon as it is settled, or after `up_to`.
pub(crate) async fn outcome_of(
    app: &App,
    station: StationId,
    id: CommandId,
    up_to: Duration,
) -> Result<CommandRecord, Error> {
    let place = app.waiters().enter(id);
    let until = tokio::time::Instant::now() + up_to;
    loop {
        let mut woken = std::pin::pin!(place.woken());
        woken.as_mut().enable();
        let record = record_of(app, station, id).await?;
        let open = matches!(record.state, CommandState::Queued | CommandState::Sent);
        if !open || tokio::time::timeout_at(until, woken).await.is_err() {
            return Ok(record);
        }
    }
}

/// A command as somebody with or without the right to driver data may see it. Secrets are hidden
/// from everybody.
pub(crate) fn shown(mut record: CommandRecord, grant: Option<&DriverDataGrant>) -> CommandRecord {
    let hide = |text: &str| match grant {
        Some(_) => masking::hide_secrets(text),
        None => masking::hide_personal(text),
    };
    match &mut record.command {
        Command::StartSession { token, .. } if grant.is_none() => {
            *token = TokenUid::new(&token.masked());
        }
        Command::Raw { payload, .. } => *payload = hide(payload),
        Command::WriteVariables { values } => {
            for (name, value) in values {
                if is_secret(name) {
                    *value = mask("");
                }
            }
        }
        _ => {}
    }
    if let Some(outcome) = &mut record.outcome {
        outcome.answer = outcome.answer.as_deref().map(hide);
    }
    record
}
