//! The owner's ways back: the PUK, and presence that nobody feigns from afar.

use busbar_tests::http::Person;
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use simulators::Version;

use super::{lock, seen};
use crate::stage::{Stage, UID, VERSIONS};

/// What a person was told of locks.
async fn of_locks(person: &mut Person, path: &str) -> Vec<Value> {
    let mut told = person.all(path).await.unwrap();
    told.retain(|one| {
        let kind = one["kind"].as_str();
        kind.is_some_and(|kind| kind.starts_with("lock_"))
    });
    told
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
    assert!(of_locks(&mut ida, "/notifications").await.is_empty());
    let told = of_locks(&mut stage.ana, "/notifications?open=true").await;
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
    // The installer is told until they say that they have seen it; of alerts they may hear besides.
    for _ in 0..2 {
        let told = of_locks(&mut ida, "/notifications?open=true").await;
        assert_eq!(
            (told.len(), &told[0]["kind"]),
            (1, &json!("lock_removed")),
            "{told:?}"
        );
    }
    let told = of_locks(&mut ida, "/notifications?open=true").await;
    let acknowledge = format!(
        "/notifications/{}/acknowledge",
        told[0]["id"].as_str().unwrap()
    );
    ida.expect(200, "POST", &acknowledge, None).await.unwrap();
    let open = of_locks(&mut ida, "/notifications?open=true").await;
    assert_eq!(open, Vec::<Value>::new());
    assert_eq!(
        of_locks(&mut ida, "/notifications").await.len(),
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
    station.tick_to(Utc::now()).await.unwrap();
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
async fn what_waited_in_a_stations_queue_is_nobody_in_front_of_it() {
    let mut stage = Stage::set().await;
    let mut ida = stage.member("technician").await;
    for (n, version) in VERSIONS.into_iter().enumerate() {
        let identity = format!("QUEUE-{n}");
        let id = stage.register(&identity).await;
        let past = Utc::now() - TimeDelta::minutes(10);
        let builder = stage.builder(&identity, version).starts_at(past);
        let station = builder.build();
        station.connect_and_boot().await.unwrap();
        lock(&mut ida, &id, json!({})).await;
        let begin = format!("/stations/{id}/lock/presence");
        let body = json!({});
        let begun = stage.ana.expect(200, "POST", &begin, Some(&body));
        let times = begun.await.unwrap()["times"].as_u64().unwrap();
        let finish = format!("{begin}/finish");
        for (proved, at) in [(false, past), (true, Utc::now())] {
            station.tick_to(at).await.unwrap();
            for _ in 0..times {
                station.plug_in(1).await.unwrap();
                station.unplug(1).await.unwrap();
                station.settled().await.unwrap();
            }
            let now = stage.ana.expect(200, "POST", &finish, None).await.unwrap();
            assert_eq!(now["proved"], proved, "{version:?} {now}");
        }
    }
}
