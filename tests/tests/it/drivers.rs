//! Drivers: their tokens let them charge, their sessions keep them, and when they are erased nothing
//! names them any more.

use serde_json::{Value, json};
use simulators::Version;

use crate::stage::{Stage, UID};

async fn token_id(stage: &mut Stage) -> String {
    let tokens = stage.ana.all("/tokens").await.unwrap();
    tokens[0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_driver_charges_is_blocked_and_is_erased() {
    let mut stage = Stage::set().await;
    let body = json!({"name": "Eva Moll", "email": "eva@example.org", "phone": "+43 1 58858-0",
        "plate": "W 12345 A", "contract_id": "de-8aa-c12345678-x", "reference": "P-77",
        "note": "Two cars", "language": "de-AT"});
    let eva = stage
        .ana
        .expect(201, "POST", "/drivers", Some(&body))
        .await
        .unwrap();
    assert_eq!(eva["contract_id"], "DE-8AA-C12345678-X");
    let id = eva["id"].as_str().unwrap().to_owned();
    let token = token_id(&mut stage).await;
    let hand = format!("/drivers/{id}/tokens/{token}");
    stage.ana.expect(204, "PUT", &hand, None).await.unwrap();
    stage.ana.expect(204, "PUT", &hand, None).await.unwrap();
    // A token is one person's.
    let bo = json!({"name": "Bo"});
    let bo = stage
        .ana
        .expect(201, "POST", "/drivers", Some(&bo))
        .await
        .unwrap();
    let other = format!("/drivers/{}/tokens/{token}", bo["id"].as_str().unwrap());
    let taken = stage.ana.ask("PUT", &other, None).await.unwrap();
    assert_eq!(
        (taken.status, &taken.body["code"]),
        (409, &json!("token_taken"))
    );
    // She is found by anything that names her, however it is typed.
    for q in [
        "moll",
        "EVA@",
        "58858",
        "w12345a",
        "8aac1234",
        "p-77",
        &UID[..6].to_lowercase(),
    ] {
        let found = stage.ana.all(&format!("/drivers?q={q}")).await.unwrap();
        assert_eq!(found.len(), 1, "{q}");
        assert_eq!(
            (&found[0]["name"], &found[0]["tokens"]),
            (&json!("Eva Moll"), &json!(1))
        );
    }
    for (n, version) in [Version::V16, Version::V201].into_iter().enumerate() {
        let identity = format!("DRIVER-{n}");
        stage.register(&identity).await;
        let station = stage.station(&identity, version);
        station.connect_and_boot().await.unwrap();
        station.plug_in(1).await.unwrap();
        assert_eq!(station.present_token(UID).await.unwrap(), "Accepted");
        station.settled().await.unwrap();
        let path = format!("/drivers/{id}/sessions");
        let charged = stage.ana.all(&path).await.unwrap();
        assert_eq!(charged.len(), n + 1, "{version:?}");
        let eva = (&charged[0]["driver"], &charged[0]["driver_id"]);
        assert_eq!(eva, (&json!("Eva Moll"), &json!(id)));
        station.stop(1).await.unwrap();
        station.unplug(1).await.unwrap();
        station.settled().await.unwrap();
        // Blocked and put away, she charges with no token; active again, with hers.
        for (state, word) in [
            ("blocked", "Blocked"),
            ("archived", "Blocked"),
            ("active", "Accepted"),
        ] {
            let change = json!({"state": state});
            let driver = format!("/drivers/{id}");
            stage
                .ana
                .expect(200, "PATCH", &driver, Some(&change))
                .await
                .unwrap();
            assert_eq!(
                station.present_token(UID).await.unwrap(),
                word,
                "{version:?} {state}"
            );
        }
        station.go_offline().await.unwrap();
    }
    let sessions = stage
        .ana
        .all(&format!("/sessions?driver_id={id}"))
        .await
        .unwrap();
    assert_eq!(sessions.len(), 2);
    // Whoever may not know drivers gets no oracle.
    let mut viewer = stage.member("viewer").await;
    let oracle = viewer
        .ask("GET", &format!("/sessions?driver_id={id}"), None)
        .await
        .unwrap();
    assert_eq!(oracle.status, 403);
    let all = viewer.all("/sessions").await.unwrap();
    assert!(
        all.iter()
            .all(|s| s["driver"].is_null() && s["driver_id"].is_null())
    );
    // Erased: the record, the label and the texts of tokens; what was charged stays.
    let driver = format!("/drivers/{id}");
    stage
        .ana
        .expect(204, "DELETE", &driver, None)
        .await
        .unwrap();
    stage
        .ana
        .expect(204, "DELETE", &driver, None)
        .await
        .unwrap();
    let gone = stage.ana.expect(200, "GET", &driver, None).await.unwrap();
    assert_eq!(
        (&gone["name"], &gone["state"]),
        (&json!(""), &json!("archived"))
    );
    for field in [
        "email",
        "phone",
        "plate",
        "contract_id",
        "reference",
        "note",
        "language",
    ] {
        assert_eq!(gone[field], Value::Null, "{field}");
    }
    let sessions = stage
        .ana
        .all(&format!("/sessions?driver_id={id}"))
        .await
        .unwrap();
    assert_eq!(sessions.len(), 2);
    assert!(
        sessions
            .iter()
            .all(|s| s["token"].is_null() && s["driver"].is_null())
    );
    assert!(sessions.iter().all(|s| s["energy_wh"].is_number()));
    assert!(stage.ana.all("/drivers?q=moll").await.unwrap().is_empty());
    let back = stage
        .ana
        .ask("PATCH", &driver, Some(&json!({"name": "Eva"})))
        .await
        .unwrap();
    assert_eq!((back.status, &back.body["code"]), (409, &json!("erased")));
    let token = stage
        .ana
        .expect(200, "GET", &format!("/tokens/{token}"), None)
        .await
        .unwrap();
    assert_eq!(
        (&token["driver_id"], &token["state"]),
        (&Value::Null, &json!("blocked"))
    );
    let trail = stage.deeds("drivers.erase", 1).await;
    assert_eq!(trail.len(), 1);
    assert!(!format!("{trail:?}").contains("Moll"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_driver_is_refused_in_each_place_at_once() {
    let mut stage = Stage::set().await;
    let bad = json!({"name": " ", "email": "eva", "phone": "call me", "plate": "B;XY",
        "contract_id": "12", "language": "deutsch", "note": "x".repeat(2_001)});
    let answer = stage.ana.ask("POST", "/drivers", Some(&bad)).await.unwrap();
    assert_eq!(answer.status, 422);
    let errors = answer.body["errors"].as_array().unwrap();
    let pointers: Vec<&str> = errors
        .iter()
        .map(|e| e["pointer"].as_str().unwrap())
        .collect();
    for pointer in [
        "/name",
        "/email",
        "/phone",
        "/plate",
        "/contract_id",
        "/language",
        "/note",
    ] {
        assert!(
            pointers.contains(&pointer),
            "{pointer} is not in {pointers:?}"
        );
    }
    assert!(stage.ana.all("/drivers").await.unwrap().is_empty());
    let made = json!({"name": "Eva"});
    let eva = stage
        .ana
        .expect(201, "POST", "/drivers", Some(&made))
        .await
        .unwrap();
    let path = format!("/drivers/{}", eva["id"].as_str().unwrap());
    let missing = format!("{path}/tokens/tok_{}", "0".repeat(32));
    stage.ana.expect(404, "PUT", &missing, None).await.unwrap();
    let stale = stage
        .ana
        .raw(
            "DELETE",
            &path,
            &[("If-Match", "\"7\""), ("Accept", "application/json")],
        )
        .await
        .unwrap();
    assert!(String::from_utf8_lossy(&stale).contains("precondition_failed"));
}
