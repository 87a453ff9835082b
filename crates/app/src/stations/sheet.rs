//! A file of comma-separated values as spreadsheets write it (RFC 4180): UTF-8 with or without a
//! byte order mark, with commas, semicolons or tabulators. Owns where each row begins and what is
//! wrong with its quotes, which the reader that takes the cells out would forgive without a word.
//! Refuses a file that is not UTF-8 as a whole; a row with wrong quotes does not harm the others.

use crate::error::Problem;

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sheet {
    /// Where the names of the columns stand.
    pub header: Line,
    /// The rows below; those without any text are left out.
    pub rows: Vec<Line>,
}

/// A row with the line of the file on which it begins, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The line.
    pub number: usize,
    /// Its cells without the white space around them, or what is wrong with its quotes.
    pub cells: Result<Vec<String>, String>,
}

/// Reads a file with at most `most` rows below its header.
pub(super) fn read(bytes: &[u8], most: usize) -> Result<Sheet, Problem> {
    let text = text(bytes)?;
    let delimiter = delimiter(text);
    let mut lines = records(text, delimiter);
    if lines.is_empty() {
        let detail = "The file is empty: its first row names the columns.";
        return Err(Problem::at("/1", "required", detail));
    }
    let header = lines.remove(0);
    if lines.len() > most {
        let detail = format!(
            "The file has {} rows, and {most} at most are taken at once.",
            lines.len()
        );
        return Err(Problem::at("", "too_many_rows", detail));
    }
    Ok(Sheet {
        header,
        rows: lines,
    })
}

fn text(bytes: &[u8]) -> Result<&str, Problem> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let detail = "The file is UTF-16: save it as CSV in UTF-8.";
        return Err(Problem::at("", "encoding", detail));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let detail = format!("Line {line} is not UTF-8: save the file as CSV in UTF-8.");
        Problem::at(&format!("/{line}"), "encoding", detail)
    })
}

/// What stands between cells: what stands most often in the header. One column alone has none.
fn delimiter(text: &str) -> char {
    let header = text.lines().find(|line| !line.trim().is_empty());
    let header = header.unwrap_or_default();
    let count = |one: char| header.chars().filter(|c| *c == one).count();
    let (commas, semicolons, tabulators) = (count(','), count(';'), count('\t'));
    if semicolons > commas.max(tabulators) {
        ';'
    } else if tabulators > commas {
        '\t'
    } else {
        ','
    }
}

/// Where the reading of a record is.
enum Place {
    /// Before the first character of a cell.
    Start,
    /// In a cell without quotes.
    Plain,
    /// In quotes.
    Quoted,
    /// After a quote that may be the closing one.
    Closed,
}

/// A record that is being read.
struct Record {
    begin: usize,
    line: usize,
    flaw: Option<String>,
}

fn records(text: &str, delimiter: char) -> Vec<Line> {
    let mut found = Vec::new();
    let (mut line, mut column) = (1, 0);
    let mut place = Place::Start;
    let mut opened = (1, 1);
    let mut record = Record {
        begin: 0,
        line: 1,
        flaw: None,
    };
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        column += 1;
        let follows_feed = c == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n');
        let ends_line = c == '\n' || (c == '\r' && !follows_feed);
        let flaw = |what: &str| format!("Line {line}, character {column}: {what}");
        match place {
            Place::Quoted if c == '"' => place = Place::Closed,
            Place::Quoted => {}
            _ if ends_line => {
                found.extend(finish(&record, &text[record.begin..at], delimiter));
                place = Place::Start;
                record = Record {
                    begin: at + c.len_utf8(),
                    line: line + 1,
                    flaw: None,
                };
            }
            _ if follows_feed => {}
            _ if c == delimiter => place = Place::Start,
            Place::Start if c == '"' => {
                (place, opened) = (Place::Quoted, (line, column));
            }
            Place::Closed if c == '"' => place = Place::Quoted,
            Place::Closed => {
                let what = "after a closing quote only the next cell can follow.";
                record.flaw.get_or_insert_with(|| flaw(what));
                place = Place::Plain;
            }
            Place::Plain if c == '"' => {
                let what = "a quote within a text: put the whole cell in quotes, and double the \
                            quotes in it.";
                record.flaw.get_or_insert_with(|| flaw(what));
            }
            Place::Start | Place::Plain => place = Place::Plain,
        }
        if ends_line {
            (line, column) = (line + 1, 0);
        }
    }
    if matches!(place, Place::Quoted) {
        let (line, column) = opened;
        record.flaw = Some(format!(
            "Line {line}, character {column}: this quote is never closed, and nothing after it can \
             be read."
        ));
    }
    found.extend(finish(&record, &text[record.begin..], delimiter));
    found
}

