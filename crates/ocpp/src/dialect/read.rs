//! Reading of a payload that has been checked or repaired, field by field.
//!
//! Owns the conversions of JSON to text, whole numbers and moments, and the list of what was odd
//! on the way. Refuses to fail: what cannot be read is absent.

use chrono::{DateTime, NaiveDateTime, Utc};
use domain::clock::Moment;
use domain::deviation::Deviation;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Number, Value};

/// What is needed and gathered while a message is read.
pub(crate) struct Hearing {
    /// Stands in for dates that cannot be read.
    pub received_at: Moment,
    /// What was odd.
    pub deviations: Vec<Deviation>,
}

impl Hearing {
    pub(crate) fn new(received_at: Moment) -> Self {
        Self {
            received_at,
            deviations: Vec::new(),
        }
    }

    /// Keeps a deviation, once for each place.
    pub(crate) fn note(&mut self, code: &str, path: &str, text: &str) {
        let there = self
            .deviations
            .iter()
            .any(|known| known.code == code && known.path == path);
        if !there {
            self.deviations.push(Deviation {
                code: code.to_owned(),
                path: path.to_owned(),
                text: text.to_owned(),
            });
        }
    }

    /// A date that must be there.
    pub(crate) fn moment(&mut self, of: &Value, key: &str, above: &str) -> Moment {
        match self.moment_if_told(of, key, above) {
            Some(moment) => moment,
            None => {
                if of.get(key).is_none() {
                    let text = "there is no date; the time of arrival is used";
                    self.note("date_missing", &format!("{above}/{key}"), text);
                }
                self.received_at
            }
        }
    }

    /// A date that may be absent.
    pub(crate) fn moment_if_told(&mut self, of: &Value, key: &str, above: &str) -> Option<Moment> {
        let moment = read_moment(of.get(key)?);
        if moment.is_none() {
            self.note(
                "date_unreadable",
                &format!("{above}/{key}"),
                "is not a date",
            );
        }
        moment
    }

    /// The number of an EVSE or connector; 0 when there is none that makes sense.
    pub(crate) fn place(&mut self, of: &Value, key: &str) -> i32 {
        match of.get(key).and_then(whole) {
            Some(number) => match i32::try_from(number) {
                Ok(number) if number >= 0 => number,
                _ => {
                    let text = "no such place; read as the station itself";
                    self.note("value_out_of_range", &format!("/{key}"), text);
                    0
                }
            },
            None => 0,
        }
    }
}

fn read_moment(value: &Value) -> Option<Moment> {
    let text = value.as_str()?.trim();
    if let Ok(date) = DateTime::parse_from_rfc3339(text) {
        return Some(date.with_timezone(&Utc));
    }
    // A time without a zone is UTC (1.6 §3.15), also of a strict station.
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
        .ok()
        .map(|date| date.and_utc())
}

/// A moment as every station reads it: whole seconds, UTC, `Z` (quirk 23).
pub(crate) fn timestamp(moment: Moment) -> String {
    moment.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A text that is there and not empty. Some stations fill up fields with NUL, which means nothing
/// and which not every database keeps.
pub(crate) fn text(of: &Value, key: &str) -> Option<String> {
    let text = of.get(key)?.as_str()?.replace('\0', "");
    (!text.is_empty()).then_some(text)
}

/// The elements of a list; none when there is no list.
pub(crate) fn items<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of.get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A whole number in any spelling, such as `7.0`.
pub(crate) fn whole(value: &Value) -> Option<i64> {
    let number = value.as_number()?;
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    let decimal = decimal(number)?;
    if decimal.fract().is_zero() {
        decimal.to_i64()
    } else {
        None
    }
}

/// A whole number of 32 bits.
pub(crate) fn small(of: &Value, key: &str) -> Option<i32> {
    i32::try_from(whole(of.get(key)?)?).ok()
}

fn decimal(number: &Number) -> Option<Decimal> {
    let text = number.as_str();
    text.parse()
        .or_else(|_| Decimal::from_scientific(text))
        .ok()
}
