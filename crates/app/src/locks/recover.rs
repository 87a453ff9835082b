//! The owner's ways back, when the password is lost: the PUK, and proof of presence at the station.

use bus::News;
use chrono::TimeDelta;
use domain::clock::Moment;
use domain::command::CommandRecord;
use domain::id::StationId;
use domain::lock::{Challenge, Proof, RemovalMethod};
use domain::page::PageRequest;
use domain::role::Caller;
use domain::token::TokenUid;
use serde_json::json;
use store::{ChallengeOf, Lane, LockRow, StationRow};

use super::challenge::hidden;
use super::open::{paused, take_away};
use super::{LockView, not_locked, owner, view};
use crate::app::App;
use crate::error::Error;
use crate::review::{LONGEST_NAME, Review};
use crate::{audit, gate, secret};

/// What a station was told before a proof began can show for so long.
const AFTERWARDS_S: i64 = 120;
/// Commands that are looked at.
const MOST_COMMANDS: u32 = 200;

/// A locked station of which the caller is an owner.
async fn owned(app: &App, caller: &Caller, id: StationId) -> Result<(StationRow, LockRow), Error> {
    let needed = domain::role::Permission::StationSettingsView;
    let pass = gate::permit(app, caller, needed).await?;
    let row = pass.station(app, id).await?;
    owner(app, caller, &row.station).await?;
    let lock = app.store().read.lock(id).await?;
    let lock = lock.filter(|lock| lock.removal.is_none());
    Ok((row, lock.ok_or_else(not_locked)?))
}

/// Takes the lock away by its PUK, as an owner. A PUK opens once; the next lock has another.
pub async fn use_puk(
    app: &App,
    caller: &Caller,
    id: StationId,
    puk: &str,
) -> Result<LockView, Error> {
    let (row, lock) = owned(app, caller, id).await?;
    let (epoch, now) = (lock.lock.epoch, app.now());
    let counted = app.store().write(Lane::Station(id), move |work| {
        Box::pin(async move {
            let lock = work.lock(id).await?;
            let lock = lock.filter(|l| l.removal.is_none() && l.lock.epoch == epoch);
            let Some(mut lock) = lock else {
                return Ok(Err(not_locked()));
            };
            if let Some(until) = lock.puk_tries.paused(now) {
                return Ok(Err(paused(until)));
            }
            lock.puk_tries.wrong(now);
            work.lock_put(&lock).await?;
            Ok(Ok(()))
        })
    });
    counted.await??;
    if !secret::is_password(app, puk.trim(), lock.puk.as_deref()).await? {
        return Err(Error::Denied {
            permission: None,
            why: "wrong_puk",
        });
    }
    take_away(app, caller, &row, &lock, RemovalMethod::Puk).await?;
    view(app, caller, &row).await
}

/// How somebody wants to prove that they stand at the station.
#[derive(Debug, Clone)]
pub enum Asked {
    /// By holding this token to it twice.
    Token(TokenUid),
    /// By a cable, plugged in and out.
    Cable,
}

/// A challenge as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenged {
    /// Until when it can be answered.
    pub until: Moment,
    /// How often the token is held to the station, or a cable plugged in and out at one EVSE.
    pub times: usize,
}

/// Asks an owner to prove that they stand at the station, within 120 s.
pub async fn begin_presence(
    app: &App,
    caller: &Caller,
    id: StationId,
    asked: Asked,
) -> Result<Challenged, Error> {
    let (_, lock) = owned(app, caller, id).await?;
    let user = super::person(caller)?.user;
    let (proof, times) = match asked {
        Asked::Token(token) => {
            let mut review = Review::default();
            review.needed("/token", Some(token.as_str()), LONGEST_NAME);
            review.passed()?;
            (Proof::TokenTwice(hidden(&token)), 2)
        }
        // Drawn, so that whoever charges there meanwhile proves nothing by it.
        Asked::Cable => {
            let times = 2 + usize::from(secret::random::<1>()?[0] % 2);
            (Proof::PlugUnplug(times), times)
        }
    };
    let challenge = Challenge {
        station: id,
        begun_at: app.now(),
        proof,
    };
    let until = challenge.until();
    let of = ChallengeOf { user, challenge };
    let deed = audit::row(app, caller, lock.org, "locks.challenge", id, None, None);
    let written = app.store().write(Lane::Station(id), move |work| {
        let (of, deed) = (of.clone(), deed.clone());
        Box::pin(async move {
            work.challenge_begin(&of).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    app.challenges().begin(id, until);
    app.bus().publish(News::Challenged(id, until)).await;
    Ok(Challenged { until, times })
}

/// How a proof of presence stands.
#[derive(Debug, Clone)]
pub enum Presence {
    /// It was given: the lock is no more.
    Proved(Box<LockView>),
    /// Not yet; until then it can be.
    Waiting(Moment),
}

/// Takes the lock away if the station told what was asked for, as the owner who was asked.
pub async fn finish_presence(app: &App, caller: &Caller, id: StationId) -> Result<Presence, Error> {
    let (row, lock) = owned(app, caller, id).await?;
    let user = super::person(caller)?.user;
    let read = &app.store().read;
    let of = read.challenge(id).await?.filter(|of| of.user == user);
    let Some(of) = of else {
        let detail = "Begin a proof of presence first.";
        return Err(Error::conflict("no_challenge", detail));
    };
    if feigned(app, &of.challenge).await? {
        give_up(app, caller, &lock, "feigned").await?;
        let detail = "The station was told to do something meanwhile, which can look like somebody \
                      standing there. Begin again two minutes after it.";
        return Err(Error::conflict("presence_feigned", detail));
    }
    if of.challenge.answered(&read.sightings(id).await?) {
        take_away(app, caller, &row, &lock, RemovalMethod::Presence).await?;
        return Ok(Presence::Proved(Box::new(view(app, caller, &row).await?)));
    }
    if of.challenge.open(app.now()) {
        return Ok(Presence::Waiting(of.challenge.until()));
    }
    give_up(app, caller, &lock, "expired").await?;
    let detail = "The station did not tell it in time. Begin again.";
    Err(Error::conflict("challenge_expired", detail))
}

/// Whether the station was told meanwhile, or shortly before, what makes it tell the same as a person
/// in front of it. A station that is told more than is looked at proves nothing either.
async fn feigned(app: &App, challenge: &Challenge) -> Result<bool, Error> {
    let since = challenge.begun_at - TimeDelta::seconds(AFTERWARDS_S);
    let newest = PageRequest {
        limit: MOST_COMMANDS,
        cursor: None,
    };
    let commands = app.store().read.commands(challenge.station, &newest);
    let commands = commands.await?;
    let recent = |c: &CommandRecord| c.sent_at.unwrap_or(c.created_at) >= since;
    let crowded = commands.next.is_some() && commands.rows.last().is_some_and(recent);
    let mut feigns = commands.rows.iter().filter(|c| c.command.feigns_presence());
    Ok(crowded || feigns.any(recent))
}

/// Ends a challenge that was not met.
async fn give_up(
    app: &App,
    caller: &Caller,
    lock: &LockRow,
    why: &'static str,
) -> Result<(), Error> {
    let id = lock.lock.station;
    let after = json!({"why": why});
    let action = "locks.challenge_failed";
    let deed = audit::row(app, caller, lock.org, action, id, None, Some(&after));
    let ended = app.store().write(Lane::Station(id), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            work.challenge_end(id).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    Ok(ended.await?)
}
