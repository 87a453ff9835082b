//! The one way out: whatever Busbar itself fetches from or sends to an outside address.
//!
//! Owns the question of which addresses may be talked to. Nothing goes out yet, so that question
//! is all there is: every client that is added here asks [`guard`] at the moment it connects.
//! Refuses addresses of the inside, because a station or a webhook's owner could otherwise use us
//! to look behind our own firewall.

pub mod guard;
