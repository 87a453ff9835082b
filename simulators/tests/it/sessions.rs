//! A session in each version, and what stations answer.

use std::time::Duration;

use busbar_sim::station::Registration;
use busbar_sim::{Direction, Manner, Station, Template, Vehicle, Version};
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::tiny_server::TinyServer;

pub fn noon() -> DateTime<Utc> {
    "2026-03-05T12:00:00Z".parse().unwrap()
}

pub async fn booted(server: &TinyServer, version: Version) -> Station {
    let station = Station::builder(&server.url, "DEPOT-01")
        .version(version)
        .password(Some("secret"))
        .seed(7)
        .starts_at(noon())
        .backoff(Duration::from_millis(5), Duration::from_millis(20))
        .retry(3, Duration::from_millis(5))
        .build();
    station.connect().await.unwrap();
    assert_eq!(station.boot().await.unwrap(), Registration::Accepted);
    station
}

async fn charge(station: &Station) {
    station
        .plug_in_vehicle(1, Vehicle::compact())
        .await
        .unwrap();
    assert_eq!(station.present_token("04A1B2C3").await.unwrap(), "Accepted");
    station.tick(Duration::from_secs(600)).await.unwrap();
    station.present_token("04A1B2C3").await.unwrap();
    station.unplug(1).await.unwrap();
}

#[tokio::test]
async fn a_session_in_1_6() {
    let server = TinyServer::start().await;
    let station = booted(&server, Version::V16).await;
    charge(&station).await;
    let start = &server.payloads("StartTransaction")[0];
    let stop = &server.payloads("StopTransaction")[0];
    assert_eq!(start["connectorId"], 1);
    assert_eq!(start["idTag"], "04A1B2C3");
    assert_eq!(start["timestamp"], "2026-03-05T12:00:00Z");
    assert_eq!(stop["transactionId"], 1);
    assert_eq!(stop["timestamp"], "2026-03-05T12:10:00Z");
    let energy = stop["meterStop"].as_i64().unwrap() - start["meterStart"].as_i64().unwrap();
    assert!(
        (1_700..1_860).contains(&energy),
        "11 kW for 10 minutes gave {energy} Wh"
    );
    assert_eq!(server.payloads("MeterValues").len(), 10);
    let statuses: Vec<_> = server.payloads("StatusNotification");
    let of_one: Vec<_> = statuses
        .iter()
        .filter(|s| s["connectorId"] == 1)
        .map(|s| s["status"].as_str().unwrap())
        .collect();
    assert_eq!(
        of_one,
        [
            "Available",
            "Preparing",
            "Charging",
            "Finishing",
            "Available"
        ]
    );
    assert_eq!(server.authorizations(), ["Basic REVQT1QtMDE6c2VjcmV0"]);
    let frames = station.frames();
    assert!(frames.iter().any(|f| f.direction == Direction::Received));
    assert_eq!(station.view().call_errors, 0);
}

async fn v2_session(version: Version) {
    let server = TinyServer::start().await;
    let station = booted(&server, version).await;
    charge(&station).await;
    let events = server.payloads("TransactionEvent");
    let numbers: Vec<_> = events
        .iter()
        .map(|e| e["seqNo"].as_i64().unwrap())
        .collect();
    assert_eq!(numbers, (0..events.len() as i64).collect::<Vec<_>>());
    let first = events.first().unwrap();
    let last = events.last().unwrap();
    assert_eq!(
        (&first["eventType"], &last["eventType"]),
        (&json!("Started"), &json!("Ended"))
    );
    assert_eq!(first["evse"]["id"], 1);
    assert_eq!(last["transactionInfo"]["stoppedReason"], "Local");
    assert!(events.iter().all(
        |e| e["transactionInfo"]["transactionId"] == first["transactionInfo"]["transactionId"]
    ));
    assert!(events.iter().all(|e| e.get("offline").is_none()));
    let value = &last["meterValue"][0]["sampledValue"][0];
    assert!(value["value"].is_number(), "{value}");
    assert_eq!(value["unitOfMeasure"]["unit"], "Wh");
}

