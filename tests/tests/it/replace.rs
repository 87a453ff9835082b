//! Another device behind a station: the record goes on, the old device is a stranger, the new one
//! begins from nothing, and no lock is got around.

use std::time::Duration;

use serde_json::{Value, json};
use simulators::station::Registration;
use simulators::{Manner, Station, Template, Version};

use crate::relations;
use crate::stage::{Stage, UID, VERSIONS};

const UNCLAIMED: &str = "/connection_attempts/unclaimed";
const LONG: Duration = Duration::from_secs(30);

/// A device with a password of its own.
fn device(stage: &Stage, identity: &str, password: &str, version: Version) -> Station {
    Station::builder(&stage.product().stations, identity)
        .version(version)
        .password(Some(password))
        .template(Template::ac22())
        .seed(7)
        .reconnect(false)
        .build()
}

/// Waits until the station looks so.
async fn until(stage: &mut Stage, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let looked = async {
        loop {
            let seen = stage.seen(id).await;
            if wanted(&seen) {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(LONG, looked).await.unwrap()
}

/// Waits until a device of this identity is listed as waiting to be claimed.
async fn waits(stage: &mut Stage, identity: &str) {
    let looked = async {
        loop {
            let listed = stage.ana.all(UNCLAIMED).await.unwrap();
            if listed.iter().any(|row| row["identity"] == json!(identity)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(LONG, looked).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_goes_on_with_another_device() {
    let mut stage = Stage::set().await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let (old, new) = (format!("OLD-{n}"), format!("NEW-{n}"));
        let id = stage.register(&old).await;
        let first = stage.builder(&old, version).reconnect(false).build();
        first.connect_and_boot().await.unwrap();
        first.plug_in(1).await.unwrap();
        first.start(1, UID).await.unwrap();
        first.tick(Duration::from_secs(600)).await.unwrap();
        // A device that waits to be claimed is taken.
        let waiting = device(&stage, &new, "0000000000000000", version);
        assert_eq!(
            waiting.connect_and_boot().await.unwrap(),
            Registration::Pending
        );
        waiting.go_offline().await.unwrap();
        waits(&mut stage, &new).await;
        let path = format!("/stations/{id}/replace");
        let body = json!({"identity": new});
        let refused = stage.ana.ask("POST", &path, Some(&body)).await.unwrap();
        assert_eq!(
            (refused.status, &refused.body["code"]),
            (409, &json!("charging"))
        );
        assert_eq!(
            stage.seen(&id).await["identity"],
            json!(old),
            "nothing was done"
        );

        let body = json!({"identity": new, "end_sessions": true});
        let done = stage
            .ana
            .expect(200, "POST", &path, Some(&body))
            .await
            .unwrap();
        let station = &done["station"];
        assert_eq!(
            (&station["id"], &station["identity"]),
            (&json!(id), &json!(new))
        );
        assert_eq!(station["registration"], "unbooted", "{version:?}");
        for told in [
            "vendor",
            "model",
            "serial_number",
            "firmware_version",
            "protocol",
        ] {
            assert!(station[told].is_null(), "{version:?}: {told}");
        }
        assert_eq!(station["evses"], json!([]));
        let all = stage.sessions(&id).await;
        assert_eq!(
            (all.len(), &all[0]["state"]),
            (1, &json!("ended")),
            "{version:?}"
        );
        let suspect = all[0]["suspect"].as_array().unwrap();
        assert!(
            suspect.iter().any(|s| s["code"] == "device_replaced"),
            "{}",
            all[0]
        );
        assert!(all[0]["energy_wh"].as_i64().unwrap() > 500, "{version:?}");
        until(&mut stage, &id, |seen| seen["online"] == false).await;
        let listed = stage.ana.all(UNCLAIMED).await.unwrap();
        assert!(
            !listed.iter().any(|row| row["identity"] == json!(new)),
            "{listed:?}"
        );

        // The old device is a stranger, whatever it knows.
        let stranger = stage.builder(&old, version).reconnect(false).build();
        assert_eq!(
            stranger.connect_and_boot().await.unwrap(),
            Registration::Pending
        );
        stranger.go_offline().await.unwrap();
        waits(&mut stage, &old).await;
        let password = done["password"].as_str().unwrap();
        let second = device(&stage, &new, password, version);
        second.connect_and_boot().await.unwrap();
        let seen = stage.seen(&id).await;
        assert_eq!(
            (&seen["online"], &seen["registration"]),
            (&json!(true), &json!("accepted"))
        );
        assert!(seen["vendor"].is_string(), "{version:?}");
        // It may call its first session what the old one called its first.
        second.plug_in(1).await.unwrap();
        second.start(1, UID).await.unwrap();
        second.tick(Duration::from_secs(60)).await.unwrap();
        second.stop(1).await.unwrap();
        let all = stage.sessions(&id).await;
        assert_eq!(all.len(), 2, "{version:?}");
        let clean = all.iter().filter(|s| s["suspect"] == json!([])).count();
        assert_eq!(clean, 1, "{version:?} {all:?}");
    }
    let deeds = stage.deeds("stations.replace", 3).await;
    let told = |side: &str| {
        deeds
            .iter()
            .map(|d| d[side]["identity"].clone())
            .collect::<Vec<_>>()
    };
    assert!(told("before").contains(&json!("OLD-0")), "{deeds:?}");
    assert!(told("after").contains(&json!("NEW-0")), "{deeds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_the_old_device_did_not_answer_come_to_nothing() {
    let mut stage = Stage::set().await;
    let id = stage.register("MUTE-1").await;
    let mute = stage
        .builder("MUTE-1", Version::V201)
        .reconnect(false)
        .build();
    mute.connect_and_boot().await.unwrap();
    mute.set_manner(Manner::Unanswering, true).await.unwrap();
    let commands = format!("/stations/{id}/commands");
    let clear = json!({"type": "clear_cache"});
    let at_once = [("Prefer", "respond-async")];
    let asked = stage
        .ana
        .ask_with("POST", &commands, &at_once, Some(&clear));
    let asked = asked.await.unwrap();
    assert_eq!(asked.status, 202, "{}", asked.body);
    let path = format!("/stations/{id}/replace");
    let body = json!({"identity": "LOUD-1"});
    stage
        .ana
        .expect(200, "POST", &path, Some(&body))
        .await
        .unwrap();
    let command = format!("{commands}/{}", asked.body["id"].as_str().unwrap());
    let told = stage.ana.expect(200, "GET", &command, None).await.unwrap();
    assert_eq!(told["state"], "error", "{told}");
    assert_eq!(told["error"]["code"], "device_replaced", "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_and_changes_nothing() {
    let mut stage = Stage::set().await;
    let id = stage.register("HERE-1").await;
    stage.register("TAKEN-1").await;
    let me = stage.ana.expect(200, "GET", "/me", None).await.unwrap();
    let root = me["organisation"]["id"].as_str().unwrap().to_owned();
    let next = relations::below(&mut stage.ana, &root, "Next door").await;
    let org = ("next", next.as_str());
    let mut bo = relations::member(stage.product(), stage.data(), "administrator", org).await;
    let theirs = json!({"identity": "THEIRS-1"});
    bo.expect(201, "POST", "/stations", Some(&theirs))
        .await
        .unwrap();
    let path = format!("/stations/{id}/replace");
    let mut taken = Vec::new();
    for (identity, more, status, code) in [
        ("taken-1", json!({}), 409, "identity_taken"),
        ("THEIRS-1", json!({}), 409, "identity_taken"),
        ("here-1", json!({}), 422, "same"),
        ("a/b", json!({}), 422, "invalid"),
        ("NEW-1", json!({"password": "short"}), 422, "invalid"),
        ("NEW-1", json!({"force": true}), 422, "unknown"),
    ] {
        let mut body = json!({"identity": identity});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let answer = stage.ana.ask("POST", &path, Some(&body)).await.unwrap();
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        let told = match status {
            422 => &answer.body["errors"][0]["code"],
            _ => &answer.body["code"],
        };
        assert_eq!(told, code, "{body}: {}", answer.body);
        if status == 409 {
            taken.push(answer.body["detail"].clone());
        }
    }
    assert_eq!(taken[0], taken[1], "whose it is cannot be told");
    let body = json!({"identity": "NEW-1"});
    let stale = [("If-Match", "\"7\"")];
    let answer = stage
        .ana
        .ask_with("POST", &path, &stale, Some(&body))
        .await
        .unwrap();
    assert_eq!(answer.status, 412, "{}", answer.body);
    let seen = stage.seen(&id).await;
    assert_eq!(seen["identity"], "HERE-1");
    let now = [("If-Match", "\"1\"")];
    let answer = stage
        .ana
        .ask_with("POST", &path, &now, Some(&body))
        .await
        .unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settings_lock_stays_and_is_not_got_around() {
    let mut stage = Stage::set().await;
    let id = stage.register("LOCKED-1").await;
    let station = stage
        .builder("LOCKED-1", Version::V16)
        .reconnect(false)
        .build();
    station.connect_and_boot().await.unwrap();
    let lock = format!("/stations/{id}/lock");
    let body = json!({"contact": "Volt"});
    let locked = stage
        .ana
        .expect(201, "POST", &lock, Some(&body))
        .await
        .unwrap();
    let frozen = locked["lock"]["lock"]["frozen"].as_array().map(Vec::len);
    let close = format!("{lock}/close");
    stage.ana.expect(200, "POST", &close, None).await.unwrap();
    let path = format!("/stations/{id}/replace");
    let body = json!({"identity": "OTHER-1"});
    let answer = stage.ana.ask("POST", &path, Some(&body)).await.unwrap();
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (423, &json!("settings_locked"))
    );
    assert_eq!(stage.seen(&id).await["identity"], "LOCKED-1");
    let unlock = format!("{lock}/unlock");
    let password = json!({"password": locked["password"]});
    stage
        .ana
        .expect(200, "POST", &unlock, Some(&password))
        .await
        .unwrap();
    stage
        .ana
        .expect(200, "POST", &path, Some(&body))
        .await
        .unwrap();
    let kept = stage.ana.expect(200, "GET", &lock, None).await.unwrap();
    assert_eq!(kept["padlock"], "open", "{kept}");
    assert_eq!(
        kept["lock"]["frozen"].as_array().map(Vec::len),
        frozen,
        "{kept}"
    );
}
