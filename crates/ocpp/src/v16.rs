//! The adapter of OCPP-J 1.6 with the security extension.
//!
//! Owns the translation between its payloads and `domain`. Connector *n* is EVSE *n*, connector 1;
//! connector 0 is the station itself. Refuses to judge a payload: the gate before it has done so.

mod command;
mod files;
mod hear;
mod known;
mod reply;

pub(crate) use command::calls;
pub(crate) use hear::lift;
pub(crate) use reply::reply;
