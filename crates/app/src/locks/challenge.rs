//! Proofs of presence on the machines' side: which stations are to be watched for one just now, and
//! what counts as a sign.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bus::{Missed, News};
use chrono::TimeDelta;
use domain::clock::Moment;
use domain::id::StationId;
use domain::lock::{Challenge, Sign};
use domain::station::ConnectorStatus;
use domain::token::TokenUid;

use crate::app::App;
use crate::error::Error;
use crate::secret;

/// The stations at which somebody is to prove their presence, and until when. A station that is
/// not among them costs its messages nothing.
#[derive(Debug, Default)]
pub(crate) struct Challenges(Mutex<HashMap<StationId, Moment>>);

impl Challenges {
    /// Watches a station until `until`.
    pub fn begin(&self, station: StationId, until: Moment) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(station, until);
    }

    /// Since when a station is watched; none when it is not.
    pub fn open(&self, station: StationId, now: Moment) -> Option<Moment> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get(&station) {
            None => None,
            Some(until) if *until >= now => Some(Challenge::begun(*until)),
            Some(_) => {
                open.remove(&station);
                None
            }
        }
    }
}

/// Hears of challenges that are begun on any node, for ever.
pub(crate) async fn hear(app: &App) {
    let mut news = app.bus().subscribe();
    let mut behind = true;
    loop {
        if behind {
            match catch_up(app).await {
                Ok(()) => behind = false,
                Err(error) => tracing::debug!("proofs of presence may be missed: {error}"),
            }
        }
        match news.recv().await {
            Ok(heard) => {
                if let News::Challenged(station, until) = *heard {
                    app.challenges().begin(station, until);
                }
            }
            Err(Missed::Lagged) => behind = true,
            Err(Missed::Closed) => return,
        }
    }
}

async fn catch_up(app: &App) -> Result<(), Error> {
    let since = app.now() - TimeDelta::minutes(5);
    for of in app.store().read.challenges(since).await? {
        let challenge = of.challenge;
        app.challenges().begin(challenge.station, challenge.until());
    }
    Ok(())
}

/// A token as it is kept while a proof is asked for: its digest, for nobody needs to read it.
pub(super) fn hidden(token: &TokenUid) -> TokenUid {
    TokenUid::new(&secret::digest(&token.key()))
}

/// A token was held to the station.
pub(crate) fn token_sign(token: &TokenUid) -> Sign {
    Sign::Token(hidden(token))
}

/// What a change of a connector says of its cable. From and to a state in which nobody knows it
/// says nothing.
pub(crate) fn cable_sign(
    evse: i32,
    was: Option<ConnectorStatus>,
    is: ConnectorStatus,
) -> Option<Sign> {
    match (plugged(was?)?, plugged(is)?) {
        (false, true) => Some(Sign::Plugged(evse)),
        (true, false) => Some(Sign::Unplugged(evse)),
        _ => None,
    }
}

fn plugged(status: ConnectorStatus) -> Option<bool> {
    use ConnectorStatus as S;
    match status {
        S::Available => Some(false),
        S::Preparing
        | S::Charging
        | S::SuspendedEv
        | S::SuspendedEvse
        | S::Finishing
        | S::Occupied => Some(true),
        S::Reserved | S::Unavailable | S::Faulted | S::Unknown => None,
    }
}
