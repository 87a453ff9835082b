//! Dates in the shapes that stations write (quirks 36 and 37).
//!
//! Owns the reading of a date of any shape and its rewriting as RFC 3339 in UTC. A time without a
//! zone is read as UTC, which the specification asks stations to use (2.x Part 2 §3.2; 1.6 §3.15).
//! Refuses to judge whether a time makes sense.

use chrono::{DateTime, Duration, NaiveDate};

/// What a text is as a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Date {
    /// RFC 3339 as it should be.
    Fine,
    /// Readable; this is the right form.
    Odd(String),
    /// No date.
    Unreadable,
}

/// Judges a text and gives its right form.
pub(super) fn normalise(text: &str) -> Date {
    let Some((right, exact)) = read(text.trim()) else {
        return Date::Unreadable;
    };
    if exact && text.trim().len() == text.len() {
        Date::Fine
    } else {
        Date::Odd(right)
    }
}

/// The date in UTC, and whether it was written exactly as RFC 3339 wants.
fn read(text: &str) -> Option<(String, bool)> {
    if text.len() >= 10 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        let date = match text.len() {
            10 => DateTime::from_timestamp(number, 0)?,
            13 => DateTime::from_timestamp_millis(number)?,
            _ => return None,
        };
        return Some((date.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string(), false));
    }
    let mut scan = Scan {
        rest: text,
        exact: true,
    };
    let year = scan.digits(4, 4)?;
    let (month, day) = if scan.one_of(&['-'], &['/', '.']) {
        let month = scan.digits(1, 2)?;
        if !scan.one_of(&['-'], &['/', '.']) {
            return None;
        }
        (month, scan.digits(1, 2)?)
    } else {
        scan.exact = false;
        (scan.digits(2, 2)?, scan.digits(2, 2)?)
    };
    let (mut hour, mut minute, mut second, mut fraction) = (0, 0, 0, "");
    if scan.one_of(&['T'], &['t', ' ', '_']) {
        scan.spaces();
        hour = scan.digits(1, 2)?;
        let colon = scan.one_of(&[':'], &[]);
        scan.exact &= colon;
        minute = scan.digits(2, 2)?;
        if scan.one_of(&[':'], &[]) || (!colon && scan.starts_with_digit()) {
            second = scan.digits(2, 2)?;
            if scan.one_of(&['.'], &[',']) {
                fraction = scan.run_of_digits()?;
            }
        } else {
            scan.exact = false;
        }
    } else {
        scan.exact = false;
    }
    let offset = scan.zone()?;
    if !scan.rest.is_empty() {
        return None;
    }
    if second == 60 {
        (second, scan.exact) = (59, false);
    }
    let (mut days, midnight) = (0, hour == 24 && minute == 0 && second == 0);
    if midnight {
        (hour, days, scan.exact) = (0, 1, false);
    }
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let time = date.and_hms_opt(hour, minute, second)?;
    let utc = time
        .checked_add_signed(Duration::days(days))?
        .checked_sub_signed(Duration::minutes(offset))?;
    let fraction = fraction.get(..9).unwrap_or(fraction).trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    Some((
        format!("{}{dot}{fraction}Z", utc.format("%Y-%m-%dT%H:%M:%S")),
        scan.exact,
    ))
}

struct Scan<'a> {
    rest: &'a str,
    /// False as soon as something is not as RFC 3339 wants.
    exact: bool,
}

