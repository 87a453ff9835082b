//! Who comes in, and what the others are told.

use std::time::Duration;

use app::UnknownStations;
use app::stations::{self, NewPassword, NewStation};
use app::testing::TestApp;
use domain::attempt::AttemptOutcome as O;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Client, KEY, PATIENCE, ask, basic, send_raw};
use crate::door::Door;

const OCPP16: &str = "Sec-WebSocket-Protocol: ocpp1.6\r\n";

async fn refusing() -> Door {
    let test = TestApp::with(|s| s.unknown_stations = UnknownStations::Refuse).await;
    Door::with(test, |_| {}).await
}

#[tokio::test]
async fn the_identity_is_found_in_any_path_and_without_case() {
    let door = refusing().await;
    door.test.station("Depot 01", None).await;
    let paths = [
        "/ocpp/Depot%2001",
        "/Depot%2001",
        "/some/prefix/of/theirs/DEPOT%2001",
        "/ocpp/depot%2001/",
        "//depot%2001",
        "/ocpp/depot%2001?token=1",
    ];
    for path in paths {
        let answer = ask(door.addr, path, OCPP16).await;
        assert_eq!(answer.status, 101, "{path}: {}", answer.head);
    }
    for path in ["/ocpp/other", "/Depot%252001", "/ocpp/a:b", "/", "/%FF"] {
        let answer = ask(door.addr, path, OCPP16).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.head);
    }
    // Without a path the Basic user name stands in.
    let lines = format!("{OCPP16}{}", basic("Depot 01", "x"));
    assert_eq!(ask(door.addr, "/", &lines).await.status, 101);
}

/// People put passwords into addresses, and the record of attempts is for many eyes.
#[tokio::test]
async fn an_attempt_is_kept_without_passwords_and_with_the_clients_address() {
    let door = refusing().await;
    let lines = format!("{OCPP16}X-Forwarded-For: 6.6.6.6, 203.0.113.7\r\n");
    ask(door.addr, "/ocpp/STRANGER?password=hush", &lines).await;
    let url = "ws://me:hush@depot.example/ocpp/STRANGER";
    ask(door.addr, url, OCPP16).await;
    door.attempt(1).await;
    let attempts = door.attempts().await;
    let kept = attempts
        .iter()
        .map(|a| (a.path.as_deref().unwrap_or(""), a.remote_ip.as_str()));
    let kept: Vec<_> = kept.collect();
    assert!(
        kept.contains(&("/ocpp/STRANGER", "203.0.113.7")),
        "{kept:?}"
    );
    assert!(!format!("{attempts:?}").contains("hush"), "{attempts:?}");
}

#[tokio::test]
async fn the_first_of_the_stations_subprotocols_that_we_speak_is_chosen() {
    let door = Door::open().await;
    door.test.station("CP1", None).await;
    let table = [
        ("ocpp1.6, ocpp2.0.1", "ocpp1.6"),
        ("ocpp2.0.1, ocpp1.6", "ocpp2.0.1"),
        ("ocpp2.1,ocpp2.0.1", "ocpp2.1"),
        ("ocpp2.0, ocpp1.5, ocpp1.6", "ocpp1.6"),
        ("ocpp1.5\r\nSec-WebSocket-Protocol: ocpp2.1", "ocpp2.1"),
    ];
    for (offered, chosen) in table {
        let lines = format!("Sec-WebSocket-Protocol: {offered}\r\n");
        let answer = ask(door.addr, "/ocpp/CP1", &lines).await;
        assert_eq!(answer.status, 101, "{offered}");
        let expected = format!("Sec-WebSocket-Protocol: {chosen}\r\n");
        assert!(
            answer.head.contains(&expected),
            "{offered}: {}",
            answer.head
        );
    }
}

#[tokio::test]
async fn without_a_common_subprotocol_the_handshake_ends_and_then_the_connection() {
    let door = Door::open().await;
    door.test.station("CP1", None).await;
    for (before, lines) in ["", "Sec-WebSocket-Protocol: ocpp2.0, OCPP1.6\r\n"]
        .into_iter()
        .enumerate()
    {
        let answer = ask(door.addr, "/ocpp/CP1", lines).await;
        assert_eq!(answer.status, 101);
        assert!(
            !answer
                .head
                .to_lowercase()
                .contains("sec-websocket-protocol")
        );
        let (code, _) = Client::over(answer.stream).await.closed().await;
        assert_eq!(code, 1002);
        door.attempted(before, O::NoSubprotocol).await;
    }
}

