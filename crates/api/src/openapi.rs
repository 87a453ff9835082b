//! The OpenAPI document, made from the code, and its page. Parameters are checked against it, so
//! that it cannot leave one out.

mod operation;
mod shape;

use std::collections::HashMap;
use std::sync::LazyLock;

use actix_web::HttpResponse;
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::route::{Endpoint, Need};
use crate::view::words;
use crate::{routes, v1};

#[derive(OpenApi)]
#[openapi(
    info(title = "Busbar admin API", description = "Charge-point management: stations, sessions, commands, tokens."),
    servers((url = "/api/v1")),
    paths(
        v1::access::setup_state, v1::access::setup, v1::access::login, v1::access::logout,
        v1::access::me, v1::access::roles, v1::access::overview, v1::access::connect,
        v1::access::switch,
        v1::organisations::find, v1::organisations::edit, v1::organisations::relocate,
        v1::organisations::list, v1::organisations::create, v1::organisations::modules_of,
        v1::organisations::set_modules, v1::organisations::activate, v1::organisations::deactivate,
        v1::organisations::reasons,
        v1::members::list, v1::members::find, v1::members::change, v1::members::archive,
        v1::members::restore, v1::members::remove, v1::members::reset_second_factor,
        v1::invitations::list, v1::invitations::create, v1::invitations::edit,
        v1::invitations::resend, v1::invitations::withdraw, v1::invitations::list_at_site,
        v1::invitations::create_at_site, v1::invitations::look, v1::invitations::accept,
        v1::invitations::send_again, v1::invitations::register, v1::invitations::activate,
        v1::invitations::ask_password, v1::invitations::reset_password,
        v1::keys::list, v1::keys::create, v1::keys::remove,
        v1::site_access::list, v1::site_access::find, v1::site_access::put, v1::site_access::remove,
        v1::access::second_factor,
        v1::account::edit, v1::account::password, v1::account::confirm, v1::account::factors,
        v1::account::begin_totp, v1::account::confirm_totp, v1::account::remove_totp,
        v1::account::renew_recovery_codes, v1::account::logins, v1::account::revoke,
        v1::account::revoke_others,
        v1::passkeys::list, v1::passkeys::begin, v1::passkeys::create, v1::passkeys::remove,
        v1::passkeys::begin_confirm, v1::passkeys::begin_sign_in, v1::passkeys::sign_in,
        v1::provider::begin, v1::provider::sign_in, v1::provider::begin_again,
        v1::provider::unlink, v1::support::support,
        v1::site_map::map,
        v1::sites::list, v1::sites::create, v1::sites::find, v1::sites::edit, v1::sites::remove,
        v1::stations::list, v1::stations::create, v1::stations::find, v1::stations::edit,
        v1::stations::archive, v1::stations::password, v1::stations::evses, v1::stations::meter,
        v1::station_import::import, v1::station_replace::replace,
        v1::records::fleet_logs, v1::records::logs, v1::records::variables, v1::records::deviations, v1::records::notices,
        v1::commands::list, v1::commands::issue, v1::commands::find, v1::commands::raw,
        v1::jobs::list, v1::jobs::create, v1::jobs::find, v1::jobs::items, v1::jobs::pause,
        v1::jobs::resume, v1::jobs::cancel, v1::jobs::retry,
        v1::attempts::list, v1::attempts::frames, v1::attempts::unclaimed, v1::attempts::of_station,
        v1::sessions::list, v1::sessions::find, v1::sessions::meter,
        v1::tokens::list, v1::tokens::create, v1::tokens::find, v1::tokens::edit, v1::tokens::remove,
        v1::audit::list,
        v1::drivers::list, v1::drivers::create, v1::drivers::find, v1::drivers::edit,
        v1::drivers::erase, v1::drivers::tokens, v1::drivers::attach, v1::drivers::detach,
        v1::drivers::sessions,
        v1::locks::find, v1::locks::lock, v1::locks::adjust, v1::locks::unlock, v1::locks::close,
        v1::locks::password, v1::locks::remove, v1::locks::puk, v1::locks::begin_presence,
        v1::locks::finish_presence, v1::locks::lock_site,
        v1::settings::summary, v1::settings::list, v1::settings::edit, v1::settings::apply,
        v1::settings::read, v1::settings::compare, v1::settings::choose, v1::settings::drift,
        v1::settings::site_variables,
        v1::setting_templates::list, v1::setting_templates::create, v1::setting_templates::find,
        v1::setting_templates::edit, v1::setting_templates::remove, v1::setting_templates::versions,
        v1::setting_templates::preview,
        v1::notifications::list, v1::notifications::acknowledge, v1::notifications::saved,
        v1::notifications::reveal, v1::notifications::forget,
        v1::alerts::list, v1::alerts::find, v1::alerts::acknowledge, v1::alerts::snooze,
        v1::alerts::resolve, v1::alerts::assign, v1::alerts::acknowledge_all,
        v1::alerts::of_station, v1::alerts::maintenance, v1::alerts::begin_maintenance,
        v1::alerts::end_maintenance, v1::alerts::station_uptime, v1::alerts::site_uptime,
        v1::alert_rules::list, v1::alert_rules::create, v1::alert_rules::find,
        v1::alert_rules::edit, v1::alert_rules::remove, v1::alert_rules::preview,
        v1::alert_rules::webhooks, v1::alert_rules::create_webhook, v1::alert_rules::find_webhook,
        v1::alert_rules::edit_webhook, v1::alert_rules::remove_webhook,
        v1::alert_rules::deliveries, v1::alert_rules::test_webhook,
        v1::firmware::list, v1::firmware::create, v1::firmware::find, v1::firmware::edit,
        v1::firmware::remove, v1::firmware::upload, v1::firmware::of_station, v1::firmware::history,
        v1::diagnostics::list, v1::diagnostics::request, v1::diagnostics::find,
        v1::diagnostics::download,
        v1::views::list, v1::views::create, v1::views::find, v1::views::edit, v1::views::remove,
        crate::live::stream,
    ),
    components(schemas(
        crate::problem::ProblemView,
        // Those that only parameters name.
        words::Topic, words::MemberState, words::StationOrder, words::SiteOrder, words::SessionOrder, words::TokenOrder,
        words::DriverOrder, words::AlertOrder,
    ))
)]
struct Document;

