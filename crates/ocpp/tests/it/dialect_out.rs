//! What we say to stations: every answer and every call passes the official schemas.

use busbar_ocpp::catalogue::Catalogue;
use busbar_ocpp::check::check;
use busbar_ocpp::dialect::Dialect;
use busbar_ocpp::fault::RpcErrorCode;
use busbar_ocpp::frame::payload_value;
use domain::clock::{IdSource, SeededIds};
use domain::command::{Command, LogKind, ReportKind, ResetKind, TriggerKind, VariableName};
use domain::firmware::Signing;
use domain::id::SessionId;
use domain::message::Reply;
use domain::station::Registration;
use domain::token::{TokenKind, TokenUid, Verdict, VerdictWord};
use serde_json::{Value, json};

use super::dialect::{DIALECTS, arrival};
use super::forge;

fn reply(dialect: Dialect, action: &str, reply: &Reply) -> Value {
    let text = dialect.lower_reply(action, reply).unwrap();
    let value = payload_value(&text).unwrap();
    let known = Catalogue::of(dialect.version()).action(action).unwrap();
    assert_eq!(
        check(&known.response.unwrap(), &value),
        [],
        "{action} {value}"
    );
    value
}

fn verdicts() -> Vec<Verdict> {
    use VerdictWord as W;
    let words = [
        W::Accepted,
        W::Blocked,
        W::Expired,
        W::Unknown,
        W::ConcurrentSession,
        W::NotHere,
    ];
    let full = |word| Verdict {
        word,
        group: Some("GROUP".to_owned()),
        expires_at: Some(arrival()),
    };
    let long = Verdict {
        group: Some("g".repeat(300)),
        ..Verdict::bare(W::Accepted)
    };
    let bare = words.into_iter().map(Verdict::bare);
    bare.chain(words.into_iter().map(full))
        .chain([long])
        .collect()
}

#[test]
fn every_answer_passes_the_schema() {
    let now = arrival();
    for dialect in DIALECTS {
        for registration in [
            Registration::Accepted,
            Registration::Pending,
            Registration::Rejected,
            Registration::Unbooted,
        ] {
            let boot = Reply::Boot {
                registration,
                interval_s: 86_400,
                now,
            };
            let value = reply(dialect, "BootNotification", &boot);
            assert_eq!(value["currentTime"], json!("2024-03-05T12:00:00Z"));
        }
        reply(dialect, "Heartbeat", &Reply::Heartbeat { now });
        reply(dialect, "DataTransfer", &Reply::UnknownVendor);
        for verdict in verdicts() {
            reply(dialect, "Authorize", &Reply::Authorize(verdict.clone()));
            let transaction = Reply::Transaction {
                number: Some(1),
                verdict: Some(verdict),
            };
            for action in transactions(dialect) {
                reply(dialect, action, &transaction);
            }
        }
        let bare = Reply::Transaction {
            number: Some(1),
            verdict: None,
        };
        for action in transactions(dialect) {
            reply(dialect, action, &bare);
        }
        reply(dialect, "MeterValues", &Reply::Done);
        reply(dialect, "StatusNotification", &Reply::Done);
    }
}

fn transactions(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::V16 => &["StartTransaction", "StopTransaction"],
        Dialect::V201 | Dialect::V21 => &["TransactionEvent"],
    }
}

#[test]
fn every_action_has_a_default_answer() {
    for dialect in DIALECTS {
        for action in Catalogue::of(dialect.version()).actions() {
            let own = ["BootNotification", "Heartbeat", "StartTransaction"];
            if !action.direction.sent_by_station() || own.contains(&action.name) {
                continue;
            }
            let text = dialect.lower_reply(action.name, &Reply::Default).unwrap();
            let value = payload_value(&text).unwrap();
            if let Some(response) = action.response {
                assert_eq!(check(&response, &value), [], "{}", action.name);
            }
        }
    }
}

