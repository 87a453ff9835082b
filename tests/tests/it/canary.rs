//! One word is planted wherever a station or a person can say something about a driver, through the
//! real doors. Who may not read driver data must find it nowhere: not in an answer of any route,
//! in any form, not in a file, in the live stream, nor in the server's own log.
#![allow(clippy::print_stdout)] // the figure is what the test shows

use std::fs::File;
use std::time::Duration;

use api::ROUTES;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use busbar_tests::http::Person;
use busbar_tests::product::Product;
use serde_json::{Value, json};
use simulators::{Station, Template, Version};
use tokio::time::timeout;

use crate::rights::member;

/// Short enough for a token of 1.6, with an end that a mask may show.
const CANARY: &str = "CNRY7F3A91C4QUIE";
/// What must not be found.
const CORE: &str = "CNRY7F3A91C4";
const PASSWORD: &str = "0123456789abcdef0123";
const WITH: [&str; 3] = ["administrator", "driver_manager", "financial_support"];
const WITHOUT: [&str; 4] = [
    "charging_manager",
    "technician",
    "viewer",
    "paid_module_activator",
];

/// The word as it could stand in an answer: plain, in hexadecimal, in base64 at each of its three
/// places.
fn disguises() -> Vec<String> {
    let hex: String = CORE.bytes().map(|b| format!("{b:02x}")).collect();
    let mut forms = vec![CORE.to_lowercase(), hex];
    for before in 0..3 {
        let text = format!("{}{CORE}", " ".repeat(before));
        let coded = STANDARD.encode(text);
        // Without the signs at both ends, which depend on what stands beside.
        let middle = coded.trim_end_matches('=');
        forms.push(middle[4..middle.len() - 2].to_lowercase());
    }
    forms
}

fn finds(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    disguises().iter().any(|form| text.contains(form.as_str()))
}

/// What stands around the first plain find.
fn around(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let at = text.find(CORE).unwrap_or_default();
    text.chars()
        .skip(at.saturating_sub(200))
        .take(260)
        .collect()
}

fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// A payload for each field of a 1.6 station in which a person can be named.
fn said_in_16() -> Vec<(&'static str, Value)> {
    let (card, at) = (format!("card {CANARY} of {CANARY}@example.org"), now());
    let signed = json!([{"timestamp": at, "sampledValue": [
        {"value": format!("OCMF|{CANARY}"), "format": "SignedData"}, {"value": "5", "unit": "Wh"}]}]);
    vec![
        ("Authorize", json!({"idTag": CANARY})),
        (
            "StartTransaction",
            json!({"connectorId": 1, "idTag": CANARY, "meterStart": 0, "timestamp": at}),
        ),
        (
            "MeterValues",
            json!({"connectorId": 1, "meterValue": signed}),
        ),
        (
            "StatusNotification",
            json!({"connectorId": 1, "errorCode": "ReaderFailure", "status": "Faulted",
            "info": card, "vendorErrorCode": CANARY, "timestamp": at}),
        ),
        (
            "DataTransfer",
            json!({"vendorId": "acme", "messageId": "card", "data": card}),
        ),
        (
            "SecurityEventNotification",
            json!({"type": "InvalidCard", "timestamp": at, "techInfo": card}),
        ),
        (
            "Heartbeat",
            json!({"nickname": CANARY, "holder": {"name": CANARY}}),
        ),
        (
            "Heartbeat",
            json!({"customData": {"vendorId": "acme", "member": CANARY}}),
        ),
    ]
}

/// The same for 2.x.
fn said_in_2x() -> Vec<(&'static str, Value)> {
    let (card, at) = (format!("card {CANARY} refused"), now());
    let token = json!({"idToken": CANARY, "type": "ISO14443",
        "additionalInfo": [{"additionalIdToken": CANARY, "type": "eMAID"}]});
    let vehicle = json!({"component": {"name": "ConnectedEV"}, "variable": {"name": "VehicleId"}});
    let mut event = json!({"eventId": 1, "timestamp": at, "trigger": "Delta", "actualValue": CANARY,
        "techInfo": card, "eventNotificationType": "HardWiredNotification"});
    event["component"] = vehicle["component"].clone();
    event["variable"] = vehicle["variable"].clone();
    let mut reported = vehicle;
    reported["variableAttribute"] = json!([{"value": CANARY}]);
    vec![
        ("Authorize", json!({"idToken": token})),
        (
            "TransactionEvent",
            json!({"eventType": "Started", "timestamp": at, "triggerReason": "Authorized",
            "seqNo": 0, "transactionInfo": {"transactionId": "canary-1", "chargingState": "Charging"},
            "evse": {"id": 1, "connectorId": 1}, "idToken": token}),
        ),
        (
            "NotifyEvent",
            json!({"generatedAt": at, "seqNo": 0, "eventData": [event]}),
        ),
        (
            "NotifyReport",
            json!({"requestId": 1, "generatedAt": at, "seqNo": 0, "reportData": [reported]}),
        ),
        (
            "NotifyCustomerInformation",
            json!({"data": card, "seqNo": 0, "generatedAt": at, "requestId": 1}),
        ),
        (
            "DataTransfer",
            json!({"vendorId": "acme", "data": {"driver": [CANARY]}}),
        ),
        (
            "SecurityEventNotification",
            json!({"type": "InvalidCard", "timestamp": at, "techInfo": card}),
        ),
    ]
}

