//! For how much of a time stations were connected, and how many tries to charge came to energy.

use chrono::TimeDelta;

use crate::clock::Moment;

/// For how long something was looked at, and for how much of that it was there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uptime {
    /// Milliseconds that count: a station counts since it first connected.
    pub of_ms: i64,
    /// Of those, connected.
    pub up_ms: i64,
}

impl Uptime {
    /// Of a station that first connected at `first`, and was connected for `up` of the time from
    /// `from` to `to`.
    #[must_use]
    pub fn of(from: Moment, to: Moment, first: Option<Moment>, up: TimeDelta) -> Self {
        let Some(first) = first else {
            return Self::default();
        };
        let of_ms = (to - from.max(first)).num_milliseconds().max(0);
        Self {
            of_ms,
            up_ms: up.num_milliseconds().clamp(0, of_ms),
        }
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            of_ms: self.of_ms + other.of_ms,
            up_ms: self.up_ms + other.up_ms,
        }
    }

    /// Hundredths of a percent; none when nothing counts.
    #[must_use]
    pub fn basis_points(self) -> Option<i64> {
        (self.of_ms > 0).then(|| self.up_ms.saturating_mul(10_000) / self.of_ms)
    }
}

/// Tries to charge: sessions that began, and remote starts that came to none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlugIns {
    /// How many.
    pub tries: i64,
    /// Of those, with energy.
    pub charged: i64,
}

impl PlugIns {
    /// Hundredths of a percent; none when nobody tried.
    #[must_use]
    pub fn basis_points(self) -> Option<i64> {
        (self.tries > 0).then(|| self.charged.saturating_mul(10_000) / self.tries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_station_counts_since_it_first_came() {
        let at = |s| chrono::DateTime::from_timestamp(s, 0).unwrap_or_default();
        let half = Uptime::of(at(0), at(1_000), Some(at(600)), TimeDelta::seconds(200));
        assert_eq!((half.of_ms, half.basis_points()), (400_000, Some(5_000)));
        let never = Uptime::of(at(0), at(1_000), None, TimeDelta::zero());
        assert_eq!(never.basis_points(), None);
        let more = Uptime::of(at(0), at(10), Some(at(-5)), TimeDelta::seconds(99));
        assert_eq!(more.basis_points(), Some(10_000));
        assert_eq!(half.and(more).of_ms, 410_000);
    }
}
