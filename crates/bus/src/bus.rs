//! The bus as the other rooms see it: one struct, in one process or over Redis.

use std::sync::Arc;
use std::time::Duration;

use domain::clock::Moment;
use domain::command::{Command, Outcome};
use domain::id::{CommandId, NodeId, StationId};
use tokio::time::timeout;
use uuid::Uuid;

use crate::desk::Desk;
use crate::envelope::Body;
use crate::error::{Error, RequestError};
use crate::lease::{LeaseGuard, Leases, Place};
use crate::link::Link;
use crate::mailbox::{Errand, Mailbox, Reply, Unposted};
use crate::news::{News, Subscription};
use crate::redis::{self, Server};

/// How a node behaves on a Redis bus.
#[derive(Debug, Clone, Copy)]
pub struct RedisOptions {
    /// How long a claim outlives a node that died. It is renewed three times in that time.
    pub claim_ttl: Duration,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            claim_ttl: Duration::from_secs(30),
        }
    }
}

/// How the bus is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// This node is alone by choice.
    Local,
    /// The other nodes are heard.
    Connected,
    /// The server is away; stations of this node go on.
    Away,
}

enum Kind {
    Local(Arc<Leases>),
    Redis(Arc<Link>),
}

struct Inside {
    node: NodeId,
    desk: Arc<Desk>,
    kind: Kind,
}

/// How nodes talk. Cheap to clone; its tasks end with the last clone.
#[derive(Clone)]
pub struct Bus(Arc<Inside>);

impl Bus {
    /// A bus for one node, in its memory.
    #[must_use]
    pub fn local(node: NodeId) -> Self {
        Self(Arc::new(Inside {
            node,
            desk: Arc::new(Desk::new()),
            kind: Kind::Local(Arc::default()),
        }))
    }

