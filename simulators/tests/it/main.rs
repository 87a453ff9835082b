//! Stations against a small scripted server whose JSON is written by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod curves;
mod fleets;
mod loads;
mod manners;
mod sessions;
mod spells;
mod tiny_server;
