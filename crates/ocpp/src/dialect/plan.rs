//! The calls that make up a command.
//!
//! Owns the last look at what we send: every call passes the official schema here. Refuses to
//! know what a command means.

use domain::clock::Moment;
use domain::command::CommandError;
use domain::wire_log::Span;
use serde_json::{Value, json};

use crate::catalogue::{Catalogue, Version};
use crate::check::check;
use crate::fault::RpcErrorCode;
use crate::frame::payload_value;
use crate::personal::personal_spans;

use super::timestamp;

/// What to send for a command: one or more calls, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The calls in their order; never empty.
    pub calls: Vec<PlannedCall>,
    /// A call in the operator's own words: any answer to it is an answer.
    pub(super) raw: bool,
}

/// One call of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCall {
    /// Name of the call.
    pub action: String,
    /// Its payload as JSON text.
    pub payload: String,
    /// The bytes of the payload that are personal or secret.
    pub personal: Vec<Span>,
}

/// A call before the last look.
pub(crate) fn call(action: &str, payload: &Value) -> PlannedCall {
    planned(action, payload.to_string())
}

fn planned(action: &str, payload: String) -> PlannedCall {
    PlannedCall {
        action: action.to_owned(),
        personal: personal_spans(&payload),
        payload,
    }
}

/// Puts a moment in, where there is one.
pub(crate) fn put_time(payload: &mut Value, field: &str, at: Option<Moment>) {
    if let Some(at) = at {
        payload[field] = json!(timestamp(at));
    }
}

/// Puts in how often a station tries to carry a file, and after what time again, where it is told.
pub(crate) fn put_retries(payload: &mut Value, retries: Option<i32>, interval_s: Option<i32>) {
    for (field, number) in [("retries", retries), ("retryInterval", interval_s)] {
        if let Some(number) = number {
            payload[field] = json!(number);
        }
    }
}

/// The version has no words for it.
pub(crate) fn unsupported(text: impl Into<String>) -> CommandError {
    CommandError {
        code: "unsupported".to_owned(),
        text: text.into(),
        places: Vec::new(),
    }
}

/// The content is not what the schema wants.
fn invalid(text: impl Into<String>, places: Vec<(String, String, String)>) -> CommandError {
    CommandError {
        code: "invalid_payload".to_owned(),
        text: text.into(),
        places,
    }
}

/// A call in the operator's own words.
pub(super) fn raw(
    version: Version,
    action: &str,
    payload: &str,
) -> Result<Vec<PlannedCall>, CommandError> {
    let Some(known) = Catalogue::of(version).action(action) else {
        return Err(unsupported(
            "The station's protocol version does not have this call.",
        ));
    };
    if !known.direction.sent_to_station() {
        return Err(unsupported("Only a station may send this call."));
    }
    Ok(vec![planned(action, payload.trim().to_owned())])
}

impl Plan {
    /// Lets only what the official schemas allow go out.
    pub(super) fn checked(
        version: Version,
        calls: Vec<PlannedCall>,
        raw: bool,
    ) -> Result<Self, CommandError> {
        let mut places = Vec::new();
        for call in &calls {
            let known = Catalogue::of(version).action(&call.action);
            let Some(known) = known.filter(|action| action.direction.sent_to_station()) else {
                let text = format!("{} is not known in this version", call.action);
                return Err(unsupported(text));
            };
            let wire = |code: RpcErrorCode| code.to_wire(version).to_owned();
            match payload_value(&call.payload) {
                Ok(value) => {
                    let found = check(&known.request, &value);
                    places.extend(found.into_iter().map(|v| (v.path, wire(v.code), v.text)));
                }
                Err(error) => {
                    let code = wire(RpcErrorCode::FormatViolation);
                    places.push((String::new(), code, format!("is not JSON: {error}")));
                }
            }
        }
        if calls.is_empty() {
            return Err(invalid("the command asks for nothing", Vec::new()));
        }
        if places.is_empty() {
            Ok(Self { calls, raw })
        } else {
            Err(invalid("the payload breaks the schema", places))
        }
    }
}
