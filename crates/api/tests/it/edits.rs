//! `ETag` and `If-Match`: nobody edits what they have not seen.

use domain::role::Role;
use serde_json::json;

use crate::door::{self, Answer, Door};

async fn made(door: &Door) -> [String; 3] {
    let id = |answer: &Answer, of: &str| {
        let json = answer.json();
        let json = if of.is_empty() { &json } else { &json[of] };
        json["id"].as_str().unwrap().to_owned()
    };
    let site = door.ask("POST", "/sites", &[], r#"{"name":"Yard"}"#).await;
    let station = door
        .ask("POST", "/stations", &[], r#"{"identity":"CP-1"}"#)
        .await;
    let token = door.ask("POST", "/tokens", &[], r#"{"uid":"04A1"}"#).await;
    for answer in [&site, &station, &token] {
        assert_eq!((answer.status, answer.header("etag")), (201, "\"1\""));
    }
    [
        format!("/sites/{}", id(&site, "")),
        format!("/stations/{}", id(&station, "station")),
        format!("/tokens/{}", id(&token, "")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_what_was_changed_meanwhile_is_refused() {
    let door = Door::open().await;
    for path in made(&door).await {
        let field = if path.starts_with("/tokens") {
            "label"
        } else {
            "name"
        };
        let body = |text: &str| json!({field: text}).to_string();
        let read = door.ask("GET", &path, &[], "").await;
        assert_eq!((read.status, read.header("etag")), (200, "\"1\""), "{path}");
        let edit = async |tag: &str, text: &str| {
            door.ask("PATCH", &path, &[("If-Match", tag)], &body(text))
                .await
        };
        let first = edit("\"1\"", "A").await;
        assert_eq!(
            (first.status, first.header("etag")),
            (200, "\"2\""),
            "{path}"
        );
        let stale = edit("\"1\"", "B").await;
        assert_eq!(
            (stale.status, stale.code().as_str()),
            (412, "precondition_failed")
        );
        assert_eq!(
            edit("W/\"2\"", "B").await.status,
            412,
            "a weak tag never matches"
        );
        assert_eq!(edit("2", "B").await.status, 400);
        let now = door.ask("GET", &path, &[], "").await;
        assert_eq!(
            (now.header("etag"), &now.json()[field]),
            ("\"2\"", &json!("A"))
        );
        // Without a tag, and with any.
        assert_eq!(
            door.ask("PATCH", &path, &[], &body("C"))
                .await
                .header("etag"),
            "\"3\""
        );
        assert_eq!(edit("*", "D").await.header("etag"), "\"4\"");
        assert_eq!(edit("\"1\", \"4\"", "E").await.header("etag"), "\"5\"");

        let remove = async |tag: &str| door.ask("DELETE", &path, &[("If-Match", tag)], "").await;
        assert_eq!(remove("\"4\"").await.code(), "precondition_failed");
        assert_eq!(remove("\"5\"").await.status, 204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_station_does_is_no_edit() {
    let door = Door::open().await;
    let link = door.test.booted("CP-1", None).await;
    let path = format!("/stations/{}", link.id());
    let read = door.ask("GET", &path, &[], "").await;
    assert_eq!(
        (read.header("etag"), &read.json()["online"]),
        ("\"1\"", &json!(true))
    );
    // An answer is never left out: what is live has changed.
    let read = door
        .ask("GET", &path, &[("If-None-Match", "\"1\"")], "")
        .await;
    assert_eq!(read.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_edits_at_once_are_both_made() {
    let door = Door::open().await;
    let [site, station, _] = made(&door).await;
    for n in 0..10 {
        let name = json!({"name": format!("N{n}")}).to_string();
        let city = json!({"city": format!("C{n}")}).to_string();
        let (a, b) = tokio::join!(
            door.ask("PATCH", &site, &[], &name),
            door.ask("PATCH", &site, &[], &city)
        );
        assert_eq!((a.status, b.status), (200, 200));
        let now = door.ask("GET", &site, &[], "").await;
        assert_eq!(now.json()["name"], format!("N{n}"));
        assert_eq!(now.json()["city"], format!("C{n}"));
        assert_eq!(now.header("etag"), format!("\"{}\"", 3 + 2 * n));
        // Of two who have seen the same, one wins.
        let tag = format!("\"{}\"", 1 + n);
        let tag = [("If-Match", tag.as_str())];
        let (a, b) = tokio::join!(
            door.ask("PATCH", &station, &tag, &name),
            door.ask("PATCH", &station, &tag, &name)
        );
        let mut both = [a.status, b.status];
        both.sort_unstable();
        assert_eq!(both, [200, 412]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_tells_nothing_to_those_who_may_not() {
    let door = Door::open().await;
    let [site, _, token] = made(&door).await;
    let viewer = door.member(Role::Viewer).await;
    for (path, tag) in [(&site, "\"1\""), (&site, "\"9\""), (&token, "\"9\"")] {
        let tag = [("If-Match", tag)];
        let refused = door::ask(door.address, &viewer, "PATCH", path, &tag, "{}").await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (403, "permission_denied")
        );
    }
    let missing = "/sites/sit_00000000000000000000000000000000";
    let refused = door
        .ask("PATCH", missing, &[("If-Match", "\"1\"")], "{}")
        .await;
    assert_eq!(refused.status, 404);
}
