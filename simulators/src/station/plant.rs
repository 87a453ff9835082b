//! The physical station: connectors, cables, sessions and meters, moved by simulated time.
//! It opens no socket; whatever it has to tell comes back as [`Say`]s.

use chrono::{DateTime, Duration, Utc};

use super::settings::{HEARTBEAT_INTERVAL, SAMPLE_INTERVAL, Settings, Taking};
use crate::charging::{
    Flow, Limits, Meter, NOMINAL_V, Outlet, Profile, Reading, Template, Vehicle, demand_w,
};
use crate::random::Dice;
use crate::wire::{ChargingState, Moment, Say, Status, StopReason, Transaction, Trigger, Version};

/// Longest step of the integration, in seconds.
const STEP_S: i64 = 10;

/// A session on a connector.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) key: u64,
    pub(super) uid: String,
    pub(super) started_at: DateTime<Utc>,
    pub(super) start_wh: i64,
    seq: i64,
    remote_start_id: Option<i64>,
    charging: ChargingState,
    next_sample: DateTime<Utc>,
}

/// A vehicle on a cable.
#[derive(Debug, Clone)]
pub(super) struct Plugged {
    vehicle: Vehicle,
    /// Energy in the battery, in joules.
    stored_j: f64,
    /// Seconds since power began to flow.
    flowing_s: u64,
}

impl Plugged {
    fn soc(&self) -> f64 {
        self.stored_j / (f64::from(self.vehicle.battery_wh) * 3600.0)
    }
}

/// One connector (1.6), or one EVSE with its connector (2.x).
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) number: u32,
    pub(super) status: Status,
    pub(super) operative: bool,
    pub(super) plugged: Option<Plugged>,
    pub(super) session: Option<Session>,
    pub(super) meter: Meter,
    pub(super) watts: u32,
    pub(super) limit_w: Option<u32>,
    /// A token that may start as soon as the cable is in: uid, until when, remote start id.
    pub(super) awaiting: Option<(String, DateTime<Utc>, Option<i64>)>,
    told: Option<&'static str>,
}

impl Connector {
    pub(super) fn soc_percent(&self) -> Option<u8> {
        self.plugged
            .as_ref()
            .map(|p| (p.soc() * 100.0).clamp(0.0, 100.0) as u8)
    }
}

/// The physical station.
#[derive(Debug)]
pub(super) struct Plant {
    pub(super) version: Version,
    pub(super) template: Template,
    pub(super) now: DateTime<Utc>,
    pub(super) connectors: Vec<Connector>,
    pub(super) settings: Settings,
    /// How it takes what is written.
    pub(super) taking: Taking,
    pub(super) limits: Limits,
    /// The version with which it boots next.
    pub(super) installing: Option<String>,
    next_session: u64,
    next_heartbeat: DateTime<Utc>,
    grid: Dice,
    vehicles: Dice,
}

impl Plant {
    pub(super) fn new(
        version: Version,
        template: Template,
        identity: &str,
        seed: u64,
        now: DateTime<Utc>,
    ) -> Self {
        let mut age = Dice::new(seed, identity, "meter-age");
        let connectors = (1..=template.connectors)
            .map(|number| Connector {
                number,
                status: Status::Available,
                operative: true,
                plugged: None,
                session: None,
                meter: Meter::at_wh(age.between(20_000, 4_000_000) as u64),
                watts: 0,
                limit_w: None,
                awaiting: None,
                told: None,
            })
            .collect();
        let settings = Settings::new(&template, 0, None);
        Self {
            version,
            template,
            now,
            connectors,
            next_heartbeat: now + Duration::seconds(settings.seconds(HEARTBEAT_INTERVAL)),
            installing: None,
            settings,
            taking: Taking::default(),
            limits: Limits::default(),
            next_session: 1,
            grid: Dice::new(seed, identity, "grid"),
            vehicles: Dice::new(seed, identity, "vehicles"),
        }
    }

    /// Index of a connector by number.
    pub(super) fn at(&self, number: u32) -> Option<usize> {
        self.connectors.iter().position(|c| c.number == number)
    }

    /// Tells the state of every connector (and, in 1.6, of the station).
    pub(super) fn all_statuses(&mut self) -> Vec<Say> {
        for connector in &mut self.connectors {
            connector.told = None;
        }
        let mut says = Vec::new();
        if self.version.is_v16() {
            says.push(Say::Status {
                connector: 0,
                status: Status::Available,
                at: self.now,
            });
        }
        for index in 0..self.connectors.len() {
            says.extend(self.tell_status(index));
        }
        says
    }

