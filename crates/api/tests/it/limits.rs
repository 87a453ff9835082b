//! Limits: who asks too often waits.

use busbar_api::{Limits, Rate};
use domain::role::Role;

use crate::door::{self, Door};

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_its_own_limit() {
    let door = Door::limited(Limits {
        account: Rate::new(3, 1),
        ..Limits::default()
    })
    .await;
    for left in ["2", "1", "0"] {
        let answer = door.ask("GET", "/me", &[], "").await;
        assert_eq!(
            (answer.status, answer.header("ratelimit-remaining")),
            (200, left)
        );
        assert_eq!(answer.header("ratelimit-limit"), "3");
        assert_ne!(answer.header("ratelimit-reset"), "");
    }
    let refused = door.ask("GET", "/me", &[], "").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "too_many_requests")
    );
    assert_eq!(refused.header("content-type"), "application/problem+json");
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(refused.header("ratelimit-remaining"), "0");
    // Another account does not wait.
    let viewer = door.member(Role::Viewer).await;
    let other = door::ask(door.address, &viewer, "GET", "/me", &[], "").await;
    assert_eq!(other.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_a_limit_and_signing_in_a_tighter_one() {
    let door = Door::limited(Limits {
        address: Rate::new(8, 1),
        sign_in: Rate::new(2, 1),
        ..Limits::default()
    })
    .await;
    let body = r#"{"email":"nobody@example.org","password":"wrong wrong wrong"}"#;
    let open = async || door::ask(door.address, "", "POST", "/login", &[], body).await;
    assert_eq!([open().await.status, open().await.status], [401, 401]);
    let refused = open().await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "too_many_requests")
    );
    assert_eq!(refused.header("ratelimit-limit"), "2");
    // The setup counts with it; everything else goes on.
    let setup = r#"{"token":"x","name":"x","email":"x","password":"x","organisation":"x"}"#;
    let refused = door::ask(door.address, "", "POST", "/setup", &[], setup).await;
    assert_eq!(refused.status, 429);
    for _ in 0..4 {
        let answer = door.ask("GET", "/me", &[], "").await;
        assert_eq!(
            (answer.status, answer.header("ratelimit-limit")),
            (200, "8")
        );
    }
    assert_eq!(door.ask("GET", "/me", &[], "").await.status, 429);
    assert_eq!(door.ask("GET", "/missing", &[], "").await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_do_not_meet_a_limit() {
    let door = Door::open().await;
    for _ in 0..200 {
        assert_eq!(door.ask("GET", "/me", &[], "").await.status, 200);
    }
    let last = door.ask("GET", "/me", &[], "").await;
    let left: u32 = last.header("ratelimit-remaining").parse().unwrap();
    assert!(left > 2_000, "{left}");
}
