//! The link of one node to the others through Redis: hearing, telling, and renewing what it holds.
//! When the server goes away the link keeps trying; stations of this node go on meanwhile.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use ::redis::Client;
use domain::command::{Command, Outcome};
use domain::id::{CommandId, NodeId, StationId};
use futures_util::StreamExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use uuid::Uuid;

use crate::desk::Desk;
use crate::envelope::{Body, Refusal, from_envelope, to_envelope};
use crate::error::{Error, RequestError};
use crate::mailbox::{Errand, Reply, Unposted};
use crate::redis::Server;

/// News that waits to be told to other nodes.
const OUTGOING: usize = 8_192;
/// The most of it told in one round trip.
const TOLD_AT_ONCE: usize = 128;
/// How long the server may be silent before it counts as away.
const SILENCE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

pub(crate) struct Link {
    pub server: Arc<Server>,
    node: NodeId,
    desk: Arc<Desk>,
    waiting: Mutex<HashMap<Uuid, oneshot::Sender<Result<Outcome, Refusal>>>>,
    outgoing: mpsc::Sender<String>,
    dropped: AtomicU64,
    up: AtomicBool,
    tasks: Mutex<Vec<tokio::task::AbortHandle>>,
}

impl Drop for Link {
    fn drop(&mut self) {
        let tasks = self.tasks.get_mut().unwrap_or_else(PoisonError::into_inner);
        for task in tasks.drain(..) {
            task.abort();
        }
    }
}

impl Link {
    /// Connects, and returns once this node hears what is told to it.
    pub async fn open(
        client: Client,
        server: Server,
        node: NodeId,
        desk: Arc<Desk>,
        renew_every: Duration,
    ) -> Result<Arc<Self>, Error> {
        let (outgoing, to_tell) = mpsc::channel(OUTGOING);
        let link = Arc::new(Self {
            server: Arc::new(server),
            node,
            desk,
            waiting: Mutex::default(),
            outgoing,
            dropped: AtomicU64::new(0),
            up: AtomicBool::new(false),
            tasks: Mutex::default(),
        });
        let (heard, hearing) = oneshot::channel();
        let news_channel = link.server.news_channel();
        let tasks = [
            tokio::spawn(hear(Arc::downgrade(&link), client, heard)).abort_handle(),
            tokio::spawn(tell(link.server.clone(), news_channel, to_tell)).abort_handle(),
            tokio::spawn(renew(Arc::downgrade(&link), renew_every)).abort_handle(),
        ];
        link.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(tasks);
        match timeout(SILENCE, hearing).await {
            Ok(Ok(())) => Ok(link),
            _ => Err(Error::away("no subscription in time")),
        }
    }

    pub fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Uuid, oneshot::Sender<Result<Outcome, Refusal>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells every other node, a little later; what does not fit is dropped, and counted.
    pub fn tell(&self, body: Body) {
        let Ok(text) = to_envelope(self.node, body) else {
            return;
        };
        if self.outgoing.try_send(text).is_err() {
            let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
            if dropped.is_power_of_two() {
                tracing::warn!(bus.dropped = dropped, "news for other nodes was dropped");
            }
        }
    }

    /// Tells every other node, and returns when that is done.
    pub async fn tell_now(&self, body: Body) -> Result<(), Error> {
        let text = to_envelope(self.node, body).map_err(Error::away)?;
        let channel = self.server.news_channel();
        self.server.publish(&channel, &text).await?;
        Ok(())
    }

    /// Tells one node; whether it heard.
    pub async fn tell_node(&self, node: NodeId, body: Body) -> Result<bool, Error> {
        let text = to_envelope(self.node, body).map_err(Error::away)?;
        let channel = self.server.node_channel(node);
        Ok(self.server.publish(&channel, &text).await? > 0)
    }

    /// Has the node that holds `station` carry a command to it.
    pub async fn ask(
        &self,
        station: StationId,
        id: CommandId,
        command: Command,
        patience: Duration,
    ) -> Result<Outcome, RequestError> {
        let away = |error: Error| {
            tracing::warn!(station.id = %station, "an order was not carried: {error}");
            RequestError::Unavailable
        };
        let owner = self.server.owner(station).await.map_err(away)?;
        let Some(owner) = owner.filter(|owner| *owner != self.node) else {
            // Ours by the book, and yet not here: the connection has just ended.
            return Err(RequestError::Offline);
        };
        let request = Uuid::new_v4();
        let (sender, receiver) = oneshot::channel();
        self.waiting().insert(request, sender);
        let _forget = Forget {
            link: self,
            request,
        };
        let ask = Body::Ask {
            request,
            station,
            id,
            command: Box::new(command),
        };
        if !self.tell_node(owner, ask).await.map_err(away)? {
            return Err(RequestError::Offline);
        }
        match timeout(patience, receiver).await {
            Ok(Ok(outcome)) => outcome.map_err(RequestError::from),
            Ok(Err(_)) => Err(RequestError::Lost),
            Err(_) => Err(RequestError::Timeout),
        }
    }

