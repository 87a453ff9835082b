//! What is true about charging: entities, state machines, events and commands.
//!
//! Pure and synchronous. Nothing here reads a clock, a socket or a database; time and randomness
//! come in through the two ports of [`clock`].

pub mod alert;
pub mod attempt;
pub mod audit;
pub mod batch;
pub mod caller;
pub mod clock;
pub mod command;
pub mod deviation;
pub mod driver;
pub mod event;
pub mod firmware;
pub mod id;
pub mod invitation;
pub mod lock;
pub mod mail;
pub mod member;
pub mod message;
pub mod meter;
pub mod module;
pub mod notification;
pub mod organisation;
pub mod page;
pub mod personal;
pub mod quantity;
pub mod role;
pub mod sensitive;
pub mod session;
pub mod setting;
pub mod site;
pub mod site_access;
pub mod station;
pub mod token;
pub mod transfer;
pub mod uptime;
pub mod variable;
pub mod view;
pub mod webhook;
pub mod wire_log;
