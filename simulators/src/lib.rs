//! Charging station simulator: single stations, fleets and load, over real WebSockets.
//!
//! It imports nothing of the product. OCPP 1.6 and 2.0.1 payloads go through the types of
//! `rust-ocpp`, 2.1 is written as plain JSON, and frames are read and written here, so that two
//! independent implementations meet on the wire.
//!
//! Reading order: [`random`] (where chance comes from), [`charging`] (physics), [`wire`] (what
//! the three protocol versions look like), [`station`] (one station), [`fleet`]
//! (many, with drivers and history), [`load`] (benchmarks), [`replay`] (what a log says).

pub mod charging;
pub mod error;
mod files;
pub mod fleet;
pub mod load;
pub mod random;
pub mod replay;
pub mod station;
pub mod wire;

pub use charging::{Template, Vehicle};
pub use error::Error;
pub use fleet::{Fleet, FleetPlan, Passwords, run_fleet};
pub use replay::{ReplayPlan, replay};
pub use station::{Direction, Frame, Manner, Station, View};
pub use wire::Version;
