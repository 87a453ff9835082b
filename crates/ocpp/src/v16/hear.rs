//! What a 1.6 station says.
//!
//! Owns the reading of every message that the house acts on. What is missing is read as absent: a
//! message that bills are made on is never lost for a field (quirks 19, 26, 42).

use domain::message::{
    Boot, Message, MeterReport, Notice, NoticeKind, Phase, StatusReport, TransactionName,
    TransactionReport, VendorMessage,
};
use domain::quantity::WattHours;
use domain::station::{ConnectorStatus, Hardware};
use domain::token::{PresentedToken, TokenKind, TokenUid};
use serde_json::Value;

use crate::dialect::{Hearing, Wording, points, small, text, whole};

/// Lifts a payload that has been checked or repaired.
pub(crate) fn lift(action: &str, value: &Value, hearing: &mut Hearing) -> Message {
    match action {
        "BootNotification" => boot(value),
        "Heartbeat" => Message::Heartbeat,
        "StatusNotification" => Message::Status(status(value, hearing)),
        "Authorize" => Message::Authorize(PresentedToken {
            uid: TokenUid::new(&text(value, "idTag").unwrap_or_default()),
            kind: TokenKind::Other,
        }),
        "StartTransaction" => start(value, hearing),
        "StopTransaction" => stop(value, hearing),
        "MeterValues" => Message::Meter(MeterReport {
            evse: hearing.place(value, "connectorId"),
            transaction: value
                .get("transactionId")
                .map(|_| number_of(value, hearing)),
            points: points(value, "meterValue", Wording::Texts, hearing),
        }),
        "DataTransfer" => Message::Vendor(VendorMessage {
            vendor: text(value, "vendorId").unwrap_or_default(),
            message: text(value, "messageId"),
            data: value.get("data").map(Value::to_string),
        }),
        "FirmwareStatusNotification" | "SignedFirmwareStatusNotification" => {
            notice(NoticeKind::FirmwareStatus, "status", value, hearing)
        }
        "DiagnosticsStatusNotification" | "LogStatusNotification" => {
            notice(NoticeKind::LogStatus, "status", value, hearing)
        }
        "SecurityEventNotification" => notice(NoticeKind::SecurityEvent, "type", value, hearing),
        other => Message::Other {
            action: other.to_owned(),
        },
    }
}

fn boot(value: &Value) -> Message {
    Message::Boot(Boot {
        hardware: Hardware {
            vendor: text(value, "chargePointVendor"),
            model: text(value, "chargePointModel"),
            serial_number: text(value, "chargePointSerialNumber")
                .or_else(|| text(value, "chargeBoxSerialNumber")),
            firmware_version: text(value, "firmwareVersion"),
            iccid: text(value, "iccid"),
            imsi: text(value, "imsi"),
        },
        reason: None,
    })
}

fn status(value: &Value, hearing: &mut Hearing) -> StatusReport {
    let evse = hearing.place(value, "connectorId");
    let words = [text(value, "info"), text(value, "vendorErrorCode")];
    let words: Vec<String> = words.into_iter().flatten().collect();
    StatusReport {
        evse,
        connector: i32::from(evse > 0),
        status: match value.get("status").and_then(Value::as_str) {
            Some("Available") => ConnectorStatus::Available,
            Some("Preparing") => ConnectorStatus::Preparing,
            Some("Charging") => ConnectorStatus::Charging,
            Some("SuspendedEV") => ConnectorStatus::SuspendedEv,
            Some("SuspendedEVSE") => ConnectorStatus::SuspendedEvse,
            Some("Finishing") => ConnectorStatus::Finishing,
            Some("Reserved") => ConnectorStatus::Reserved,
            Some("Unavailable") => ConnectorStatus::Unavailable,
            Some("Faulted") => ConnectorStatus::Faulted,
            _ => ConnectorStatus::Unknown,
        },
        error_code: text(value, "errorCode").filter(|code| code != "NoError"),
        error_info: (!words.is_empty()).then(|| words.join("; ")),
        at: hearing.moment_if_told(value, "timestamp", ""),
    }
}

fn start(value: &Value, hearing: &mut Hearing) -> Message {
    let evse = hearing.place(value, "connectorId");
    Message::Transaction(Box::new(TransactionReport {
        evse: Some(evse),
        connector: Some(i32::from(evse > 0)),
        register: register(value, "meterStart"),
        reservation: small(value, "reservationId"),
        ..report(Phase::Started, TransactionName::Asked, value, hearing)
    }))
}

fn stop(value: &Value, hearing: &mut Hearing) -> Message {
    let name = number_of(value, hearing);
    Message::Transaction(Box::new(TransactionReport {
        register: register(value, "meterStop"),
        // 1.6 §4.8: an absent reason means Local.
        stop_reason: Some(text(value, "reason").unwrap_or_else(|| "Local".to_owned())),
        points: points(value, "transactionData", Wording::Texts, hearing),
        ..report(Phase::Ended, name, value, hearing)
    }))
}

fn report(
    phase: Phase,
    name: TransactionName,
    value: &Value,
    hearing: &mut Hearing,
) -> TransactionReport {
    TransactionReport {
        phase,
        name,
        evse: None,
        connector: None,
        token: text(value, "idTag").map(|tag| PresentedToken {
            uid: TokenUid::new(&tag),
            kind: TokenKind::Other,
        }),
        at: hearing.moment(value, "timestamp", ""),
        seq: None,
        offline: false,
        trigger: None,
        stop_reason: None,
        charging: None,
        register: None,
        points: Vec::new(),
        remote_start: None,
        reservation: None,
    }
}

/// A register in watt-hours; none when it is missing or no whole number.
fn register(value: &Value, key: &str) -> Option<WattHours> {
    value.get(key).and_then(whole).map(WattHours::new)
}

/// Our numbers are positive and fit in 32 bits; anything else is a start that never got through
/// (erratum 3.18) or rubbish (quirk 26).
fn number_of(value: &Value, hearing: &mut Hearing) -> TransactionName {
    const KEY: &str = "transactionId";
    match small(value, KEY) {
        Some(number) if number > 0 => TransactionName::Given(number.to_string()),
        _ => {
            let text = "not a number that we have given";
            hearing.note("transaction_lost", "/transactionId", text);
            TransactionName::Lost(match value.get(KEY) {
                Some(Value::Number(number)) => number.to_string(),
                Some(Value::String(text)) => text.clone(),
                _ => String::new(),
            })
        }
    }
}

fn notice(kind: NoticeKind, title: &str, value: &Value, hearing: &mut Hearing) -> Message {
    Message::Noticed {
        notices: vec![Notice {
            kind,
            title: text(value, title).unwrap_or_default(),
            at: hearing.moment_if_told(value, "timestamp", ""),
            detail: value.to_string(),
        }],
        statuses: Vec::new(),
    }
}
