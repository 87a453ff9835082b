//! Drift: nobody can keep somebody from a station's own buttons, so locked stations are read again
//! when they connect, after security events, and once a day; what differs is told and put back.

use chrono::TimeDelta;
use domain::command::{Command, CommandState, VariableName};
use domain::id::{OrgId, StationId, UserId};
use domain::lock::{Act, Look, Watch, WatchState, WritePath};
use domain::notification::Matter;
use domain::role::Caller;
use domain::site::AdminState;
use domain::variable::VariableReading;
use serde_json::json;
use store::{Lane, LockRow, StationRow};

use super::baseline;
use super::{changed, notices, owners};
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
/// And after this, once people were told of it.
const UNREAD_S: i64 = 600;

const BUSBAR: Caller = Caller::System {
    why: "settings lock",
};

/// Takes the locks whose turn it is, each in a task of its own, until none is left; tells how many.
pub(crate) async fn look_after(app: &App) -> Result<usize, Error> {
    let mut taken = 0;
    loop {
        let some = take_due(app).await?;
        taken += some;
        // A full portion of which none could be taken is in other nodes' hands.
        if some == 0 {
            return Ok(taken);
        }
    }
}

async fn take_due(app: &App) -> Result<usize, Error> {
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
    let (id, epoch, org) = (row.lock.station, row.lock.epoch, row.org);
    let rest = match look(&app, row).await {
        Ok(()) => app.now(),
        Err(error) => {
            tracing::debug!(station.id = %id, "a locked station was not read: {error}");
            let told = matches!(
                error,
                Error::Unavailable {
                    code: "settings_unread",
                    ..
                }
            );
            let unread = match told {
                true => missed(&app, org, id, epoch).await,
                false => Ok(false),
            };
            let again = match unread {
                Ok(true) => UNREAD_S,
                Ok(false) => AGAIN_S,
                Err(error) => {
                    tracing::debug!(station.id = %id, "that was not written down: {error}");
                    AGAIN_S
                }
            };
            app.now() + TimeDelta::seconds(again)
        }
    };
    let rested = app.store().write(Lane::Station(id), move |work| {
        Box::pin(async move { work.lock_rest(id, rest).await })
    });
    if let Err(error) = rested.await {
        tracing::debug!(station.id = %id, "a lock is looked after later: {error}");
    }
}

/// Notes that a station did not tell its settings, and tells people when that is not the first time;
/// whether it is so now.
async fn missed(app: &App, org: OrgId, id: StationId, epoch: i64) -> Result<bool, Error> {
    let Some((station, row)) = place(app, org, id).await? else {
        return Ok(false);
    };
    let told = told_of(app, &station, &row).await?;
    let notices = notices(app, &station.station, &told, &Matter::SettingsUnread);
    let deed = audit::row(app, &BUSBAR, org, "locks.unread", id, None, None);
    let fact = changed(app, &station.station);
    let written = app.store().write(Lane::Station(id), move |work| {
        let (notices, deed, fact) = (notices.clone(), deed.clone(), fact.clone());
        Box::pin(async move {
            let lock = work.lock(id).await?;
            let lock = lock.filter(|l| l.removal.is_none() && l.lock.epoch == epoch);
            let Some(mut lock) = lock else {
                return Ok(false);
            };
            if lock.watch.missed() {
                for notice in &notices {
                    work.notify(notice).await?;
                }
                work.audit(&deed);
                work.event(&fact);
            }
            work.lock_put(&lock).await?;
            Ok(lock.watch.state == WatchState::Unread)
        })
    });
    let unread = written.await?;
    app.facts_committed();
    Ok(unread)
}

async fn place(
    app: &App,
    org: OrgId,
    id: StationId,
) -> Result<Option<(StationRow, LockRow)>, Error> {
    let read = &app.store().read;
    let station = read.station(org, id).await?;
    let lock = read.lock(id).await?.filter(|lock| lock.removal.is_none());
    Ok(station.zip(lock))
}

/// Who is told of what happens to a locked station: its owners and its installer.
async fn told_of(app: &App, station: &StationRow, row: &LockRow) -> Result<Vec<UserId>, Error> {
    let mut told = owners(app, &station.station).await?;
    told.push(row.lock.locked_by);
    told.sort_unstable();
    told.dedup();
    Ok(told)
}

