//! Drift: nobody can keep somebody from a station's own buttons, so locked stations are read again
//! when they connect, after security events, and once a day; what differs is told and put back.

use chrono::TimeDelta;
use domain::command::{Command, CommandState, VariableName};
use domain::lock::{Act, WatchState, WritePath};
use domain::notification::Matter;
use domain::role::Caller;
use domain::site::AdminState;
use serde_json::json;
use store::{Lane, LockRow, StationRow};

use super::{baseline, changed, notices, owners};
use crate::app::App;
use crate::error::Error;
use crate::{audit, commands};

/// Locks that are taken in one round.
const AT_ONCE: u64 = 64;
/// A station is read out of turn no more often than this.
const LATELY_S: i64 = 30;
/// A node that dies while it reads leaves the station to others after this.
const CLAIM_S: i64 = 180;
/// After this a station that did not tell its settings is asked again.
const AGAIN_S: i64 = 20;

const BUSBAR: Caller = Caller::System {
    why: "settings lock",
};

/// Takes the locks whose turn it is, each in a task of its own; tells how many.
pub(crate) async fn look_after(app: &App) -> Result<usize, Error> {
    let now = app.now();
    let (lately, stale) = (now - TimeDelta::seconds(LATELY_S), now - TimeDelta::days(1));
    let read = &app.store().read;
    let due = read.locks_due(now, lately, stale, AT_ONCE).await?;
    let mut taken = 0;
    for row in due {
        let (id, until) = (row.lock.station, now + TimeDelta::seconds(CLAIM_S));
        let claimed = app.store().write(Lane::Station(id), move |work| {
            Box::pin(async move { work.lock_claim(id, now, until).await })
        });
        if claimed.await? {
            taken += 1;
            tokio::spawn(look_and_rest(app.clone(), row));
        }
    }
    Ok(taken)
}

async fn look_and_rest(app: App, row: LockRow) {
    let id = row.lock.station;
    let rest = match look(&app, row).await {
        Ok(()) => app.now(),
        Err(error) => {
            tracing::debug!(station.id = %id, "a locked station was not read: {error}");
            app.now() + TimeDelta::seconds(AGAIN_S)
        }
    };
    let rested = app.store().write(Lane::Station(id), move |work| {
        Box::pin(async move { work.lock_rest(id, rest).await })
    });
    if let Err(error) = rested.await {
        tracing::debug!(station.id = %id, "a lock is looked after later: {error}");
    }
}

/// Reads a station, tells people of drift, and does what is to be done about it.
async fn look(app: &App, row: LockRow) -> Result<(), Error> {
    let id = row.lock.station;
    let station = app.store().read.station(row.org, id).await?;
    let station = station.ok_or(Error::NotFound)?;
    let asked = app.now();
    let names: Vec<_> = row.watch.wishes.iter().map(|w| w.name.clone()).collect();
    let reported = baseline::some(app, &BUSBAR, &station, &names).await?;
    let mut monitored = row.watch.monitored;
    if !monitored {
        monitored = monitor(app, &station, names).await;
    }
    let charging = !app.store().read.open_sessions(id).await?.is_empty();
    let mut told = owners(app, &station.station).await?;
    told.push(row.lock.locked_by);
    told.sort_unstable();
    told.dedup();
    let (epoch, place) = (row.lock.epoch, station.clone());
    // Everything that the unit may need is drawn before it runs.
    let stopped = notices(app, &station.station, &told, &Matter::RevertsStopped);
    let none = Matter::SettingsDrifted { names: Vec::new() };
    let drifted = notices(app, &station.station, &told, &none);
    let deed = audit::row(app, &BUSBAR, row.org, "locks.drift", id, None, None);
    let after = json!({"admin_state": AdminState::InMaintenance});
    let action = "locks.quarantine";
    let quarantined = audit::row(app, &BUSBAR, row.org, action, id, None, Some(&after));
    let fact = changed(app, &station.station);
    let act = app.store().write(Lane::Station(id), move |work| {
        let (reported, stopped, drifted) = (reported.clone(), stopped.clone(), drifted.clone());
        let (mut deed, fact, place) = (deed.clone(), fact.clone(), place.clone());
        let quarantined = quarantined.clone();
        Box::pin(async move {
            let lock = work.lock(id).await?;
            let lock = lock.filter(|l| l.removal.is_none() && l.lock.epoch == epoch);
            let Some(mut lock) = lock else {
                return Ok(Act::Nothing);
            };
            let before = lock.watch.state;
            let critical = lock.lock.critical.clone();
            let (act, news) = lock.watch.look(&critical, &reported, charging, asked);
            let is = lock.watch.state;
            lock.due_at = again(is, asked);
            lock.watch.monitored |= monitored;
            work.lock_put(&lock).await?;
            if news {
                let names: Vec<String> = lock
                    .watch
                    .drift
                    .iter()
                    .map(|drift| drift.wish.name.variable.clone())
                    .collect();
                deed.after = Some(json!({"settings": names}).to_string());
                work.audit(&deed);
                for mut notice in drifted {
                    notice.matter = Matter::SettingsDrifted {
                        names: names.clone(),
                    };
                    work.notify(&notice).await?;
                }
            }
            if is != before && matches!(is, WatchState::Exhausted | WatchState::Oscillating) {
                for notice in &stopped {
                    work.notify(notice).await?;
                }
            }
            if act == Act::Quarantine {
                let StationRow {
                    mut station,
                    revision,
                    ..
                } = place;
                station.admin_state = AdminState::InMaintenance;
                if !work.station_update(&station, revision).await? {
                    // Nothing of this look is kept, and the next one tries again.
                    let why = "the station was edited meanwhile";
                    return Err(store::Error::Conflict(why.to_owned()));
                }
                work.audit(&quarantined);
            }
            if is != before || news {
                work.event(&fact);
            }
            Ok(act)
        })
    });
    let act = act.await?;
    app.facts_committed();
    if let Act::Revert(values) = act {
        let command = Command::WriteVariables { values };
        let sent = commands::dispatch(app, &BUSBAR, &station, command, WritePath::Revert).await?;
        let patience = app.settings().command_timeout;
        commands::outcome_of(app, id, sent.id, patience).await?;
    }
    Ok(())
}

/// Asks a station to tell of changes of these by itself; whether that is settled, which it also is
/// when the station does not know how.
pub(super) async fn monitor(app: &App, station: &StationRow, names: Vec<VariableName>) -> bool {
    let command = Command::MonitorVariables { names };
    let sent = commands::dispatch(app, &BUSBAR, station, command, WritePath::Revert).await;
    let Ok(sent) = sent else {
        return false;
    };
    let patience = app.settings().command_timeout;
    let done = commands::outcome_of(app, station.station.id, sent.id, patience).await;
    done.is_ok_and(|done| {
        let answers = [CommandState::Accepted, CommandState::Rejected];
        let own = done.outcome.and_then(|outcome| outcome.error);
        answers.contains(&done.state) || own.is_some_and(|error| error.code != "timeout")
    })
}

/// When the station is read again out of turn.
fn again(state: WatchState, now: domain::clock::Moment) -> Option<domain::clock::Moment> {
    match state {
        WatchState::PutBack | WatchState::AfterSession => Some(now),
        WatchState::Exhausted => Some(now + TimeDelta::minutes(5)),
        WatchState::Steady
        | WatchState::Drifted
        | WatchState::Oscillating
        | WatchState::Quarantined => None,
    }
}
