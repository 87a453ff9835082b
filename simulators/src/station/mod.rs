//! One charging station: a handle that people and tests hold, and the task behind it.
//!
//! Physical acts (`plug_in`, `tick`, …) return when everything they caused has been answered by
//! the server, or at once when the station is offline: what must not be lost is then queued.

mod actor;
mod answered;
mod errand;
pub(crate) mod link;
pub mod manners;
mod obey;
mod outbox;
mod plant;
mod settings;
mod view;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

pub use manners::Manner;
pub use settings::Bounds;
pub use view::{ConnectorView, Direction, Frame, ReceivedCall, Registration, SessionView, View};

use crate::charging::{Template, Vehicle};
use crate::wire::Version;
use crate::{Error, wire};
use actor::{Act, Actor, Order};
use view::Shared;

/// How a station is made; [`Builder::build`] starts it, still unconnected.
#[derive(Debug, Clone)]
pub struct Builder {
    pub(crate) url: String,
    pub(crate) identity: String,
    pub(crate) version: Version,
    pub(crate) password: Option<String>,
    pub(crate) template: Template,
    pub(crate) seed: u64,
    pub(crate) starts_at: Option<DateTime<Utc>>,
    pub(crate) manners: Vec<Manner>,
    pub(crate) pace: Duration,
    pub(crate) answer_timeout: Duration,
    pub(crate) retries: u32,
    pub(crate) retry_after: Duration,
    pub(crate) backoff: (Duration, Duration),
    pub(crate) reconnect: bool,
    pub(crate) keep_frames: bool,
    pub(crate) more_settings: usize,
    pub(crate) bounds: Option<Bounds>,
}

impl Builder {
    /// Protocol version; 1.6 unless told otherwise.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Password for Basic authentication.
    #[must_use]
    pub fn password(mut self, password: Option<&str>) -> Self {
        self.password = password.map(str::to_owned);
        self
    }

    /// Model of station; [`Template::ac22`] unless told otherwise.
    #[must_use]
    pub fn template(mut self, template: Template) -> Self {
        self.template = template;
        self
    }

    /// Seed of all chance in this station.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Where simulated time begins; the wall clock unless told otherwise.
    #[must_use]
    pub fn starts_at(mut self, at: DateTime<Utc>) -> Self {
        self.starts_at = Some(at);
        self
    }

    /// Misbehaves in this way from the beginning.
    #[must_use]
    pub fn manner(mut self, manner: Manner) -> Self {
        self.manners.push(manner);
        self
    }

    /// Real time between the steps of slow things (firmware, logs, restart); none by default.
    #[must_use]
    pub fn pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// Real time to wait for an answer; 30 s by default.
    #[must_use]
    pub fn answer_timeout(mut self, timeout: Duration) -> Self {
        self.answer_timeout = timeout;
        self
    }

    /// How often a session message is tried, and the wait that grows with each try; 3 and 10 s.
    #[must_use]
    pub fn retry(mut self, attempts: u32, after: Duration) -> Self {
        (self.retries, self.retry_after) = (attempts.max(1), after);
        self
    }

    /// First and longest wait before a reconnect; 1 s and 60 s.
    #[must_use]
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.backoff = (first, longest.max(first));
        self
    }

    /// Whether a lost connection is opened again; yes by default.
    #[must_use]
    pub fn reconnect(mut self, reconnect: bool) -> Self {
        self.reconnect = reconnect;
        self
    }

    /// Whether frames and calls are kept for [`Station::frames`] and [`Station::wait_for`]; yes
    /// by default, no in a fleet.
    #[must_use]
    pub fn keep_frames(mut self, keep: bool) -> Self {
        self.keep_frames = keep;
        self
    }

    /// Settings beside those that every station here has.
    #[must_use]
    pub fn more_settings(mut self, count: usize) -> Self {
        self.more_settings = count;
        self
    }

    /// How much it takes in one message about its settings: what is more gets an error.
    #[must_use]
    pub fn bounds(mut self, items: usize, bytes: usize) -> Self {
        self.bounds = Some(Bounds { items, bytes });
        self
    }

    /// Starts the station's task on the current runtime; it ends with the last handle.
    #[must_use]
    pub fn build(self) -> Station {
        let shared = Arc::new(Shared::new(self.keep_frames));
        let (orders, inbox) = mpsc::channel(64);
        let identity = self.identity.clone();
        let actor = Actor::new(self, Arc::clone(&shared), inbox);
        actor.publish();
        tokio::spawn(actor.run());
        Station {
            orders,
            shared,
            identity,
        }
    }
}

/// A handle on a station; clones are handles on the same one.
#[derive(Debug, Clone)]
pub struct Station {
    orders: mpsc::Sender<Order>,
    shared: Arc<Shared>,
    identity: String,
}

