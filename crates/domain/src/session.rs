//! A charging session and how it grows from the reports of its transaction.
//!
//! Reports can be repeated, reordered, late or wrong. Nothing here refuses one: what cannot be
//! true is kept out of the figures and leaves a [`Suspicion`], which holds the session from
//! billing until a person has looked.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::id::{DriverId, OrgId, SessionId, SiteId, StationId, TokenId};
use crate::message::{ChargingState, Phase, TransactionReport};
use crate::meter::MeterPoint;
use crate::personal::Personal;
use crate::quantity::{WattHours, Watts};
use crate::token::TokenUid;

/// Whether a session runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Runs.
    Active,
    /// Over.
    Ended,
}

/// Why a session needs a person's look before it is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suspicion {
    /// Reports arrived for a transaction whose start never did.
    StopWithoutStart,
    /// The station named the transaction by a number that we cannot have given.
    LostNumber,
    /// A register went backwards.
    MeterWentBack,
    /// More energy than any station could deliver in the time.
    ImpossibleEnergy,
    /// The station's clock stood before 2010 or more than a day ahead.
    WrongClock,
    /// It ended before it began, by the station's clock.
    EndsBeforeStart,
    /// Another start on the same EVSE took its place before it ended.
    NeverEnded,
    /// Its device was replaced before it ended.
    DeviceReplaced,
    /// Another token stopped it, and not one of the same group.
    TokenMismatch,
    /// Neither start nor end told a register.
    NoMeter,
    /// The token was not accepted, and the station charged all the same.
    NotAuthorized,
}

impl Suspicion {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::StopWithoutStart => "stop_without_start",
            Self::LostNumber => "lost_number",
            Self::MeterWentBack => "meter_went_back",
            Self::ImpossibleEnergy => "impossible_energy",
            Self::WrongClock => "wrong_clock",
            Self::EndsBeforeStart => "ends_before_start",
            Self::NeverEnded => "never_ended",
            Self::DeviceReplaced => "device_replaced",
            Self::TokenMismatch => "token_mismatch",
            Self::NoMeter => "no_meter",
            Self::NotAuthorized => "not_authorized",
        }
    }

    /// What a person should know.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::StopWithoutStart => "The start of this session was never reported.",
            Self::LostNumber => {
                "The station named the session by a number that was never given to it."
            }
            Self::MeterWentBack => "The meter register went backwards.",
            Self::ImpossibleEnergy => "The readings add up to more energy than the time allows.",
            Self::WrongClock => "The station's clock was wrong.",
            Self::EndsBeforeStart => "By the station's clock the session ended before it began.",
            Self::NeverEnded => {
                "The next session began on this outlet before this one was reported as ended."
            }
            Self::DeviceReplaced => {
                "The device was replaced while this session ran; its end was never reported."
            }
            Self::TokenMismatch => "A token of another group ended the session.",
            Self::NoMeter => "The station reported no meter register.",
            Self::NotAuthorized => "The station charged although the token was not accepted.",
        }
    }
}

/// A charging session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The owner.
    pub org: OrgId,
    /// Where it takes place.
    pub station: StationId,
    /// The site of the station when it began.
    pub site: Option<SiteId>,
    /// The EVSE; 0 while the station has not said.
    pub evse: i32,
    /// The connector within the EVSE.
    pub connector: Option<i32>,
    /// The station's name for it on the wire.
    pub wire: String,
    /// By which a repeated 1.6 start is known: a digest of its content. Unique per station.
    pub fingerprint: Option<String>,
    /// The token that began it.
    pub token: Option<Personal<TokenUid>>,
    /// The known token behind it.
    pub token_id: Option<TokenId>,
    /// The driver who had that token then; stays when the token goes to somebody else.
    pub driver: Option<DriverId>,
    /// Group of that token.
    pub token_group: Option<String>,
    /// Whether it runs.
    pub state: SessionState,
    /// By the station's clock.
    pub started_at: Moment,
    /// By the station's clock.
    pub ended_at: Option<Moment>,
    /// Register at the beginning.
    pub first_register: Option<WattHours>,
    /// Highest register since.
    pub last_register: Option<WattHours>,
    /// Newest power.
    pub power: Option<Watts>,
    /// What the vehicle does.
    pub charging: Option<ChargingState>,
    /// Why it ended, in the station's word.
    pub stop_reason: Option<String>,
    /// The remote start it answers.
    pub remote_start: Option<i32>,
    /// Why a person should look.
    pub suspicions: Vec<Suspicion>,
    /// When the newest report arrived, by our clock.
    pub updated_at: Moment,
}

/// More power than any station delivers; energy beyond it is a wrong reading.
const MOST_WATTS: i64 = 4_000_000;

impl Session {
    /// Energy delivered, as far as told.
    #[must_use]
    pub fn energy(&self) -> Option<WattHours> {
        Some(self.last_register?.minus(self.first_register?))
    }

    /// Notes `suspicion` once.
    pub fn suspect(&mut self, suspicion: Suspicion) {
        if !self.suspicions.contains(&suspicion) {
            self.suspicions.push(suspicion);
            self.suspicions.sort_unstable();
        }
    }

    /// Whether no start was reported yet: the figures at the beginning are provisional.
    #[must_use]
    pub fn start_is_missing(&self) -> bool {
        self.suspicions.contains(&Suspicion::StopWithoutStart)
    }

    /// Whether the station itself reported the end.
    #[must_use]
    pub fn end_was_reported(&self) -> bool {
        self.state == SessionState::Ended && !self.suspicions.contains(&Suspicion::NeverEnded)
    }

