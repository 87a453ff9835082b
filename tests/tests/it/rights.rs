//! Every route, as every role: what the table of rights says is what the API does.

use std::collections::HashMap;
use std::process::Stdio;

use api::{Need, ROUTES};
use busbar_tests::http::Person;
use busbar_tests::product::{PASSWORD, Product, program};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

const MISSING: &str = "00000000000000000000000000000000";
const ROLES: [&str; 7] = [
    "administrator",
    "driver_manager",
    "charging_manager",
    "technician",
    "financial_support",
    "viewer",
    "paid_module_activator",
];

/// Which role has which permission, from the committed table.
fn table() -> HashMap<(String, String), bool> {
    let text = include_str!("../../../casbin/matrix.csv");
    let mut lines = text.lines();
    let roles: Vec<&str> = lines.next().unwrap().split(',').skip(1).collect();
    let mut table = HashMap::new();
    for line in lines {
        let mut cells = line.split(',');
        let permission = cells.next().unwrap();
        for (role, cell) in roles.iter().zip(cells) {
            table.insert(((*role).to_owned(), permission.to_owned()), cell == "yes");
        }
    }
    table
}

/// A body that is well formed, so that only the right decides.
fn body(method: &str, path: &str) -> Option<Value> {
    match (method, path) {
        ("POST", "/sites") => Some(json!({"name": "Somewhere", "time_zone": "Europe/Berlin"})),
        ("PATCH", _) => Some(json!({})),
        ("POST", "/stations") => {
            Some(json!({"identity": format!("R-{}", uuid::Uuid::new_v4().simple())}))
        }
        ("POST", "/stations/{id}/commands") => {
            Some(json!({"type": "reset", "params": {"kind": "soft"}}))
        }
        ("POST", "/stations/{id}/ocpp") => Some(json!({"action": "ClearCache", "payload": {}})),
        ("POST", "/tokens") => Some(json!({"uid": uuid::Uuid::new_v4().simple().to_string()})),
        ("POST", "/stations/{id}/password") => None,
        ("POST", _) => panic!("{path} has no case: give it a body here"),
        _ => None,
    }
}

async fn member(product: &Product, data: &std::path::Path, role: &str) -> Person {
    let email = format!("{role}@example.org");
    let mut add = Command::new(program("busbar"))
        .args(["user", "create", &email, "--name", role, "--roles", role])
        .env("BUSBAR_DATA_DIR", data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = add.stdin.take().unwrap();
    input
        .write_all(format!("{PASSWORD}\n").as_bytes())
        .await
        .unwrap();
    drop(input);
    assert!(add.wait().await.unwrap().success());
    Person::sign_in(product.people, &email, PASSWORD)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_does_for_every_role_what_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let product = Product::start(folder.path(), &[]).await.unwrap();
    let mut ana = product.administrator().await.unwrap();
    let station = ana
        .expect(
            201,
            "POST",
            "/stations",
            Some(&json!({"identity": "RIGHTS-1"})),
        )
        .await
        .unwrap()["station"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let table = table();
    let mut tried = 0;
    for role in ROLES {
        let mut person = member(&product, folder.path(), role).await;
        for endpoint in ROUTES.iter().flat_map(|group| group.iter()) {
            let Need::Permission(permission) = endpoint.need else {
                continue; // open, about oneself, or decided by the body: other tests
            };
            let may = table[&(role.to_owned(), permission.key().to_owned())];
            // A thing of one's own where reading it changes nothing, and a missing one else.
            let own = endpoint.method == "GET" && endpoint.path.starts_with("/stations/{id}");
            let noun = endpoint.path.split('/').nth(1).unwrap_or_default();
            let prefix = match noun {
                "stations" => "stn",
                "sites" => "sit",
                "sessions" => "ses",
                "tokens" => "tok",
                _ => "",
            };
            let id = if own {
                station.clone()
            } else {
                format!("{prefix}_{MISSING}")
            };
            let path = endpoint
                .path
                .replace("{id}", &id)
                .replace("{command}", &format!("cmd_{MISSING}"));
            let answer = person
                .ask(
                    endpoint.method,
                    &path,
                    body(endpoint.method, endpoint.path).as_ref(),
                )
                .await
                .unwrap();
            let missing =
                endpoint.path.contains("{command}") || (endpoint.path.contains("{id}") && !own);
            let expected: &[u16] = match (may, missing) {
                (false, _) => &[403],
                (true, true) => &[404],
                (true, false) => &[200, 201],
            };
            assert!(
                expected.contains(&answer.status),
                "{role}: {} {} is {} instead of {expected:?}: {}",
                endpoint.method,
                endpoint.path,
                answer.status,
                answer.body
            );
            tried += 1;
        }
    }
    assert!(tried > 200, "only {tried} were tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_gets_nothing_but_the_way_in() {
    let folder = tempfile::tempdir().unwrap();
    let product = Product::start(folder.path(), &[]).await.unwrap();
    product.administrator().await.unwrap();
    let mut stranger = Person::stranger(product.people);
    for endpoint in ROUTES.iter().flat_map(|group| group.iter()) {
        if endpoint.need == Need::Open || !matches!(endpoint.method, "GET" | "DELETE") {
            continue;
        }
        let path = endpoint
            .path
            .replace("{id}", "stn_1")
            .replace("{command}", "cmd_1");
        let answer = stranger.ask(endpoint.method, &path, None).await.unwrap();
        assert_eq!(answer.status, 401, "{} {}", endpoint.method, endpoint.path);
    }
}
