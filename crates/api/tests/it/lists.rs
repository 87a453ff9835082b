//! Sorted lists: every order, page by page; and cursors that belong to one list.

use chrono::TimeDelta;
use domain::message::{Message, Phase, TransactionName, TransactionReport};
use domain::quantity::WattHours;
use domain::token::{PresentedToken, TokenKind, TokenUid};
use serde_json::Value;

use crate::door::Door;

/// A charging session that ended after `minutes` with `wh`, or one that still runs.
pub async fn session(door: &Door, station: &str, card: &str, end: Option<(i64, i64)>) {
    let t = &door.test;
    let mut link = t.booted(station, None).await;
    let report = |phase, name, at, wh| TransactionReport {
        phase,
        name,
        evse: Some(1),
        connector: Some(1),
        token: None,
        at,
        seq: None,
        offline: false,
        trigger: None,
        stop_reason: None,
        charging: None,
        register: Some(WattHours::new(wh)),
        points: Vec::new(),
        remote_start: None,
        reservation: None,
    };
    let begun = t.app.now();
    let mut start = report(Phase::Started, TransactionName::Asked, begun, 100);
    start.token = Some(PresentedToken {
        uid: TokenUid::new(card),
        kind: TokenKind::Iso14443,
    });
    let reply = t
        .say(&mut link, Message::Transaction(Box::new(start)))
        .await
        .unwrap();
    let domain::message::Reply::Transaction { number, .. } = reply else {
        panic!("{reply:?}");
    };
    if let Some((minutes, wh)) = end {
        let name = TransactionName::Given(number.unwrap().to_string());
        let at = begun + TimeDelta::minutes(minutes);
        let stop = report(Phase::Ended, name, at, 100 + wh);
        t.say(&mut link, Message::Transaction(Box::new(stop)))
            .await
            .unwrap();
    }
    t.clock.advance(TimeDelta::minutes(1));
}

/// One field of all rows of a list, read two at a time.
async fn all(door: &Door, path: &str, sort: &str, field: &str) -> Vec<String> {
    let mut rows = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("{path}?limit=2&sort={sort}{cursor}");
        let answer = door.ask("GET", &path, &[], "").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let page = answer.json();
        for row in page["data"].as_array().unwrap() {
            rows.push(
                row[field]
                    .as_str()
                    .map_or_else(|| row[field].to_string(), str::to_owned),
            );
        }
        match &page["next_cursor"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => return rows,
        }
    }
}

async fn furnished() -> Door {
    let door = Door::open().await;
    for (station, end) in [
        ("B-2", Some((30, 500))),
        ("A-3", None),
        ("C-1", Some((5, 900))),
        ("D-4", Some((60, 0))),
    ] {
        session(&door, station, "04A1", end).await;
    }
    door.test.station("E-5", None).await;
    for name in ["Wharf", "Airport", "Market"] {
        let body = format!(r#"{{"name":"{name}"}}"#);
        door.ask("POST", "/sites", &[], &body).await;
        door.test.clock.advance(TimeDelta::minutes(1));
    }
    for uid in ["CC", "AA", "BB"] {
        let body = format!(r#"{{"uid":"{uid}"}}"#);
        assert_eq!(door.ask("POST", "/tokens", &[], &body).await.status, 201);
        door.test.clock.advance(TimeDelta::minutes(1));
    }
    door
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_sorted_page_by_page() {
    let door = furnished().await;
    let cases = [
        ("/stations", "identity", "identity", "A-3 B-2 C-1 D-4 E-5"),
        ("/stations", "created", "identity", "B-2 A-3 C-1 D-4 E-5"),
        ("/stations", "last_seen", "identity", "E-5 B-2 A-3 C-1 D-4"),
        ("/sites", "name", "name", "Airport Market Wharf"),
        ("/sites", "created", "name", "Wharf Airport Market"),
        ("/tokens", "created", "uid", "CC AA BB"),
        (
            "/sessions",
            "started",
            "station_identity",
            "B-2 A-3 C-1 D-4",
        ),
        ("/sessions", "ended", "station_identity", "C-1 B-2 D-4 A-3"),
        ("/sessions", "energy", "energy_wh", "0 0 500 900"),
    ];
    for (path, sort, field, expected) in cases {
        let expected: Vec<&str> = expected.split(' ').collect();
        assert_eq!(
            all(&door, path, sort, field).await,
            expected,
            "{path} {sort}"
        );
        let down = all(&door, path, &format!("-{sort}"), field).await;
        let reversed: Vec<&str> = expected.into_iter().rev().collect();
        assert_eq!(down, reversed, "{path} -{sort}");
    }
    // All were never used, so that only the ids tell them apart.
    assert_eq!(all(&door, "/tokens", "last_used", "uid").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_belongs_to_one_list() {
    let door = furnished().await;
    let next = async |path: &str| {
        let page = door.ask("GET", path, &[], "").await.json();
        page["next_cursor"].as_str().unwrap().to_owned()
    };
    let cursor = next("/stations?limit=1&sort=created").await;
    for other in [
        "/stations?limit=1&",
        "/stations?limit=1&sort=-created&",
        "/stations?limit=1&sort=created&online=true&",
        "/stations?limit=1&sort=created&q=A&",
        "/sites?limit=1&sort=created&",
        "/sessions?limit=1&",
    ] {
        let answer = door
            .ask("GET", &format!("{other}cursor={cursor}"), &[], "")
            .await;
        assert_eq!(answer.status, 422, "{other}");
        assert_eq!(answer.json()["errors"][0]["code"], "invalid_cursor");
        assert_eq!(answer.json()["errors"][0]["pointer"], "cursor");
    }
    let same = format!("/stations?limit=3&sort=created&cursor={cursor}");
    assert_eq!(
        door.ask("GET", &same, &[], "").await.status,
        200,
        "another limit is the same list"
    );
    let empty = door.ask("GET", "/stations?cursor=", &[], "").await;
    assert_eq!(
        empty.json()["data"].as_array().map(Vec::len),
        Some(5),
        "the beginning"
    );
    let cursor = next("/sessions?limit=1&token=04A1").await;
    let other = format!("/sessions?limit=1&token=04A2&cursor={cursor}");
    assert_eq!(door.ask("GET", &other, &[], "").await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_named_orders_are_there() {
    let door = Door::open().await;
    for path in [
        "/stations?sort=password_hash",
        "/stations?sort=",
        "/stations?sort=identity,created",
        "/sessions?sort=token",
        "/tokens?sort=uid",
        "/sites?sort=--name",
        "/connection_attempts?sort=at",
    ] {
        let answer = door.ask("GET", path, &[], "").await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "invalid_parameter"),
            "{path}"
        );
    }
}
