//! What every use case has at hand: the rooms below, the settings, and what this node keeps in
//! memory between two messages.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use access::Gate;
use bus::Bus;
use domain::clock::{Clock, IdSource, Moment};
use domain::event::Event;
use domain::id::{EventId, NodeId, OrgId};
use domain::setting::Rules;
use egress::mail::Post;
use store::Store;
use tokio::sync::{Mutex, Notify, OnceCell, Semaphore, SemaphorePermit};
use uuid::Uuid;

use crate::attempts::Deferred;
use crate::depot::FilesSettings;
use crate::error::Error;
use crate::identity_provider::IdentityProvider;
use crate::locks::Challenges;
use crate::support::Contact;
use crate::transfers::FileDoors;
use crate::waiters::Waiters;

/// What happens to a station that nobody registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownStations {
    /// It is turned away with 404 and listed as unclaimed.
    Refuse,
    /// It is let in, its boots are answered Pending, and it is listed as unclaimed.
    Pending,
}

/// What a password costs to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub rounds: u32,
}

/// What the operator of the instance chose.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Seconds between heartbeats, told in the answer to a boot.
    pub heartbeat_interval_s: i64,
    /// Seconds until an unclaimed or pending station should boot again.
    pub retry_interval_s: i64,
    /// Stations that nobody registered.
    pub unknown_stations: UnknownStations,
    /// How long the answer to a command may take, queueing included.
    pub command_timeout: Duration,
    /// How long a web session lasts.
    pub login_lifetime: chrono::TimeDelta,
    /// How long records are kept.
    pub retention: store::Retention,
    /// What a password costs to check.
    pub password_cost: PasswordCost,
    /// Where people reach the console, for links in mails; without a `/` at its end.
    pub console_url: String,
    /// Whom people can ask.
    pub support: Contact,
    /// Which settings are critical, by model.
    pub critical: Rules,
    /// Files to and from stations.
    pub files: FilesSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            heartbeat_interval_s: 300,
            retry_interval_s: 30,
            unknown_stations: UnknownStations::Refuse,
            command_timeout: Duration::from_secs(60),
            login_lifetime: chrono::TimeDelta::days(7),
            retention: store::Retention::default(),
            // OWASP's first choice for argon2id.
            password_cost: PasswordCost {
                memory_kib: 19 * 1024,
                rounds: 2,
            },
            console_url: "http://localhost:8080".to_owned(),
            support: Contact::default(),
            critical: Rules::built_in(),
            files: FilesSettings::default(),
        }
    }
}

/// The key under which station passwords are digested; kept outside the database.
#[derive(Clone)]
pub struct StationSecret([u8; 32]);

impl StationSecret {
    /// From the bytes of the key file.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    pub(crate) const fn key(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for StationSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StationSecret(hidden)")
    }
}

/// What an [`App`] is made of.
pub struct AppParts {
    /// Keeps and finds.
    pub store: Store,
    /// Talks to the other nodes.
    pub bus: Bus,
    /// Decides who may.
    pub gate: Gate,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Draws ids.
    pub ids: Arc<dyn IdSource>,
    /// The operator's choices.
    pub settings: Settings,
    /// The key of station passwords.
    pub secret: StationSecret,
    /// Where mails go.
    pub post: Post,
    /// Where people can sign in beside here.
    pub identity_provider: Option<IdentityProvider>,
    /// By which webhooks are told.
    pub webhooks: egress::webhook::Client,
}

/// How many transaction numbers are taken at a time. Those left over when the process ends are
/// never given.
const NUMBERS_AT_ONCE: i64 = 4_096;
/// How many passwords are checked at the same time: each costs memory.
const PASSWORDS_AT_ONCE: usize = 2;

struct Inner {
    parts: AppParts,
    since: Moment,
    numbers: Mutex<std::ops::Range<i64>>,
    passwords: Semaphore,
    root: OnceCell<OrgId>,
    waiters: Waiters,
    outbox: Notify,
    batches: Notify,
    deferred: Deferred,
    challenges: Challenges,
    file_doors: OnceLock<FileDoors>,
}

/// The deeds' common ground. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

impl App {
    /// Puts the rooms together.
    #[must_use]
    pub fn new(parts: AppParts) -> Self {
        let since = parts.clock.now();
        Self(Arc::new(Inner {
            parts,
            since,
            numbers: Mutex::new(0..0),
            passwords: Semaphore::new(PASSWORDS_AT_ONCE),
            root: OnceCell::new(),
            waiters: Waiters::default(),
            outbox: Notify::new(),
            batches: Notify::new(),
            deferred: Deferred::default(),
            challenges: Challenges::default(),
            file_doors: OnceLock::new(),
        }))
    }

