//! End-to-end stories: the real binary, real sockets, simulated stations.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod alerts;
mod authenticator;
mod away;
mod backup;
mod batches;
mod canary;
mod command_line;
mod doctor;
mod document;
mod drivers;
mod durability;
mod lock;
mod lost_factor;
mod manners;
mod nodes;
mod parking;
mod passkeys;
mod provider;
mod relations;
mod rights;
mod sessions;
mod sign_in_elsewhere;
mod stage;
mod steve;
mod strangers;
