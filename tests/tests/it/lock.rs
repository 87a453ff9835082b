//! The settings lock, against simulated stations: no way leads around it, what changes at the
//! station is found and put back, and its owner has a way back (access.md C).
#![allow(clippy::print_stdout)] // the figures are what the tests show

use std::time::{Duration, Instant};

use busbar_tests::http::Person;
use serde_json::{Value, json};
use simulators::station::{Direction, Manner};
use simulators::{Station, Version};

use crate::stage::{Stage, UID, VERSIONS};

/// What access.md C calls critical, by the names of 1.6 and of vendors.
const KEYS: [&str; 18] = [
    "ConnectorPhaseRotation",
    "MaxCurrentPerPhase",
    "Vendor.Maximum_Current",
    "LocalAuthorizeOffline",
    "allowofflinetxforunknownid",
    "LocalPreAuthorize",
    "FreeVendActive",
    "FreeChargingIdTag",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "ClockAlignedDataInterval",
    "StopTransactionOnInvalidId",
    "TariffFallback",
    "AuthorizationKey",
    "SecurityProfile",
    "CpoName",
    "CentralSystemURL",
    "BackendUrl",
];

/// The same in the device model of 2.x.
const VARIABLES: [(&str, &str); 12] = [
    ("SmartChargingCtrlr", "Enabled"),
    ("ChargingStation", "PhaseRotation"),
    ("AuthCtrlr", "LocalAuthorizeOffline"),
    ("AuthCtrlr", "OfflineTxForUnknownIdEnabled"),
    ("AuthCacheCtrlr", "Enabled"),
    ("TxCtrlr", "StopTxOnInvalidId"),
    ("SampledDataCtrlr", "TxUpdatedInterval"),
    ("AlignedDataCtrlr", "Interval"),
    ("SecurityCtrlr", "BasicAuthPassword"),
    ("SecurityCtrlr", "SecurityProfile"),
    ("OCPPCommCtrlr", "NetworkConfigurationPriority"),
    ("TariffCostCtrlr", "TariffFallbackMessage"),
];

/// Calls that set or could set something critical.
/// The product's own table of what is critical everywhere: kind and name.
fn table() -> impl Iterator<Item = (&'static str, &'static str)> {
    let text = include_str!("../../../crates/domain/src/setting/critical.csv");
    text.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        fields
            .starts_with(&["*", "*"])
            .then(|| (fields[2], fields[3]))
    })
}

const WRITES: [&str; 10] = [
    "ChangeConfiguration",
    "SetVariables",
    "DataTransfer",
    "SetNetworkProfile",
    "SetChargingProfile",
    "ClearChargingProfile",
    "SendLocalList",
    "InstallCertificate",
    "DeleteCertificate",
    "CertificateSigned",
];

fn written(station: &Station) -> Vec<String> {
    let received = station.frames().into_iter();
    received
        .filter(|frame| frame.direction == Direction::Received)
        .filter(|frame| {
            WRITES
                .iter()
                .any(|call| frame.text.contains(&format!("\"{call}\"")))
        })
        .map(|frame| frame.text)
        .collect()
}

