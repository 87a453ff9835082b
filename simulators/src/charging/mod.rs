//! The physics of charging: what a vehicle asks, what an outlet gives, what a meter counts.
//! Pure and synchronous; no protocol and no clock of its own.

mod curve;
mod limits;
mod meter;
mod template;
mod vehicle;

pub use curve::{Flow, demand_w};
pub use limits::{Limits, Period, Profile, Purpose};
pub use meter::{Meter, Reading};
pub use template::{Outlet, Template};
pub use vehicle::Vehicle;

/// Nominal voltage between a phase and neutral, in volts.
pub const NOMINAL_V: u32 = 230;
