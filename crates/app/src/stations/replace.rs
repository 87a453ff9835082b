//! The device behind a station is replaced: another box on the same pole. The station keeps its id,
//! its place, its history and what is wished of it; the new device has an identity and a password
//! of its own, and the old one is a stranger from then on.
//!
//! A settings lock is the place's, not the box's: it stays, whoever has no access to it cannot
//! replace the device, and what was frozen is put back at the new one.

use domain::command::{CommandError, CommandState, Outcome};
use domain::event::Change;
use domain::id::{CommandId, StationId};
use domain::lock::{Touch, WritePath};
use domain::message::NoticeKind;
use domain::role::{Caller, Permission};
use domain::site::AdminState;
use domain::station::{Hardware, Identity, IdentityError, Registration, Station};
use domain::transfer::TransferState;
use serde_json::json;
use store::{Lane, Work};

use super::change::{authority, identity_taken, password_problem};
use super::{NewPassword, StationView};
use crate::app::App;
use crate::error::{Error, Problem};
use crate::review::Review;
use crate::revision::{self, Precondition};
use crate::{audit, connections, gate, locks, secret, transfers};

/// Why commands to the old device come to nothing.
const CODE: &str = "device_replaced";

/// Another device for a station.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// Its name on the wire.
    pub identity: String,
    /// What it must prove.
    pub password: NewPassword,
    /// Whether sessions that still run are ended: their energy stays as it was last told, and
    /// they are held from billing. Else they are in the way.
    pub end_sessions: bool,
    /// On what it depends.
    pub when: Precondition,
}

/// What came of the unit of work.
enum Stored {
    Done(Vec<CommandId>),
    /// Somebody else was faster.
    Outrun,
    Refused(Error),
}

/// Puts another device behind a station, with `stations.identity.replace`. Returns the password
/// that it needs: shown once and kept as a digest only. The old device is disconnected, commands
/// that it did not answer come to nothing, and it may come in no more.
pub async fn replace(
    app: &App,
    caller: &Caller,
    id: StationId,
    new: Replacement,
) -> Result<(StationView, String), Error> {
    let pass = gate::permit(app, caller, Permission::StationsIdentityReplace).await?;
    let row = pass.station(app, id).await?;
    new.when.admits(row.revision)?;
    if row.station.admin_state == AdminState::Archived {
        return Err(Error::conflict("archived", "The station is archived."));
    }
    let identity = looked_at(&row.station, &new)?;
    let rights = authority(caller, WritePath::Command);
    locks::guard(app, caller, &row.station, rights, &[Touch::Connection]).await?;
    let password = match new.password {
        NewPassword::Chosen(password) => password,
        NewPassword::Drawn | NewPassword::None => secret::draw_station_password()?,
    };
    let hash = connections::password_digest(app, id, password.as_bytes());
    let station = Station {
        identity,
        registration: Registration::Unbooted,
        protocol: None,
        hardware: Hardware::default(),
        ..row.station.clone()
    };
    let told = |station: &Station| {
        let Hardware {
            vendor,
            model,
            serial_number,
            ..
        } = &station.hardware;
        json!({"identity": station.identity.as_str(), "vendor": vendor, "model": model,
            "serial_number": serial_number})
    };
    let (org, site, from) = (station.org, station.site, row.revision);
    let (was, is) = (told(&row.station), told(&station));
    let deed = audit::row(
        app,
        caller,
        org,
        "stations.replace",
        id,
        Some(&was),
        Some(&is),
    );
    let edited = app.fact(org, site, Some(id), Change::StationEdited);
    // Facts are made here: a unit of work may run twice, and must come to the same.
    let running = app.store().read.open_sessions(id).await?;
    let ended = running.iter().map(|session| {
        let change = Change::SessionEnded {
            session: session.id,
        };
        (session.id, app.fact(org, site, Some(id), change))
    });
    let ended: Vec<_> = ended.collect();
    let now = app.now();
    let mark = format!("@{}", now.timestamp_millis());
    let written = app.store().write(Lane::Station(id), move |work| {
        let (station, hash, mark) = (station.clone(), hash.clone(), mark.clone());
        let (deed, edited, ended) = (deed.clone(), edited.clone(), ended.clone());
        Box::pin(async move {
            work.station_hold(id).await?;
            // It may have been locked since.
            let stands = locks::stand_deed(work, id, rights, &[Touch::Connection]);
            if let Some(why) = stands.await? {
                return Ok(Stored::Refused(Error::conflict(locks::CODE, why)));
            }
            let sessions = work.sessions_running(id).await?;
            if !sessions.is_empty() && !new.end_sessions {
                return Ok(Stored::Refused(charging()));
            }
            if sessions
                .iter()
                .any(|s| !ended.iter().any(|(e, _)| *e == s.id))
            {
                return Ok(Stored::Outrun);
            }
            if !work.station_replace(&station, from, &hash).await? {
                return Ok(Stored::Outrun);
            }
            for mut session in sessions {
                session.abandon(now);
                work.session_update(&session);
                for (_, fact) in ended.iter().filter(|(e, _)| *e == session.id) {
                    work.event(fact);
                }
            }
            work.sessions_rename(id, &mark).await?;
            let commands = give_up(work, id, now).await?;
            work.claimed(&station.identity, id).await?;
            work.event(&edited);
            work.audit(&deed);
            Ok(Stored::Done(commands))
        })
    });
    let commands = match written.await {
        Ok(Stored::Done(commands)) => commands,
        Ok(Stored::Outrun) if new.when != Precondition::None => return Err(revision::stale()),
        Ok(Stored::Outrun) => return Err(revision::too_busy()),
        Ok(Stored::Refused(error)) => return Err(error),
        Err(store::Error::Conflict(_)) => return Err(identity_taken()),
        Err(other) => return Err(other.into()),
    };
    app.facts_committed();
    for command in commands {
        app.waiters().wake(command);
        app.bus().publish(bus::News::Settled(command)).await;
    }
    app.bus().close(id, "its device was replaced").await;
    let row = pass.station(app, id).await?;
    Ok((StationView::of(app, caller, row), password))
}

