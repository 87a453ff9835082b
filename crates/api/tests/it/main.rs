//! The people's door from outside: real requests over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod door;
mod edits;
mod files;
mod keys;
mod limits;
mod lines;
mod lists;
mod sign_in;
mod strict;
mod web;
