//! Bad manners on request: what strange chargers do to their messages.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde_json::Value;

/// One way of misbehaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manner {
    /// Sends every start of a session twice: same content, new message id.
    DuplicateStart,
    /// Has no clock: times count from 1970.
    ClockOf1970,
    /// Writes times without a zone.
    ClockWithoutZone,
    /// Sends the first half of a message's JSON, then the whole message.
    HalfJson,
    /// Writes half a WebSocket frame for its next message, then the connection breaks off.
    HalfFrame,
    /// Falls silent after its next message: the socket stays open, nothing is read or written.
    SilentDeath,
    /// Writes `null` in place of an empty payload.
    NullPayloads,
    /// Writes numbers as strings.
    WrongTypes,
    /// Uses one message id for everything.
    ReusedMessageIds,
    /// Writes serial numbers, models and versions far longer than allowed.
    OverlongStrings,
    /// Sends meter values with transaction id 2^63 − 1 (1.6).
    HugeTransactionId,
    /// Hears the calls of the central system, and neither obeys nor answers.
    Unanswering,
    /// Obeys the calls of the central system and keeps its answers back until this ends.
    HoldingAnswers,
    /// Declines updates of firmware.
    FirmwareRefused,
    /// Cannot fetch the file of an update.
    FirmwareDownloadFails,
    /// Fetches an update and cannot install it.
    FirmwareInstallFails,
    /// Agrees to an update and never tells of it again.
    FirmwareSilent,
    /// Says that it downloads firmware, and never anything more about it.
    HangsInDownload,
    /// Fetches firmware in parts, by HTTP ranges.
    FetchesInParts,
    /// Finds the signature of firmware wrong.
    BadSignature,
    /// Says that it installs firmware, and never anything more about it.
    HangsInInstall,
    /// Runs the new firmware after its restart, and does not say that it is installed.
    SilentInstall,
    /// Refuses to send logs.
    RefusesLogs,
    /// Says that it sends a log, and never anything more about it.
    HangsInUpload,
    /// Cannot send a log.
    UploadFails,
    /// Sends logs by HTTP POST.
    UploadsByPost,
    /// Restarts once, right after it answered the first write of a setting.
    RebootsBetweenKeys,
    /// Has the settings of the factory after each restart.
    ForgetsSettings,
    /// Takes every setting with its next restart only.
    TakesLater,
    /// Declines every setting.
    DeclinesSettings,
    /// Restarts without an answer when it is asked for all its settings at once.
    CrashesOnFullRead,
}

/// All manners, for lists and help.
pub const ALL: [(&str, Manner); 31] = [
    ("duplicate-start", Manner::DuplicateStart),
    ("clock-1970", Manner::ClockOf1970),
    ("clock-without-zone", Manner::ClockWithoutZone),
    ("half-json", Manner::HalfJson),
    ("half-frame", Manner::HalfFrame),
    ("silent-death", Manner::SilentDeath),
    ("null-payloads", Manner::NullPayloads),
    ("wrong-types", Manner::WrongTypes),
    ("reused-message-ids", Manner::ReusedMessageIds),
    ("overlong-strings", Manner::OverlongStrings),
    ("huge-transaction-id", Manner::HugeTransactionId),
    ("unanswering", Manner::Unanswering),
    ("holding-answers", Manner::HoldingAnswers),
    ("firmware-refused", Manner::FirmwareRefused),
    ("firmware-download-fails", Manner::FirmwareDownloadFails),
    ("firmware-install-fails", Manner::FirmwareInstallFails),
    ("firmware-silent", Manner::FirmwareSilent),
    ("hangs-in-download", Manner::HangsInDownload),
    ("fetches-in-parts", Manner::FetchesInParts),
    ("bad-signature", Manner::BadSignature),
    ("hangs-in-install", Manner::HangsInInstall),
    ("silent-install", Manner::SilentInstall),
    ("refuses-logs", Manner::RefusesLogs),
    ("hangs-in-upload", Manner::HangsInUpload),
    ("upload-fails", Manner::UploadFails),
    ("uploads-by-post", Manner::UploadsByPost),
    ("reboots-between-keys", Manner::RebootsBetweenKeys),
    ("forgets-settings", Manner::ForgetsSettings),
    ("takes-later", Manner::TakesLater),
    ("declines-settings", Manner::DeclinesSettings),
    ("crashes-on-full-read", Manner::CrashesOnFullRead),
];

impl std::str::FromStr for Manner {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        ALL.iter()
            .find(|(name, _)| *name == text)
            .map(|(_, manner)| *manner)
            .ok_or_else(|| {
                let names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
                format!("unknown manner {text:?}; use one of {}", names.join(", "))
            })
    }
}

/// Spoils a payload as the manners demand; `since` is when the station's clock began.
pub(super) fn spoil(
    manners: &HashSet<Manner>,
    action: &str,
    payload: String,
    since: DateTime<Utc>,
) -> String {
    if manners.is_empty() {
        return payload;
    }
    let Ok(mut value) = serde_json::from_str::<Value>(&payload) else {
        return payload;
    };
    let has = |manner| manners.contains(&manner);
    if has(Manner::ClockOf1970) || has(Manner::ClockWithoutZone) {
        spoil_times(
            &mut value,
            has(Manner::ClockOf1970).then_some(since),
            has(Manner::ClockWithoutZone),
        );
    }
    if has(Manner::OverlongStrings) {
        lengthen(&mut value);
    }
    let huge = has(Manner::HugeTransactionId) && action == "MeterValues";
    if let (true, Some(id)) = (huge, value.get_mut("transactionId")) {
        *id = Value::from(i64::MAX);
    }
    if has(Manner::WrongTypes) {
        numbers_as_text(&mut value);
    }
    if has(Manner::NullPayloads) && value.as_object().is_some_and(serde_json::Map::is_empty) {
        value = Value::Null;
    }
    value.to_string()
}

fn each(value: &mut Value, change: &mut impl FnMut(&str, &mut Value)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                change(name, field);
                each(field, change);
            }
        }
        Value::Array(rows) => rows.iter_mut().for_each(|row| each(row, change)),
        _ => {}
    }
}

fn spoil_times(value: &mut Value, since: Option<DateTime<Utc>>, no_zone: bool) {
    each(value, &mut |name, field| {
        if !matches!(name, "timestamp" | "generatedAt") {
            return;
        }
        let Some(at) = field
            .as_str()
            .and_then(|t| DateTime::parse_from_rfc3339(t).ok())
        else {
            return;
        };
        let mut at = at.with_timezone(&Utc);
        if let Some(since) = since {
            at = DateTime::UNIX_EPOCH + at.signed_duration_since(since);
        }
        let zone = if no_zone { "" } else { "Z" };
        *field = Value::from(format!("{}{zone}", at.format("%Y-%m-%dT%H:%M:%S")));
    });
}

fn lengthen(value: &mut Value) {
    each(value, &mut |name, field| {
        let long = matches!(
            name,
            "chargePointSerialNumber"
                | "chargePointModel"
                | "serialNumber"
                | "model"
                | "firmwareVersion"
        );
        if let (true, Some(text)) = (long, field.as_str()) {
            *field = Value::from(format!("{text}-{}", "0123456789".repeat(8)));
        }
    });
}

fn numbers_as_text(value: &mut Value) {
    each(value, &mut |_, field| {
        if let Value::Number(number) = field {
            *field = Value::from(number.to_string());
        }
    });
}
