//! The drivers at one connector: when they come, what they do, when they leave.

use chrono::{DateTime, Duration, Timelike, Utc};

use crate::charging::Vehicle;
use crate::random::Dice;
use crate::{Error, Station};

/// What the driver will do next.
#[derive(Debug, Clone)]
enum Step {
    /// Come and plug in.
    Arrive,
    /// Hold the token to the reader.
    Present { uid: String },
    /// End the session and leave.
    Leave { uid: String },
}

/// Everybody who uses one connector, one after another.
#[derive(Debug)]
pub(super) struct Driver {
    connector: u32,
    dc: bool,
    tokens: Vec<String>,
    next: DateTime<Utc>,
    step: Step,
    arrivals: Dice,
    vehicles: Dice,
    stays: Dice,
    purses: Dice,
}

impl Driver {
    pub(super) fn new(
        seed: u64,
        identity: &str,
        connector: u32,
        dc: bool,
        tokens: &[String],
        now: DateTime<Utc>,
    ) -> Self {
        let dice = |label: &str| Dice::new(seed, identity, &format!("{label}/{connector}"));
        let mut driver = Self {
            connector,
            dc,
            tokens: tokens.to_vec(),
            next: now,
            step: Step::Arrive,
            arrivals: dice("arrivals"),
            vehicles: dice("vehicles"),
            stays: dice("stays"),
            purses: dice("purses"),
        };
        driver.next = driver.next_arrival(now, 2.0);
        driver
    }

    /// When something happens here next.
    pub(super) fn next(&self) -> DateTime<Utc> {
        self.next
    }

    /// Arrivals are rare at night and thickest in the late afternoon; `hours` is the mean gap.
    fn next_arrival(&mut self, after: DateTime<Utc>, hours: f64) -> DateTime<Utc> {
        let mut at = after;
        for _ in 0..48 {
            at += Duration::seconds(120 + self.arrivals.waiting(hours * 3600.0));
            let permille = match at.hour() {
                0..=5 => 80,
                6..=8 => 600,
                9..=15 => 700,
                16..=20 => 1000,
                _ => 350,
            };
            if self.arrivals.chance(permille) {
                break;
            }
        }
        at
    }

    /// Does what is due; the station's clock stands at [`Driver::next`].
    pub(super) async fn act(&mut self, station: &Station) -> Result<(), Error> {
        let now = self.next;
        let mean_gap = if self.dc { 1.5 } else { 4.0 };
        match self.step.clone() {
            Step::Arrive => {
                let vehicle = Vehicle::draw(&mut self.vehicles, self.dc);
                let free = |view: &crate::View| {
                    view.connector(self.connector)
                        .is_some_and(|c| !c.plugged && c.session.is_none())
                };
                if !free(&station.view()) {
                    self.next = now + Duration::minutes(10);
                    return Ok(());
                }
                station.plug_in_vehicle(self.connector, vehicle).await?;
                // A remote start may have been waiting for this cable.
                let started = session_uid(station, self.connector);
                let uid = self.purses.pick(&self.tokens).cloned().unwrap_or_default();
                if let Some(uid) = started {
                    self.stay(now, uid);
                } else {
                    self.step = Step::Present { uid };
                    self.next = now + Duration::seconds(self.stays.between(8, 45));
                }
            }
            Step::Present { uid } => {
                if session_uid(station, self.connector).is_none() {
                    station.present_token_at(self.connector, &uid).await?;
                }
                match session_uid(station, self.connector) {
                    Some(uid) => self.stay(now, uid),
                    None => {
                        // Not welcome here: off to somewhere else.
                        station.unplug(self.connector).await?;
                        self.step = Step::Arrive;
                        self.next = self.next_arrival(now, mean_gap);
                    }
                }
            }
            Step::Leave { uid } => {
                if session_uid(station, self.connector).as_deref() == Some(uid.as_str()) {
                    station.stop(self.connector).await?;
                }
                station.unplug(self.connector).await?;
                self.step = Step::Arrive;
                self.next = self.next_arrival(now, mean_gap);
            }
        }
        Ok(())
    }

    fn stay(&mut self, now: DateTime<Utc>, uid: String) {
        let minutes = if self.dc {
            self.stays.between(14, 50)
        } else {
            self.stays.between(40, 420)
        };
        self.step = Step::Leave { uid };
        self.next = now + Duration::minutes(minutes);
    }

    /// Live: somebody answers a remote start by plugging in within seconds.
    pub(super) fn notice(&mut self, station: &Station, now: DateTime<Utc>) {
        let waiting = station
            .view()
            .connector(self.connector)
            .is_some_and(|c| c.awaiting_cable);
        if waiting && matches!(self.step, Step::Arrive) {
            self.next = self.next.min(now + Duration::seconds(5));
        }
    }
}

fn session_uid(station: &Station, connector: u32) -> Option<String> {
    station
        .view()
        .connector(connector)
        .and_then(|c| c.session.as_ref())
        .map(|s| s.uid.clone())
}