/// Reads a station, tells people of drift, and does what is to be done about it.
async fn look(app: &App, row: LockRow) -> Result<(), Error> {
    let id = row.lock.station;
    let station = app.store().read.station(row.org, id).await?;
    let station = station.ok_or(Error::NotFound)?;
    let asked = app.now();
    let names: Vec<_> = row.watch.wishes.iter().map(|w| w.name.clone()).collect();
    let reported = baseline::some(app, &BUSBAR, &station, &names).await?;
    let read = &app.store().read;
    let look = Look {
        asked,
        charging: !read.open_sessions(id).await?.is_empty(),
        booted: read.booted_at(id).await?,
    };
    // What a station was asked to tell by itself is gone when it has booted since.
    let booted = look.booted.zip(row.watch.looked_at);
    let monitored = row.watch.monitored && booted.is_none_or(|(booted, looked)| booted <= looked);
    let act = take_in(app, &station, &row, reported, look, monitored).await?;
    if !act.revert.is_empty() {
        let values = act.revert;
        let command = Command::WriteVariables { values };
        let sent = commands::dispatch(app, &BUSBAR, &station, command, WritePath::Revert).await?;
        let patience = app.settings().command_timeout;
        commands::outcome_of(app, id, sent.id, patience).await?;
    }
    if monitored {
        return Ok(());
    }
    let watched = monitor(app, &station, &names).await;
    let epoch = row.lock.epoch;
    let written = app.store().write(Lane::Station(id), move |work| {
        let watched = watched.clone();
        Box::pin(async move {
            let lock = work.lock(id).await?;
            let lock = lock.filter(|l| l.removal.is_none() && l.lock.epoch == epoch);
            if let Some(mut lock) = lock {
                watched.keep(&mut lock.watch);
                work.lock_put(&lock).await?;
            }
            Ok(())
        })
    });
    Ok(written.await?)
}

/// Has the watch judge what was read, and tells people; what is left to do.
async fn take_in(
    app: &App,
    station: &StationRow,
    row: &LockRow,
    reported: Vec<VariableReading>,
    look: Look,
    monitored: bool,
) -> Result<Act, Error> {
    let (id, epoch, place) = (row.lock.station, row.lock.epoch, station.clone());
    let told = told_of(app, station, row).await?;
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
                return Ok(Act::default());
            };
            let before = lock.watch.state;
            let critical = lock.lock.critical.clone();
            let act = lock.watch.look(&critical, &reported, look);
            lock.watch.monitored &= monitored;
            // What came up since the station was asked is looked at anew.
            let since = lock.due_at.filter(|due| *due > look.asked);
            lock.due_at = since.or(act.again.map(|wait| look.asked + wait));
            work.lock_put(&lock).await?;
            if act.news {
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
            if act.stopped {
                for notice in &stopped {
                    work.notify(notice).await?;
                }
            }
            // Whatever keeps it from use already is not loosened.
            if act.quarantine && place.station.admin_state == AdminState::InService {
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
            if lock.watch.state != before || act.news {
                work.event(&fact);
            }
            Ok(act)
        })
    });
    let act = act.await?;
    app.facts_committed();
    Ok(act)
}

/// What a station made of being asked to tell of changes by itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Watched {
    /// Whether that is settled, which it also is when the station does not know how.
    settled: bool,
    /// Its numbers of the monitors.
    ids: Vec<i32>,
}

impl Watched {
    /// Keeps it.
    pub fn keep(&self, watch: &mut Watch) {
        watch.monitored = self.settled;
        for id in &self.ids {
            if !watch.monitors.contains(id) {
                watch.monitors.push(*id);
            }
        }
    }
}

/// Asks a station to tell of changes of these by itself.
pub(super) async fn monitor(app: &App, station: &StationRow, names: &[VariableName]) -> Watched {
    let mut watched = Watched::default();
    for names in names.chunks(baseline::PORTION) {
        let names = names.to_vec();
        let command = Command::MonitorVariables { names };
        let sent = commands::dispatch(app, &BUSBAR, station, command, WritePath::Revert).await;
        let Ok(sent) = sent else {
            return watched;
        };
        let patience = app.settings().command_timeout;
        let done = commands::outcome_of(app, station.station.id, sent.id, patience).await;
        let Ok(done) = done else {
            return watched;
        };
        let outcome = done.outcome.unwrap_or_default();
        let answers = [CommandState::Accepted, CommandState::Rejected];
        let own = outcome.error.as_ref().map(|error| error.code.as_str());
        let answered = answers.contains(&done.state)
            || done.state == CommandState::Error && !own.is_some_and(baseline::is_lost);
        if !answered {
            return watched;
        }
        watched.ids.extend(outcome.monitors);
    }
    watched.settled = true;
    watched
}

/// Has a station tell no more of what a lock was about, once that is gone. It is asked once: a monitor
/// too many does no harm.
pub(super) fn stop_monitoring(app: &App, station: &StationRow, ids: Vec<i32>) {
    if ids.is_empty() {
        return;
    }
    let (app, station) = (app.clone(), station.clone());
    tokio::spawn(async move {
        let command = Command::StopMonitoring { ids };
        let sent = commands::dispatch(&app, &BUSBAR, &station, command, WritePath::Revert);
        if let Err(error) = sent.await {
            tracing::debug!(station.id = %station.station.id, "its monitors stay: {error}");
        }
    });
}
