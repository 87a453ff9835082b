//! What the answers of a station make of a command.
//!
//! Owns the folding of one or more answers into one [`Outcome`], and the readings of variables
//! that answers carry. Answers tell by their fields what they are; a secret never leaves here.

use domain::command::{CommandError, CommandState, Outcome, VariableName, WriteResult, Written};
use domain::variable::{Mutability, VariableReading, is_secret};
use serde_json::{Value, json};

use super::read::{items, text};
use super::{Answer, Plan, PlannedCall};
use crate::frame::payload_value;
use crate::v2;

/// Folds the answers; a call without an answer was lost with the connection.
pub(super) fn fold(plan: &Plan, answers: &[Answer]) -> Outcome {
    let mut state = CommandState::Accepted;
    let mut error = None;
    let (mut variables, mut written) = (Vec::new(), Vec::new());
    let (mut monitors, mut report) = (Vec::new(), None);
    let mut texts = Vec::new();
    for (at, call) in plan.calls.iter().enumerate() {
        let answer = answers.get(at).unwrap_or(&Answer::ConnectionLost);
        let (this, why) = match answer {
            Answer::Result(payload) => match payload_value(payload) {
                Ok(Value::Object(fields)) => {
                    let mut value = Value::Object(fields);
                    variables.extend(readings(&value));
                    written.extend(writes(&call.action, &call.payload, &value));
                    monitors.extend(numbers(&value));
                    report = report.or_else(|| reported(call));
                    let hidden = hide_secrets(&mut value);
                    texts.push(if hidden {
                        value.to_string()
                    } else {
                        payload.trim().to_owned()
                    });
                    judge(&value, plan.raw)
                }
                _ => {
                    let why = failure("FormatViolation", "the answer is not a JSON object");
                    (CommandState::Error, Some(why))
                }
            },
            Answer::Error { code, text } => {
                written.extend(refused(&call.action, &call.payload, code));
                if plan.calls.len() > 1 {
                    texts.push(json!({"errorCode": code, "errorDescription": text}).to_string());
                }
                (CommandState::Error, Some(failure(code, text)))
            }
            Answer::Timeout => {
                let why = failure("timeout", "the station did not answer in time");
                (CommandState::Timeout, Some(why))
            }
            Answer::ConnectionLost => {
                let why = failure(
                    "connection_lost",
                    "the connection was lost before an answer",
                );
                (CommandState::Error, Some(why))
            }
        };
        if weight(this) > weight(state) {
            state = this;
            error = why;
        }
    }
    Outcome {
        state,
        answer: match texts.as_slice() {
            [] => None,
            [one] if plan.calls.len() == 1 => Some(one.clone()),
            several => Some(format!("[{}]", several.join(","))),
        },
        error,
        variables,
        written,
        monitors,
        report,
    }
}

/// The numbers of monitors that were set.
fn numbers(answer: &Value) -> Vec<i32> {
    let results = items(answer, "setMonitoringResult").iter();
    let set = results.filter(|item| item.get("status").is_some_and(agrees));
    set.filter_map(|item| i32::try_from(item.get("id")?.as_i64()?).ok())
        .collect()
}

/// The number of a report that was asked for.
fn reported(call: &PlannedCall) -> Option<i32> {
    let asks = call.action == "GetBaseReport";
    let asked = payload_value(&call.payload).ok().filter(|_| asks)?;
    i32::try_from(asked.get("requestId")?.as_i64()?).ok()
}

/// The key that a ChangeConfiguration is about.
fn key_written(action: &str, asked: &str) -> Option<VariableName> {
    let asked = payload_value(asked)
        .ok()
        .filter(|_| action == "ChangeConfiguration");
    text(&asked?, "key").map(|key| VariableName::key(&key))
}

/// What the station answered to each variable that was written.
fn writes(action: &str, asked: &str, answer: &Value) -> Vec<WriteResult> {
    if let Some(name) = key_written(action, asked) {
        let result = text(answer, "status").and_then(|word| result(&word, None));
        return result
            .map(|result| WriteResult {
                name,
                result,
                reason: None,
            })
            .into_iter()
            .collect();
    }
    let results = items(answer, "setVariableResult").iter();
    // What became of a target or a limit says nothing of the value itself.
    let actual = results.filter(|item| {
        let attribute = item.get("attributeType").and_then(Value::as_str);
        attribute.is_none_or(|word| word.eq_ignore_ascii_case("Actual"))
    });
    let results = actual.filter_map(|item| {
        let info = item.get("attributeStatusInfo").unwrap_or(&Value::Null);
        let reason = text(info, "reasonCode");
        let word = text(item, "attributeStatus")?;
        let result = result(&word, reason.as_deref())?;
        let unknown = result == Written::NotSupported;
        Some(WriteResult {
            name: v2::name_of(item)?,
            result,
            reason: reason.or_else(|| unknown.then_some(word)),
        })
    });
    results.collect()
}

