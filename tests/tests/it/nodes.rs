//! Two nodes over PostgreSQL and Redis: a person at one of them commands a station at the other.

use std::time::Duration;

use busbar_tests::database;
use busbar_tests::product::{Product, migrate};
use serde_json::json;
use simulators::{Station, Version};

pub(crate) const PASSWORD: &str = "0123456789abcdef0123";

pub(crate) fn service(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run the tests with `make test`, or under tools/with-services.sh")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_crosses_from_one_node_to_a_station_on_another() {
    let bus = service("BUSBAR_TEST_REDIS");
    let database = database::create(&service("BUSBAR_TEST_POSTGRES"), "story_nodes")
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let more = [
        ("BUSBAR_DATABASE_URL", database.as_str()),
        ("BUSBAR_BUS_URL", bus.as_str()),
    ];
    // A database that was never migrated is refused with a hint, and then migrated.
    assert!(Product::start(folder.path(), &more).await.is_err());
    migrate(folder.path(), &more).await.unwrap();

    let first = Product::start(folder.path(), &more).await.unwrap();
    let mut ana = first.administrator().await.unwrap();
    let second = Product::start(folder.path(), &more).await.unwrap();
    let body = json!({"identity": "NODE-1", "password": PASSWORD});
    let added = ana
        .expect(201, "POST", "/stations", Some(&body))
        .await
        .unwrap();
    let id = added["station"]["id"].as_str().unwrap().to_owned();
    let station = Station::builder(&second.stations, "NODE-1")
        .version(Version::V201)
        .password(Some(PASSWORD))
        .build();
    station.connect_and_boot().await.unwrap();

    let path = format!("/stations/{id}/commands");
    let trigger = json!({"type": "trigger", "params": {"message": "heartbeat"}});
    let done = ana
        .expect(200, "POST", &path, Some(&trigger))
        .await
        .unwrap();
    assert_eq!(done["state"], "accepted", "{done}");
    station
        .wait_for("TriggerMessage", Duration::from_secs(5))
        .await
        .unwrap();

    // The station moves to the first node; the second lets go of it.
    drop(station);
    let moved = Station::builder(&first.stations, "NODE-1")
        .version(Version::V201)
        .password(Some(PASSWORD))
        .build();
    moved.connect_and_boot().await.unwrap();
    let done = ana
        .expect(200, "POST", &path, Some(&trigger))
        .await
        .unwrap();
    assert_eq!(done["state"], "accepted", "{done}");
    second.stop().await.unwrap();
    let seen = ana
        .expect(200, "GET", &format!("/stations/{id}"), None)
        .await
        .unwrap();
    assert_eq!(
        seen["online"], true,
        "the node that stopped took nothing with it"
    );
}
