//! The database goes away and comes back: nothing is acknowledged that is not kept, nobody is
//! told that a fact is wrong, and heartbeats go on.

use std::time::Duration;

use busbar_tests::database;
use busbar_tests::product::{Product, migrate};
use busbar_tests::proxy::Proxy;
use serde_json::json;
use simulators::{Station, Version};

const PASSWORD: &str = "0123456789abcdef0123";

#[tokio::test(flavor = "multi_thread")]
async fn facts_wait_at_the_station_while_the_database_is_away() {
    let server = std::env::var("BUSBAR_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!("BUSBAR_TEST_POSTGRES is not set: run the tests with `make test`")
    });
    let database = database::create(&server, "story_away").await.unwrap();
    let (line, through) = Proxy::before(&database).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let more = [
        ("BUSBAR_DATABASE_URL", through.as_str()),
        ("BUSBAR_LOG", "error"),
    ];
    migrate(folder.path(), &more).await.unwrap();
    let product = Product::start(folder.path(), &more).await.unwrap();
    let mut ana = product.administrator().await.unwrap();
    for identity in ["AWAY-1", "AWAY-2"] {
        let body = json!({"identity": identity, "password": PASSWORD});
        ana.expect(201, "POST", "/stations", Some(&body))
            .await
            .unwrap();
    }
    let station = |identity: &str| {
        Station::builder(&product.stations, identity)
            .version(Version::V16)
            .password(Some(PASSWORD))
            .build()
    };
    let (talker, listener) = (station("AWAY-1"), station("AWAY-2"));
    talker.connect_and_boot().await.unwrap();
    listener.connect_and_boot().await.unwrap();
    let start = json!({"connectorId": 1, "idTag": "04A1", "meterStart": 10,
        "timestamp": "2026-03-05T12:00:00Z"});

    line.cut();
    talker.call("Heartbeat", json!({})).await.unwrap();
    let told = talker.call("StartTransaction", start.clone()).await;
    assert!(
        told.is_err(),
        "the socket closes without an answer: {told:?}"
    );
    assert_eq!(talker.view().call_errors, 0);
    listener.call("Heartbeat", json!({})).await.unwrap();

    line.mend();
    drop(talker);
    let again = station("AWAY-1");
    let back = async {
        while again.connect_and_boot().await.is_err() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), back)
        .await
        .expect("back to normal within a minute");
    let number = again.call("StartTransaction", start.clone()).await.unwrap();
    let repeated = again.call("StartTransaction", start).await.unwrap();
    assert_eq!(number["transactionId"], repeated["transactionId"]);
    listener.call("Heartbeat", json!({})).await.unwrap();
    assert_eq!(ana.all("/sessions").await.unwrap().len(), 1);
}