    /// The present moment, by the app's clock.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.0.parts.clock.now()
    }

    /// Since when this process listens.
    pub(crate) fn since(&self) -> Moment {
        self.0.since
    }

    /// A fresh id.
    #[must_use]
    pub fn draw(&self) -> Uuid {
        self.0.parts.ids.draw()
    }

    /// The operator's choices.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.parts.settings
    }

    /// This process.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.0.parts.bus.node()
    }

    /// Says where stations reach the files, once, when the doors are open.
    pub fn open_file_doors(&self, doors: FileDoors) {
        let _ = self.0.file_doors.set(doors);
    }

    pub(crate) fn file_doors(&self) -> Option<&FileDoors> {
        self.0.file_doors.get()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.parts.store
    }

    pub(crate) fn bus(&self) -> &Bus {
        &self.0.parts.bus
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.0.parts.gate
    }

    pub(crate) fn secret(&self) -> &StationSecret {
        &self.0.parts.secret
    }

    pub(crate) fn post(&self) -> &Post {
        &self.0.parts.post
    }

    pub(crate) fn identity_provider(&self) -> Option<&IdentityProvider> {
        self.0.parts.identity_provider.as_ref()
    }

    pub(crate) fn webhooks(&self) -> &egress::webhook::Client {
        &self.0.parts.webhooks
    }

    pub(crate) fn waiters(&self) -> &Waiters {
        &self.0.waiters
    }

    pub(crate) fn deferred(&self) -> &Deferred {
        &self.0.deferred
    }

    pub(crate) fn challenges(&self) -> &Challenges {
        &self.0.challenges
    }

    /// Tells the publisher that facts were committed.
    pub(crate) fn facts_committed(&self) {
        self.0.outbox.notify_one();
    }

    /// Resolves when facts were committed since the last call.
    pub(crate) async fn facts_wait(&self) {
        self.0.outbox.notified().await;
    }

    /// Tells the runner of batches that there is something to do.
    pub(crate) fn batches_changed(&self) {
        self.0.batches.notify_one();
    }

    /// Resolves when there was something to do for batches since the last call.
    pub(crate) async fn batches_wait(&self) {
        self.0.batches.notified().await;
    }

    /// A place among those whose passwords are checked.
    pub(crate) async fn password_turn(&self) -> Result<SemaphorePermit<'_>, Error> {
        self.0.passwords.acquire().await.map_err(Error::internal)
    }

    /// A transaction number that no station was ever given: positive, and within 31 bits
    /// (1.6 errata 3.54).
    pub(crate) async fn transaction_number(&self) -> Result<i32, store::Error> {
        let mut numbers = self.0.numbers.lock().await;
        if numbers.is_empty() {
            let first = self
                .store()
                .write(store::Lane::Instance, |work| {
                    Box::pin(async move { work.numbers_take(NUMBERS_AT_ONCE).await })
                })
                .await?;
            *numbers = first..first + NUMBERS_AT_ONCE;
        }
        let number = numbers.next().unwrap_or(0);
        i32::try_from(number)
            .map_err(|_| store::Error::Corrupt("the transaction numbers are used up".to_owned()))
    }

    /// Gives up the numbers at hand: the next one is drawn above all that were given since.
    pub(crate) async fn forget_numbers(&self) {
        *self.0.numbers.lock().await = 0..0;
    }

    /// The root organisation, once there is one.
    pub(crate) async fn root(&self) -> Result<Option<OrgId>, store::Error> {
        if let Some(root) = self.0.root.get() {
            return Ok(Some(*root));
        }
        let Some((root, _)) = self.store().read.root_organisation().await? else {
            return Ok(None);
        };
        Ok(Some(*self.0.root.get_or_init(|| async { root.id }).await))
    }

    /// A fact about an organisation, that became true now.
    pub(crate) fn fact(
        &self,
        org: OrgId,
        site: Option<domain::id::SiteId>,
        station: Option<domain::id::StationId>,
        change: domain::event::Change,
    ) -> Event {
        Event {
            id: EventId::from_uuid(self.draw()),
            org,
            site,
            station,
            at: self.now(),
            change,
        }
    }
}
