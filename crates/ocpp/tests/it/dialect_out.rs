//! What we say to stations: every answer and every call passes the official schemas, and answers
//! are folded into outcomes.

use std::collections::BTreeSet;

use busbar_ocpp::catalogue::Catalogue;
use busbar_ocpp::check::check;
use busbar_ocpp::dialect::{Answer, Dialect};
use busbar_ocpp::fault::RpcErrorCode;
use busbar_ocpp::frame::payload_value;
use busbar_ocpp::personal::{personal_spans, without_secrets};
use domain::clock::{IdSource, SeededIds};
use domain::command::{
    Command, CommandState, LogKind, ReportKind, ResetKind, TriggerKind, VariableName, Written,
};
use domain::firmware::Signing;
use domain::id::SessionId;
use domain::message::Reply;
use domain::station::Registration;
use domain::token::{TokenKind, TokenUid, Verdict, VerdictWord};
use domain::variable::Mutability;
use domain::wire_log::masked;
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

fn key(variable: &str) -> VariableName {
    VariableName {
        component: None,
        component_instance: None,
        evse: None,
        connector: None,
        variable: variable.to_owned(),
        variable_instance: None,
    }
}

fn variable(component: &str, variable: &str) -> VariableName {
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

fn raw(action: &str, payload: &str) -> Command {
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

fn outcome(dialect: Dialect, command: &Command, answers: &[Answer]) -> domain::command::Outcome {
    let plan = dialect.lower_command(command, 1, arrival()).unwrap();
    dialect.lift_outcome(&plan, answers)
}

fn result(value: Value) -> Answer {
    Answer::Result(value.to_string())
}

#[test]
fn the_status_of_an_answer_decides() {
    for (status, wanted) in [
        ("Accepted", CommandState::Accepted),
        ("Scheduled", CommandState::Accepted),
        ("Unlocked", CommandState::Accepted),
        ("Rejected", CommandState::Rejected),
        ("NotSupported", CommandState::Rejected),
        ("UnlockFailed", CommandState::Rejected),
        ("SomethingElse", CommandState::Rejected),
    ] {
        for dialect in DIALECTS {
            let answer = result(json!({"status": status}));
            let outcome = outcome(dialect, &Command::ClearCache, &[answer]);
            assert_eq!(outcome.state, wanted, "{status}");
            assert_eq!(
                outcome.answer.unwrap(),
                json!({"status": status}).to_string()
            );
        }
    }
    let refused = Answer::Error {
        code: "NotImplemented".to_owned(),
        text: "no".to_owned(),
    };
    for (answer, state, code) in [
        (refused, CommandState::Error, "NotImplemented"),
        (Answer::Timeout, CommandState::Timeout, "timeout"),
        (
            Answer::ConnectionLost,
            CommandState::Error,
            "connection_lost",
        ),
        (
            Answer::Result("7".to_owned()),
            CommandState::Error,
            "FormatViolation",
        ),
    ] {
        let outcome = outcome(Dialect::V16, &Command::ClearCache, &[answer]);
        assert_eq!(
            (outcome.state, outcome.error.unwrap().code.as_str()),
            (state, code)
        );
        assert_eq!(outcome.answer, None);
    }
    let answer = result(json!({"status": "Rejected"}));
    let outcome = outcome(Dialect::V16, &raw("ClearCache", "{}"), &[answer]);
    assert_eq!(outcome.state, CommandState::Accepted);
}

#[test]
fn several_calls_make_one_outcome() {
    let write = Command::WriteVariables {
        values: vec![
            (key("A"), "1".to_owned()),
            (key("B"), "2".to_owned()),
            (key("C"), "3".to_owned()),
        ],
    };
    let yes = || result(json!({"status": "RebootRequired"}));
    let no = result(json!({"status": "NotSupported"}));
    let all = outcome(Dialect::V16, &write, &[yes(), yes(), yes()]);
    assert_eq!(all.state, CommandState::Accepted);
    let some = outcome(Dialect::V16, &write, &[yes(), no, yes()]);
    assert_eq!(some.state, CommandState::Rejected);
    let answers: Value = serde_json::from_str(&some.answer.unwrap()).unwrap();
    assert_eq!(answers[1], json!({"status": "NotSupported"}));
    let cut = outcome(Dialect::V16, &write, &[yes()]);
    assert_eq!(cut.error.unwrap().code, "connection_lost");
    let component = json!({"name": "C"});
    let partly = result(json!({"setVariableResult": [
        {"attributeStatus": "Accepted", "component": component, "variable": {"name": "A"}},
        {"attributeStatus": "UnknownVariable", "component": component, "variable": {"name": "B"}},
    ]}));
    let write = Command::WriteVariables {
        values: vec![(variable("C", "A"), "1".to_owned())],
    };
    assert_eq!(
        outcome(Dialect::V201, &write, &[partly]).state,
        CommandState::Rejected
    );
}

#[test]
fn answers_carry_variables_and_no_secrets() {
    let read = Command::ReadVariables { names: Vec::new() };
    let answer = result(json!({"configurationKey": [
        {"key": "HeartbeatInterval", "readonly": false, "value": "60"},
        {"key": "NumberOfConnectors", "readonly": true, "value": "2"},
        {"key": "AuthorizationKey", "readonly": false, "value": "hush"},
    ]}));
    let outcome16 = outcome(Dialect::V16, &read, &[answer]);
    let told: Vec<_> = outcome16
        .variables
        .iter()
        .map(|r| (r.name.variable.as_str(), r.value.as_deref(), r.mutability))
        .collect();
    assert_eq!(
        told,
        [
            ("HeartbeatInterval", Some("60"), Some(Mutability::ReadWrite)),
            ("NumberOfConnectors", Some("2"), Some(Mutability::ReadOnly)),
            ("AuthorizationKey", None, Some(Mutability::ReadWrite)),
        ]
    );
    assert!(!outcome16.answer.unwrap().contains("hush"));
    let read = Command::ReadVariables {
        names: vec![variable("C", "V")],
    };
    let item = |status: &str, name: &str| json!({"attributeStatus": status, "attributeValue": "hush", "component": {"name": "C"}, "variable": {"name": name}});
    let answer = result(json!({"getVariableResult": [
        item("Accepted", "V"), item("Rejected", "W"), item("Accepted", "BasicAuthPassword"),
    ]}));
    let outcome21 = outcome(Dialect::V21, &read, &[answer]);
    assert_eq!(outcome21.state, CommandState::Accepted);
    let values: Vec<_> = outcome21
        .variables
        .iter()
        .map(|r| r.value.as_deref())
        .collect();
    assert_eq!(values, [Some("hush"), None]);
}

#[test]
fn personal_bytes_are_found() {
    for (payload, wanted) in [
        (r#"{"idTag":"04AABBCCDD"}"#, r#"{"idTag":"••••CCDD"}"#),
        (r#"{"idTag" : 1234}"#, r#"{"idTag" : ••••}"#),
        (
            r#"{"id\u0054ag":"A","idTag":"B"}"#,
            r#"{"id\u0054ag":"••••","idTag":"••••"}"#,
        ),
        (
            r#"{"idToken":{"idToken":"abc","type":"Central","additionalInfo":[{"additionalIdToken":"def","type":"x"}]}}"#,
            r#"{"idToken":{"idToken":"••••","type":"Central","additionalInfo":[{"additionalIdToken":"••••","type":"x"}]}}"#,
        ),
        (
            r#"{"idTokenInfo":{"status":"Accepted","groupIdToken":{"idToken":"g","type":"Central"}}}"#,
            r#"{"idTokenInfo":{"status":"Accepted","groupIdToken":{"idToken":"••••","type":"Central"}}}"#,
        ),
        (
            r#"{"value":"hush","key":"AuthorizationKey"}"#,
            r#"{"value":"••••","key":"AuthorizationKey"}"#,
        ),
        (
            r#"{"setVariableData":[{"attributeValue":"hush","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}}]}"#,
            r#"{"setVariableData":[{"attributeValue":"••••","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}}]}"#,
        ),
        (
            r#"{"variable":{"name":"BasicAuthPassword"},"variableAttribute":[{"value":"hush","type":"Actual"}]}"#,
            r#"{"variable":{"name":"BasicAuthPassword"},"variableAttribute":[{"value":"••••","type":"Actual"}]}"#,
        ),
        (
            r#"{"data":"{\"idTag\":\"A\"}"}"#,
            r#"{"data":"••••••••••••"}"#,
        ),
        (
            r#"{"key":"HeartbeatInterval","value":"60"}"#,
            r#"{"key":"HeartbeatInterval","value":"60"}"#,
        ),
        (
            r#"{"data":{"holder":{"name":"Eva","years":7}},"vendorId":"v"}"#,
            r#"{"data":{"holder":{"name":"••••","years":••••}},"vendorId":"v"}"#,
        ),
        (
            r#"{"certificate":"MIIB","customData":{"vendorId":"v","mail":"e@x"}}"#,
            r#"{"certificate":"••••","customData":{"vendorId":"••••","mail":"••••"}}"#,
        ),
        (
            r#"{"sampledValue":[{"value":"OCMF","format":"SignedData"},{"value":"7","format":"Raw"}]}"#,
            r#"{"sampledValue":[{"value":"••••","format":"SignedData"},{"value":"7","format":"Raw"}]}"#,
        ),
        (r#"{"idTag":"04AABB"#, "••••"),
    ] {
        assert_eq!(
            masked(payload, &personal_spans(payload)),
            wanted,
            "{payload}"
        );
    }
}

/// What nobody may see is not even kept; what some may see stays.
#[test]
fn secrets_are_taken_out() {
    for (payload, kept) in [
        (
            r#"{"key":"AuthorizationKey","value":"hush"}"#,
            Some(r#"{"key":"AuthorizationKey","value":"***"}"#),
        ),
        (
            r#"{"key":"AuthorizationKey", "value": 12345}"#,
            Some(r#"{"key":"AuthorizationKey", "value": "***"}"#),
        ),
        (
            r#"{"setVariableData":[{"attributeValue":"hush","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}},{"attributeValue":"30","component":{"name":"X"},"variable":{"name":"Y"}}]}"#,
            Some(
                r#"{"setVariableData":[{"attributeValue":"***","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}},{"attributeValue":"30","component":{"name":"X"},"variable":{"name":"Y"}}]}"#,
            ),
        ),
        (
            r#"{"connectionData":{"basicAuthPassword":"a","vpn":{"user":"u","password":"b","key":"c"},"apn":{"apnPassword":"d"}}}"#,
            Some(
                r#"{"connectionData":{"basicAuthPassword":"***","vpn":{"user":"u","password":"***","key":"***"},"apn":{"apnPassword":"***"}}}"#,
            ),
        ),
        (
            r#"{"idToken":{"idToken":"1234","type":"KeyCode"}}"#,
            Some(r#"{"idToken":{"idToken":"***","type":"KeyCode"}}"#),
        ),
        (r#"{"idToken":{"idToken":"1234","type":"Central"}}"#, None),
        (r#"{"idTag":"04AABB"}"#, None),
        (
            r#"{"location":"ftp://me:hush@files.example/f.bin"}"#,
            Some(r#"{"location":"ftp://***@files.example/f.bin"}"#),
        ),
        (r#"{"location":"https://files.example/a@b"}"#, None),
        (r#"{"password":"hush"#, None),
    ] {
        assert_eq!(without_secrets(payload).as_deref(), kept, "{payload}");
    }
}

/// Wherever the schemas have a token, it is masked.
#[test]
fn every_token_of_the_catalogue_is_masked() {
    let mut seen = BTreeSet::new();
    for dialect in DIALECTS {
        for message in Catalogue::of(dialect.version()).messages() {
            let payload = forge::greatest(&message);
            let text = payload.to_string();
            let spans = personal_spans(&text);
            for line in message.form() {
                let name = line.path.rsplit('.').next().unwrap_or_default();
                let token = ["idTag", "parentIdTag", "idToken", "additionalIdToken"];
                if line.kind == "text" && token.contains(&name) {
                    seen.insert(name.to_owned());
                    assert!(!spans.is_empty(), "{} {}", message.name, line.path);
                }
            }
        }
    }
    assert_eq!(seen.len(), 4);
}

#[test]
fn what_became_of_each_written_setting_is_told_in_both_families() {
    let names = ["MaxCurrent", "CpoName", "LocalPreAuthorize"];
    let became = [
        Written::Accepted,
        Written::RebootRequired,
        Written::Rejected,
    ];
    let words = ["Accepted", "RebootRequired", "Rejected"];
    let write = |component: Option<&str>| Command::WriteVariables {
        values: names
            .map(|variable| {
                let mut name = VariableName::of("", variable);
                name.component = component.map(str::to_owned);
                (name, "1".to_owned())
            })
            .to_vec(),
    };
    let answers = words.map(|word| result(json!({"status": word})));
    let old = outcome(Dialect::V16, &write(None), &answers);
    let items: Vec<Value> = (0..3)
        .map(|n| {
            json!({"attributeStatus": words[n], "component": {"name": "Ctrl"},
                "variable": {"name": names[n]}})
        })
        .collect();
    let answer = result(json!({"setVariableResult": items}));
    let new = outcome(Dialect::V201, &write(Some("Ctrl")), &[answer]);
    for outcome in [old, new] {
        let told = outcome.written.iter();
        let told: Vec<_> = told
            .map(|one| (one.name.variable.as_str(), one.result))
            .collect();
        assert_eq!(told, names.into_iter().zip(became).collect::<Vec<_>>());
        assert_eq!(outcome.state, CommandState::Rejected);
    }
    // Of a call without an answer nobody knows.
    let answers = [result(json!({"status": "Accepted"})), Answer::Timeout];
    let cut = outcome(Dialect::V16, &write(None), &answers);
    assert_eq!(cut.written.len(), 1);
}

#[test]
fn monitors_are_told_by_the_stations_numbers_and_stopped_by_them() {
    let names = vec![
        VariableName::of("TxCtrlr", "A"),
        VariableName::of("TxCtrlr", "B"),
    ];
    let command = Command::MonitorVariables { names };
    let item = |status: &str, id: Option<i32>| {
        let mut item = json!({"status": status, "type": "Delta", "severity": 6,
            "component": {"name": "TxCtrlr"}, "variable": {"name": "A"}});
        if let Some(id) = id {
            item["id"] = json!(id);
        }
        item
    };
    let answer = |items: Vec<Value>| result(json!({"setMonitoringResult": items}));
    let some = answer(vec![
        item("Accepted", Some(7)),
        item("UnknownVariable", None),
    ]);
    let told = outcome(Dialect::V201, &command, &[some]);
    assert_eq!(
        (told.state, told.monitors),
        (CommandState::Accepted, vec![7])
    );
    let there = answer(vec![item("Duplicate", None), item("Rejected", None)]);
    let told = outcome(Dialect::V21, &command, &[there]);
    assert_eq!(
        (told.state, told.monitors),
        (CommandState::Accepted, vec![])
    );
    let none = answer(vec![item("UnsupportedMonitorType", None)]);
    let told = outcome(Dialect::V21, &command, &[none]);
    assert_eq!(told.state, CommandState::Rejected);
    let stop = Command::StopMonitoring { ids: vec![7, 9] };
    let plan = Dialect::V201.lower_command(&stop, 1, arrival()).unwrap();
    assert_eq!(plan.calls[0].action, "ClearVariableMonitoring");
    assert_eq!(plan.calls[0].payload, r#"{"id":[7,9]}"#);
    let old = Dialect::V16.lower_command(&stop, 1, arrival()).unwrap_err();
    assert_eq!(old.code, "unsupported");
    let report = Command::RequestReport {
        kind: ReportKind::Configuration,
    };
    let told = outcome(
        Dialect::V201,
        &report,
        &[result(json!({"status": "Accepted"}))],
    );
    assert_eq!(told.report, Some(1));
}

#[test]
fn each_written_variable_has_its_own_answer_and_what_got_none_is_not_told() {
    let write = Command::WriteVariables {
        values: ["A", "B", "C", "D"]
            .map(|name| (key(name), "1".to_owned()))
            .to_vec(),
    };
    let status = |word: &str| result(json!({"status": word}));
    let answers = [
        status("Accepted"),
        status("RebootRequired"),
        Answer::Error {
            code: "NotImplemented".to_owned(),
            text: String::new(),
        },
        Answer::ConnectionLost,
    ];
    let told = |outcome: domain::command::Outcome| -> Vec<(String, Written, Option<String>)> {
        let results = outcome.written.into_iter();
        results
            .map(|one| (one.name.variable, one.result, one.reason))
            .collect()
    };
    let of = |name: &str, result, reason: Option<&str>| {
        (name.to_owned(), result, reason.map(str::to_owned))
    };
    assert_eq!(
        told(outcome(Dialect::V16, &write, &answers)),
        [
            of("A", Written::Accepted, None),
            of("B", Written::RebootRequired, None),
            of("C", Written::NotSupported, Some("NotImplemented")),
        ]
    );
    let write = Command::WriteVariables {
        values: ["V", "W", "X"]
            .map(|name| (variable("C", name), "1".to_owned()))
            .to_vec(),
    };
    let item = |status: &str, name: &str| json!({"attributeStatus": status, "component": {"name": "C"}, "variable": {"name": name}});
    let mut read_only = item("Rejected", "W");
    read_only["attributeStatusInfo"] = json!({"reasonCode": "ReadOnly"});
    let answer = result(json!({"setVariableResult": [
        item("RebootRequired", "V"), read_only, item("UnknownVariable", "X"),
    ]}));
    assert_eq!(
        told(outcome(Dialect::V201, &write, &[answer])),
        [
            of("V", Written::RebootRequired, None),
            of("W", Written::ReadOnly, Some("ReadOnly")),
            of("X", Written::NotSupported, Some("UnknownVariable")),
        ]
    );
}
