//! What the answers of a station make of a command.
//!
//! Owns the folding of one or more answers into one [`Outcome`], and the readings of variables
//! that answers carry. Answers tell by their fields what they are; a secret never leaves here.

use domain::command::{CommandError, CommandState, Outcome, VariableName};
use domain::variable::{Mutability, VariableReading, is_secret};
use serde_json::{Value, json};

use super::read::{items, text};
use super::{Answer, Plan};
use crate::frame::payload_value;
use crate::v2;

/// Folds the answers; a call without an answer was lost with the connection.
pub(super) fn fold(plan: &Plan, answers: &[Answer]) -> Outcome {
    let mut state = CommandState::Accepted;
    let mut error = None;
    let mut variables = Vec::new();
    let mut texts = Vec::new();
    for (at, _) in plan.calls.iter().enumerate() {
        let answer = answers.get(at).unwrap_or(&Answer::ConnectionLost);
        let (this, why) = match answer {
            Answer::Result(payload) => match payload_value(payload) {
                Ok(Value::Object(fields)) => {
                    let mut value = Value::Object(fields);
                    variables.extend(readings(&value));
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
    }
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
    let agreed = |item: &Value| item.get("attributeStatus").is_some_and(agrees);
    let accepted = if !written.is_empty() {
        written.iter().all(agreed)
    } else if !read.is_empty() {
        // Each value tells for itself; one that can be read is worth keeping.
        read.iter().any(agreed)
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
        let name = VariableName {
            component: None,
            component_instance: None,
            evse: None,
            connector: None,
            variable: text(item, "key")?,
            variable_instance: None,
        };
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
    }
}

/// Takes the values of secret variables out of an answer; tells whether there were any.
fn hide_secrets(answer: &mut Value) -> bool {
    let secret = |variable: Option<&Value>| {
        variable.and_then(Value::as_str).is_some_and(|word| {
            is_secret(&VariableName {
                component: None,
                component_instance: None,
                evse: None,
                connector: None,
                variable: word.to_owned(),
                variable_instance: None,
            })
        })
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
