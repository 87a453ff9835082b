//! Reads what mysqldump writes: tables, rows, and whether the dump was written to its end. Holds
//! one row at a time, whatever the size of the file. Refuses what is not a dump, and a dump that
//! ends early; knows nothing of what the rows mean.

mod source;
#[cfg(test)]
mod tests;

use std::io::Read;

use source::Source;

/// Where in a dump something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Bytes before it, of the dump as text (after unpacking).
    pub byte: u64,
    /// Line, from 1.
    pub line: u64,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "byte {}, line {}", self.byte, self.line)
    }
}

/// Why a dump cannot be read. Nothing of its content is told: it could be a person's.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// It stops in the middle, or without the line that mysqldump ends with.
    #[error("the dump ends early, at {0}: {1}")]
    Cut(Place, &'static str),
    /// It is not what mysqldump writes.
    #[error("the dump cannot be read at {0}: {1}")]
    Wrong(Place, &'static str),
    /// The file cannot be read.
    #[error("the dump cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// A number, as it is written.
    Number(String),
    /// A text or a blob.
    Bytes(Vec<u8>),
}

/// A table of the dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The names of its columns, in the order of the values.
    pub columns: Vec<String>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it begins.
    pub place: Place,
    /// Its values, in the order of the table's columns.
    pub values: Vec<Value>,
}

/// The longest row that is taken, in bytes.
const LONGEST_ROW: usize = 16 << 20;

/// The line that mysqldump ends with.
const END: &[u8] = b"-- Dump completed";
/// How mysqldump says that its moments are in UTC.
const UTC: &[u8] = b"TIME_ZONE='+00:00'";

/// Reads a dump from its beginning to its end.
pub struct Reader<R> {
    source: Source<R>,
    tables: Vec<Table>,
    /// The table whose rows come next, within an INSERT.
    within: Option<usize>,
    completed: bool,
    utc: bool,
}

impl<R: Read> Reader<R> {
    /// Begins.
    pub fn new(input: R) -> Self {
        Self {
            source: Source::new(input),
            tables: Vec::new(),
            within: None,
            completed: false,
            utc: false,
        }
    }

    /// Where the reading stands.
    pub fn place(&self) -> Place {
        self.source.place()
    }

    /// Whether the dump says that its moments are in UTC; known once it was read.
    pub const fn says_utc(&self) -> bool {
        self.utc
    }

    /// The table with this number.
    pub fn table(&self, number: usize) -> Option<&Table> {
        self.tables.get(number)
    }