/// The document, with what the registry and the middleware add to each route.
fn value() -> Result<Value, serde_json::Error> {
    let mut document = serde_json::to_value(Document::openapi())?;
    for endpoint in routes::all() {
        let method = endpoint.method.to_lowercase();
        let operation = &mut document["paths"][endpoint.path][method];
        // The tests refuse a route that is not there.
        if operation.is_object() {
            operation::complete(endpoint, operation);
        }
    }
    document["components"]["responses"] = operation::problems();
    document["components"]["securitySchemes"] = operation::logins();
    document["security"] = json!([{"login": []}, {"plain_login": []}, {"key": []}]);
    shape::complete(&mut document);
    Ok(document)
}

/// The names of the parameters of a route.
pub(crate) fn parameters(endpoint: &Endpoint) -> &'static [String] {
    type Names = HashMap<(&'static str, &'static str), Vec<String>>;
    static NAMES: LazyLock<Names> = LazyLock::new(|| {
        let document = value().unwrap_or_default();
        let names = |e: &'static Endpoint| {
            let operation = &document["paths"][e.path][e.method.to_lowercase()];
            let all = operation["parameters"].as_array().into_iter().flatten();
            let mine = all.filter(|p| p["in"] == "query");
            let names = mine.filter_map(|p| p["name"].as_str().map(str::to_owned));
            ((e.method, e.path), names.collect())
        };
        routes::all().map(names).collect()
    });
    let names = NAMES.get(&(endpoint.method, endpoint.path));
    names.map_or(&[], Vec::as_slice)
}

