//! Bringing stations to what is wished of them: on boot and reconnect, on change, after drift was
//! seen, and once a day. One node takes a station at a time. What was answered is written down at
//! once, so that a station that goes away between two keys is asked only for the rest when it is
//! back; and what it has meanwhile is read before anything is written.

use chrono::TimeDelta;
use domain::clock::Moment;
use domain::command::{Command, CommandState, ResetKind, VariableName, WriteResult, Written};
use domain::event::Change;
use domain::id::StationId;
use domain::lock::{Authority, WritePath};
use domain::setting::{Look, Setting, SettingOrigin, SettingState, Step, folded};
use domain::site::AdminState;
use domain::variable::VariableReading;
use store::{Lane, StationRow, Work};

use super::{BUSBAR, Configuration, read, sync, updated};
use crate::app::App;
use crate::error::Error;
use crate::{commands, locks};

/// Stations that are taken in one round.
const AT_ONCE: u64 = 64;
/// A node that dies while it is busy leaves the station to others after this.
const CLAIM_S: i64 = 300;
/// After this a station that did not answer is asked again.
const AGAIN_S: i64 = 20;
/// The same for one that went away: it is not asked before it is back.
const AWAY_S: i64 = 2;
/// After this a station that took a value and has another, or charges, is looked at again.
const SOON_S: i64 = 30;
/// Wishes in one command: few, so that little is open when a station goes away.
const PORTION: usize = 20;

/// Takes the stations whose turn it is, each in a task of its own; tells how many.
pub(crate) async fn look_after(app: &App) -> Result<usize, Error> {
    let now = app.now();
    let stale = now - TimeDelta::days(1);
    let due = app.store().read.configurations_due(now, stale, AT_ONCE);
    let mut taken = 0;
    for one in due.await? {
        let (id, until) = (one.station, now + TimeDelta::seconds(CLAIM_S));
        let claimed = app.store().write(Lane::Station(id), move |work| {
            Box::pin(async move { work.configuration_claim(id, now, until).await })
        });
        if claimed.await? {
            taken += 1;
            tokio::spawn(look_and_rest(app.clone(), one));
        }
    }
    Ok(taken)
}

async fn look_and_rest(app: App, one: Configuration) {
    let id = one.station;
    let rest = match look(&app, &one).await {
        Ok(()) => app.now(),
        Err(error) => {
            tracing::debug!(station.id = %id, "a station is not as wished yet: {error}");
            let away = matches!(
                error,
                Error::Unavailable {
                    code: "station_offline",
                    ..
                }
            );
            let pause = if away { AWAY_S } else { AGAIN_S };
            app.now() + TimeDelta::seconds(pause)
        }
    };
    let rested = app.store().write(Lane::Station(id), move |work| {
        Box::pin(async move { work.configuration_rest(id, rest).await })
    });
    if let Err(error) = rested.await {
        tracing::debug!(station.id = %id, "its settings are looked after later: {error}");
    }
}

async fn look(app: &App, one: &Configuration) -> Result<(), Error> {
    let (org, id) = (one.org, one.station);
    let stored = &app.store().read;
    let row = stored.station(org, id).await?.ok_or(Error::NotFound)?;
    if one.sync_due {
        sync::sync(app, &row).await?;
    }
    if row.station.admin_state == AdminState::Archived || !row.station.online {
        return Ok(());
    }
    let wishes = stored.settings(id).await?;
    if wishes.is_empty() {
        return Ok(());
    }
    let asked = app.now();
    let known = stored.configuration(id).await?.map(|one| one.reading);
    let known = known.unwrap_or_default();
    let firmware = row.station.hardware.firmware_version.as_deref();
    let names: Vec<VariableName> = wishes.iter().map(|s| s.wish.name.clone()).collect();
    if known.read_at.is_none() || known.firmware.as_deref() != firmware {
        read::whole(app, &row).await?;
        // What a report leaves out, such as what is told by name only.
        let told = read::told_since(app, id, asked).await?;
        let told: Vec<VariableName> = told.iter().map(|r| folded(&r.name)).collect();
        let rest = names.iter().filter(|name| !told.contains(&folded(name)));
        let rest: Vec<VariableName> = rest.cloned().collect();
        read::some(app, &row, &rest).await?;
    } else {
        read::some(app, &row, &names).await?;
    }
    let reported = read::told_since(app, id, asked).await?;
    let writes = judge(app, &row, &reported, asked, true).await?;
    let accepted = write(app, &row, writes).await?;
    if !accepted.is_empty() {
        verify(app, &row, &accepted).await?;
    }
    restart(app, &row).await
}

