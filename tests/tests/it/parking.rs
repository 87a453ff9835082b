//! What the database refuses for its value, here by a rule that the test gives it: it is answered,
//! so that the station does not say it for ever; its frame is kept, and the station's page says so.

use std::path::Path;

use busbar_tests::product::Product;
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use simulators::{Station, Version};

const PASSWORD: &str = "0123456789abcdef0123";
const AT: &str = "2026-03-01T10:00:00Z";

async fn rule(data: &Path, sql: &str) {
    let url = format!("sqlite://{}", data.join("busbar.sqlite").display());
    let database = Database::connect(&url).await.unwrap();
    database.execute_unprepared(sql).await.unwrap();
    database.close().await.unwrap();
}

/// The begin of a session, and where the station finds that it was heard.
fn told(version: Version) -> (&'static str, Value, &'static str) {
    let token = json!({"idToken": "04AABB", "type": "ISO14443"});
    match version {
        Version::V16 => (
            "StartTransaction",
            json!({"connectorId": 1, "idTag": "04AABB", "meterStart": 5, "timestamp": AT}),
            "/idTagInfo/status",
        ),
        _ => (
            "TransactionEvent",
            json!({"eventType": "Started", "timestamp": AT, "triggerReason": "Authorized",
                "seqNo": 0, "transactionInfo": {"transactionId": "odd-1"}, "idToken": token,
                "evse": {"id": 1, "connectorId": 1}}),
            "/idTokenInfo/status",
        ),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_stored_is_answered_and_its_frame_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let product = Product::start(folder.path(), &[]).await.unwrap();
    let mut ana = product.administrator().await.unwrap();
    for (name, version) in [
        ("ODD-16", Version::V16),
        ("ODD-201", Version::V201),
        ("ODD-21", Version::V21),
    ] {
        let body = json!({"identity": name, "password": PASSWORD});
        let added = ana.expect(201, "POST", "/stations", Some(&body)).await;
        let id = added.unwrap()["station"]["id"].as_str().unwrap().to_owned();
        let station = Station::builder(&product.stations, name)
            .version(version)
            .password(Some(PASSWORD))
            .build();
        station.connect_and_boot().await.unwrap();
        let odd = "BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'odd'); END";
        rule(folder.path(), &format!("CREATE TRIGGER odd {odd}")).await;
        let (action, payload, verdict) = told(version);
        let answer = station.call(action, payload).await.unwrap();
        assert!(answer.pointer(verdict).is_some(), "{answer}");
        assert_eq!(station.view().call_errors, 0, "{name}");
        let path = format!("/stations/{id}/deviations");
        let told = ana.expect(200, "GET", &path, None).await.unwrap();
        let mut rows = told["data"].as_array().unwrap().iter();
        assert!(rows.any(|d| d["code"] == "not_stored"), "{told}");
        let log = ana
            .all(&format!("/stations/{id}/logs?action={action}"))
            .await;
        let calls = log.unwrap().into_iter().filter(|row| row["kind"] == "call");
        assert_eq!(calls.count(), 1, "the frame is kept");
        // The connection goes on, with a session that can be stored.
        rule(folder.path(), "DROP TRIGGER odd").await;
        station.plug_in(1).await.unwrap();
        station.start(1, "04AABB").await.unwrap();
        station.settled().await.unwrap();
        let sessions = ana.all(&format!("/sessions?station_id={id}")).await;
        assert_eq!(sessions.unwrap().len(), 1, "{name}");
    }
}
