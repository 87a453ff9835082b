//! The deeds against a real database, a bus of one node, and a clock that stands still.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod alerts;
mod audit;
mod batches;
mod canary;
mod commands;
mod connections;
mod delivery;
mod factors;
mod firmware;
mod invitations;
mod keys;
mod live;
mod logins;
mod logs;
mod nodes;
mod notifications;
mod organisations;
mod sessions;
mod site_access;
mod team;
mod told;
