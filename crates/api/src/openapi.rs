//! The OpenAPI document, made from the code, and its page.

use actix_web::HttpResponse;
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::route::{Endpoint, Manner, Need};
use crate::{routes, v1};

#[derive(OpenApi)]
#[openapi(
    info(title = "Busbar admin API", description = "Charge-point management: stations, sessions, commands, tokens."),
    servers((url = "/api/v1")),
    paths(
        v1::access::setup_state, v1::access::setup, v1::access::login, v1::access::logout,
        v1::access::me, v1::access::roles, v1::access::overview, v1::access::connect,
        v1::sites::list, v1::sites::create, v1::sites::find, v1::sites::edit, v1::sites::remove,
        v1::stations::list, v1::stations::create, v1::stations::find, v1::stations::edit,
        v1::stations::archive, v1::stations::password, v1::stations::evses, v1::stations::meter,
        v1::records::logs, v1::records::variables, v1::records::deviations, v1::records::notices,
        v1::commands::list, v1::commands::issue, v1::commands::find, v1::commands::raw,
        v1::attempts::list, v1::attempts::unclaimed, v1::attempts::of_station,
        v1::sessions::list, v1::sessions::find, v1::sessions::meter,
        v1::tokens::list, v1::tokens::create, v1::tokens::find, v1::tokens::edit, v1::tokens::remove,
        crate::live::stream,
    ),
    components(schemas(crate::problem::ProblemView))
)]
struct Document;

/// The document, with what a caller needs for each route.
fn value() -> Result<Value, serde_json::Error> {
    let mut document = serde_json::to_value(Document::openapi())?;
    for endpoint in routes::all() {
        let method = endpoint.method.to_lowercase();
        let operation = &mut document["paths"][endpoint.path][method];
        if !operation.is_object() {
            continue; // the test below refuses such a route
        }
        if endpoint.need != Need::Open {
            operation["x-permission"] = json!(routes::words(endpoint.need));
        }
        let problem = json!({"description": "problem",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}});
        operation["responses"]["default"] = problem;
        tell_manner(endpoint, operation);
    }
    Ok(document)
}

/// What the middleware and the registry add to an operation.
fn tell_manner(endpoint: &Endpoint, operation: &mut Value) {
    let header = |name: &str, description: &str| {
        json!({"name": name, "in": "header", "required": false, "description": description,
            "schema": {"type": "string"}})
    };
    if endpoint.method == "POST" && endpoint.manner != Manner::Keyless {
        let description = match endpoint.manner {
            Manner::SecretAnswer => {
                "Done once for each key; kept a day. The answer shows a secret and is not kept: a \
                 repeat is 409 `idempotency_answer_not_kept`."
            }
            _ => "Done once for each key; a repeat within a day is answered as the first was.",
        };
        add_parameter(operation, header("Idempotency-Key", description));
    }
    if endpoint.manner == Manner::Conditional {
        let description = "The ETag of what was read; 412 when it was changed since.";
        add_parameter(operation, header("If-Match", description));
    }
    if let Manner::Exported(export) = endpoint.manner {
        operation["x-permission-file"] = json!([export.permission().key()]);
    }
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    let good = responses
        .iter_mut()
        .filter(|(status, _)| status.starts_with('2'));
    for (_, response) in good {
        if matches!(endpoint.manner, Manner::Exported(_)) {
            response["content"][crate::table::CSV] = json!({"schema": {"type": "string"}});
            response["content"][crate::workbook::XLSX] =
                json!({"schema": {"type": "string", "format": "binary"}});
        }
        let schema = response["content"]["application/json"]["schema"]["$ref"].as_str();
        if schema.is_some_and(|name| EDITED.iter().any(|e| name.ends_with(e))) {
            response["headers"]["ETag"] = json!({"schema": {"type": "string"},
                "description": "The revision of what people can edit; for If-Match."});
        }
    }
}

/// What has an ETag.
const EDITED: [&str; 4] = ["/SiteView", "/StationView", "/NewStationView", "/TokenView"];

fn add_parameter(operation: &mut Value, parameter: Value) {
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
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
}
