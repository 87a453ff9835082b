//! Who may do what: the casbin policy, compiled once into bit sets, and the gate that every use
//! case passes first.
//!
//! Architecture invariant: only this room names casbin, and only this room issues a
//! [`DriverDataGrant`].

mod explain;
mod gate;
mod matrix;
mod policy;

pub use domain::personal::DriverDataGrant;
pub use explain::{Because, Blocked, Explanation, HeldBack, Standing};
pub use gate::{Denied, Gate, Grant};
pub use matrix::{GOLDEN, csv};
pub use policy::{Policy, PolicyError};
