//! OCPP-J: frames, the message catalogue, strict check, lenient repair and the dialects 1.6, 2.0.1
//! and 2.1.
//!
//! Owns everything that knows a protocol version. Pure and synchronous: no sockets, no clock, no
//! storage. Text comes in, values of `domain` go out, and the other way round; the wire's own
//! shapes never leave this room.
//!
//! Reading order: a text becomes a [`frame`] (or a [`fault`] with its answer); the [`catalogue`]
//! knows what the payload should look like; [`check`] gives the official verdict; [`lenient`]
//! forgives what can be forgiven; a [`dialect`] translates; [`personal`] marks what must be masked.

// In reading order.
pub mod catalogue;
pub mod check;
pub mod dialect;
pub mod fault;
pub mod frame;
pub mod lenient;
pub mod personal;
mod v16;
mod v2;

pub use catalogue::Version;
