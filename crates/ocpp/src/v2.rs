//! The adapter of OCPP 2.0.1 and 2.1: 2.1 widens 2.0.1, so both are read alike.
//!
//! Owns the translation between their payloads and `domain`. Refuses to judge a payload: the gate
//! before it has done so with the version's own schema.

mod command;
mod device_model;
mod files;
mod hear;
mod known;
mod reply;

pub(crate) use command::calls;
pub(crate) use device_model::name_of;
pub(crate) use hear::lift;
pub(crate) use reply::reply;
