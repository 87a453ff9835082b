//! The task of a station: its inputs are acts, frames and timers; it alone changes its state.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite;
use tracing::debug;

use super::Builder;
use super::errand::News;
use super::link::{self, Link};
use super::manners::Manner;
use super::outbox::{InFlight, Item, Message};
use super::plant::Plant;
use super::view::{ConnectorView, Registration, SessionView, Shared, View};
use crate::Error;
use crate::charging::Vehicle;
use crate::random::Dice;
use crate::wire::{Name, Say, StopReason, Trigger};

/// What a handle orders.
#[derive(Debug)]
pub(super) enum Act {
    Connect,
    ConnectAndBoot,
    Boot(&'static str),
    PlugIn(u32, Option<Vehicle>),
    Token(Option<u32>, String),
    Start(u32, String),
    Stop(u32),
    Unplug(u32),
    Advance(DateTime<Utc>),
    GoOffline,
    ComeOnline,
    DieSilently,
    SetManner(Manner, bool),
    SetSampleInterval(u32),
    SetKey(String, String),
    ReadKey(String, oneshot::Sender<Option<String>>),
    Call(Say, oneshot::Sender<Result<Value, Error>>),
    SendText(String),
    Settle,
}

/// An act, and who waits for its end.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) act: Act,
    pub(super) done: oneshot::Sender<Result<(), Error>>,
}

/// Longest wait for TCP and the upgrade.
const OPENING: Duration = Duration::from_secs(15);

/// The task's state.
pub(super) struct Actor {
    pub(super) plan: Builder,
    pub(super) shared: Arc<Shared>,
    inbox: mpsc::Receiver<Order>,
    pub(super) link: Option<Link>,
    /// Sockets left open and unread by a silent death.
    parked: Vec<Link>,
    pub(super) plant: Plant,
    pub(super) outbox: VecDeque<Item>,
    pub(super) in_flight: Option<InFlight>,
    pub(super) names: HashMap<u64, Name>,
    pub(super) registration: Option<Registration>,
    pub(super) manners: HashSet<Manner>,
    /// Answers that are kept back.
    pub(super) held: Vec<String>,
    pub(super) since: DateTime<Utc>,
    pub(super) ids: Dice,
    pub(super) transactions: Dice,
    jitter: Dice,
    /// The connection should be open.
    wanted: bool,
    /// A boot has been tried.
    boots: bool,
    failed_openings: u32,
    reconnect_at: Option<Instant>,
    pub(super) hold_until: Option<Instant>,
    pub(super) boot_at: Option<(Instant, &'static str)>,
    boot_when_connected: Option<&'static str>,
    pub(super) later: Vec<(Instant, Item)>,
    pub(super) last_authorization: Option<String>,
    pub(super) call_errors: usize,
    /// News of errands: where they go in, and where they come out.
    pub(super) errands: (mpsc::Sender<News>, mpsc::Receiver<News>),
}

impl Actor {
    pub(super) fn new(plan: Builder, shared: Arc<Shared>, inbox: mpsc::Receiver<Order>) -> Self {
        let now = plan.starts_at.unwrap_or_else(Utc::now).trunc_subsecs(0);
        let dice = |label| Dice::new(plan.seed, &plan.identity, label);
        let mut plant = Plant::new(
            plan.version,
            plan.template.clone(),
            &plan.identity,
            plan.seed,
            now,
        );
        plant.settings =
            super::settings::Settings::new(&plan.template, plan.more_settings, plan.bounds);
        Self {
            shared,
            inbox,
            link: None,
            parked: Vec::new(),
            plant,
            outbox: VecDeque::new(),
            in_flight: None,
            names: HashMap::new(),
            registration: None,
            manners: plan.manners.iter().copied().collect(),
            held: Vec::new(),
            since: now,
            ids: dice("message-ids"),
            transactions: dice("transactions"),
            jitter: dice("backoff"),
            wanted: false,
            boots: false,
            failed_openings: 0,
            reconnect_at: None,
            hold_until: None,
            boot_at: None,
            boot_when_connected: None,
            later: Vec::new(),
            last_authorization: None,
            call_errors: 0,
            errands: mpsc::channel(16),
            plan,
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            self.pump().await;
            self.publish();
            let wake = self.next_wake();
            tokio::select! {
                order = self.inbox.recv() => match order {
                    None => return,
                    Some(order) => self.carry_out(order).await,
                },
                frame = next_frame(&mut self.link) => self.heard(frame).await,
                // There is always a sender: the actor's own.
                Some(news) = self.errands.1.recv() => self.came_of_errand(news),
                () = sleep_until(wake) => self.woke().await,
            }
        }
    }

