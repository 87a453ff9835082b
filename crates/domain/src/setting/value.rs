//! When two values of a setting are the same: stations change case, order and units of what they
//! were given.

use super::critical::{Sphere, sphere_of};
use crate::command::VariableName;

/// Settings whose value is a set: the order of the items says nothing. Elsewhere it may, as in
/// NetworkConfigurationPriority.
const SETS: [&str; 9] = [
    "connectorphaserotation",
    "metervaluesaligneddata",
    "metervaluessampleddata",
    "stoptxnaligneddata",
    "stoptxnsampleddata",
    "txstartpoint",
    "txstoppoint",
    "supportedidtokentypes",
    "supportedfeatureprofiles",
];

/// Units, what they count in, and how many powers of ten stand between.
const UNITS: [(&str, &str, i32); 9] = [
    ("a", "a", 0),
    ("ma", "a", -3),
    ("v", "v", 0),
    ("w", "w", 0),
    ("kw", "w", 3),
    ("wh", "wh", 0),
    ("kwh", "wh", 3),
    ("s", "s", 0),
    ("ms", "s", -3),
];

/// Whether two values of the setting mean the same.
#[must_use]
pub fn same(name: &VariableName, a: &str, b: &str) -> bool {
    a == b || normalise(name, a) == normalise(name, b)
}

/// The form in which values of the setting are compared; not for writing.
#[must_use]
pub fn normalise(name: &VariableName, value: &str) -> String {
    let variable = name.variable.trim().to_lowercase();
    let exact_case = sphere_of(name) == Some(Sphere::Connection);
    let mut items: Vec<String> = value
        .split(',')
        .map(|item| normal_item(item.trim(), exact_case))
        .collect();
    if SETS.contains(&variable.as_str()) || variable.ends_with("measurands") {
        items.sort();
        items.dedup();
    }
    items.join(",")
}

/// A value as a current in milliamps, where it is one: amperes unless it says another unit.
#[must_use]
pub fn current_ma(value: &str) -> Option<i64> {
    let normal = normal_number(&value.trim().to_lowercase())?;
    let amperes = normal.strip_suffix('a').unwrap_or(&normal);
    let (whole, part) = amperes.split_once('.').unwrap_or((amperes, ""));
    // Less than a milliamp is cut off; a unit of something else is no number.
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    format!("{whole}{part}").parse().ok()
}

fn normal_item(item: &str, exact_case: bool) -> String {
    let lower = item.to_lowercase();
    if lower == "true" || lower == "false" {
        return lower;
    }
    let kept = if exact_case { item } else { lower.as_str() };
    normal_number(&lower).unwrap_or_else(|| kept.to_owned())
}

/// `16`, `16.0` and `+16` are `16`; `16 A` and `16000mA` are `16a`. A text of digits that begins
/// with a nought is a name and no number.
fn normal_number(text: &str) -> Option<String> {
    let end = text.find(|c: char| c.is_ascii_alphabetic());
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let unit = unit.trim();
    let (base, power) = match unit {
        "" => ("", 0),
        _ => UNITS
            .iter()
            .find(|(word, ..)| *word == unit)
            .map(|(_, base, power)| (*base, *power))?,
    };
    let number = number.trim();
    let (sign, digits) = match number.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let name_like = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty() || !plain(whole) || !plain(part) || name_like {
        return None;
    }
    let (all, point) = shifted(whole, part, power);
    let (whole, part) = all.split_at(point);
    let whole = whole.trim_start_matches('0');
    let part = part.trim_end_matches('0');
    let nothing = whole.is_empty() && part.is_empty();
    let sign = if nothing { "" } else { sign };
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if part.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{part}{base}"))
}

/// The digits with noughts enough on both sides, and the place of the point moved by `power`.
fn shifted(whole: &str, part: &str, power: i32) -> (String, usize) {
    let room = power.unsigned_abs() as usize;
    let noughts = "0".repeat(room);
    let point = whole.len() + room;
    let all = format!("{noughts}{whole}{part}{noughts}");
    if power < 0 {
        (all, point - room)
    } else {
        (all, point + room)
    }
}