    /// Takes in one report. Values that a report leaves out keep what they were, for a 2.x
    /// station says the EVSE, the token and the reservation only once (Part 2 E §1.5). Reports
    /// taken in another order give the same figures (E §1.3.2).
    pub fn absorb(&mut self, report: &TransactionReport, now: Moment) {
        self.updated_at = now;
        if clock_is_wrong(report.at, now) {
            self.suspect(Suspicion::WrongClock);
        }
        if let Some(evse) = report.evse {
            self.evse = evse;
        }
        self.connector = report.connector.or(self.connector);
        self.remote_start = report.remote_start.or(self.remote_start);
        if self.token.is_none() && report.phase != Phase::Ended {
            self.token = report.token.as_ref().map(|t| Personal::new(t.uid.clone()));
        }
        if report.charging.is_some() && self.state == SessionState::Active {
            self.charging = report.charging;
        }
        match report.phase {
            Phase::Started => self.begin(report),
            Phase::Updated | Phase::Ended => {
                if self.start_is_missing() && report.at < self.started_at {
                    self.started_at = report.at;
                }
            }
        }
        self.absorb_points(&report.points);
        if report.phase == Phase::Ended {
            self.end(report);
        }
        self.judge_the_end();
    }

    /// Takes in readings; a boundary reading counts like any other, a register that goes back
    /// does not, nor does one from after the reported end (some stations go on using the number
    /// of a session that is over).
    pub fn absorb_points(&mut self, points: &[MeterPoint]) {
        let end = self.ended_at.filter(|_| self.end_was_reported());
        for point in points {
            if end.is_some_and(|end| point.at > end) {
                continue;
            }
            if let Some(register) = point.energy {
                self.read(register);
            }
            if self.state == SessionState::Active && point.power.is_some() {
                self.power = point.power;
            }
        }
        self.judge_the_end();
    }

    /// Ends a session in whose place another began at `at`, without a word of the station.
    pub fn displace(&mut self, at: Moment) {
        self.suspect(Suspicion::NeverEnded);
        self.state = SessionState::Ended;
        self.ended_at = Some(at.max(self.started_at));
        self.power = None;
        self.charging = None;
        self.judge_the_end();
    }

    /// Ends a session whose device is not there any more, as it was last told; `now` is the latest
    /// that it can have ended.
    pub fn abandon(&mut self, now: Moment) {
        self.suspect(Suspicion::DeviceReplaced);
        self.state = SessionState::Ended;
        self.ended_at = Some(self.updated_at.min(now).max(self.started_at));
        self.power = None;
        self.charging = None;
        self.judge_the_end();
        self.updated_at = now;
    }

    fn begin(&mut self, report: &TransactionReport) {
        self.suspicions
            .retain(|s| *s != Suspicion::StopWithoutStart);
        self.started_at = report.at;
        let first_point = report
            .points
            .iter()
            .filter(|p| p.energy.is_some())
            .min_by_key(|p| p.at)
            .and_then(|p| p.energy);
        if let Some(register) = report.register.or(first_point) {
            if self.first_register.is_some_and(|first| first < register) {
                self.suspect(Suspicion::MeterWentBack);
            }
            self.first_register = Some(register);
            self.last_register = Some(self.last_register.map_or(register, |l| l.max(register)));
        }
    }

    fn read(&mut self, register: WattHours) {
        match self.first_register {
            Some(first) if register < first => {
                // Reports may arrive out of order: before the start is known, a lower register
                // is only an earlier one.
                if self.start_is_missing() {
                    self.first_register = Some(register);
                } else {
                    self.suspect(Suspicion::MeterWentBack);
                }
            }
            Some(_) => {}
            None => self.first_register = Some(register),
        }
        self.last_register = Some(self.last_register.map_or(register, |l| l.max(register)));
    }

    fn end(&mut self, report: &TransactionReport) {
        self.suspicions.retain(|s| *s != Suspicion::NeverEnded);
        self.state = SessionState::Ended;
        self.ended_at = Some(report.at);
        self.power = None;
        self.charging = None;
        self.stop_reason = report.stop_reason.clone().or(self.stop_reason.take());
        if let Some(register) = report.register {
            if self.last_register.is_some_and(|last| register < last) {
                self.suspect(Suspicion::MeterWentBack);
            }
            self.read(register);
        }
    }

    /// Judges beginning and end against each other, anew with each report, since either may
    /// arrive last.
    fn judge_the_end(&mut self) {
        let Some(ended_at) = self.ended_at else {
            return;
        };
        self.suspicions.retain(|s| {
            !matches!(
                s,
                Suspicion::EndsBeforeStart | Suspicion::NoMeter | Suspicion::ImpossibleEnergy
            )
        });
        if ended_at < self.started_at {
            self.suspect(Suspicion::EndsBeforeStart);
        }
        match self.energy() {
            None => self.suspect(Suspicion::NoMeter),
            Some(energy) => {
                let minutes = (ended_at - self.started_at).num_minutes().max(1);
                if energy.get() > (MOST_WATTS / 60).saturating_mul(minutes) {
                    self.suspect(Suspicion::ImpossibleEnergy);
                }
            }
        }
    }
}

/// Whether a station's `at` cannot be right when heard at `now`: before 2010, or more than a day
/// ahead. Old is normal (offline queues of months).
#[must_use]
pub fn clock_is_wrong(at: Moment, now: Moment) -> bool {
    const YEAR_2010: i64 = 1_262_304_000;
    at.timestamp() < YEAR_2010 || at > now + TimeDelta::days(1)
}