/// Whose word counts for a wish where a lock is asked.
fn authority(setting: &Setting) -> Authority {
    Authority {
        path: match setting.origin {
            SettingOrigin::Hand => WritePath::Command,
            SettingOrigin::Template(_) => WritePath::Template,
        },
        account: setting.account,
    }
}

/// Compares wishes with what was told, keeps how they stand, and says which are to be written.
/// `whole`: all wishes were read, and this is the look of this turn; else only those that were told.
async fn judge(
    app: &App,
    row: &StationRow,
    reported: &[VariableReading],
    asked_at: Moment,
    whole: bool,
) -> Result<Vec<Setting>, Error> {
    let (org, id, now) = (row.station.org, row.station.id, app.now());
    let held = locks::held(app, id).await?;
    let charging = !app.store().read.open_sessions(id).await?.is_empty();
    let firmware = row.station.hardware.firmware_version.clone();
    let (fact, mut drifted) = (updated(app, &row.station), updated(app, &row.station));
    drifted.change = Change::SettingsDrifted { count: 0 };
    let (held, reported) = (std::sync::Arc::new(held), reported.to_vec());
    let judged = app.store().write(Lane::Station(id), move |work| {
        let (held, reported) = (held.clone(), reported.clone());
        let (fact, mut drifted) = (fact.clone(), drifted.clone());
        let firmware = firmware.clone();
        Box::pin(async move {
            let found = work.configuration(id).await?;
            let mut one = found.unwrap_or_else(|| Configuration::new(org, id));
            let asked = one.asked && whole;
            let (mut changed, mut writes, mut fresh) = (Vec::new(), Vec::new(), 0);
            let mut again: Option<Moment> = None;
            for before in work.settings(id).await? {
                let mut setting = before.clone();
                let name = folded(&setting.wish.name);
                let told = reported.iter().rev().find(|reading| {
                    reading.attribute.eq_ignore_ascii_case("actual")
                        && folded(&reading.name) == name
                });
                if !whole && told.is_none() {
                    continue;
                }
                if asked {
                    setting.settle();
                }
                let held = held.as_ref().as_ref();
                let by_lock = held.is_some_and(|held| held.keeps(&setting.wish));
                let locked =
                    held.is_some_and(|held| held.forbids(authority(&setting), &setting.wish.name));
                let step = setting.look(&Look {
                    reported: told,
                    charging,
                    locked: locked || by_lock,
                    asked,
                    booted_at: one.booted_at,
                    firmware: firmware.as_deref(),
                    now,
                });
                match step {
                    Step::Write if whole => writes.push(setting.clone()),
                    Step::Write => again = sooner(again, now + TimeDelta::seconds(SOON_S)),
                    Step::Again(at) => {
                        again = sooner(again, at.max(now + TimeDelta::seconds(SOON_S)));
                    }
                    Step::Rest => {}
                }
                if setting.drift && !before.drift && before.applied {
                    fresh += 1;
                }
                if setting != before {
                    changed.push(setting);
                }
            }
            work.settings_put(org, id, &changed).await?;
            if whole {
                one.looked_at = Some(asked_at);
                one.asked = false;
                // What became due while the station was read is due still.
                if one.due_at.is_none_or(|due| due <= asked_at) {
                    one.due_at = again;
                }
            } else {
                one.due_at = sooner(one.due_at, again.unwrap_or(Moment::MAX_UTC))
                    .filter(|at| *at < Moment::MAX_UTC);
            }
            work.configuration_put(&one).await?;
            if !changed.is_empty() {
                work.event(&fact);
            }
            if fresh > 0 {
                drifted.change = Change::SettingsDrifted { count: fresh };
                work.event(&drifted);
            }
            Ok(writes)
        })
    });
    let writes = judged.await?;
    app.facts_committed();
    Ok(writes)
}

