//! The machines' door: stations connect here over WebSocket and speak OCPP-J.
//!
//! Owns the sockets: the HTTP upgrade, the limits, one actor per connection, the queue of our own
//! calls. What a payload means is the protocol room's business, what follows from it the app's;
//! nothing here stores anything. A hostile peer costs bounded memory and time, and a panic ends
//! one connection.

mod asking;
mod attempts;
mod calls;
mod deflate;
mod files;
mod handshake;
mod hearing;
mod listener;
mod refusal;
mod request;
mod requested;
mod row;
mod settings;
mod socket;
mod station;
mod wire;

pub use files::{FilePorts, FileSettings, FtpSettings};
pub use listener::{Bound, Gateway};
pub use settings::Settings;
