//! The people's door: REST, live stream, sign-in, OpenAPI and the console's files.
//!
//! Architecture invariant: this room reaches stations, rows and other nodes only through the use
//! cases of `app`. Every route stands in the registry with what a caller needs for it.

mod body;
mod console;
mod etag;
mod idempotency;
mod limits;
mod listing;
mod live;
mod login;
mod openapi;
mod origin;
mod problem;
mod query;
mod request;
mod route;
mod routes;
mod server;
mod table;
mod undeclared;
mod v1;
mod view;
mod workbook;
mod wrong;

pub use console::is_built_in;
pub use limits::{Limits, Rate};
pub use openapi::text as openapi_text;
pub use route::{Endpoint, Manner, Need};
pub use routes::ALL as ROUTES;
pub use server::{Server, Settings};
pub use undeclared::{UNDECLARED, Why};
