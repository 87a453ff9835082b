//! Hiding parts of JSON texts that come without marked spans: answers of stations to commands, and
//! notices. Fields are hidden by what their names tell.

use domain::sensitive::{Sensitivity, scrubbed, sensitivity};
use domain::token::mask;
use serde_json::{Map, Value};

/// `text` for somebody without the right to driver data. What is no JSON is hidden as a whole.
pub(crate) fn hide_personal(text: &str) -> String {
    hide(text, Sensitivity::FreeText).unwrap_or_else(|| mask(""))
}

/// `text` for somebody with the right to driver data: only secrets are hidden.
pub(crate) fn hide_secrets(text: &str) -> String {
    hide(text, Sensitivity::Secret).unwrap_or_else(|| text.to_owned())
}

/// Hides what is at least as sensitive as `from`; none for a text that is no JSON.
fn hide(text: &str, from: Sensitivity) -> Option<String> {
    let mut value = serde_json::from_str::<Value>(text).ok()?;
    walk(&mut value, from);
    Some(value.to_string())
}

fn walk(value: &mut Value, from: Sensitivity) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, from)),
        Value::Object(fields) => {
            let named = variable(fields);
            for (name, inner) in fields.iter_mut() {
                let mut kind = sensitivity(name);
                if name.to_lowercase().contains("value") {
                    kind = kind.max(named);
                }
                if kind < from {
                    walk(inner, from);
                } else {
                    cover(inner, kind, from);
                }
            }
        }
        // A text that is JSON itself (1.6 DataTransfer).
        Value::String(text) if text.starts_with(['{', '[']) => {
            *text = hide(text, from).unwrap_or_else(|| mask(""));
        }
        _ => {}
    }
}

/// Hides a value of this kind.
fn cover(value: &mut Value, kind: Sensitivity, from: Sensitivity) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| cover(item, kind, from)),
        Value::Object(fields) if kind >= Sensitivity::Record => {
            fields
                .values_mut()
                .for_each(|inner| cover(inner, kind, from));
        }
        // Its fields have names of their own.
        Value::Object(_) => walk(value, from),
        Value::String(text) => {
            *text = match kind {
                Sensitivity::Open | Sensitivity::FreeText => scrubbed(text),
                Sensitivity::Personal => mask(text),
                Sensitivity::Record | Sensitivity::Secret => mask(""),
            }
        }
        Value::Number(_) if kind > Sensitivity::FreeText => *value = Value::String(mask("")),
        Value::Number(_) | Value::Null | Value::Bool(_) => {}
    }
}

/// A list of settings names the variable in one place and holds its value in another.
fn variable(fields: &Map<String, Value>) -> Sensitivity {
    let names = ["key", "variable", "name"].into_iter().filter_map(|k| {
        let name = match fields.get(k)? {
            Value::Object(inner) => inner.get("name")?.as_str()?,
            name => name.as_str()?,
        };
        Some(sensitivity(name))
    });
    names.max().unwrap_or(Sensitivity::Open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_fields_and_secrets_are_hidden_at_any_depth() {
        let text =
            r#"{"idTag":"04AA","a":[{"idToken":{"idToken":"CANARY77CANARY","type":"x"}}],"n":1}"#;
        let hidden = hide_personal(text);
        assert!(!hidden.contains("04AA") && !hidden.contains("CANARY77"));
        assert!(hidden.contains("\"n\":1"));
        let event = r#"{"variable":{"name":"VehicleId"},"actualValue":"CANARY","techInfo":"card 04AABBCCDD"}"#;
        let hidden = hide_personal(event);
        assert!(
            !hidden.contains("CANARY") && !hidden.contains("04AABB"),
            "{hidden}"
        );
        assert!(
            hide_personal(r#"{"data":{"any":["Eva"]}}"#)
                .find("Eva")
                .is_none()
        );
        assert_eq!(hide_personal("no json 04AA"), mask(""));
        let setting = r#"{"key":"AuthorizationKey","value":"0011"}"#;
        assert!(!hide_secrets(setting).contains("0011"));
        assert!(hide_secrets(r#"{"idTag":"04AA"}"#).contains("04AA"));
    }
}
