//! A row of SteVe's by the names of its columns. Refuses a value that is not what the column holds;
//! says so without the value, which may be a person's.

use chrono::{DateTime, NaiveDateTime, Utc};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::sql::{Place, Row, Table, Value};

/// What is wrong with a value: its column, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    /// The column.
    pub column: &'static str,
    /// Why.
    pub why: &'static str,
}

impl std::fmt::Display for Odd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.column, self.why)
    }
}

/// A row with its table.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    table: &'a Table,
    row: &'a Row,
}

impl<'a> Fields<'a> {
    /// A row of a table.
    pub const fn new(table: &'a Table, row: &'a Row) -> Self {
        Self { table, row }
    }

    /// Where the row stands in the dump.
    pub const fn place(&self) -> Place {
        self.row.place
    }

    /// Whether the table has a column.
    pub fn has(&self, column: &str) -> bool {
        self.table.columns.iter().any(|name| name == column)
    }

    fn value(&self, column: &str) -> Option<&'a Value> {
        let at = self.table.columns.iter().position(|name| name == column)?;
        self.row.values.get(at)
    }

    /// A text; none where there is none, or no such column.
    pub fn text(&self, column: &'static str) -> Result<Option<String>, Odd> {
        match self.value(column) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(text)) => Ok(Some(text.clone())),
            Some(Value::Bytes(bytes)) => match String::from_utf8(bytes.clone()) {
                Ok(text) => Ok(Some(text)),
                Err(_) => Err(Odd {
                    column,
                    why: "is not UTF-8",
                }),
            },
        }
    }

    /// A text without white space at its ends; none where nothing is left.
    pub fn words(&self, column: &'static str) -> Result<Option<String>, Odd> {
        let text = self.text(column)?;
        let text = text.map(|text| text.trim().to_owned());
        Ok(text.filter(|text| !text.is_empty()))
    }

    /// A text that must be there.
    pub fn needed(&self, column: &'static str) -> Result<String, Odd> {
        let why = "has no value";
        self.text(column)?.ok_or(Odd { column, why })
    }

    /// A whole number.
    pub fn number(&self, column: &'static str) -> Result<Option<i64>, Odd> {
        let why = "is no whole number";
        self.words(column)?
            .map(|text| text.parse().map_err(|_| Odd { column, why }))
            .transpose()
    }

    /// A whole number that must be there.
    pub fn key(&self, column: &'static str) -> Result<i64, Odd> {
        let why = "has no value";
        self.number(column)?.ok_or(Odd { column, why })
    }

    /// A decimal number times `factor`, rounded.
    pub fn scaled(&self, column: &'static str, factor: i64) -> Result<Option<i64>, Odd> {
        let why = "is no number";
        let Some(text) = self.words(column)? else {
            return Ok(None);
        };
        let number = || {
            let number: Decimal = text.parse().ok()?;
            let scaled = number.checked_mul(Decimal::from(factor))?;
            scaled
                .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
                .to_i64()
        };
        number().map(Some).ok_or(Odd { column, why })
    }

    /// A moment in UTC; MySQL's zero date is none.
    pub fn moment(&self, column: &'static str) -> Result<Option<DateTime<Utc>>, Odd> {
        let Some(text) = self.words(column)? else {
            return Ok(None);
        };
        if text.starts_with("0000-00-00") {
            return Ok(None);
        }
        let why = "is no moment";
        NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f")
            .map(|moment| Some(moment.and_utc()))
            .map_err(|_| Odd { column, why })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn values_are_what_their_columns_hold_or_are_refused_by_name() {
        let columns = ["n", "t", "d", "m", "z", "b", "e"]
            .map(str::to_owned)
            .to_vec();
        let table = Table {
            name: "x".to_owned(),
            columns,
        };
        let text = |text: &str| Value::Bytes(text.as_bytes().to_vec());
        let values = vec![
            Value::Number("42".to_owned()),
            text(" a b "),
            text("52.52000005"),
            text("2026-03-01 10:00:00.123456"),
            text("0000-00-00 00:00:00"),
            Value::Bytes(vec![0xff]),
            text(" "),
        ];
        let place = Place { byte: 0, line: 1 };
        let row = Row { place, values };
        let fields = Fields::new(&table, &row);
        assert_eq!(fields.key("n"), Ok(42));
        assert_eq!(fields.words("t"), Ok(Some("a b".to_owned())));
        assert_eq!(fields.scaled("d", 10_000_000), Ok(Some(525_200_001)));
        let at = fields.moment("m").unwrap().unwrap();
        assert_eq!(at.timestamp_micros(), 1_772_359_200_123_456);
        assert_eq!(fields.moment("z"), Ok(None));
        assert_eq!(fields.words("e"), Ok(None));
        assert_eq!(fields.text("nowhere"), Ok(None));
        for odd in [
            fields.number("t").unwrap_err(),
            fields.moment("t").unwrap_err(),
            fields.scaled("t", 1).unwrap_err(),
        ] {
            assert_eq!(odd.column, "t");
        }
        assert_eq!(fields.text("b").unwrap_err().to_string(), "b is not UTF-8");
        assert_eq!(fields.needed("nowhere").unwrap_err().why, "has no value");
    }
}
