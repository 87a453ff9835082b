//! How nodes talk: news for everybody, an order carried to the node that holds a station, claims
//! on stations, leases.
//!
//! Owns the question of who holds a station's connection, and the redis client. Refuses to be a
//! queue: what is published while nobody listens is gone, and the database holds the truth. One
//! node needs no server; several meet in Redis. Both pass the same contract test.

mod bus;
mod desk;
mod envelope;
mod error;
mod lease;
mod link;
mod mailbox;
mod news;
mod redis;

pub use bus::{Bus, Health, RedisOptions};
pub use error::{Error, RequestError};
pub use lease::LeaseGuard;
pub use mailbox::{Errand, Mailbox, Order, Reply};
pub use news::{Missed, News, Subscription};
pub use redis::ping;
