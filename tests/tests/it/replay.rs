//! A fault is taken from one server to another: the log of stations, downloaded line by line, is done
//! again by the simulator, and what comes out is the same.

use std::time::Duration;

use serde_json::{Value, json};
use simulators::{ReplayPlan, replay};

use crate::stage::{PASSWORD, Stage, UID, VERSIONS};

/// The log as a file has it.
async fn exported(stage: &mut Stage, path: &str) -> String {
    let accept = [("Accept", "application/jsonl")];
    let file = stage.ana.raw("GET", path, &accept).await.unwrap();
    let file = String::from_utf8(file).unwrap();
    let lines = file.lines().filter(|line| {
        let read = serde_json::from_str::<Value>(line);
        read.is_ok_and(|line| line.is_object())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A charge that a person began and ended, so that both sides asked and answered.
async fn charge(stage: &mut Stage, identity: &str, version: simulators::Version) -> Value {
    let id = stage.register(identity).await;
    let station = stage.station(identity, version);
    station.connect_and_boot().await.unwrap();
    station.plug_in(1).await.unwrap();
    let commands = format!("/stations/{id}/commands");
    let start = json!({"type": "start_session", "params": {"evse": 1, "token": UID}});
    let ana = &mut stage.ana;
    ana.expect(200, "POST", &commands, Some(&start))
        .await
        .unwrap();
    let charging = |view: &simulators::View| view.connectors.iter().any(|c| c.session.is_some());
    station
        .wait_until(Duration::from_secs(10), charging)
        .await
        .unwrap();
    station.settled().await.unwrap();
    station.tick(Duration::from_secs(900)).await.unwrap();
    station.stop(1).await.unwrap();
    station.unplug(1).await.unwrap();
    station.settled().await.unwrap();
    stage.sessions(&id).await.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_taken_away_is_done_again_elsewhere() {
    let mut there = Stage::set().await;
    let mut charged = Vec::new();
    for (n, version) in VERSIONS.into_iter().enumerate() {
        charged.push(charge(&mut there, &format!("AGAIN-{n}"), version).await);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.jsonl");
    let log = exported(&mut there, "/logs").await;
    std::fs::write(&file, &log).unwrap();

    let mut here = Stage::set().await;
    // So that sessions have other numbers here than they had there.
    charge(&mut here, "BEFORE", simulators::Version::V16).await;
    let mut ids = Vec::new();
    for n in 0..VERSIONS.len() {
        ids.push(here.register(&format!("AGAIN-{n}")).await);
    }
    let mut plan = ReplayPlan::new(&here.stations_at("/ocpp"));
    plan.passwords = simulators::Passwords::Same(PASSWORD.to_owned());
    plan.speed = None;
    plan.version = Some(simulators::Version::V21);
    let told = replay(&file, plan.clone()).await.unwrap();
    assert_eq!(told.len(), VERSIONS.len());
    for one in &told {
        assert_eq!(one.failed, None, "{one:?}");
        assert_eq!((one.hidden, one.reconnects), (0, 0), "{one:?}");
        assert!(one.answered > 5 && one.differences.is_empty(), "{one:?}");
    }
    for (id, then) in ids.iter().zip(&charged) {
        let sessions = here.sessions(id).await;
        let [now] = sessions.as_slice() else {
            panic!("{sessions:?}")
        };
        for field in ["state", "energy_wh", "started_at", "ended_at", "suspect"] {
            assert_eq!(now[field], then[field], "{field}: {now}");
        }
        assert_eq!(now["token"]["label"], then["token"]["label"]);
    }

    // A server that answers otherwise is found out: here the token is barred.
    let tokens = here.ana.all("/tokens").await.unwrap();
    let token = tokens.iter().find(|t| t["uid"] == UID).unwrap();
    let path = format!("/tokens/{}", token["id"].as_str().unwrap());
    let bar = json!({"state": "blocked"});
    let any = [("If-Match", "*")];
    let barred = here.ana.ask_with("PATCH", &path, &any, Some(&bar)).await;
    assert_eq!(barred.unwrap().status, 200);
    plan.only = vec!["AGAIN-0".to_owned()];
    let told = replay(&file, plan.clone()).await.unwrap();
    let [one] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!(one.failed, None, "{one:?}");
    let first = &one.differences[0];
    assert_eq!(
        (first.logged.as_str(), first.now.as_str()),
        ("Accepted", "Blocked")
    );

    // What cannot be replayed says so, and sends nothing.
    plan.only = vec!["NOBODY".to_owned()];
    let refused = replay(&file, plan.clone()).await.unwrap_err();
    assert_eq!(refused.to_string(), "NOBODY is not in the file");
    plan.only.clear();
    std::fs::write(&file, format!("{log}\n{{}}")).unwrap();
    let refused = replay(&file, plan).await.unwrap_err().to_string();
    let last = log.lines().count() + 1;
    assert!(refused.starts_with(&format!("line {last}: ")), "{refused}");
}
