//! The route registry: an endpoint is data, and a server is built from the registry alone, so that
//! a route without a declared need cannot exist. The need is enforced by the use case behind the
//! route; here it feeds OpenAPI (`x-permission`), the rights page and the tests.

use actix_web::web::ServiceConfig;
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

/// One route.
#[derive(Clone, Copy)]
pub struct Endpoint {
    /// HTTP method, in capitals.
    pub method: &'static str,
    /// Path below `/api/v1`, with `{parameters}`.
    pub path: &'static str,
    /// What a caller needs.
    pub need: Need,
    /// Adds the handler to the server.
    pub register: fn(&mut ServiceConfig),
}

/// Declares an endpoint: method, path, need, handler.
macro_rules! endpoint {
    ($method:ident $path:literal, $need:expr, $handler:path) => {
        $crate::route::Endpoint {
            method: stringify!($method),
            path: $path,
            need: $need,
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