#[test]
fn words_of_each_version() {
    let full = Verdict {
        word: VerdictWord::NotHere,
        group: Some("G".to_owned()),
        expires_at: Some(arrival()),
    };
    let start = Reply::Transaction {
        number: Some(12),
        verdict: Some(full),
    };
    assert_eq!(
        reply(Dialect::V16, "StartTransaction", &start),
        json!({"transactionId": 12, "idTagInfo": {"status": "Invalid", "parentIdTag": "G", "expiryDate": "2024-03-05T12:00:00Z"}})
    );
    assert_eq!(
        reply(Dialect::V201, "TransactionEvent", &start),
        json!({"idTokenInfo": {"status": "NotAtThisLocation", "groupIdToken": {"idToken": "G", "type": "Central"}, "cacheExpiryDateTime": "2024-03-05T12:00:00Z"}})
    );
    for dialect in DIALECTS {
        let fault = dialect
            .lower_reply("MeterValues", &Reply::NotYet)
            .unwrap_err();
        assert_eq!(fault.code, RpcErrorCode::SecurityError);
        let fault = dialect
            .lower_reply("Heartbeat", &Reply::Default)
            .unwrap_err();
        assert_eq!(fault.code, RpcErrorCode::InternalError);
    }
}

pub(crate) fn key(variable: &str) -> VariableName {
    VariableName::key(variable)
}

pub(crate) fn variable(component: &str, variable: &str) -> VariableName {
    VariableName {
        component: Some(component.to_owned()),
        component_instance: Some("i".to_owned()),
        evse: Some(1),
        connector: Some(2),
        variable_instance: Some("v".to_owned()),
        ..key(variable)
    }
}

fn start(token: &str, evse: Option<i32>) -> Command {
    Command::StartSession {
        evse,
        token: TokenUid::new(token),
        token_kind: TokenKind::Other,
        remote_start: 7,
    }
}

fn signing() -> Signing {
    Signing {
        certificate: "-----BEGIN CERTIFICATE-----".to_owned(),
        signature: "AAAA".to_owned(),
    }
}

/// The one call of a command.
fn only_call(dialect: Dialect, command: &Command) -> (String, Value) {
    let plan = dialect.lower_command(command, 7, arrival()).unwrap();
    assert_eq!(plan.calls.len(), 1);
    let payload = serde_json::from_str(&plan.calls[0].payload).unwrap();
    (plan.calls[0].action.clone(), payload)
}

#[test]
fn signed_firmware_is_sent_signed_where_the_version_can() {
    let update = |signed| Command::UpdateFirmware {
        file: None,
        transport: None,
        signed,
        signing: Some(signing()),
        url: "https://files.example.org/f.bin".to_owned(),
        retrieve_at: arrival(),
        install_at: None,
        retries: None,
        retry_interval_s: None,
    };
    // 1.6 knows it in an extension only: it must be certain.
    let (action, _) = only_call(Dialect::V16, &update(None));
    assert_eq!(action, "UpdateFirmware");
    let (action, payload) = only_call(Dialect::V16, &update(Some(true)));
    assert_eq!(action, "SignedUpdateFirmware");
    assert_eq!(payload["firmware"]["signature"], "AAAA");
    assert_eq!(payload["requestId"], 7);
    for dialect in [Dialect::V201, Dialect::V21] {
        let (action, payload) = only_call(dialect, &update(None));
        assert_eq!(action, "UpdateFirmware");
        assert_eq!(payload["firmware"]["signature"], "AAAA");
        let (_, payload) = only_call(dialect, &update(Some(false)));
        assert!(payload["firmware"].get("signature").is_none());
    }
}

#[test]
fn logs_are_asked_for_in_the_words_of_each_version() {
    let ask = |kind| Command::UploadLog {
        kind,
        transport: None,
        url: "http://h/u/x/".to_owned(),
        from: Some(arrival()),
        to: None,
        retries: None,
        retry_interval_s: None,
    };
    let (action, payload) = only_call(Dialect::V16, &ask(LogKind::Diagnostics));
    assert_eq!(action, "GetDiagnostics");
    assert_eq!(payload["location"], "http://h/u/x/");
    assert!(payload.get("startTime").is_some() && payload.get("stopTime").is_none());
    for (dialect, kind, word) in [
        (Dialect::V16, LogKind::Security, "SecurityLog"),
        (Dialect::V201, LogKind::Security, "SecurityLog"),
        (Dialect::V201, LogKind::Diagnostics, "DiagnosticsLog"),
        (Dialect::V21, LogKind::Diagnostics, "DiagnosticsLog"),
    ] {
        let (action, payload) = only_call(dialect, &ask(kind));
        assert_eq!(
            (action.as_str(), &payload["logType"]),
            ("GetLog", &Value::from(word))
        );
        assert_eq!(payload["log"]["remoteLocation"], "http://h/u/x/");
    }
}

