//! What of a message cannot be sent again as it was: the numbers that a server draws, and times.

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;

/// The fields in which a station repeats a number that the server drew: sessions of 1.6, reports and
/// transfers, remote starts of 2.x.
const DRAWN: [&str; 3] = ["transactionId", "requestId", "remoteStartId"];

/// How one server's numbers and times become another's.
#[derive(Debug, Default)]
pub(super) struct Mend {
    drawn: HashMap<(&'static str, i64), i64>,
    shift: TimeDelta,
}

impl Mend {
    /// One that moves every time by `shift`.
    pub(super) fn new(shift: TimeDelta) -> Self {
        Self {
            drawn: HashMap::new(),
            shift,
        }
    }

    /// Learns from what a server sent in the log, and what it sends in the same place now.
    pub(super) fn learn(&mut self, logged: &Value, now: &Value) {
        for field in DRAWN {
            let number = |payload: &Value| payload.get(field).and_then(Value::as_i64);
            if let (Some(then), Some(now)) = (number(logged), number(now)) {
                self.drawn.insert((field, then), now);
            }
        }
    }

    /// `payload` as it is sent; the very text where there is nothing to mend.
    pub(super) fn mend(&self, payload: &str) -> String {
        let Ok(mut value) = serde_json::from_str(payload) else {
            return payload.to_owned();
        };
        if self.walk(&mut value) {
            value.to_string()
        } else {
            payload.to_owned()
        }
    }

    /// Mends what is within `value`; whether anything was.
    fn walk(&self, value: &mut Value) -> bool {
        let mut changed = false;
        match value {
            Value::Array(items) => {
                for item in items {
                    changed |= self.walk(item);
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    let drawn = DRAWN.iter().find(|field| *field == name);
                    let now = drawn
                        .zip(value.as_i64())
                        .and_then(|(field, then)| self.drawn.get(&(*field, then)));
                    if let Some(now) = now {
                        *value = Value::from(*now);
                        changed = true;
                    } else {
                        changed |= self.walk(value);
                    }
                }
            }
            Value::String(text) if !self.shift.is_zero() => {
                if let Ok(at) = DateTime::parse_from_rfc3339(text) {
                    let moved = at.with_timezone(&Utc) + self.shift;
                    *text = moved.to_rfc3339_opts(SecondsFormat::Millis, true);
                    changed = true;
                }
            }
            _ => {}
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_of_the_other_server_become_those_of_this_one_and_the_rest_stays() {
        let mut mend = Mend::default();
        mend.learn(&json!({"transactionId": 7}), &json!({"transactionId": 90}));
        mend.learn(&json!({"requestId": 7}), &json!({"status": "Accepted"}));
        assert_eq!(
            mend.mend(r#"{"transactionId":7,"requestId":7}"#),
            r#"{"requestId":7,"transactionId":90}"#
        );
        let odd = r#"{ "meterStop":1.10, "transactionId":8 }"#;
        assert_eq!(mend.mend(odd), odd);
        assert_eq!(mend.mend("[2,"), "[2,");
    }

    #[test]
    fn times_move_together() {
        let mend = Mend::new(TimeDelta::hours(2));
        assert_eq!(
            mend.mend(r#"{"a":[{"timestamp":"2026-11-30T10:00:00+01:00","b":"2026"}]}"#),
            r#"{"a":[{"b":"2026","timestamp":"2026-11-30T11:00:00.000Z"}]}"#
        );
    }
}