fn charging() -> Error {
    let detail = "A session runs there: end it first, or say that it is to be ended.";
    Error::conflict("charging", detail)
}

/// Looks at what is asked; the new identity.
fn looked_at(station: &Station, new: &Replacement) -> Result<Identity, Error> {
    let mut review = Review::default();
    if let NewPassword::Chosen(password) = &new.password {
        review.also(password_problem(password));
    }
    let odd = |error: IdentityError| Problem::at("/identity", "invalid", error.to_string());
    let identity = Identity::parse(new.identity.trim()).map_err(odd);
    review.also(identity.as_ref().err().cloned());
    let same = identity
        .as_ref()
        .is_ok_and(|identity| identity.key() == station.identity.key());
    let detail = "The station has this identity: for the same device, draw a new password.";
    review.refuse(same, "/identity", "same", detail);
    review.passed()?;
    identity.map_err(|problem| Error::Invalid {
        problems: vec![problem],
    })
}

/// Nothing more comes of what the old device was asked.
async fn give_up(
    work: &mut Work,
    station: StationId,
    now: domain::clock::Moment,
) -> Result<Vec<CommandId>, store::Error> {
    let outcome = Outcome {
        state: CommandState::Error,
        error: Some(CommandError {
            code: CODE.to_owned(),
            text: "The device was replaced before it answered.".to_owned(),
            places: Vec::new(),
        }),
        ..Outcome::default()
    };
    let commands = work.commands_open(station).await?;
    for command in &commands {
        // Whichever connection it was sent by.
        work.command_settle(*command, i64::MAX, &outcome, now)
            .await?;
        transfers::settle(work, *command, &outcome, now).await?;
    }
    for about in [NoticeKind::FirmwareStatus, NoticeKind::LogStatus] {
        for mut transfer in work.transfers_open(station, about).await? {
            transfer.error = Some(CODE.to_owned());
            transfer.go(TransferState::Failed, now);
            work.transfer_put(&transfer).await?;
        }
    }
    Ok(commands)
}
