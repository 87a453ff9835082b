//! `Idempotency-Key`: what was done is not done again.

use app::idempotency::{self, Sender, Turn};
use chrono::TimeDelta;
use domain::command::{CommandState, Outcome};
use domain::id::CommandId;
use domain::role::{Caller, Permission, Role};
use serde_json::Value;

use crate::door::{self, Door};

const KEY: (&str, &str) = ("Idempotency-Key", "one");
const SITE: &str = r#"{"name":"Yard","time_zone":"UTC"}"#;

async fn sites(door: &Door) -> usize {
    let list = door.ask("GET", "/sites", &[], "").await.json();
    list["data"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_is_answered_as_the_first() {
    let door = Door::open().await;
    let first = door.ask("POST", "/sites", &[KEY], SITE).await;
    assert_eq!(
        (first.status, first.header("idempotency-replayed")),
        (201, "")
    );
    let again = door.ask("POST", "/sites", &[KEY], SITE).await;
    assert_eq!(
        (again.status, again.header("idempotency-replayed")),
        (201, "true")
    );
    assert_eq!(again.text, first.text);
    assert_eq!(again.header("etag"), "\"1\"");
    assert_eq!(again.header("content-type"), "application/json");
    assert_eq!(sites(&door).await, 1);

    // Another request under the same key.
    let other = door
        .ask("POST", "/sites", &[KEY], r#"{"name":"Shed"}"#)
        .await;
    assert_eq!(
        (other.status, other.code().as_str()),
        (422, "idempotency_key_reused")
    );
    let other = door.ask("POST", "/tokens", &[KEY], SITE).await;
    assert_eq!(other.code(), "idempotency_key_reused");
    // Another key, and no key at all.
    let other = door
        .ask("POST", "/sites", &[("Idempotency-Key", "two")], SITE)
        .await;
    assert_eq!(other.header("idempotency-replayed"), "");
    assert_eq!(door.ask("POST", "/sites", &[], SITE).await.status, 201);
    assert_eq!(sites(&door).await, 3);
    // The key of somebody else is another key.
    let theirs = door.member(Role::Administrator).await;
    let other = door::ask(door.address, &theirs, "POST", "/sites", &[KEY], SITE).await;
    assert_eq!(
        (other.status, other.header("idempotency-replayed")),
        (201, "")
    );
    // What cannot be a key.
    let long = "x".repeat(256);
    let odd = door
        .ask("POST", "/sites", &[("Idempotency-Key", &long)], SITE)
        .await;
    assert_eq!(
        (odd.status, odd.code().as_str()),
        (400, "invalid_parameter")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_outlives_the_server_and_lasts_a_day() {
    let door = Door::open().await;
    let first = door.ask("POST", "/sites", &[KEY], SITE).await;
    let door = door.restart().await;
    let again = door.ask("POST", "/sites", &[KEY], SITE).await;
    assert_eq!(
        (again.header("idempotency-replayed"), &again.text),
        ("true", &first.text)
    );
    door.test.clock.advance(TimeDelta::hours(23));
    let again = door.ask("POST", "/sites", &[KEY], SITE).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    door.test.clock.advance(TimeDelta::hours(2));
    app::jobs::sweep(&door.test.app).await;
    let anew = door.ask("POST", "/sites", &[KEY], SITE).await;
    assert_eq!(
        (anew.status, anew.header("idempotency-replayed")),
        (201, "")
    );
    assert_eq!(sites(&door).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_leaves_the_key_free() {
    let door = Door::open().await;
    let refused = door.ask("POST", "/sites", &[KEY], "{}").await;
    assert_eq!((refused.status, refused.code().as_str()), (422, "invalid"));
    assert_eq!(
        door.ask("POST", "/sites", &[KEY], "no json").await.status,
        400
    );
    assert_eq!(door.ask("POST", "/sites", &[KEY], SITE).await.status, 201);
    // Nobody is signed in: nothing is written for them.
    let stranger = door::ask(door.address, "no", "POST", "/sites", &[KEY], SITE).await;
    assert_eq!(stranger.status, 401);
    // A station that is away: nothing was sent.
    let id = door.test.station("CP-1", None).await;
    let path = format!("/stations/{id}/commands");
    let away = door
        .ask("POST", &path, &[("Idempotency-Key", "r")], RESET)
        .await;
    assert_eq!(
        (away.status, away.code().as_str()),
        (503, "station_offline")
    );
    let away = door
        .ask("POST", &path, &[("Idempotency-Key", "r")], RESET)
        .await;
    assert_eq!(
        (away.status, away.header("idempotency-replayed")),
        (503, "")
    );
}

const RESET: &str = r#"{"type":"reset","params":{"kind":"soft"}}"#;

fn accepted() -> Outcome {
    Outcome {
        state: CommandState::Accepted,
        answer: Some("{}".to_owned()),
        error: None,
        variables: Vec::new(),
        written: Vec::new(),
    }
}

/// A command is under way, its sender waits or has hung up, and the same request comes again.
async fn while_it_runs(hang_up: bool) {
    let door = Door::open().await;
    let app = &door.test.app;
    let mut link = door.test.booted("CP-1", None).await;
    let mut mailbox = link.take_mailbox().unwrap();
    let path = format!("/stations/{}/commands", link.id());
    let headers = [KEY, ("Prefer", "wait=60")];
    let cookie = &door.test.cookie;
    let first = door::send(door.address, cookie, "POST", &path, &headers, RESET).await;
    let order = mailbox.recv().await;
    let all = door.ask("GET", &path, &[], "").await.json();
    let command: CommandId = all["data"][0]["id"].as_str().unwrap().parse().unwrap();
    let again = door.ask("POST", &path, &headers, RESET).await;
    assert_eq!(
        (again.status, again.code().as_str()),
        (409, "idempotency_in_progress")
    );
    assert_eq!(again.header("retry-after"), "1");
    let first = if hang_up {
        drop(first);
        None
    } else {
        Some(first)
    };
    assert_eq!(
        app::commands::begin(app, &link, command, Vec::new())
            .await
            .unwrap(),
        app::commands::Begun::Send
    );
    app::commands::settle(app, &link, command, accepted())
        .await
        .unwrap();
    // The station's answer is on record; that its bearer is gone makes the waiter look.
    drop(order);
    if let Some(first) = first {
        assert_eq!(door::read(first).await.status, 200);
    }
    // The answer is kept a moment after it was given.
    let again = loop {
        let again = door.ask("POST", &path, &headers, RESET).await;
        if again.status != 409 {
            break again;
        }
    };
    assert_eq!(
        (again.status, again.header("idempotency-replayed")),
        (200, "true")
    );
    assert_eq!(again.json()["state"], "accepted");
    let all = door.ask("GET", &path, &[], "").await.json();
    assert_eq!(all["data"].as_array().map(Vec::len), Some(1), "sent once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_request_is_told_that_the_first_runs() {
    while_it_runs(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_on_when_its_sender_hangs_up() {
    while_it_runs(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_a_secret_is_not_kept() {
    let door = Door::open().await;
    let body = r#"{"identity":"CP-1"}"#;
    let first = door.ask("POST", "/stations", &[KEY], body).await;
    assert_eq!(first.status, 201);
    let drawn = first.json()["password"].as_str().unwrap().to_owned();
    let again = door.ask("POST", "/stations", &[KEY], body).await;
    assert_eq!(
        (again.status, again.code().as_str()),
        (409, "idempotency_answer_not_kept")
    );
    let id = first.json()["station"]["id"].as_str().unwrap().to_owned();
    let path = format!("/stations/{id}/password");
    let first = door
        .ask("POST", &path, &[("Idempotency-Key", "p")], "")
        .await;
    let renewed = first.json()["password"].as_str().unwrap().to_owned();
    let again = door
        .ask("POST", &path, &[("Idempotency-Key", "p")], "")
        .await;
    assert_eq!(again.code(), "idempotency_answer_not_kept");

    // Signing in works by cookies: a key does not stand in its way.
    let body = format!(
        r#"{{"email":"ada@example.org","password":"{}"}}"#,
        app::testing::PASSWORD
    );
    let mut cookies = Vec::new();
    for _ in 0..2 {
        let opened = door.ask("POST", "/login", &[KEY], &body).await;
        assert_eq!(
            (opened.status, opened.header("idempotency-replayed")),
            (200, "")
        );
        let cookie = opened
            .header("set-cookie")
            .split(['=', ';'])
            .nth(1)
            .unwrap();
        cookies.push(cookie.to_owned());
    }
    assert_ne!(cookies[0], cookies[1]);

    let mut kept = Vec::new();
    for file in std::fs::read_dir(door.test.directory()).unwrap() {
        kept.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let holds = |secret: &str| kept.windows(secret.len()).any(|w| w == secret.as_bytes());
    assert!(holds("CP-1"), "the files of the database are read");
    for secret in [&drawn, &renewed, &cookies[0], &cookies[1]] {
        assert!(!holds(secret), "a secret is in the database");
    }
    assert!(!holds(app::testing::PASSWORD));
}

#[tokio::test]
async fn an_answer_is_not_shown_to_somebody_with_other_rights() {
    let test = app::testing::TestApp::new().await;
    let Caller::User(mut member) = test.caller(&[Role::DriverManager], None) else {
        panic!("no member");
    };
    let before = Caller::User(member.clone());
    let parts: [&[u8]; 2] = [b"POST", b"/tokens"];
    let turn = async |caller: &Caller| {
        let sender = Sender::Account(caller);
        idempotency::begin(&test.app, sender, "k", &parts)
            .await
            .unwrap()
    };
    let Turn::First(held) = turn(&before).await else {
        panic!("not the first");
    };
    let answer = idempotency::Answer {
        status: 201,
        headers: Vec::new(),
        body: Some(Value::Null.to_string()),
    };
    assert!(matches!(turn(&before).await, Turn::Running));
    test.clock.advance(TimeDelta::minutes(6));
    assert!(matches!(turn(&before).await, Turn::Interrupted));
    idempotency::answered(&test.app, held, answer)
        .await
        .unwrap();
    assert!(matches!(turn(&before).await, Turn::Repeat(_)));
    member.permissions = member.permissions.without(Permission::DriversView);
    assert!(matches!(
        turn(&Caller::User(member)).await,
        Turn::RightsChanged
    ));
}