    /// The next row of a table that is `wanted`, and the table's number; none at the end of a dump
    /// that is whole.
    pub fn next(
        &mut self,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Option<(usize, Row)>, DumpError> {
        loop {
            let Some(number) = self.within else {
                if !self.statement()? {
                    return self.end();
                }
                continue;
            };
            let keep = self.tables.get(number).is_some_and(|t| wanted(&t.name));
            let row = self.row(keep)?;
            self.after_row()?;
            if keep {
                let columns = self.tables.get(number).map_or(0, |t| t.columns.len());
                if columns == 0 {
                    let why = "the rows of a table whose columns are told nowhere; dump with \
                               the tables' structure, or with --complete-insert";
                    return Err(DumpError::Wrong(row.place, why));
                }
                if columns != row.values.len() {
                    let why = "a row has not as many values as its table has columns";
                    return Err(DumpError::Wrong(row.place, why));
                }
                return Ok(Some((number, row)));
            }
        }
    }

    fn end(&self) -> Result<Option<(usize, Row)>, DumpError> {
        let why = "mysqldump's last line, \"-- Dump completed\", is missing; if it was dumped with \
                   --skip-comments or --compact, dump it again without";
        match self.completed {
            true => Ok(None),
            false => Err(DumpError::Cut(self.place(), why)),
        }
    }

    /// Reads up to the rows of the next INSERT, or past another statement; false at the end.
    fn statement(&mut self) -> Result<bool, DumpError> {
        self.blank()?;
        let Some(word) = self.word()? else {
            return match self.source.peek()? {
                None => Ok(false),
                Some(b';') => {
                    self.source.skip(1);
                    Ok(true)
                }
                Some(_) => Err(self.wrong("a statement begins with a word")),
            };
        };
        self.completed = false;
        match word.as_str() {
            "INSERT" | "REPLACE" => self.insert()?,
            "CREATE" => self.create()?,
            "DELIMITER" => self.routines()?,
            _ => self.rest()?,
        }
        Ok(true)
    }

    /// `INSERT [IGNORE] INTO name [(columns)] VALUES`.
    fn insert(&mut self) -> Result<(), DumpError> {
        loop {
            self.blank()?;
            match self.word()?.as_deref() {
                Some("INTO") => break,
                Some("IGNORE" | "LOW_PRIORITY" | "DELAYED" | "HIGH_PRIORITY") => {}
                _ => return Err(self.wrong("an INSERT without INTO")),
            }
        }
        let name = self.qualified()?;
        self.blank()?;
        let columns = match self.source.peek()? {
            Some(b'(') => Some(self.list()?),
            _ => None,
        };
        self.blank()?;
        match self.word()?.as_deref() {
            Some("VALUES" | "VALUE") => {}
            _ => return Err(self.wrong("an INSERT without VALUES")),
        }
        let known = self.tables.iter().position(|t| t.name == name);
        let number = known.unwrap_or_else(|| {
            let columns = Vec::new();
            self.tables.push(Table { name, columns });
            self.tables.len() - 1
        });
        if let (Some(columns), Some(table)) = (columns, self.tables.get_mut(number)) {
            table.columns = columns;
        }
        self.within = Some(number);
        Ok(())
    }

    /// `CREATE TABLE name (column type …, KEY …)`; every other CREATE is passed over.
    fn create(&mut self) -> Result<(), DumpError> {
        self.blank()?;
        if self.word()?.as_deref() != Some("TABLE") {
            return self.rest();
        }
        self.blank()?;
        // `IF NOT EXISTS`: words without quotes, before the name.
        while self.source.peek()?.is_some_and(|b| b != b'`') {
            match self.word()?.as_deref() {
                Some("IF" | "NOT" | "EXISTS") => self.blank()?,
                _ => return Err(self.wrong("a table whose name is not in backquotes")),
            }
        }
        let name = self.qualified()?;
        self.blank()?;
        self.expect(b'(', "a table without columns")?;
        let mut columns = Vec::new();
        loop {
            self.blank()?;
            // What is no name in backquotes is a key or another constraint.
            if self.source.peek()? == Some(b'`') {
                columns.push(self.quoted_name()?);
            }
            match self.past_definition()? {
                b',' => {}
                _ => break,
            }
        }
        match self.tables.iter_mut().find(|t| t.name == name) {
            Some(table) => table.columns = columns,
            None => self.tables.push(Table { name, columns }),
        }
        self.rest()
    }

    /// Past one definition of a table: the comma or the parenthesis after it.
    fn past_definition(&mut self) -> Result<u8, DumpError> {
        let mut depth = 0_u32;
        loop {
            match self.must()? {
                b'(' => depth += 1,
                b')' if depth == 0 => return Ok(b')'),
                b')' => depth -= 1,
                b',' if depth == 0 => return Ok(b','),
                quote @ (b'\'' | b'"' | b'`') => self.quoted(quote, &mut None)?,
                _ => {}
            }
        }
    }

    /// Past the end of a statement.
    fn rest(&mut self) -> Result<(), DumpError> {
        // The end of what is compared with `UTC`.
        let mut seen: Vec<u8> = Vec::with_capacity(UTC.len());
        loop {
            match self.must()? {
                b';' => return Ok(()),
                b'\'' if seen.ends_with(b"TIME_ZONE=") => {
                    let mut zone = Some(Vec::new());
                    self.quoted(b'\'', &mut zone)?;
                    self.utc |= zone.as_deref() == Some(b"+00:00");
                }
                quote @ (b'\'' | b'"' | b'`') => self.quoted(quote, &mut None)?,
                byte if byte.is_ascii_whitespace() => {}
                byte => {
                    if seen.len() == UTC.len() {
                        seen.remove(0);
                    }
                    seen.push(byte.to_ascii_uppercase());
                }
            }
        }
    }

    /// Triggers and routines, from `DELIMITER ;;` to `DELIMITER ;`: lines that are passed over.
    fn routines(&mut self) -> Result<(), DumpError> {
        let mut last: &[u8] = b";";
        loop {
            let line = self.source.line(256)?;
            let Some(line) = line else {
                return Err(DumpError::Cut(self.place(), "a routine has no end"));
            };
            if line.trim_ascii() == last {
                return Ok(());
            }
            last = b"DELIMITER ;";
        }
    }

    fn row(&mut self, keep: bool) -> Result<Row, DumpError> {
        self.blank()?;
        let place = self.place();
        self.expect(b'(', "a row begins with a parenthesis")?;
        let mut values = Vec::new();
        loop {
            self.blank()?;
            let value = self.value(keep)?;
            if keep {
                values.push(value);
            }
            self.blank()?;
            match self.must()? {
                b',' => {}
                b')' => break,
                _ => return Err(self.wrong("values are separated by commas")),
            }
            if self.place().byte - place.byte > LONGEST_ROW as u64 {
                return Err(self.wrong("a row is longer than 16 MiB"));
            }
        }
        Ok(Row { place, values })
    }

    fn after_row(&mut self) -> Result<(), DumpError> {
        self.blank()?;
        match self.source.peek()? {
            Some(b',') => self.source.skip(1),
            Some(b';') => {
                self.source.skip(1);
                self.within = None;
            }
            // `ON DUPLICATE KEY UPDATE …`: nothing that mysqldump writes, and nothing to carry.
            Some(_) => return Err(self.wrong("a row is followed by a comma or a semicolon")),
            None => return Err(DumpError::Cut(self.place(), "an INSERT has no end")),
        }
        Ok(())
    }

    fn value(&mut self, keep: bool) -> Result<Value, DumpError> {
        let first = self.source.peek()?;
        let Some(first) = first else {
            return Err(DumpError::Cut(self.place(), "a row has no end"));
        };
        match first {
            b'\'' => self.text(keep),
            b'0' if matches!(self.source.peek_at(1)?, Some(b'x' | b'X')) => {
                self.source.skip(2);
                self.hexadecimal(None)
            }
            b'-' | b'+' | b'.' | b'0'..=b'9' => self.number(),
            // The introducer of a character set, `_binary 'x'`.
            b'_' => {
                self.source.skip(1);
                self.word()?;
                self.blank()?;
                self.value(keep)
            }
            _ => {
                let Some(word) = self.word()? else {
                    return Err(self.wrong("a value is a number, a text or NULL"));
                };
                match (word.as_str(), self.source.peek()?) {
                    ("NULL", _) => Ok(Value::Null),
                    ("TRUE", _) => Ok(Value::Number("1".to_owned())),
                    ("FALSE", _) => Ok(Value::Number("0".to_owned())),
                    ("X", Some(b'\'')) => {
                        self.source.skip(1);
                        self.hexadecimal(Some(b'\''))
                    }
                    ("B", Some(b'\'')) => self.bits(),
                    _ => Err(self.wrong("a value is a number, a text or NULL")),
                }
            }
        }
    }

    fn text(&mut self, keep: bool) -> Result<Value, DumpError> {
        self.source.skip(1);
        let mut kept = keep.then(Vec::new);
        self.quoted(b'\'', &mut kept)?;
        Ok(Value::Bytes(kept.unwrap_or_default()))
    }

    fn number(&mut self) -> Result<Value, DumpError> {
        let mut text = String::new();
        while let Some(byte) = self.source.peek()? {
            match byte {
                b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9' if text.len() < 100 => {
                    text.push(char::from(byte));
                    self.source.skip(1);
                }
                _ => break,
            }
        }
        Ok(Value::Number(text))
    }

