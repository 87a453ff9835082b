//! The dialects: the same story in three languages, what real stations send, and that nothing we
//! write breaks the official schemas.

use busbar_ocpp::dialect::{Dialect, Fault, Lifted};
use busbar_ocpp::fault::RpcErrorCode;
use chrono::{TimeZone, Utc};
use domain::clock::Moment;
use domain::message::{Message, Phase, StatusReport, TransactionName, TransactionReport};
use domain::meter::{MeterPoint, OtherReading, ReadingContext};
use domain::quantity::{MilliAmps, MilliVolts, PerMille, WattHours, Watts};
use domain::station::ConnectorStatus;
use domain::token::TokenKind;
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::forge;

pub const DIALECTS: [Dialect; 3] = [Dialect::V16, Dialect::V201, Dialect::V21];

pub fn arrival() -> Moment {
    Utc.with_ymd_and_hms(2024, 3, 5, 12, 0, 0).unwrap()
}

fn at(hour: u32, minute: u32) -> Moment {
    Utc.with_ymd_and_hms(2024, 3, 5, hour, minute, 0).unwrap()
}

fn lift(dialect: Dialect, action: &str, payload: &Value, lenient: bool) -> Result<Lifted, Fault> {
    let raw = RawValue::from_string(payload.to_string()).unwrap();
    dialect.lift_call(action, &raw, arrival(), lenient)
}

fn strict(dialect: Dialect, action: &str, payload: Value) -> Message {
    let lifted = lift(dialect, action, &payload, false).unwrap();
    assert_eq!(lifted.deviations, [], "{action}");
    let again = lift(dialect, action, &payload, true).unwrap();
    assert_eq!(lifted, again, "a conforming message needs no mercy");
    lifted.message
}

fn forgiven(dialect: Dialect, action: &str, payload: Value) -> (Message, Vec<String>) {
    let lifted = lift(dialect, action, &payload, true).unwrap();
    let codes = lifted.deviations.into_iter().map(|d| d.code).collect();
    (lifted.message, codes)
}

fn report(message: Message) -> TransactionReport {
    match message {
        Message::Transaction(report) => *report,
        other => panic!("no transaction: {other:?}"),
    }
}

fn meter_points(message: Message) -> Vec<MeterPoint> {
    match message {
        Message::Meter(report) => report.points,
        other => panic!("no readings: {other:?}"),
    }
}

