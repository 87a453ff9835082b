//! What a station's actor holds of the app: what the next message needs, so that the hot path
//! reads nothing. Replaced only after a commit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use bus::Mailbox;
use chrono::TimeDelta;
use domain::alert::skew::ClockWatch;
use domain::clock::Moment;
use domain::id::{OrgId, SessionId, SiteId, StationId};
use domain::session::Session;
use domain::station::{ConnectorStatus, Identity, Registration};
use domain::token::TokenUid;

/// For how long a person's remote start vouches for its token at the station.
const VOUCHED_MINUTES: i64 = 10;

/// What is known of a station between two of its messages.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub org: OrgId,
    pub site: Option<SiteId>,
    pub registration: Registration,
    /// Numbers of the EVSEs on record.
    pub evses: BTreeSet<i32>,
    /// What connectors last said, and when it became true.
    pub statuses: BTreeMap<(i32, i32), (ConnectorStatus, Moment)>,
    /// The sessions that run.
    pub open: Vec<Session>,
    /// Of those, the highest number of a report that this connection brought: a greater one can
    /// only be news.
    pub newest: BTreeMap<SessionId, i64>,
    /// Departures already on record: action and code.
    pub deviations: BTreeSet<(String, String)>,
    /// How far the station's clock is from ours.
    pub clock: ClockWatch,
}

/// A station that may have been let in without being known.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    Known(Arc<Known>),
    /// Nobody registered it: its boots are answered Pending and nothing is kept.
    Unclaimed {
        /// From where it called.
        remote_ip: String,
    },
}

/// One connection of a station, as the app sees it.
pub struct StationLink {
    pub(crate) station: StationId,
    pub(crate) identity: Identity,
    pub(crate) epoch: i64,
    pub(crate) lenient: bool,
    pub(crate) mailbox: Option<Mailbox>,
    pub(crate) who: Who,
    vouched: Mutex<Vec<(String, Moment)>>,
    /// When a reading of each EVSE was last shown live.
    shown: BTreeMap<i32, Moment>,
}

impl StationLink {
    pub(crate) fn new(
        station: StationId,
        identity: Identity,
        epoch: i64,
        lenient: bool,
        mailbox: Option<Mailbox>,
        who: Who,
    ) -> Self {
        Self {
            station,
            identity,
            epoch,
            lenient,
            mailbox,
            who,
            vouched: Mutex::default(),
            shown: BTreeMap::new(),
        }
    }

    /// The station; for an unclaimed one an id that nothing else has.
    #[must_use]
    pub const fn id(&self) -> StationId {
        self.station
    }

    /// The identity, as it was registered.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The number of this connection: greater than that of every earlier one.
    #[must_use]
    pub const fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Whether odd messages are repaired.
    #[must_use]
    pub const fn lenient(&self) -> bool {
        self.lenient
    }

    /// Whether nobody registered the station.
    #[must_use]
    pub const fn is_unclaimed(&self) -> bool {
        matches!(self.who, Who::Unclaimed { .. })
    }

    /// Where orders to the station arrive; can be taken once. None for an unclaimed station.
    pub fn take_mailbox(&mut self) -> Option<Mailbox> {
        self.mailbox.take()
    }

    /// Where the station stands in the boot state machine.
    #[must_use]
    pub fn registration(&self) -> Registration {
        match &self.who {
            Who::Known(known) => known.registration,
            Who::Unclaimed { .. } => Registration::Pending,
        }
    }

    /// Whether a reading of an EVSE may be shown live now: at most one a second is.
    pub(crate) fn may_show(&mut self, evse: i32, now: Moment) -> bool {
        let last = self.shown.get(&evse);
        let due = last.is_none_or(|last| now - *last >= TimeDelta::seconds(1));
        if due {
            self.shown.insert(evse, now);
        }
        due
    }

    /// Remembers that a person started a session here for `token`.
    pub(crate) fn vouch(&self, token: &TokenUid, now: Moment) {
        let mut vouched = self.vouched.lock().unwrap_or_else(PoisonError::into_inner);
        vouched.retain(|(_, until)| *until > now);
        vouched.push((token.key(), now + TimeDelta::minutes(VOUCHED_MINUTES)));
    }

    /// Whether a person started a session here for `token` a short while ago.
    pub(crate) fn vouches(&self, token: &TokenUid, now: Moment) -> bool {
        let vouched = self.vouched.lock().unwrap_or_else(PoisonError::into_inner);
        let key = token.key();
        vouched.iter().any(|(k, until)| *k == key && *until > now)
    }
}

impl std::fmt::Debug for StationLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StationLink")
            .field("station", &self.station)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}
