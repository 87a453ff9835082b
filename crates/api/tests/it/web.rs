//! What browsers, proxies and strangers meet: caches, other sites, cookies, addresses.

use app::testing::PASSWORD;
use serde_json::json;
use tokio::io::AsyncReadExt;

use crate::door::{self, Answer, Door};

const FROM_AFAR: (&str, &str) = ("X-Forwarded-For", "6.6.6.6, 203.0.113.7");

async fn sign_in(door: &Door, password: &str, headers: &[(&str, &str)]) -> Answer {
    let body = json!({"email": "ada@example.org", "password": password}).to_string();
    door::ask(door.address, "", "POST", "/login", headers, &body).await
}

#[tokio::test]
async fn nothing_below_the_api_is_kept_in_a_cache() {
    let door = Door::open().await;
    for path in ["/me", "/stations", "/nowhere", "/stations/1"] {
        let answer = door.ask("GET", path, &[], "").await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn another_site_opens_no_stream() {
    let door = Door::open().await;
    let cookie = door.test.cookie.clone();
    let foreign = [("Origin", "https://evil.example")];
    let answer = door.ask("GET", "/events", &foreign, "").await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "cross_site"));
    let own = [("Sec-Fetch-Site", "same-origin")];
    let mut stream = door::send(door.address, &cookie, "GET", "/events", &own, "").await;
    let mut head = [0; 15];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
}

#[tokio::test]
async fn wrong_paths_and_methods_are_told_so() {
    let door = Door::open().await;
    for (method, path, status) in [
        ("GET", "/api/v2/stations", 404),
        ("GET", "/api", 404),
        ("POST", "/api/v1/nowhere", 404),
        ("POST", "/stations", 405),
        ("DELETE", "/", 405),
    ] {
        let answer = door::read(door::request(door.address, "", method, path, &[], "").await).await;
        assert_eq!(answer.status, status, "{method} {path}");
    }
}

#[tokio::test]
async fn a_cookie_is_for_https_where_people_come_by_https() {
    let plain = Door::open().await;
    let cookie = sign_in(&plain, PASSWORD, &[]).await;
    let cookie = cookie.header("set-cookie");
    assert!(cookie.contains("Max-Age=604800"), "{cookie}");
    assert!(
        cookie.starts_with("busbar_login=") && !cookie.contains("Secure"),
        "{cookie}"
    );
    let told = sign_in(&plain, PASSWORD, &[("X-Forwarded-Proto", "https")]).await;
    let secured = Door::https().await;
    for answer in [told, sign_in(&secured, PASSWORD, &[]).await] {
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with("__Host-busbar_login="), "{cookie}");
        assert!(
            cookie.contains("Secure") && cookie.contains("HttpOnly"),
            "{cookie}"
        );
    }
}

/// A lock is for one account at one address, and behind a proxy that is the client's: one guesser
/// does not lock out everybody else who comes through it.
#[tokio::test]
async fn a_guesser_behind_the_proxy_locks_out_nobody_else() {
    let door = Door::open().await;
    let mut last = 0;
    for _ in 0..12 {
        last = sign_in(&door, "wrong", &[FROM_AFAR]).await.status;
    }
    assert_eq!(last, 429);
    let same = sign_in(
        &door,
        PASSWORD,
        &[("X-Forwarded-For", "7.7.7.7, 203.0.113.7")],
    )
    .await;
    assert_eq!(
        same.status, 429,
        "what the client writes itself does not help it"
    );
    let other = sign_in(&door, PASSWORD, &[("X-Forwarded-For", "203.0.113.8")]).await;
    assert_eq!(other.status, 200);
}
