//! The main job, told in every version: a station comes in, charges, and a person sees it; a
//! person starts and stops a charge; queues, repetitions and takeovers.

use std::time::Duration;

use serde_json::json;
use simulators::Version;

use crate::stage::{Stage, UID, VERSIONS};

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_is_told_and_seen_in_every_version() {
    let mut stage = Stage::set().await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("CHARGE-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        station.plug_in(1).await.unwrap();
        station.start(1, UID).await.unwrap();
        station.tick(Duration::from_secs(600)).await.unwrap();
        let running = stage.sessions(&id).await;
        assert_eq!(running.len(), 1, "{version:?}");
        assert_eq!(running[0]["state"], "active");
        station.stop(1).await.unwrap();
        station.unplug(1).await.unwrap();
        let ended = stage.sessions(&id).await;
        assert_eq!(ended.len(), 1, "{version:?}");
        assert_eq!(ended[0]["state"], "ended", "{version:?}");
        assert!(
            ended[0]["energy_wh"].as_i64().unwrap() > 500,
            "{version:?} {}",
            ended[0]
        );
        assert_eq!(ended[0]["suspect"], json!([]), "{version:?}");
        assert_eq!(ended[0]["token"]["label"], UID);
        let seen = stage
            .ana
            .expect(200, "GET", &format!("/stations/{id}"), None)
            .await
            .unwrap();
        assert_eq!(seen["online"], true);
        assert_eq!(seen["registration"], "accepted");
        assert_eq!(seen["deviations"], 0, "{version:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_starts_and_stops_a_charge_in_every_version() {
    let mut stage = Stage::set().await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("REMOTE-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        station.plug_in(1).await.unwrap();
        let commands = format!("/stations/{id}/commands");
        let start = json!({"type": "start_session", "params": {"evse": 1, "token": UID}});
        let done = stage
            .ana
            .expect(200, "POST", &commands, Some(&start))
            .await
            .unwrap();
        assert_eq!(done["state"], "accepted", "{version:?} {done}");
        station
            .wait_until(Duration::from_secs(10), |view| {
                view.connectors.iter().any(|c| c.session.is_some())
            })
            .await
            .unwrap();
        station.settled().await.unwrap();
        station.tick(Duration::from_secs(300)).await.unwrap();
        let running = stage.sessions(&id).await;
        assert_eq!(running.len(), 1, "{version:?}");
        let stop = json!({"type": "stop_session", "params": {"session_id": running[0]["id"]}});
        let done = stage
            .ana
            .expect(200, "POST", &commands, Some(&stop))
            .await
            .unwrap();
        assert_eq!(done["state"], "accepted", "{version:?} {done}");
        station
            .wait_until(Duration::from_secs(10), |view| {
                view.connectors.iter().all(|c| c.session.is_none())
            })
            .await
            .unwrap();
        station.settled().await.unwrap();
        let ended = stage.sessions(&id).await;
        assert_eq!(ended[0]["state"], "ended", "{version:?} {}", ended[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_offline_is_told_later_and_counted_once() {
    let mut stage = Stage::set().await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("OFFLINE-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        station.plug_in(1).await.unwrap();
        station.go_offline().await.unwrap();
        station.start(1, UID).await.unwrap();
        station.tick(Duration::from_secs(900)).await.unwrap();
        station.stop(1).await.unwrap();
        assert!(stage.sessions(&id).await.is_empty());
        station.come_online().await.unwrap();
        station.settled().await.unwrap();
        let told = stage.sessions(&id).await;
        assert_eq!(told.len(), 1, "{version:?}");
        assert_eq!(told[0]["state"], "ended", "{version:?}");
        assert!(
            told[0]["energy_wh"].as_i64().unwrap() > 500,
            "{version:?} {}",
            told[0]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offline_station_is_told_as_such_and_leaves_no_command() {
    let mut stage = Stage::set().await;
    let id = stage.register("AWAY-1").await;
    let path = format!("/stations/{id}/commands");
    let reset = json!({"type": "reset", "params": {"kind": "soft"}});
    let refused = stage
        .ana
        .expect(503, "POST", &path, Some(&reset))
        .await
        .unwrap();
    assert_eq!(refused["code"], "station_offline");
    assert!(stage.ana.all(&path).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_waits_to_be_claimed() {
    let mut stage = Stage::set().await;
    let station = stage.station("STRANGER-1", Version::V16);
    station.connect().await.unwrap();
    let _ = station.boot().await;
    let path = "/connection_attempts/unclaimed";
    let waiting = stage.ana.expect(200, "GET", path, None).await.unwrap();
    assert_eq!(waiting["data"].as_array().unwrap().len(), 1);
    assert_eq!(waiting["data"][0]["identity"], "STRANGER-1");
    // What it says can be looked at before it is anybody's: by its name, without case, or its address.
    let from = waiting["data"][0]["remote_ip"].as_str().unwrap();
    let frames = "/connection_attempts/frames?identity=stranger-1";
    let told = async {
        loop {
            let said = stage.ana.all(frames).await.unwrap();
            if said.len() == 2 {
                break said;
            }
        }
    };
    let said = tokio::time::timeout(Duration::from_secs(20), told).await;
    let said = said.unwrap();
    assert_eq!(
        (&said[0]["kind"], &said[1]["kind"]),
        (&json!("result"), &json!("call"))
    );
    assert_eq!(said[1]["action"], "BootNotification");
    assert!(
        said[1]["payload"]
            .as_str()
            .unwrap()
            .contains("chargePointVendor")
    );
    let by_address = format!("/connection_attempts/frames?remote_ip={from}");
    assert_eq!(stage.ana.all(&by_address).await.unwrap(), said);
    let elsewhere = "/connection_attempts/frames?remote_ip=192.0.2.9";
    assert!(stage.ana.all(elsewhere).await.unwrap().is_empty());
    for (narrowed, found) in [("identity=stranger-1", true), ("identity=other", false)] {
        let path = format!("/connection_attempts?{narrowed}");
        let attempts = stage.ana.all(&path).await.unwrap();
        assert_eq!(!attempts.is_empty(), found, "{narrowed}");
    }
    let id = stage.register("STRANGER-1").await;
    // And it is how the station's log begins.
    assert!(stage.ana.all(frames).await.unwrap().is_empty());
    let log = stage
        .ana
        .all(&format!("/stations/{id}/logs"))
        .await
        .unwrap();
    assert!(
        log.iter().any(|frame| frame["id"] == said[1]["id"]),
        "{log:?}"
    );
    let waiting = stage.ana.expect(200, "GET", path, None).await.unwrap();
    assert_eq!(waiting["data"].as_array().unwrap().len(), 0);
}
