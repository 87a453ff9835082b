//! The one entrance of station messages. Each is decided and stored as one unit of work in the
//! station's lane: session, readings, facts, the frame and what was forgiven in it. The reply is
//! given back after the commit, and only then does the link know better.
//!
//! Idempotent by content, since message ids prove nothing: a numbered report counts once by
//! (session, number), a 1.6 start by a digest of what it says, an end by having ended. Nothing
//! that is about money is refused for what it says; doubts are kept with the session.

mod meter;
mod record;
mod scene;
mod token;
mod transaction;

use std::sync::Arc;

use bus::News;
use domain::clock::Moment;
use domain::deviation::Deviation;
use domain::message::{Message, Reply, TransactionName};
use domain::station::{Identity, Registration};
use domain::token::Verdict;
use domain::wire_log::LogRow;
use store::{Lane, Place, Unknown};

use crate::app::App;
use crate::connections::registration_of;
use crate::link::{Known, StationLink, Who};
use record::Record;
use scene::Task;

/// How often a message is stored anew after a conflict.
const TRIES: u32 = 3;

/// A message as it arrived.
#[derive(Debug, Clone)]
pub struct Heard {
    /// When, by our clock.
    pub at: Moment,
    /// What it says.
    pub message: Message,
    /// Whether we asked for it: a triggered message, or a report that answers a request.
    pub requested: bool,
    /// The frame.
    pub log: LogRow,
    /// What was forgiven in it.
    pub deviations: Vec<Deviation>,
}

/// Why there is no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The database is away: close the socket without an answer, so that the station queues.
    #[error("the database is away")]
    DatabaseAway,
    /// A fault of ours with this message; the log has more.
    #[error("the message could not be stored")]
    Broken,
    /// The station was registered while it waited unclaimed: close the socket, so that it comes
    /// in again by the front door.
    #[error("the station was registered meanwhile")]
    Reconnect,
}

/// Hears one message. What it says is on disk when this returns, with two exceptions: a
/// heartbeat, and a message that nothing here handles, are answered at once and their traces
/// follow outside the durability promise.
pub async fn hear(app: &App, link: &mut StationLink, heard: Heard) -> Result<Reply, Failure> {
    let known = match &link.who {
        Who::Known(known) => known.clone(),
        Who::Unclaimed { remote_ip } => {
            return hear_unclaimed(app, &link.identity, remote_ip, &heard).await;
        }
    };
    app.deferred().seen(link.station);
    if !known.registration.permits(&heard.message, heard.requested) {
        later(app, link, &heard);
        return Ok(Reply::NotYet);
    }
    match &heard.message {
        Message::Heartbeat => {
            later(app, link, &heard);
            Ok(Reply::Heartbeat { now: heard.at })
        }
        Message::Other { .. } => {
            later(app, link, &heard);
            Ok(Reply::Default)
        }
        _ => store_and_answer(app, link, known, heard).await,
    }
}

/// Keeps frames outside the durability promise: our answers, answers to our calls, frames that
/// could not be read.
pub fn note(app: &App, link: &StationLink, rows: &[LogRow]) {
    match &link.who {
        Who::Known(_) => app.store().log_later(rows),
        Who::Unclaimed { remote_ip } => {
            for row in rows {
                overhear(app, &link.identity, remote_ip, row);
            }
        }
    }
}

fn later(app: &App, link: &StationLink, heard: &Heard) {
    app.store().log_later(std::slice::from_ref(&heard.log));
    if !heard.deviations.is_empty() {
        let action = heard.log.action.clone().unwrap_or_default();
        app.deferred()
            .deviations(link.station, action, heard.deviations.clone(), heard.at);
    }
}

async fn store_and_answer(
    app: &App,
    link: &mut StationLink,
    known: Arc<Known>,
    heard: Heard,
) -> Result<Reply, Failure> {
    let now = heard.at;
    let heard = Arc::new(heard);
    let mut known = known;
    let mut tries = 0;
    let done = loop {
        let prepared = prepare(app, link, known.clone(), heard.clone()).await;
        let written = match prepared.map(Arc::new) {
            Ok(task) => {
                let unit = app.store().write(Lane::Station(link.station), move |work| {
                    let task = task.clone();
                    Box::pin(async move { task.run(work).await })
                });
                unit.await
            }
            Err(error) => Err(error),
        };
        match written {
            Ok(done) => break done,
            // Another connection of the station told of the same meanwhile, or the station named
            // a session by the very number that was drawn: once more, with what is on record.
            Err(store::Error::Conflict(_)) if tries < TRIES => {
                tries += 1;
                if tries > 1 {
                    // Numbers of another system were taken over while ours were at hand.
                    app.forget_numbers().await;
                }
                let mut fresh = (*known).clone();
                let open = app.store().read.open_sessions(link.station).await;
                fresh.open = open.map_err(failed)?;
                fresh.newest.clear();
                known = Arc::new(fresh);
            }
            Err(error) => {
                return match failed(error) {
                    Failure::Broken => park(app, link, &heard).await,
                    failure => Err(failure),
                };
            }
        }
    };
    link.who = Who::Known(Arc::new(done.known));
    if done.facts {
        app.facts_committed();
    }
    if let Message::VariablesReported(report) = &heard.message
        && !report.more
    {
        let told = News::Reported(link.station, report.request);
        app.bus().publish(told).await;
    }
    for reading in done.telemetry {
        if link.may_show(reading.evse, now) {
            app.bus().publish(News::Telemetry(reading)).await;
        }
    }
    Ok(done.reply)
}

