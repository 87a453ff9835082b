//! Files to and from stations, with the real program, simulated stations, and `curl` as a client
//! that knows nothing of us.

mod campaign;
mod carry;
mod refused;
mod traversal;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use simulators::{Manner, Station, Version};
use tokio::process::Command;

use crate::stage::Stage;

/// How long the tests wait for what they expect.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// What a story's firmware holds; its maker signed it.
pub const SIGNED: &[u8] = b"firmware 9.1.0\nsigned by its maker\n";
/// The simulated AC station.
pub const VENDOR: &str = "Busbar";

/// A stage with both doors for files.
pub async fn stage(more: &str) -> Stage {
    let doors = "[files]\nftp_listen = \"127.0.0.1:0\"\nftp_passive_ports = \"32768-60999\"\n";
    Stage::with(&format!("{doors}{more}")).await
}

/// A station that booted, and its id.
pub async fn booted(stage: &mut Stage, identity: &str, version: Version) -> (String, Station) {
    let id = stage.register(identity).await;
    let station = stage.station(identity, version);
    station.connect_and_boot().await.unwrap();
    (id, station)
}

/// Adds a file to the library, with its content; its id.
pub async fn library(stage: &mut Stage, station: &str, name: &str, content: &[u8]) -> String {
    let seen = stage.seen(station).await;
    let body = json!({
        "vendor": seen["vendor"], "models": [seen["model"]], "version": "9.1.0", "name": name,
    });
    let made = stage
        .ana
        .expect(201, "POST", "/firmware_files", Some(&body));
    let id = made.await.unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("/firmware_files/{id}/content");
    let sent = stage.ana.put_bytes(&path, content).await.unwrap();
    assert_eq!(sent.status, 200, "{}", sent.body);
    assert_eq!(sent.body["size_bytes"], content.len());
    id
}

/// Orders an update with a file of the library.
pub async fn update(stage: &mut Stage, station: &str, file: &str, transport: &str) -> Value {
    let params = json!({"firmware_file_id": file, "transport": transport});
    let body = json!({"type": "update_firmware", "params": params});
    let path = format!("/stations/{station}/commands");
    let told = stage.ana.expect(200, "POST", &path, Some(&body));
    told.await.unwrap()
}

/// The newest transfer of a station, once it is as wanted. `kind` is `firmware/updates` or
/// `diagnostics`.
pub async fn newest(
    stage: &mut Stage,
    station: &str,
    kind: &str,
    wanted: impl Fn(&Value) -> bool,
) -> Value {
    let path = format!("/stations/{station}/{kind}");
    let mut last = Value::Null;
    let looked = async {
        loop {
            let rows = stage.ana.all(&path).await.unwrap();
            if let Some(row) = rows.into_iter().next() {
                if wanted(&row) {
                    return row;
                }
                last = row;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, looked).await {
        Ok(row) => row,
        Err(_) => panic!("the newest of {path} is {last}"),
    }
}

/// Asks a station that never gets to it for its log: the transfer, and the address it was told.
pub async fn open_door(
    stage: &mut Stage,
    id: &str,
    station: &Station,
    transport: &str,
) -> (String, String) {
    let body = json!({"kind": "diagnostics", "transport": transport});
    let path = format!("/stations/{id}/diagnostics");
    let told = stage.ana.expect(202, "POST", &path, Some(&body)).await;
    let transfer = told.unwrap()["id"].as_str().unwrap().to_owned();
    let call = station.wait_for("GetDiagnostics", PATIENCE).await.unwrap();
    let location = call.payload["location"].as_str().unwrap().to_owned();
    (transfer, location)
}

/// A 1.6 station that is asked for logs and never sends any by itself.
pub async fn lazy(stage: &mut Stage, identity: &str) -> (String, Station) {
    let (id, station) = booted(stage, identity, Version::V16).await;
    station
        .set_manner(Manner::HangsInUpload, true)
        .await
        .unwrap();
    (id, station)
}

/// What `curl` came to: its exit code, what it wrote, what it said.
pub struct Curled {
    pub code: i32,
    pub out: Vec<u8>,
    pub told: String,
}

/// Runs `curl`.
pub async fn curl(arguments: &[&str]) -> Curled {
    let output = Command::new("curl")
        .args([
            "--silent",
            "--show-error",
            "--max-time",
            "60",
            "--noproxy",
            "*",
        ])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("curl is not on this machine: see tools/prepare.sh");
    Curled {
        code: output.status.code().unwrap(),
        out: output.stdout,
        told: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The HTTP status that a request by `curl` gets.
pub async fn status(arguments: &[&str]) -> String {
    let mut all = vec!["-o", "/dev/null", "-w", "%{http_code}"];
    all.extend(arguments);
    let curled = curl(&all).await;
    String::from_utf8(curled.out).unwrap()
}

/// All files below a folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}