/// A session of one hour, as each dialect tells it.
fn story(dialect: Dialect) -> Vec<Message> {
    if dialect == Dialect::V16 {
        let sample = |value: &str, measurand: &str, unit: &str| json!({"value": value, "measurand": measurand, "unit": unit});
        let mut phase = sample("16.05", "Current.Import", "A");
        phase["phase"] = json!("L2");
        return [
            (
                "BootNotification",
                json!({"chargePointVendor": "Acme", "chargePointModel": "One", "chargePointSerialNumber": "S1", "firmwareVersion": "1.2", "iccid": "8944", "imsi": "2620"}),
            ),
            ("Heartbeat", json!({})),
            (
                "StatusNotification",
                json!({"connectorId": 2, "errorCode": "NoError", "status": "Available", "timestamp": "2024-03-05T06:00:00Z"}),
            ),
            ("Authorize", json!({"idTag": "04AABBCC"})),
            (
                "StartTransaction",
                json!({"connectorId": 2, "idTag": "04AABBCC", "meterStart": 1000, "timestamp": "2024-03-05T06:00:00Z", "reservationId": 5}),
            ),
            (
                "MeterValues",
                json!({"connectorId": 2, "meterValue": [{"timestamp": "2024-03-05T06:30:00+00:00", "sampledValue": [
                    {"value": "4500.4"},
                    sample("7.1", "Power.Active.Import", "kW"),
                    phase,
                    sample("230.25", "Voltage", "V"),
                    sample("55.5", "SoC", "Percent"),
                    {"value": "11", "measurand": "Power.Offered", "unit": "kW"},
                    {"value": "49.98", "measurand": "Frequency"},
                ]}]}),
            ),
            (
                "StopTransaction",
                json!({"transactionId": 7, "idTag": "04AABBCC", "meterStop": 8000, "timestamp": "2024-03-05T07:00:00Z", "reason": "EVDisconnected",
                    "transactionData": [{"timestamp": "2024-03-05T07:00:00Z", "sampledValue": [{"value": "8", "unit": "kWh", "context": "Transaction.End"}]}]}),
            ),
            (
                "DataTransfer",
                json!({"vendorId": "com.acme", "messageId": "m", "data": "{}"}),
            ),
            (
                "SecurityEventNotification",
                json!({"type": "StartupOfTheDevice", "timestamp": "2024-03-05T06:00:00Z"}),
            ),
        ]
        .map(|(action, payload)| strict(dialect, action, payload))
        .into();
    }
    let token = json!({"idToken": "04AABBCC", "type": "ISO14443"});
    [
        (
            "BootNotification",
            json!({"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One", "serialNumber": "S1", "firmwareVersion": "1.2", "modem": {"iccid": "8944", "imsi": "2620"}}}),
        ),
        ("Heartbeat", json!({})),
        (
            "StatusNotification",
            json!({"evseId": 2, "connectorId": 1, "connectorStatus": "Available", "timestamp": "2024-03-05T06:00:00Z"}),
        ),
        ("Authorize", json!({"idToken": token})),
        (
            "TransactionEvent",
            json!({"eventType": "Started", "timestamp": "2024-03-05T06:00:00Z", "triggerReason": "Authorized", "seqNo": 0, "reservationId": 5,
                "transactionInfo": {"transactionId": "tx-7"}, "evse": {"id": 2, "connectorId": 1}, "idToken": token}),
        ),
        (
            "MeterValues",
            json!({"evseId": 2, "meterValue": [{"timestamp": "2024-03-05T06:30:00+00:00", "sampledValue": [
                {"value": 4500.4},
                {"value": 71, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "W", "multiplier": 2}},
                {"value": 16.05, "measurand": "Current.Import", "phase": "L2", "unitOfMeasure": {"unit": "A"}},
                {"value": 230.25, "measurand": "Voltage", "unitOfMeasure": {"unit": "V"}},
                {"value": 55.5, "measurand": "SoC", "unitOfMeasure": {"unit": "Percent"}},
                {"value": 11, "measurand": "Power.Offered", "unitOfMeasure": {"unit": "kW"}},
                {"value": 49.98, "measurand": "Frequency"},
            ]}]}),
        ),
        (
            "TransactionEvent",
            json!({"eventType": "Ended", "timestamp": "2024-03-05T07:00:00Z", "triggerReason": "EVDeparted", "seqNo": 1,
                "transactionInfo": {"transactionId": "tx-7", "stoppedReason": "EVDisconnected", "chargingState": "Idle"}, "idToken": token,
                "meterValue": [{"timestamp": "2024-03-05T07:00:00Z", "sampledValue": [{"value": 8, "context": "Transaction.End", "unitOfMeasure": {"unit": "kWh"}}]}]}),
        ),
        (
            "DataTransfer",
            json!({"vendorId": "com.acme", "messageId": "m", "data": "{}"}),
        ),
        (
            "SecurityEventNotification",
            json!({"type": "StartupOfTheDevice", "timestamp": "2024-03-05T06:00:00Z"}),
        ),
    ]
    .map(|(action, payload)| strict(dialect, action, payload))
    .into()
}

/// What 1.6 cannot say, and what only 1.6 says. Everything else must be equal.
fn without_declared_differences(mut story: Vec<Message>) -> Vec<Message> {
    for message in &mut story {
        match message {
            Message::Boot(boot) => boot.reason = None,
            Message::Authorize(token) => token.kind = TokenKind::Other,
            Message::Transaction(report) => {
                // The number is ours in 1.6, the name is the station's in 2.x.
                report.name = TransactionName::Asked;
                // Only 2.x counts, tells its trigger and the state of charging.
                report.seq = None;
                report.trigger = None;
                report.charging = None;
                // Only 1.6 has registers beside the readings.
                report.register = None;
                if let Some(token) = &mut report.token {
                    token.kind = TokenKind::Other;
                }
            }
            _ => {}
        }
    }
    story
}

#[test]
fn the_same_story_lifts_to_the_same_messages() {
    let told = DIALECTS.map(story);
    assert_eq!(told[1], told[2]);
    let [first, second, _] = told.map(without_declared_differences);
    assert_eq!(first, second);
}

