//! Every route, as every role, with ids of the organisation's own, of the one above, of one below,
//! of a neighbour and of nobody: a foreign thing looks exactly like one that is not there.
#![allow(clippy::print_stdout)] // the figure is what the test shows

use std::collections::BTreeMap;
use std::process::Stdio;

use api::{Endpoint, Need, ROUTES};
use busbar_tests::http::Person;
use busbar_tests::product::{PASSWORD, Product, program};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::rights::{ROLES, body, table};

pub(crate) const MISSING: &str = "00000000000000000000000000000000";

/// Things of an organisation, by the first part of their path.
pub(crate) type Things = BTreeMap<&'static str, String>;

/// Somebody with this role in an organisation.
pub(crate) async fn member(
    product: &Product,
    data: &std::path::Path,
    role: &str,
    org: (&str, &str),
) -> Person {
    let email = format!("{role}.{}@example.org", org.0);
    let mut add = Command::new(program("busbar"))
        .args(["user", "create", &email, "--name", role, "--roles", role])
        .args(["--organisation", org.1])
        .env("BUSBAR_DATA_DIR", data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = add.stdin.take().unwrap();
    let password = format!("{PASSWORD}\n");
    input.write_all(password.as_bytes()).await.unwrap();
    drop(input);
    assert!(add.wait().await.unwrap().success());
    Person::sign_in(product.people, &email, PASSWORD)
        .await
        .unwrap()
}

async fn make(person: &mut Person, path: &str, body: Value) -> Value {
    person.expect(201, "POST", path, Some(&body)).await.unwrap()
}

/// An organisation below one's own.
pub(crate) async fn below(person: &mut Person, own: &str, name: &str) -> String {
    let path = format!("/organisations/{own}/sub_organisations");
    let made = make(person, &path, json!({"name": name})).await;
    made["id"].as_str().unwrap().to_owned()
}

/// One thing of each kind.
pub(crate) async fn furnish(person: &mut Person, org: &str, name: &str) -> Things {
    let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
    let station = json!({"identity": format!("REL-{name}")});
    let station = make(person, "/stations", station).await;
    let site = json!({"name": "Yard", "time_zone": "Europe/Berlin"});
    let site = make(person, "/sites", site).await;
    let token = make(person, "/tokens", json!({"uid": format!("04{name}")})).await;
    let driver = make(person, "/drivers", json!({"name": format!("Eva {name}")})).await;
    let until = chrono::Utc::now() + chrono::TimeDelta::days(1);
    let key = json!({"name": "K", "permissions": ["stations.list"], "expires_at": until});
    let key = make(person, "/keys", key).await;
    let me = person.expect(200, "GET", "/me", None).await.unwrap();
    let invitation = json!({"email": format!("{name}@example.org"), "roles": ["viewer"]});
    let invitations = format!("/organisations/{org}/invitations");
    let invitation = make(person, &invitations, invitation).await;
    let ids = json!({"ids": [id(&station["station"])]});
    let job = json!({"kind": "command", "spec": {"type": "clear_cache"}, "target": ids});
    let job = make(person, "/jobs", job).await;
    let template = json!({"name": format!("T {name}")});
    let template = make(person, "/setting_templates", template).await;
    Things::from([
        ("setting_templates", id(&template)),
        ("organisations", org.to_owned()),
        ("stations", id(&station["station"])),
        ("sites", id(&site)),
        ("tokens", id(&token)),
        ("drivers", id(&driver)),
        ("keys", id(&key["key"])),
        ("jobs", id(&job)),
        ("users", id(&me["user"])),
        ("invitations", id(&invitation["invitation"])),
        (
            "alert_rules",
            id(&make(person, "/alert_rules", json!({"kind": "offline"})).await),
        ),
        ("webhooks", {
            let hook = json!({"name": "H", "url": "https://example.org/"});
            id(&make(person, "/webhooks", hook).await["webhook"])
        }),
        ("maintenance", {
            let to = chrono::Utc::now() + chrono::TimeDelta::hours(1);
            let own = json!({"station_id": id(&station["station"]), "to": to});
            id(&make(person, "/maintenance", own).await)
        }),
        (
            "views",
            id(&make(person, "/views", json!({"name": "V", "list": "stations"})).await),
        ),
        // The library is a paid module, which organisations below do not have.
        ("firmware_files", format!("fwf_{:032x}", u8::MAX)),
    ])
}

/// A route with an id of a thing that is not one's own.
pub(crate) fn filled(endpoint: &Endpoint, things: &Things) -> Option<String> {
    let path = endpoint.path;
    let noun = path.split('/').nth(1)?;
    let id = things.get(noun).filter(|_| path.contains("{id}"))?;
    let mut path = path.replace("{id}", id).replace("{module}", "solar");
    path = path.replace("{command}", &format!("cmd_{MISSING}"));
    path = path.replace("{user_id}", &things["users"]);
    path = path.replace("{token_id}", &things["tokens"]);
    path = path.replace("{transfer_id}", &format!("trf_{MISSING}"));
    path = path.replace("{invitation_id}", &things["invitations"]);
    if path.ends_with("/reasons") {
        path.push_str("?permission=sites.edit");
    }
    Some(path)
}

pub(crate) fn nothing() -> Things {
    let prefixes = [
        ("organisations", "org"),
        ("stations", "stn"),
        ("sites", "sit"),
        ("tokens", "tok"),
        ("drivers", "drv"),
        ("keys", "key"),
        ("jobs", "job"),
        ("users", "usr"),
        ("invitations", "inv"),
        ("alert_rules", "rul"),
        ("webhooks", "whk"),
        ("maintenance", "mnt"),
        ("firmware_files", "fwf"),
        ("setting_templates", "tpl"),
        ("views", "vew"),
    ];
    let id = |prefix: &str| format!("{prefix}_{MISSING}");
    prefixes.map(|(noun, prefix)| (noun, id(prefix))).into()
}

pub(crate) fn asked(endpoint: &Endpoint) -> Option<Value> {
    match (endpoint.method, endpoint.path) {
        ("POST", "/stations/{id}/commands") => Some(json!({"type": "clear_cache"})),
        (method, path) => body(method, path),
    }
}

/// What an answer tells, but for the number of the request.
pub(crate) async fn told(person: &mut Person, endpoint: &Endpoint, path: &str) -> (u16, Value) {
    let answer = person
        .ask(endpoint.method, path, asked(endpoint).as_ref())
        .await
        .unwrap();
    let mut body = answer.body;
    if let Some(fields) = body.as_object_mut() {
        fields.remove("request_id");
    }
    (answer.status, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_thing_looks_like_one_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let product = Product::start(folder.path(), &[]).await.unwrap();
    let mut ana = product.administrator().await.unwrap();
    let me = ana.expect(200, "GET", "/me", None).await.unwrap();
    let root = me["organisation"]["id"].as_str().unwrap().to_owned();
    let home = below(&mut ana, &root, "Home").await;
    let next = below(&mut ana, &root, "Next door").await;
    let parent = furnish(&mut ana, &root, "PARENT").await;
    let mut neighbour = member(&product, folder.path(), "administrator", ("next", &next)).await;
    let sibling = furnish(&mut neighbour, &next, "SIBLING").await;
    let mut chief = member(&product, folder.path(), "administrator", ("home", &home)).await;
    let inside = below(&mut chief, &home, "Inside").await;
    let mut son = member(&product, folder.path(), "administrator", ("in", &inside)).await;
    let child = furnish(&mut son, &inside, "CHILD").await;
    let relations = [
        ("parent", &parent),
        ("sibling", &sibling),
        ("child", &child),
    ];
    let (table, none) = (table(), nothing());
    let mut tried = 0;
    for role in ROLES {
        let mut bo = match role {
            "administrator" => chief.clone(),
            role => member(&product, folder.path(), role, ("home", &home)).await,
        };
        for endpoint in ROUTES.iter().flat_map(|group| group.iter()) {
            let Some(missing) = filled(endpoint, &none) else {
                continue;
            };
            let nobody = told(&mut bo, endpoint, &missing).await;
            assert!(
                matches!(nobody.0, 403 | 404),
                "{role}: {} {missing} is {nobody:?}",
                endpoint.method
            );
            for (relation, things) in relations {
                let foreign = filled(endpoint, things).unwrap();
                let reseller = relation == "child" && endpoint.path.starts_with("/organisations");
                let answer = told(&mut bo, endpoint, &foreign).await;
                tried += 1;
                if reseller {
                    // A child is there for those who manage it, and only what a reseller does.
                    let may = match endpoint.need {
                        Need::Permission(p) => table[&(role.to_owned(), p.key().to_owned())],
                        _ => table[&(role.to_owned(), "reseller.view".to_owned())],
                    };
                    assert!(may || answer == nobody, "{role}: {foreign}: {answer:?}");
                    continue;
                }
                assert_eq!(
                    answer, nobody,
                    "{role}: {} {foreign} of the {relation}",
                    endpoint.method
                );
            }
        }
    }
    // Nothing of it was touched.
    for (person, things) in [(&mut ana, &parent), (&mut neighbour, &sibling)] {
        for noun in ["stations", "sites", "tokens", "drivers"] {
            let path = format!("/{noun}/{}", things[noun]);
            person.expect(200, "GET", &path, None).await.unwrap();
        }
    }
    println!("{tried} requests for foreign things found nothing");
    assert!(tried > 400, "only {tried} were tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_away_is_there_for_its_history_and_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let product = Product::start(folder.path(), &[]).await.unwrap();
    let mut ana = product.administrator().await.unwrap();
    let me = ana.expect(200, "GET", "/me", None).await.unwrap();
    let org = me["organisation"]["id"].as_str().unwrap().to_owned();
    let things = furnish(&mut ana, &org, "OLD").await;
    let station = format!("/stations/{}", things["stations"]);
    ana.expect(204, "DELETE", &station, None).await.unwrap();
    let table = table();
    for role in ROLES {
        let mut bo = match role {
            "administrator" => ana.clone(),
            role => member(&product, folder.path(), role, ("old", &org)).await,
        };
        for endpoint in ROUTES.iter().flat_map(|group| group.iter()) {
            if !endpoint.path.starts_with("/stations/{id}") {
                continue;
            }
            let path = filled(endpoint, &things).unwrap();
            let has = |key: &str| table[&(role.to_owned(), key.to_owned())];
            let may = match endpoint.need {
                Need::Permission(permission) => has(permission.key()),
                // Of the commands, the one that is asked for.
                Need::ByKind(_) => has("stations.control"),
                Need::SignedIn | Need::Open => true,
            };
            let (status, told) = told(&mut bo, endpoint, &path).await;
            let owners = ["/lock/puk", "/lock/presence", "/lock/presence/finish"];
            let owners = owners.iter().any(|way| path.ends_with(way));
            let right: &[u16] = match endpoint.method {
                _ if !may || (owners && role != "administrator") => &[403],
                _ if path.contains("cmd_") || path.contains("trf_") => &[404],
                // An edit is how it comes back.
                "PATCH" if path.ends_with("/lock") || path.ends_with("/settings") => &[409],
                "GET" | "PATCH" => &[200],
                "DELETE" => &[204],
                _ => &[409],
            };
            assert!(
                right.contains(&status),
                "{role}: {} {path} is {status}: {told}",
                endpoint.method
            );
        }
    }
}
