//! Access to a lock is one account's, and ends with its epoch.

use serde_json::{Value, json};
use simulators::Version;

use super::{lock, seen, until};
use crate::stage::Stage;

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