#[tokio::test]
async fn a_session_in_2_0_1() {
    v2_session(Version::V201).await;
}

#[tokio::test]
async fn a_session_in_2_1() {
    v2_session(Version::V21).await;
}

#[tokio::test]
async fn a_refused_token_starts_nothing() {
    let server = TinyServer::start().await;
    server.refuse("BAD");
    let station = booted(&server, Version::V16).await;
    station.plug_in(1).await.unwrap();
    assert_eq!(station.present_token("BAD").await.unwrap(), "Invalid");
    assert!(server.payloads("StartTransaction").is_empty());
    station.start(1, "BAD").await.unwrap();
    let stop = &server.payloads("StopTransaction")[0];
    assert_eq!(stop["reason"], "DeAuthorized");
}

#[tokio::test]
async fn a_pending_station_boots_again() {
    let server = TinyServer::start().await;
    server.boot_with("Pending");
    let station = Station::builder(&server.url, "NEW-01")
        .starts_at(noon())
        .build();
    station.connect().await.unwrap();
    assert_eq!(station.boot().await.unwrap(), Registration::Pending);
    server.heard("BootNotification", 2).await;
    server.heard("StatusNotification", 3).await;
}

#[tokio::test]
async fn remote_start_and_stop_in_1_6() {
    let server = TinyServer::start().await;
    let station = booted(&server, Version::V16).await;
    station.plug_in(2).await.unwrap();
    let answer = server
        .call(
            "a",
            "RemoteStartTransaction",
            json!({ "connectorId": 2, "idTag": "REMOTE" }),
        )
        .await;
    assert_eq!(answer[2]["status"], "Accepted");
    let call = station
        .wait_for("RemoteStartTransaction", Duration::from_secs(5))
        .await
        .unwrap();
    assert_eq!(call.payload["idTag"], "REMOTE");
    server.heard("StartTransaction", 1).await;
    station.settled().await.unwrap();
    let answer = server
        .call("b", "RemoteStopTransaction", json!({ "transactionId": 1 }))
        .await;
    assert_eq!(answer[2]["status"], "Accepted");
    server.heard("StopTransaction", 1).await;
    assert_eq!(server.payloads("StopTransaction")[0]["reason"], "Remote");
}

#[tokio::test]
async fn remote_start_in_2_x_carries_its_id() {
    let server = TinyServer::start().await;
    let station = booted(&server, Version::V21).await;
    station.plug_in(1).await.unwrap();
    let token = json!({ "idToken": "REMOTE", "type": "Central" });
    let payload = json!({ "remoteStartId": 99, "idToken": token, "evseId": 1 });
    let answer = server.call("a", "RequestStartTransaction", payload).await;
    assert_eq!(answer[2]["status"], "Accepted");
    server.heard("TransactionEvent", 1).await;
    let event = &server.payloads("TransactionEvent")[0];
    assert_eq!(event["transactionInfo"]["remoteStartId"], 99);
    let id = event["transactionInfo"]["transactionId"].clone();
    let answer = server
        .call(
            "b",
            "RequestStopTransaction",
            json!({ "transactionId": id }),
        )
        .await;
    assert_eq!(answer[2]["status"], "Accepted");
}

