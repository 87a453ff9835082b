//! News: what every node hears of. Lost when nobody listens.

use std::sync::Arc;

use domain::clock::Moment;
use domain::event::{Event, Telemetry};
use domain::id::{AttemptId, CommandId, OrgId, StationId, UserId};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

/// One piece of news. Ids and figures only: no names, cards or addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// Facts that were committed and numbered.
    Events(Vec<(i64, Event)>),
    /// A reading.
    Telemetry(Telemetry),
    /// A station tried to connect.
    Attempt(AttemptId),
    /// Somebody's rights or logins changed: whoever acts for them must be looked at again.
    Revoked(UserId),
    /// The members or modules of an organisation changed.
    OrganisationChanged(OrgId),
    /// A command was settled: whoever waits looks at its row.
    Settled(CommandId),
    /// Somebody is to prove that they stand at a station: until then its node notes what it tells.
    Challenged(StationId, Moment),
    /// The last part of a report of variables was stored, which was asked for under this number.
    Reported(StationId, i32),
}

impl News {
    /// Whether it takes something away from somebody: never dropped for want of room.
    pub(crate) const fn must_not_wait(&self) -> bool {
        matches!(self, Self::Revoked(_) | Self::OrganisationChanged(_))
    }
}

/// What runs through the node's channel.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    News(Arc<News>),
    /// The link to the other nodes was down for a while.
    Gap,
}

/// Why the next piece of news is not the one after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Missed {
    /// Some were lost: read again what you care about.
    #[error("some news was missed")]
    Lagged,
    /// The bus is gone.
    #[error("the bus is closed")]
    Closed,
}

/// A listener's place.
#[derive(Debug)]
pub struct Subscription(pub(crate) broadcast::Receiver<Item>);

impl Subscription {
    /// The next piece of news. Nothing is lost when the future is dropped.
    pub async fn recv(&mut self) -> Result<Arc<News>, Missed> {
        match self.0.recv().await {
            Ok(Item::News(news)) => Ok(news),
            Ok(Item::Gap) | Err(broadcast::error::RecvError::Lagged(_)) => Err(Missed::Lagged),
            Err(broadcast::error::RecvError::Closed) => Err(Missed::Closed),
        }
    }

    /// The next piece of news that is here already; none when there is none yet.
    pub fn try_recv(&mut self) -> Option<Result<Arc<News>, Missed>> {
        use broadcast::error::TryRecvError as E;
        match self.0.try_recv() {
            Ok(Item::News(news)) => Some(Ok(news)),
            Ok(Item::Gap) | Err(E::Lagged(_)) => Some(Err(Missed::Lagged)),
            Err(E::Closed) => Some(Err(Missed::Closed)),
            Err(E::Empty) => None,
        }
    }
}
