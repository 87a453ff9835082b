//! The deeds: one async function per use case, grouped by noun.
//!
//! People's use cases take a [`domain::role::Caller`] and begin with the permission gate; the
//! machines' side takes what the charger port has already identified. A use case decides, stores
//! what it decided in one unit of work, and publishes after the commit. Use cases never call one
//! another; only [`ingest`] and [`jobs`] call many. Nothing here knows OCPP or HTTP.

mod app;
mod depot;
mod error;
mod gate;
mod link;
mod lockout;
mod mail;
mod masking;
mod passwords;
mod review;
mod seal;
mod secret;
mod standing;
mod totp;
mod waiters;

// the machines' side
pub mod attempts;
pub mod connections;
pub mod ingest;
pub mod transfers;

// the people's side
pub mod alert_rules;
pub mod alerts;
pub mod audit;
pub mod batches;
pub mod commands;
pub mod diagnostics;
pub mod drivers;
pub mod exports;
pub mod factors;
pub mod firmware;
pub mod imports;
pub mod invitations;
pub mod keys;
pub mod live;
pub mod locks;
pub mod logins;
pub mod logs;
pub mod lost_factors;
pub mod maintenance;
pub mod me;
pub mod members;
mod nodes;
pub mod notifications;
pub mod organisations;
pub mod overview;
pub mod passkeys;
pub mod password_resets;
pub mod proxy;
pub mod raw;
pub mod reasons;
pub mod roles;
pub mod saved_passwords;
pub mod sessions;
pub mod setting_templates;
pub mod settings;
pub mod setup;
pub mod site_access;
pub mod site_map;
pub mod sites;
pub mod stations;
pub mod step_up;
pub mod support;
pub mod tokens;
pub mod uptime;
pub mod users;
pub mod views;
pub mod webhooks;

// by itself
pub mod health;
pub mod idempotency;
pub mod identity_provider;
pub mod jobs;
pub mod revision;
#[cfg(feature = "testing")]
pub mod testing;

pub use app::{App, AppParts, PasswordCost, Settings, StationSecret, UnknownStations};
pub use depot::FilesSettings;
pub use error::{Error, Problem};
pub use gate::driver_data;
pub use link::StationLink;
