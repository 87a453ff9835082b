//! Numbers by their digits.
//!
//! Owns the few questions that schemas ask of a number: is it whole, how does it compare with a
//! bound, is it a multiple; and rounding to a step for `lenient`. Answers in time linear in the
//! length of the text, whatever the exponent. Refuses other arithmetic.

use std::cmp::Ordering;

use crate::catalogue::Step;

/// Exponents are held within this, so that adding a length cannot overflow. The digits that would
/// reach across it do not fit in memory.
const FAR: i128 = 1 << 100;

/// A decimal number `±digits × 10^exponent`; the digits have no zero at either end and are empty
/// for 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    digits: String,
    exponent: i128,
}

impl Decimal {
    /// Reads a JSON number; the text must be one.
    pub(crate) fn parse(text: &str) -> Self {
        let negative = text.starts_with('-');
        let text = text.trim_start_matches(['-', '+']);
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent = match exponent.trim_start_matches('+').parse::<i128>() {
            Ok(exponent) => exponent.clamp(-FAR, FAR),
            Err(_) if exponent.starts_with('-') => -FAR,
            Err(_) => FAR,
        };
        let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{before}{after}");
        let digits = all.trim_end_matches('0');
        let zeros = length(&all) - length(digits);
        let digits = digits.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            return Self {
                negative: false,
                digits,
                exponent: 0,
            };
        }
        Self {
            negative,
            digits,
            exponent: exponent - length(after) + zeros,
        }
    }

    /// True when there is no fraction.
    pub(crate) fn is_whole(&self) -> bool {
        self.exponent >= 0
    }

    /// Compares with a whole number.
    pub(crate) fn compare(&self, bound: i64) -> Ordering {
        let bound = Self::parse(&bound.to_string());
        match (self.sign(), bound.sign()) {
            (ours, theirs) if ours != theirs => ours.cmp(&theirs),
            (-1, _) => bound.size(self),
            _ => self.size(&bound),
        }
    }

    /// True when the number is a whole multiple of the step.
    pub(crate) fn is_multiple_of(&self, step: Step) -> bool {
        let shift = self.exponent + i128::from(step.scale);
        if self.digits.is_empty() {
            return true;
        }
        if shift < 0 {
            return false;
        }
        let modulus = u64::from(step.digits);
        let digits = self.digits.bytes().fold(0, |rest, digit| {
            (rest * 10 + u64::from(digit.wrapping_sub(b'0'))) % modulus
        });
        (digits * power_of_ten(shift, modulus)).is_multiple_of(modulus)
    }

    /// The number rounded half away from zero to `places` digits after the point, written plainly;
    /// `None` when that would take more than 40 digits.
    pub(crate) fn rounded(&self, places: u32) -> Option<String> {
        let shift = self.exponent + i128::from(places);
        if self.digits.len() > 40 || shift > 40 {
            return None;
        }
        let mut units: i128 = 0;
        if shift >= 0 {
            let zeros = "0".repeat(usize::try_from(shift).ok()?);
            units = format!("0{}{zeros}", self.digits).parse().ok()?;
        } else if let Ok(cut) = usize::try_from(-shift) {
            let kept = self.digits.len().checked_sub(cut);
            if let Some(kept) = kept {
                units = format!("0{}", &self.digits[..kept]).parse().ok()?;
                if self
                    .digits
                    .as_bytes()
                    .get(kept)
                    .is_some_and(|digit| *digit >= b'5')
                {
                    units += 1;
                }
            }
        }
        let places = places as usize;
        let text = format!("{units:0>width$}", width = places + 1);
        let (whole, part) = text.split_at(text.len() - places);
        let part = part.trim_end_matches('0');
        let sign = if self.negative && units != 0 { "-" } else { "" };
        let dot = if part.is_empty() { "" } else { "." };
        Some(format!("{sign}{whole}{dot}{part}"))
    }

    fn sign(&self) -> i8 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    /// Compares the absolute values of two numbers that are not 0.
    fn size(&self, other: &Self) -> Ordering {
        let top = |number: &Self| length(&number.digits) + number.exponent;
        top(self)
            .cmp(&top(other))
            .then_with(|| self.digits.cmp(&other.digits))
    }
}

fn length(text: &str) -> i128 {
    i128::try_from(text.len()).unwrap_or(FAR)
}

fn power_of_ten(mut exponent: i128, modulus: u64) -> u64 {
    let (mut base, mut result) = (10 % modulus, 1 % modulus);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % modulus;
        }
        base = base * base % modulus;
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENTH: Step = Step {
        digits: 1,
        scale: 1,
    };

    fn number(text: &str) -> Decimal {
        Decimal::parse(text)
    }

    #[test]
    fn multiples_are_exact() {
        for yes in [
            "0", "0.0", "-0", "16", "16.1", "0.3", "1e400", "-7.50", "160e-1", "0e-9",
        ] {
            assert!(number(yes).is_multiple_of(TENTH), "{yes}");
        }
        for no in [
            "0.01",
            "16.05",
            "1e-2",
            "1e-99999999999999999999999999999999999999999999",
        ] {
            assert!(!number(no).is_multiple_of(TENTH), "{no}");
        }
        let quarter = Step {
            digits: 25,
            scale: 2,
        };
        assert!(number("1.75").is_multiple_of(quarter));
        assert!(number("1e30").is_multiple_of(quarter));
        assert!(!number("1.7").is_multiple_of(quarter));
    }

    #[test]
    fn order_is_exact() {
        assert_eq!(number("0.0").compare(0), Ordering::Equal);
        assert_eq!(number("-0.0000001").compare(0), Ordering::Less);
        assert_eq!(
            number("100.0000000000000000000001").compare(100),
            Ordering::Greater
        );
        assert_eq!(number("1e2").compare(100), Ordering::Equal);
        assert_eq!(number("99e0").compare(100), Ordering::Less);
        assert_eq!(number("-101").compare(-100), Ordering::Less);
        assert_eq!(
            number("1e99999999999999999999999999999999999999999").compare(3),
            Ordering::Greater
        );
        assert_eq!(
            number("-1e999999999999999999999999999999999999999").compare(3),
            Ordering::Less
        );
        assert_eq!(
            number("1e-99999999999999999999999999999999999999").compare(1),
            Ordering::Less
        );
    }

    #[test]
    fn whole_is_decided_by_value() {
        for yes in [
            "7",
            "7.0",
            "7e0",
            "70e-1",
            "-0.0",
            "1E400",
            "0e-5",
            "9223372036854775807",
        ] {
            assert!(number(yes).is_whole(), "{yes}");
        }
        for no in ["7.5", "7e-1", "1e-400"] {
            assert!(!number(no).is_whole(), "{no}");
        }
    }

    #[test]
    fn rounds_half_away_from_zero() {
        let cases = [
            ("16.05", 1, "16.1"),
            ("16.04", 1, "16"),
            ("-16.05", 1, "-16.1"),
            ("236.1", 0, "236"),
            ("236.5", 0, "237"),
            ("0.04", 1, "0"),
            ("-0.04", 1, "0"),
            ("0.5", 0, "1"),
            ("0.05", 0, "0"),
            ("9.99", 1, "10"),
            ("1e3", 0, "1000"),
            ("7.0", 0, "7"),
        ];
        for (text, places, wanted) in cases {
            assert_eq!(
                number(text).rounded(places).as_deref(),
                Some(wanted),
                "{text}"
            );
        }
        assert_eq!(number("1e99").rounded(0), None);
        assert_eq!(number("1e-99").rounded(0).as_deref(), Some("0"));
    }
}
