//! The one way out: whatever Busbar itself fetches from or sends to an outside address.
//!
//! Owns the question of which addresses may be talked to, and the mail that goes out. A client for
//! addresses that stations or people name asks [`guard`] at the moment it connects: such a person
//! could otherwise use us to look behind our own firewall. The mail server and the
//! identity provider are named by whoever runs the instance, and may stand inside.

pub mod dial;
pub mod guard;
mod http;
pub mod mail;
pub mod oidc;
pub mod webhook;