/// Quirk 1: some firmware names no protocol, or a kind of 1.6 that does not exist.
#[tokio::test]
async fn a_station_that_names_no_protocol_can_be_believed_to_speak_1_6() {
    let door = Door::open().await;
    let id = door.test.station("CP1", None).await;
    let edit = stations::StationEdit {
        assume_protocol: Some(true),
        ..stations::StationEdit::default()
    };
    let (app, admin) = (&door.test.app, &door.test.admin);
    stations::edit(app, admin, id, edit).await.unwrap();
    let named = |name: &str| format!("Sec-WebSocket-Protocol: {name}\r\n");
    for lines in [String::new(), named("ocpp1.6j"), named("OCPP1.6")] {
        let answer = ask(door.addr, "/ocpp/CP1", &lines).await;
        let head = answer.head.to_lowercase();
        assert!(!head.contains("sec-websocket-protocol"), "{head}");
        let mut station = Client::over(answer.stream).await;
        station.boot().await;
        let view = stations::find(app, admin, id).await.unwrap();
        assert_eq!(view.station.protocol.as_deref(), Some("ocpp1.6"));
    }
    // Another protocol is another protocol.
    for other in ["ocpp2.0", "ocpp1.5", "ocpp1.6j, ocpp2.0"] {
        let answer = ask(door.addr, "/ocpp/CP1", &named(other)).await;
        let (code, _) = Client::over(answer.stream).await.closed().await;
        assert_eq!(code, 1002, "{other}");
    }
}

#[tokio::test]
async fn old_firmware_is_forgiven() {
    let door = Door::open().await;
    door.test.station("CP1", None).await;
    let requests = [
        // No Connection, no version.
        format!("GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\n{KEY}{OCPP16}\r\n"),
        // Connection twice, and a list.
        format!(
            "GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive\r\n\
             Connection: Upgrade, x\r\n{KEY}{OCPP16}\r\n"
        ),
        // A key that is none.
        format!(
            "GET /ocpp/CP1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: abc\r\n{OCPP16}\r\n"
        ),
        // A whole URL as path.
        format!("GET ws://host:9000/ocpp/CP1 HTTP/1.1\r\nHost: x\r\n{KEY}{OCPP16}\r\n"),
    ];
    for request in requests {
        let answer = send_raw(door.addr, request.as_bytes()).await;
        assert_eq!(answer.status, 101, "{request}");
    }
    let answer = ask(door.addr, "/ocpp/CP1", OCPP16).await;
    // The example of RFC 6455 §1.3.
    assert!(
        answer
            .head
            .contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
    );
}

#[tokio::test]
async fn a_password_is_asked_for_and_checked() {
    let door = Door::open().await;
    let new = NewStation {
        identity: "Safe".to_owned(),
        name: None,
        site: None,
        password: NewPassword::Drawn,
    };
    let (_, password) = stations::create(&door.test.app, &door.test.admin, new)
        .await
        .unwrap();
    let password = password.unwrap();
    let table = [
        (String::new(), 401, O::AuthMissing),
        (
            "Authorization: Bearer abc\r\n".to_owned(),
            401,
            O::AuthMissing,
        ),
        (
            "Authorization: Basic %%%\r\n".to_owned(),
            401,
            O::AuthMissing,
        ),
        (basic("Safe", "wrong"), 401, O::BadPassword),
        (basic("Other", &password), 401, O::UserMismatch),
        (basic("sAFE", &password), 101, O::Connected),
    ];
    for (before, (line, status, outcome)) in table.into_iter().enumerate() {
        let answer = ask(door.addr, "/ocpp/Safe", &format!("{OCPP16}{line}")).await;
        assert_eq!(answer.status, status, "{line}");
        if status == 401 {
            assert!(answer.head.contains("WWW-Authenticate: Basic"));
        }
        let attempt = door.attempt(before).await;
        assert_eq!(attempt.outcome, outcome, "{line}");
        assert_eq!(attempt.identity.as_deref(), Some("Safe"));
        assert!(
            !format!("{attempt:?}").contains(&password),
            "the password is not kept"
        );
    }
}