    async fn carry_out(&mut self, Order { act, done }: Order) {
        let needs_link = matches!(act, Act::Boot(_) | Act::ConnectAndBoot);
        match self.perform(act).await {
            Ok(()) => self.outbox.push_back(Item::Marker { done, needs_link }),
            Err(error) => {
                self.publish();
                let _ = done.send(Err(error));
            }
        }
    }

    async fn perform(&mut self, act: Act) -> Result<(), Error> {
        let says = match act {
            Act::Connect => {
                self.wanted = true;
                self.open().await?;
                Vec::new()
            }
            Act::ConnectAndBoot => {
                self.wanted = true;
                self.open().await?;
                self.boot("PowerUp");
                Vec::new()
            }
            Act::Boot(reason) => {
                if self.link.is_none() {
                    return Err(Error::Offline);
                }
                self.boot(reason);
                Vec::new()
            }
            Act::PlugIn(connector, vehicle) => {
                let index = self.index(connector)?;
                self.plant.plug_in(index, vehicle)
            }
            Act::Token(connector, uid) => self.token(connector, uid)?,
            Act::Start(connector, uid) => {
                let index = self.index(connector)?;
                self.plant.start(index, &uid, None)
            }
            Act::Stop(connector) => {
                let index = self.index(connector)?;
                self.plant
                    .stop(index, StopReason::Local, Trigger::StopAuthorized)
            }
            Act::Unplug(connector) => {
                let index = self.index(connector)?;
                self.plant.unplug(index)
            }
            Act::Advance(until) => self.plant.advance(until),
            Act::GoOffline => {
                self.wanted = false;
                self.lost();
                Vec::new()
            }
            Act::ComeOnline => {
                self.wanted = true;
                self.open().await?;
                self.after_reconnect();
                Vec::new()
            }
            Act::DieSilently => {
                self.fall_silent();
                Vec::new()
            }
            Act::SetManner(manner, on) => {
                if on {
                    self.manners.insert(manner)
                } else {
                    self.manners.remove(&manner)
                };
                if !self.manners.contains(&Manner::HoldingAnswers) {
                    for answer in std::mem::take(&mut self.held) {
                        self.write(answer).await;
                    }
                }
                Vec::new()
            }
            Act::SetSampleInterval(seconds) => {
                let key = super::settings::SAMPLE_INTERVAL;
                self.plant.settings.put(key, &seconds.to_string());
                Vec::new()
            }
            Act::SetKey(key, value) => {
                let at = self.plant.now;
                let told = self
                    .plant
                    .settings
                    .put(&key, &value)
                    .map(|change| Say::Changed {
                        monitor: change.monitor,
                        component: change.component,
                        variable: change.variable,
                        value: change.value,
                        at,
                    });
                // Kept to oneself while away: whoever reads after the reconnect finds it.
                told.filter(|_| self.link.is_some()).into_iter().collect()
            }
            Act::ReadKey(key, reply) => {
                // Whoever asked may have gone.
                let _ = reply.send(self.plant.settings.value(&key));
                Vec::new()
            }
            Act::Call(say, reply) => {
                if self.link.is_none() {
                    return Err(Error::Offline);
                }
                let message = Message {
                    reply: Some(reply),
                    ..Message::new(say)
                };
                self.outbox.push_back(Item::Message(message));
                Vec::new()
            }
            Act::SendText(text) => {
                self.write(text).await;
                return if self.link.is_some() {
                    Ok(())
                } else {
                    Err(Error::Offline)
                };
            }
            Act::Settle => Vec::new(),
        };
        for say in says {
            self.push(say);
        }
        Ok(())
    }

