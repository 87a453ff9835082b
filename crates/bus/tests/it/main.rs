//! The contract of the bus, run on both kinds, and what only several nodes can show.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod contract;
mod fixture;
mod local;
mod proxy;
mod redis;