/// The document as text, for the repository and for generators.
pub fn text() -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&value()?)
}

pub(crate) async fn document() -> HttpResponse {
    match text() {
        Ok(text) => HttpResponse::Ok()
            .content_type("application/json")
            .body(text),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// A page that lists the routes: plain, without scripts of others.
pub(crate) async fn page() -> HttpResponse {
    let mut rows = String::new();
    for endpoint in routes::all() {
        let needs = match endpoint.need {
            Need::Open => "nothing".to_owned(),
            Need::SignedIn => "to be signed in".to_owned(),
            need => routes::words(need).join(" or "),
        };
        rows.push_str(&format!(
            "<tr><td><code>{}</code></td><td><code>{}</code></td><td>{needs}</td></tr>",
            endpoint.method, endpoint.path
        ));
    }
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(format!(
            "<!doctype html><html lang=\"en\"><title>Busbar API</title><h1>Busbar admin API</h1>\
         <p>All paths are below <code>/api/v1</code>. The whole description is \
         <a href=\"openapi.json\">openapi.json</a> (OpenAPI 3.1).</p>\
         <table><thead><tr><th>Method</th><th>Path</th><th>Needs</th></tr></thead>\
         <tbody>{rows}</tbody></table></html>"
        ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_committed_document_is_the_one_of_the_code() {
        let committed = include_str!("../../../openapi.json");
        // Not by assert_eq, which would print both.
        let same = text().unwrap().trim() == committed.trim();
        assert!(same, "run `make openapi`");
    }

    #[test]
    fn the_document_and_the_registry_have_the_same_routes() {
        let document = value().unwrap();
        let mut documented: Vec<String> = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                documented.push(format!("{} {path}", method.to_uppercase()));
            }
        }
        let mut registered: Vec<String> = routes::all()
            .map(|e| format!("{} {}", e.method, e.path))
            .collect();
        documented.sort();
        registered.sort();
        assert_eq!(documented, registered);
    }

    /// Every `$ref` in a part of the document.
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|field| references(field, found));
            }
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_part_is_used() {
        let document = value().unwrap();
        let mut found = Vec::new();
        references(&document, &mut found);
        for reference in &found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        for part in ["schemas", "responses"] {
            for name in document["components"][part].as_object().unwrap().keys() {
                let reference = format!("#/components/{part}/{name}");
                assert!(found.contains(&reference.as_str()), "{name} is not used");
            }
        }
    }

    #[test]
    fn an_operation_has_a_name_of_its_own_its_parameters_its_needs_and_its_problems() {
        let document = value().unwrap();
        let mut names = HashSet::new();
        for endpoint in routes::all() {
            let operation = &document["paths"][endpoint.path][endpoint.method.to_lowercase()];
            let route = format!("{} {}", endpoint.method, endpoint.path);
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{route}: {name}");
            let empty = Vec::new();
            let parameters = operation["parameters"].as_array().unwrap_or(&empty);
            let mut in_path: Vec<&str> = parameters
                .iter()
                .filter(|p| p["in"] == "path")
                .filter_map(|p| p["name"].as_str())
                .collect();
            let mut wanted: Vec<&str> = endpoint
                .path
                .split('/')
                .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            in_path.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(in_path, wanted, "{route}");
            for parameter in parameters.iter().filter(|p| p["in"] == "query") {
                assert!(!parameter["schema"].to_string().contains("null"), "{route}");
            }
            let open = operation.get("security").is_some_and(|s| s == &json!([]));
            assert_eq!(open, endpoint.need == Need::Open, "{route}");
            let needs = operation.get("x-permission").is_some();
            assert_eq!(needs, !routes::words(endpoint.need).is_empty(), "{route}");
            assert!(operation["responses"]["default"].is_object(), "{route}");
            let refused = operation["responses"].get("401").is_some();
            assert!(refused || open, "{route}");
        }
    }
}