/// What is asked for in a version: path below the station, and body.
fn attempts(version: Version) -> Vec<(&'static str, Value)> {
    let mut attempts = Vec::new();
    let raw =
        |action: &str, payload: Value| ("ocpp", json!({"action": action, "payload": payload}));
    if version == Version::V16 {
        let of_table = table().filter_map(|(kind, name)| match kind {
            "variable" => Some(name.to_owned()),
            "part" => Some(format!("Volt_{name}-2")),
            _ => None,
        });
        for key in KEYS.map(str::to_owned).into_iter().chain(of_table) {
            let values = json!([{"variable": key, "value": "1"}]);
            let command = json!({"type": "write_variables", "params": {"values": values}});
            attempts.push(("commands", command));
            attempts.push(raw(
                "ChangeConfiguration",
                json!({"key": key, "value": "1"}),
            ));
        }
        let period = json!([{"startPeriod": 0, "limit": 6.0}]);
        let schedule = json!({"chargingRateUnit": "A", "chargingSchedulePeriod": period});
        for purpose in ["ChargePointMaxProfile", "TxDefaultProfile"] {
            let profile = json!({"chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": purpose,
                "chargingProfileKind": "Absolute", "chargingSchedule": schedule});
            let payload = json!({"connectorId": 0, "csChargingProfiles": profile});
            attempts.push(raw("SetChargingProfile", payload));
        }
        attempts.push(raw("ClearChargingProfile", json!({})));
        let list = json!({"listVersion": 1, "updateType": "Full"});
        attempts.push(raw("SendLocalList", list));
        attempts.push(raw(
            "DataTransfer",
            json!({"vendorId": "Acme", "data": "MaxCurrent=99"}),
        ));
        return attempts;
    }
    let own = VARIABLES.map(|(component, variable)| (component.to_owned(), variable.to_owned()));
    let of_table = table().filter_map(|(kind, name)| match kind {
        "component" => Some((name.to_owned(), "Whatever".to_owned())),
        "variable" => Some(("Controller".to_owned(), name.to_owned())),
        "part" => Some(("Controller".to_owned(), format!("Volt{name}2"))),
        _ => None,
    });
    for (component, variable) in own.into_iter().chain(of_table) {
        let values = json!([{"component": component, "variable": variable, "value": "1"}]);
        let command = json!({"type": "write_variables", "params": {"values": values}});
        attempts.push(("commands", command));
        let item = json!({"component": {"name": component}, "variable": {"name": variable},
            "attributeValue": "1"});
        attempts.push(raw("SetVariables", json!({"setVariableData": [item]})));
    }
    attempts.push(raw(
        "DataTransfer",
        json!({"vendorId": "Acme", "data": "MaxCurrent=99"}),
    ));
    attempts.push(raw("ClearChargingProfile", json!({})));
    let list = json!({"versionNumber": 1, "updateType": "Full"});
    attempts.push(raw("SendLocalList", list));
    let period = json!([{"startPeriod": 0, "limit": 6.0}]);
    let schedule = json!([{"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": period}]);
    for purpose in ["ChargingStationMaxProfile", "TxDefaultProfile"] {
        let profile = json!({"id": 1, "stackLevel": 0, "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Absolute", "chargingSchedule": schedule});
        let payload = json!({"evseId": 0, "chargingProfile": profile});
        attempts.push(raw("SetChargingProfile", payload));
    }
    let way = json!({"ocppVersion": "OCPP20", "ocppTransport": "JSON", "messageTimeout": 30,
        "ocppCsmsUrl": "wss://elsewhere.example", "securityProfile": 1, "ocppInterface": "Wired0"});
    let way = json!({"configurationSlot": 1, "connectionData": way});
    attempts.push(raw("SetNetworkProfile", way));
    let root = json!({"certificateType": "CSMSRootCertificate", "certificate": "x"});
    attempts.push(raw("InstallCertificate", root));
    attempts
}

async fn lock(person: &mut Person, id: &str, body: Value) -> String {
    let path = format!("/stations/{id}/lock");
    let locked = person
        .expect(201, "POST", &path, Some(&body))
        .await
        .unwrap();
    assert_eq!(locked["lock"]["padlock"], "open", "{locked}");
    locked["password"].as_str().unwrap().to_owned()
}

async fn seen(person: &mut Person, id: &str) -> Value {
    let path = format!("/stations/{id}/lock");
    person.expect(200, "GET", &path, None).await.unwrap()
}

