//! The two ports through which time and randomness enter.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// A moment in UTC.
pub type Moment = DateTime<Utc>;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Moment;
}

/// Draws identifiers. Implementations return UUIDv7, so that ids sort by the time they were drawn.
pub trait IdSource: Send + Sync + 'static {
    /// A fresh UUID, never returned before.
    fn draw(&self) -> Uuid;
}

/// A clock that stands still until it is moved; for tests and for replaying history.
#[derive(Debug, Clone)]
pub struct FixedClock(Arc<AtomicI64>);

impl FixedClock {
    /// A clock that stands at `moment`.
    #[must_use]
    pub fn at(moment: Moment) -> Self {
        Self(Arc::new(AtomicI64::new(moment.timestamp_millis())))
    }

    /// Moves the clock on.
    pub fn advance(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Moment {
        DateTime::from_timestamp_millis(self.0.load(Ordering::SeqCst)).unwrap_or_default()
    }
}

/// Identifiers counted up from a seed, so that a test sees the same ids at every run.
#[derive(Debug, Default)]
pub struct SeededIds(AtomicU64);

impl SeededIds {
    /// Starts counting at `seed`.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl IdSource for SeededIds {
    fn draw(&self) -> Uuid {
        let n = self.0.fetch_add(1, Ordering::SeqCst);
        // A version-7 shape with the counter where the time stands, so that order is kept.
        let value = (u128::from(n) << 80) | (7 << 76) | (0b10 << 62) | u128::from(n);
        Uuid::from_u128(value)
    }
}
