//! The log of many stations: one list, narrowed by station, message and session, within reach only,
//! and as a file line by line.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use simulators::Version;
use tokio::time::timeout;

use crate::stage::Stage;

fn of<'a>(rows: &'a [Value], field: &str) -> BTreeSet<&'a str> {
    rows.iter().filter_map(|row| row[field].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_many_stations_is_one_list() {
    let mut stage = Stage::set().await;
    let site = json!({"name": "North", "time_zone": "Europe/Berlin"});
    let site = stage.ana.expect(201, "POST", "/sites", Some(&site)).await;
    let site = site.unwrap()["id"].as_str().unwrap().to_owned();
    let names = [("NORTH-1", Version::V16), ("SOUTH-1", Version::V21)];
    let mut kept = Vec::new();
    for (name, version) in names {
        let id = stage.register(name).await;
        if name.starts_with("NORTH") {
            let change = json!({"site_id": site});
            let path = format!("/stations/{id}");
            let any = [("If-Match", "*")];
            let put = stage.ana.ask_with("PATCH", &path, &any, Some(&change));
            assert_eq!(put.await.unwrap().status, 200);
        }
        let station = stage.station(name, version);
        station.connect_and_boot().await.unwrap();
        kept.push((id, station));
    }
    for (id, _) in &kept {
        let path = format!("/stations/{id}/logs?action=BootNotification");
        let told = async { while stage.ana.all(&path).await.unwrap().len() < 2 {} };
        timeout(Duration::from_secs(20), told).await.unwrap();
    }
    let all = stage.ana.all("/logs").await.unwrap();
    assert_eq!(of(&all, "identity"), BTreeSet::from(["NORTH-1", "SOUTH-1"]));
    let times: Vec<&str> = all.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a > b), "the newest first");
    for narrowed in [
        "/logs?station=north".to_owned(),
        format!("/logs?site_id={site}"),
    ] {
        let rows = stage.ana.all(&narrowed).await.unwrap();
        assert_eq!(
            of(&rows, "identity"),
            BTreeSet::from(["NORTH-1"]),
            "{narrowed}"
        );
    }
    let boots = stage
        .ana
        .all("/logs?action=BootNotification")
        .await
        .unwrap();
    assert_eq!(boots.len(), 4, "two calls and their answers");
    let message = boots[0]["message_id"].as_str().unwrap();
    let path = format!(
        "/logs?message_id={message}&station={}",
        boots[0]["identity"].as_str().unwrap()
    );
    let pair = stage.ana.all(&path).await.unwrap();
    assert_eq!(
        of(&pair, "kind"),
        BTreeSet::from(["call", "result"]),
        "{pair:?}"
    );
    let unknown = "/logs?session_id=ses_00000000000000000000000000000000";
    let nothing = stage.ana.expect(200, "GET", unknown, None).await.unwrap();
    assert_eq!(nothing["data"], json!([]));
    let wrong = stage
        .ana
        .ask("GET", "/logs?session_id=x", None)
        .await
        .unwrap();
    assert_eq!(
        (wrong.status, &wrong.body["code"]),
        (400, &json!("invalid_parameter"))
    );
    // A cursor of one list is none of another.
    let page = stage
        .ana
        .expect(200, "GET", "/logs?limit=1", None)
        .await
        .unwrap();
    let cursor = page["next_cursor"].as_str().unwrap();
    let elsewhere = format!("/logs?limit=1&station=north&cursor={cursor}");
    assert_eq!(
        stage.ana.ask("GET", &elsewhere, None).await.unwrap().status,
        422
    );

    // The file has each frame as the list has it, and is for those who may take it away.
    let accept = [("Accept", "application/jsonl")];
    let file = stage
        .ana
        .raw("GET", "/logs?action=BootNotification", &accept)
        .await
        .unwrap();
    let file = String::from_utf8(file).unwrap();
    assert!(file.starts_with("HTTP/1.1 200"), "{file}");
    assert!(file.contains(".jsonl\""), "{file}");
    let lines: Vec<Value> = file
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(Value::is_object)
        .collect();
    assert_eq!(lines, boots);
    let mut activator = stage.member("paid_module_activator").await;
    assert_eq!(
        activator.ask("GET", "/logs", None).await.unwrap().status,
        403
    );
}
