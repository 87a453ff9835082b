//! OCPP-J frames: reading and writing the JSON array around a payload.

use serde_json::Value;

/// A frame, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Parsed {
    /// `[2, id, action, payload]`
    Call {
        /// Message id.
        id: String,
        /// Action.
        action: String,
        /// Payload.
        payload: Value,
    },
    /// `[3, id, payload]`
    Result {
        /// Message id of the call.
        id: String,
        /// Payload.
        payload: Value,
    },
    /// `[4, id, code, text, details]`
    Error {
        /// Message id of the call.
        id: String,
        /// RPC error code.
        code: String,
        /// Description.
        text: String,
    },
    /// Anything else.
    Other,
}

/// Takes a text apart; anything that is no frame we know is [`Parsed::Other`].
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let Ok(Value::Array(mut parts)) = serde_json::from_str::<Value>(text) else {
        return Parsed::Other;
    };
    let kind = parts.first().and_then(Value::as_u64);
    let string = |parts: &[Value], at: usize| {
        parts
            .get(at)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .unwrap_or_default()
    };
    let id = string(&parts, 1);
    match kind {
        Some(2) if parts.len() >= 4 => {
            let action = string(&parts, 2);
            Parsed::Call {
                id,
                action,
                payload: parts.swap_remove(3),
            }
        }
        Some(3) if parts.len() >= 3 => Parsed::Result {
            id,
            payload: parts.swap_remove(2),
        },
        Some(4) => Parsed::Error {
            id,
            code: string(&parts, 2),
            text: string(&parts, 3),
        },
        _ => Parsed::Other,
    }
}

/// A CALL.
#[must_use]
pub fn call(id: &str, action: &str, payload: &str) -> String {
    format!("[2,{},{},{payload}]", quoted(id), quoted(action))
}

/// A SEND of 2.1, which wants no answer.
#[must_use]
pub fn send(id: &str, action: &str, payload: &str) -> String {
    format!("[6,{},{},{payload}]", quoted(id), quoted(action))
}

/// A CALLRESULT.
#[must_use]
pub fn result(id: &str, payload: &str) -> String {
    format!("[3,{},{payload}]", quoted(id))
}

/// A CALLERROR without details.
#[must_use]
pub fn error(id: &str, code: &str, text: &str) -> String {
    format!("[4,{},{},{},{{}}]", quoted(id), quoted(code), quoted(text))
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_read_as_it_was_written() {
        let text = call("a\"1", "Heartbeat", "{}");
        let Parsed::Call { id, action, .. } = parse(&text) else {
            panic!("{text}")
        };
        assert_eq!((id.as_str(), action.as_str()), ("a\"1", "Heartbeat"));
        assert_eq!(parse("[2,"), Parsed::Other);
        assert_eq!(parse("{}"), Parsed::Other);
    }
}
