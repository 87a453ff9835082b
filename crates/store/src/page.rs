//! Keyset paging: a cursor is the sort value and id of the last row, bound to the list it came
//! from. Opaque to callers, and refused by any other list.

use crate::error::Error;

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Value of the sort column.
    pub value: String,
    /// Id of the row.
    pub id: uuid::Uuid,
}

impl Cursor {
    /// The text given to callers; `list` names the list with its sort.
    pub fn to_text(&self, list: &str) -> String {
        hex(format!("{list}\u{1f}{}\u{1f}{}", self.value, self.id.simple()).as_bytes())
    }

    /// Reads a cursor of `list`.
    pub fn from_text(text: &str, list: &str) -> Result<Self, Error> {
        let bytes = unhex(text).ok_or(Error::InvalidCursor)?;
        let text = String::from_utf8(bytes).map_err(|_| Error::InvalidCursor)?;
        let mut parts = text.split('\u{1f}');
        let (Some(of), Some(value), Some(id), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Error::InvalidCursor);
        };
        if of != list {
            return Err(Error::InvalidCursor);
        }
        let id = uuid::Uuid::try_parse(id).map_err(|_| Error::InvalidCursor)?;
        Ok(Self {
            value: value.to_owned(),
            id,
        })
    }

    /// The value as a number.
    pub fn number(&self) -> Result<i64, Error> {
        self.value.parse().map_err(|_| Error::InvalidCursor)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok())
        .collect()
}

/// Cuts a list that was read with one row too many, and tells where it went on.
pub(crate) fn cut<T>(
    mut rows: Vec<T>,
    limit: u32,
    list: &str,
    cursor: impl Fn(&T) -> Cursor,
) -> (Vec<T>, Option<String>) {
    let limit = limit as usize;
    if rows.len() <= limit {
        return (rows, None);
    }
    rows.truncate(limit);
    let next = rows.last().map(|row| cursor(row).to_text(list));
    (rows, next)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_cursor_is_refused_by_another_list() {
        let cursor = Cursor {
            value: "Ä-7".to_owned(),
            id: uuid::Uuid::from_u128(7),
        };
        let text = cursor.to_text("stations");
        assert_eq!(Cursor::from_text(&text, "stations").unwrap(), cursor);
        assert!(Cursor::from_text(&text, "sessions").is_err());
        assert!(Cursor::from_text("zz", "stations").is_err());
        assert!(Cursor::from_text("äö", "stations").is_err());
    }
}