fn sooner(one: Option<Moment>, other: Moment) -> Option<Moment> {
    Some(one.map_or(other, |one| one.min(other)))
}

/// Changes single wishes that are still those that were decided on.
async fn revise(
    app: &App,
    row: &StationRow,
    of: &[Setting],
    change: impl Fn(&mut Setting) + Clone + Send + Sync + 'static,
) -> Result<(), Error> {
    let (org, id) = (row.station.org, row.station.id);
    let (fact, of) = (updated(app, &row.station), of.to_vec());
    let written = app
        .store()
        .write(Lane::Station(id), move |work: &mut Work| {
            let (fact, of, change) = (fact.clone(), of.clone(), change.clone());
            Box::pin(async move {
                let mut changed = Vec::new();
                for mut now in work.settings(id).await? {
                    if of.iter().any(|s| s.wish == now.wish) {
                        change(&mut now);
                        changed.push(now);
                    }
                }
                work.settings_put(org, id, &changed).await?;
                work.event(&fact);
                Ok(())
            })
        });
    written.await?;
    app.facts_committed();
    Ok(())
}

/// Writes wishes, a few in one command, and keeps each answer; tells which were taken at once.
async fn write(
    app: &App,
    row: &StationRow,
    wishes: Vec<Setting>,
) -> Result<Vec<VariableName>, Error> {
    let mut accepted = Vec::new();
    let mut by_authority: Vec<((Authority, bool), Vec<Setting>)> = Vec::new();
    for wish in wishes {
        // A template can hold names of several protocols: they do not go out together.
        let own = (authority(&wish), wish.wish.name.component.is_some());
        match by_authority.iter_mut().find(|(other, _)| *other == own) {
            Some((_, list)) => list.push(wish),
            None => by_authority.push((own, vec![wish])),
        }
    }
    for ((authority, _), list) in by_authority {
        let mut portions: Vec<Vec<Setting>> =
            list.chunks(PORTION).map(<[Setting]>::to_vec).collect();
        portions.reverse();
        while let Some(portion) = portions.pop() {
            let (answers, code) = send(app, row, authority, &portion).await?;
            accepted.extend(
                answers
                    .iter()
                    .filter(|answer| answer.result == Written::Accepted)
                    .map(|answer| answer.name.clone()),
            );
            match code.as_deref() {
                // One of them cannot be said to this station: the others are sent without it.
                Some("too_large" | "unsupported" | "invalid_payload") if portion.len() > 1 => {
                    portions.extend(portion.into_iter().rev().map(|one| vec![one]));
                }
                Some("connection_lost" | "station_offline" | "timeout") => return Err(away()),
                _ => {}
            }
        }
    }
    Ok(accepted)
}

