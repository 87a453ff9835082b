//! What the password opens: access for one account, another password, and the end of the lock.

use domain::id::StationId;
use domain::lock::{Grant, Removal, RemovalMethod};
use domain::notification::Matter;
use domain::role::{Caller, Member};
use domain::station::Station;
use serde_json::json;
use store::{Lane, LockRow, StationRow};

use super::watch::stop_monitoring;
use super::{LockView, changed, locked, not_locked, notices, person, set, view};
use crate::app::App;
use crate::error::Error;
use crate::review::Review;
use crate::{audit, secret};

/// What a try came to before the password was looked at.
enum Try {
    Counted,
    Paused(domain::clock::Moment),
    Gone,
}

/// Whether the password is that of the lock. A try is counted as wrong until it is told otherwise,
/// so that many at once are no way around the pause.
async fn prove(app: &App, member: &Member, lock: &LockRow, password: &str) -> Result<(), Error> {
    let (id, user, epoch, now) = (lock.lock.station, member.user, lock.lock.epoch, app.now());
    let counted = app.store().write(Lane::Station(id), move |work| {
        Box::pin(async move {
            // Read for its row, which lets one try at a time through on all nodes.
            let lock = work.lock(id).await?.filter(|lock| lock.removal.is_none());
            if lock.is_none_or(|lock| lock.lock.epoch != epoch) {
                return Ok(Try::Gone);
            }
            let mut tries = work.password_tries(id, user).await?;
            if let Some(until) = tries.paused(now) {
                return Ok(Try::Paused(until));
            }
            tries.wrong(now);
            work.password_tries_put(id, user, Some(&tries)).await?;
            Ok(Try::Counted)
        })
    });
    match counted.await? {
        Try::Counted => {}
        Try::Gone => return Err(not_locked()),
        Try::Paused(until) => return Err(paused(until)),
    }
    if !secret::is_password(app, password, Some(&lock.password)).await? {
        return Err(Error::Denied {
            permission: None,
            why: "wrong_lock_password",
        });
    }
    Ok(())
}

/// Too many wrong tries.
pub(super) fn paused(until: domain::clock::Moment) -> Error {
    let detail = format!(
        "Too many wrong tries: the next is looked at from {} UTC.",
        until.format("%H:%M on %Y-%m-%d")
    );
    Error::conflict("too_many_tries", detail)
}

async fn has_access(app: &App, member: &Member, lock: &LockRow) -> Result<bool, Error> {
    let grants = app.store().read.grants(lock.lock.station).await?;
    let mut own = grants.iter().filter(|grant| grant.account == member.user);
    Ok(own.any(|grant| lock.lock.opened_by(grant)))
}

