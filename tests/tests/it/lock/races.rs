//! What happens at the same time: passwords, PUKs, and a lock that changes while a command runs.

use std::time::Duration;

use busbar_tests::http::Person;
use serde_json::{Value, json};
use simulators::Version;
use simulators::station::Manner;

use super::{lock, seen, settled};
use crate::stage::{Stage, VERSIONS};

/// Sends the same many times at once; the statuses of the answers.
async fn at_once(times: usize, who: &Person, path: &str, body: &Value) -> Vec<u16> {
    let ask = |_| {
        let (mut who, path, body) = (who.clone(), path.to_owned(), body.clone());
        tokio::spawn(async move { who.ask("POST", &path, Some(&body)).await.unwrap().status })
    };
    let asked: Vec<_> = (0..times).map(ask).collect();
    let mut statuses = Vec::with_capacity(times);
    for one in asked {
        statuses.push(one.await.unwrap());
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_tries_at_once_five_are_looked_at_and_a_puk_opens_once() {
    let mut stage = Stage::set().await;
    let mut ida = stage.member("technician").await;
    let id = stage.register("RACE-1").await;
    let station = stage.station("RACE-1", Version::V16);
    station.connect_and_boot().await.unwrap();
    lock(&mut ida, &id, json!({})).await;
    let chief = stage.member("administrator").await;
    let path = format!("/stations/{id}/lock/unlock");
    let wrong = json!({"password": "00000000"});
    let tries = at_once(12, &chief, &path, &wrong).await;
    let of = |status: u16| tries.iter().filter(|found| **found == status).count();
    assert_eq!((of(403), of(429)), (5, 7), "{tries:?}");
    // The PUK, by an owner, four times at once.
    let told = stage.ana.all("/notifications?open=true").await.unwrap();
    let puk = told.iter().find(|n| n["kind"] == "lock_puk").unwrap();
    let seen_path = format!("/notifications/{}/acknowledge", puk["id"].as_str().unwrap());
    let told = stage.ana.expect(200, "POST", &seen_path, None).await;
    let puk = told.unwrap()["secret"].clone();
    let path = format!("/stations/{id}/lock/puk");
    let uses = at_once(4, &stage.ana, &path, &json!({"puk": puk})).await;
    let done = uses.iter().filter(|status| **status == 200).count();
    assert_eq!(done, 1, "{uses:?}");
    assert_eq!(stage.deeds("locks.remove", 1).await.len(), 1);
    // The broken seal is seen beside the next lock too.
    lock(&mut ida, &id, json!({})).await;
    let now = seen(&mut ida, &id).await;
    assert_eq!(now["padlock"], "open");
    assert_eq!(now["removed"]["method"], "puk", "{now}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_a_command_is_judged_by_the_lock_of_the_moment() {
    let mut stage = Stage::set().await;
    let mut ida = stage.member("technician").await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("HALF-{n}");
        let id = stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        let password = lock(&mut stage.ana, &id, json!({})).await;
        let path = |verb: &str| format!("/stations/{id}/lock/{verb}");
        let open = json!({"password": password});
        let (unlock, change) = (path("unlock"), path("password"));
        let opened = ida.expect(200, "POST", &unlock, Some(&open));
        opened.await.unwrap();
        // More than one call in any version.
        let (component, call) = match version {
            Version::V16 => (None, "ChangeConfiguration"),
            _ => (Some("AuthCtrlr"), "SetVariables"),
        };
        let value = |n: usize| match n {
            0 => {
                json!({"component": component, "variable": "LocalAuthorizeOffline", "value": "false"})
            }
            n => json!({"component": component, "variable": format!("FreeVend{n}"),
                "value": "1"}),
        };
        let values: Vec<_> = (0..21).map(value).collect();
        let write = json!({"type": "write_variables", "params": {"values": values}});
        station
            .set_manner(Manner::HoldingAnswers, true)
            .await
            .unwrap();
        let commands = format!("/stations/{id}/commands");
        let now = [("Prefer", "respond-async")];
        let sent = ida.ask_with("POST", &commands, &now, Some(&write)).await;
        let sent = sent.unwrap();
        assert_eq!(sent.status, 202, "{}", sent.body);
        let patience = Duration::from_secs(20);
        station.wait_for(call, patience).await.unwrap();
        // The first call is at the station. Another password: Ida's access is over.
        let new = json!({"new": "another password"});
        let changed = stage.ana.expect(200, "POST", &change, Some(&new));
        changed.await.unwrap();
        station
            .set_manner(Manner::HoldingAnswers, false)
            .await
            .unwrap();
        let one = format!("{commands}/{}", sent.body["id"].as_str().unwrap());
        let over = settled(&mut ida, &one).await;
        assert_eq!(over["state"], "error", "{version:?} {over}");
        assert_eq!(over["error"]["code"], "settings_locked", "{over}");
        let frames = station.frames();
        let word = format!("\"{call}\"");
        let calls = frames.iter().filter(|frame| frame.text.contains(&word));
        assert_eq!(calls.count(), 1, "{version:?}: the rest was not sent");
    }
}
