//! What cannot be accepted is refused, with its place and what would be right, in plain words.

use busbar_api::ROUTES;
use serde_json::json;

use crate::door::{Answer, Door, ask};

const NOBODY: &str = "00000000000000000000000000000000";

/// Words of the language and libraries we are written in, and of no use to a client.
const OURS: [&str; 12] = [
    "struct",
    "enum",
    "untagged",
    "serde",
    "variant",
    "expected",
    "i32",
    "u32",
    "Option",
    "missing field",
    "invalid type",
    "column 0",
];

/// A problem, and in plain words.
fn problem(answer: &Answer, what: &str) {
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{what}"
    );
    for word in OURS {
        assert!(!answer.text.contains(word), "{what}: {}", answer.text);
    }
}

/// The first thing wrong: pointer, code and sentence.
fn first(answer: &Answer) -> (String, String, String) {
    let place = answer.json()["errors"][0].clone();
    let text = |name: &str| place[name].as_str().unwrap_or_default().to_owned();
    (text("pointer"), text("code"), text("detail"))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_takes_a_parameter_that_it_does_not_know() {
    let door = Door::open().await;
    let mut tried = 0;
    for endpoint in ROUTES.iter().flat_map(|group| group.iter()) {
        let path = endpoint
            .path
            .replace("{id}", &format!("stn_{NOBODY}"))
            .replace("{command}", &format!("cmd_{NOBODY}"));
        let what = format!("{} {}", endpoint.method, endpoint.path);
        let path = format!("{path}?nonsense=1");
        let answer = door.ask(endpoint.method, &path, &[], "{}").await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "invalid_parameter"),
            "{what}"
        );
        problem(&answer, &what);
        let (pointer, code, _) = first(&answer);
        assert_eq!(
            (pointer.as_str(), code.as_str()),
            ("nonsense", "unknown"),
            "{what}"
        );
        tried += 1;
    }
    assert!(tried > 30, "only {tried} were tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_cannot_be_read_is_named_with_what_can() {
    let door = Door::open().await;
    let station = door.test.station("ONE", None).await;
    let logs = format!("/stations/{station}/logs");
    let meter = format!("/stations/{station}/meter");
    let cases = [
        ("/stations", "limit=0", "from 1 to 200"),
        ("/stations", "limit=201", "from 1 to 200"),
        ("/stations", "limit=many", "from 1 to 200"),
        ("/stations", "limit=-1", "from 1 to 200"),
        ("/stations", "limit=", "from 1 to 200"),
        ("/stations", "limit=1&limit=2", "twice"),
        ("/stations", "online=yes", "true or false"),
        (
            "/stations",
            "status=charging,gone",
            "One of available, preparing, charging",
        ),
        ("/stations", "status=", "One of available"),
        ("/stations", "site_id=7", "sit_ and 32 hexadecimal digits"),
        (
            "/stations",
            "sort=model",
            "One of identity, last_seen, created",
        ),
        ("/stations", "q=a%00b", "control character"),
        ("/sites", "sort=-city", "One of name, created"),
        ("/sessions", "state=active,ended", "One of active, ended"),
        ("/sessions", "suspect=1", "true or false"),
        ("/sessions", "from=yesterday", "2026-01-31T12:00:00Z"),
        ("/sessions", "from=2026-01-31", "2026-01-31T12:00:00Z"),
        (
            "/sessions",
            "to=2026-01-31T12:00:00",
            "2026-01-31T12:00:00Z",
        ),
        ("/sessions", "to=2026-01-31T12:00:00+01:00", "%2B"),
        (
            "/sessions",
            "station_id=ONE",
            "stn_ and 32 hexadecimal digits",
        ),
        ("/tokens", "sort=uid", "One of created, last_used"),
        ("/events", "topics=station,news", "One of station, session"),
        (&logs, "direction=a,b", "One of in, out"),
        (&logs, "errors_only=maybe", "true or false"),
        (&meter, "minutes=0", "from 1 to 10080"),
        ("/me", "limit=1", "this route takes none"),
        ("/connection_attempts/unclaimed", "limit=0", "from 1 to 200"),
        (
            "/connection_attempts",
            "sort=at",
            "there are identity, remote_ip, limit, cursor",
        ),
    ];
    for (path, query, right) in cases {
        let what = format!("{path}?{query}");
        let answer = door.ask("GET", &what, &[], "").await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "invalid_parameter"),
            "{what}"
        );
        problem(&answer, &what);
        let (pointer, _, detail) = first(&answer);
        assert_eq!(Some(pointer.as_str()), query.split('=').next(), "{what}");
        assert!(detail.contains(right), "{what}: {detail}");
    }
    let long = format!("/stations?q={}", "a".repeat(3_000));
    assert_eq!(door.ask("GET", &long, &[], "").await.status, 400);
    let good =
        format!("{logs}?direction=in&from=2026-01-31T12:00:00%2B01:00&action=Heartbeat,Reset");
    assert_eq!(door.ask("GET", &good, &[], "").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_cannot_be_accepted_is_told_by_pointer_and_sentence() {
    let door = Door::open().await;
    let station = door.test.station("ONE", None).await;
    let site = door.ask("POST", "/sites", &[], r#"{"name":"Here"}"#).await;
    let site = format!("/sites/{}", site.json()["id"].as_str().unwrap());
    let token = door.ask("POST", "/tokens", &[], r#"{"uid":"04A1"}"#).await;
    let token = format!("/tokens/{}", token.json()["id"].as_str().unwrap());
    let commands = format!("/stations/{station}/commands");
    let ocpp = format!("/stations/{station}/ocpp");
    let station = format!("/stations/{station}");
    let command =
        |kind: &str, params: serde_json::Value| json!({"type": kind, "params": params}).to_string();
    let cases: Vec<(&str, &str, String, &str, &str)> = vec![
        ("POST", "/sites", "{}".into(), "/name", "needed"),
        ("POST", "/sites", "[]".into(), "", "an object"),
        ("POST", "/sites", r#"{"name":7}"#.into(), "/name", "a text"),
        (
            "POST",
            "/sites",
            r#"{"name":"A","town":"B"}"#.into(),
            "/town",
            "there are name, address",
        ),
        (
            "POST",
            "/sites",
            r#"{"name":"A","latitude":"x"}"#.into(),
            "/latitude",
            "a number",
        ),
        (
            "POST",
            "/sites",
            r#"{"name":"A","latitude":1}"#.into(),
            "/longitude",
            "together",
        ),
        (
            "PATCH",
            &site,
            r#"{"name":null}"#.into(),
            "/name",
            "cannot be null",
        ),
        (
            "PATCH",
            &site,
            r#"{"admin_state":"closed"}"#.into(),
            "/admin_state",
            "One of in_deployment",
        ),
        (
            "PATCH",
            &site,
            r#"{"accessibility":null}"#.into(),
            "/accessibility",
            "cannot be null",
        ),
        ("POST", "/stations", "{}".into(), "/identity", "needed"),
        (
            "POST",
            "/stations",
            r#"{"identity":"A","site_id":"x"}"#.into(),
            "/site_id",
            "sit_ and",
        ),
        (
            "PATCH",
            &station,
            r#"{"policy_lenient":1}"#.into(),
            "/policy_lenient",
            "true or false",
        ),
        (
            "PATCH",
            &station,
            r#"{"identity":"B"}"#.into(),
            "/identity",
            "there are name, site_id",
        ),
        (
            "POST",
            "/tokens",
            r#"{"uid":"1","state":"blocked"}"#.into(),
            "/state",
            "there are uid",
        ),
        (
            "POST",
            "/tokens",
            r#"{"uid":"1","expires_at":"soon"}"#.into(),
            "/expires_at",
            "RFC 3339",
        ),
        (
            "PATCH",
            &token,
            r#"{"uid":"04B1"}"#.into(),
            "/uid",
            "there are kind",
        ),
        (
            "PATCH",
            &token,
            r#"{"kind":"card"}"#.into(),
            "/kind",
            "One of central, emaid",
        ),
        ("POST", &commands, "{}".into(), "/type", "needed"),
        (
            "POST",
            &commands,
            command("dance", json!({})),
            "/type",
            "One of reset, start_session",
        ),
        (
            "POST",
            &commands,
            command("reset", json!({})),
            "/params/kind",
            "needed",
        ),
        (
            "POST",
            &commands,
            command("reset", json!({"kind": "warm"})),
            "/params/kind",
            "One of soft, hard",
        ),
        (
            "POST",
            &commands,
            command("reset", json!([])),
            "/params",
            "an object",
        ),
        (
            "POST",
            &commands,
            command("unlock", json!({"evse": 1.5})),
            "/params/evse",
            "a whole number",
        ),
        (
            "POST",
            &commands,
            command("unlock", json!({"evse": 3_000_000_000_u64})),
            "/params/evse",
            "beyond",
        ),
        (
            "POST",
            &commands,
            command("clear_cache", json!({"all": true})),
            "/params/all",
            "nothing can be said",
        ),
        (
            "POST",
            &commands,
            command("stop_session", json!({"session_id": "7"})),
            "/params/session_id",
            "ses_ and",
        ),
        (
            "POST",
            &commands,
            command(
                "write_variables",
                json!({"values": [{"variable": "A", "value": "1"}, {"variable": "B"}]}),
            ),
            "/params/values/1/value",
            "needed",
        ),
        (
            "POST",
            &commands,
            command(
                "read_variables",
                json!({"keys": [{"variable": "A", "unit": "W"}]}),
            ),
            "/params/keys/0/unit",
            "there are component",
        ),
        (
            "POST",
            &ocpp,
            r#"{"action":"Reset"}"#.into(),
            "/payload",
            "needed",
        ),
        (
            "POST",
            "/login",
            r#"{"email":"a"}"#.into(),
            "/password",
            "needed",
        ),
        (
            "POST",
            "/setup",
            r#"{"token":"a"}"#.into(),
            "/name",
            "needed",
        ),
    ];
    for (method, path, body, pointer, right) in cases {
        let what = format!("{method} {path} {body}");
        let answer = door.ask(method, path, &[], &body).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (422, "invalid"),
            "{what}"
        );
        problem(&answer, &what);
        let (at, _, detail) = first(&answer);
        assert_eq!(at, pointer, "{what}");
        assert!(detail.contains(right), "{what}: {detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_or_no_method_is_told_so() {
    let door = Door::open().await;
    for body in ["", "{", "{\"name\":\"A\",}", "name=A", "\u{0}"] {
        let answer = door.ask("POST", "/sites", &[], body).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "malformed_body"),
            "{body}"
        );
        problem(&answer, body);
    }
    let long = format!(r#"{{"name":"{}"}}"#, "a".repeat(1024 * 1024));
    let answer = door.ask("POST", "/sites", &[], &long).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (413, "body_too_large")
    );
    let answer = door.ask("PUT", "/sites", &[], "{}").await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (405, "method_not_allowed")
    );
    assert_eq!(answer.header("allow"), "GET, POST");
    problem(&answer, "PUT");
    assert_eq!(door.ask("GET", "/pools", &[], "").await.status, 404);
    let plain = ask(door.address, "", "GET", "/me?a=1", &[], "").await;
    assert_eq!(plain.status, 400, "a stranger is told the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_is_found_by_its_location() {
    let door = Door::open().await;
    for (path, body) in [
        ("/sites", r#"{"name":"Here"}"#),
        ("/stations", r#"{"identity":"ONE"}"#),
        ("/tokens", r#"{"uid":"04A1"}"#),
    ] {
        let made = door.ask("POST", path, &[], body).await;
        let found = made.header("location").strip_prefix("/api/v1").unwrap();
        let found = door.ask("GET", found, &[], "").await;
        assert_eq!((made.status, found.status), (201, 200), "{path}");
        assert_eq!(found.header("etag"), made.header("etag"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_is_looked_at_and_kept_tidy() {
    let door = Door::open().await;
    let station = door.test.station("ONE", None).await;
    let commands = format!("/stations/{station}/commands");
    let station = format!("/stations/{station}");
    let site = |field: &str, value: serde_json::Value| {
        let mut body = json!({"name": "Yard"});
        body[field] = value;
        body
    };
    let command = |kind: &str, params: serde_json::Value| json!({"type": kind, "params": params});
    let long = "x".repeat(201);
    let cases = [
        ("/sites", site("name", json!("  ")), "/name", "required"),
        ("/sites", site("name", json!(long)), "/name", "too_long"),
        (
            "/sites",
            site("name", json!("North\nyard")),
            "/name",
            "invalid",
        ),
        (
            "/sites",
            site("city", json!("Li\u{0}nz")),
            "/city",
            "invalid",
        ),
        (
            "/sites",
            site("address", json!(long)),
            "/address",
            "too_long",
        ),
        (
            "/sites",
            site("country", json!("ZZ")),
            "/country",
            "invalid",
        ),
        (
            "/sites",
            site("country", json!("at")),
            "/country",
            "invalid",
        ),
        (
            "/sites",
            site("country", json!("AUT")),
            "/country",
            "invalid",
        ),
        (
            "/sites",
            site("time_zone", json!("")),
            "/time_zone",
            "invalid",
        ),
        (
            "/sites",
            site("time_zone", json!("Europe/Wien")),
            "/time_zone",
            "invalid",
        ),
        (
            "/sites",
            site("time_zone", json!("CEST")),
            "/time_zone",
            "invalid",
        ),
        (
            "/sites",
            site("time_zone", json!("+01:00")),
            "/time_zone",
            "invalid",
        ),
        (
            "/sites",
            json!({"name": "Yard", "latitude": 91, "longitude": 0}),
            "/latitude",
            "out_of_range",
        ),
        (
            "/sites",
            json!({"name": "Yard", "latitude": 0, "longitude": -1e300}),
            "/longitude",
            "out_of_range",
        ),
        (
            "/sites",
            site("admin_state", json!("archived")),
            "/admin_state",
            "invalid",
        ),
        (
            "/stations",
            json!({"identity": " "}),
            "/identity",
            "invalid",
        ),
        (
            "/stations",
            json!({"identity": "A/B"}),
            "/identity",
            "invalid",
        ),
        (
            "/stations",
            json!({"identity": "A\u{7}"}),
            "/identity",
            "invalid",
        ),
        (
            "/stations",
            json!({"identity": "A", "name": "a\tb"}),
            "/name",
            "invalid",
        ),
        (
            "/stations",
            json!({"identity": "A", "password": "short"}),
            "/password",
            "invalid",
        ),
        (
            "/stations",
            json!({"identity": "A", "password": "ÄÖÜ-ÄÖÜ-ÄÖÜ-ÄÖÜ"}),
            "/password",
            "invalid",
        ),
        ("/tokens", json!({"uid": " "}), "/uid", "required"),
        ("/tokens", json!({"uid": "04\u{0}A1"}), "/uid", "invalid"),
        (
            "/tokens",
            json!({"uid": "04A1", "group": "x".repeat(37)}),
            "/group",
            "too_long",
        ),
        (
            "/tokens",
            json!({"uid": "04A1", "label": "a\rb"}),
            "/label",
            "invalid",
        ),
        (
            &commands,
            command("unlock", json!({"evse": 0})),
            "/params/evse",
            "out_of_range",
        ),
        (
            &commands,
            command("start_session", json!({"token": ""})),
            "/params/token",
            "required",
        ),
        (
            &commands,
            command("update_firmware", json!({"url": "file:///etc"})),
            "/params/url",
            "invalid",
        ),
        (
            &commands,
            command("update_firmware", json!({"url": "http://a b"})),
            "/params/url",
            "invalid",
        ),
        (
            &commands,
            command(
                "update_firmware",
                json!({"url": "http://a/b", "retry_interval_s": -1}),
            ),
            "/params/retry_interval_s",
            "out_of_range",
        ),
        (
            &commands,
            command(
                "write_variables",
                json!({"values": [{"variable": "", "value": "1"}]}),
            ),
            "/params/values/0/variable",
            "required",
        ),
        (
            &commands,
            command(
                "read_variables",
                json!({"keys": [{"variable": "A", "evse": -1}]}),
            ),
            "/params/keys/0/evse",
            "out_of_range",
        ),
    ];
    for (path, body, pointer, code) in cases {
        let what = format!("POST {path} {body}");
        let answer = door.ask("POST", path, &[], &body.to_string()).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (422, "invalid"),
            "{what}"
        );
        problem(&answer, &what);
        let (at, why, _) = first(&answer);
        assert_eq!((at.as_str(), why.as_str()), (pointer, code), "{what}");
    }
    let all = json!({"name": "", "country": "Austria", "time_zone": "Vienna"}).to_string();
    let answer = door.ask("POST", "/sites", &[], &all).await;
    assert_eq!(
        answer.json()["errors"].as_array().map(Vec::len),
        Some(3),
        "all at once"
    );

    let body = json!({"name": " North yard ", "city": "  ", "country": "AT", "address": " Hafenstraße 1 ",
        "time_zone": "Europe/Vienna", "latitude": 48.2, "longitude": 16.37});
    let kept = door
        .ask("POST", "/sites", &[], &body.to_string())
        .await
        .json();
    assert_eq!(
        (&kept["name"], &kept["address"]),
        (&json!("North yard"), &json!("Hafenstraße 1"))
    );
    assert!(kept["city"].is_null(), "{kept}");
    let kept = door
        .ask("PATCH", &station, &[], r#"{"name":" Gate "}"#)
        .await
        .json();
    assert_eq!(kept["name"], "Gate");
    let kept = door
        .ask("PATCH", &station, &[], r#"{"name":"  "}"#)
        .await
        .json();
    assert_eq!(kept["name"], "ONE", "the identity when it has no name");
}
