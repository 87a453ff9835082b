//! Rows of a file: columns with cells. A cell that a spreadsheet would take for a formula is made
//! plain by an apostrophe before it; numbers that we wrote ourselves are not texts and stay.

use chrono::{DateTime, SecondsFormat, Utc};

/// The media type of comma-separated values (RFC 4180).
pub(crate) const CSV: &str = "text/csv";

/// What can be a row of a file.
pub(crate) trait Row {
    /// The names of the columns: those of the JSON, with a dot between levels.
    const COLUMNS: &'static [&'static str];

    /// One cell for each column.
    fn cells(self) -> Vec<Cell>;
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Not known.
    Empty,
    /// Perhaps the words of a station or a person.
    Text(String),
    /// A number, a moment or a truth value, written by us.
    Plain(String),
}

/// Whether a spreadsheet would take a text for a formula.
pub(crate) fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

impl Cell {
    fn written(self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Plain(text) => text,
            // One that has apostrophes of its own before it gets one more, so that reading it
            // back takes off ours.
            Self::Text(text) if is_formula(text.trim_start_matches('\'')) => format!("'{text}"),
            Self::Text(text) => text,
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<DateTime<Utc>> for Cell {
    fn from(at: DateTime<Utc>) -> Self {
        Self::Plain(at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

macro_rules! plain {
    ($($kind:ty),*) => {$(
        impl From<$kind> for Cell {
            fn from(value: $kind) -> Self {
                Self::Plain(value.to_string())
            }
        }
    )*};
}
plain!(i32, i64, u32, f64, bool);

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

/// Rows as CSV, with the names of the columns before them where `head` says so.
pub(crate) fn csv<R: Row>(rows: Vec<R>, head: bool) -> Result<Vec<u8>, std::io::Error> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    if head {
        writer.write_record(R::COLUMNS)?;
    }
    for row in rows {
        writer.write_record(row.cells().into_iter().map(Cell::written))?;
    }
    writer
        .into_inner()
        .map_err(|error| std::io::Error::other(error.to_string()))
}

/// Declares the columns of a row and the cells in them.
macro_rules! columns {
    ($row:ty: $this:ident => { $($name:literal: $cell:expr,)* }) => {
        impl $crate::table::Row for $row {
            const COLUMNS: &'static [&'static str] = &[$($name),*];

            fn cells(self) -> Vec<$crate::table::Cell> {
                let $this = self;
                vec![$($cell.into()),*]
            }
        }
    };
}
pub(crate) use columns;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    struct One(&'static str, i64);

    columns!(One: one => {
        "text": one.0.to_owned(),
        "number": one.1,
    });

    #[test]
    fn a_text_is_never_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(1)", "\tx", "\rx", "\n=1"] {
            let written = String::from_utf8(csv(vec![One(text, -5)], false).unwrap()).unwrap();
            let cell = written.trim_start_matches('"');
            assert!(cell.starts_with('\''), "{text:?} became {written:?}");
            assert!(written.trim_end().ends_with(",-5"), "{written:?}");
        }
        let written = csv(vec![One("a,\"b\"", 1)], true).unwrap();
        let expected = "text,number\r\n\"a,\"\"b\"\"\",1\r\n";
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }
}
