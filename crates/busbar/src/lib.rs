//! The front hall: reads the configuration, builds the rooms in order, runs the two doors and
//! shuts down. Everything else is a verb of the command line.

pub mod backup;
pub mod cli;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod rooms;
pub mod serve;
pub mod steve;
