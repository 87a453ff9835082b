//! Many stations at several sites, with drivers who come and go: first the past, replayed as
//! offline messages, then the present.

mod driver;
mod plan;
mod run;

pub use plan::{Fleet, FleetPlan, Member, Passwords, demo_tokens};
pub use run::run_fleet;
