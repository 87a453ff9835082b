//! The people's door: REST, live stream, sign-in, OpenAPI and the console's files.
//!
//! Architecture invariant: this room reaches stations, rows and other nodes only through the use
//! cases of `app`. Every route stands in the registry with what a caller needs for it.

mod console;
mod live;
mod login;
mod openapi;
mod origin;
mod problem;
mod query;
mod route;
mod routes;
mod server;
mod v1;
mod view;

pub use console::is_built_in;
pub use openapi::text as openapi_text;
pub use route::{Endpoint, Need};
pub use routes::ALL as ROUTES;
pub use server::{Server, Settings};
