//! Repair of texts, words, booleans and numbers.

use serde_json::{Number, Value};

use super::{Fixed, Walk, dates, words};
use crate::catalogue::{EnumId, Format, Range};
use crate::check::{Decimal, Path, breaches, is_longer, name_of};
use crate::fault::RpcErrorCode::{PropertyConstraintViolation, TypeConstraintViolation};

impl Walk<'_> {
    pub(super) fn text(
        &mut self,
        value: Value,
        name: &str,
        most: Option<usize>,
        format: Option<Format>,
        path: &Path<'_>,
    ) -> Fixed {
        let is_date = format == Some(Format::DateTime);
        let mut text = match value {
            Value::String(text) => text,
            Value::Number(number) => {
                self.note(path, TypeConstraintViolation, "a number read as a string");
                number.to_string()
            }
            Value::Bool(truth) if !is_date => {
                self.note(path, TypeConstraintViolation, "a boolean read as a string");
                truth.to_string()
            }
            Value::Array(_) | Value::Object(_) if name == "data" => {
                self.note(path, TypeConstraintViolation, "JSON read as its text");
                value.to_string()
            }
            other => {
                let why = format!("must be a string, is {}", name_of(&other));
                return Fixed::Hopeless(other, TypeConstraintViolation, why);
            }
        };
        if is_date {
            return match dates::normalise(&text) {
                dates::Date::Fine => Fixed::Value(Value::String(text)),
                dates::Date::Odd(date) => {
                    self.note(path, PropertyConstraintViolation, "a date in an odd shape");
                    Fixed::Value(Value::String(date))
                }
                dates::Date::Unreadable => Fixed::Hopeless(
                    Value::String(text),
                    PropertyConstraintViolation,
                    "is not a date".to_owned(),
                ),
            };
        }
        let trimmed = text.trim();
        // Texts of several lines (certificates) keep the line break at their end.
        if trimmed.len() < text.len() && name != "data" && !trimmed.contains(['\n', '\r']) {
            self.note(
                path,
                PropertyConstraintViolation,
                "spaces around it cut off",
            );
            text = trimmed.to_owned();
        }
        if let Some(most) = most.filter(|most| is_longer(&text, *most)) {
            let why = format!("cut to {most} characters");
            self.note(path, PropertyConstraintViolation, why);
            text = text.chars().take(most).collect();
        }
        Fixed::Value(Value::String(text))
    }

    pub(super) fn word(&mut self, value: Value, name: &str, id: EnumId, path: &Path<'_>) -> Fixed {
        let known = &self.catalogue.enumeration(id).words;
        let Value::String(text) = &value else {
            let why = format!("must be a string, is {}", name_of(&value));
            return Fixed::Hopeless(value, TypeConstraintViolation, why);
        };
        match words::resolve(name, known, text) {
            words::Meant::Itself => Fixed::Value(value),
            words::Meant::Word(word) => {
                let why = format!("an unknown word read as {word}");
                self.note(path, PropertyConstraintViolation, why);
                Fixed::Value(Value::String(word.to_owned()))
            }
            words::Meant::Nothing | words::Meant::Unknown => Fixed::Hopeless(
                value,
                PropertyConstraintViolation,
                "an unknown word".to_owned(),
            ),
        }
    }

    pub(super) fn boolean(&mut self, value: Value, path: &Path<'_>) -> Fixed {
        let truth = match &value {
            Value::Bool(_) => return Fixed::Value(value),
            Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Some(true),
                "false" | "0" | "no" | "off" => Some(false),
                _ => None,
            },
            Value::Number(number) => match number.as_str() {
                "1" => Some(true),
                "0" => Some(false),
                _ => None,
            },
            _ => None,
        };
        match truth {
            Some(truth) => {
                let why = format!("{} read as a boolean", name_of(&value));
                self.note(path, TypeConstraintViolation, why);
                Fixed::Value(Value::Bool(truth))
            }
            None => {
                let why = format!("must be true or false, is {}", name_of(&value));
                Fixed::Hopeless(value, TypeConstraintViolation, why)
            }
        }
    }

    pub(super) fn integer(
        &mut self,
        value: Value,
        name: &str,
        range: &Range,
        path: &Path<'_>,
    ) -> Fixed {
        let number = match self.digits(value, "an integer", path) {
            Ok(number) => number,
            Err(hopeless) => return hopeless,
        };
        let decimal = Decimal::parse(number.as_str());
        let mut number = number;
        if !decimal.is_whole() {
            let rounded = decimal
                .rounded(0)
                .filter(|_| !is_id(name))
                .and_then(|text| json(&text));
            let Some(rounded) = rounded else {
                let why = "must be an integer, is a number with a fraction".to_owned();
                return Fixed::Hopeless(Value::Number(number), TypeConstraintViolation, why);
            };
            self.note(path, TypeConstraintViolation, "rounded to an integer");
            number = rounded;
        } else if number.as_str().contains(['.', 'e', 'E'])
            && let Some(plain) = decimal.rounded(0).and_then(|text| json(&text))
        {
            if !self.message.whole_decimals {
                let why = "an integer written with a point or exponent";
                self.note(path, TypeConstraintViolation, why);
            }
            number = plain;
        }
        match breaches(&Decimal::parse(number.as_str()), range).pop() {
            Some(why) => Fixed::Hopeless(Value::Number(number), PropertyConstraintViolation, why),
            None => Fixed::Value(Value::Number(number)),
        }
    }

    pub(super) fn number(&mut self, value: Value, range: &Range, path: &Path<'_>) -> Fixed {
        let mut number = match self.digits(value, "a number", path) {
            Ok(number) => number,
            Err(hopeless) => return hopeless,
        };
        let decimal = Decimal::parse(number.as_str());
        // All steps of the official schemas are powers of ten; others are not rounded to.
        if let Some(step) = range
            .step
            .filter(|step| step.digits == 1 && !decimal.is_multiple_of(*step))
            && let Some(rounded) = decimal.rounded(step.scale).and_then(|text| json(&text))
        {
            let why = format!("rounded to {} digits after the point", step.scale);
            self.note(path, PropertyConstraintViolation, why);
            number = rounded;
        }
        match breaches(&Decimal::parse(number.as_str()), range).pop() {
            Some(why) => Fixed::Hopeless(Value::Number(number), PropertyConstraintViolation, why),
            None => Fixed::Value(Value::Number(number)),
        }
    }

    /// A number, or a string that holds one.
    fn digits(&mut self, value: Value, wanted: &str, path: &Path<'_>) -> Result<Number, Fixed> {
        let read = match &value {
            Value::String(text) => plain(text).and_then(|text| json(&text)),
            _ => None,
        };
        match (value, read) {
            (Value::Number(number), _) => Ok(number),
            (_, Some(number)) => {
                self.note(path, TypeConstraintViolation, "a string read as a number");
                Ok(number)
            }
            (other, None) => {
                let why = format!("must be {wanted}, is {}", name_of(&other));
                Err(Fixed::Hopeless(other, TypeConstraintViolation, why))
            }
        }
    }
}

