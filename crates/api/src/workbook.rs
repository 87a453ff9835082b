//! A list as an Excel workbook. Texts are written as texts, so that nothing is a formula; those
//! that look like one carry Excel's own mark for a text besides, which lasts when they are edited.

use rust_xlsxwriter::{Format, Workbook, XlsxError};

use crate::table::{Cell, is_formula};

/// The media type.
pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A workbook is made in memory, so it is bounded.
pub(crate) const MOST_ROWS: usize = 20_000;

/// The longest text of a cell that Excel opens.
const LONGEST: usize = 32_767;

/// Makes a workbook of one sheet.
pub(crate) fn xlsx(columns: &[&str], rows: Vec<Vec<Cell>>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let head = Format::new().set_bold();
    let marked = Format::new().set_quote_prefix();
    for (column, name) in (0_u16..).zip(columns) {
        sheet.write_string_with_format(0, column, *name, &head)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (row, cells) in (1_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            match cell {
                Cell::Empty => {}
                Cell::Text(text) if is_formula(&text) => {
                    sheet.write_string_with_format(row, column, cut(text), &marked)?;
                }
                Cell::Text(text) => {
                    sheet.write_string(row, column, cut(text))?;
                }
                Cell::Plain(text) => match (text.parse::<f64>(), text.parse::<bool>()) {
                    (Ok(number), _) => {
                        sheet.write_number(row, column, number)?;
                    }
                    (_, Ok(truth)) => {
                        sheet.write_boolean(row, column, truth)?;
                    }
                    _ => {
                        sheet.write_string(row, column, text)?;
                    }
                },
            }
        }
    }
    book.save_to_buffer()
}

/// Excel counts UTF-16 units.
fn cut(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let mut units = 0;
    text.chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= LONGEST
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_workbook_is_made_of_any_text() {
        let odd = ["=1+1", "\u{1}", "<x>&", &"ä".repeat(40_000), "😀", ""];
        let rows = odd.map(|text| vec![Cell::from(text.to_owned()), Cell::from(-5_i64)]);
        let bytes = xlsx(&["text", "number"], rows.to_vec()).unwrap();
        assert_eq!(&bytes[..2], b"PK");
        assert_eq!(cut("😀".repeat(20_000)).chars().count(), LONGEST / 2);
    }
}
