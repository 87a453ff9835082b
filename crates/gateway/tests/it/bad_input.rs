//! Bad manners: the right answer, a row, a deviation, and nobody else notices.

use domain::wire_log::FrameKind;
use futures_util::SinkExt;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::client::Client;
use crate::door::Door;

/// A frame, and what comes back: type, id, and status or code. None for silence.
type Row = (
    &'static str,
    Option<(&'static str, &'static str, &'static str)>,
);

const TABLE_16: [Row; 22] = [
    ("", Some(("4", "-1", "FormationViolation"))),
    ("hello", Some(("4", "-1", "FormationViolation"))),
    ("{}", Some(("4", "-1", "FormationViolation"))),
    ("[]", Some(("4", "-1", "FormationViolation"))),
    (r#"[2,"a"]"#, Some(("4", "a", "FormationViolation"))),
    (
        r#"[2,"a","Heartbeat",{}"#,
        Some(("4", "a", "FormationViolation")),
    ),
    (
        r#"[2,"a","Heartbeat",{"x":,}]"#,
        Some(("4", "a", "FormationViolation")),
    ),
    (
        r#"["2","a","Heartbeat",{}]"#,
        Some(("4", "-1", "FormationViolation")),
    ),
    (
        r#"[2,7,"Heartbeat",{}]"#,
        Some(("4", "-1", "FormationViolation")),
    ),
    // J §4.1.3: a message type that is not known is ignored.
    (r#"[9,"a","Heartbeat",{}]"#, None),
    (r#"[3,"a","b"]"#, None),
    (r#"[2,"a","Heartbeat",null]"#, Some(("3", "a", ""))),
    (r#"[2,"a","Heartbeat"]"#, Some(("3", "a", ""))),
    (r#"[2,"a","Heartbeat",{},"more"]"#, Some(("3", "a", ""))),
    (
        r#"[2,"a","NoSuchThing",{}]"#,
        Some(("4", "a", "NotImplemented")),
    ),
    (
        r#"[2,"a","heartbeat",{}]"#,
        Some(("4", "a", "NotImplemented")),
    ),
    (
        r#"[2,"a","Reset",{"type":"Hard"}]"#,
        Some(("4", "a", "NotSupported")),
    ),
    (
        r#"[2,"a","StatusNotification",{"status":"Available","errorCode":"NoError"}]"#,
        Some(("4", "a", "OccurenceConstraintViolation")),
    ),
    (
        r#"[2,"a","StatusNotification",{"connectorId":"one","status":"Available","errorCode":"NoError"}]"#,
        Some(("4", "a", "TypeConstraintViolation")),
    ),
    (
        r#"[2,"a","StatusNotification",{"connectorId":1,"status":"Exploded","errorCode":"NoError"}]"#,
        Some(("4", "a", "PropertyConstraintViolation")),
    ),
    // What bills are made on is answered, whatever it says.
    (
        r#"[2,"a","MeterValues",{"connectorId":1,"meterValue":[]}]"#,
        Some(("3", "a", "")),
    ),
    (
        r#"[2,"a","StopTransaction",{"transactionId":-1,"meterStop":"x","timestamp":"never"}]"#,
        Some(("3", "a", "")),
    ),
];

#[tokio::test]
async fn every_bad_frame_of_a_1_6_station_has_its_answer() {
    check("ocpp1.6", &TABLE_16).await;
}

#[tokio::test]
async fn every_bad_frame_of_a_2_station_has_its_answer() {
    let common: [Row; 7] = [
        ("hello", Some(("4", "-1", "RpcFrameworkError"))),
        (
            r#"[2,"a","Heartbeat",{}"#,
            Some(("4", "a", "RpcFrameworkError")),
        ),
        (
            r#"[9,"a","Heartbeat",{}]"#,
            Some(("4", "a", "MessageTypeNotSupported")),
        ),
        (
            r#"[2,"a","NoSuchThing",{}]"#,
            Some(("4", "a", "NotImplemented")),
        ),
        (
            r#"[2,"a","Reset",{"type":"Immediate"}]"#,
            Some(("4", "a", "NotSupported")),
        ),
        (
            r#"[2,"a","StatusNotification",{"timestamp":"2026-01-01T00:00:00Z","connectorStatus":"Available","evseId":1}]"#,
            Some(("4", "a", "OccurrenceConstraintViolation")),
        ),
        (r#"[2,"a","Heartbeat",{}]"#, Some(("3", "a", ""))),
    ];
    check("ocpp2.0.1", &common).await;
    check("ocpp2.1", &common).await;
    let send: [Row; 2] = [
        // N15.FR.02: an invalid SEND is never answered.
        (r#"[6,"a","NotifyPeriodicEventStream",{"id":"x"}]"#, None),
        (r#"[6,"a","NoSuchThing",{}]"#, None),
    ];
    check("ocpp2.1", &send).await;
}

async fn check(protocol: &str, table: &[Row]) {
    let door = Door::open().await;
    door.test.station("CP1", None).await;
    door.test.station("Other", None).await;
    let mut other = Client::connect(door.addr, "Other", "ocpp1.6").await;
    other.boot().await;
    let boot = match protocol {
        "ocpp1.6" => r#"{"chargePointVendor":"Acme","chargePointModel":"One"}"#,
        _ => r#"{"reason":"PowerUp","chargingStation":{"model":"One","vendorName":"Acme"}}"#,
    };
    for (frame, expected) in table {
        let mut station = Client::connect(door.addr, "CP1", protocol).await;
        station
            .exchange(&format!(r#"[2,"b","BootNotification",{boot}]"#))
            .await;
        station.write(frame).await;
        if let Some((kind, id, code)) = expected {
            let answer = station.read().await;
            assert_eq!(answer[0].to_string(), *kind, "{frame}: {answer}");
            assert_eq!(answer[1], *id, "{frame}: {answer}");
            if *kind == "4" {
                assert_eq!(answer[2], *code, "{frame}: {answer}");
                assert!(answer[4].is_object(), "{answer}");
            }
        }
        // It goes on as if nothing had happened.
        let beat = station.exchange(r#"[2,"next","Heartbeat",{}]"#).await;
        assert_eq!(beat[1], "next", "{frame}: {beat}");
    }
    let beat = other.exchange(r#"[2,"1","Heartbeat",{}]"#).await;
    assert_eq!(beat[1], "1");
}

#[tokio::test]
async fn what_was_bad_is_on_record_within_bounds() {
    let door = Door::open().await;
    let id = door.test.station("CP1", None).await;
    let mut station = Client::connect(door.addr, "CP1", "ocpp1.6").await;
    station.boot().await;
    for n in 0..200 {
        let answer = station.exchange(&format!("rubbish {n} 04AABBCC")).await;
        assert_eq!(answer[1], "-1");
    }
    let unreadable = async || {
        let log = door.log(id).await;
        let rows = log.into_iter().map(|view| view.row);
        rows.filter(|row| row.kind == FrameKind::Unreadable)
            .collect::<Vec<_>>()
    };
    crate::door::until("rows are written", async || !unreadable().await.is_empty()).await;
    let rows = unreadable().await;
    assert!(rows.len() <= 20, "{} rows", rows.len());
    assert_eq!(rows[0].personal.len(), 1, "it is personal as a whole");
    assert_eq!(door.deviations(id).await, ["frame_unreadable"]);
}

#[tokio::test]
async fn breaches_of_the_websocket_close_with_their_code() {
    let door = Door::open().await;
    door.test.station("CP1", None).await;
    let big = Message::text("x".repeat(1024 * 1024 + 1));
    let binary = Message::Binary(Bytes::from_static(b"[2]"));
    for (message, code) in [(big, 1009), (binary, 1003)] {
        let mut station = Client::connect(door.addr, "CP1", "ocpp1.6").await;
        // The other side may close before all of it is written.
        let _ = station.ws.send(message).await;
        assert_eq!(station.closed().await.0, code);
    }
    let raw: [(&[u8], u16); 4] = [
        // A masked text of two bytes that are no UTF-8.
        (&[0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28], 1007),
        // A text without a mask.
        (&[0x81, 0x02, b'[', b']'], 1002),
        // Bits of an extension that was not agreed on (quirk 6).
        (&[0xc1, 0x82, 0, 0, 0, 0, b'[', b']'], 1002),
        // A frame that says it is 2^62 bytes long.
        (&[0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1009),
    ];
    for (bytes, code) in raw {
        let mut station = Client::connect(door.addr, "CP1", "ocpp1.6").await;
        station.ws.get_mut().write_all(bytes).await.unwrap();
        assert_eq!(station.closed().await.0, code, "{bytes:02x?}");
    }
}

#[tokio::test]
async fn messages_up_to_the_limit_and_in_pieces_are_read() {
    let door = Door::open().await;
    door.test.station("CP1", None).await;
    let mut station = Client::connect(door.addr, "CP1", "ocpp1.6").await;
    station.boot().await;
    let (head, tail) = (
        r#"[2,"a","DataTransfer",{"vendorId":"v","data":""#,
        r#""}]"#,
    );
    let fill = "y".repeat(1024 * 1024 - head.len() - tail.len());
    let answer = station.exchange(&format!("{head}{fill}{tail}")).await;
    assert_eq!(answer[1], "a");
    // Two fragments with a ping between them.
    let fragment = |first: u8, text: &str| {
        let mut frame = vec![first, 0x80 | u8::try_from(text.len()).unwrap(), 0, 0, 0, 0];
        frame.extend_from_slice(text.as_bytes());
        frame
    };
    let mut bytes = fragment(0x01, r#"[2,"f","Hear"#);
    bytes.extend(fragment(0x89, ""));
    bytes.extend(fragment(0x80, r#"tbeat",{}]"#));
    station.ws.get_mut().write_all(&bytes).await.unwrap();
    assert_eq!(station.read().await[1], "f");
}

#[tokio::test]
async fn a_frame_cut_off_in_the_middle_ends_that_connection_only() {
    let door = Door::open().await;
    let id = door.test.station("CP1", None).await;
    let mut station = Client::connect(door.addr, "CP1", "ocpp1.6").await;
    station
        .ws
        .get_mut()
        .write_all(&[0x81, 0xfe, 0x01])
        .await
        .unwrap();
    drop(station);
    crate::door::until("it is offline", async || !door.test.bus.is_online(id).await).await;
    Client::connect(door.addr, "CP1", "ocpp1.6")
        .await
        .boot()
        .await;
}