fn commands(dialect: Dialect) -> Vec<Command> {
    let name = match dialect {
        Dialect::V16 => key("HeartbeatInterval"),
        Dialect::V201 | Dialect::V21 => variable("OCPPCommCtrlr", "HeartbeatInterval"),
    };
    let mut all = vec![
        start("04AABBCC", None),
        start("04AABBCC", Some(1)),
        Command::StopSession {
            session: session(),
            wire: "17".to_owned(),
        },
        Command::ReadVariables { names: Vec::new() },
        Command::ReadVariables {
            names: vec![name.clone(); 45],
        },
        Command::WriteVariables {
            values: vec![(name, "60".to_owned()); 45],
        },
        Command::ClearCache,
    ];
    for signed in [None, Some(true), Some(false)] {
        for signing in [None, Some(signing())] {
            all.push(Command::UpdateFirmware {
                file: None,
                transport: None,
                signed,
                signing,
                url: "https://files.example.org/f.bin".to_owned(),
                retrieve_at: arrival(),
                install_at: Some(arrival()),
                retries: Some(2),
                retry_interval_s: Some(60),
            });
        }
    }
    for kind in [LogKind::Diagnostics, LogKind::Security] {
        for at in [None, Some(arrival())] {
            all.push(Command::UploadLog {
                kind,
                transport: None,
                url: "ftp://u:p@files.example.org/".to_owned(),
                from: at,
                to: at,
                retries: at.map(|_| 2),
                retry_interval_s: at.map(|_| 60),
            });
        }
    }
    for kind in [
        ReportKind::Full,
        ReportKind::Configuration,
        ReportKind::Summary,
    ] {
        all.push(Command::RequestReport { kind });
    }
    for kind in [ResetKind::Soft, ResetKind::Hard] {
        all.push(Command::Reset { kind, evse: None });
    }
    for evse in [None, Some(0), Some(2)] {
        for operative in [true, false] {
            all.push(Command::ChangeAvailability {
                evse,
                connector: None,
                operative,
            });
        }
        for message in [
            TriggerKind::Boot,
            TriggerKind::Status,
            TriggerKind::MeterValues,
            TriggerKind::Heartbeat,
            TriggerKind::FirmwareStatus,
            TriggerKind::LogStatus,
        ] {
            all.push(Command::Trigger {
                message,
                evse,
                connector: None,
            });
        }
    }
    all.push(Command::Unlock {
        evse: 1,
        connector: None,
    });
    if dialect != Dialect::V16 {
        all.push(Command::Reset {
            kind: ResetKind::Hard,
            evse: Some(1),
        });
        all.push(Command::Trigger {
            message: TriggerKind::Session,
            evse: Some(1),
            connector: None,
        });
    }
    all
}

fn session() -> SessionId {
    SessionId::from_uuid(SeededIds::from_seed(1).draw())
}

fn plan(dialect: Dialect, command: &Command) -> Vec<(String, Value)> {
    let plan = dialect.lower_command(command, 99, arrival()).unwrap();
    let calls = plan.calls.into_iter();
    calls
        .map(|call| (call.action, payload_value(&call.payload).unwrap()))
        .collect()
}

#[test]
fn every_call_passes_the_schema() {
    for dialect in DIALECTS {
        let catalogue = Catalogue::of(dialect.version());
        for command in commands(dialect) {
            for (action, payload) in plan(dialect, &command) {
                let known = catalogue.action(&action).unwrap();
                assert!(known.direction.sent_to_station());
                assert_eq!(check(&known.request, &payload), [], "{action} {payload}");
            }
        }
    }
}

