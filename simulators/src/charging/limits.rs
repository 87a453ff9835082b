//! Charging profiles a station has been given, and the limit that results.

use chrono::{DateTime, Duration, Utc};

use super::NOMINAL_V;

/// What a profile is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Limits the station as a whole (here: each of its connectors).
    Station,
    /// Default for sessions.
    Default,
    /// For one running session.
    Session,
}

/// One step of a schedule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Period {
    /// Seconds after the start of the schedule.
    pub from_s: i64,
    /// Limit in the unit of the profile.
    pub limit: f64,
    /// Phases the limit counts on, when amperes.
    pub phases: Option<u8>,
}

/// A charging profile, reduced to what the simulator obeys.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its id, unique in the station.
    pub id: i64,
    /// What it is for.
    pub purpose: Purpose,
    /// The higher level wins within a purpose.
    pub stack_level: i64,
    /// Limits are amperes per phase (true) or watts (false).
    pub amps: bool,
    /// Start of the schedule; without it, the start of the session.
    pub start: Option<DateTime<Utc>>,
    /// Length of the schedule in seconds.
    pub duration_s: Option<i64>,
    /// Steps in order.
    pub periods: Vec<Period>,
}

impl Profile {
    fn limit_w(&self, now: DateTime<Utc>, session: DateTime<Utc>, phases: u8) -> Option<u32> {
        let into = now.signed_duration_since(self.start.unwrap_or(session));
        if into < Duration::zero() || self.duration_s.is_some_and(|d| into.num_seconds() >= d) {
            return None;
        }
        let seconds = into.num_seconds();
        let period = self.periods.iter().rev().find(|p| p.from_s <= seconds)?;
        let watts = if self.amps {
            let phases = f64::from(period.phases.unwrap_or(phases));
            period.limit * f64::from(NOMINAL_V) * phases
        } else {
            period.limit
        };
        Some(watts.clamp(0.0, f64::from(u32::MAX)) as u32)
    }
}

/// All profiles of a station, each with the connector it was set on (0 = all).
#[derive(Debug, Clone, Default)]
pub struct Limits {
    installed: Vec<(u32, Profile)>,
}

impl Limits {
    /// Installs a profile; one with the same id, or with the same place, is replaced.
    pub fn install(&mut self, connector: u32, profile: Profile) {
        self.installed.retain(|(at, old)| {
            let same_place = *at == connector
                && old.purpose == profile.purpose
                && old.stack_level == profile.stack_level;
            old.id != profile.id && !same_place
        });
        self.installed.push((connector, profile));
    }

    /// Removes profiles: the one with `id`, or all; true when one was there.
    pub fn clear(&mut self, id: Option<i64>) -> bool {
        let before = self.installed.len();
        self.installed
            .retain(|(_, profile)| id.is_some_and(|id| id != profile.id));
        before != self.installed.len()
    }

    /// Forgets the profiles of the session that ended on `connector`.
    pub fn end_session(&mut self, connector: u32) {
        self.installed
            .retain(|(at, p)| *at != connector || p.purpose != Purpose::Session);
    }

    /// The limit in watts for a connector now; none when no profile speaks.
    #[must_use]
    pub fn limit_w(
        &self,
        connector: u32,
        now: DateTime<Utc>,
        session: DateTime<Utc>,
        phases: u8,
    ) -> Option<u32> {
        let best = |purpose: Purpose| {
            self.installed
                .iter()
                .filter(|(at, p)| (*at == 0 || *at == connector) && p.purpose == purpose)
                .filter_map(|(_, p)| p.limit_w(now, session, phases).map(|w| (p.stack_level, w)))
                .max_by_key(|(level, _)| *level)
                .map(|(_, watts)| watts)
        };
        let own = best(Purpose::Session).or_else(|| best(Purpose::Default));
        match (best(Purpose::Station), own) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}