#[test]
fn a_story_is_read_to_the_last_unit() {
    for dialect in DIALECTS {
        let story = story(dialect);
        let Message::Meter(meter) = &story[5] else {
            panic!("{:?}", story[5]);
        };
        let wanted = MeterPoint {
            energy: Some(WattHours::new(4500)),
            power: Some(Watts::new(7100)),
            current: [None, Some(MilliAmps::new(16050)), None],
            voltage: [Some(MilliVolts::new(230_250)), None, None],
            charge: Some(PerMille::new(555)),
            offered: Some(Watts::new(11_000)),
            others: vec![OtherReading {
                measurand: "Frequency".to_owned(),
                phase: None,
                location: None,
                unit: None,
                value: "49.98".to_owned(),
            }],
            ..MeterPoint::empty(at(6, 30), ReadingContext::Periodic)
        };
        assert_eq!(meter.points, [wanted]);
        assert_eq!(meter.evse, 2);
    }
    let start = report(story(Dialect::V16)[4].clone());
    assert_eq!(start.register, Some(WattHours::new(1000)));
    assert_eq!((start.phase, start.evse), (Phase::Started, Some(2)));
    let end = report(story(Dialect::V16)[6].clone());
    assert_eq!(end.name, TransactionName::Given("7".to_owned()));
    assert_eq!(end.points[0].energy, Some(WattHours::new(8000)));
    let end = report(story(Dialect::V21)[6].clone());
    assert_eq!(end.name, TransactionName::Given("tx-7".to_owned()));
    assert_eq!(
        (end.seq, end.points[0].context),
        (Some(1), ReadingContext::End)
    );
}

#[test]
fn unknown_and_foreign_actions_are_refused() {
    for dialect in DIALECTS {
        let code = |action: &str| lift(dialect, action, &json!({}), true).unwrap_err().code;
        assert_eq!(code("NoSuchThing"), RpcErrorCode::NotImplemented);
        assert_eq!(code("Reset"), RpcErrorCode::NotSupported);
    }
    let code = |dialect| {
        lift(dialect, "StartTransaction", &json!({}), true)
            .err()
            .map(|f| f.code)
    };
    assert_eq!(code(Dialect::V16), None);
    assert_eq!(code(Dialect::V201), Some(RpcErrorCode::NotImplemented));
}

#[test]
fn a_strict_station_gets_the_code_of_the_first_violation() {
    let fault = lift(
        Dialect::V16,
        "StartTransaction",
        &json!({"connectorId": 1, "idTag": "A", "timestamp": "2024-03-05T06:00:00Z"}),
        false,
    )
    .unwrap_err();
    assert_eq!(fault.code, RpcErrorCode::OccurrenceConstraintViolation);
    assert_eq!(fault.deviations.len(), 1);
    assert_eq!(fault.personal.len(), 1);
}

#[test]
fn billing_messages_are_lifted_whatever_they_hold() {
    for (dialect, action) in [
        (Dialect::V16, "StartTransaction"),
        (Dialect::V16, "StopTransaction"),
        (Dialect::V16, "MeterValues"),
        (Dialect::V201, "TransactionEvent"),
        (Dialect::V21, "MeterValues"),
    ] {
        for payload in [
            json!({}),
            json!(null),
            json!("x"),
            json!([1]),
            json!({"meterValue": 7}),
        ] {
            let lifted = lift(dialect, action, &payload, true).unwrap();
            assert!(!lifted.deviations.is_empty(), "{action} {payload}");
            if let Message::Transaction(report) = lifted.message {
                assert_eq!(report.at, arrival());
            }
        }
    }
    let (message, codes) = forgiven(
        Dialect::V16,
        "StartTransaction",
        json!({"idTag": "A", "timestamp": "yesterday"}),
    );
    let start = report(message);
    assert_eq!(
        (start.evse, start.register, start.at),
        (Some(0), None, arrival())
    );
    assert!(codes.contains(&"date_unreadable".to_owned()), "{codes:?}");
}

#[test]
fn quirk_16_null_payload() {
    let (message, codes) = forgiven(Dialect::V16, "Heartbeat", json!(null));
    assert_eq!(
        (message, codes),
        (Message::Heartbeat, vec!["wrong_type".to_owned()])
    );
}

