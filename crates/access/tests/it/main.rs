//! The gate against the table of facts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod facts;
mod table;