    /// A status message, unless the version's word for it has just been told.
    fn tell_status(&mut self, index: usize) -> Option<Say> {
        let (v16, at) = (self.version.is_v16(), self.now);
        let connector = self.connectors.get_mut(index)?;
        let word = if v16 {
            status_key(connector.status)
        } else {
            connector.status.word_v2()
        };
        if connector.told == Some(word) {
            return None;
        }
        connector.told = Some(word);
        Some(Say::Status {
            connector: connector.number,
            status: connector.status,
            at,
        })
    }

    pub(super) fn set_status(&mut self, index: usize, status: Status) -> Option<Say> {
        self.connectors.get_mut(index)?.status = status;
        self.tell_status(index)
    }

    /// A cable is plugged in, with the given vehicle or one drawn by chance.
    pub(super) fn plug_in(&mut self, index: usize, vehicle: Option<Vehicle>) -> Vec<Say> {
        let dc = matches!(self.template.outlet, Outlet::Dc { .. });
        let vehicle = vehicle.unwrap_or_else(|| Vehicle::draw(&mut self.vehicles, dc));
        let now = self.now;
        let Some(connector) = self.connectors.get_mut(index) else {
            return Vec::new();
        };
        if connector.plugged.is_some() || !connector.operative {
            return Vec::new();
        }
        let share = f64::from(vehicle.soc_permille) / 1000.0;
        let stored_j = f64::from(vehicle.battery_wh) * 3600.0 * share;
        connector.plugged = Some(Plugged {
            vehicle,
            stored_j,
            flowing_s: 0,
        });
        let awaiting = connector
            .awaiting
            .take()
            .filter(|(_, until, _)| *until >= now);
        let mut says: Vec<Say> = self
            .set_status(index, Status::Preparing)
            .into_iter()
            .collect();
        if let Some((uid, _, remote)) = awaiting {
            says.extend(self.start(index, &uid, remote));
        }
        says
    }

    /// A session begins, or waits for the cable.
    pub(super) fn start(&mut self, index: usize, uid: &str, remote: Option<i64>) -> Vec<Say> {
        let wait = self.settings.seconds("ConnectionTimeOut").max(60);
        let (now, key) = (self.now, self.next_session);
        let interval = self.settings.seconds(SAMPLE_INTERVAL);
        let Some(connector) = self.connectors.get_mut(index) else {
            return Vec::new();
        };
        if connector.session.is_some() || !connector.operative {
            return Vec::new();
        }
        if connector.plugged.is_none() {
            connector.awaiting = Some((uid.to_owned(), now + Duration::seconds(wait), remote));
            return self
                .set_status(index, Status::Preparing)
                .into_iter()
                .collect();
        }
        self.next_session += 1;
        connector.awaiting = None;
        connector.session = Some(Session {
            key,
            uid: uid.to_owned(),
            started_at: now,
            start_wh: connector.meter.wh(),
            seq: 0,
            remote_start_id: remote,
            charging: ChargingState::EvConnected,
            next_sample: now + Duration::seconds(interval.max(1)),
        });
        let trigger = if remote.is_some() {
            Trigger::RemoteStart
        } else {
            Trigger::Authorized
        };
        let mut says: Vec<Say> = self
            .tell(index, Moment::Started, trigger, None, true)
            .into_iter()
            .collect();
        says.extend(self.set_charging(index, ChargingState::Charging));
        says
    }

    /// The session ends; the cable stays.
    pub(super) fn stop(&mut self, index: usize, reason: StopReason, trigger: Trigger) -> Vec<Say> {
        let local = matches!(reason, StopReason::Local);
        let Some(connector) = self.connectors.get_mut(index) else {
            return Vec::new();
        };
        connector.watts = 0;
        if let Some(plugged) = &mut connector.plugged {
            plugged.flowing_s = 0;
        }
        let number = connector.number;
        if let Some(session) = &mut connector.session {
            session.charging = ChargingState::EvConnected;
        }
        let Some(said) = self.tell(index, Moment::Ended, trigger, Some(reason), local) else {
            return Vec::new();
        };
        let mut says = vec![said];
        self.limits.end_session(number);
        if let Some(connector) = self.connectors.get_mut(index) {
            connector.session = None;
            connector.limit_w = None;
        }
        says.extend(self.set_status(index, Status::Finishing));
        says
    }