/// Lets this account, and no other, change the settings, with `stations.configure` and the
/// password; on all its devices, until the lock has another password.
pub async fn unlock(
    app: &App,
    caller: &Caller,
    id: StationId,
    password: &str,
    save: bool,
) -> Result<LockView, Error> {
    let (row, lock) = locked(app, caller, id).await?;
    let member = person(caller)?;
    prove(app, member, &lock, password).await?;
    let grant = Grant {
        station: id,
        epoch: lock.lock.epoch,
        account: member.user,
    };
    let mut saved = set::sealed(app, caller, id, password)?;
    saved.epoch = grant.epoch;
    let deed = audit::row(app, caller, lock.org, "locks.unlock", id, None, None);
    let written = app.store().write(Lane::Station(id), move |work| {
        let (saved, deed) = (saved.clone(), deed.clone());
        Box::pin(async move {
            // A grant of an older epoch opens nothing: a change of the password meanwhile wins.
            work.grant_put(&grant).await?;
            work.password_tries_put(id, grant.account, None).await?;
            if save {
                work.saved_password_put(&saved).await?;
            }
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    view(app, caller, &row).await
}

/// Gives one's own access up again.
pub async fn close(app: &App, caller: &Caller, id: StationId) -> Result<LockView, Error> {
    let (row, lock) = locked(app, caller, id).await?;
    let user = person(caller)?.user;
    let deed = audit::row(app, caller, lock.org, "locks.close", id, None, None);
    let written = app.store().write(Lane::Station(id), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            work.grant_delete(id, user).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    view(app, caller, &row).await
}

/// Gives the lock another password, with `stations.configure` and access or the present password.
/// Everybody else's access ends, and the installer is told.
pub async fn change_password(
    app: &App,
    caller: &Caller,
    id: StationId,
    present: Option<&str>,
    new: &str,
) -> Result<LockView, Error> {
    let (row, lock) = locked(app, caller, id).await?;
    let member = person(caller)?;
    let mut review = Review::default();
    set::review_password(&mut review, Some(new));
    review.passed()?;
    knows(app, member, &lock, present).await?;
    let new = new.trim();
    let password = secret::hash_password(app, new).await?;
    let saved = set::sealed(app, caller, id, new)?;
    let matter = Matter::LockPasswordChanged {
        by: member.name.clone(),
    };
    let told = tell_installer(app, &row.station, &lock, member, &matter);
    let action = "locks.change_password";
    let deed = audit::row(app, caller, lock.org, action, id, None, None);
    let (epoch, user, fact) = (lock.lock.epoch, member.user, changed(app, &row.station));
    let written = app.store().write(Lane::Station(id), move |work| {
        let (password, mut saved) = (password.clone(), saved.clone());
        let (told, deed, fact) = (told.clone(), deed.clone(), fact.clone());
        Box::pin(async move {
            let lock = work.lock(id).await?;
            let lock = lock.filter(|l| l.removal.is_none() && l.lock.epoch == epoch);
            let Some(mut lock) = lock else {
                return Ok(false);
            };
            lock.lock.epoch += 1;
            lock.password = password;
            saved.epoch = lock.lock.epoch;
            let grant = Grant {
                station: id,
                epoch: lock.lock.epoch,
                account: user,
            };
            work.lock_put(&lock).await?;
            work.grant_put(&grant).await?;
            work.password_tries_put(id, user, None).await?;
            work.saved_password_put(&saved).await?;
            for notice in &told {
                work.notify(notice).await?;
            }
            work.event(&fact);
            work.audit(&deed);
            Ok(true)
        })
    });
    if !written.await? {
        return Err(not_locked());
    }
    app.facts_committed();
    view(app, caller, &row).await
}

/// Takes the lock away, with `stations.configure` and access or the password. When, how and by whom
/// stays to be seen, and the installer is told.
pub async fn remove(
    app: &App,
    caller: &Caller,
    id: StationId,
    password: Option<&str>,
) -> Result<LockView, Error> {
    let (row, lock) = locked(app, caller, id).await?;
    let member = person(caller)?;
    knows(app, member, &lock, password).await?;
    take_away(app, caller, &row, &lock, RemovalMethod::Password).await?;
    view(app, caller, &row).await
}

/// Whether somebody has access, or says the password.
async fn knows(
    app: &App,
    member: &Member,
    lock: &LockRow,
    password: Option<&str>,
) -> Result<(), Error> {
    if has_access(app, member, lock).await? {
        return Ok(());
    }
    let needed = || Error::invalid("/password", "required", "Say the password of the lock.");
    prove(app, member, lock, password.ok_or_else(needed)?).await
}

fn tell_installer(
    app: &App,
    station: &Station,
    lock: &LockRow,
    by: &Member,
    matter: &Matter,
) -> Vec<domain::notification::Notification> {
    let installer = lock.lock.locked_by;
    match installer == by.user {
        true => Vec::new(),
        false => notices(app, station, &[installer], matter),
    }
}

/// Ends a lock, whoever was found to be allowed to.
pub(super) async fn take_away(
    app: &App,
    caller: &Caller,
    row: &StationRow,
    lock: &LockRow,
    method: RemovalMethod,
) -> Result<(), Error> {
    let (member, station) = (person(caller)?, &row.station);
    let monitors = lock.watch.monitors.clone();
    let removal = Removal {
        at: app.now(),
        method,
        by: member.user,
        name: member.name.clone(),
    };
    let matter = Matter::LockRemoved {
        method,
        by: member.name.clone(),
    };
    let told = tell_installer(app, station, lock, member, &matter);
    let after = json!({"method": method});
    let (id, org) = (station.id, station.org);
    let deed = audit::row(app, caller, org, "locks.remove", id, None, Some(&after));
    let (epoch, user, fact) = (lock.lock.epoch, member.user, changed(app, station));
    let written = app.store().write(Lane::Station(id), move |work| {
        let removal = removal.clone();
        let (told, deed, fact) = (told.clone(), deed.clone(), fact.clone());
        Box::pin(async move {
            let lock = work.lock(id).await?;
            let lock = lock.filter(|l| l.removal.is_none() && l.lock.epoch == epoch);
            let Some(mut lock) = lock else {
                return Ok(false);
            };
            lock.removal = Some(removal);
            lock.puk = None;
            work.lock_put(&lock).await?;
            work.password_tries_put(id, user, None).await?;
            work.challenge_end(id).await?;
            for notice in &told {
                work.notify(notice).await?;
            }
            work.event(&fact);
            work.audit(&deed);
            Ok(true)
        })
    });
    if !written.await? {
        return Err(not_locked());
    }
    app.facts_committed();
    stop_monitoring(app, row, monitors);
    Ok(())
}
