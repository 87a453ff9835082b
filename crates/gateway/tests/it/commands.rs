//! Commands on their way to a station and back: one call at a time, every one settled once.

use std::time::Duration;

use app::testing::TestApp;
use domain::command::{Command, CommandRecord, CommandState, ResetKind, VariableName};
use domain::id::StationId;
use domain::token::{TokenKind, TokenUid};
use domain::wire_log::{Direction, FrameKind};

use crate::client::{Client, PATIENCE};
use crate::door::{Door, until};

async fn booted(door: &Door) -> (StationId, Client) {
    let id = door.test.station("CP1", None).await;
    let mut station = Client::connect(door.addr, "CP1", "ocpp1.6").await;
    station.boot().await;
    (id, station)
}

async fn issue(door: &Door, id: StationId, command: Command) -> CommandRecord {
    app::commands::issue(&door.test.app, &door.test.admin, id, command)
        .await
        .unwrap()
}

async fn settled(door: &Door, id: StationId, record: &CommandRecord) -> CommandRecord {
    let (app, admin) = (&door.test.app, &door.test.admin);
    app::commands::wait(app, admin, id, record.id, PATIENCE)
        .await
        .unwrap()
}

fn reset() -> Command {
    Command::Reset {
        kind: ResetKind::Soft,
        evse: None,
    }
}

fn unlock() -> Command {
    Command::Unlock {
        evse: 1,
        connector: None,
    }
}

fn start() -> Command {
    Command::StartSession {
        evse: Some(1),
        token: TokenUid::new("04AABBCC"),
        token_kind: TokenKind::Central,
        remote_start: 0,
    }
}