impl<'a> Scan<'a> {
    /// A number of `least` to `most` digits; exact only with `most`.
    fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let there = self
            .rest
            .bytes()
            .take(most)
            .take_while(u8::is_ascii_digit)
            .count();
        if there < least {
            return None;
        }
        self.exact &= there == most;
        let (digits, rest) = self.rest.split_at(there);
        self.rest = rest;
        digits.parse().ok()
    }

    fn run_of_digits(&mut self) -> Option<&'a str> {
        let there = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(there);
        self.rest = rest;
        (there > 0).then_some(digits)
    }

    fn starts_with_digit(&self) -> bool {
        self.rest.starts_with(|c: char| c.is_ascii_digit())
    }

    /// Takes one symbol: a right one, or an odd one.
    fn one_of(&mut self, right: &[char], odd: &[char]) -> bool {
        let (is_right, is_odd) = (self.rest.starts_with(right), self.rest.starts_with(odd));
        if is_right || is_odd {
            self.rest = &self.rest[1..];
            self.exact &= is_right;
        }
        is_right || is_odd
    }

    fn spaces(&mut self) {
        let rest = self.rest.trim_start();
        self.exact &= rest.len() == self.rest.len();
        self.rest = rest;
    }

    /// The offset from UTC in minutes; takes the rest of the text.
    fn zone(&mut self) -> Option<i64> {
        self.spaces();
        if self.rest == "Z" {
            self.rest = "";
            return Some(0);
        }
        if self.rest.is_empty() || ["z", "UTC", "GMT", "utc"].contains(&self.rest) {
            self.exact = false;
            self.rest = "";
            return Some(0);
        }
        let sign = match self.rest.as_bytes().first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return None,
        };
        self.rest = &self.rest[1..];
        let hours = self.digits(1, 2)?;
        self.exact &= self.rest.starts_with(':');
        self.rest = self.rest.strip_prefix(':').unwrap_or(self.rest);
        let minutes = if self.rest.is_empty() {
            0
        } else {
            self.digits(2, 2)?
        };
        (hours < 24 && minutes < 60).then(|| sign * i64::from(hours * 60 + minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_dates_stay() {
        for text in [
            "2023-10-19T15:28:07Z",
            "2023-10-19T15:28:07.123456789Z",
            "2023-10-19T15:28:07+02:00",
            "1970-01-01T00:00:00.0-00:00",
            "2024-02-29T23:59:59Z",
        ] {
            assert_eq!(normalise(text), Date::Fine, "{text}");
        }
    }

    #[test]
    fn odd_dates_are_rewritten() {
        for (text, wanted) in [
            ("2023-10-19T15:28:07", "2023-10-19T15:28:07Z"),
            ("2023-10-19T15:28:07+02", "2023-10-19T13:28:07Z"),
            ("2023-10-19T15:28:07+0200", "2023-10-19T13:28:07Z"),
            ("2023-10-19T15:28:07-0530", "2023-10-19T20:58:07Z"),
            ("2023-10-19 15:28:07Z", "2023-10-19T15:28:07Z"),
            ("2023-10-19 15:28:07 +0000", "2023-10-19T15:28:07Z"),
            ("2023-10-19t15:28:07z", "2023-10-19T15:28:07Z"),
            ("2023-10-19T15:28:07.500 UTC", "2023-10-19T15:28:07.5Z"),
            ("2023-10-19T15:28:07,25Z", "2023-10-19T15:28:07.25Z"),
            ("2023-10-19T15:28Z", "2023-10-19T15:28:00Z"),
            ("2023-10-19", "2023-10-19T00:00:00Z"),
            ("20231019T152807Z", "2023-10-19T15:28:07Z"),
            ("2023/10/9 5:28:07", "2023-10-09T05:28:07Z"),
            (" 2023-10-19T15:28:07Z ", "2023-10-19T15:28:07Z"),
            ("2023-12-31T24:00:00Z", "2024-01-01T00:00:00Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("1697729287", "2023-10-19T15:28:07Z"),
            ("1697729287123", "2023-10-19T15:28:07.123Z"),
        ] {
            assert_eq!(normalise(text), Date::Odd(wanted.to_owned()), "{text}");
        }
    }

    #[test]
    fn nonsense_is_no_date() {
        for text in [
            "",
            "now",
            "2023-13-01T00:00:00Z",
            "2023-02-30T00:00:00Z",
            "2023-10-19T25:00:00Z",
            "2023-10-19T15:28:07+99:00",
            "2023-10-19T15:28:07Zulu",
            "19.10.2023 15:28",
            "12345",
            "２０２３-10-19T15:28:07Z",
            "2023-10-19T15:28:07.Z",
        ] {
            assert_eq!(normalise(text), Date::Unreadable, "{text}");
        }
    }
}
