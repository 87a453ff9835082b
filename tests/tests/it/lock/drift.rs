//! What changes at a locked station is found, told and put back, or takes it out of use.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulators::Version;

use super::{lock, seen, until, written};
use crate::stage::{Stage, VERSIONS};

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_at_the_station_is_found_and_put_back_but_not_for_ever() {
    let mut stage = Stage::set().await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("DRIFT-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        lock(&mut stage.ana, &id, json!({})).await;
        let key = "StopTransactionOnInvalidId";
        for round in 1..=4 {
            station.go_offline().await.unwrap();
            station.set_key(key, "false").await.unwrap();
            let before = seen(&mut stage.ana, &id).await["lock"]["looked_at"].clone();
            let back = Instant::now();
            station.come_online().await.unwrap();
            let looked = until(&mut stage.ana, &id, "read again", |lock| {
                lock["lock"]["looked_at"] != before
            })
            .await;
            let found = back.elapsed();
            assert!(found < Duration::from_secs(60), "{version:?} {found:?}");
            assert_eq!(looked["lock"]["drift"][0]["found"], "false", "{looked}");
            if round <= 3 {
                assert_eq!(looked["lock"]["state"], "put_back", "{version:?} {looked}");
                while station.key(key).await.unwrap().as_deref() != Some("true") {
                    assert!(back.elapsed() < Duration::from_secs(60), "not put back");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                println!(
                    "{version:?}: found after {found:?}, put back after {:?}",
                    back.elapsed()
                );
            } else {
                let state = looked["lock"]["state"].as_str().unwrap();
                assert!(["exhausted", "oscillating"].contains(&state), "{state}");
                tokio::time::sleep(Duration::from_secs(2)).await;
                assert_eq!(station.key(key).await.unwrap().as_deref(), Some("false"));
            }
        }
        let writes = written(&station).len();
        assert_eq!(
            writes, 3,
            "{version:?}: a storm of changes is put back three times"
        );
    }
    let told = stage.ana.all("/notifications?open=true").await.unwrap();
    let of = |kind: &str| told.iter().filter(|n| n["kind"] == kind).count();
    assert!(
        of("settings_drifted") >= 3 && of("reverts_stopped") == 3,
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_can_tells_of_a_change_by_itself() {
    let mut stage = Stage::set().await;
    let (key, mut locked) = ("StopTransactionOnInvalidId", Vec::new());
    for (n, version) in [Version::V201, Version::V21].into_iter().enumerate() {
        let identity = format!("TELLS-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        lock(&mut stage.ana, &id, json!({})).await;
        let frames = station.frames();
        let mut texts = frames.iter().map(|frame| &frame.text);
        assert!(texts.any(|text| text.contains("SetVariableMonitoring")));
        locked.push((version, id, station));
    }
    // They stay connected, and nobody asks them.
    let changed = Instant::now();
    for (_, _, station) in &locked {
        station.set_key(key, "false").await.unwrap();
    }
    for (version, id, station) in locked {
        let found = until(&mut stage.ana, &id, "found", |lock| {
            lock["lock"]["state"] == "put_back"
        });
        let found = found.await;
        assert_eq!(found["lock"]["drift"][0]["found"], "false", "{found}");
        let after = changed.elapsed();
        println!("{version:?}: told by the station, found after {after:?}");
        assert!(after < Duration::from_secs(60));
        while station.key(key).await.unwrap().as_deref() != Some("true") {
            assert!(changed.elapsed() < Duration::from_secs(60), "not put back");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_is_locked_at_once_and_drift_can_take_a_station_out_of_use() {
    let mut stage = Stage::set().await;
    let site = json!({"name": "Yard"});
    let site = stage
        .ana
        .expect(201, "POST", "/sites", Some(&site))
        .await
        .unwrap();
    let at = json!({"site_id": site["id"]});
    let mut stations = Vec::new();
    for (name, version) in [
        ("SITE-1", Version::V16),
        ("SITE-2", Version::V21),
        ("SITE-3", Version::V16),
    ] {
        let id = stage.register(name).await;
        let path = format!("/stations/{id}");
        stage
            .ana
            .expect(200, "PATCH", &path, Some(&at))
            .await
            .unwrap();
        stations.push((id, stage.station(name, version)));
    }
    for (_, station) in &stations[..2] {
        station.connect_and_boot().await.unwrap();
    }
    let path = format!("/sites/{}/lock", site["id"].as_str().unwrap());
    let body = json!({"contact": "Volt"});
    let done = stage
        .ana
        .expect(200, "POST", &path, Some(&body))
        .await
        .unwrap();
    let outcomes = |done: &Value| -> Vec<String> {
        let stations = done["stations"].as_array().unwrap().iter();
        let mut all: Vec<_> = stations
            .map(|s| format!("{} {}", s["identity"], s["outcome"]).replace('"', ""))
            .collect();
        all.sort();
        all
    };
    let right = ["SITE-1 locked", "SITE-2 locked", "SITE-3 station_offline"];
    assert_eq!(outcomes(&done), right);
    let password = done["password"].as_str().unwrap().to_owned();
    let mut ida = stage.member("technician").await;
    for (id, _) in &stations[..2] {
        let path = format!("/stations/{id}/lock/unlock");
        let body = json!({"password": password});
        ida.expect(200, "POST", &path, Some(&body)).await.unwrap();
    }
    let again = stage
        .ana
        .expect(200, "POST", &path, Some(&body))
        .await
        .unwrap();
    let right = [
        "SITE-1 locked_already",
        "SITE-2 locked_already",
        "SITE-3 station_offline",
    ];
    assert_eq!(outcomes(&again), right);
    // Drift of this setting is worse than a station that nobody can use.
    let (id, station) = &stations[0];
    let path = format!("/stations/{id}/lock");
    let chosen = json!({"reactions": [
        {"name": {"variable": "localauthorizeoffline"}, "reaction": "quarantine"}]});
    let unknown = json!({"reactions": [{"name": {"variable": "Colour"}, "reaction": "alert"}]});
    stage
        .ana
        .expect(422, "PATCH", &path, Some(&unknown))
        .await
        .unwrap();
    stage
        .ana
        .expect(200, "PATCH", &path, Some(&chosen))
        .await
        .unwrap();
    station.go_offline().await.unwrap();
    station
        .set_key("LocalAuthorizeOffline", "false")
        .await
        .unwrap();
    station.come_online().await.unwrap();
    until(&mut stage.ana, id, "in quarantine", |lock| {
        lock["lock"]["state"] == "quarantined"
    })
    .await;
    assert_eq!(stage.seen(id).await["admin_state"], "in_maintenance");
    assert_eq!(written(station), Vec::<String>::new());
    assert_eq!(stage.deeds("locks.quarantine", 1).await.len(), 1);
}
