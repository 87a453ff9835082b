//! A second factor that somebody lost, taken away by an Administrator.

use std::process::Stdio;

use busbar_tests::http::Person;
use busbar_tests::product::{PASSWORD, program};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::stage::{Stage, totp};

/// Sets up an authenticator app.
async fn protect(person: &mut Person) {
    let seed = person.expect(200, "POST", "/me/totp", None).await.unwrap();
    let code = json!({"code": totp(seed["secret"].as_str().unwrap())});
    let set = person.expect(200, "POST", "/me/totp/confirm", Some(&code));
    set.await.unwrap();
}

async fn id_of(person: &mut Person) -> String {
    let me = person.expect(200, "GET", "/me", None).await.unwrap();
    me["user"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_opens_the_account_of_somebody_who_lost_it() {
    let mut stage = Stage::set().await;
    let (mut kim, mut ida) = (
        stage.member("viewer").await,
        stage.member("technician").await,
    );
    protect(&mut kim).await;
    let me = stage.ana.expect(200, "GET", "/me", None).await.unwrap();
    let org = me["organisation"]["id"].as_str().unwrap().to_owned();
    let path = |user: &str| format!("/organisations/{org}/members/{user}/reset_second_factor");
    let (own, of_kim) = (
        path(&id_of(&mut stage.ana).await),
        path(&id_of(&mut kim).await),
    );
    let said = |answer: Value| answer["code"].as_str().unwrap().to_owned();
    // Not by anybody but an Administrator, not of oneself.
    let no = ida.expect(403, "POST", &of_kim, None).await.unwrap();
    assert_eq!(said(no), "administrator_needed");
    let no = kim.expect(403, "POST", &of_kim, None).await.unwrap();
    assert_eq!(said(no), "administrator_needed");
    let no = stage.ana.expect(409, "POST", &own, None).await.unwrap();
    assert_eq!(said(no), "own_account");
    let body = json!({"email": "viewer@example.org", "password": PASSWORD});
    let mut later = Person::stranger(stage.people());
    later
        .expect(202, "POST", "/login", Some(&body))
        .await
        .unwrap();
    // Not of somebody who works elsewhere too.
    let below = format!("/organisations/{org}/sub_organisations");
    let name = json!({"name": "Below"});
    let below = stage.ana.expect(201, "POST", &below, Some(&name));
    let below = below.await.unwrap()["id"].as_str().unwrap().to_owned();
    for (roles, status) in [("viewer", 409), ("none", 204)] {
        let set = Command::new(program("busbar"))
            .args([
                "user",
                "set-roles",
                "viewer@example.org",
                roles,
                "--organisation",
                &below,
            ])
            .env("BUSBAR_DATA_DIR", stage.data())
            .stdout(Stdio::null())
            .status();
        assert!(set.await.unwrap().success());
        let answer = stage.ana.ask("POST", &of_kim, None).await.unwrap();
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    kim.expect(401, "GET", "/me", None).await.unwrap();
    later
        .expect(200, "POST", "/login", Some(&body))
        .await
        .unwrap();
    let deeds = stage.deeds("members.reset_second_factor", 1).await;
    assert_eq!(deeds[0]["after"]["authenticator"], true, "{deeds:?}");
    let told = async {
        loop {
            let mails = std::fs::read_dir(stage.data().join("outbox"))
                .into_iter()
                .flatten();
            let texts = mails.map(|mail| std::fs::read_to_string(mail.unwrap().path()).unwrap());
            if { texts }.any(|text| text.contains("viewer@example.org") && text.contains("Ana")) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, told)
        .await
        .expect("no mail to Kim");
}
