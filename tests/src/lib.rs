//! What the stories need: the product as a process of its own, and its API as a person uses it.

pub mod database;
pub mod http;
pub mod product;
pub mod proxy;
pub mod shelf;
pub mod steve;
