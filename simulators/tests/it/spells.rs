//! Offline spells: what was queued is replayed once, in order.

use std::time::Duration;

use busbar_sim::{Vehicle, Version};

use crate::sessions::booted;
use crate::tiny_server::TinyServer;

#[tokio::test]
async fn a_whole_session_offline_in_1_6() {
    let server = TinyServer::start().await;
    let station = booted(&server, Version::V16).await;
    station.go_offline().await.unwrap();
    station
        .plug_in_vehicle(1, Vehicle::compact())
        .await
        .unwrap();
    station.present_token("OFF").await.unwrap();
    station.tick(Duration::from_secs(180)).await.unwrap();
    station.unplug(1).await.unwrap();
    assert!(server.payloads("StartTransaction").is_empty());
    assert_eq!(station.view().queued, 5);
    station.come_online().await.unwrap();
    let told: Vec<_> = server
        .actions()
        .into_iter()
        .filter(|a| a.contains("Trans") || a.contains("Meter"))
        .collect();
    assert_eq!(
        told,
        [
            "StartTransaction",
            "MeterValues",
            "MeterValues",
            "MeterValues",
            "StopTransaction"
        ]
    );
    assert_eq!(
        server.payloads("BootNotification").len(),
        1,
        "no boot on a mere reconnect"
    );
    assert_eq!(server.payloads("StopTransaction")[0]["transactionId"], 1);
    assert_eq!(
        server.payloads("StopTransaction")[0]["timestamp"],
        "2026-03-05T12:03:00Z"
    );
    assert_eq!(station.view().queued, 0);
}

#[tokio::test]
async fn a_spell_within_a_session_in_2_0_1() {
    let server = TinyServer::start().await;
    let station = booted(&server, Version::V201).await;
    station
        .plug_in_vehicle(1, Vehicle::compact())
        .await
        .unwrap();
    station.present_token("OFF").await.unwrap();
    station.tick(Duration::from_secs(120)).await.unwrap();
    station.go_offline().await.unwrap();
    station.tick(Duration::from_secs(120)).await.unwrap();
    station.come_online().await.unwrap();
    station.tick(Duration::from_secs(60)).await.unwrap();
    station.stop(1).await.unwrap();
    let events = server.payloads("TransactionEvent");
    let numbers: Vec<_> = events
        .iter()
        .map(|e| e["seqNo"].as_i64().unwrap())
        .collect();
    assert_eq!(numbers, (0..events.len() as i64).collect::<Vec<_>>());
    let offline = events.iter().filter(|e| e["offline"] == true).count();
    assert_eq!(offline, 2);
}

#[tokio::test]
async fn a_silent_station_returns_on_a_new_socket() {
    let server = TinyServer::start().await;
    let station = booted(&server, Version::V16).await;
    station.die_silently().await.unwrap();
    assert!(!station.view().online);
    station.come_online().await.unwrap();
    station.start(1, "X").await.unwrap();
    assert_eq!(server.authorizations().len(), 2);
}