    fn index(&self, connector: u32) -> Result<usize, Error> {
        let missing = || Error::Plan(format!("there is no connector {connector}"));
        self.plant.at(connector).ok_or_else(missing)
    }

    /// A token at the reader: stops its own session, asks the server, or is believed offline.
    fn token(&mut self, connector: Option<u32>, uid: String) -> Result<Vec<Say>, Error> {
        if let Some(number) = connector {
            self.index(number)?;
        }
        let own = self.plant.connectors.iter().position(|c| {
            connector.is_none_or(|number| number == c.number)
                && c.session.as_ref().is_some_and(|s| s.uid == uid)
        });
        if let Some(index) = own {
            self.last_authorization = Some("Accepted".into());
            return Ok(self
                .plant
                .stop(index, StopReason::Local, Trigger::StopAuthorized));
        }
        if self.link.is_none() {
            self.last_authorization = Some("Accepted".into());
            return Ok(self.authorized(connector, &uid));
        }
        let message = Message {
            connector,
            ..Message::new(Say::Authorize { uid })
        };
        self.outbox.push_back(Item::Message(message));
        Ok(Vec::new())
    }

    /// A believed token starts a session on its connector, the plugged one, or the first free.
    pub(super) fn authorized(&mut self, connector: Option<u32>, uid: &str) -> Vec<Say> {
        let all = &self.plant.connectors;
        let free = |c: &super::plant::Connector| c.session.is_none() && c.operative;
        let index = match connector {
            Some(number) => self.plant.at(number),
            None => all
                .iter()
                .position(|c| free(c) && c.plugged.is_some())
                .or_else(|| all.iter().position(free)),
        };
        index
            .map(|index| self.plant.start(index, uid, None))
            .unwrap_or_default()
    }

    pub(super) fn boot(&mut self, reason: &'static str) {
        self.boots = true;
        let plate = Box::new(self.plant.template.clone());
        let serial: String = format!("BP-{}", self.plan.identity)
            .chars()
            .take(25)
            .collect();
        self.push_first(vec![Say::Boot {
            reason,
            plate,
            serial,
        }]);
    }

    async fn open(&mut self) -> Result<(), Error> {
        if self.link.is_some() {
            return Ok(());
        }
        self.reconnect_at = None;
        let Builder {
            url,
            identity,
            version,
            password,
            ..
        } = &self.plan;
        let opening = link::open(url, identity, *version, password.as_deref());
        let opened = match tokio::time::timeout(OPENING, opening).await {
            Ok(opened) => opened,
            Err(_) => Err(Error::Timeout {
                what: "the connection".into(),
            }),
        };
        match opened {
            Ok(link) => {
                self.link = Some(link);
                self.failed_openings = 0;
                if let Some(reason) = self.boot_when_connected.take() {
                    self.boot(reason);
                }
                Ok(())
            }
            Err(error) => {
                self.plan_reconnect();
                Err(error)
            }
        }
    }

    /// States may have changed meanwhile; they are told before the queue is replayed.
    fn after_reconnect(&mut self) {
        let booting = self.outbox.front().is_some_and(
            |item| matches!(item, Item::Message(m) if matches!(m.say, Say::Boot { .. })),
        );
        if booting {
            return;
        }
        // A boot that was never accepted is repeated; an accepted station does not boot again.
        if self.boots && self.registration != Some(Registration::Accepted) {
            self.boot("PowerUp");
        } else {
            let says = self.plant.all_statuses();
            self.push_first(says);
        }
    }

    fn plan_reconnect(&mut self) {
        if !self.wanted || !self.plan.reconnect {
            return;
        }
        let (first, longest) = self.plan.backoff;
        let doubled = first
            .saturating_mul(1 << self.failed_openings.min(16))
            .min(longest);
        let spread = self.jitter.between(0, 250) as u32;
        self.failed_openings += 1;
        self.reconnect_at = Some(Instant::now() + doubled + doubled * spread / 1000);
    }

