//! The charger port over real sockets, with a whole app behind it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bad_input;
mod boot;
mod client;
mod commands;
mod compression;
mod connections;
mod door;
mod handshake;
mod memory;