#[tokio::test]
async fn settings_and_oddities_in_1_6() {
    let server = TinyServer::start().await;
    let station = booted(&server, Version::V16).await;
    let ask = json!({ "key": ["heartbeatinterval", "Nonsense"] });
    let answer = server.call("1", "GetConfiguration", ask).await;
    assert_eq!(answer[2]["configurationKey"][0]["value"], "600");
    assert_eq!(answer[2]["unknownKey"], json!(["Nonsense"]));
    let change = json!({ "key": "MeterValueSampleInterval", "value": "10" });
    let answer = server.call("2", "ChangeConfiguration", change).await;
    assert_eq!(answer[2]["status"], "Accepted");
    let answer = server
        .call("3", "DataTransfer", json!({ "vendorId": "x" }))
        .await;
    assert_eq!(answer[2]["status"], "UnknownVendorId");
    let answer = server.call("4", "ReserveNow", json!({})).await;
    assert_eq!(
        (&answer[0], &answer[2]),
        (&json!(4), &json!("NotSupported"))
    );
    let answer = server.call("5", "Dance", json!({})).await;
    assert_eq!(answer[2], "NotImplemented");
    let answer = server.call("6", "Reset", json!({})).await;
    assert_eq!(answer[2], "OccurenceConstraintViolation");
    let trigger = json!({ "requestedMessage": "MeterValues", "connectorId": 1 });
    let answer = server.call("7", "TriggerMessage", trigger).await;
    assert_eq!(answer[2]["status"], "Accepted");
    server.heard("MeterValues", 1).await;
    let gone = json!({ "connectorId": 1, "type": "Inoperative" });
    assert_eq!(
        server.call("8", "ChangeAvailability", gone).await[2]["status"],
        "Accepted"
    );
    assert_eq!(
        server
            .call("9", "UnlockConnector", json!({ "connectorId": 1 }))
            .await[2]["status"],
        "Unlocked"
    );
    assert_eq!(
        server.call("10", "ClearCache", json!({})).await[2]["status"],
        "Accepted"
    );
    let log = server
        .call(
            "11",
            "GetDiagnostics",
            json!({ "location": "ftp://127.0.0.1/" }),
        )
        .await;
    assert_eq!(log[2]["fileName"], "station-log.txt");
    server.heard("DiagnosticsStatusNotification", 2).await;
    station.settled().await.unwrap();
}

#[tokio::test]
async fn the_device_model_comes_in_parts() {
    let server = TinyServer::start().await;
    let _station = booted(&server, Version::V201).await;
    let ask = json!({ "requestId": 5, "reportBase": "FullInventory" });
    assert_eq!(
        server.call("r", "GetBaseReport", ask).await[2]["status"],
        "Accepted"
    );
    server.heard("NotifyReport", 3).await;
    let parts = server.payloads("NotifyReport");
    let last = parts.last().unwrap();
    assert_eq!(parts[0]["seqNo"], 0);
    assert_eq!(
        (&parts[0]["tbc"], &last["tbc"]),
        (&json!(true), &json!(false))
    );
    let component = json!({ "name": "SampledDataCtrlr" });
    let row = json!({ "component": component, "variable": { "name": "TxUpdatedInterval" } });
    let answer = server
        .call("g", "GetVariables", json!({ "getVariableData": [row] }))
        .await;
    assert_eq!(answer[2]["getVariableResult"][0]["attributeValue"], "60");
}

#[tokio::test]
async fn firmware_is_installed_with_a_restart() {
    let server = TinyServer::start().await;
    let station = booted(&server, Version::V16).await;
    let at = serve_once("firmware 9.1.0\nand the rest").await;
    let location = format!("http://{at}/f.bin");
    let ask = json!({ "location": location, "retrieveDate": "2026-03-05T12:00:00Z" });
    assert_eq!(server.call("u", "UpdateFirmware", ask).await[2], json!({}));
    server.heard("FirmwareStatusNotification", 4).await;
    let steps: Vec<_> = server.payloads("FirmwareStatusNotification");
    let steps: Vec<_> = steps
        .iter()
        .map(|s| s["status"].as_str().unwrap())
        .collect();
    assert_eq!(
        steps,
        ["Downloading", "Downloaded", "Installing", "Installed"]
    );
    let boots = server.payloads("BootNotification");
    assert_eq!(boots.len(), 2);
    assert_eq!(boots[1]["firmwareVersion"], "9.1.0");
    assert_eq!(station.view().firmware, "9.1.0");
    assert!(station.view().online);
}

/// Answers one request with a file; tells where.
async fn serve_once(content: &'static str) -> std::net::SocketAddr {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; 4096];
        let _ = stream.read(&mut asked).await.unwrap();
        let length = content.len();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{content}");
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    at
}