    /// Whether several nodes can be on it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self.0.kind, Kind::Redis(_))
    }

    /// A bus over Redis. `prefix` keeps several installations on one server apart.
    ///
    /// # Errors
    /// [`Error::Address`] for an address that cannot be read, [`Error::Unavailable`] when nobody
    /// answers there.
    pub async fn redis(url: &str, node: NodeId, prefix: &str) -> Result<Self, Error> {
        Self::redis_with(url, node, prefix, RedisOptions::default()).await
    }

    /// As [`Bus::redis`], with options.
    ///
    /// # Errors
    /// As [`Bus::redis`].
    pub async fn redis_with(
        url: &str,
        node: NodeId,
        prefix: &str,
        options: RedisOptions,
    ) -> Result<Self, Error> {
        let client = redis::client(url)?;
        let desk = Arc::new(Desk::new());
        let server = Server::connect(client.clone(), node, prefix, options.claim_ttl).await?;
        let every = options.claim_ttl / 3;
        let link = Link::open(client, server, node, desk.clone(), every).await?;
        Ok(Self(Arc::new(Inside {
            node,
            desk,
            kind: Kind::Redis(link),
        })))
    }

    /// This node.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.0.node
    }

    /// How the bus is.
    #[must_use]
    pub fn health(&self) -> Health {
        match &self.0.kind {
            Kind::Local(_) => Health::Local,
            Kind::Redis(link) if link.is_up() => Health::Connected,
            Kind::Redis(_) => Health::Away,
        }
    }

    /// Tells everybody. Never fails: whoever misses news reads the truth from the database.
    /// Changes of rights are on their way to the other nodes when this returns; the rest follows.
    pub async fn publish(&self, news: News) {
        self.0.desk.tell(news.clone());
        let Kind::Redis(link) = &self.0.kind else {
            return;
        };
        if !news.must_not_wait() {
            return link.tell(Body::News(news));
        }
        if let Err(error) = link.tell_now(Body::News(news)).await {
            // Whoever cannot hear it now is told of a gap when it hears again.
            tracing::warn!("a change of rights was not told to other nodes: {error}");
        }
    }

    /// Listens from now on.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        self.0.desk.subscribe()
    }

    /// Claims `station` for this node. The epoch is greater than every earlier one of the
    /// station, also across restarts: at least `now` in milliseconds. The previous holder,
    /// wherever it is, is evicted.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the server is away: nothing was claimed.
    pub async fn claim(&self, station: StationId, now: Moment) -> Result<i64, Error> {
        let desk = &self.0.desk;
        let link = match &self.0.kind {
            Kind::Local(_) => return Ok(desk.claim_next(station, now)),
            Kind::Redis(link) => link,
        };
        let (epoch, other) = link.server.claim(station, now).await?;
        desk.superseded(station, epoch);
        if let Some(other) = other {
            let told = link
                .tell_node(other, Body::Superseded { station, epoch })
                .await;
            if let Err(error) = told {
                // It learns of it when it renews its claims.
                tracing::debug!(station.id = %station, "an eviction was not told: {error}");
            }
        }
        Ok(epoch)
    }

    /// Opens the mailbox of a claimed connection. If a newer claim was made meanwhile, the first
    /// order says so.
    #[must_use]
    pub fn attach(&self, station: StationId, epoch: i64) -> Mailbox {
        self.0.desk.attach(station, epoch)
    }

    /// Ends a claim. The late release of an older one removes nothing.
    pub async fn release(&self, station: StationId, epoch: i64) {
        self.0.desk.release(station, epoch);
        if let Kind::Redis(link) = &self.0.kind
            && let Err(error) = link.server.release(station, epoch).await
        {
            tracing::debug!(station.id = %station, "a claim will end by itself: {error}");
        }
    }

    /// Has the node that holds `station` carry a command to it, and waits for the outcome.
    ///
    /// # Errors
    /// [`RequestError`]. After `Timeout` and `Lost` the command may have been sent.
    pub async fn request(
        &self,
        station: StationId,
        id: CommandId,
        command: Command,
        patience: Duration,
    ) -> Result<Outcome, RequestError> {
        let desk = &self.0.desk;
        if !desk.holds(station) {
            return match &self.0.kind {
                Kind::Local(_) => Err(RequestError::Offline),
                Kind::Redis(link) => link.ask(station, id, command, patience).await,
            };
        }
        let (reply, outcome) = Reply::pair();
        let errand = Box::new(Errand { id, command, reply });
        match desk.deliver(station, errand) {
            Ok(()) => {}
            Err(Unposted::Closed) => return Err(RequestError::Offline),
            Err(Unposted::Full) => return Err(RequestError::Unavailable),
        }
        match timeout(patience, outcome).await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(_)) => Err(RequestError::Lost),
            Err(_) => Err(RequestError::Timeout),
        }
    }

    /// Has the connection of `station` closed, wherever it is: archived, password changed.
    pub async fn close(&self, station: StationId, why: &str) {
        if self.0.desk.close(station, why.to_owned()) {
            return;
        }
        let Kind::Redis(link) = &self.0.kind else {
            return;
        };
        let why = why.to_owned();
        let told = match link.server.owner(station).await {
            Ok(Some(owner)) => link.tell_node(owner, Body::Close { station, why }).await,
            Ok(None) => Ok(false),
            Err(error) => Err(error),
        };
        if let Err(error) = told {
            tracing::warn!(station.id = %station, "a connection was not closed: {error}");
        }
    }

    /// Whether some node holds `station`; only this node is asked while the server is away.
    pub async fn is_online(&self, station: StationId) -> bool {
        if self.0.desk.holds(station) {
            return true;
        }
        match &self.0.kind {
            Kind::Local(_) => false,
            Kind::Redis(link) => match link.server.owner(station).await {
                Ok(owner) => owner.is_some_and(|owner| owner != self.0.node),
                Err(_) => false,
            },
        }
    }

    /// Takes the lease `name` for `ttl`; none while another holds it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the server is away.
    pub async fn lease(&self, name: &str, ttl: Duration) -> Result<Option<LeaseGuard>, Error> {
        let (fence, place) = match &self.0.kind {
            Kind::Local(leases) => match leases.take(name, ttl) {
                Some(fence) => (fence, Place::Local(leases.clone())),
                None => return Ok(None),
            },
            Kind::Redis(link) => {
                let holder = format!("{} {}", self.0.node, Uuid::new_v4().simple());
                match link.server.lease(name, &holder, ttl).await? {
                    0 => return Ok(None),
                    fence => {
                        let server = link.server.clone();
                        (fence, Place::Redis { server, holder })
                    }
                }
            }
        };
        Ok(Some(LeaseGuard {
            name: name.to_owned(),
            fence,
            ttl,
            place,
        }))
    }
}

impl std::fmt::Debug for Bus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bus")
            .field("node", &self.0.node)
            .finish_non_exhaustive()
    }
}
