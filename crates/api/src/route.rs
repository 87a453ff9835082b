//! The route registry: an endpoint is data, and a server is built from the registry alone, so that
//! a route without a declared need cannot exist. The need is enforced by the use case behind the
//! route; here it feeds OpenAPI (`x-permission`), the rights page and the tests.

use actix_web::http::header::{HeaderName, LOCATION};
use actix_web::web::ServiceConfig;
use app::exports::Export;
use domain::role::Permission;

/// What a caller needs for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: first run and sign-in.
    Open,
    /// To be signed in; the answer is about the caller.
    SignedIn,
    /// This permission, in the organisation of the resource.
    Permission(Permission),
    /// One of these, by what the body asks for.
    ByKind(&'static [Permission]),
}

/// What is special about a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Nothing.
    Plain,
    /// A list that can be had as a file, with a right of its own.
    Exported(Export),
    /// It honours `If-Match`.
    Conditional,
    /// It demands `If-Match`.
    Versioned,
    /// Its answer shows a secret, once.
    SecretAnswer,
    /// It works by cookies: `Idempotency-Key` is not looked at.
    Keyless,
}

/// One route.
#[derive(Clone, Copy)]
pub struct Endpoint {
    /// HTTP method, in capitals.
    pub method: &'static str,
    /// Path below `/api/v1`, with `{parameters}`.
    pub path: &'static str,
    /// What a caller needs.
    pub need: Need,
    /// What is special about it.
    pub manner: Manner,
    /// Adds the handler to the server.
    pub register: fn(&mut ServiceConfig),
}

/// The header that tells where something that was made can be read: `path` below `/api/v1`.
pub(crate) fn location(path: &str) -> (HeaderName, String) {
    (LOCATION, format!("{PREFIX}{path}"))
}

/// Before every path.
pub(crate) const PREFIX: &str = "/api/v1";

/// Declares an endpoint: method, path, need, handler, and what is special about it.
macro_rules! endpoint {
    ($method:ident $path:literal, $need:expr, $handler:path) => {
        $crate::route::endpoint!($method $path, $need, $handler, Plain)
    };
    ($method:ident $path:literal, $need:expr, $handler:path, $manner:ident $(($of:expr))?) => {
        $crate::route::Endpoint {
            method: stringify!($method),
            path: $path,
            need: $need,
            manner: $crate::route::Manner::$manner $(($of))?,
            register: |config| {
                config.route(
                    $path,
                    actix_web::web::method(actix_web::http::Method::$method).to($handler),
                );
            },
        }
    };
}
pub(crate) use endpoint;