    /// The cable is pulled; a running session ends with it.
    pub(super) fn unplug(&mut self, index: usize) -> Vec<Say> {
        let mut says = self.stop(
            index,
            StopReason::EvDisconnected,
            Trigger::EvCommunicationLost,
        );
        let Some(connector) = self.connectors.get_mut(index) else {
            return says;
        };
        connector.plugged = None;
        connector.awaiting = None;
        let free = if connector.operative {
            Status::Available
        } else {
            Status::Unavailable
        };
        says.extend(self.set_status(index, free));
        says
    }

    /// Puts a connector in or out of service; true when a session delays it.
    pub(super) fn set_operative(&mut self, index: usize, operative: bool) -> (bool, Option<Say>) {
        let Some(connector) = self.connectors.get_mut(index) else {
            return (false, None);
        };
        connector.operative = operative;
        if connector.session.is_some() {
            return (true, None);
        }
        let status = match (operative, connector.plugged.is_some()) {
            (false, _) => Status::Unavailable,
            (true, true) => Status::Preparing,
            (true, false) => Status::Available,
        };
        (false, self.set_status(index, status))
    }

    /// A message about the session of a connector; `with_uid` where the version wants the token.
    pub(super) fn tell(
        &mut self,
        index: usize,
        moment: Moment,
        trigger: Trigger,
        reason: Option<StopReason>,
        with_uid: bool,
    ) -> Option<Say> {
        let reading = self.reading(index)?;
        let connector = self.connectors.get_mut(index)?;
        let session = connector.session.as_mut()?;
        let seq = session.seq;
        session.seq += 1;
        Some(Say::Session(Box::new(Transaction {
            session: session.key,
            seq,
            moment,
            connector: connector.number,
            uid: with_uid.then(|| session.uid.clone()),
            reading,
            trigger,
            charging: session.charging,
            reason,
            remote_start_id: session
                .remote_start_id
                .filter(|_| moment == Moment::Started),
            offline: false,
        })))
    }

    /// What the meter shows now.
    pub(super) fn reading(&mut self, index: usize) -> Option<Reading> {
        let connector = self.connectors.get(index)?;
        let wobble = self.grid.between(-25, 25);
        let phase_dv = (i64::from(NOMINAL_V) * 10 + wobble).max(1) as u32;
        let (phases, voltage_dv, soc_percent) = match self.template.outlet {
            Outlet::Ac { phases, .. } => {
                let own = connector
                    .plugged
                    .as_ref()
                    .map_or(phases, |p| p.vehicle.ac_phases);
                (phases.min(own), phase_dv, None)
            }
            Outlet::Dc { .. } => {
                let soc = connector.soc_percent().unwrap_or(0);
                (1, 3_300 + 9 * u32::from(soc) + phase_dv % 50, Some(soc))
            }
        };
        let milliamps = |watts: u32| {
            let per_phase = u64::from(watts) * 10_000 / (u64::from(voltage_dv) * u64::from(phases));
            u32::try_from(per_phase).unwrap_or(u32::MAX)
        };
        let mut current_ma = [0; 3];
        for slot in current_ma.iter_mut().take(usize::from(phases)) {
            *slot = milliamps(connector.watts);
        }
        let offered = connector
            .limit_w
            .unwrap_or(u32::MAX)
            .min(self.template.outlet.max_w());
        Some(Reading {
            at: self.now,
            register_wh: connector.meter.wh(),
            watts: connector.watts,
            current_ma,
            phases,
            voltage_dv,
            soc_percent,
            offered_ma: if connector.session.is_some() {
                milliamps(offered)
            } else {
                0
            },
        })
    }

    /// Moves time on to `until`, counting energy and telling what becomes due.
    pub(super) fn advance(&mut self, until: DateTime<Utc>) -> Vec<Say> {
        let mut says = Vec::new();
        while self.now < until {
            let busy = self.connectors.iter().any(|c| c.session.is_some());
            let mut next = until.min(self.next_heartbeat.max(self.now + Duration::seconds(1)));
            if busy {
                next = next.min(self.now + Duration::seconds(STEP_S));
                for session in self.connectors.iter().filter_map(|c| c.session.as_ref()) {
                    next = next.min(session.next_sample.max(self.now + Duration::seconds(1)));
                }
            }
            let seconds = (next - self.now).num_seconds().max(0) as u64;
            self.now = next;
            if busy {
                for index in 0..self.connectors.len() {
                    says.extend(self.flow(index, seconds));
                }
            }
            self.expire_waiting(&mut says);
            if self.now >= self.next_heartbeat {
                says.push(Say::Heartbeat);
                self.restart_heartbeat();
            }
        }
        says
    }