    /// Pairs of hexadecimal digits; an odd one has a zero before it, as MySQL reads it.
    fn hexadecimal(&mut self, until: Option<u8>) -> Result<Value, DumpError> {
        let mut digits = Vec::new();
        while let Some(digit) = self.source.peek()?.and_then(|b| char::from(b).to_digit(16)) {
            digits.push(u8::try_from(digit).unwrap_or(0));
            self.source.skip(1);
            if digits.len() > LONGEST_ROW {
                return Err(self.wrong("a row is longer than 16 MiB"));
            }
        }
        if let Some(quote) = until {
            self.expect(quote, "a hexadecimal value has no end")?;
        }
        if digits.len() % 2 == 1 {
            digits.insert(0, 0);
        }
        let bytes = digits.chunks(2).map(|pair| match pair {
            [high, low] => high << 4 | low,
            _ => 0,
        });
        Ok(Value::Bytes(bytes.collect()))
    }

    /// `b'01'`: a number.
    fn bits(&mut self) -> Result<Value, DumpError> {
        self.source.skip(1);
        let mut number = 0_u64;
        loop {
            match self.must()? {
                bit @ (b'0' | b'1') => number = number << 1 | u64::from(bit - b'0'),
                b'\'' => return Ok(Value::Number(number.to_string())),
                _ => return Err(self.wrong("a bit is 0 or 1")),
            }
        }
    }

    /// The rest of what `quote` has opened. A quote within is written twice or after a backslash;
    /// in backquotes a backslash is nothing special.
    fn quoted(&mut self, quote: u8, kept: &mut Option<Vec<u8>>) -> Result<(), DumpError> {
        let opened = self.place();
        let escapes = quote != b'`';
        let cut = |source: &Source<R>| DumpError::Cut(source.place(), "a text has no end");
        loop {
            self.source.until(quote, escapes, kept)?;
            if self.place().byte - opened.byte > LONGEST_ROW as u64 {
                return Err(self.wrong("a row is longer than 16 MiB"));
            }
            let Some(byte) = self.source.next()? else {
                return Err(cut(&self.source));
            };
            if byte == quote {
                if self.source.peek()? != Some(quote) {
                    return Ok(());
                }
                self.source.skip(1);
                if let Some(kept) = kept {
                    kept.push(quote);
                }
                continue;
            }
            let Some(escaped) = self.source.next()? else {
                return Err(cut(&self.source));
            };
            if let Some(kept) = kept {
                match escaped {
                    b'0' => kept.push(0),
                    b'n' => kept.push(b'\n'),
                    b'r' => kept.push(b'\r'),
                    b't' => kept.push(b'\t'),
                    b'b' => kept.push(8),
                    b'Z' => kept.push(26),
                    // These two stay as they are outside patterns.
                    b'%' | b'_' => kept.extend([b'\\', escaped]),
                    other => kept.push(other),
                }
            }
        }
    }

