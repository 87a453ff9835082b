//! The settings lock, against simulated stations: no way leads around it, what changes at the
//! station is found and put back, and its owner has a way back (access.md C).
#![allow(clippy::print_stdout)] // the figures are what the tests show

mod access;
mod attempts;
mod drift;
mod owner;
mod races;
mod writes;

use std::time::{Duration, Instant};

use busbar_tests::http::Person;
use serde_json::Value;
use simulators::Station;
use simulators::station::Direction;

/// Calls that set or could set something critical.
const WRITES: [&str; 21] = [
    "ChangeConfiguration",
    "SetVariables",
    "DataTransfer",
    "SetNetworkProfile",
    "SetChargingProfile",
    "ClearChargingProfile",
    "UpdateDynamicSchedule",
    "RemoteStartTransaction",
    "RequestStartTransaction",
    "SendLocalList",
    "InstallCertificate",
    "DeleteCertificate",
    "CertificateSigned",
    "SetDefaultTariff",
    "ClearTariffs",
    "ChangeTransactionTariff",
    "SetDERControl",
    "ClearDERControl",
    "ClearVariableMonitoring",
    "SetMonitoringBase",
    "SetMonitoringLevel",
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

/// A command as soon as it has its outcome.
async fn settled(person: &mut Person, path: &str) -> Value {
    let over = async {
        loop {
            let command = person.expect(200, "GET", path, None).await.unwrap();
            if command["settled_at"].is_string() {
                return command;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), over)
        .await
        .unwrap()
}
