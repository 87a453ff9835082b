//! The energy meter of a connector: whole joules in, watt-hours out, never backwards.

use chrono::{DateTime, Utc};

/// An energy register that only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Meter {
    joules: u64,
}

impl Meter {
    /// A meter that already shows so many watt-hours.
    #[must_use]
    pub fn at_wh(wh: u64) -> Self {
        Self {
            joules: wh.saturating_mul(3600),
        }
    }

    /// Counts `watts` over `seconds`.
    pub fn count(&mut self, watts: u32, seconds: u64) {
        self.joules = self
            .joules
            .saturating_add(u64::from(watts).saturating_mul(seconds));
    }

    /// The register in whole watt-hours.
    #[must_use]
    pub fn wh(self) -> i64 {
        i64::try_from(self.joules / 3600).unwrap_or(i64::MAX)
    }
}

/// What the meter and the vehicle show at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// When it was taken, by the station's clock.
    pub at: DateTime<Utc>,
    /// Import register in watt-hours.
    pub register_wh: i64,
    /// Power in watts.
    pub watts: u32,
    /// Current per phase in milliamperes; only the first `phases` count (one for DC).
    pub current_ma: [u32; 3],
    /// Phases that carry current: 1 or 3, 1 for DC.
    pub phases: u8,
    /// Voltage in tenths of a volt.
    pub voltage_dv: u32,
    /// State of charge in percent, known on DC only.
    pub soc_percent: Option<u8>,
    /// Current offered to the vehicle in milliamperes.
    pub offered_ma: u32,
}
