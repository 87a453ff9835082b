//! Integration tests of the ocpp room: every message of the catalogue, frames, field quirks.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod catalogue;
mod conformance;
mod dialect;
mod dialect_out;
mod forge;
mod frames;
mod lines;
mod outcomes;
mod personal;
mod quirks;
mod touches;
