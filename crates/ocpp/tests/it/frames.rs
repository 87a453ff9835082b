//! Frames: what is read, what is refused with which answer, what is written.

use busbar_ocpp::catalogue::Version;
use busbar_ocpp::fault::{FaultKind, RpcErrorCode};
use busbar_ocpp::frame::{self, Frame, Oddity, parse};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn the_five_types() {
    let read = parse(Version::V16, r#"[2, "19", "Heartbeat", {} ]"#).unwrap();
    let Frame::Call {
        id,
        action,
        payload,
    } = read.frame
    else {
        panic!()
    };
    assert_eq!((&*id, &*action, payload.get()), ("19", "Heartbeat", "{}"));
    assert_eq!(read.oddities, []);

    let read = parse(Version::V201, r#"[3,"a",{"b" : 1.50}]"#).unwrap();
    let Frame::CallResult { payload, .. } = read.frame else {
        panic!()
    };
    assert_eq!(payload.get(), r#"{"b" : 1.50}"#);

    let text = r#"[4,"a","OccurenceConstraintViolation","x",{}]"#;
    let read = parse(Version::V201, text).unwrap();
    let Frame::CallError(error) = read.frame else {
        panic!()
    };
    assert_eq!(
        error.known_code(),
        Some(RpcErrorCode::OccurrenceConstraintViolation)
    );

    let read = parse(Version::V21, r#"[5,"a","FormatViolation","",{}]"#).unwrap();
    assert!(matches!(read.frame, Frame::CallResultError(_)));
    let read = parse(Version::V21, r#"[6,"a","NotifyPeriodicEventStream",{}]"#).unwrap();
    assert_eq!(read.frame.action(), Some("NotifyPeriodicEventStream"));
}

#[test]
fn what_is_odd_is_read_and_told() {
    let cases = [
        (r#"[2,"1","Heartbeat",null]"#, Oddity::NullPayload),
        (r#"[2,"1","Heartbeat"]"#, Oddity::MissingElement),
        (r#"[2,"1","Heartbeat",{},{}]"#, Oddity::ExtraElements),
        (
            r#"[2,"1234567890123456789012345678901234567","Heartbeat",{}]"#,
            Oddity::LongId,
        ),
        ("\u{feff}[2,\"1\",\"Heartbeat\",{}]", Oddity::Padding),
        ("[2,\"1\",\"Heartbeat\",{}]\0", Oddity::Padding),
        (r#"[4,"1","InternalError"]"#, Oddity::MissingElement),
    ];
    for (text, oddity) in cases {
        let read = parse(Version::V201, text).unwrap();
        assert_eq!(read.oddities, [oddity], "{text}");
        if let Frame::Call { payload, .. } = read.frame {
            assert_eq!(payload.get(), "{}");
        }
    }
}

#[test]
fn faults_have_the_right_answer() {
    use Version::{V16, V21, V201};
    let cases = [
        (V16, "hello", Some((4, "-1", "FormationViolation"))),
        (V201, "", Some((4, "-1", "RpcFrameworkError"))),
        (V21, "{}", Some((4, "-1", "RpcFrameworkError"))),
        (V21, "[]", Some((4, "-1", "RpcFrameworkError"))),
        (
            V201,
            r#"["2","a","b",{}]"#,
            Some((4, "-1", "RpcFrameworkError")),
        ),
        (
            V201,
            r#"[2,7,"Heartbeat",{}]"#,
            Some((4, "-1", "RpcFrameworkError")),
        ),
        (V201, r#"[2,"a",7,{}]"#, Some((4, "a", "RpcFrameworkError"))),
        (
            V16,
            r#"[2,"a","MeterValues",{"transactionId":,}]"#,
            Some((4, "a", "FormationViolation")),
        ),
        (
            V201,
            r#"[2,"a","b",{}"#,
            Some((4, "a", "RpcFrameworkError")),
        ),
        (V16, r#"[9,"a","b",{}]"#, None),
        (
            V201,
            r#"[9,"a","b",{}]"#,
            Some((4, "a", "MessageTypeNotSupported")),
        ),
        (
            V201,
            r#"[6,"a","b",{}]"#,
            Some((4, "a", "MessageTypeNotSupported")),
        ),
        (V16, r#"[3,"a",{"#, None),
        (V201, r#"[3,"a",{"#, None),
        (V21, r#"[3,"a",{"#, Some((5, "a", "RpcFrameworkError"))),
        (V21, r#"[4,"a",7]"#, None),
        (V21, r#"[6,"a","b",{"#, None),
    ];
    for (version, text, wanted) in cases {
        let fault = parse(version, text).unwrap_err();
        let reply = fault
            .reply
            .as_deref()
            .map(|reply| serde_json::from_str::<Value>(reply).unwrap());
        let got = reply.as_ref().map(|reply| {
            (
                reply[0].as_u64().unwrap(),
                reply[1].as_str().unwrap(),
                reply[2].as_str().unwrap(),
            )
        });
        assert_eq!(got, wanted, "{version:?} {text}");
    }
    let fault = parse(V16, r#"[2, "a" , "MeterValues", {"x":,}]"#).unwrap_err();
    assert_eq!(fault.kind, FaultKind::NotJson);
    assert_eq!(fault.action.as_deref(), Some("MeterValues"));
    assert!(parse(V16, r#"[3,"a",{"#).unwrap_err().answers_a_call);
}

#[test]
fn depth_is_bounded() {
    let nested = |deep: usize| format!(r#"[2,"a","b",{}{}]"#, "[".repeat(deep), "]".repeat(deep));
    let text = nested(frame::MAX_DEPTH - 1);
    let read = parse(Version::V21, &text).unwrap();
    let Frame::Call { payload, .. } = read.frame else {
        panic!()
    };
    frame::payload_value(payload.get()).unwrap();
    let fault = parse(Version::V21, &nested(frame::MAX_DEPTH)).unwrap_err();
    assert_eq!(
        (fault.kind, fault.id.as_deref()),
        (FaultKind::TooDeep, Some("a"))
    );
    let fault = parse(Version::V21, &"[".repeat(1 << 20)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::TooDeep);
    let brackets = format!(r#"[2,"a","b",{{"x":"\"{}"}}]"#, "[".repeat(1000));
    assert!(parse(Version::V21, &brackets).is_ok());
}

#[test]
fn mending() {
    let mended = frame::mend(r#"[2,"a,:}","MeterValues",{"transactionId": ,"x":[1,2,],"y":}]"#);
    let wanted = r#"[2,"a,:}","MeterValues",{"transactionId": null,"x":[1,2],"y":null}]"#;
    assert_eq!(mended.as_deref(), Some(wanted));
    assert_eq!(frame::mend(r#"[2,"a","b",{"c":"d:,"}]"#), None);
}

#[test]
fn lone_surrogates_and_twins() {
    let value =
        frame::payload_value(r#"{"a":"x\ud800y","b":"\ud83d\ude00","c":"\\ud800"}"#).unwrap();
    assert_eq!(value, json!({"a": "x\u{fffd}y", "b": "😀", "c": "\\ud800"}));
    assert_eq!(
        frame::payload_value(r#"{"a":1,"a":2}"#).unwrap(),
        json!({"a": 2})
    );
    assert!(frame::payload_value("{\"a\":\"\\u12\"}").is_err());
    assert!(frame::payload_value("\"\\").is_err());
}

#[test]
fn writing() {
    let text = frame::call("1", "Reset", &json!({"type": "Soft"})).unwrap();
    assert_eq!(text, r#"[2,"1","Reset",{"type":"Soft"}]"#);
    assert_eq!(
        frame::send("1", "X", &json!({})).unwrap(),
        r#"[6,"1","X",{}]"#
    );
    assert_eq!(
        frame::call_result("\"", &json!({})).unwrap(),
        r#"[3,"\"",{}]"#
    );
    assert!(frame::call(&"i".repeat(37), "Reset", &json!({})).is_err());
    assert!(frame::call_result(&"i".repeat(37), &json!({})).is_ok());
    assert!(frame::call("1", "Reset", &json!([])).is_err());

    let code = RpcErrorCode::OccurrenceConstraintViolation;
    let text = frame::call_error(
        Version::V16,
        "1",
        code,
        &"é\n".repeat(200),
        Some(&json!({"a": 1})),
    );
    let read = parse(Version::V16, &text).unwrap();
    let Frame::CallError(error) = read.frame else {
        panic!()
    };
    assert_eq!(&*error.code, "OccurenceConstraintViolation");
    assert_eq!(error.description.chars().count(), frame::MAX_DESCRIPTION);
    assert_eq!(error.details.get(), r#"{"a":1}"#);
    let text = frame::call_result_error("1", RpcErrorCode::FormatViolation, "", Some(&json!(7)));
    assert_eq!(text, r#"[5,"1","FormatViolation","",{}]"#);
}

#[test]
fn codes_are_read_in_both_spellings() {
    for code in RpcErrorCode::ALL {
        assert_eq!(
            RpcErrorCode::from_wire(code.to_wire(Version::V21)),
            Some(code)
        );
        let old = RpcErrorCode::from_wire(code.to_wire(Version::V16)).unwrap();
        let new_only = matches!(
            code,
            RpcErrorCode::RpcFrameworkError | RpcErrorCode::MessageTypeNotSupported
        );
        assert!(old == code || new_only);
    }
    assert_eq!(RpcErrorCode::from_wire("VendorTrouble"), None);
}

fn versions() -> impl Strategy<Value = Version> {
    proptest::sample::select(&Version::ALL[..])
}

proptest! {
    /// Any text is read or refused, and what is refused has an answer that can be read.
    #[test]
    fn never_panics(version in versions(), text in r#"[\[\]{}",:0-9a-z\\ué \x00]{0,60}"#) {
        if let Err(fault) = parse(version, &text) && let Some(reply) = fault.reply {
            prop_assert!(parse(version, &reply).is_ok(), "{}", reply);
        }
        if let Some(mended) = frame::mend(&text) {
            let _ = parse(version, &mended);
        }
        let _ = frame::payload_value(&text);
    }

    /// A frame cut anywhere or with one changed byte never panics.
    #[test]
    fn damaged_frames(version in versions(), at in 0_usize..70, with in any::<char>()) {
        let whole = r#"[2,"a\u00e9\ud83d\ude00","MeterValues",{"a":[1,{"b":null}],"c":"\"x"}]"#;
        let cut = whole.get(..at).unwrap_or(whole);
        let _ = parse(version, cut);
        let changed: String =
            whole.chars().enumerate().map(|(i, c)| if i == at { with } else { c }).collect();
        let _ = parse(version, &changed);
        let _ = frame::payload_value(&changed);
    }

    /// What we write we read.
    #[test]
    fn round_trip(version in versions(), id in ".{0,36}", action in ".{0,20}", text in ".{0,40}") {
        let written = frame::call(&id, &action, &json!({"text": text})).unwrap();
        let read = parse(version, &written).unwrap();
        let Frame::Call { id: got, action: did, payload } = read.frame else { panic!() };
        prop_assert_eq!((&*got, &*did), (&*id, &*action));
        prop_assert_eq!(frame::payload_value(payload.get()).unwrap(), json!({"text": text}));
    }
}
