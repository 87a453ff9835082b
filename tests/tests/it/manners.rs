//! Strange stations, told in every version: repetitions, lost starts, clocks without a battery,
//! two stations of one name. Each gets its answer, one record and a mark where there is doubt.

use std::time::Duration;

use serde_json::{Value, json};
use simulators::{Manner, Version};

use crate::stage::{Stage, UID, VERSIONS};

fn suspicions(session: &Value) -> Vec<&str> {
    let rows = session["suspect"].as_array().unwrap();
    rows.iter().map(|s| s["code"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_told_twice_is_one_session() {
    let mut stage = Stage::set().await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("TWICE-{n}");
        let id = stage.register(&identity).await;
        let station = stage
            .builder(&identity, version)
            .manner(Manner::DuplicateStart)
            .build();
        station.connect_and_boot().await.unwrap();
        station.plug_in(1).await.unwrap();
        station.start(1, UID).await.unwrap();
        station.tick(Duration::from_secs(600)).await.unwrap();
        station.stop(1).await.unwrap();
        station.settled().await.unwrap();
        let told = stage.sessions(&id).await;
        assert_eq!(told.len(), 1, "{version:?}");
        assert_eq!(told[0]["state"], "ended", "{version:?}");
        assert!(
            told[0]["energy_wh"].as_i64().unwrap() > 500,
            "{version:?} {}",
            told[0]
        );
        assert_eq!(suspicions(&told[0]), Vec::<&str>::new(), "{version:?}");
        assert_eq!(station.view().call_errors, 0, "{version:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_without_a_start_is_answered_kept_and_marked() {
    let mut stage = Stage::set().await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("LOST-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        let (action, payload) = stop(version);
        let answer = station.call(action, payload.clone()).await.unwrap();
        assert!(answer.is_object(), "{version:?}");
        // An impatient station repeats it.
        station.call(action, payload).await.unwrap();
        let told = stage.sessions(&id).await;
        assert_eq!(told.len(), 1, "{version:?}");
        assert_eq!(told[0]["state"], "ended", "{version:?}");
        assert!(
            suspicions(&told[0])
                .iter()
                .any(|code| ["stop_without_start", "lost_number"].contains(code)),
            "{version:?} {}",
            told[0]
        );
        assert_eq!(stage.seen(&id).await["online"], true);
    }
}

/// The end of a session that nobody told the start of.
fn stop(version: Version) -> (&'static str, Value) {
    let at = "2026-03-05T12:00:00Z";
    if version == Version::V16 {
        let payload = json!({"transactionId": 4711, "meterStop": 12_000, "timestamp": at});
        return ("StopTransaction", payload);
    }
    let payload = json!({
        "eventType": "Ended",
        "timestamp": at,
        "triggerReason": "EVDeparted",
        "seqNo": 9,
        "transactionInfo": {"transactionId": "never-told", "stoppedReason": "EVDisconnected"},
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": [{"timestamp": at, "sampledValue": [{"value": 12_000}]}],
    });
    ("TransactionEvent", payload)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_by_a_clock_of_1970_is_kept_whole_and_marked() {
    let mut stage = Stage::set().await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("CLOCK-{n}");
        let id = stage.register(&identity).await;
        let station = stage
            .builder(&identity, version)
            .manner(Manner::ClockOf1970)
            .build();
        station.connect_and_boot().await.unwrap();
        station.plug_in(1).await.unwrap();
        station.start(1, UID).await.unwrap();
        station.tick(Duration::from_secs(600)).await.unwrap();
        station.stop(1).await.unwrap();
        station.settled().await.unwrap();
        let told = stage.sessions(&id).await;
        assert_eq!(told.len(), 1, "{version:?}");
        assert_eq!(told[0]["state"], "ended", "{version:?}");
        assert!(
            suspicions(&told[0]).contains(&"wrong_clock"),
            "{version:?} {}",
            told[0]
        );
        assert!(
            told[0]["energy_wh"].as_i64().unwrap() > 500,
            "{version:?} {}",
            told[0]
        );
        let kept = stage
            .ana
            .all(&format!("/stations/{id}/logs"))
            .await
            .unwrap();
        let received = kept[0]["at"].as_str().unwrap();
        assert!(!received.starts_with("1970"), "{version:?} {received}");
        assert_eq!(station.view().call_errors, 0, "{version:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_connection_of_a_name_wins() {
    let mut stage = Stage::set().await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("TWIN-{n}");
        let id = stage.register(&identity).await;
        let old = stage.builder(&identity, version).reconnect(false).build();
        old.connect_and_boot().await.unwrap();
        let new = stage.station(&identity, version);
        new.connect_and_boot().await.unwrap();
        old.wait_until(Duration::from_secs(10), |view| !view.online)
            .await
            .unwrap();
        assert_eq!(stage.seen(&id).await["online"], true, "{version:?}");
        let trigger = json!({"type": "trigger", "params": {"message": "heartbeat"}});
        let done = stage
            .ana
            .expect(
                200,
                "POST",
                &format!("/stations/{id}/commands"),
                Some(&trigger),
            )
            .await
            .unwrap();
        assert_eq!(done["state"], "accepted", "{version:?} {done}");
        new.wait_for("TriggerMessage", Duration::from_secs(5))
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_understands_is_kept_and_harms_nobody() {
    let mut stage = Stage::set().await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let (identity, other) = (format!("ODD-{n}"), format!("CALM-{n}"));
        let id = stage.register(&identity).await;
        stage.register(&other).await;
        let neighbour = stage.builder(&other, version).reconnect(false).build();
        neighbour.connect_and_boot().await.unwrap();
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        station.send_text("[2,\"x\",\"Heartbeat\",{").await.unwrap();
        let refused = station.call("InventTheWheel", json!({})).await;
        assert!(refused.is_err(), "{version:?} {refused:?}");
        // The log is written behind the answers: it is asked until both are there.
        let path = format!("/stations/{id}/logs");
        let both = async {
            loop {
                let kept = stage.ana.all(&path).await.unwrap();
                if kept.iter().any(|row| row["kind"] == "unreadable")
                    && kept.iter().any(|row| row["action"] == "InventTheWheel")
                {
                    break;
                }
            }
        };
        let both = tokio::time::timeout(Duration::from_secs(10), both).await;
        assert!(both.is_ok(), "{version:?}");
        neighbour.call("Heartbeat", json!({})).await.unwrap();
        assert!(neighbour.view().online, "{version:?}");
    }
}