    /// `name`, or `database`.`name`: the name.
    fn qualified(&mut self) -> Result<String, DumpError> {
        self.blank()?;
        let mut name = self.quoted_name()?;
        if self.source.peek()? == Some(b'.') {
            self.source.skip(1);
            name = self.quoted_name()?;
        }
        Ok(name)
    }

    fn quoted_name(&mut self) -> Result<String, DumpError> {
        self.expect(b'`', "a name is in backquotes")?;
        let mut kept = Some(Vec::new());
        self.quoted(b'`', &mut kept)?;
        let name = String::from_utf8(kept.unwrap_or_default());
        name.map_err(|_| self.wrong("a name is not UTF-8"))
    }

    /// Names in parentheses.
    fn list(&mut self) -> Result<Vec<String>, DumpError> {
        self.expect(b'(', "a list of columns")?;
        let mut names = Vec::new();
        loop {
            self.blank()?;
            names.push(self.quoted_name()?);
            self.blank()?;
            match self.must()? {
                b',' => {}
                b')' => return Ok(names),
                _ => return Err(self.wrong("columns are separated by commas")),
            }
        }
    }

    /// A word of letters, digits and underscores, in capitals; none where there is none.
    fn word(&mut self) -> Result<Option<String>, DumpError> {
        let mut word = String::new();
        while let Some(byte) = self.source.peek()? {
            if !(byte.is_ascii_alphanumeric() || byte == b'_') || word.len() > 64 {
                break;
            }
            word.push(char::from(byte.to_ascii_uppercase()));
            self.source.skip(1);
        }
        Ok((!word.is_empty()).then_some(word))
    }

    /// Past white space and comments; notes mysqldump's last line.
    fn blank(&mut self) -> Result<(), DumpError> {
        loop {
            let Some(byte) = self.source.peek()? else {
                return Ok(());
            };
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.source.skip(1),
                b'#' => drop(self.source.line(0)?),
                b'-' if self.source.peek_at(1)? == Some(b'-') => {
                    let line = self.source.line(END.len())?;
                    let ends = line.is_some_and(|line| line.starts_with(END));
                    self.completed |= ends && self.within.is_none();
                }
                b'/' if self.source.peek_at(1)? == Some(b'*') => self.comment()?,
                _ => return Ok(()),
            }
        }
    }

    /// A comment, also one with a statement for some versions in it: none of these has rows.
    fn comment(&mut self) -> Result<(), DumpError> {
        self.source.skip(2);
        let mut seen: Vec<u8> = Vec::new();
        loop {
            let Some(byte) = self.source.next()? else {
                return Err(DumpError::Cut(self.place(), "a comment has no end"));
            };
            if byte == b'*' && self.source.peek()? == Some(b'/') {
                self.source.skip(1);
                self.utc |= seen.ends_with(UTC);
                return Ok(());
            }
            if !byte.is_ascii_whitespace() && !self.utc {
                if seen.len() == UTC.len() {
                    seen.remove(0);
                }
                seen.push(byte.to_ascii_uppercase());
            }
        }
    }

    fn must(&mut self) -> Result<u8, DumpError> {
        match self.source.next()? {
            Some(byte) => Ok(byte),
            None => Err(DumpError::Cut(self.place(), "a statement has no end")),
        }
    }

    fn expect(&mut self, byte: u8, why: &'static str) -> Result<(), DumpError> {
        match self.source.peek()? {
            Some(found) if found == byte => {
                self.source.skip(1);
                Ok(())
            }
            Some(_) => Err(self.wrong(why)),
            None => Err(DumpError::Cut(self.place(), why)),
        }
    }

    /// What to say of something unexpected: where nothing follows, the dump was cut there.
    fn wrong(&mut self, why: &'static str) -> DumpError {
        if matches!(self.source.peek_at(1), Ok(None)) {
            self.source.skip(1);
            return DumpError::Cut(self.place(), "it stops in the middle of a statement");
        }
        DumpError::Wrong(self.place(), why)
    }
}