async fn station(
    product: &Product,
    ana: &mut Person,
    name: &str,
    version: Version,
) -> (Station, String) {
    let body = json!({"identity": name, "password": PASSWORD});
    let added = ana
        .expect(201, "POST", "/stations", Some(&body))
        .await
        .unwrap();
    let id = added["station"]["id"].as_str().unwrap().to_owned();
    let station = Station::builder(&product.stations, name)
        .version(version)
        .password(Some(PASSWORD))
        .template(Template::ac22())
        .seed(3)
        .build();
    station.connect_and_boot().await.unwrap();
    (station, id)
}

/// Waits until the last thing that was said stands in the log, and so all that was said before.
async fn on_record(ana: &mut Person, station: &str, action: &str) {
    let path = format!("/stations/{station}/logs?action={action}");
    let written = async { while ana.all(&path).await.unwrap().is_empty() {} };
    timeout(Duration::from_secs(20), written).await.unwrap();
}

/// A driver with the word in every column, who has the token.
async fn driver(ana: &mut Person, token: &str) {
    let driver = json!({"name": format!("Eva {CANARY}"), "email": format!("{CANARY}@example.org"),
        "plate": CANARY, "contract_id": format!("DE{}", &CANARY[..12]), "reference": CANARY,
        "note": format!("likes {CANARY}"), "language": "de"});
    let made = ana.expect(201, "POST", "/drivers", Some(&driver)).await;
    let made = made.unwrap();
    let id = made["id"].as_str().unwrap();
    let attach = format!("/drivers/{id}/tokens/{token}");
    ana.expect(204, "PUT", &attach, None).await.unwrap();
}

