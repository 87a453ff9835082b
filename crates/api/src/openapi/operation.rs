//! What the registry and the middleware know of an operation: who may ask, headers that are looked
//! at, files, and the problems that can come.

use serde_json::{Map, Value, json};

use crate::route::{Endpoint, Manner, Need};
use crate::{routes, table, workbook};

/// Problems: status, name in the document, and the codes.
const PROBLEMS: &[(u16, &str, &str)] = &[
    (
        400,
        "BadRequest",
        "A parameter or header that is unknown or cannot be read (`invalid_parameter`), or a body \
         that is not JSON (`malformed_body`).",
    ),
    (
        401,
        "NotSignedIn",
        "Nobody is signed in (`not_signed_in`), or the sign-in failed (`invalid_credentials`, \
         `invalid_second_factor`, `invalid_passkey`, `provider_refused`).",
    ),
    (
        403,
        "Forbidden",
        "A permission or a module is missing (`permission_denied`, `module_inactive`), the request \
         comes from another site (`cross_site`), the setup link is not valid \
         (`setup_token_invalid`), nor is that of a mail (`link_invalid`, `link_used`, \
         `link_expired`), the address is not proved yet (`activation_needed`), the identity provider's word \
         does not suffice (`provider_no_address`, `provider_unknown_person`, `provider_no_role`), it takes a person who is signed in (`login_needed`) or one who \
         showed lately who they are: `POST /me/confirm` (`step_up_needed`).",
    ),
    (
        404,
        "NotFound",
        "It is not there, or out of reach (`not_found`).",
    ),
    (
        409,
        "Conflict",
        "It does not fit what is there, by a code such as `identity_taken`, or by one that begins \
         with `idempotency_`.",
    ),
    (
        412,
        "PreconditionFailed",
        "It was changed since it was read (`precondition_failed`).",
    ),
    (
        428,
        "PreconditionRequired",
        "It is changed only with `If-Match` (`precondition_required`).",
    ),
    (
        413,
        "TooLarge",
        "The body is larger than 1 MiB (`body_too_large`), or the file larger than the instance \
         allows (`file_too_large`).",
    ),
    (
        415,
        "NotJson",
        "The body is not sent as JSON (`not_json`), or a file not as CSV in UTF-8 (`not_csv`).",
    ),
    (
        422,
        "Invalid",
        "`errors` tells which fields cannot be accepted (`invalid`). Also \
         `idempotency_key_reused` and `too_many_rows`.",
    ),
    (
        423,
        "Locked",
        "The settings of the station are locked; `detail` tells by whom (`settings_locked`).",
    ),
    (
        429,
        "TooManyRequests",
        "Wait for `Retry-After` (`too_many_requests`, `too_many_attempts`), or until the moment in \
         `detail` (`too_many_tries`).",
    ),
    (
        503,
        "Unavailable",
        "Try again later (`station_offline`, `database_unavailable`, \
         `disk_full`, `identity_provider_away`).",
    ),
];

/// The problems, each to be referred to.
pub(super) fn problems() -> Value {
    let one =
        |(_, name, description): &(u16, &str, &str)| ((*name).to_owned(), problem(description));
    Value::Object(PROBLEMS.iter().map(one).collect())
}

fn problem(description: &str) -> Value {
    json!({"description": description, "content": {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}})
}

/// How a caller shows who it is.
pub(super) fn logins() -> Value {
    let cookie = |name: &str, description: &str| json!({"type": "apiKey", "in": "cookie", "name": name, "description": description});
    json!({
        "login": cookie(crate::login::SECURE, "Set by `POST /login` over HTTPS."),
        "key": {"type": "http", "scheme": "bearer", "description": "An API key (`bsb_…`) of `POST /keys`."},
        "plain_login": cookie(crate::login::PLAIN, "Set by `POST /login` over plain HTTP."),
    })
}

