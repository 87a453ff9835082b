//! The lines of `busbar ocpp check`.

use busbar_ocpp::check::{judge_line, unreadable_line};
use serde_json::{Value, json};

fn judged(line: &str, lenient: bool) -> Value {
    let text = judge_line(line, lenient).unwrap();
    assert!(!text.contains('\n'));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_right_message() {
    let line = r#"{"version":"1.6","message":"HeartbeatRequest","payload":{}}"#;
    assert_eq!(
        judged(line, false),
        json!({"valid": true, "errors": [], "repairs": []})
    );
    let wanted = json!({"valid": true, "errors": [], "repairs": [], "remaining": []});
    assert_eq!(judged(line, true), wanted);
}

#[test]
fn codes_are_spelled_as_the_version_does() {
    let case = |version: &str, message: &str, payload: Value| {
        let line = json!({"version": version, "message": message, "payload": payload}).to_string();
        let verdict = judged(&line, false);
        assert_eq!(verdict["valid"], json!(false));
        let error = &verdict["errors"][0];
        (
            error["path"].as_str().unwrap().to_owned(),
            error["code"].as_str().unwrap().to_owned(),
        )
    };
    let pair = |path: &str, code: &str| (path.to_owned(), code.to_owned());
    assert_eq!(
        case("1.6", "AuthorizeRequest", json!({})),
        pair("/idTag", "OccurenceConstraintViolation")
    );
    assert_eq!(
        case("2.1", "AuthorizeRequest", json!({})),
        pair("/idToken", "OccurrenceConstraintViolation")
    );
    assert_eq!(
        case("1.6", "AuthorizeRequest", json!({"idTag": "a", "b/~c": 1})),
        pair("/b~1~0c", "FormationViolation")
    );
    assert_eq!(
        case("2.0.1", "HeartbeatRequest", json!({"x": 1})),
        pair("/x", "FormatViolation")
    );
    assert_eq!(
        case("1.6", "ResetRequest", json!({"type": "soft"})),
        pair("/type", "PropertyConstraintViolation")
    );
    assert_eq!(
        case("1.6", "StopTransactionResponse", json!([])),
        pair("", "TypeConstraintViolation")
    );
    assert_eq!(
        case("1.6", "TransactionEventRequest", json!({})),
        pair("", "NotImplemented")
    );
}

#[test]
fn numbers_are_judged_by_their_digits() {
    let limit = |limit: &str| {
        let line = format!(
            r#"{{"version":"1.6","message":"SetChargingProfileRequest","payload":{{"connectorId":1,
            "csChargingProfiles":{{"chargingProfileId":1,"stackLevel":0,
            "chargingProfilePurpose":"TxProfile","chargingProfileKind":"Absolute",
            "chargingSchedule":{{"chargingRateUnit":"A","chargingSchedulePeriod":
            [{{"startPeriod":0,"limit":{limit}}}]}}}}}}}}"#
        );
        judged(&line, false)["valid"].as_bool().unwrap()
    };
    for right in [
        "16",
        "16.1",
        "0.3",
        "1.1",
        "4.35e1",
        "1e999999999999999999999",
        "-0.0",
        "6.90",
    ] {
        assert!(limit(right), "{right}");
    }
    for wrong in [
        "16.05",
        "1e-999999999999999999999",
        "0.10000000000000000000000000000001",
    ] {
        assert!(!limit(wrong), "{wrong}");
    }
    let whole = |version: &str, message: &str, field: &str| {
        let line = format!(
            r#"{{"version":"{version}","message":"{message}","payload":{{"{field}":7.0}}}}"#
        );
        judged(&line, false)["errors"]
            .as_array()
            .unwrap()
            .iter()
            .any(|e| e["code"] == "TypeConstraintViolation")
    };
    assert!(whole("1.6", "UnlockConnectorRequest", "connectorId"));
    assert!(!whole("2.0.1", "UnlockConnectorRequest", "connectorId"));
    assert!(!whole("1.6", "GetLogRequest", "requestId"));
}

#[test]
fn lenient_tells_the_repairs_and_keeps_the_verdict() {
    let line = r#"{"version":"1.6","message":"StatusNotificationRequest","payload":
        {"connectorId":"1","status":"charging","errorCode":"NoError","info":null,"x":1}}"#;
    let verdict = judged(line, true);
    assert_eq!(verdict["valid"], json!(false));
    assert_eq!(verdict["errors"].as_array().unwrap().len(), 4);
    assert_eq!(verdict["repairs"].as_array().unwrap().len(), 4);
    assert_eq!(verdict["remaining"], json!([]));
    assert_eq!(judged(line, false)["repairs"], json!([]));
}

#[test]
fn lines_that_cannot_be_read() {
    for line in [
        "",
        "nonsense",
        "[]",
        "{}",
        r#"{"version":"1.6","message":"HeartbeatRequest"}"#,
        r#"{"version":"1.5","message":"HeartbeatRequest","payload":{}}"#,
        r#"{"version":16,"message":"HeartbeatRequest","payload":{}}"#,
        r#"{"version":"1.6","message":"HeartbeatRequest","payload":{}"#,
    ] {
        let why = judge_line(line, false).unwrap_err();
        let answer: Value = serde_json::from_str(&unreadable_line(&why)).unwrap();
        assert_eq!(answer["valid"], json!(false));
        assert_eq!(answer["unreadable"], json!(true));
        assert_eq!(answer["repairs"], json!([]));
        assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
    }
}