    fn hear_one(self: &Arc<Self>, text: &[u8]) {
        let Some((from, body)) = from_envelope(text) else {
            return;
        };
        match body {
            // Told here when it was published.
            Body::News(_) if from == self.node => {}
            Body::News(news) => self.desk.tell(news),
            Body::Superseded { station, epoch } => self.desk.superseded(station, epoch),
            Body::Close { station, why } => {
                self.desk.close(station, why);
            }
            Body::Answer { request, outcome } => {
                if let Some(waiter) = self.waiting().remove(&request) {
                    let _ = waiter.send(outcome);
                }
            }
            Body::Ask {
                request,
                station,
                id,
                command,
            } => {
                let (reply, outcome) = Reply::pair();
                let errand = Box::new(Errand {
                    id,
                    command: *command,
                    reply,
                });
                let refused = match self.desk.deliver(station, errand) {
                    Ok(()) => None,
                    Err(Unposted::Closed) => Some(Refusal::Offline),
                    Err(Unposted::Full) => Some(Refusal::Full),
                };
                let link = self.clone();
                tokio::spawn(async move {
                    let outcome = match refused {
                        Some(refusal) => Err(refusal),
                        None => outcome.await.map_err(|_| Refusal::Lost),
                    };
                    let answer = Body::Answer { request, outcome };
                    if let Err(error) = link.tell_node(from, answer).await {
                        tracing::warn!(command.id = %id, "an outcome was not carried back: {error}");
                    }
                });
            }
        }
    }
}

/// Forgets a request when nobody waits for it any more.
struct Forget<'a> {
    link: &'a Link,
    request: Uuid,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.link.waiting().remove(&self.request);
    }
}

/// Listens until the bus is dropped; connects again whenever the connection ends.
async fn hear(link: Weak<Link>, client: Client, first: oneshot::Sender<()>) {
    let mut first = Some(first);
    let mut pause = FIRST_PAUSE;
    loop {
        if let Err(error) = listen(&link, &client, &mut first, &mut pause).await {
            tracing::warn!("the message bus is away: {error}");
        }
        let Some(strong) = link.upgrade() else { return };
        strong.up.store(false, Ordering::Relaxed);
        drop(strong);
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn listen(
    link: &Weak<Link>,
    client: &Client,
    first: &mut Option<oneshot::Sender<()>>,
    pause: &mut Duration,
) -> Result<(), Error> {
    let connected = timeout(SILENCE, client.get_async_pubsub()).await;
    let pubsub = connected.map_err(Error::away)?.map_err(Error::away)?;
    let (mut sink, mut stream) = pubsub.split();
    {
        let Some(link) = link.upgrade() else {
            return Ok(());
        };
        let channels = [
            link.server.news_channel(),
            link.server.node_channel(link.node),
        ];
        let subscribed = timeout(SILENCE, sink.subscribe(&channels[..])).await;
        subscribed.map_err(Error::away)?.map_err(Error::away)?;
        link.up.store(true, Ordering::Relaxed);
        match first.take() {
            Some(first) => {
                let _ = first.send(());
            }
            None => {
                // Evictions and news told meanwhile are lost: look again.
                link.assert_all().await;
                link.desk.tell_of_gap();
            }
        }
    }
    *pause = FIRST_PAUSE;
    let mut beat = interval(SILENCE);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = stream.next() => {
                let Some(message) = message else { return Ok(()) };
                let Some(link) = link.upgrade() else { return Ok(()) };
                link.hear_one(message.get_payload_bytes());
            }
            _ = beat.tick() => {
                // A connection that died without a word is found by its silence.
                let answered = timeout(SILENCE, sink.ping::<::redis::Value>()).await;
                answered.map_err(Error::away)?.map_err(Error::away)?;
            }
        }
    }
}

async fn tell(server: Arc<Server>, channel: String, mut to_tell: mpsc::Receiver<String>) {
    let mut texts = Vec::new();
    while to_tell.recv_many(&mut texts, TOLD_AT_ONCE).await > 0 {
        if let Err(error) = server.publish_all(&channel, &texts).await {
            tracing::debug!("news was not told to other nodes: {error}");
        }
        texts.clear();
    }
}

async fn renew(link: Weak<Link>, every: Duration) {
    let mut beat = interval(every);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        let Some(link) = link.upgrade() else { return };
        link.assert_all().await;
    }
}

impl Link {
    /// Renews every claim of this node, and lets go of those that another took over.
    async fn assert_all(&self) {
        match self.server.assert(&self.desk.held()).await {
            Ok(lost) => {
                for (station, epoch) in lost {
                    self.desk.superseded(station, epoch);
                }
            }
            Err(error) => tracing::debug!("claims were not renewed: {error}"),
        }
    }
}