#[tokio::test]
async fn a_command_goes_out_and_its_answer_comes_back() {
    let door = Door::open().await;
    let (id, mut station) = booted(&door).await;
    let record = issue(&door, id, reset()).await;
    let (call, action, payload) = station.called().await;
    assert_eq!(
        (action.as_str(), payload["type"].as_str()),
        ("Reset", Some("Soft"))
    );
    assert!(call.len() <= 36);
    station
        .answer(&call.to_uppercase(), r#"{"status":"Accepted"}"#)
        .await;
    let record = settled(&door, id, &record).await;
    assert_eq!(record.state, CommandState::Accepted);
    assert_eq!(
        record.outcome.unwrap().answer.as_deref(),
        Some(r#"{"status":"Accepted"}"#)
    );
    assert!(record.sent_at.is_some());
    // Call and answer are in the log, as a pair.
    until("both frames are in the log", async || {
        let log = door.log(id).await;
        let of = |kind, direction| {
            let mut rows = log.iter().map(|view| &view.row);
            rows.any(|r| {
                r.kind == kind
                    && r.direction == direction
                    && r.action.as_deref() == Some("Reset")
                    && (kind == FrameKind::Call || r.latency_ms.is_some())
            })
        };
        of(FrameKind::Call, Direction::Out) && of(FrameKind::Result, Direction::In)
    })
    .await;
}

/// A password goes to the station, and nowhere else: not even into a file.
#[tokio::test]
async fn a_password_is_sent_and_not_kept() {
    const HUSH: &str = "hush-hush-hush-0815";
    let door = Door::open().await;
    let (id, mut station) = booted(&door).await;
    let command = Command::Raw {
        action: "ChangeConfiguration".to_owned(),
        payload: format!(r#"{{"key":"AuthorizationKey","value":"{HUSH}"}}"#),
    };
    let record = issue(&door, id, command).await;
    let (call, _, payload) = station.called().await;
    assert_eq!(payload["value"], HUSH);
    station.answer(&call, r#"{"status":"Accepted"}"#).await;
    settled(&door, id, &record).await;
    until("all four frames are in the log", async || {
        door.log(id).await.len() >= 4
    })
    .await;
    for file in std::fs::read_dir(door.test.directory()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(HUSH.len()).any(|w| w == HUSH.as_bytes());
        assert!(!found, "in {}", path.display());
    }
}

#[tokio::test]
async fn one_call_is_outstanding_and_a_start_overtakes_the_rest() {
    let door = Door::open().await;
    let (id, mut station) = booted(&door).await;
    let mut records = vec![issue(&door, id, reset()).await];
    // The first is on the wire before the others arrive.
    let (call, action, _) = station.called().await;
    assert_eq!(action, "Reset");
    records.push(issue(&door, id, unlock()).await);
    records.push(issue(&door, id, start()).await);
    // Calls of both sides may cross; nothing else of ours comes in between.
    for message_id in ["g", "h"] {
        let beat = format!(r#"[2,"{message_id}","Heartbeat",{{}}]"#);
        assert_eq!(station.exchange(&beat).await[1], message_id);
    }
    station.answer(&call, r#"{"status":"Accepted"}"#).await;
    let mut order = Vec::new();
    for _ in 0..2 {
        let (call, action, _) = station.called().await;
        let status = if action == "UnlockConnector" {
            "Unlocked"
        } else {
            "Accepted"
        };
        order.push(action);
        station
            .answer(&call, &format!("{{\"status\":\"{status}\"}}"))
            .await;
    }
    assert_eq!(order, ["RemoteStartTransaction", "UnlockConnector"]);
    for record in &records {
        assert_eq!(
            settled(&door, id, record).await.state,
            CommandState::Accepted
        );
    }
}

#[tokio::test]
async fn refusals_strange_answers_and_strangers_answers() {
    let door = Door::open().await;
    let (id, mut station) = booted(&door).await;
    // Answers to nothing disturb nothing.
    station.answer("never asked", "{}").await;
    station
        .write(r#"[4,"nor this","GenericError","",{}]"#)
        .await;

    let record = issue(&door, id, reset()).await;
    let (call, ..) = station.called().await;
    station
        .write(&format!(
            r#"[4,"{call}","NotSupported","no such thing",{{}}]"#
        ))
        .await;
    let outcome = settled(&door, id, &record).await.outcome.unwrap();
    assert_eq!(outcome.state, CommandState::Error);
    assert_eq!(outcome.error.unwrap().code, "NotSupported");

    let record = issue(&door, id, reset()).await;
    let (call, ..) = station.called().await;
    station.answer(&call, r#"{"status":"Perhaps"}"#).await;
    let outcome = settled(&door, id, &record).await.outcome.unwrap();
    assert_ne!(outcome.state, CommandState::Accepted, "{outcome:?}");

    let record = issue(&door, id, reset()).await;
    let (call, ..) = station.called().await;
    station.write(&format!("[3,\"{call}\"")).await;
    let outcome = settled(&door, id, &record).await.outcome.unwrap();
    assert_eq!(outcome.state, CommandState::Error, "a torn answer is one");
    let codes = door.deviations(id).await;
    for code in ["answer_unasked", "answer_invalid", "frame_unreadable"] {
        assert!(codes.iter().any(|c| c == code), "{code} in {codes:?}");
    }
}

#[tokio::test]
async fn no_answer_is_a_timeout_and_a_late_one_is_ignored() {
    let test = TestApp::new().await;
    let door = Door::with(test, |s| s.call_timeout = Duration::from_millis(200)).await;
    let (id, mut station) = booted(&door).await;
    let name = |variable: &str| VariableName::key(variable);
    // Two calls in 1.6, of which only the first is ever sent.
    let write = Command::WriteVariables {
        values: vec![
            (name("HeartbeatInterval"), "60".to_owned()),
            (name("MeterValueSampleInterval"), "30".to_owned()),
        ],
    };
    let record = issue(&door, id, write).await;
    let (call, action, _) = station.called().await;
    assert_eq!(action, "ChangeConfiguration");
    assert_eq!(
        settled(&door, id, &record).await.state,
        CommandState::Timeout
    );
    station.answer(&call, r#"{"status":"Accepted"}"#).await;
    let next = issue(&door, id, reset()).await;
    let (call, action, _) = station.called().await;
    assert_eq!(action, "Reset");
    station.answer(&call, r#"{"status":"Accepted"}"#).await;
    assert_eq!(
        settled(&door, id, &next).await.state,
        CommandState::Accepted
    );
    let codes = door.deviations(id).await;
    assert!(codes.iter().any(|c| c == "answer_late"), "{codes:?}");
}

#[tokio::test]
async fn several_calls_of_one_command_go_one_after_the_other() {
    let door = Door::open().await;
    let (id, mut station) = booted(&door).await;
    let names = ["HeartbeatInterval", "MeterValueSampleInterval"];
    let values = names.map(|variable| {
        let name = VariableName::key(variable);
        (name, "60".to_owned())
    });
    let record = issue(
        &door,
        id,
        Command::WriteVariables {
            values: values.to_vec(),
        },
    )
    .await;
    for expected in names {
        let (call, _, payload) = station.called().await;
        assert_eq!(payload["key"], expected);
        station.answer(&call, r#"{"status":"Accepted"}"#).await;
    }
    assert_eq!(
        settled(&door, id, &record).await.state,
        CommandState::Accepted
    );
}

#[tokio::test]
async fn what_cannot_be_said_is_settled_without_a_frame() {
    let door = Door::open().await;
    let (id, mut station) = booted(&door).await;
    let raw = |action: &str, payload: &str| Command::Raw {
        action: action.to_owned(),
        payload: payload.to_owned(),
    };
    for command in [
        raw("NoSuchAction", "{}"),
        raw("Reset", r#"{"type":"Gently"}"#),
    ] {
        let record = issue(&door, id, command).await;
        let outcome = settled(&door, id, &record).await.outcome.unwrap();
        assert_eq!(outcome.state, CommandState::Error, "{outcome:?}");
    }
    let beat = station.exchange(r#"[2,"h","Heartbeat",{}]"#).await;
    assert_eq!(beat[1], "h", "nothing was sent before");
}

#[tokio::test]
async fn a_lost_connection_fails_what_was_sent_and_what_waits() {
    let door = Door::open().await;
    let (id, mut station) = booted(&door).await;
    let sent = issue(&door, id, reset()).await;
    station.called().await;
    let waits = issue(&door, id, unlock()).await;
    drop(station);
    for record in [sent, waits] {
        let outcome = settled(&door, id, &record).await.outcome.unwrap();
        assert_eq!(outcome.error.unwrap().code, "connection_lost");
    }
    until("it is offline", async || !door.test.bus.is_online(id).await).await;
    let (app, admin) = (&door.test.app, &door.test.admin);
    let refused = app::commands::issue(app, admin, id, reset()).await;
    assert!(matches!(
        refused,
        Err(app::Error::Unavailable {
            code: "station_offline",
            ..
        })
    ));
}

#[tokio::test]
async fn a_2_1_station_is_told_of_its_invalid_answer() {
    let door = Door::open().await;
    let id = door.test.station("CP1", None).await;
    let mut station = Client::connect(door.addr, "CP1", "ocpp2.1").await;
    station
        .exchange(r#"[2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"One","vendorName":"Acme"}}]"#)
        .await;
    let record = issue(&door, id, Command::ClearCache).await;
    let (call, action, _) = station.called().await;
    assert_eq!(action, "ClearCache");
    let told = {
        station.answer(&call, r#"{"status":7}"#).await;
        station.read().await
    };
    assert_eq!(told[0].to_string(), "5", "{told}");
    assert_eq!(told[1], call.as_str());
    assert_ne!(
        settled(&door, id, &record).await.state,
        CommandState::Accepted
    );
}
