//! What the answers of stations come to: one outcome for the calls of a command.

use busbar_ocpp::dialect::{Answer, Dialect};
use domain::command::{Command, CommandState, ReportKind, VariableName, Written};
use domain::variable::Mutability;
use serde_json::{Value, json};

use super::dialect::{DIALECTS, arrival};
use super::dialect_out::{key, raw, variable};

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