    /// The connection is gone: what must not be lost stays queued.
    pub(super) fn lost(&mut self) {
        self.link = None;
        self.hold_until = None;
        if let Some(in_flight) = self.in_flight.take() {
            self.outbox.push_front(Item::Message(in_flight.message));
        }
        self.outbox.retain(|item| match item {
            Item::Message(message) => message.say.is_kept(),
            _ => true,
        });
        self.plan_reconnect();
    }

    pub(super) fn fall_silent(&mut self) {
        self.wanted = false;
        self.parked.extend(self.link.take());
        self.lost();
    }

    /// Power off and on: the connection goes, and comes back with a boot.
    pub(super) fn restart(&mut self, reason: &'static str) {
        let forgets = self.manners.contains(&Manner::ForgetsSettings);
        self.plant.settings.restarted(forgets);
        self.registration = None;
        self.boot_at = None;
        self.boot_when_connected = Some(reason);
        self.link = None;
        if let Some(version) = self.plant.installing.take() {
            self.plant.settings.installed(&version);
            self.plant.template.firmware = version;
        }
        if self.wanted {
            self.reconnect_at = Some(Instant::now() + self.plan.pace);
        }
    }

    fn next_wake(&self) -> Option<Instant> {
        let timers = [
            self.in_flight.as_ref().map(|f| f.deadline),
            self.reconnect_at,
            self.hold_until,
            self.boot_at.map(|(at, _)| at),
            self.later.iter().map(|(at, _)| *at).min(),
        ];
        timers.into_iter().flatten().min()
    }

    async fn woke(&mut self) {
        let now = Instant::now();
        if self.in_flight.as_ref().is_some_and(|f| f.deadline <= now) {
            self.failed(Error::Timeout {
                what: "an answer".into(),
            });
        }
        if self.hold_until.is_some_and(|at| at <= now) {
            self.hold_until = None;
        }
        if self.reconnect_at.is_some_and(|at| at <= now) {
            match self.open().await {
                Ok(()) => self.after_reconnect(),
                Err(error) => debug!(station.id = %self.plan.identity, %error, "no reconnect"),
            }
        }
        let due = self.boot_at.take_if(|(at, _)| *at <= now);
        if let (Some((_, reason)), true) = (due, self.link.is_some()) {
            self.boot(reason);
        }
        while let Some(at) = self.later.iter().position(|(at, _)| *at <= now) {
            match self.later.remove(at).1 {
                Item::Message(message) => self.push(message.say),
                other => self.outbox.push_back(other),
            }
        }
    }

    /// Shows the present state to the handles.
    pub(super) fn publish(&self) {
        let name = |key: u64| self.names.get(&key).map(Name::to_string);
        let connectors = self.plant.connectors.iter().map(|c| ConnectorView {
            number: c.number,
            status: c.status,
            plugged: c.plugged.is_some(),
            awaiting_cable: c.awaiting.is_some(),
            session: c.session.as_ref().map(|s| SessionView {
                uid: s.uid.clone(),
                transaction: name(s.key),
                started_at: s.started_at,
                energy_wh: c.meter.wh() - s.start_wh,
            }),
            register_wh: c.meter.wh(),
            watts: c.watts,
            limit_w: c.limit_w,
            soc_percent: c.soc_percent(),
        });
        self.shared.publish(View {
            online: self.link.is_some(),
            registration: self.registration,
            now: self.plant.now,
            connectors: connectors.collect(),
            queued: self.outbox.len() + usize::from(self.in_flight.is_some()),
            last_authorization: self.last_authorization.clone(),
            firmware: self.plant.template.firmware.clone(),
            call_errors: self.call_errors,
        });
    }
}

type Heard = Option<Result<tungstenite::Message, tungstenite::Error>>;

async fn next_frame(link: &mut Option<Link>) -> Heard {
    match link {
        Some(link) => link.next().await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