#[tokio::test]
async fn firmware_that_cannot_be_had_or_installed_is_told() {
    for (manner, location, last) in [
        (None, "http://127.0.0.1:1/f.bin", "DownloadFailed"),
        (
            Some(Manner::FirmwareDownloadFails),
            "http://h/f.bin",
            "DownloadFailed",
        ),
        (Some(Manner::FirmwareInstallFails), "", "InstallationFailed"),
        (Some(Manner::BadSignature), "", "InvalidSignature"),
    ] {
        let server = TinyServer::start().await;
        let station = booted(&server, Version::V201).await;
        if let Some(manner) = manner {
            station.set_manner(manner, true).await.unwrap();
        }
        let location = match location {
            "" => format!("http://{}/f-1.2.bin", serve_once("bytes").await),
            location => location.to_owned(),
        };
        let firmware = json!({"location": location, "retrieveDateTime": "2026-03-05T12:00:00Z"});
        let ask = json!({"requestId": 3, "firmware": firmware});
        let answer = server.call("u", "UpdateFirmware", ask).await;
        assert_eq!(answer[2]["status"], "Accepted");
        let told = || server.payloads("FirmwareStatusNotification");
        let mut many = 1;
        while told().last().is_none_or(|told| told["status"] != last) {
            server.heard("FirmwareStatusNotification", many).await;
            many = told().len() + 1;
        }
        assert_eq!(told().last().unwrap()["requestId"], 3);
        assert_eq!(station.view().firmware, "3.4.1");
    }
}

#[tokio::test]
async fn a_station_can_refuse_files_both_ways() {
    let server = TinyServer::start().await;
    let station = booted(&server, Version::V16).await;
    for manner in [Manner::FirmwareRefused, Manner::RefusesLogs] {
        station.set_manner(manner, true).await.unwrap();
    }
    let ask = json!({ "location": "http://h/f", "retrieveDate": "2026-03-05T12:00:00Z" });
    assert_eq!(
        server.call("u", "UpdateFirmware", ask).await[2],
        "NotSupported"
    );
    let ask = json!({ "location": "ftp://h/" });
    assert_eq!(
        server.call("d", "GetDiagnostics", ask).await[2],
        "NotSupported"
    );
}

#[tokio::test]
async fn a_profile_limits_the_power() {
    let server = TinyServer::start().await;
    let station = booted(&server, Version::V16).await;
    station
        .plug_in_vehicle(1, Vehicle::compact())
        .await
        .unwrap();
    station.present_token("T").await.unwrap();
    station.tick(Duration::from_secs(60)).await.unwrap();
    assert_eq!(station.view().connector(1).unwrap().watts, 11_040);
    let period = json!([{ "startPeriod": 0, "limit": 10.0 }]);
    let schedule = json!({ "chargingRateUnit": "A", "chargingSchedulePeriod": period });
    let profile = json!({ "chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative", "chargingSchedule": schedule });
    let ask = json!({ "connectorId": 0, "csChargingProfiles": profile });
    assert_eq!(
        server.call("p", "SetChargingProfile", ask).await[2]["status"],
        "Accepted"
    );
    station.tick(Duration::from_secs(60)).await.unwrap();
    assert_eq!(station.view().connector(1).unwrap().watts, 6_900);
}

#[tokio::test]
async fn the_same_seed_tells_the_same_story() {
    let mut stories = Vec::new();
    for _ in 0..2 {
        let server = TinyServer::start().await;
        let station = Station::builder(&server.url, "HARBOUR-02")
            .version(Version::V201)
            .template(Template::dc150())
            .seed(42)
            .starts_at(noon())
            .build();
        station.connect().await.unwrap();
        station.boot().await.unwrap();
        station.plug_in(1).await.unwrap();
        station.present_token("04A1B2C3").await.unwrap();
        station.tick(Duration::from_secs(1800)).await.unwrap();
        station.unplug(1).await.unwrap();
        let sent = station
            .frames()
            .into_iter()
            .filter(|f| f.direction == Direction::Sent);
        stories.push(sent.map(|f| f.text).collect::<Vec<_>>());
    }
    assert!(stories[0].len() > 20);
    assert_eq!(stories[0], stories[1]);
}
