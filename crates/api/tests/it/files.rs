//! Lists as files: whole, masked as everywhere, and harmless in a spreadsheet.

use domain::role::Role;

use crate::door::{self, Answer, Door};
use crate::lists::session;

const CSV: (&str, &str) = ("Accept", "text/csv");

fn lines(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.header("content-type").starts_with("text/csv"));
    assert!(
        answer
            .header("content-disposition")
            .starts_with("attachment; filename=")
    );
    answer.text.lines().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_holds_the_whole_list() {
    let door = Door::open().await;
    for n in 0..450 {
        let name = format!(r#"{{"name":"Site {n:03}"}}"#);
        assert_eq!(door.ask("POST", "/sites", &[], &name).await.status, 201);
    }
    let file = door.ask("GET", "/sites?sort=-name", &[CSV], "").await;
    let lines = lines(&file);
    assert_eq!(lines.len(), 451);
    assert!(lines[0].starts_with("id,name,address,"));
    for (n, line) in lines[1..].iter().enumerate() {
        assert_eq!(
            line.split(',').nth(1),
            Some(format!("Site {:03}", 449 - n).as_str())
        );
    }
    for parameter in ["limit=1", "cursor=00", "sort=odd"] {
        let refused = door
            .ask("GET", &format!("/sites?{parameter}"), &[CSV], "")
            .await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, "invalid_parameter")
        );
    }
    let moving = door
        .ask("GET", "/stations?sort=last_seen", &[CSV], "")
        .await;
    assert_eq!(moving.status, 400);
    assert_eq!(
        door.ask("GET", "/sites", &[], "").await.json()["has_more"],
        true
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_shows_no_more_than_the_page() {
    const CARD: &str = "CANARY-0123456789-BIRD";
    let door = Door::open().await;
    session(&door, "CP-1", CARD, None).await;
    let station = door.ask("GET", "/stations", &[], "").await.json()["data"][0]["id"].clone();
    let body = format!(r#"{{"uid":"{CARD}"}}"#);
    assert_eq!(door.ask("POST", "/tokens", &[], &body).await.status, 201);
    let logs = format!("/stations/{}/logs", station.as_str().unwrap());
    let viewer = door.member(Role::Viewer).await;
    for path in [
        "/sessions",
        "/tokens",
        &logs,
        "/stations",
        "/sites",
        "/connection_attempts",
    ] {
        let full = door.ask("GET", path, &[CSV], "").await;
        assert!(!lines(&full).is_empty(), "{path}");
        let theirs = door::ask(door.address, &viewer, "GET", path, &[CSV], "").await;
        // A viewer sees the history but may not take it away.
        let right = match path {
            "/sessions" | "/tokens" | "/connection_attempts" => 403,
            _ => 200,
        };
        assert_eq!(theirs.status, right, "{path}");
        assert!(!theirs.text.contains(CARD), "{path}");
        if theirs.status == 403 {
            assert_eq!(theirs.header("content-type"), "application/problem+json");
        }
    }
    let sessions = door.ask("GET", "/sessions", &[CSV], "").await;
    assert!(
        sessions.text.contains(CARD),
        "the administrator may read it"
    );
    let technician = door.member(Role::Technician).await;
    let masked = door::ask(door.address, &technician, "GET", "/sessions", &[CSV], "").await;
    assert!(!masked.text.contains(CARD) && lines(&masked).len() == 2);
    let page = door::ask(door.address, &technician, "GET", "/sessions", &[], "").await;
    let page = page.json();
    let label = page["data"][0]["token"]["label"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(masked.text.contains(&label), "{}", masked.text);
    assert_eq!(
        door.ask("GET", "/tokens", &[CSV], "")
            .await
            .text
            .lines()
            .count(),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_is_never_a_formula() {
    let door = Door::open().await;
    for name in ["=HYPERLINK(1)", "+1", "-1", "@x"] {
        let body = format!(r#"{{"name":"{name}","latitude":-33.5,"longitude":-70.25}}"#);
        assert_eq!(door.ask("POST", "/sites", &[], &body).await.status, 201);
    }
    let file = door.ask("GET", "/sites", &[CSV], "").await;
    for line in &lines(&file)[1..] {
        let cells: Vec<&str> = line.split(',').collect();
        assert!(cells[1].starts_with('\''), "{line}");
        assert_eq!(
            (cells[6], cells[7]),
            ("-33.5", "-70.25"),
            "numbers stay numbers"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_can_be_a_workbook() {
    const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let door = Door::open().await;
    session(&door, "CP-1", "04A1", None).await;
    let accept = [("Accept", XLSX)];
    for path in [
        "/sessions",
        "/stations",
        "/sites",
        "/tokens",
        "/connection_attempts",
    ] {
        let book = door.ask("GET", path, &accept, "").await;
        assert_eq!(
            (book.status, book.header("content-type")),
            (200, XLSX),
            "{path}"
        );
        let disposition = book.header("content-disposition");
        assert!(disposition.ends_with(".xlsx\""), "{disposition}");
        assert!(book.text.starts_with("PK"), "{path}");
    }
    let viewer = door.member(Role::Viewer).await;
    let refused = door::ask(door.address, &viewer, "GET", "/tokens", &accept, "").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "permission_denied")
    );
    let moving = door.ask("GET", "/sessions?sort=energy", &accept, "").await;
    assert_eq!(moving.status, 400);
}
