//! Inbound connection attempts, and what else may be written a little later: signs of life.
//! An attempt costs an attacker nothing, so what waits to be written is bounded, in all and for
//! each address.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use bus::News;
use domain::attempt::{Attempt, StrangerFrame, Unclaimed};
use domain::clock::Moment;
use domain::deviation::Deviation;
use domain::id::StationId;
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission};
use domain::wire_log::LogRow;
use store::{Lane, Unknown};

pub use store::AttemptFilter;

use crate::app::App;
use crate::error::Error;
use crate::gate;
use crate::logs;

/// The most attempts between two writes, in all and from one address.
const MOST: usize = 500;
const MOST_OF_ONE: usize = 20;

/// What waits to be written outside the durability promise.
#[derive(Default)]
pub(crate) struct Deferred(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    attempts: Vec<Attempt>,
    of_one: HashMap<String, usize>,
    seen: BTreeSet<StationId>,
    unknown: HashMap<String, Unknown>,
    strangers: HashMap<String, usize>,
    frames: Vec<StrangerFrame>,
    frames_of_one: HashMap<String, usize>,
    deviations: Vec<Forgiven>,
    dropped: u64,
}

/// What was forgiven in a message whose answer did not wait for the disk.
#[derive(Clone)]
struct Forgiven {
    station: StationId,
    action: String,
    found: Vec<Deviation>,
    at: Moment,
}

impl Deferred {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A station gave a sign of life.
    pub fn seen(&self, station: StationId) {
        self.waiting().seen.insert(station);
    }

    /// Something was forgiven in a heartbeat or the like.
    pub fn deviations(
        &self,
        station: StationId,
        action: String,
        found: Vec<Deviation>,
        at: Moment,
    ) {
        let mut waiting = self.waiting();
        if waiting.deviations.len() < MOST {
            waiting.deviations.push(Forgiven {
                station,
                action,
                found,
                at,
            });
        }
    }

    /// A station that nobody registered called, or said of its make.
    pub fn unknown(&self, call: Unknown) {
        let mut waiting = self.waiting();
        if let Some(known) = waiting.unknown.get_mut(call.identity.key()) {
            known.calls += call.calls;
            known.at = call.at;
            known.remote_ip = call.remote_ip;
            known.protocol = call.protocol.or(known.protocol.take());
            known.vendor = call.vendor.or(known.vendor.take());
            known.model = call.model.or(known.model.take());
            return;
        }
        let full = waiting.unknown.len() >= MOST;
        let count = waiting.strangers.entry(call.remote_ip.clone()).or_default();
        *count += 1;
        if full || *count > MOST_OF_ONE {
            waiting.dropped += 1;
        } else {
            let key = call.identity.key().to_owned();
            waiting.unknown.insert(key, call);
        }
    }

    /// A station that nobody registered said something, or was answered.
    pub fn stranger_frame(&self, identity: &str, remote_ip: &str, frame: &LogRow) {
        let mut waiting = self.waiting();
        let full = waiting.frames.len() >= MOST;
        let count = waiting.frames_of_one.entry(remote_ip.to_owned());
        let count = count.or_default();
        *count += 1;
        if full || *count > MOST_OF_ONE {
            waiting.dropped += 1;
        } else {
            let (identity, remote_ip) = (identity.to_owned(), remote_ip.to_owned());
            let kept = StrangerFrame::kept(identity, remote_ip, frame.clone());
            waiting.frames.push(kept);
        }
    }

    fn attempt(&self, attempt: Attempt) {
        let mut waiting = self.waiting();
        let full = waiting.attempts.len() >= MOST;
        let count = waiting.of_one.entry(attempt.remote_ip.clone()).or_default();
        *count += 1;
        if full || *count > MOST_OF_ONE {
            waiting.dropped += 1;
        } else {
            waiting.attempts.push(attempt);
        }
    }
}

/// Keeps an attempt, a little later.
pub fn record(app: &App, attempt: Attempt) {
    app.deferred().attempt(attempt);
}