#[test]
fn quirk_19_empty_samples() {
    let value = json!({"connectorId": 1, "transactionId": 3, "meterValue": [{"timestamp": "2024-03-05T06:00:00Z", "sampledValue": []}]});
    let points = meter_points(forgiven(Dialect::V16, "MeterValues", value).0);
    assert_eq!(
        points,
        [MeterPoint::empty(at(6, 0), ReadingContext::Periodic)]
    );
    let value = json!({"transactionId": 3, "meterStop": 5, "timestamp": "2024-03-05T06:00:00Z", "transactionData": [{"sampledValue": []}]});
    let stop = report(forgiven(Dialect::V16, "StopTransaction", value).0);
    assert_eq!(stop.points.len(), 1);
    assert_eq!(stop.stop_reason.as_deref(), Some("Local"));
}

#[test]
fn quirk_26_transaction_numbers_that_we_never_gave() {
    for (number, wanted) in [
        ("9223372036854775807", "9223372036854775807"),
        ("99999999999999999999999", "99999999999999999999999"),
        ("-1", "-1"),
        ("0", "0"),
    ] {
        let mut value = json!({"connectorId": 1, "meterValue": []});
        value["transactionId"] = forge::number(number);
        let (message, codes) = forgiven(Dialect::V16, "MeterValues", value);
        let Message::Meter(meter) = message else {
            panic!("{message:?}");
        };
        assert_eq!(
            meter.transaction,
            Some(TransactionName::Lost(wanted.to_owned()))
        );
        assert!(codes.contains(&"transaction_lost".to_owned()));
    }
    let value = json!({"transactionId": -1, "meterStop": 5, "timestamp": "2024-03-05T06:00:00Z"});
    let stop = report(forgiven(Dialect::V16, "StopTransaction", value).0);
    assert_eq!(stop.name, TransactionName::Lost("-1".to_owned()));
}

#[test]
fn nul_in_a_text_is_filling() {
    let start = json!({"connectorId": 1, "idTag": "04AABB\u{0}\u{0}", "meterStart": 0,
        "timestamp": "2024-03-05T06:00:00Z"});
    let (message, _) = forgiven(Dialect::V16, "StartTransaction", start);
    assert_eq!(report(message).token.unwrap().uid.as_str(), "04AABB");
}

/// Part 4 §7: what is signed is heard like what is not, and masked as a whole.
#[test]
fn signed_messages_are_opened() {
    use base64::Engine;
    let sealed = |payload: &str| {
        let inner = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload);
        json!({"payload": inner, "protected": "e30", "signature": "c2ln"})
    };
    let plain = json!({"idToken": {"idToken": "04AABBCC", "type": "ISO14443"}});
    let signed = sealed(&plain.to_string());
    let opened = lift(Dialect::V201, "Authorize-Signed", &signed, false).unwrap();
    let heard = lift(Dialect::V201, "Authorize", &plain, false).unwrap();
    assert_eq!(
        (&opened.message, &*opened.action),
        (&heard.message, "Authorize")
    );
    assert_eq!(opened.personal, busbar_ocpp::personal::everything());

    let wrong = lift(Dialect::V201, "Authorize-Signed", &sealed("{}"), false).unwrap_err();
    assert_eq!(wrong.code, RpcErrorCode::OccurrenceConstraintViolation);
    for broken in [
        json!({}),
        json!({"payload": "%", "protected": "e30", "signature": "c2ln"}),
    ] {
        let fault = lift(Dialect::V21, "Authorize-Signed", &broken, true).unwrap_err();
        assert_eq!(fault.code, RpcErrorCode::FormatViolation);
    }
    let unknown = lift(Dialect::V16, "Authorize-Signed", &signed, true).unwrap_err();
    assert_eq!(unknown.code, RpcErrorCode::NotImplemented);
}

#[test]
fn quirk_28_meter_values_of_connector_0() {
    let value = json!({"connectorId": 0, "meterValue": [{"timestamp": "2024-03-05T06:00:00Z", "sampledValue": [{"value": "5"}]}]});
    let Message::Meter(meter) = strict(Dialect::V16, "MeterValues", value) else {
        panic!("no readings");
    };
    assert_eq!((meter.evse, meter.transaction), (0, None));
}

fn one_point(samples: Value) -> MeterPoint {
    let value = json!({"connectorId": 1, "meterValue": [{"timestamp": "2024-03-05T06:00:00Z", "sampledValue": samples}]});
    meter_points(forgiven(Dialect::V16, "MeterValues", value).0).remove(0)
}

