//! No write leads around a lock: every way that there is, every line of the table, and what waits.

use busbar_tests::http::Person;
use serde_json::json;
use simulators::Version;
use simulators::station::Manner;

use super::attempts::{attempts, session_profile};
use super::{lock, seen, settled, written};
use crate::stage::{Stage, VERSIONS};

/// A key of somebody that may do what the person may at a station.
async fn key_of(person: &mut Person, at: std::net::SocketAddr) -> Person {
    let ends = chrono::Utc::now() + chrono::TimeDelta::days(1);
    let rights = [
        "stations.configure",
        "stations.raw_ocpp",
        "station_settings.view",
    ];
    let body = json!({"name": "Robot", "permissions": rights, "expires_at": ends});
    let made = person
        .expect(201, "POST", "/keys", Some(&body))
        .await
        .unwrap();
    Person::with_key(at, made["text"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_way_leads_around_the_lock() {
    let mut stage = Stage::set().await;
    let mut ida = stage.member("technician").await;
    let mut chief = stage.member("administrator").await;
    let at = stage.people();
    let mut robot = key_of(&mut stage.ana, at).await;
    let yard = json!({"name": "Yard"});
    let yard = stage.ana.expect(201, "POST", "/sites", Some(&yard)).await;
    let yard = yard.unwrap()["id"].clone();
    let mut refused = 0;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("LOCK-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        // Ana has access, for she locked; the others do not, and a key of hers carries none.
        let contact = json!({"contact": "Volt GmbH, +49 30 1", "cap_a": 16});
        lock(&mut stage.ana, &id, contact).await;
        for person in [&mut ida, &mut chief, &mut robot] {
            assert_eq!(seen(person, &id).await["padlock"], "closed", "{version:?}");
            for (path, body) in attempts(version) {
                let path = format!("/stations/{id}/{path}");
                let answer = person.ask("POST", &path, Some(&body)).await.unwrap();
                assert_eq!(answer.status, 423, "{version:?} {body}: {}", answer.body);
                assert_eq!(answer.body["code"], "settings_locked");
                let detail = answer.body["detail"].as_str().unwrap();
                assert!(detail.contains("Volt GmbH"), "{detail}");
                refused += 1;
            }
        }
        // An Administrator may renew the station's password, but for the lock.
        let password = format!("/stations/{id}/password");
        let answer = chief.ask("POST", &password, None).await.unwrap();
        assert_eq!(answer.status, 423, "{version:?} {}", answer.body);
        // Nor may an Administrator move it to other fuses.
        let moved = json!({"site_id": yard});
        let whole = format!("/stations/{id}");
        let answer = chief.ask("PATCH", &whole, Some(&moved)).await.unwrap();
        assert_eq!(answer.status, 423, "{version:?} {}", answer.body);
        assert_eq!(written(&station), Vec::<String>::new(), "{version:?}");
        // What the lock leaves open goes on: limits of sessions below the cap, for one.
        let below = session_profile(version, 10.0);
        let path = format!("/stations/{id}/ocpp");
        let sent = ida.ask("POST", &path, Some(&below)).await.unwrap();
        assert_eq!(sent.status, 200, "{version:?} {}", sent.body);
        assert_eq!(written(&station).len(), 1, "{version:?}");
        let component = (version != Version::V16).then_some("OCPPCommCtrlr");
        let beat =
            json!([{"component": component, "variable": "HeartbeatInterval", "value": "120"}]);
        let body = json!({"type": "write_variables", "params": {"values": beat}});
        let commands = format!("/stations/{id}/commands");
        let done = ida
            .expect(200, "POST", &commands, Some(&body))
            .await
            .unwrap();
        assert_eq!(done["state"], "accepted", "{version:?} {done}");
        let reset = json!({"type": "clear_cache"});
        let done = ida
            .expect(200, "POST", &commands, Some(&reset))
            .await
            .unwrap();
        assert_eq!(done["state"], "accepted");
    }
    println!("{refused} writes by people and keys without access were refused; 0 frames were sent");
    let trail = stage.deeds("locks.refuse", refused).await;
    assert!(
        trail.len() >= refused,
        "{} of {refused} in the audit trail",
        trail.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_the_station_is_judged_when_it_is_sent() {
    let mut stage = Stage::with("[gateway]\ncall_timeout_s = 3\n").await;
    let mut ida = stage.member("technician").await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("WAITS-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        let password = lock(&mut stage.ana, &id, json!({})).await;
        let path = |verb: &str| format!("/stations/{id}/lock/{verb}");
        let open = json!({"password": password});
        let (unlock, change) = (path("unlock"), path("password"));
        let opened = ida.expect(200, "POST", &unlock, Some(&open));
        opened.await.unwrap();
        // The station keeps a first call waiting, so that Ida's write, which she may, stays here.
        station.set_manner(Manner::Unanswering, true).await.unwrap();
        let commands = format!("/stations/{id}/commands");
        let first = json!({"type": "clear_cache"});
        let now = [("Prefer", "respond-async")];
        let sent = ida.ask_with("POST", &commands, &now, Some(&first)).await;
        assert_eq!(sent.unwrap().status, 202);
        let component = (version != Version::V16).then_some("AuthCtrlr");
        let value = json!([{"component": component, "variable": "LocalAuthorizeOffline", "value": "false"}]);
        let write = json!({"type": "write_variables", "params": {"values": value}});
        let waits = ida
            .ask_with("POST", &commands, &now, Some(&write))
            .await
            .unwrap();
        assert_eq!(waits.status, 202, "{}", waits.body);
        // Another password: her access is over before the station has a turn.
        let new = json!({"new": "another password"});
        let changed = stage.ana.expect(200, "POST", &change, Some(&new));
        changed.await.unwrap();
        station
            .set_manner(Manner::Unanswering, false)
            .await
            .unwrap();
        let one = format!("{commands}/{}", waits.body["id"].as_str().unwrap());
        let over = settled(&mut ida, &one).await;
        assert_eq!(over["state"], "error", "{version:?} {over}");
        let why = over["error"]["text"].as_str().unwrap();
        assert!(
            why.contains("locked by Ana on") && !why.contains('•'),
            "{why}"
        );
        assert_eq!(
            over["error"]["code"], "settings_locked",
            "{version:?} {over}"
        );
        assert_eq!(written(&station), Vec::<String>::new(), "{version:?}");
        assert_eq!(
            station
                .key("LocalAuthorizeOffline")
                .await
                .unwrap()
                .as_deref(),
            Some("true")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_has_settings_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("critical.csv");
    let lines = "vendor,model,kind,name,sphere\n*,*,variable,LightIntensity,access_and_money\n";
    std::fs::write(&file, lines).unwrap();
    let settings = format!("[lock]\ncritical = \"{}\"\n", file.display());
    let mut stage = Stage::with(&settings).await;
    let mut chief = stage.member("administrator").await;
    let id = stage.register("MODEL-1").await;
    let station = stage.station("MODEL-1", Version::V16);
    station.connect_and_boot().await.unwrap();
    let write = json!({"type": "write_variables",
        "params": {"values": [{"variable": "LightIntensity", "value": "20"}]}});
    let commands = format!("/stations/{id}/commands");
    let free = chief.ask("POST", &commands, Some(&write)).await.unwrap();
    assert_eq!(free.status, 200, "{}", free.body);
    lock(&mut stage.ana, &id, json!({})).await;
    let shut = chief.ask("POST", &commands, Some(&write)).await.unwrap();
    assert_eq!(shut.status, 423, "{}", shut.body);
}