/// Says everything, and has people say it too.
async fn plant(product: &Product, ana: &mut Person) -> Vec<String> {
    let token = json!({"uid": CANARY, "kind": "iso14443", "label": format!("{CANARY} Eva")});
    let token = ana
        .expect(201, "POST", "/tokens", Some(&token))
        .await
        .unwrap();
    driver(ana, token["id"].as_str().unwrap()).await;
    let mut ids = Vec::new();
    for (name, version, said) in [
        ("BIRD-16", Version::V16, said_in_16()),
        ("BIRD-201", Version::V201, said_in_2x()),
        ("BIRD-21", Version::V21, said_in_2x()),
    ] {
        let (station, id) = station(product, ana, name, version).await;
        for (action, payload) in said {
            // Some of it is refused, and kept as well.
            let _ = station.call(action, payload).await;
        }
        for text in [
            format!(r#"[4,"nobody-asked","GenericError","card {CANARY}",{{"card":"{CANARY}"}}]"#),
            format!(r#"[2,"odd","Authorize",{{"idTag":"{CANARY}"]"#),
            format!(r#"[3,"nobody-asked",{{"status":"{CANARY}"}}]"#),
            format!(r#"[2,"vendor","AcmeGreets",{{"name":"{CANARY}"}}]"#),
        ] {
            station.send_text(&text).await.unwrap();
        }
        let orders = [
            json!({"type": "start_session", "params": {"evse": 1, "token": CANARY}}),
            json!({"type": "write_variables", "params": {"values": [
                {"component": "ConnectedEV", "variable": "VehicleId", "value": CANARY}]}}),
        ];
        for order in orders {
            let path = format!("/stations/{id}/commands");
            ana.ask("POST", &path, Some(&order)).await.unwrap();
        }
        let raw =
            json!({"action": "DataTransfer", "payload": {"vendorId": "acme", "data": CANARY}});
        let path = format!("/stations/{id}/ocpp");
        ana.ask("POST", &path, Some(&raw)).await.unwrap();
        on_record(ana, &id, "AcmeGreets").await;
        ids.push(id);
    }
    ids
}

/// Every address that can be read, with the things there are in place of the names.
async fn addresses(ana: &mut Person, stations: &[String]) -> Vec<String> {
    let sessions = ana.all("/sessions").await.unwrap();
    let tokens = ana.all("/tokens").await.unwrap();
    let drivers = ana.all("/drivers").await.unwrap();
    assert!(sessions.len() >= 3 && !tokens.is_empty());
    let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
    let mut found = Vec::new();
    for endpoint in ROUTES.iter().flat_map(|group| group.iter()) {
        let path = endpoint.path;
        // What stations send is looked at in the stories about files.
        if endpoint.method != "GET" || path == "/events" || path.contains("{transfer_id}") {
            continue;
        }
        let noun = path.split('/').nth(1).unwrap_or_default();
        let ids: Vec<String> = match noun {
            _ if !path.contains("{id}") => vec![String::new()],
            "stations" => stations.to_vec(),
            "sessions" => sessions.iter().map(id).collect(),
            "tokens" => tokens.iter().map(id).collect(),
            "drivers" => drivers.iter().map(id).collect(),
            _ => Vec::new(),
        };
        for one in ids {
            let path = path.replace("{id}", &one);
            if !path.contains("{command}") {
                found.push(path);
                continue;
            }
            let list = ana.all(&path.replace("/{command}", "")).await.unwrap();
            found.extend(list.iter().map(|row| path.replace("{command}", &id(row))));
        }
    }
    found
}

/// Asks for everything in every form; tells where the word was found, and of how many answers.
async fn search(person: &Person, addresses: &[String]) -> (Vec<String>, usize) {
    let mut found = Vec::new();
    let mut asked = 0;
    for path in addresses {
        for form in ["application/json", "text/csv"] {
            let answer = person.raw("GET", path, &[("Accept", form)]).await.unwrap();
            asked += 1;
            if finds(&answer) {
                found.push(format!("{path} as {form}: {}", around(&answer)));
            }
        }
    }
    (found, asked)
}

/// How many filters and searches tell whether the word is there.
async fn answered(person: &mut Person, stations: &[String]) -> usize {
    let logs = stations
        .iter()
        .map(|id| format!("/stations/{id}/logs?q={CORE}"));
    let others = [
        format!("/logs?q={CORE}"),
        format!("/sessions?token={CANARY}"),
        format!("/tokens?q={CORE}"),
        format!("/drivers?q={CORE}"),
    ];
    let mut telling = 0;
    for path in logs.chain(others) {
        let answer = person.ask("GET", &path, None).await.unwrap();
        assert_ne!(answer.body["code"], "invalid_parameter", "{path}");
        telling += usize::from(
            answer.body["data"]
                .as_array()
                .is_some_and(|rows| !rows.is_empty()),
        );
    }
    telling
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_without_the_right_finds_a_driver_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("server.log");
    let output = File::create(&log).unwrap();
    let verbose = [("BUSBAR_LOG", "debug,busbar_gateway=trace,busbar_app=trace")];
    let product = Product::start_logged(folder.path(), &verbose, output)
        .await
        .unwrap();
    let mut ana = product.administrator().await.unwrap();
    let mut listening = Vec::new();
    let mut people = Vec::new();
    for role in WITH.into_iter().chain(WITHOUT) {
        let person = member(&product, folder.path(), role).await;
        if role != "paid_module_activator" {
            listening.push((role, person.listen("/events").await.unwrap()));
        }
        people.push((role, person));
    }
    let stations = plant(&product, &mut ana).await;
    let addresses = addresses(&mut ana, &stations).await;

    let mut looked = 0;
    for (role, person) in &mut people {
        let (found, asked) = search(person, &addresses).await;
        if WITH.contains(role) {
            // The planting took: in tokens, sessions, and what else this role may see.
            assert!(found.len() >= 4, "{role} finds it only in {found:?}");
            assert!(answered(person, &stations).await >= 2, "{role}");
        } else {
            assert_eq!(found, Vec::<String>::new(), "{role}");
            assert_eq!(answered(person, &stations).await, 0, "{role}");
            looked += asked;
        }
    }
    for (role, stream) in listening {
        let told = stream
            .heard(Duration::from_secs(10), "session.started")
            .await
            .unwrap();
        assert!(!finds(&told), "the stream of {role}");
    }
    product.stop().await.unwrap();
    let log = std::fs::read(&log).unwrap();
    assert!(!log.is_empty() && !finds(&log), "the server's own log");
    println!("not found in {looked} answers, 6 streams and the log");
}