/// The row of a record; none where it holds no text at all.
fn finish(record: &Record, text: &str, delimiter: char) -> Option<Line> {
    let empty = text.chars().all(|c| c == delimiter || c.is_whitespace());
    if empty {
        return None;
    }
    let cells = match &record.flaw {
        Some(flaw) => Err(flaw.clone()),
        None => cells(text, delimiter),
    };
    Some(Line {
        number: record.line,
        cells,
    })
}

fn cells(text: &str, delimiter: char) -> Result<Vec<String>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(_) => Ok(record.iter().map(meant).collect()),
        Err(_) => Err("The row cannot be read.".to_owned()),
    }
}

/// What a cell says: without the apostrophe that files of ours have before what a spreadsheet would
/// take for a formula.
fn meant(cell: &str) -> String {
    let bare = cell.strip_prefix('\'').filter(|rest| {
        let first = rest.trim_start_matches('\'');
        first.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
    });
    bare.unwrap_or(cell).trim().to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sheet(text: &str) -> Vec<(usize, Result<Vec<String>, String>)> {
        let sheet = read(text.as_bytes(), 100).unwrap();
        let lines = std::iter::once(sheet.header).chain(sheet.rows);
        lines.map(|line| (line.number, line.cells)).collect()
    }

    fn row(number: usize, cells: &[&str]) -> (usize, Result<Vec<String>, String>) {
        let cells = cells.iter().map(|cell| (*cell).to_owned()).collect();
        (number, Ok(cells))
    }

    #[test]
    fn what_spreadsheets_write_is_read() {
        let expected = [row(1, &["identity", "name"]), row(2, &["A-1", "Hof, Ost"])];
        let cases = [
            "identity,name\nA-1,\"Hof, Ost\"\n",
            "\u{feff}identity;name\r\nA-1;Hof, Ost\r\n",
            "identity\tname\rA-1\tHof, Ost",
            "identity; name \r\n A-1 ;\"Hof, Ost\"\r\n;\r\n\r\n",
        ];
        for text in cases {
            assert_eq!(sheet(text), expected, "{text:?}");
        }
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        let text = "\r\nidentity,name\r\n\r\n\"A\",\"two\r\nlines \"\"here\"\"\"\r\n,\r\nB,b\r\n";
        let expected = [
            row(2, &["identity", "name"]),
            row(4, &["A", "two\r\nlines \"here\""]),
            row(7, &["B", "b"]),
        ];
        assert_eq!(sheet(text), expected);
    }

    #[test]
    fn wrong_quotes_are_told_by_line_and_character_and_harm_no_other_row() {
        let text = "identity,name\nA,6\" pole\nB,\"b\"x\nC,c\nD,\"never\nE,e\n";
        let found = sheet(text);
        let flaw = |at: usize| found[at].1.clone().unwrap_err();
        assert!(flaw(1).starts_with("Line 2, character 4: a quote within"));
        assert!(flaw(2).starts_with("Line 3, character 6: after a closing"));
        assert_eq!(found[3], row(4, &["C", "c"]));
        assert!(flaw(4).starts_with("Line 5, character 3: this quote is never closed"));
        assert_eq!(found.len(), 5);
    }

    #[test]
    fn other_encodings_empty_files_and_too_many_rows_are_refused() {
        let wrong = |bytes: &[u8]| {
            let problem = read(bytes, 1).unwrap_err();
            (problem.pointer, problem.code)
        };
        let is = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
        assert_eq!(wrong(b"\xff\xfei\0d\0"), is("", "encoding"));
        assert_eq!(wrong(b"identity\nA\nK\xf6ln\n"), is("/3", "encoding"));
        assert_eq!(wrong(b"\xef\xbb\xbf\r\n ; \r\n"), is("/1", "required"));
        assert_eq!(wrong(b"identity\nA\nB\n"), is("", "too_many_rows"));
    }

    #[test]
    fn a_guard_against_formulas_is_taken_off_once() {
        for (cell, text) in [
            ("'=1+1", "=1+1"),
            ("''=1", "'=1"),
            ("'s Hertogenbosch", "'s Hertogenbosch"),
            ("'", "'"),
            ("-5", "-5"),
        ] {
            assert_eq!(meant(cell), text);
        }
    }
}
