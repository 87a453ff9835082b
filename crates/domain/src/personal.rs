//! Data about EV drivers: it can be carried anywhere and read nowhere without a grant.
//!
//! The two fences below are `pub` because the rooms that may use them are other crates;
//! `cargo xtask tidy` refuses `DriverDataGrant::issue` outside the access room and
//! `.sealed()` outside the domain, store and app rooms.

use std::fmt;

/// The right to read driver data, as the access room decided it for one caller.
#[derive(Debug, Clone, Copy)]
pub struct DriverDataGrant(());

impl DriverDataGrant {
    /// Only the access room may call this, after it has decided.
    #[must_use]
    pub const fn issue() -> Self {
        Self(())
    }
}

/// A value about a driver. It has no serialisation and its debug form says `hidden`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// Seals a value.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for a caller who may read it.
    #[must_use]
    pub const fn reveal(&self, _: &DriverDataGrant) -> &T {
        &self.0
    }

    /// The value on its way into the database, or into a decision that shows it to nobody (a
    /// token compared with another, a mask).
    #[must_use]
    pub const fn sealed(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hidden")
    }
}
