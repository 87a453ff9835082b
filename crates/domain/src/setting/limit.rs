//! Whether a value can be one of a variable, by what the station told of it.

use serde::{Deserialize, Serialize};

use crate::variable::{Mutability, Traits, VariableReading};

/// Why a value cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Misfit {
    /// The station says that nobody may write it.
    ReadOnly,
    /// It is no number, or no yes or no.
    WrongType,
    /// It is less or more than the station takes.
    OutOfRange,
    /// It is none of the allowed values.
    NotInList,
    /// The text is longer than the station takes.
    TooLong,
}

/// What speaks against writing `value`; none where nothing the station told does.
#[must_use]
pub fn misfit(reading: &VariableReading, value: &str) -> Option<Misfit> {
    if reading.mutability == Some(Mutability::ReadOnly) {
        return Some(Misfit::ReadOnly);
    }
    let traits = reading.traits.as_ref()?;
    let kind = traits.data_type.as_deref().unwrap_or_default();
    match kind.to_lowercase().as_str() {
        "integer" => match value.trim().parse::<i64>() {
            Ok(_) => range(traits, value),
            Err(_) => Some(Misfit::WrongType),
        },
        "decimal" => match value.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => range(traits, value),
            _ => Some(Misfit::WrongType),
        },
        "boolean" => {
            let word = value.trim().to_lowercase();
            (!matches!(word.as_str(), "true" | "false")).then_some(Misfit::WrongType)
        }
        "optionlist" => listed(traits, std::iter::once(value)),
        "memberlist" | "sequencelist" => listed(traits, value.split(',')),
        "string" => {
            let longest = traits.max_limit.as_deref().and_then(number);
            #[allow(clippy::cast_precision_loss)] // texts are far shorter than 2^52
            let length = value.chars().count() as f64;
            longest
                .is_some_and(|longest| length > longest)
                .then_some(Misfit::TooLong)
        }
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|n: &f64| n.is_finite())
}

fn range(traits: &Traits, value: &str) -> Option<Misfit> {
    let value = number(value)?;
    let low = traits.min_limit.as_deref().and_then(number);
    let high = traits.max_limit.as_deref().and_then(number);
    let out = low.is_some_and(|low| value < low) || high.is_some_and(|high| value > high);
    out.then_some(Misfit::OutOfRange)
}

fn listed<'a>(traits: &Traits, values: impl Iterator<Item = &'a str>) -> Option<Misfit> {
    if traits.values.is_empty() {
        return None;
    }
    let known = |value: &str| {
        let value = value.trim();
        value.is_empty() || traits.values.iter().any(|v| v.eq_ignore_ascii_case(value))
    };
    let mut values = values;
    values
        .any(|value| !known(value))
        .then_some(Misfit::NotInList)
}