/// A message that could not be stored as what it says: the frame alone is kept, with a note that
/// shows on the station's page. A message that bills is answered all the same, for an error would
/// make the station say it for ever (quirk 42).
async fn park(app: &App, link: &StationLink, heard: &Heard) -> Result<Reply, Failure> {
    let reply = match &heard.message {
        Message::Transaction(report) => Reply::Transaction {
            number: match report.name {
                TransactionName::Asked => Some(app.transaction_number().await.map_err(failed)?),
                _ => None,
            },
            verdict: report.token.as_ref().map(|_| Verdict::on(None, heard.at)),
        },
        Message::Meter(_) | Message::Status(_) | Message::Noticed { .. } => Reply::Done,
        _ => return Err(Failure::Broken),
    };
    let station = link.station;
    let (mut row, at) = (heard.log.clone(), heard.at);
    tracing::warn!(
        station.id = %station,
        ocpp.action = row.action.as_deref().unwrap_or_default(),
        "a message was answered, and only its frame is kept"
    );
    row.deviations.push(Deviation {
        code: "not_stored".to_owned(),
        path: String::new(),
        text: "The message could not be stored as what it says; only its frame is kept.".to_owned(),
    });
    let kept = app.store().write(Lane::Station(station), move |work| {
        let row = row.clone();
        Box::pin(async move {
            work.log(&row);
            let action = row.action.as_deref().unwrap_or_default();
            work.deviations(station, action, &row.deviations, at).await
        })
    });
    kept.await.map_err(failed)?;
    Ok(reply)
}

/// Draws and reads everything that the unit of work will need, so that it can run again and the
/// lane waits for no read.
async fn prepare(
    app: &App,
    link: &StationLink,
    known: Arc<Known>,
    heard: Arc<Heard>,
) -> Result<Task, store::Error> {
    let presented = match &heard.message {
        Message::Authorize(token) => Some(token),
        Message::Transaction(report) => report.token.as_ref(),
        _ => None,
    };
    // Read anew each time, for people may say something else while the connection is open.
    let read = &app.store().read;
    let (place, token, barred) = match (presented, &heard.message) {
        (Some(token), _) if !token.uid.as_str().is_empty() => {
            read.place_and_token(known.org, link.station, &token.uid)
                .await?
        }
        (Some(_), _) | (None, Message::Boot(_)) => {
            let place = read.place(known.org, link.station).await?;
            (place, None, false)
        }
        (None, _) => (None, None, false),
    };
    let registration = place.map_or(Registration::Rejected, |p| registration_of(p.station));
    let record = Record::of(app, link, &known, &heard.message).await?;
    let many = Task::ids_needed(&heard.message, &known);
    Ok(Task {
        station: link.station,
        challenged: app.challenges().open(link.station, heard.at),
        vouched: presented.is_some_and(|t| link.vouches(&t.uid, heard.at)),
        place_open: place.is_some_and(Place::in_service),
        registration,
        interval_s: match registration {
            Registration::Accepted => app.settings().heartbeat_interval_s,
            _ => app.settings().retry_interval_s,
        },
        token,
        barred,
        on_record: record.session,
        told: record.told,
        number: record.number,
        recent: record.recent,
        ids: (0..many).map(|_| app.draw()).collect(),
        before: known,
        heard,
    })
}

fn failed(error: store::Error) -> Failure {
    match error {
        store::Error::Unavailable(_) | store::Error::Closed | store::Error::NotMigrated => {
            Failure::DatabaseAway
        }
        other => {
            tracing::error!("a station's message could not be stored: {other}");
            Failure::Broken
        }
    }
}

/// What a station says before it is registered is there to be looked at by whoever connects it.
fn overhear(app: &App, identity: &Identity, remote_ip: &str, frame: &LogRow) {
    let identity = identity.as_str();
    app.deferred().stranger_frame(identity, remote_ip, frame);
}

/// A station that nobody registered may boot, and is told to wait.
async fn hear_unclaimed(
    app: &App,
    identity: &Identity,
    remote_ip: &str,
    heard: &Heard,
) -> Result<Reply, Failure> {
    overhear(app, identity, remote_ip, &heard.log);
    let Message::Boot(boot) = &heard.message else {
        return Ok(Reply::NotYet);
    };
    let registered = app
        .store()
        .read
        .credential(identity)
        .await
        .map_err(failed)?;
    if registered.is_some() {
        return Err(Failure::Reconnect);
    }
    app.deferred().unknown(Unknown {
        identity: identity.clone(),
        at: heard.at,
        calls: 0,
        protocol: None,
        remote_ip: remote_ip.to_owned(),
        vendor: boot.hardware.vendor.clone(),
        model: boot.hardware.model.clone(),
    });
    Ok(Reply::Boot {
        registration: Registration::Pending,
        interval_s: app.settings().retry_interval_s,
        now: heard.at,
    })
}
