//! What a 2.x station says.
//!
//! Owns the reading of every message that the house acts on. What is missing is read as absent:
//! `evse`, `idToken` and `reservationId` are sent only once in a transaction anyway (2.x Part 2 E
//! §1.5).

use domain::message::{
    Boot, ChargingState, Message, MeterReport, Notice, NoticeKind, Phase, StatusReport,
    TransactionName, TransactionReport, VendorMessage,
};
use domain::station::{ConnectorStatus, Hardware};
use domain::token::{PresentedToken, TokenKind, TokenUid};
use serde_json::Value;

use super::device_model;
use crate::dialect::{Hearing, Wording, points, small, text, whole};

/// Lifts a payload that has been checked or repaired.
pub(crate) fn lift(action: &str, value: &Value, hearing: &mut Hearing) -> Message {
    match action {
        "BootNotification" => boot(value),
        "Heartbeat" => Message::Heartbeat,
        "StatusNotification" => Message::Status(status(value, hearing)),
        "Authorize" => Message::Authorize(token(value).unwrap_or_else(|| PresentedToken {
            uid: TokenUid::new(""),
            kind: TokenKind::Other,
        })),
        "TransactionEvent" => transaction(value, hearing),
        "MeterValues" => Message::Meter(MeterReport {
            evse: hearing.place(value, "evseId"),
            transaction: None,
            points: points(value, "meterValue", Wording::Numbers, hearing),
        }),
        "DataTransfer" => Message::Vendor(VendorMessage {
            vendor: text(value, "vendorId").unwrap_or_default(),
            message: text(value, "messageId"),
            data: value.get("data").map(Value::to_string),
        }),
        "NotifyReport" => device_model::report(value),
        "NotifyEvent" => device_model::events(value, hearing),
        "FirmwareStatusNotification" | "PublishFirmwareStatusNotification" => {
            notice(NoticeKind::FirmwareStatus, "status", value, hearing)
        }
        "LogStatusNotification" => notice(NoticeKind::LogStatus, "status", value, hearing),
        "SecurityEventNotification" => notice(NoticeKind::SecurityEvent, "type", value, hearing),
        other => Message::Other {
            action: other.to_owned(),
        },
    }
}

fn boot(value: &Value) -> Message {
    let station = value.get("chargingStation").unwrap_or(&Value::Null);
    let modem = station.get("modem").unwrap_or(&Value::Null);
    Message::Boot(Boot {
        hardware: Hardware {
            vendor: text(station, "vendorName"),
            model: text(station, "model"),
            serial_number: text(station, "serialNumber"),
            firmware_version: text(station, "firmwareVersion"),
            iccid: text(modem, "iccid"),
            imsi: text(modem, "imsi"),
        },
        reason: text(value, "reason"),
    })
}

fn status(value: &Value, hearing: &mut Hearing) -> StatusReport {
    let evse = hearing.place(value, "evseId");
    let connector = hearing.place(value, "connectorId");
    StatusReport {
        evse,
        connector: if evse == 0 { 0 } else { connector },
        status: connector_status(value.get("connectorStatus")),
        error_code: None,
        error_info: None,
        at: hearing.moment_if_told(value, "timestamp", ""),
    }
}

/// The five words of 2.x, in StatusNotification and in AvailabilityState.
pub(super) fn connector_status(word: Option<&Value>) -> ConnectorStatus {
    let word = word.and_then(Value::as_str).unwrap_or_default();
    match word.trim().to_ascii_lowercase().as_str() {
        "available" => ConnectorStatus::Available,
        "occupied" => ConnectorStatus::Occupied,
        "reserved" => ConnectorStatus::Reserved,
        "unavailable" => ConnectorStatus::Unavailable,
        "faulted" => ConnectorStatus::Faulted,
        _ => ConnectorStatus::Unknown,
    }
}

fn token(value: &Value) -> Option<PresentedToken> {
    let token = value.get("idToken")?;
    let kind = match token.get("type").and_then(Value::as_str)? {
        "Central" => TokenKind::Central,
        "eMAID" => TokenKind::Emaid,
        "ISO14443" => TokenKind::Iso14443,
        "ISO15693" => TokenKind::Iso15693,
        "KeyCode" => TokenKind::KeyCode,
        "Local" => TokenKind::Local,
        "MacAddress" => TokenKind::MacAddress,
        "NoAuthorization" => TokenKind::NoAuthorization,
        _ => TokenKind::Other,
    };
    let uid = text(token, "idToken");
    // Without authorization there is a token with nothing on it.
    if uid.is_none() && kind != TokenKind::NoAuthorization {
        return None;
    }
    Some(PresentedToken {
        uid: TokenUid::new(&uid.unwrap_or_default()),
        kind,
    })
}

fn transaction(value: &Value, hearing: &mut Hearing) -> Message {
    let info = value.get("transactionInfo").unwrap_or(&Value::Null);
    let evse = value.get("evse").unwrap_or(&Value::Null);
    let phase = match value.get("eventType").and_then(Value::as_str) {
        Some("Started") => Phase::Started,
        Some("Ended") => Phase::Ended,
        _ => Phase::Updated,
    };
    let reason = text(info, "stoppedReason");
    Message::Transaction(Box::new(TransactionReport {
        phase,
        name: match text(info, "transactionId") {
            Some(id) => TransactionName::Given(id),
            None => {
                let text = "the transaction has no name";
                hearing.note("transaction_lost", "/transactionInfo/transactionId", text);
                TransactionName::Lost(String::new())
            }
        },
        evse: small(evse, "id"),
        connector: small(evse, "connectorId"),
        token: token(value),
        at: hearing.moment(value, "timestamp", ""),
        seq: value.get("seqNo").and_then(whole),
        offline: value
            .get("offline")
            .and_then(Value::as_bool)
            .unwrap_or(false),
        trigger: text(value, "triggerReason"),
        stop_reason: match phase {
            // Part 2 §2.48: may only be left out when it is Local.
            Phase::Ended => Some(reason.unwrap_or_else(|| "Local".to_owned())),
            _ => reason,
        },
        charging: match info.get("chargingState").and_then(Value::as_str) {
            Some("Charging") => Some(ChargingState::Charging),
            Some("EVConnected") => Some(ChargingState::EvConnected),
            Some("SuspendedEV") => Some(ChargingState::SuspendedEv),
            Some("SuspendedEVSE") => Some(ChargingState::SuspendedEvse),
            Some("Idle") => Some(ChargingState::Idle),
            _ => None,
        },
        register: None,
        points: points(value, "meterValue", Wording::Numbers, hearing),
        remote_start: small(info, "remoteStartId"),
        reservation: small(value, "reservationId"),
    }))
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