/// Adds what is known of `endpoint` to its operation.
pub(super) fn complete(endpoint: &Endpoint, operation: &mut Value) {
    if endpoint.need == Need::Open {
        operation["security"] = json!([]);
    }
    let permissions = routes::words(endpoint.need);
    if !permissions.is_empty() {
        operation["x-permission"] = json!(permissions);
    }
    if let Manner::Exported(export) = endpoint.manner {
        operation["x-permission-file"] = json!([export.permission().key()]);
    }
    for (name, description) in headers(endpoint) {
        let header = json!({"name": name, "in": "header", "required": false,
            "description": description, "schema": {"type": "string"}});
        match operation["parameters"].as_array_mut() {
            Some(parameters) => parameters.push(header),
            None => operation["parameters"] = json!([header]),
        }
    }
    let has_body = operation.get("requestBody").is_some();
    let mut parameters = operation["parameters"].as_array().into_iter().flatten();
    let paged = parameters.any(|p| p["name"] == "cursor");
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    tell_answers(endpoint, responses);
    for (status, name, _) in PROBLEMS {
        if happens(*status, endpoint, has_body, paged) {
            let problem = json!({"$ref": format!("#/components/responses/{name}")});
            responses.insert(status.to_string(), problem);
        }
    }
    let other = problem("Any other problem; 5xx is a fault of the server's.");
    responses.insert("default".to_owned(), other);
}

/// Honours `If-Match` besides showing a secret.
const BESIDES: &str = "/stations/{id}/replace";

/// Headers that are looked at, and what they do.
fn headers(endpoint: &Endpoint) -> Vec<(&'static str, &'static str)> {
    let mut headers = Vec::new();
    if endpoint.path == BESIDES {
        headers.push((
            "If-Match",
            "The ETag of what was read; 412 when it was changed since.",
        ));
    }
    match (endpoint.method, endpoint.manner) {
        ("POST", Manner::Keyless) => {}
        ("POST", Manner::SecretAnswer) => headers.push((
            "Idempotency-Key",
            "Done once for each key; kept a day. The answer shows a secret and is not kept: a \
             repeat is 409 `idempotency_answer_not_kept`.",
        )),
        ("POST", _) => headers.push((
            "Idempotency-Key",
            "Done once for each key; a repeat within a day is answered as the first was.",
        )),
        (_, Manner::Conditional) => headers.push((
            "If-Match",
            "The ETag of what was read; 412 when it was changed since.",
        )),
        (_, Manner::Versioned) => headers.push((
            "If-Match",
            "The ETag of what was read, needed; 412 when it was changed since.",
        )),
        _ => {}
    }
    if endpoint.method != "GET" {
        headers.push((
            "Busbar-Reason",
            "Why, for the audit trail: at most 500 characters in percent-encoded UTF-8.",
        ));
    }
    headers
}

/// Adds headers and files to the good answers.
fn tell_answers(endpoint: &Endpoint, responses: &mut Map<String, Value>) {
    for (status, response) in responses.iter_mut() {
        let text =
            |description: &str| json!({"schema": {"type": "string"}, "description": description});
        if matches!(endpoint.manner, Manner::Exported(_)) {
            response["content"][table::CSV] = json!({"schema": {"type": "string"}});
            response["content"][workbook::XLSX] =
                json!({"schema": {"type": "string", "format": "binary"}});
        }
        let schema = response["content"]["application/json"]["schema"]["$ref"].as_str();
        if schema.is_some_and(|name| EDITED.iter().any(|e| name.ends_with(e))) {
            response["headers"]["ETag"] =
                text("The revision of what people can edit; for If-Match.");
        }
        if endpoint.method == "POST"
            && matches!(status.as_str(), "201" | "202")
            && endpoint.need != Need::Open
        {
            response["headers"]["Location"] = text("The path of what was made.");
        }
    }
}

/// What has an ETag.
const EDITED: [&str; 9] = [
    "/SiteView",
    "/StationView",
    "/NewStationView",
    "/TokenView",
    "/DriverView",
    "/FirmwareView",
    "/ConfigurationView",
    "/SettingsDiffView",
    "/SettingTemplateView",
];

/// Whether a problem of `status` can come from a route.
fn happens(status: u16, endpoint: &Endpoint, has_body: bool, paged: bool) -> bool {
    let changes = endpoint.method != "GET";
    match status {
        401 => endpoint.need != Need::Open || endpoint.path.starts_with("/login"),
        403 => changes || !matches!(endpoint.need, Need::Open | Need::SignedIn),
        404 => endpoint.path.contains('{'),
        409 => changes && !matches!(endpoint.path, "/login" | "/login/second_factor" | "/logout"),
        412 => {
            matches!(endpoint.manner, Manner::Conditional | Manner::Versioned)
                || endpoint.path == BESIDES
        }
        428 => endpoint.manner == Manner::Versioned,
        423 => changes && endpoint.path.starts_with("/stations/{id}/"),
        413 | 415 => has_body,
        422 => has_body || paged,
        _ => true,
    }
}
