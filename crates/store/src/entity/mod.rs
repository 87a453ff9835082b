//! The rows, one file per table. Nothing outside this crate sees them.

pub mod attempts;
pub mod audit;
pub mod commands;
pub mod connectors;
pub mod counters;
pub mod deviations;
pub mod evses;
pub mod idempotency;
pub mod login_failures;
pub mod logins;
pub mod memberships;
pub mod nodes;
pub mod notices;
pub mod organisations;
pub mod outbox;
pub mod samples;
pub mod session_events;
pub mod sessions;
pub mod setup_links;
pub mod sites;
pub mod stations;
pub mod tokens;
pub mod unclaimed;
pub mod users;
pub mod variables;
pub mod wire_log;
