//! Hiding personal parts of JSON texts that come without marked spans: answers of stations to
//! commands, and notices. Fields are hidden by the words in their names; too much is hidden
//! rather than too little.

use domain::token::mask;
use serde_json::Value;

/// Words in the name of a field whose content is about a person.
const PERSONAL: &[&str] = &[
    "idtag", "idtoken", "token", "emaid", "contract", "customer", "evccid", "driver", "email",
    "phone", "plate",
];
/// Words in the name of a field that nobody may read.
const SECRET: &[&str] = &[
    "password",
    "authorizationkey",
    "passphrase",
    "privatekey",
    "secret",
];

/// `text` for somebody without the right to driver data. What is no JSON is hidden as a whole.
pub(crate) fn hide_personal(text: &str) -> String {
    hide(text, &[PERSONAL, SECRET])
}

/// `text` for somebody with the right to driver data: only secrets are hidden.
pub(crate) fn hide_secrets(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(_) => hide(text, &[SECRET]),
        Err(_) => text.to_owned(),
    }
}

fn hide(text: &str, words: &[&[&str]]) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            walk(&mut value, words);
            value.to_string()
        }
        Err(_) => mask(""),
    }
}

fn matches(name: &str, words: &[&[&str]]) -> bool {
    let name = name.to_lowercase();
    words
        .iter()
        .flat_map(|w| w.iter())
        .any(|w| name.contains(w))
}

fn walk(value: &mut Value, words: &[&[&str]]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, words)),
        Value::Object(fields) => {
            // A list of settings names the field in one place and holds the content in another.
            let named = ["key", "variable", "name"]
                .iter()
                .any(|k| match fields.get(*k) {
                    Some(Value::String(name)) => matches(name, &[SECRET]),
                    Some(Value::Object(inner)) => inner
                        .get("name")
                        .and_then(Value::as_str)
                        .is_some_and(|name| matches(name, &[SECRET])),
                    _ => false,
                });
            for (name, inner) in fields.iter_mut() {
                if named && name.to_lowercase().contains("value") || matches(name, words) {
                    cover(inner);
                } else {
                    walk(inner, words);
                }
            }
        }
        // A text that is JSON itself (1.6 DataTransfer).
        Value::String(text) if text.starts_with(['{', '[']) => *text = hide(text, words),
        _ => {}
    }
}

fn cover(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(cover),
        Value::Object(fields) => fields.iter_mut().for_each(|(_, inner)| cover(inner)),
        Value::Null | Value::Bool(_) => {}
        Value::String(text) => *text = mask(text),
        Value::Number(_) => *value = Value::String(mask("")),
    }
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
        assert_eq!(hide_personal("no json 04AA"), mask(""));
        let setting = r#"{"key":"AuthorizationKey","value":"0011"}"#;
        assert!(!hide_secrets(setting).contains("0011"));
        assert!(hide_secrets(r#"{"idTag":"04AA"}"#).contains("04AA"));
    }
}