#[test]
fn commands_in_the_words_of_each_version() {
    let reset = Command::Reset {
        kind: ResetKind::Soft,
        evse: None,
    };
    assert_eq!(
        plan(Dialect::V16, &reset),
        [("Reset".to_owned(), json!({"type": "Soft"}))]
    );
    assert_eq!(
        plan(Dialect::V21, &reset),
        [("Reset".to_owned(), json!({"type": "OnIdle"}))]
    );
    let remote = plan(Dialect::V201, &start("A", Some(2)));
    let wanted =
        json!({"remoteStartId": 7, "evseId": 2, "idToken": {"idToken": "A", "type": "Central"}});
    assert_eq!(remote, [("RequestStartTransaction".to_owned(), wanted)]);
    let whole = Command::ChangeAvailability {
        evse: None,
        connector: None,
        operative: false,
    };
    let wanted = json!({"connectorId": 0, "type": "Inoperative"});
    assert_eq!(plan(Dialect::V16, &whole)[0].1, wanted);
    let trigger = Command::Trigger {
        message: TriggerKind::Status,
        evse: Some(3),
        connector: None,
    };
    let wanted =
        json!({"requestedMessage": "StatusNotification", "evse": {"id": 3, "connectorId": 1}});
    assert_eq!(plan(Dialect::V201, &trigger)[0].1, wanted);
    let count = |dialect: Dialect, at: usize| plan(dialect, &commands(dialect)[at]).len();
    assert_eq!((count(Dialect::V16, 4), count(Dialect::V21, 4)), (3, 3));
    assert_eq!((count(Dialect::V16, 5), count(Dialect::V21, 5)), (45, 3));
}

#[test]
fn what_a_version_cannot_express_is_unsupported() {
    let old = [
        start("123456789012345678901", None),
        Command::StopSession {
            session: session(),
            wire: "tx-7".to_owned(),
        },
        Command::Reset {
            kind: ResetKind::Soft,
            evse: Some(1),
        },
        Command::Trigger {
            message: TriggerKind::Session,
            evse: None,
            connector: None,
        },
        Command::ReadVariables {
            names: vec![variable("C", "V")],
        },
    ];
    for command in old {
        let error = Dialect::V16
            .lower_command(&command, 1, arrival())
            .unwrap_err();
        assert_eq!(error.code, "unsupported", "{}", command.kind());
    }
    let read = Command::ReadVariables {
        names: vec![key("HeartbeatInterval")],
    };
    let error = Dialect::V201
        .lower_command(&read, 1, arrival())
        .unwrap_err();
    assert_eq!(error.code, "unsupported");
}

pub(crate) fn raw(action: &str, payload: &str) -> Command {
    Command::Raw {
        action: action.to_owned(),
        payload: payload.to_owned(),
    }
}

#[test]
fn raw_calls_are_checked_before_they_leave() {
    for dialect in DIALECTS {
        for action in Catalogue::of(dialect.version()).actions() {
            let payload = forge::greatest(&action.request).to_string();
            let lowered = dialect.lower_command(&raw(action.name, &payload), 1, arrival());
            if action.direction.sent_to_station() {
                assert_eq!(
                    lowered.unwrap().calls[0].payload,
                    payload,
                    "{}",
                    action.name
                );
            } else {
                assert_eq!(lowered.unwrap_err().code, "unsupported");
            }
        }
        let missing = dialect.lower_command(&raw("NoSuchThing", "{}"), 1, arrival());
        let missing = missing.unwrap_err();
        assert_eq!(
            (missing.code.as_str(), missing.places.len()),
            ("unsupported", 0)
        );
        for (action, payload) in [
            ("Reset", "{\"type\":\"Gently\"}"),
            ("Reset", "{\"type\":"),
            ("Reset", "[]"),
        ] {
            let error = dialect
                .lower_command(&raw(action, payload), 1, arrival())
                .unwrap_err();
            assert_eq!(error.code, "invalid_payload");
            assert_eq!(error.places.len(), 1);
        }
    }
    let error = Dialect::V16
        .lower_command(&raw("Reset", "{\"type\":\"Gently\"}"), 1, arrival())
        .unwrap_err();
    assert_eq!(error.places[0].0, "/type");
    assert_eq!(error.places[0].1, "PropertyConstraintViolation");
}