    /// The next heartbeat is one interval away.
    pub(super) fn restart_heartbeat(&mut self) {
        let interval = self.settings.seconds(HEARTBEAT_INTERVAL);
        let interval = if interval <= 0 { 86_400 } else { interval };
        self.next_heartbeat = self.now + Duration::seconds(interval);
    }

    fn expire_waiting(&mut self, says: &mut Vec<Say>) {
        for index in 0..self.connectors.len() {
            let Some(connector) = self.connectors.get_mut(index) else {
                continue;
            };
            if connector
                .awaiting
                .as_ref()
                .is_some_and(|(_, until, _)| *until < self.now)
            {
                connector.awaiting = None;
                if connector.plugged.is_none() {
                    says.extend(self.set_status(index, Status::Available));
                }
            }
        }
    }

    /// Counts energy on one connector and samples when due.
    fn flow(&mut self, index: usize, seconds: u64) -> Vec<Say> {
        let (now, outlet) = (self.now, self.template.outlet);
        let interval = self.settings.seconds(SAMPLE_INTERVAL);
        let Some(connector) = self.connectors.get_mut(index) else {
            return Vec::new();
        };
        let (Some(session), Some(plugged)) = (&mut connector.session, &mut connector.plugged)
        else {
            return Vec::new();
        };
        connector.limit_w =
            self.limits
                .limit_w(connector.number, now, session.started_at, outlet.phases());
        let Flow {
            watts,
            vehicle_full,
            withheld,
        } = demand_w(
            &plugged.vehicle,
            outlet,
            plugged.soc(),
            plugged.flowing_s,
            connector.limit_w,
        );
        connector.watts = watts;
        connector.meter.count(watts, seconds);
        plugged.stored_j += f64::from(watts) * seconds as f64 * 0.93;
        plugged.flowing_s = if watts == 0 {
            0
        } else {
            plugged.flowing_s + seconds
        };
        let due = interval > 0 && now >= session.next_sample;
        if due {
            session.next_sample = now + Duration::seconds(interval);
        }
        let state = match (withheld, vehicle_full) {
            (true, _) => ChargingState::SuspendedEvse,
            (_, true) => ChargingState::SuspendedEv,
            _ => ChargingState::Charging,
        };
        let mut says = self.set_charging(index, state);
        if due {
            says.extend(self.tell(
                index,
                Moment::Updated,
                Trigger::MeterValuePeriodic,
                None,
                false,
            ));
        }
        says
    }

    fn set_charging(&mut self, index: usize, state: ChargingState) -> Vec<Say> {
        let Some(session) = self
            .connectors
            .get_mut(index)
            .and_then(|c| c.session.as_mut())
        else {
            return Vec::new();
        };
        if session.charging == state {
            return Vec::new();
        }
        session.charging = state;
        let status = match state {
            ChargingState::SuspendedEv => Status::SuspendedEv,
            ChargingState::SuspendedEvse => Status::SuspendedEvse,
            _ => Status::Charging,
        };
        let mut says: Vec<Say> = self.set_status(index, status).into_iter().collect();
        if !self.version.is_v16() {
            let trigger = Trigger::ChargingStateChanged;
            says.extend(self.tell(index, Moment::Updated, trigger, None, false));
        }
        says
    }

    /// Installs a charging profile.
    pub(super) fn install(&mut self, connector: u32, profile: Profile) {
        self.limits.install(connector, profile);
    }
}

fn status_key(status: Status) -> &'static str {
    match status {
        Status::Available => "Available",
        Status::Preparing => "Preparing",
        Status::Charging => "Charging",
        Status::SuspendedEvse => "SuspendedEVSE",
        Status::SuspendedEv => "SuspendedEV",
        Status::Finishing => "Finishing",
        Status::Unavailable => "Unavailable",
        Status::Faulted => "Faulted",
    }
}
