//! The rules, told from outside.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

extern crate busbar_domain as domain;

mod alert;
mod lock;
mod setting;
mod watch;
mod wish;
