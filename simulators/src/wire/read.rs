//! Reading fields of a request, in the words of both families.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::Ask;
use crate::charging::{Period, Profile, Purpose};

/// A text field.
pub(super) fn text(payload: &Value, field: &str) -> Option<String> {
    payload
        .get(field)
        .and_then(Value::as_str)
        .map(str::to_owned)
}

/// A text field of an object in a field.
pub(super) fn nested(payload: &Value, object: &str, field: &str) -> Option<String> {
    payload.get(object).and_then(|object| text(object, field))
}

/// An integer field.
pub(super) fn int(payload: &Value, field: &str) -> Option<i64> {
    payload.get(field).and_then(Value::as_i64)
}

/// A connector or EVSE number.
pub(super) fn number(payload: &Value, field: &str) -> Option<u32> {
    int(payload, field).and_then(|n| u32::try_from(n).ok())
}

/// The answer to a request that lacks `field`.
pub(super) fn missing(v16: bool, field: &str) -> Ask {
    let code = if v16 {
        "OccurenceConstraintViolation"
    } else {
        "OccurrenceConstraintViolation"
    };
    Ask::Malformed {
        code,
        text: format!("{field} is missing or has the wrong type"),
    }
}

fn moment(payload: &Value, field: &str) -> Option<DateTime<Utc>> {
    let text = payload.get(field)?.as_str()?;
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|at| at.with_timezone(&Utc))
}

/// A charging profile of 1.6 or 2.x (there, the first of its schedules).
pub(super) fn profile(value: &Value) -> Option<Profile> {
    let id = int(value, "chargingProfileId").or_else(|| int(value, "id"))?;
    let purpose = match value.get("chargingProfilePurpose")?.as_str()? {
        "ChargePointMaxProfile" | "ChargingStationMaxProfile" => Purpose::Station,
        "TxDefaultProfile" => Purpose::Default,
        "TxProfile" => Purpose::Session,
        _ => return None,
    };
    let schedule = value.get("chargingSchedule")?;
    let schedule = schedule.get(0).unwrap_or(schedule);
    let periods = schedule
        .get("chargingSchedulePeriod")?
        .as_array()?
        .iter()
        .map(|row| {
            Some(Period {
                from_s: int(row, "startPeriod")?,
                limit: row.get("limit")?.as_f64()?,
                phases: number(row, "numberPhases").and_then(|n| u8::try_from(n).ok()),
            })
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Profile {
        id,
        purpose,
        stack_level: int(value, "stackLevel").unwrap_or(0),
        amps: schedule.get("chargingRateUnit")?.as_str()? == "A",
        start: moment(schedule, "startSchedule"),
        duration_s: int(schedule, "duration"),
        periods,
    })
}