/// Waits until the lock looks so.
async fn until(
    person: &mut Person,
    id: &str,
    what: &str,
    wanted: impl Fn(&Value) -> bool,
) -> Value {
    let begun = Instant::now();
    loop {
        let now = seen(person, id).await;
        if wanted(&now) {
            return now;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "not {what}: {now}"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

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
    let mut refused = 0;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("LOCK-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        // Ana has access, for she locked; the others do not, and a key of hers carries none.
        let contact = json!({"contact": "Volt GmbH, +49 30 1"});
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
        assert_eq!(written(&station), Vec::<String>::new(), "{version:?}");
        // What the lock leaves open goes on.
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
        let over = async {
            loop {
                let command = ida.expect(200, "GET", &one, None).await.unwrap();
                if command["settled_at"].is_string() {
                    return command;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let over = tokio::time::timeout(Duration::from_secs(30), over)
            .await
            .unwrap();
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

#[tokio::test(flavor = "multi_thread")]
async fn access_is_for_one_account_and_one_epoch() {
    let mut stage = Stage::set().await;
    let mut ida = stage.member("technician").await;
    let mut chief = stage.member("administrator").await;
    for (n, version) in [Version::V16, Version::V201].into_iter().enumerate() {
        let identity = format!("EPOCH-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        let path = |verb: &str| format!("/stations/{id}/lock/{verb}");
        // Offline stations are not locked: nothing could be frozen.
        let whole = format!("/stations/{id}/lock");
        let away = stage
            .ana
            .ask("POST", &whole, Some(&json!({})))
            .await
            .unwrap();
        assert_eq!(
            (away.status, &away.body["code"]),
            (503, &json!("station_offline"))
        );
        station.connect_and_boot().await.unwrap();
        let short = json!({"password": "1234567"});
        stage
            .ana
            .expect(422, "POST", &whole, Some(&short))
            .await
            .unwrap();
        let password = lock(&mut stage.ana, &id, json!({})).await;
        assert!(password.len() == 8 && password.bytes().all(|b| b.is_ascii_digit()));
        let again = stage
            .ana
            .ask("POST", &whole, Some(&json!({})))
            .await
            .unwrap();
        assert_eq!(
            (again.status, &again.body["code"]),
            (409, &json!("locked_already"))
        );
        let frozen = seen(&mut ida, &id).await;
        assert!(
            frozen["lock"]["frozen"].as_array().unwrap().len() >= 6,
            "{frozen}"
        );
        // Unlock by one leaves it closed for the other.
        let wrong = json!({"password": "00000000"});
        let answer = ida
            .ask("POST", &path("unlock"), Some(&wrong))
            .await
            .unwrap();
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (403, &json!("wrong_lock_password"))
        );
        let right = json!({"password": password, "save": true});
        let open = ida
            .expect(200, "POST", &path("unlock"), Some(&right))
            .await
            .unwrap();
        assert_eq!(open["padlock"], "open");
        assert_eq!(seen(&mut chief, &id).await["padlock"], "closed");
        // What somebody with access writes is the wish from now on.
        let component = (version != Version::V16).then_some("AuthCtrlr");
        let value = json!([{"component": component, "variable": "LocalAuthorizeOffline", "value": "false"}]);
        let body = json!({"type": "write_variables", "params": {"values": value}});
        let commands = format!("/stations/{id}/commands");
        let done = ida
            .expect(200, "POST", &commands, Some(&body))
            .await
            .unwrap();
        assert_eq!(done["state"], "accepted", "{version:?} {done}");
        assert_eq!(
            station
                .key("LocalAuthorizeOffline")
                .await
                .unwrap()
                .as_deref(),
            Some("false")
        );
        station.go_offline().await.unwrap();
        station.come_online().await.unwrap();
        let looked = until(&mut ida, &id, "read again", |lock| {
            let frozen = lock["lock"]["frozen"].as_array().unwrap();
            let of = |f: &&Value| f["name"]["variable"] == "LocalAuthorizeOffline";
            frozen.iter().find(of).unwrap()["value"] == "false"
        });
        assert_eq!(looked.await["lock"]["state"], "steady");
        // Another password: a new epoch ends every access but that of whoever changed it.
        let new = json!({"new": "another password"});
        let closed = chief
            .ask("POST", &path("password"), Some(&new))
            .await
            .unwrap();
        assert_eq!(closed.status, 422, "{}", closed.body);
        let new = json!({"new": "another password", "password": password});
        let changed = chief
            .expect(200, "POST", &path("password"), Some(&new))
            .await
            .unwrap();
        assert_eq!(changed["padlock"], "open");
        assert_eq!(seen(&mut ida, &id).await["padlock"], "closed");
        assert_eq!(seen(&mut stage.ana, &id).await["padlock"], "closed");
        let refused = ida.ask("POST", &commands, Some(&body)).await.unwrap();
        assert_eq!(refused.status, 423);
        let saved = ida.all("/saved_passwords").await.unwrap();
        assert_eq!(saved[0]["outdated"], true, "{saved:?}");
        assert_eq!(chief.all("/saved_passwords").await.unwrap().len(), n + 1);
        // Five wrong ones, then a pause, also for the right one.
        for _ in 0..5 {
            let answer = ida
                .ask("POST", &path("unlock"), Some(&wrong))
                .await
                .unwrap();
            assert_eq!(answer.status, 403, "{}", answer.body);
        }
        let right = json!({"password": "another password"});
        let paused = ida
            .ask("POST", &path("unlock"), Some(&right))
            .await
            .unwrap();
        assert_eq!(
            (paused.status, &paused.body["code"]),
            (429, &json!("too_many_tries"))
        );
        let open = stage
            .ana
            .expect(200, "POST", &path("unlock"), Some(&right))
            .await
            .unwrap();
        assert_eq!(
            open["padlock"], "open",
            "each account is counted for itself"
        );
        let close = stage
            .ana
            .expect(200, "POST", &path("close"), None)
            .await
            .unwrap();
        assert_eq!(close["padlock"], "closed");
    }
    // The saved password is told to its account, and to nobody else.
    let saved = ida.all("/saved_passwords?q=EPOCH-0").await.unwrap();
    assert_eq!(saved.len(), 1);
    let reveal = format!(
        "/saved_passwords/{}/reveal",
        saved[0]["station_id"].as_str().unwrap()
    );
    let told = ida.expect(200, "POST", &reveal, None).await.unwrap();
    assert_eq!(told["password"].as_str().unwrap().len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_at_the_station_is_found_and_put_back_but_not_for_ever() {
    let mut stage = Stage::set().await;
    for (n, version) in [Version::V16, Version::V201].into_iter().enumerate() {
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
        of("settings_drifted") >= 2 && of("reverts_stopped") == 2,
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
async fn the_owner_has_a_way_back_and_the_installer_is_told() {
    let mut stage = Stage::set().await;
    let mut ida = stage.member("technician").await;
    let id = stage.register("OWNER-1").await;
    let station = stage.station("OWNER-1", Version::V201);
    station.connect_and_boot().await.unwrap();
    let elsewhere = stage.register("OWNER-2").await;
    let other = stage.station("OWNER-2", Version::V201);
    other.connect_and_boot().await.unwrap();
    let path = |verb: &str| format!("/stations/{id}/lock/{verb}");
    lock(&mut ida, &id, json!({})).await;
    // The PUK goes to the owner, not to the installer as such, and is told once.
    assert!(ida.all("/notifications").await.unwrap().is_empty());
    let told = stage.ana.all("/notifications?open=true").await.unwrap();
    assert_eq!((told.len(), &told[0]["kind"]), (1, &json!("lock_puk")));
    let acknowledge = format!(
        "/notifications/{}/acknowledge",
        told[0]["id"].as_str().unwrap()
    );
    let first = stage
        .ana
        .expect(200, "POST", &acknowledge, None)
        .await
        .unwrap();
    let puk = first["secret"].as_str().unwrap().to_owned();
    assert!(puk.len() == 10 && puk.bytes().all(|b| b.is_ascii_digit()));
    let second = stage
        .ana
        .expect(200, "POST", &acknowledge, None)
        .await
        .unwrap();
    assert_eq!(second["secret"], Value::Null);
    let body = json!({"puk": puk});
    let technician = ida.ask("POST", &path("puk"), Some(&body)).await.unwrap();
    assert_eq!(
        (technician.status, &technician.body["code"]),
        (403, &json!("owner_only"))
    );
    let wrong = json!({"puk": "0000000000"});
    let answer = stage
        .ana
        .ask("POST", &path("puk"), Some(&wrong))
        .await
        .unwrap();
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (403, &json!("wrong_puk"))
    );
    let gone = stage
        .ana
        .expect(200, "POST", &path("puk"), Some(&body))
        .await
        .unwrap();
    assert_eq!(
        (&gone["padlock"], &gone["removed"]["method"]),
        (&json!("none"), &json!("puk"))
    );
    // The installer is told until they say that they have seen it.
    for _ in 0..2 {
        let told = ida.all("/notifications?open=true").await.unwrap();
        assert_eq!(
            (told.len(), &told[0]["kind"]),
            (1, &json!("lock_removed")),
            "{told:?}"
        );
    }
    let told = ida.all("/notifications?open=true").await.unwrap();
    let acknowledge = format!(
        "/notifications/{}/acknowledge",
        told[0]["id"].as_str().unwrap()
    );
    ida.expect(200, "POST", &acknowledge, None).await.unwrap();
    assert!(
        ida.all("/notifications?open=true")
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        ida.all("/notifications").await.unwrap().len(),
        1,
        "it cannot be deleted"
    );
    // The next lock has another PUK; the old one opens nothing, five times an hour.
    lock(&mut ida, &id, json!({})).await;
    for _ in 0..5 {
        let used = stage
            .ana
            .ask("POST", &path("puk"), Some(&body))
            .await
            .unwrap();
        assert_eq!(used.status, 403, "{}", used.body);
    }
    let paused = stage
        .ana
        .ask("POST", &path("puk"), Some(&body))
        .await
        .unwrap();
    assert_eq!(paused.status, 429, "{}", paused.body);
    // Presence: what another station tells proves nothing.
    let token = json!({"token": UID});
    let finish = path("presence/finish");
    let none = stage.ana.ask("POST", &finish, None).await.unwrap();
    assert_eq!(
        (none.status, &none.body["code"]),
        (409, &json!("no_challenge"))
    );
    stage
        .ana
        .expect(200, "POST", &path("presence"), Some(&token))
        .await
        .unwrap();
    other.present_token(UID).await.unwrap();
    other.present_token(UID).await.unwrap();
    station.present_token(UID).await.unwrap();
    let waiting = stage.ana.expect(200, "POST", &finish, None).await.unwrap();
    assert_eq!(waiting["proved"], false, "{waiting}");
    station.present_token(UID).await.unwrap();
    let proved = stage.ana.expect(200, "POST", &finish, None).await.unwrap();
    assert_eq!(proved["proved"], true, "{proved}");
    assert_eq!(proved["lock"]["removed"]["method"], "presence");
    // Nor does what the station was made to tell from afar: a remote start lets some ask about the
    // token, and a raw call can do anything. Both stations could tell as if somebody stood there.
    let raw = json!({"action": "RequestStartTransaction", "payload":
        {"evseId": 1, "remoteStartId": 7, "idToken": {"idToken": UID, "type": "ISO14443"}}});
    let start = json!({"type": "start_session", "params": {"evse": 1, "token": UID}});
    for (identity, route, body) in [("AFAR-1", "commands", &start), ("AFAR-2", "ocpp", &raw)] {
        let id = stage.register(identity).await;
        let afar = stage.station(identity, Version::V201);
        afar.connect_and_boot().await.unwrap();
        lock(&mut ida, &id, json!({})).await;
        let begin = format!("/stations/{id}/lock/presence");
        let begun = stage.ana.expect(200, "POST", &begin, Some(&token));
        begun.await.unwrap();
        let sent = format!("/stations/{id}/{route}");
        let sent = stage.ana.ask("POST", &sent, Some(body)).await.unwrap();
        assert_eq!(sent.status, 200, "{}", sent.body);
        afar.present_token(UID).await.unwrap();
        afar.present_token(UID).await.unwrap();
        let finish = format!("{begin}/finish");
        let feigned = stage.ana.ask("POST", &finish, None).await.unwrap();
        assert_eq!(feigned.status, 409, "{}", feigned.body);
        assert_eq!(feigned.body["code"], "presence_feigned");
        assert_eq!(seen(&mut stage.ana, &id).await["padlock"], "closed");
        let over = stage.ana.ask("POST", &finish, None).await.unwrap();
        assert_eq!(over.body["code"], "no_challenge", "{}", over.body);
    }
    // A cable, plugged in and out as often as was drawn. The token above still waits for one.
    station.plug_in(1).await.unwrap();
    station.unplug(1).await.unwrap();
    station.settled().await.unwrap();
    lock(&mut ida, &id, json!({})).await;
    let asked = stage
        .ana
        .expect(200, "POST", &path("presence"), Some(&json!({})))
        .await
        .unwrap();
    for time in 0..asked["times"].as_u64().unwrap() {
        let waiting = stage.ana.expect(200, "POST", &finish, None).await.unwrap();
        assert_eq!(waiting["proved"], false, "after {time} times");
        station.plug_in(1).await.unwrap();
        station.unplug(1).await.unwrap();
        station.settled().await.unwrap();
    }
    let proved = stage.ana.expect(200, "POST", &finish, None).await.unwrap();
    assert_eq!(proved["proved"], true, "{proved}");
    // Nothing was locked elsewhere.
    assert_eq!(seen(&mut stage.ana, &elsewhere).await["padlock"], "none");
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