#[test]
fn quirks_29_and_32_units_and_spellings_of_numbers() {
    for (sample, wanted) in [
        (json!({"value": "1234"}), Some(1234)),
        (json!({"value": "1.2345", "unit": "kWh"}), Some(1235)),
        (json!({"value": " 236.1 "}), Some(236)),
        (
            json!({"value": "236.499999999999999999", "unit": "Wh"}),
            Some(236),
        ),
        (json!({"value": "1.5e3"}), Some(1500)),
        (json!({"value": 77}), Some(77)),
        (json!({"value": "1", "unit": "varh"}), None),
        (
            json!({"value": "99999999999999999999999999999999999"}),
            None,
        ),
        (json!({"value": "5", "location": "Inlet"}), None),
        (json!({"value": "5", "phase": "L1"}), None),
        (json!({"value": "3082010A", "format": "SignedData"}), None),
    ] {
        let point = one_point(json!([sample]));
        assert_eq!(point.energy, wanted.map(WattHours::new), "{sample}");
        assert_eq!(
            point.others.len(),
            usize::from(wanted.is_none()),
            "{sample}"
        );
    }
}

#[test]
fn phases_are_summed_unless_there_is_a_total() {
    let phase = |phase: &str, value: &str| json!({"value": value, "measurand": "Power.Active.Import", "unit": "W", "phase": phase});
    let point = one_point(json!([
        phase("L1", "1000"),
        phase("L2-N", "1001"),
        phase("L3", "1002.5")
    ]));
    assert_eq!(point.power, Some(Watts::new(3004)));
    assert_eq!(point.others, []);
    let total = json!({"value": "2.9", "measurand": "Power.Active.Import", "unit": "kW"});
    let point = one_point(json!([phase("L1", "1000"), total, phase("L2", "1001")]));
    assert_eq!(
        (point.power, point.others.len()),
        (Some(Watts::new(2900)), 2)
    );
    let volt = |phase: &str| json!({"value": "230", "measurand": "Voltage", "phase": phase});
    let point = one_point(json!([volt("L3-N"), volt("L1-L2")]));
    assert_eq!(point.voltage, [None, None, Some(MilliVolts::new(230_000))]);
    assert_eq!(point.others.len(), 1);
}

#[test]
fn quirk_31_a_live_reading_comes_before_a_boundary_one() {
    let point = one_point(json!([
        {"value": "100", "context": "Transaction.Begin"},
        {"value": "250", "context": "Sample.Periodic"},
    ]));
    assert_eq!(point.context, ReadingContext::Periodic);
    assert_eq!(point.energy, Some(WattHours::new(250)));
    assert_eq!(point.others[0].value, "100");
}

#[test]
fn quirk_36_local_time_without_zone() {
    let value = json!({"connectorId": 1, "errorCode": "NoError", "status": "Charging", "timestamp": "2024-03-05T06:00:00"});
    let (message, codes) = forgiven(Dialect::V16, "StatusNotification", value);
    let wanted = StatusReport {
        evse: 1,
        connector: 1,
        status: ConnectorStatus::Charging,
        error_code: None,
        error_info: None,
        at: Some(at(6, 0)),
    };
    assert_eq!(message, Message::Status(wanted));
    assert_eq!(codes, ["date_shape"]);
}

#[test]
fn signed_readings_stay_word_for_word() {
    let signed = json!({"signedMeterData": "QUJD", "signingMethod": "", "encodingMethod": "OCMF", "publicKey": ""});
    let value = json!({"evseId": 1, "meterValue": [{"timestamp": "2024-03-05T06:00:00Z", "sampledValue": [
        {"value": 5, "signedMeterValue": signed},
        {"value": 7, "measurand": "Energy.Active.Export.Register", "unitOfMeasure": {"multiplier": 3}},
    ]}]});
    let point = meter_points(strict(Dialect::V201, "MeterValues", value)).remove(0);
    assert_eq!(point.energy, Some(WattHours::new(5)));
    assert_eq!(point.others[0].value, signed.to_string());
    assert_eq!(point.others[1].unit.as_deref(), Some("Wh×10^3"));
}