/// Writes what waits. When the database is away it is lost: none of it was promised.
pub(crate) async fn write_deferred(app: &App) -> Result<(), store::Error> {
    let waiting = std::mem::take(&mut *app.deferred().waiting());
    if waiting.dropped > 0 {
        tracing::warn!(
            attempts.dropped = waiting.dropped,
            "too many connection attempts or frames of strangers to keep"
        );
    }
    let nothing = waiting.attempts.is_empty() && waiting.unknown.is_empty();
    let nothing = nothing && waiting.frames.is_empty();
    if nothing && waiting.seen.is_empty() && waiting.deviations.is_empty() {
        return Ok(());
    }
    let now = app.now();
    let seen: std::sync::Arc<[StationId]> = waiting.seen.into_iter().collect();
    let attempts: std::sync::Arc<[Attempt]> = waiting.attempts.into();
    let forgiven: std::sync::Arc<[Forgiven]> = waiting.deviations.into();
    let unknown: std::sync::Arc<[Unknown]> = waiting.unknown.into_values().collect();
    let frames: std::sync::Arc<[StrangerFrame]> = waiting.frames.into();
    let news: Vec<_> = attempts.iter().map(|a| a.id).collect();
    app.store()
        .write(Lane::Instance, move |work| {
            let (seen, attempts, forgiven) = (seen.clone(), attempts.clone(), forgiven.clone());
            let (unknown, frames) = (unknown.clone(), frames.clone());
            Box::pin(async move {
                for some in seen.chunks(1_000) {
                    work.seen(some, now).await?;
                }
                for attempt in attempts.iter() {
                    work.attempt(attempt).await?;
                }
                for call in unknown.iter() {
                    work.unknown_called(call).await?;
                }
                work.stranger_frames(&frames).await?;
                if !unknown.is_empty() {
                    let addresses = unknown.iter().map(|call| call.remote_ip.clone());
                    work.unclaimed_trim(&addresses.collect()).await?;
                }
                for f in forgiven.iter() {
                    work.deviations(f.station, &f.action, &f.found, f.at)
                        .await?;
                }
                Ok(())
            })
        })
        .await?;
    for id in news {
        app.bus().publish(News::Attempt(id)).await;
    }
    Ok(())
}

/// Attempts of one station, the newest first, with `logs.view`.
pub async fn of_station(
    app: &App,
    caller: &Caller,
    station: StationId,
    page: &PageRequest,
) -> Result<Page<Attempt>, Error> {
    let pass = gate::permit(app, caller, Permission::LogsView).await?;
    let identity = pass.station(app, station).await?.station.identity;
    let filter = AttemptFilter {
        identity: Some(identity.key().to_owned()),
        remote_ip: None,
    };
    Ok(app.store().read.attempts(&filter, page).await?)
}

/// Attempts of all that came to this instance, the newest first, with `stations.edit`, which is who
/// connects stations.
pub async fn list(
    app: &App,
    caller: &Caller,
    filter: &AttemptFilter,
    page: &PageRequest,
) -> Result<Page<Attempt>, Error> {
    whole_instance(app, caller).await?;
    Ok(app.store().read.attempts(filter, page).await?)
}

/// A frame of a stranger, and what the caller may read of it.
#[derive(Debug, Clone)]
pub struct StrangerView {
    /// The frame; its payload is sealed.
    pub said: StrangerFrame,
    /// The payload, masked for whoever may not read driver data.
    pub payload: String,
}

/// What stations say that nobody registered, the newest first, with `stations.edit`.
pub async fn frames(
    app: &App,
    caller: &Caller,
    filter: &AttemptFilter,
    page: &PageRequest,
) -> Result<Page<StrangerView>, Error> {
    whole_instance(app, caller).await?;
    // Whoever looks watches a station that stands before them.
    write_deferred(app).await?;
    let grant = gate::driver_data(app, caller);
    let found = app.store().read.stranger_frames(filter, page).await?;
    Ok(found.map(|said| StrangerView {
        payload: logs::readable(&said.frame, grant.as_ref()),
        said,
    }))
}

/// Stations that called and that nobody registered, with `stations.edit`.
pub async fn unclaimed(app: &App, caller: &Caller) -> Result<Vec<Unclaimed>, Error> {
    whole_instance(app, caller).await?;
    // Whoever looks wants to see who called a moment ago.
    write_deferred(app).await?;
    Ok(app.store().read.unclaimed().await?)
}

/// Unknown stations belong to nobody yet: the root organisation sees them.
async fn whole_instance(app: &App, caller: &Caller) -> Result<(), Error> {
    let pass = gate::permit_whole(app, caller, Permission::StationsEdit).await?;
    if app.root().await? == Some(pass.org) {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}
