//! The course of a command once it is written down: carried, sent at most once, settled once.

use bus::{News, RequestError};
use domain::command::{Command, CommandError, CommandRecord, CommandState, Outcome};
use domain::event::Change;
use domain::id::{CommandId, OrgId, StationId};
use domain::lock::Touch;
use store::Lane;

use crate::app::App;
use crate::error::Error;
use crate::link::{StationLink, Who};
use crate::{locks, transfers};

/// Settles regardless of which connection sent: for when that connection cannot do it any more.
const ANY_EPOCH: i64 = i64::MAX;

/// Carries a command to its station. The node that holds it settles the row; only what never got
/// there, or never came back, is settled here.
pub(super) async fn carry(app: App, org: OrgId, record: CommandRecord) {
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

/// Codes of commands that perhaps never got to their station; whether they did, `sent_at` tells.
pub(crate) const NEVER_THERE: [&str; 4] = [
    "station_offline",
    "connection_lost",
    "unavailable",
    "timeout",
];

fn failed(code: &str, text: &str) -> Outcome {
    Outcome {
        state: CommandState::Error,
        answer: None,
        error: Some(CommandError {
            code: code.to_owned(),
            text: text.to_owned(),
            places: Vec::new(),
        }),
        ..Outcome::default()
    }
}

fn timed_out() -> Outcome {
    Outcome {
        state: CommandState::Timeout,
        ..failed("timeout", "The station did not answer in time.")
    }
}

/// Whether a command may be written to the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Yes; that is on disk.
    Send,
    /// No: it was sent before, or is settled.
    Over,
    /// No: the settings of the station are locked, and this is what to say.
    Locked(String),
}

/// The node that holds the station is about to write the command to the socket. `touches` is what
/// its calls would change, in whatever words they were asked for: here the settings lock has the
/// last word, in the same unit that marks the command as sent. Durable before this returns.
pub async fn begin(
    app: &App,
    link: &StationLink,
    id: CommandId,
    touches: Vec<Touch>,
) -> Result<Begun, Error> {
    let Who::Known(known) = &link.who else {
        return Ok(Begun::Over);
    };
    let row = app.store().read.command(id).await?;
    let Some(row) = row.filter(|r| r.record.station == link.station) else {
        return Ok(Begun::Over);
    };
    let change = Change::CommandUpdated {
        command: id,
        state: CommandState::Sent,
    };
    let fact = app.fact(known.org, known.site, Some(link.station), change);
    let (epoch, now, station) = (link.epoch, app.now(), link.station);
    let authority = row.record.authority;
    let refused = locks::refusal(app, known.org, station, &row.record);
    let begun = app
        .store()
        .write(Lane::Station(station), move |work| {
            let (fact, touches, refused) = (fact.clone(), touches.clone(), refused.clone());
            Box::pin(async move {
                let stands = locks::stand(work, station, id, authority, &touches, now);
                if let Some(why) = stands.await? {
                    work.audit(&refused);
                    return Ok(Begun::Locked(why));
                }
                if !work.command_sent(id, epoch, now).await? {
                    // Nothing comes of it any more.
                    locks::settled(work, station, id, &Outcome::default(), now).await?;
                    return Ok(Begun::Over);
                }
                work.event(&fact);
                Ok(Begun::Send)
            })
        })
        .await?;
    if begun == Begun::Send {
        app.facts_committed();
        if let Command::StartSession { token, .. } = &row.record.command {
            link.vouch(token, now);
        }
    }
    Ok(begun)
}

/// The next call of a command that was begun is about to be written to the socket. The lock may have
/// been set since, or has another password: it is asked again. Says why the call may not be sent.
pub async fn go_on(
    app: &App,
    link: &StationLink,
    id: CommandId,
    touches: Vec<Touch>,
) -> Result<Option<String>, Error> {
    let Who::Known(known) = &link.who else {
        return Err(Error::NotFound);
    };
    if touches.is_empty() {
        return Ok(None);
    }
    let row = app.store().read.command(id).await?;
    let row = row.ok_or(Error::NotFound)?;
    let (now, station) = (app.now(), link.station);
    let authority = row.record.authority;
    let refused = locks::refusal(app, known.org, station, &row.record);
    let stands = app.store().write(Lane::Station(station), move |work| {
        let (touches, refused) = (touches.clone(), refused.clone());
        Box::pin(async move {
            let why = locks::stand(work, station, id, authority, &touches, now).await?;
            if why.is_some() {
                work.audit(&refused);
            }
            Ok(why)
        })
    });
    Ok(stands.await?)
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
                    locks::settled(work, station, id, &outcome, now).await?;
                    work.event(&fact);
                    transfers::settle(work, id, &outcome, now).await?;
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
    give_up(app, app.now() - patience).await
}

/// Gives up on the commands that were written down before `before`, and have no outcome because
/// the process that carried them ended. Tells how many.
pub(crate) async fn give_up(app: &App, before: domain::clock::Moment) -> Result<usize, Error> {
    let outcome = Outcome {
        state: CommandState::Timeout,
        ..failed(
            "connection_lost",
            "The server that carried the order ended before the answer came.",
        )
    };
    let mut count = 0;
    loop {
        let stale = app.store().read.stale_commands(before).await?;
        let mut settled = 0;
        for row in &stale {
            let (station, id) = (row.record.station, row.record.id);
            if record_outcome(app, row.org, station, id, ANY_EPOCH, outcome.clone()).await? {
                settled += 1;
            }
        }
        count += settled;
        if settled == 0 {
            return Ok(count);
        }
    }
}