impl Station {
    /// Begins to describe a station that connects to `url`/`identity`.
    #[must_use]
    pub fn builder(url: &str, identity: &str) -> Builder {
        Builder {
            url: url.to_owned(),
            identity: identity.to_owned(),
            version: Version::V16,
            password: None,
            template: Template::ac22(),
            seed: 1,
            starts_at: None,
            manners: Vec::new(),
            pace: Duration::ZERO,
            answer_timeout: Duration::from_secs(30),
            retries: 3,
            retry_after: Duration::from_secs(10),
            backoff: (Duration::from_secs(1), Duration::from_secs(60)),
            reconnect: true,
            keep_frames: true,
            more_settings: 0,
            bounds: None,
        }
    }

    /// Its identity.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.identity
    }

    async fn act(&self, act: Act) -> Result<(), Error> {
        let (done, wait) = oneshot::channel();
        self.orders
            .send(Order { act, done })
            .await
            .map_err(|_| Error::Gone)?;
        wait.await.map_err(|_| Error::Gone)?
    }

    /// Opens the connection; does not boot.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn connect(&self) -> Result<(), Error> {
        self.act(Act::Connect).await
    }

    /// Sends BootNotification and, when accepted, the state of every connector.
    ///
    /// # Errors
    /// [`Error::Offline`] when there is no connection or it breaks.
    pub async fn boot(&self) -> Result<Registration, Error> {
        self.act(Act::Boot("PowerUp")).await?;
        self.view().registration.ok_or(Error::Offline)
    }

    /// Opens the connection and boots before anything that is queued.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses, or the connection breaks.
    pub async fn connect_and_boot(&self) -> Result<Registration, Error> {
        self.act(Act::ConnectAndBoot).await?;
        self.view().registration.ok_or(Error::Offline)
    }

    /// A vehicle drawn by chance is plugged in.
    ///
    /// # Errors
    /// [`Error::Plan`] for a connector that does not exist.
    pub async fn plug_in(&self, connector: u32) -> Result<(), Error> {
        self.act(Act::PlugIn(connector, None)).await
    }

    /// This vehicle is plugged in.
    ///
    /// # Errors
    /// [`Error::Plan`] for a connector that does not exist.
    pub async fn plug_in_vehicle(&self, connector: u32, vehicle: Vehicle) -> Result<(), Error> {
        self.act(Act::PlugIn(connector, Some(vehicle))).await
    }

    /// A token is held to the reader: the server is asked, then a session starts on the plugged
    /// connector, or the token's running session stops. Offline, the token is believed.
    /// Returns the status word of the answer.
    ///
    /// # Errors
    /// [`Error::Gone`] only.
    pub async fn present_token(&self, uid: &str) -> Result<String, Error> {
        self.act(Act::Token(None, uid.to_owned())).await?;
        Ok(self.view().last_authorization.unwrap_or_default())
    }

    /// As [`Station::present_token`], for one connector.
    ///
    /// # Errors
    /// [`Error::Gone`] only.
    pub async fn present_token_at(&self, connector: u32, uid: &str) -> Result<String, Error> {
        self.act(Act::Token(Some(connector), uid.to_owned()))
            .await?;
        Ok(self.view().last_authorization.unwrap_or_default())
    }

    /// A session starts without asking the server first.
    ///
    /// # Errors
    /// [`Error::Plan`] for a connector that does not exist.
    pub async fn start(&self, connector: u32, uid: &str) -> Result<(), Error> {
        self.act(Act::Start(connector, uid.to_owned())).await
    }

    /// The session on a connector is stopped at the station.
    ///
    /// # Errors
    /// [`Error::Plan`] for a connector that does not exist.
    pub async fn stop(&self, connector: u32) -> Result<(), Error> {
        self.act(Act::Stop(connector)).await
    }

    /// The cable is pulled.
    ///
    /// # Errors
    /// [`Error::Plan`] for a connector that does not exist.
    pub async fn unplug(&self, connector: u32) -> Result<(), Error> {
        self.act(Act::Unplug(connector)).await
    }

    /// Simulated time passes.
    ///
    /// # Errors
    /// [`Error::Gone`] only.
    pub async fn tick(&self, duration: Duration) -> Result<(), Error> {
        let delta = chrono::Duration::from_std(duration).unwrap_or(chrono::Duration::zero());
        self.act(Act::Advance(self.view().now + delta)).await
    }

    /// Simulated time passes until this moment.
    ///
    /// # Errors
    /// [`Error::Gone`] only.
    pub async fn tick_to(&self, at: DateTime<Utc>) -> Result<(), Error> {
        self.act(Act::Advance(at)).await
    }

    /// The connection breaks off without a goodbye, and is not opened again by itself.
    ///
    /// # Errors
    /// [`Error::Gone`] only.
    pub async fn go_offline(&self) -> Result<(), Error> {
        self.act(Act::GoOffline).await
    }

    /// Connects without booting and replays what was queued, in order; returns when it is told.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn come_online(&self) -> Result<(), Error> {
        self.act(Act::ComeOnline).await
    }

    /// Falls silent with the socket open: nothing is read or written on it any more.
    ///
    /// # Errors
    /// [`Error::Gone`] only.
    pub async fn die_silently(&self) -> Result<(), Error> {
        self.act(Act::DieSilently).await
    }

    /// Takes up or drops a bad manner.
    ///
    /// # Errors
    /// [`Error::Gone`] only.
    pub async fn set_manner(&self, manner: Manner, on: bool) -> Result<(), Error> {
        self.act(Act::SetManner(manner, on)).await
    }

    /// Sets how often meter values are sampled, in simulated seconds.
    ///
    /// # Errors
    /// [`Error::Gone`] only.
    pub async fn set_sample_interval(&self, seconds: u32) -> Result<(), Error> {
        self.act(Act::SetSampleInterval(seconds)).await
    }

    /// Somebody changes a setting at the station itself, by its 1.6 key, and the server is not told.
    ///
    /// # Errors
    /// [`Error::Gone`] only.
    pub async fn set_key(&self, key: &str, value: &str) -> Result<(), Error> {
        let act = Act::SetKey(key.to_owned(), value.to_owned());
        self.act(act).await
    }

    /// The value of a setting, by its 1.6 key.
    ///
    /// # Errors
    /// [`Error::Gone`] only.
    pub async fn key(&self, key: &str) -> Result<Option<String>, Error> {
        let (reply, answer) = oneshot::channel();
        self.act(Act::ReadKey(key.to_owned(), reply)).await?;
        answer.await.map_err(|_| Error::Gone)
    }

    /// Sends any call and returns the payload of its answer.
    ///
    /// # Errors
    /// [`Error::Answered`] when refused, [`Error::Offline`], [`Error::Timeout`].
    pub async fn call(&self, action: &str, payload: Value) -> Result<Value, Error> {
        let (reply, answer) = oneshot::channel();
        let say = wire::Say::Raw {
            action: action.to_owned(),
            payload,
        };
        self.act(Act::Call(say, reply)).await?;
        answer.await.map_err(|_| Error::Offline)?
    }

    /// Sends a text as it is, outside all order.
    ///
    /// # Errors
    /// [`Error::Offline`] without a connection.
    pub async fn send_text(&self, text: &str) -> Result<(), Error> {
        self.act(Act::SendText(text.to_owned())).await
    }

    /// Returns when everything queued so far has been answered (or the station is offline).
    ///
    /// # Errors
    /// [`Error::Gone`] only.
    pub async fn settled(&self) -> Result<(), Error> {
        self.act(Act::Settle).await
    }

    /// Waits for a call of the server; each call is returned once.
    ///
    /// # Errors
    /// [`Error::Timeout`] when none comes within `timeout` of real time.
    pub async fn wait_for(&self, action: &str, timeout: Duration) -> Result<ReceivedCall, Error> {
        let mut changes = self.shared.subscribe();
        let search = async {
            loop {
                if let Some(call) = self.shared.take_call(action) {
                    return Ok(call);
                }
                changes.changed().await.map_err(|_| Error::Gone)?;
            }
        };
        let late = |_| Error::Timeout {
            what: action.to_owned(),
        };
        tokio::time::timeout(timeout, search).await.map_err(late)?
    }

    /// Waits until the station's state is as wanted.
    ///
    /// # Errors
    /// [`Error::Timeout`] when it is not within `timeout` of real time.
    pub async fn wait_until(
        &self,
        timeout: Duration,
        wanted: impl Fn(&View) -> bool,
    ) -> Result<View, Error> {
        let mut changes = self.shared.subscribe();
        let search = async {
            changes
                .wait_for(|view| wanted(view))
                .await
                .map(|view| view.clone())
        };
        match tokio::time::timeout(timeout, search).await {
            Ok(found) => found.map_err(|_| Error::Gone),
            Err(_) => Err(Error::Timeout {
                what: "a state of the station".into(),
            }),
        }
    }

    /// State as of the last step.
    #[must_use]
    pub fn view(&self) -> View {
        self.shared.view()
    }

    /// All frames so far, in order.
    #[must_use]
    pub fn frames(&self) -> Vec<Frame> {
        self.shared.frames()
    }
}
