//! What of a payload is personal or secret.

use std::collections::BTreeSet;

use busbar_ocpp::catalogue::Catalogue;
use busbar_ocpp::personal::{personal_spans, without_secrets};
use domain::wire_log::masked;

use super::dialect::DIALECTS;
use super::forge;

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