/// Whether rounding this field would make another thing of it.
fn is_id(name: &str) -> bool {
    name.ends_with("Id") || name == "id"
}

fn json(text: &str) -> Option<Number> {
    serde_json::from_str(text).ok()
}

/// The JSON spelling of a number as people and firmware write it: spaces, a plus, leading zeros,
/// a decimal comma, a point without digits on one side.
fn plain(text: &str) -> Option<String> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, part) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(part) || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let dot = if part.is_empty() { "" } else { "." };
    let mut out = format!("{sign}{whole}{dot}{part}");
    if let Some(exponent) = exponent {
        let digits = exponent.trim_start_matches(['+', '-']);
        if digits.is_empty() || digits.len() + 1 < exponent.len() || !all_digits(digits) {
            return None;
        }
        out.push('e');
        out.push_str(exponent);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        let cases = [
            (" 236.1 ", Some("236.1")),
            ("16,5", Some("16.5")),
            ("+7", Some("7")),
            ("007", Some("7")),
            (".5", Some("0.5")),
            ("5.", Some("5")),
            ("-0.0", Some("-0.0")),
            ("1e3", Some("1e3")),
            ("1.000,5", None),
            ("12 A", None),
            ("NaN", None),
            ("", None),
            ("-", None),
            ("1e+-3", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(plain(text).as_deref(), wanted, "{text}");
        }
    }
}