#[test]
fn availability_events_are_states_of_connectors() {
    let event = |component: Value, variable: &str, value: &str| {
        json!({"eventId": 1, "timestamp": "2024-03-05T06:00:00Z", "trigger": "Delta", "actualValue": value,
            "eventNotificationType": "HardWiredNotification", "component": component, "variable": {"name": variable}})
    };
    let value = json!({"generatedAt": "2024-03-05T06:00:00Z", "seqNo": 0, "eventData": [
        event(json!({"name": "Connector", "evse": {"id": 2, "connectorId": 1}}), "AvailabilityState", "Occupied"),
        event(json!({"name": "EVSE", "evse": {"id": 3}}), "AvailabilityState", "Faulted"),
        event(json!({"name": "ChargingStation"}), "Problem", "true"),
    ]});
    let Message::Noticed { notices, statuses } = strict(Dialect::V21, "NotifyEvent", value) else {
        panic!("no notices");
    };
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].title, "ChargingStation.Problem");
    let told: Vec<_> = statuses
        .iter()
        .map(|s| (s.evse, s.connector, s.status))
        .collect();
    let wanted = [
        (2, 1, ConnectorStatus::Occupied),
        (3, 1, ConnectorStatus::Faulted),
    ];
    assert_eq!(told, wanted);
}

#[test]
fn a_report_has_no_secrets() {
    let value = json!({"requestId": 9, "seqNo": 1, "generatedAt": "2024-03-05T06:00:00Z", "tbc": true, "reportData": [
        {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}, "variableAttribute": [{"value": "hush", "mutability": "WriteOnly"}]},
        {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}, "variableAttribute": [{"value": "60"}, {"type": "MaxSet", "value": "900", "mutability": "ReadOnly"}]},
    ]});
    let Message::VariablesReported(report) = strict(Dialect::V201, "NotifyReport", value) else {
        panic!("no report");
    };
    assert_eq!((report.request, report.seq, report.more), (9, 1, true));
    let values: Vec<_> = report
        .readings
        .iter()
        .map(|r| (r.attribute.as_str(), r.value.as_deref()))
        .collect();
    assert_eq!(
        values,
        [
            ("Actual", None),
            ("Actual", Some("60")),
            ("MaxSet", Some("900"))
        ]
    );
}

/// Every call of a station with everything in it is understood, and with one thing wrong nothing
/// breaks.
#[test]
fn every_message_and_every_mutation_is_judged() {
    use busbar_ocpp::catalogue::Catalogue;
    for dialect in DIALECTS {
        for action in Catalogue::of(dialect.version()).actions() {
            if !action.direction.sent_by_station() {
                continue;
            }
            let full = forge::greatest(&action.request);
            lift(dialect, action.name, &full, false).unwrap();
            for mutation in forge::mutations(&action.request) {
                let refused = lift(dialect, action.name, &mutation.payload, false).is_err();
                assert!(refused, "{} {}", action.name, mutation.what);
                let _ = lift(dialect, action.name, &mutation.payload, true);
            }
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "-?[0-9]{1,30}(\\.[0-9]{1,9})?(e-?[0-9]{1,9})?"
            .prop_filter_map("a number", |text| serde_json::from_str(&text).ok()),
        ".{0,12}".prop_map(Value::from),
        Just(json!("2024-03-05T06:07:08Z")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{1,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn place_of(value: &mut Value, mut at: usize) -> &mut Value {
    let count = match &*value {
        Value::Object(fields) => fields.len(),
        Value::Array(list) => list.len(),
        _ => 0,
    };
    if count == 0 || at.is_multiple_of(7) {
        return value;
    }
    let step = at % count;
    at /= 2;
    match value {
        Value::Object(fields) => place_of(fields.values_mut().nth(step).unwrap(), at),
        Value::Array(list) => place_of(&mut list[step], at),
        _ => unreachable!(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn lifting_never_panics(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<u32>(), any_json()), 1..4),
        lenient in any::<bool>(),
    ) {
        use busbar_ocpp::catalogue::Catalogue;
        for dialect in DIALECTS {
            let actions: Vec<_> = Catalogue::of(dialect.version())
                .actions()
                .iter()
                .filter(|action| action.direction.sent_by_station())
                .collect();
            let action = which.get(&actions);
            let mut payload = forge::greatest(&action.request);
            for (at, by) in &changes {
                *place_of(&mut payload, *at as usize) = by.clone();
            }
            let lifted = lift(dialect, action.name, &payload, lenient);
            let billing = ["StartTransaction", "StopTransaction", "TransactionEvent", "MeterValues"];
            prop_assert!(lifted.is_ok() || !lenient || !billing.contains(&action.name));
        }
    }
}
