//! All routes, in one list: the server is built from it, and so are OpenAPI's `x-permission` and
//! the test that calls every route as every role.

use actix_web::HttpRequest;
use actix_web::dev::ResourceDef;
use actix_web::web::ServiceConfig;
use domain::role::Permission;

use crate::route::{Endpoint, Need, PREFIX};
use crate::{live, v1};

/// The registry.
pub const ALL: &[&[Endpoint]] = &[
    v1::access::ROUTES,
    v1::organisations::ROUTES,
    v1::members::ROUTES,
    v1::invitations::ROUTES,
    v1::keys::ROUTES,
    v1::account::ROUTES,
    v1::passkeys::ROUTES,
    v1::provider::ROUTES,
    v1::support::ROUTES,
    v1::site_map::ROUTES,
    v1::sites::ROUTES,
    v1::site_access::ROUTES,
    // Before the stations: its path is also one with an id, and the first that fits is told.
    v1::station_import::ROUTES,
    v1::stations::ROUTES,
    v1::station_replace::ROUTES,
    v1::records::ROUTES,
    v1::commands::ROUTES,
    v1::jobs::ROUTES,
    v1::attempts::ROUTES,
    v1::sessions::ROUTES,
    v1::tokens::ROUTES,
    v1::drivers::ROUTES,
    v1::audit::ROUTES,
    v1::locks::ROUTES,
    v1::settings::ROUTES,
    v1::setting_templates::ROUTES,
    v1::notifications::ROUTES,
    v1::alerts::ROUTES,
    v1::alert_rules::ROUTES,
    v1::firmware::ROUTES,
    v1::diagnostics::ROUTES,
    v1::views::ROUTES,
    live::ROUTES,
];

/// Every route of the registry.
pub(crate) fn all() -> impl Iterator<Item = &'static Endpoint> {
    ALL.iter().flat_map(|group| group.iter())
}

/// The route that a request is for.
pub(crate) fn of(request: &HttpRequest) -> Option<&'static Endpoint> {
    let pattern = request.match_pattern()?;
    let path = pattern.strip_prefix(PREFIX)?;
    let method = request.method().as_str();
    all().find(|e| e.path == path && e.method == method)
}

/// The methods that a path knows.
pub(crate) fn methods(path: &str) -> Vec<&'static str> {
    let path = path.strip_prefix(PREFIX).unwrap_or_default();
    all()
        .filter(|e| ResourceDef::new(e.path).is_match(path))
        .map(|e| e.method)
        .collect()
}

/// Adds every route to the server.
pub(crate) fn register(config: &mut ServiceConfig) {
    for endpoint in all() {
        (endpoint.register)(config);
    }
}

/// The words of a need, as OpenAPI shows them.
pub(crate) fn words(need: Need) -> Vec<&'static str> {
    match need {
        Need::Open | Need::SignedIn => Vec::new(),
        Need::Permission(permission) => vec![permission.key()],
        Need::ByKind(permissions) => permissions.iter().map(|p: &Permission| p.key()).collect(),
    }
}
