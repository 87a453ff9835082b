//! People from the command line, beside a server that runs.

use std::process::Stdio;

use busbar_tests::http::Person;
use busbar_tests::product::{EMAIL, PASSWORD, program};
use serde_json::json;
use tokio::process::Command;

use crate::stage::Stage;

/// Whether it went well, and what was said.
async fn busbar(stage: &Stage, words: &[&str]) -> (bool, String) {
    let ran = Command::new(program("busbar"))
        .args(words)
        .env("BUSBAR_DATA_DIR", stage.data())
        .stdin(Stdio::null())
        .output();
    let ran = ran.await.unwrap();
    let text = if ran.status.success() {
        ran.stdout
    } else {
        ran.stderr
    };
    (ran.status.success(), String::from_utf8(text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_invited_put_away_and_brought_back() {
    let mut stage = Stage::set().await;
    let email = "kim@example.org";
    let invite = ["user", "invite", email, "--roles", "viewer,technician"];
    let (well, link) = busbar(&stage, &invite).await;
    assert!(well, "{link}");
    let (_, token) = link.trim().split_once("/accept#").unwrap();
    let body = json!({"token": token, "name": "Kim", "password": PASSWORD});
    let mut kim = Person::stranger(stage.people());
    let accept = kim.expect(200, "POST", "/invitations/accept", Some(&body));
    accept.await.unwrap();
    let me = kim.expect(200, "GET", "/me", None).await.unwrap();
    assert_eq!(me["roles"], json!(["technician", "viewer"]));
    // Put away: at once, in the server that runs.
    let (well, said) = busbar(&stage, &["user", "archive", email]).await;
    assert!(well, "{said}");
    kim.expect(401, "GET", "/me", None).await.unwrap();
    assert!(
        Person::sign_in(stage.people(), email, PASSWORD)
            .await
            .is_err()
    );
    let (well, said) = busbar(&stage, &["user", "archive", email]).await;
    assert!(!well && said.contains("archived already"), "{said}");
    let (well, said) = busbar(&stage, &["user", "restore", email]).await;
    assert!(well, "{said}");
    let mut kim = Person::sign_in(stage.people(), email, PASSWORD)
        .await
        .unwrap();
    kim.expect(200, "GET", "/me", None).await.unwrap();
    // What cannot be done is said, and changes nothing.
    for (words, why) in [
        (vec!["user", "archive", EMAIL], "at least one Administrator"),
        (
            vec!["user", "archive", "nobody@example.org"],
            "no account with this address",
        ),
        (vec!["user", "restore", email], "not archived"),
        (
            vec!["user", "invite", "no address", "--roles", "viewer"],
            "no e-mail address",
        ),
        (
            vec!["user", "invite", "lee@example.org", "--roles", "boss"],
            "no role",
        ),
        (
            vec!["user", "invite", email, "--roles", "viewer"],
            "in already",
        ),
        (
            vec![
                "user",
                "archive",
                email,
                "--organisation",
                "org_01a00000000070008000000000000000",
            ],
            "no such organisation",
        ),
    ] {
        let (well, said) = busbar(&stage, &words).await;
        assert!(!well && said.contains(why), "{words:?}: {said}");
    }
    stage.ana.expect(200, "GET", "/me", None).await.unwrap();
    for action in ["invitations.create", "members.archive", "members.restore"] {
        let deeds = stage.deeds(action, 1).await;
        assert_eq!(deeds[0]["actor"], "busbar user", "{deeds:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_is_added_listed_and_put_away() {
    let mut stage = Stage::set().await;
    let (well, password) = busbar(&stage, &["station", "add", "YARD-1", "--name", "Yard"]).await;
    assert!(well && password.trim().len() >= 16, "{password}");
    let (well, list) = busbar(&stage, &["station", "list"]).await;
    assert!(well && list.starts_with("YARD-1\tYard\toffline"), "{list}");
    let (well, said) = busbar(&stage, &["station", "archive", "yard-1"]).await;
    assert!(well, "{said}");
    assert_eq!(stage.ana.all("/stations").await.unwrap().len(), 0);
    let deeds = stage.deeds("stations.archive", 1).await;
    assert_eq!(deeds[0]["actor"], "busbar station", "{deeds:?}");
    let (well, said) = busbar(&stage, &["station", "archive", "YARD-2"]).await;
    assert!(!well && said.contains("no such thing"), "{said}");
}