/// 1.6 ConfigurationStatus and 2.x SetVariableStatusEnumType.
fn result(word: &str, reason: Option<&str>) -> Option<Written> {
    let read_only = reason.is_some_and(|reason| reason.eq_ignore_ascii_case("ReadOnly"));
    match word.trim().to_lowercase().as_str() {
        "accepted" => Some(Written::Accepted),
        "rebootrequired" => Some(Written::RebootRequired),
        "rejected" if read_only => Some(Written::ReadOnly),
        "rejected" => Some(Written::Rejected),
        "notsupported" | "unknowncomponent" | "unknownvariable" | "notsupportedattributetype" => {
            Some(Written::NotSupported)
        }
        _ => None,
    }
}

/// What a CALLERROR says of what was to be written: a station that has not this call at all will not
/// have it the next time. Any other error is no answer about the variable.
fn refused(action: &str, asked: &str, code: &str) -> Vec<WriteResult> {
    if !["NotImplemented", "NotSupported"].contains(&code) {
        return Vec::new();
    }
    let asked_value = payload_value(asked).unwrap_or(Value::Null);
    let listed = items(&asked_value, "setVariableData").iter();
    let names = listed.filter_map(v2::name_of);
    let names = names.chain(key_written(action, asked));
    names
        .map(|name| WriteResult {
            name,
            result: Written::NotSupported,
            reason: Some(code.to_owned()),
        })
        .collect()
}

/// The worst answer gives the state.
fn weight(state: CommandState) -> u8 {
    match state {
        CommandState::Rejected => 1,
        CommandState::Timeout => 2,
        CommandState::Error => 3,
        _ => 0,
    }
}

fn failure(code: &str, text: &str) -> CommandError {
    CommandError {
        code: code.to_owned(),
        text: text.to_owned(),
        places: Vec::new(),
    }
}

fn judge(answer: &Value, raw: bool) -> (CommandState, Option<CommandError>) {
    if raw {
        return (CommandState::Accepted, None);
    }
    let written = items(answer, "setVariableResult");
    let read = items(answer, "getVariableResult");
    let monitored = items(answer, "setMonitoringResult");
    let agreed = |item: &Value| item.get("attributeStatus").is_some_and(agrees);
    // A monitor that is there already is there.
    let watched = |item: &Value| {
        let status = item.get("status");
        status.is_some_and(|s| agrees(s) || s.as_str() == Some("Duplicate"))
    };
    let accepted = if !written.is_empty() {
        written.iter().all(agreed)
    } else if !read.is_empty() {
        // Each value tells for itself; one that can be read is worth keeping.
        read.iter().any(agreed)
    } else if !monitored.is_empty() {
        monitored.iter().any(watched)
    } else {
        // Some answers of 1.6 have no status (GetConfiguration, UpdateFirmware).
        answer.get("status").is_none_or(agrees)
    };
    if accepted {
        (CommandState::Accepted, None)
    } else {
        (CommandState::Rejected, None)
    }
}

fn agrees(status: &Value) -> bool {
    const YES: [&str; 5] = [
        "Accepted",
        "RebootRequired",
        "Scheduled",
        "Unlocked",
        "AcceptedCanceled",
    ];
    let status = status.as_str().unwrap_or_default().trim();
    YES.iter().any(|word| word.eq_ignore_ascii_case(status))
}

/// The variables in an answer: 1.6 configuration keys or 2.x results.
fn readings(answer: &Value) -> Vec<VariableReading> {
    let keys = items(answer, "configurationKey").iter().filter_map(|item| {
        let name = VariableName::key(&text(item, "key")?);
        let mutability = match item.get("readonly") {
            Some(Value::Bool(true)) => Some(Mutability::ReadOnly),
            Some(Value::Bool(false)) => Some(Mutability::ReadWrite),
            _ => None,
        };
        Some(reading(name, None, item.get("value"), mutability))
    });
    let results = items(answer, "getVariableResult").iter();
    let results = results
        .filter(|item| item.get("attributeStatus").is_some_and(agrees))
        .filter_map(|item| {
            let name = v2::name_of(item)?;
            let attribute = text(item, "attributeType");
            Some(reading(name, attribute, item.get("attributeValue"), None))
        });
    keys.chain(results).collect()
}

/// A reading without the value of a secret.
pub(crate) fn reading(
    name: VariableName,
    attribute: Option<String>,
    value: Option<&Value>,
    mutability: Option<Mutability>,
) -> VariableReading {
    let secret = is_secret(&name) || mutability == Some(Mutability::WriteOnly);
    let value = value.filter(|_| !secret).and_then(|value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    });
    VariableReading {
        name,
        attribute: attribute.unwrap_or_else(|| "Actual".to_owned()),
        value,
        mutability,
        traits: None,
    }
}

/// Takes the values of secret variables out of an answer; tells whether there were any.
fn hide_secrets(answer: &mut Value) -> bool {
    let secret = |variable: Option<&Value>| {
        variable
            .and_then(Value::as_str)
            .is_some_and(|word| is_secret(&VariableName::key(word)))
    };
    let mut hidden = false;
    for (list, value) in [
        ("configurationKey", "value"),
        ("getVariableResult", "attributeValue"),
    ] {
        let Some(list) = answer.get_mut(list).and_then(Value::as_array_mut) else {
            continue;
        };
        for item in list {
            if (secret(item.get("key")) || secret(item.pointer("/variable/name")))
                && let Some(fields) = item.as_object_mut()
            {
                hidden |= fields.remove(value).is_some();
            }
        }
    }
    hidden
}
