//! Alerts with two nodes over PostgreSQL and Redis: whichever node looks, and whatever becomes of it,
//! a thing is raised and told once.

use std::time::Duration;

use busbar_tests::database;
use busbar_tests::http::Person;
use busbar_tests::product::{Product, migrate};
use serde_json::{Value, json};
use simulators::{Station, Version};

use crate::alerts::{PATIENCE, Receiver, receiver};
use crate::nodes::{PASSWORD, service};

/// Lets a station come and go at a node, and waits for the alert and for the one message about it.
async fn goes_away(ana: &mut Person, node: &Product, identity: &str, receiver: &mut Receiver) {
    let body = json!({"identity": identity, "password": PASSWORD});
    let added = ana.expect(201, "POST", "/stations", Some(&body)).await;
    let id = added.unwrap()["station"]["id"].clone();
    let station = Station::builder(&node.stations, identity)
        .version(Version::V201)
        .password(Some(PASSWORD))
        .reconnect(false)
        .build();
    station.connect_and_boot().await.unwrap();
    station.go_offline().await.unwrap();
    let (_, body) = receiver.next().await;
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(told["data"]["kind"], "offline", "{told}");
    assert_eq!(told["data"]["station_id"], id, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_and_their_heirs_raise_and_tell_once() {
    let bus = service("BUSBAR_TEST_REDIS");
    let server = service("BUSBAR_TEST_POSTGRES");
    let database = database::create(&server, "story_alerts").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("busbar.toml");
    std::fs::write(&file, "[webhooks]\nallowed_networks = [\"127.0.0.0/8\"]\n").unwrap();
    let more = [
        ("BUSBAR_CONFIG", file.to_str().unwrap()),
        ("BUSBAR_DATABASE_URL", database.as_str()),
        ("BUSBAR_BUS_URL", bus.as_str()),
    ];
    migrate(folder.path(), &more).await.unwrap();
    let first = Product::start(folder.path(), &more).await.unwrap();
    let mut ana = first.administrator().await.unwrap();
    let second = Product::start(folder.path(), &more).await.unwrap();

    let mut receiver = receiver(&[204]).await;
    let hook = json!({"name": "Desk", "url": receiver.url});
    let made = ana.expect(201, "POST", "/webhooks", Some(&hook)).await;
    let hook = made.unwrap()["webhook"]["id"].clone();
    // The first look gives an organisation its rules.
    let rules = async {
        loop {
            let rules = ana.all("/alert_rules").await.unwrap();
            if let Some(rule) = rules.iter().find(|rule| rule["kind"] == "offline") {
                return rule["id"].as_str().unwrap().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let rule = tokio::time::timeout(PATIENCE, rules).await.unwrap();
    let change = json!({"minutes": 0, "webhooks": [hook]});
    let path = format!("/alert_rules/{rule}");
    ana.expect(200, "PATCH", &path, Some(&change))
        .await
        .unwrap();

    goes_away(&mut ana, &second, "NODES-1", &mut receiver).await;
    goes_away(&mut ana, &first, "NODES-2", &mut receiver).await;
    // Whichever of them looks, the other one can.
    first.kill().await.unwrap();
    let mut ana = second.administrator().await.unwrap();
    goes_away(&mut ana, &second, "NODES-3", &mut receiver).await;
    second.stop().await.unwrap();
    let heir = Product::start(folder.path(), &more).await.unwrap();
    let mut ana = heir.administrator().await.unwrap();
    goes_away(&mut ana, &heir, "NODES-4", &mut receiver).await;

    let alerts = ana.all("/alerts?kind=offline").await.unwrap();
    assert_eq!(alerts.len(), 4, "{alerts:?}");
    assert!(alerts.iter().all(|alert| alert["state"] == "open"));
    let told = ana.all("/notifications").await.unwrap();
    assert_eq!(told.len(), 4, "{told:?}");
    let path = format!("/webhooks/{}/deliveries", hook.as_str().unwrap());
    let sent = ana.all(&path).await.unwrap();
    assert_eq!(sent.len(), 4, "{sent:?}");
    assert!(receiver.is_quiet(), "a message came twice");
}
