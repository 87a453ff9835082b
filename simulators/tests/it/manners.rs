//! Bad manners, as they arrive at the server.

use std::time::Duration;

use busbar_sim::{Manner, Version};
use serde_json::{Value, json};

use crate::sessions::booted;
use crate::tiny_server::TinyServer;

#[tokio::test]
async fn each_manner_is_heard() {
    let server = TinyServer::start().await;
    let station = booted(&server, Version::V16).await;
    station.plug_in(1).await.unwrap();
    station
        .set_manner(Manner::DuplicateStart, true)
        .await
        .unwrap();
    station.start(1, "TWICE").await.unwrap();
    let starts = server.payloads("StartTransaction");
    assert_eq!(starts.len(), 2);
    assert_eq!(starts[0], starts[1]);
    station.set_manner(Manner::ClockOf1970, true).await.unwrap();
    station
        .set_manner(Manner::ClockWithoutZone, true)
        .await
        .unwrap();
    station
        .set_manner(Manner::HugeTransactionId, true)
        .await
        .unwrap();
    station.tick(Duration::from_secs(60)).await.unwrap();
    let meter = &server.payloads("MeterValues")[0];
    assert_eq!(meter["meterValue"][0]["timestamp"], "1970-01-01T00:01:00");
    assert_eq!(meter["transactionId"], json!(i64::MAX));
    station.set_manner(Manner::WrongTypes, true).await.unwrap();
    station
        .set_manner(Manner::NullPayloads, true)
        .await
        .unwrap();
    station
        .set_manner(Manner::ReusedMessageIds, true)
        .await
        .unwrap();
    station.set_manner(Manner::HalfJson, true).await.unwrap();
    station.call("Heartbeat", json!({})).await.unwrap();
    assert_eq!(server.payloads("Heartbeat")[0], Value::Null);
    station.stop(1).await.unwrap();
    assert!(server.payloads("StopTransaction")[0]["meterStop"].is_string());
    assert!(
        server
            .raw()
            .iter()
            .any(|text| serde_json::from_str::<Value>(text).is_err())
    );
    assert!(
        server
            .raw()
            .iter()
            .filter(|text| text.starts_with("[2,\"1\","))
            .count()
            >= 2
    );
}

#[tokio::test]
async fn half_a_frame_and_a_reconnect() {
    let server = TinyServer::start().await;
    let station = booted(&server, Version::V16).await;
    station.set_manner(Manner::HalfFrame, true).await.unwrap();
    station.plug_in(1).await.unwrap();
    station.start(1, "A").await.unwrap();
    station
        .wait_until(Duration::from_secs(10), |v| v.online && v.queued == 0)
        .await
        .unwrap();
    server.heard("StartTransaction", 1).await;
    assert_eq!(server.payloads("StartTransaction").len(), 1);
}