/// One command: what the station answered, and the code of what went wrong.
async fn send(
    app: &App,
    row: &StationRow,
    authority: Authority,
    portion: &[Setting],
) -> Result<(Vec<WriteResult>, Option<String>), Error> {
    let (id, now) = (row.station.id, app.now());
    revise(app, row, portion, move |setting| setting.begin(now)).await?;
    let values = portion
        .iter()
        .map(|s| (s.wish.name.clone(), s.wish.value.clone()));
    let command = Command::WriteVariables {
        values: values.collect(),
    };
    let sent = commands::dispatch_as(app, &BUSBAR, row, command, authority).await;
    let locked = move |setting: &mut Setting| {
        setting.state = SettingState::Locked;
        setting.reason = Some(locks::CODE.to_owned());
    };
    let sent = match sent {
        Ok(sent) => sent,
        // Locked since this was decided: the choke point has the last word.
        Err(Error::Conflict { code, .. }) if code == locks::CODE => {
            revise(app, row, portion, locked).await?;
            return Ok((Vec::new(), None));
        }
        Err(error) => return Err(error),
    };
    let patience = app.settings().command_timeout + std::time::Duration::from_secs(1);
    let done = commands::outcome_of(app, id, sent.id, patience).await?;
    let open = matches!(done.state, CommandState::Queued | CommandState::Sent);
    let (answers, error) = match done.outcome {
        Some(outcome) => (outcome.written, outcome.error),
        None => (Vec::new(), None),
    };
    let code = match error {
        Some(error) => Some(error.code),
        None => open.then(|| "timeout".to_owned()),
    };
    let firmware = row.station.hardware.firmware_version.clone();
    let (told, now) = (answers.clone(), app.now());
    // What cannot be said was not sent.
    let unsayable = match code.as_deref() {
        Some("unsupported") => Some((Written::NotSupported, "unsupported")),
        Some("too_large") => Some((Written::Rejected, "too_large")),
        Some("invalid_payload") => Some((Written::Rejected, "invalid_payload")),
        _ => None,
    };
    let alone = portion.len() == 1;
    if code.as_deref() == Some(locks::CODE) {
        revise(app, row, portion, locked).await?;
        return Ok((answers, code));
    }
    let keep = move |setting: &mut Setting| {
        let name = folded(&setting.wish.name);
        if let Some(answer) = told.iter().find(|answer| folded(&answer.name) == name) {
            setting.answered(answer, firmware.as_deref(), now);
        } else if let (Some((result, why)), true) = (unsayable, alone) {
            let answer = WriteResult {
                name: setting.wish.name.clone(),
                result,
                reason: Some(why.to_owned()),
            };
            setting.answered(&answer, firmware.as_deref(), now);
        }
    };
    revise(app, row, portion, keep).await?;
    let unanswered = portion.iter().any(|s| {
        let name = folded(&s.wish.name);
        !answers.iter().any(|answer| folded(&answer.name) == name)
    });
    if unanswered && unsayable.is_none() {
        let at = now + TimeDelta::seconds(SOON_S);
        let due = app.store().write(Lane::Station(id), move |work| {
            Box::pin(async move { work.configuration_due(id, at).await })
        });
        due.await?;
    }
    Ok((answers, code))
}

/// Reads again what a station took: only what it has then holds.
async fn verify(app: &App, row: &StationRow, names: &[VariableName]) -> Result<(), Error> {
    let id: StationId = row.station.id;
    let asked = app.now();
    read::some(app, row, names).await?;
    let told = read::told_since(app, id, asked).await?;
    let of = |name: &VariableName| names.iter().any(|n| folded(n) == folded(name));
    let told: Vec<VariableReading> = told.into_iter().filter(|r| of(&r.name)).collect();
    judge(app, row, &told, asked, false).await?;
    Ok(())
}

/// Restarts the station where a setting needs it, people allowed it, and nobody charges: once until
/// it has booted.
async fn restart(app: &App, row: &StationRow) -> Result<(), Error> {
    let (org, id) = (row.station.org, row.station.id);
    let stored = &app.store().read;
    let wishes = stored.settings(id).await?;
    let waiting = wishes
        .iter()
        .any(|s| s.state == SettingState::PendingReboot);
    if !waiting {
        return Ok(());
    }
    let template = match stored.configuration(id).await?.and_then(|one| one.template) {
        Some((template, _)) => stored.template(org, template).await?,
        None => None,
    };
    let by_template = template.is_some_and(|template| template.body.reset_when_idle);
    let charging = !stored.open_sessions(id).await?.is_empty();
    let now = app.now();
    let claimed = app.store().write(Lane::Station(id), move |work| {
        Box::pin(async move {
            let Some(mut one) = work.configuration(id).await? else {
                return Ok(false);
            };
            let done = match (one.reset_at, one.booted_at) {
                (Some(reset), Some(booted)) => booted < reset,
                (Some(_), None) => true,
                (None, _) => false,
            };
            if done || !(one.reset_when_idle || by_template) {
                return Ok(false);
            }
            if charging {
                one.due_at = sooner(one.due_at, now + TimeDelta::seconds(SOON_S));
            } else {
                one.reset_at = Some(now);
            }
            work.configuration_put(&one).await?;
            Ok(!charging)
        })
    });
    if claimed.await? {
        let command = Command::Reset {
            kind: ResetKind::Soft,
            evse: None,
        };
        commands::dispatch(app, &BUSBAR, row, command, WritePath::Template).await?;
    }
    Ok(())
}

fn away() -> Error {
    let detail = "The station went away before it answered.";
    Error::unavailable("station_offline", detail)
}
