//! Configuration as desired state, against simulated stations of all versions: drift is found and
//! put back, a restart between two keys loses and repeats nothing, no message is larger than the
//! station takes, and the lock holds for wishes and templates (house.md 4).
#![allow(clippy::print_stdout)] // the figures are what the tests show

use std::time::{Duration, Instant};

use busbar_tests::http::Person;
use serde_json::{Value, json};
use simulators::station::{Direction, Manner};
use simulators::{Station, Version};

use crate::stage::{Stage, VERSIONS};

const PATIENCE: Duration = Duration::from_secs(90);
/// A setting by its 1.6 key, and its component and variable in 2.x.
type Key = (&'static str, &'static str, &'static str);
const STOP: Key = ("StopTransactionOnInvalidId", "TxCtrlr", "StopTxOnInvalidId");
const RETRIES: Key = ("ResetRetries", "OCPPCommCtrlr", "ResetRetries");
const ATTEMPTS: Key = (
    "TransactionMessageAttempts",
    "OCPPCommCtrlr",
    "MessageAttempts",
);
const PING: Key = (
    "WebSocketPingInterval",
    "OCPPCommCtrlr",
    "WebSocketPingInterval",
);
/// One that no lock protects.
const BOX: Key = ("Acme.Setting000", "AcmeBox0", "Setting000");
const OFFLINE: Key = (
    "LocalAuthorizeOffline",
    "AuthCtrlr",
    "LocalAuthorizeOffline",
);

fn name(version: Version, (key, component, variable): Key) -> Value {
    match version {
        Version::V16 => json!({"variable": key}),
        _ => json!({"component": component, "variable": variable}),
    }
}

fn values(version: Version, wishes: &[(Key, &str)]) -> Value {
    let one = |(key, value): &(Key, &str)| json!({"name": name(version, *key), "value": value});
    json!({"values": wishes.iter().map(one).collect::<Vec<_>>()})
}

/// Changes the wishes, on whatever is there.
async fn wish(person: &mut Person, id: &str, body: &Value, dry: bool) -> (u16, Value) {
    let path = format!("/stations/{id}/settings?dry_run={dry}");
    let any = [("If-Match", "*")];
    let answer = person.ask_with("PATCH", &path, &any, Some(body)).await;
    let answer = answer.unwrap();
    (answer.status, answer.body)
}

async fn lines(person: &mut Person, id: &str) -> Vec<Value> {
    let path = format!("/stations/{id}/settings?changed=true&limit=200");
    let page = person.expect(200, "GET", &path, None).await.unwrap();
    page["data"].as_array().unwrap().clone()
}

fn of(version: Version, lines: &[Value], key: Key) -> Value {
    let wanted = name(version, key);
    let mut lines = lines.iter();
    let found = lines.find(|line| {
        let name = &line["name"];
        name["variable"] == wanted["variable"] && name["component"] == wanted["component"]
    });
    found.map_or(Value::Null, |line| line["wish"].clone())
}

/// Waits until the wish for this setting looks so.
async fn until(
    person: &mut Person,
    id: &str,
    version: Version,
    key: Key,
    what: &str,
    wanted: impl Fn(&Value) -> bool,
) -> Value {
    let begun = Instant::now();
    loop {
        let all = lines(person, id).await;
        let now = of(version, &all, key);
        if wanted(&now) {
            return now;
        }
        let late = begun.elapsed() > PATIENCE;
        assert!(!late, "{version:?} {key:?} is not {what}: {now}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn in_state(person: &mut Person, id: &str, version: Version, key: Key, state: &str) -> Value {
    until(person, id, version, key, state, |wish| {
        wish["state"] == state
    })
    .await
}

/// Calls of the server that write this setting to this value.
fn writes(station: &Station, version: Version, key: Key, value: &str) -> usize {
    let received = station.frames().into_iter();
    let calls = received.filter(|frame| frame.direction == Direction::Received);
    let mut count = 0;
    for frame in calls {
        let Ok(Value::Array(parts)) = serde_json::from_str::<Value>(&frame.text) else {
            continue;
        };
        let wanted = name(version, key);
        match parts.get(2).and_then(Value::as_str) {
            Some("ChangeConfiguration") => {
                let same = parts[3]["key"] == wanted["variable"] && parts[3]["value"] == value;
                count += usize::from(same);
            }
            Some("SetVariables") => {
                let items = parts[3]["setVariableData"].as_array().unwrap();
                let same = |item: &&Value| {
                    item["variable"]["name"] == wanted["variable"]
                        && item["component"]["name"] == wanted["component"]
                        && item["attributeValue"] == value
                };
                count += items.iter().filter(same).count();
            }
            _ => {}
        }
    }
    count
}

async fn away_and_back(station: &Station) {
    station.go_offline().await.unwrap();
    station.connect_and_boot().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_found_and_put_back_in_every_version() {
    let mut stage = Stage::set().await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("WISH-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        let body = values(version, &[(RETRIES, "3"), (STOP, "false")]);
        // Looked at before it is done: nothing is wished and nothing sent.
        let (status, diff) = wish(&mut stage.ana, &id, &body, true).await;
        assert_eq!((status, &diff["dry_run"]), (200, &json!(true)), "{diff}");
        assert_eq!(diff["values"].as_array().unwrap().len(), 2);
        assert!(lines(&mut stage.ana, &id).await.is_empty());
        let path = format!("/stations/{id}/settings");
        let blind = stage.ana.ask("PATCH", &path, Some(&body)).await.unwrap();
        assert_eq!(blind.status, 428, "{}", blind.body);
        let (status, done) = wish(&mut stage.ana, &id, &body, false).await;
        assert_eq!(status, 200, "{done}");
        let holds = in_state(&mut stage.ana, &id, version, RETRIES, "holds").await;
        assert_eq!(holds["outcome"], "accepted", "{version:?} {holds}");
        in_state(&mut stage.ana, &id, version, STOP, "holds").await;
        assert_eq!(station.key(RETRIES.0).await.unwrap().as_deref(), Some("3"));
        // Somebody changes it at the station while it is away.
        station.go_offline().await.unwrap();
        station.set_key(RETRIES.0, "9").await.unwrap();
        let back = Instant::now();
        station.connect_and_boot().await.unwrap();
        while station.key(RETRIES.0).await.unwrap().as_deref() != Some("3") {
            assert!(back.elapsed() < PATIENCE, "{version:?} not put back");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        println!("{version:?}: drift was put back after {:?}", back.elapsed());
        in_state(&mut stage.ana, &id, version, RETRIES, "holds").await;
        assert_eq!(writes(&station, version, RETRIES, "3"), 2, "{version:?}");
        assert_eq!(writes(&station, version, STOP, "false"), 1, "{version:?}");
        // What is only watched is listed, and written when somebody asks for it.
        let watched = json!({"values": [
            {"name": name(version, ATTEMPTS), "value": "7", "reaction": "alert"}]});
        let (status, _) = wish(&mut stage.ana, &id, &watched, false).await;
        assert_eq!(status, 200);
        in_state(&mut stage.ana, &id, version, ATTEMPTS, "differs").await;
        let drift = stage
            .ana
            .all(&format!("/settings/drift?q={identity}"))
            .await
            .unwrap();
        assert_eq!(drift.len(), 1, "{drift:?}");
        assert_eq!(
            (&drift[0]["wished"], &drift[0]["found"]),
            (&json!("7"), &json!("3"))
        );
        assert_eq!(writes(&station, version, ATTEMPTS, "7"), 0);
        let apply = format!("/stations/{id}/settings/apply");
        stage.ana.expect(202, "POST", &apply, None).await.unwrap();
        in_state(&mut stage.ana, &id, version, ATTEMPTS, "holds").await;
        let drift = stage
            .ana
            .all(&format!("/settings/drift?q={identity}"))
            .await
            .unwrap();
        assert_eq!(drift, Vec::<Value>::new());
    }
    assert!(stage.deeds("settings.edit", 6).await.len() >= 6);
    // Two stations beside each other; one that is not there is no station of ours.
    let all = stage.ana.all("/stations").await.unwrap();
    let id = |n: usize| {
        all.iter()
            .find(|s| s["identity"] == format!("WISH-{n}"))
            .unwrap()["id"]
            .clone()
    };
    let (one, other) = (id(1), id(2));
    let path = format!(
        "/stations/{}/settings/compare?with={}",
        one.as_str().unwrap(),
        other.as_str().unwrap()
    );
    let compared = stage.ana.all(&path).await.unwrap();
    let retries = compared
        .iter()
        .find(|row| row["name"]["variable"] == "ResetRetries")
        .unwrap();
    assert_eq!(
        (&retries["same"], &retries["left"]),
        (&json!(true), &json!("3")),
        "{retries}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_two_keys_repeats_nothing_that_was_answered() {
    let mut stage = Stage::set().await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("BETWEEN-{n}");
        let id = stage.register(&identity).await;
        // One variable in a message: between two of them it restarts.
        let station = stage
            .builder(&identity, version)
            .bounds(1, 600)
            .manner(Manner::RebootsBetweenKeys)
            .build();
        station.connect_and_boot().await.unwrap();
        let body = values(version, &[(RETRIES, "3"), (ATTEMPTS, "5"), (STOP, "false")]);
        let (status, done) = wish(&mut stage.ana, &id, &body, false).await;
        assert_eq!(status, 200, "{done}");
        for key in [RETRIES, ATTEMPTS, STOP] {
            in_state(&mut stage.ana, &id, version, key, "holds").await;
        }
        let counted = [(RETRIES, "3"), (ATTEMPTS, "5"), (STOP, "false")]
            .map(|(key, value)| writes(&station, version, key, value));
        // The one that was answered went out once; of those behind it, one may have been on its way.
        assert!(counted.contains(&1), "{version:?} {counted:?}");
        assert!(
            counted.iter().all(|n| (1..=2).contains(n)),
            "{version:?} {counted:?}"
        );
        assert!(
            counted.iter().sum::<usize>() <= 4,
            "{version:?} {counted:?}"
        );
        println!("{version:?}: writes of three keys around a restart: {counted:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_forgets_is_set_again_after_each_boot() {
    let mut stage = Stage::set().await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("FORGETS-{n}");
        let id = stage.register(&identity).await;
        let station = stage
            .builder(&identity, version)
            .manner(Manner::ForgetsSettings)
            .build();
        station.connect_and_boot().await.unwrap();
        let (status, _) = wish(
            &mut stage.ana,
            &id,
            &values(version, &[(RETRIES, "4")]),
            false,
        )
        .await;
        assert_eq!(status, 200);
        in_state(&mut stage.ana, &id, version, RETRIES, "holds").await;
        for round in 1..=2 {
            let reset = json!({"type": "reset", "params": {"kind": "soft"}});
            let path = format!("/stations/{id}/commands");
            stage
                .ana
                .expect(200, "POST", &path, Some(&reset))
                .await
                .unwrap();
            let begun = Instant::now();
            while writes(&station, version, RETRIES, "4") <= round {
                assert!(
                    begun.elapsed() < PATIENCE,
                    "{version:?} round {round}: not set again"
                );
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            in_state(&mut stage.ana, &id, version, RETRIES, "holds").await;
            assert_eq!(station.key(RETRIES.0).await.unwrap().as_deref(), Some("4"));
        }
        assert_eq!(writes(&station, version, RETRIES, "4"), 3, "{version:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_hundred_variables_are_read_within_what_the_station_takes() {
    let mut stage = Stage::set().await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("LARGE-{n}");
        let id = stage.register(&identity).await;
        let (items, bytes) = (7, 900);
        let station = stage
            .builder(&identity, version)
            .more_settings(400)
            .bounds(items, bytes)
            .build();
        station.connect_and_boot().await.unwrap();
        let read = format!("/stations/{id}/settings/read");
        stage.ana.expect(202, "POST", &read, None).await.unwrap();
        let summary = format!("/stations/{id}/configuration");
        let begun = Instant::now();
        let told = loop {
            let told = stage.ana.expect(200, "GET", &summary, None).await.unwrap();
            if told["read_at"].is_string() {
                break told;
            }
            assert!(begun.elapsed() < PATIENCE, "not read: {told}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        assert!(told["reported"].as_u64().unwrap() >= 400, "{told}");
        let all = stage
            .ana
            .all(&format!("/stations/{id}/settings"))
            .await
            .unwrap();
        assert!(all.len() >= 400, "{}", all.len());
        if version != Version::V16 {
            let one = all
                .iter()
                .find(|l| l["name"]["variable"] == "Setting007")
                .unwrap();
            assert_eq!(one["traits"]["max_limit"], "100", "{one}");
            assert_eq!(one["traits"]["data_type"], "integer");
            assert_eq!(one["mutability"], "read_write");
        }
        // A hundred of them are wished, which takes many messages to write and to read again.
        let wishes: Vec<Value> = all
            .iter()
            .filter(|line| {
                line["name"]["variable"]
                    .as_str()
                    .unwrap()
                    .contains("Setting0")
            })
            .map(|line| json!({"name": line["name"], "value": "42"}))
            .collect();
        assert_eq!(wishes.len(), 100);
        let (status, done) = wish(&mut stage.ana, &id, &json!({"values": wishes}), false).await;
        assert_eq!(status, 200, "{done}");
        let begun = Instant::now();
        loop {
            let lines = lines(&mut stage.ana, &id).await;
            let holds = lines
                .iter()
                .filter(|l| l["wish"]["state"] == "holds")
                .count();
            if holds == 100 {
                break;
            }
            assert!(
                begun.elapsed() < PATIENCE * 2,
                "{version:?}: only {holds} hold"
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        // Nothing was larger than the station takes, and so it refused nothing.
        let (mut most, mut longest, mut calls) = (0, 0, 0);
        for frame in station.frames() {
            let text = &frame.text;
            assert!(!text.contains("ConstraintViolation"), "{version:?} {text}");
            let parts: Value = serde_json::from_str(text).unwrap();
            let list = match parts[2].as_str() {
                Some("GetVariables") => "getVariableData",
                Some("SetVariables") => "setVariableData",
                Some("GetConfiguration") => "key",
                _ => continue,
            };
            let of = parts[3][list].as_array().map_or(0, Vec::len);
            (most, longest, calls) = (most.max(of), longest.max(text.len()), calls + 1);
        }
        assert!(most <= items, "{version:?}: {most} items");
        assert!(
            version == Version::V16 || longest <= bytes,
            "{longest} bytes"
        );
        println!(
            "{version:?}: {} settings read; {calls} calls of at most {most} items and {longest} bytes",
            all.len()
        );
        // A value beyond what the station told of it is refused, and nothing is wished.
        if version != Version::V16 {
            let far = json!({"values": [{"name": all.iter()
                .find(|l| l["name"]["variable"] == "Setting300").unwrap()["name"], "value": "101"}]});
            let (status, why) = wish(&mut stage.ana, &id, &far, false).await;
            assert_eq!(
                (status, &why["errors"][0]["code"]),
                (422, &json!("out_of_range")),
                "{why}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_cannot_tell_all_at_once_is_asked_by_name() {
    let mut stage = Stage::set().await;
    for (n, version) in [Version::V16, Version::V201].into_iter().enumerate() {
        let full = |station: &Station| {
            let asks = |text: &str| {
                text.contains("\"GetBaseReport\"") || text.contains("\"GetConfiguration\",{}")
            };
            let frames = station.frames();
            let received = frames.iter().filter(|f| f.direction == Direction::Received);
            received.filter(|f| asks(&f.text)).count()
        };
        for (round, asked) in [(0, 1), (1, 0)] {
            let identity = format!("FRAGILE-{n}-{round}");
            let id = stage.register(&identity).await;
            // A model of its own for each version.
            let mut template = simulators::Template::ac22();
            template.model = format!("Fragile {n}");
            let station = stage
                .builder(&identity, version)
                .template(template)
                .manner(Manner::CrashesOnFullRead)
                .build();
            station.connect_and_boot().await.unwrap();
            let (status, _) = wish(
                &mut stage.ana,
                &id,
                &values(version, &[(RETRIES, "5")]),
                false,
            )
            .await;
            assert_eq!(status, 200);
            in_state(&mut stage.ana, &id, version, RETRIES, "holds").await;
            // The first one crashed on it; the second of its model was spared.
            assert_eq!(full(&station), asked, "{version:?} {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_key_has_its_own_outcome() {
    let mut stage = Stage::set().await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("OUTCOME-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        let nothing: Key = ("NoSuchKey", "OCPPCommCtrlr", "NoSuchVariable");
        let read_only: Key = (
            "ChargingScheduleMaxPeriods",
            "SmartChargingCtrlr",
            "PeriodsPerSchedule",
        );
        let body = values(
            version,
            &[
                (PING, "77"),
                (nothing, "1"),
                (ATTEMPTS, "many"),
                (read_only, "9"),
            ],
        );
        let (status, done) = wish(&mut stage.ana, &id, &body, false).await;
        assert_eq!(status, 200, "{done}");
        in_state(&mut stage.ana, &id, version, nothing, "not_supported").await;
        in_state(&mut stage.ana, &id, version, ATTEMPTS, "rejected").await;
        in_state(&mut stage.ana, &id, version, read_only, "read_only").await;
        let waits = in_state(&mut stage.ana, &id, version, PING, "pending_reboot").await;
        assert_eq!(waits["needs_reboot"], true, "{waits}");
        assert_eq!(station.key(PING.0).await.unwrap().as_deref(), Some("30"));
        // Secrets are no wishes.
        let secret: Key = ("AuthorizationKey", "SecurityCtrlr", "BasicAuthPassword");
        let (status, why) = wish(
            &mut stage.ana,
            &id,
            &values(version, &[(secret, "0123456789abcdef")]),
            false,
        )
        .await;
        assert_eq!(
            (status, &why["errors"][0]["code"]),
            (422, &json!("secret")),
            "{why}"
        );
        // It is restarted when somebody allows it and nobody charges; once.
        let may = json!({"reset_when_idle": true});
        let (status, _) = wish(&mut stage.ana, &id, &may, false).await;
        assert_eq!(status, 200);
        in_state(&mut stage.ana, &id, version, PING, "holds").await;
        assert_eq!(station.key(PING.0).await.unwrap().as_deref(), Some("77"));
        for (key, value, times) in [
            (PING, "77", 1),
            (nothing, "1", 1),
            (ATTEMPTS, "many", 1),
            (read_only, "9", 0),
        ] {
            assert_eq!(
                writes(&station, version, key, value),
                times,
                "{version:?} {key:?}"
            );
        }
        let resets = station
            .frames()
            .into_iter()
            .filter(|f| f.direction == Direction::Received && f.text.contains("\"Reset\",{"));
        assert_eq!(resets.count(), 1, "{version:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_bring_all_their_stations_to_one_state() {
    let mut stage = Stage::set().await;
    let mut stations = Vec::new();
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("TPL-{n}");
        let id = stage.register(&identity).await;
        let mut template = simulators::Template::ac22();
        template.model = "Depot AC".to_owned();
        template.firmware = format!("1.{n}.0");
        let station = stage.builder(&identity, version).template(template).build();
        station.connect_and_boot().await.unwrap();
        stations.push((id, version, station));
    }
    let all = |keys: &[(Key, &str)]| -> Vec<Value> {
        [Version::V16, Version::V201]
            .into_iter()
            .flat_map(|version| values(version, keys)["values"].as_array().unwrap().clone())
            .collect()
    };
    let body = json!({"name": "Depot", "automatic": true, "values": all(&[(RETRIES, "6")]),
        "fit": {"model": "Depot*", "firmware_from": "1.0.0", "firmware_to": "1.1.9"}});
    let preview = stage
        .ana
        .expect(200, "POST", "/setting_templates/preview", Some(&body))
        .await
        .unwrap();
    let named = |page: &Value| page["data"].as_array().unwrap().len();
    assert_eq!(named(&preview), 2, "{preview}");
    let made = stage
        .ana
        .expect(201, "POST", "/setting_templates", Some(&body))
        .await
        .unwrap();
    let path = format!("/setting_templates/{}", made["id"].as_str().unwrap());
    for (id, version, station) in &stations[..2] {
        let held = in_state(&mut stage.ana, id, *version, RETRIES, "holds").await;
        assert_eq!(held["template_id"], made["id"], "{held}");
        assert_eq!(station.key(RETRIES.0).await.unwrap().as_deref(), Some("6"));
    }
    // The third has another firmware; somebody chooses the template for it.
    let (third, version, station) = &stations[2];
    assert!(lines(&mut stage.ana, third).await.is_empty());
    let choose = format!("/stations/{third}/setting_template");
    let body = json!({"template_id": made["id"]});
    stage
        .ana
        .expect(200, "PUT", &choose, Some(&body))
        .await
        .unwrap();
    in_state(&mut stage.ana, third, *version, RETRIES, "holds").await;
    assert_eq!(station.key(RETRIES.0).await.unwrap().as_deref(), Some("6"));
    // An edit is a version; a wish by hand goes before it.
    let (first, version, own) = &stations[0];
    let (status, _) = wish(
        &mut stage.ana,
        first,
        &values(*version, &[(RETRIES, "2")]),
        false,
    )
    .await;
    assert_eq!(status, 200);
    let change = json!({"values": all(&[(RETRIES, "8"), (STOP, "false")])});
    let blind = stage.ana.ask("PATCH", &path, Some(&change)).await.unwrap();
    assert_eq!(blind.status, 428, "{}", blind.body);
    let old = [("If-Match", "\"9\"")];
    let stale = stage
        .ana
        .ask_with("PATCH", &path, &old, Some(&change))
        .await
        .unwrap();
    assert_eq!(stale.status, 412, "{}", stale.body);
    let right = [("If-Match", "\"1\"")];
    let edited = stage
        .ana
        .ask_with("PATCH", &path, &right, Some(&change))
        .await
        .unwrap();
    assert_eq!(
        (edited.status, &edited.body["version"]),
        (200, &json!(2)),
        "{}",
        edited.body
    );
    for (id, version, station) in &stations {
        in_state(&mut stage.ana, id, *version, STOP, "holds").await;
        in_state(&mut stage.ana, id, *version, RETRIES, "holds").await;
        let other = station.key(RETRIES.0).await.unwrap();
        let wanted = if id == first { "2" } else { "8" };
        assert_eq!(other.as_deref(), Some(wanted), "{version:?}");
    }
    assert_eq!(writes(own, Version::V16, RETRIES, "8"), 0);
    let versions = stage.ana.all(&format!("{path}/versions")).await.unwrap();
    assert_eq!(versions.len(), 2);
    // Without the template its values are wished no more.
    let gone = stage.ana.expect(204, "DELETE", &path, None).await;
    gone.unwrap();
    let begun = Instant::now();
    loop {
        let left = lines(&mut stage.ana, third).await.len();
        // The wish by hand stays.
        if left == 0 && lines(&mut stage.ana, first).await.len() == 1 {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{left} are still wished");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(
        station.key(RETRIES.0).await.unwrap().as_deref(),
        Some("8"),
        "and so do values"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_holds_for_wishes_and_templates() {
    let mut stage = Stage::set().await;
    let mut ida = stage.member("technician").await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("SHUT-{n}");
        let id = stage.register(&identity).await;
        let station = stage.builder(&identity, version).more_settings(1).build();
        station.connect_and_boot().await.unwrap();
        let lock = format!("/stations/{id}/lock");
        let locked = stage
            .ana
            .expect(201, "POST", &lock, Some(&json!({})))
            .await
            .unwrap();
        let password = locked["password"].as_str().unwrap().to_owned();
        // A wish for a locked setting is refused as a whole.
        let body = values(version, &[(OFFLINE, "false"), (BOX, "4")]);
        let (status, diff) = wish(&mut ida, &id, &body, true).await;
        assert_eq!(
            (status, &diff["values"][0]["locked"]),
            (200, &json!(true)),
            "{diff}"
        );
        let (status, why) = wish(&mut ida, &id, &body, false).await;
        assert_eq!(
            (status, &why["code"]),
            (423, &json!("settings_locked")),
            "{why}"
        );
        assert!(
            lines(&mut ida, &id).await.is_empty(),
            "nothing of it was done"
        );
        // A template says so too: it is shown as locked, and the rest goes on.
        let body = json!({"name": format!("Locked {n}"), "values":
            values(version, &[(OFFLINE, "false"), (BOX, "4")])["values"]});
        let made = ida
            .expect(201, "POST", "/setting_templates", Some(&body))
            .await
            .unwrap();
        let choose = format!("/stations/{id}/setting_template");
        let body = json!({"template_id": made["id"]});
        ida.expect(200, "PUT", &choose, Some(&body)).await.unwrap();
        in_state(&mut ida, &id, version, BOX, "holds").await;
        in_state(&mut ida, &id, version, OFFLINE, "locked").await;
        let apply = format!("/stations/{id}/settings/apply");
        ida.expect(202, "POST", &apply, None).await.unwrap();
        let begun = Instant::now();
        let summary = format!("/stations/{id}/configuration");
        let before = ida.expect(200, "GET", &summary, None).await.unwrap()["looked_at"].clone();
        while ida.expect(200, "GET", &summary, None).await.unwrap()["looked_at"] == before {
            assert!(begun.elapsed() < PATIENCE, "not looked at again");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        in_state(&mut ida, &id, version, OFFLINE, "locked").await;
        assert_eq!(
            writes(&station, version, OFFLINE, "false"),
            0,
            "{version:?}"
        );
        assert_eq!(
            station.key(OFFLINE.0).await.unwrap().as_deref(),
            Some("true")
        );
        // With the password it is hers to change: the template that she chose is carried out.
        let open = json!({"password": password});
        let unlock = format!("{lock}/unlock");
        ida.expect(200, "POST", &unlock, Some(&open)).await.unwrap();
        ida.expect(202, "POST", &apply, None).await.unwrap();
        in_state(&mut ida, &id, version, OFFLINE, "holds").await;
        assert_eq!(
            station.key(OFFLINE.0).await.unwrap().as_deref(),
            Some("false")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_changes_is_put_back_three_times_and_no_more() {
    let mut stage = Stage::set().await;
    for (n, version) in [Version::V16, Version::V21].into_iter().enumerate() {
        let identity = format!("STORM-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        let (status, _) = wish(
            &mut stage.ana,
            &id,
            &values(version, &[(RETRIES, "3")]),
            false,
        )
        .await;
        assert_eq!(status, 200);
        in_state(&mut stage.ana, &id, version, RETRIES, "holds").await;
        for round in 1..=4 {
            // It reconnects without a boot: nobody restarted it, somebody changes it back.
            station.go_offline().await.unwrap();
            station.set_key(RETRIES.0, "9").await.unwrap();
            station.come_online().await.unwrap();
            if round <= 3 {
                let begun = Instant::now();
                while station.key(RETRIES.0).await.unwrap().as_deref() != Some("3") {
                    assert!(begun.elapsed() < PATIENCE, "{version:?} round {round}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                in_state(&mut stage.ana, &id, version, RETRIES, "holds").await;
            }
        }
        in_state(&mut stage.ana, &id, version, RETRIES, "stopped").await;
        assert_eq!(writes(&station, version, RETRIES, "3"), 4, "{version:?}");
        assert_eq!(station.key(RETRIES.0).await.unwrap().as_deref(), Some("9"));
        // Somebody looked.
        let apply = format!("/stations/{id}/settings/apply");
        stage.ana.expect(202, "POST", &apply, None).await.unwrap();
        in_state(&mut stage.ana, &id, version, RETRIES, "holds").await;
        away_and_back(&station).await;
        in_state(&mut stage.ana, &id, version, RETRIES, "holds").await;
    }
}