#[tokio::test]
async fn unknown_stations_are_turned_away_or_wait_as_the_operator_wants() {
    let door = refusing().await;
    assert_eq!(ask(door.addr, "/ocpp/Stranger", OCPP16).await.status, 404);
    door.attempted(0, O::UnknownStation).await;
    let door = Door::open().await;
    assert_eq!(ask(door.addr, "/ocpp/Stranger", OCPP16).await.status, 101);
    door.attempted(0, O::WaitingToBeClaimed).await;
}

#[tokio::test]
async fn other_protocols_are_recognised_and_told_so() {
    let door = Door::open().await;
    let soap = "POST /ocpp/CP1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\n\
                Content-Length: 9\r\n\r\n<s:Env/>\n";
    let old = format!("GET /ocpp/CP1 HTTP/1.1\r\nSec-WebSocket-Version: 8\r\n{KEY}\r\n");
    let long = format!("GET /ocpp/CP1 HTTP/1.1\r\nX: {}\r\n", "x".repeat(20_000));
    let table: [(&[u8], u16, O, &str); 7] = [
        (
            &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3],
            400,
            O::TlsOnPlain,
            "TLS",
        ),
        (soap.as_bytes(), 426, O::Soap, "SOAP"),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            426,
            O::NotUpgrade,
            "WebSocket",
        ),
        (old.as_bytes(), 426, O::NotUpgrade, "WebSocket"),
        (b"[2,\"1\",\"Heartbeat\",{}]\n", 400, O::NotHttp, "HTTP"),
        (b"\x00\x00\x00", 400, O::NotHttp, "HTTP"),
        (long.as_bytes(), 400, O::NotHttp, "HTTP"),
    ];
    for (before, (bytes, status, outcome, word)) in table.into_iter().enumerate() {
        let mut answer = send_raw(door.addr, bytes).await;
        assert_eq!(answer.status, status, "{outcome:?}");
        let mut body = String::new();
        let reading = answer.stream.read_to_string(&mut body);
        tokio::time::timeout(PATIENCE, reading)
            .await
            .unwrap()
            .unwrap();
        assert!(body.contains(word), "{body}");
        door.attempted(before, outcome).await;
    }
}

#[tokio::test]
async fn a_slow_handshake_is_cut_off_and_does_not_hold_up_others() {
    let test = TestApp::new().await;
    let door = Door::with(test, |s| s.handshake_timeout = Duration::from_millis(150)).await;
    let mut slow = TcpStream::connect(door.addr).await.unwrap();
    slow.write_all(b"GET /ocpp/CP1 HTTP/1.1\r\nHo")
        .await
        .unwrap();
    assert_eq!(ask(door.addr, "/ocpp/CP1", OCPP16).await.status, 101);
    let mut answer = String::new();
    let reading = slow.read_to_string(&mut answer);
    tokio::time::timeout(PATIENCE, reading)
        .await
        .unwrap()
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let attempts = door.attempts().await;
    assert!(
        attempts.iter().any(|a| a.outcome == O::TooSlow),
        "{attempts:?}"
    );
}

#[tokio::test]
async fn more_connections_than_allowed_are_told_to_come_later() {
    let test = TestApp::new().await;
    test.station("CP1", None).await;
    let door = Door::with(test, |s| s.max_connections = 1).await;
    let mut first = Client::connect(door.addr, "CP1", "ocpp1.6").await;
    assert_eq!(ask(door.addr, "/ocpp/CP2", OCPP16).await.status, 503);
    first.boot().await;
}

#[tokio::test]
async fn an_archived_station_stays_outside() {
    let door = Door::open().await;
    let id = door.test.station("Old", None).await;
    stations::archive(&door.test.app, &door.test.admin, id)
        .await
        .unwrap();
    assert_eq!(ask(door.addr, "/ocpp/Old", OCPP16).await.status, 403);
    door.attempted(0, O::Blocked).await;
}
