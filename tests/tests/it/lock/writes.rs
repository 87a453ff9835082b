//! No write leads around a lock: every way that there is, every line of the table, and what waits.

use std::time::Duration;

use busbar_tests::http::Person;
use serde_json::{Value, json};
use simulators::Version;
use simulators::station::Manner;

use super::{lock, seen, written};
use crate::stage::{Stage, VERSIONS};

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

/// The product's own table of what is critical everywhere: kind and name.
fn table() -> impl Iterator<Item = (&'static str, &'static str)> {
    let text = include_str!("../../../../crates/domain/src/setting/critical.csv");
    text.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        fields
            .starts_with(&["*", "*"])
            .then(|| (fields[2], fields[3]))
    })
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
