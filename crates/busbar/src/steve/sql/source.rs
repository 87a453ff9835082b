//! The bytes of a dump, a portion at a time, with the count of bytes and lines.

use std::io::{ErrorKind, Read, Result};

use super::Place;

/// How much is read at a time.
const PORTION: usize = 256 << 10;

/// Bytes with a place.
pub struct Source<R> {
    input: R,
    buffer: Vec<u8>,
    /// What is used up of the buffer.
    at: usize,
    /// What is filled of it.
    filled: usize,
    /// Bytes before the buffer.
    before: u64,
    /// Lines that have ended.
    lines: u64,
    ended: bool,
}

impl<R: Read> Source<R> {
    /// Begins.
    pub fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; PORTION],
            at: 0,
            filled: 0,
            before: 0,
            lines: 0,
            ended: false,
        }
    }

    /// Where the reading stands.
    pub fn place(&self) -> Place {
        Place {
            byte: self.before + self.at as u64,
            line: self.lines + 1,
        }
    }

    /// The next byte, which stays.
    #[inline]
    pub fn peek(&mut self) -> Result<Option<u8>> {
        if self.at < self.filled {
            return Ok(self.buffer.get(self.at).copied());
        }
        self.peek_at(0)
    }

    /// A byte further on, which stays.
    pub fn peek_at(&mut self, ahead: usize) -> Result<Option<u8>> {
        while self.at + ahead >= self.filled && !self.ended {
            self.fill()?;
        }
        let there = self.at + ahead < self.filled;
        Ok(self.buffer.get(self.at + ahead).copied().filter(|_| there))
    }

    /// The next byte.
    #[inline]
    pub fn next(&mut self) -> Result<Option<u8>> {
        let byte = self.peek()?;
        if byte.is_some() {
            self.skip(1);
        }
        Ok(byte)
    }

    /// Past bytes that were looked at.
    #[inline]
    pub fn skip(&mut self, count: usize) {
        let end = (self.at + count).min(self.filled);
        for byte in self.buffer.get(self.at..end).unwrap_or_default() {
            self.lines += u64::from(*byte == b'\n');
        }
        self.at = end;
    }

    /// Past everything before the next `quote` (or backslash, where it `escapes`), which is kept
    /// where it is wanted.
    pub fn until(&mut self, quote: u8, escapes: bool, kept: &mut Option<Vec<u8>>) -> Result<()> {
        loop {
            if self.peek()?.is_none() {
                return Ok(());
            }
            let rest = self.buffer.get(self.at..self.filled).unwrap_or_default();
            let found = rest
                .iter()
                .position(|b| *b == quote || escapes && *b == b'\\');
            let length = found.unwrap_or(rest.len());
            if let (Some(kept), Some(some)) = (kept.as_mut(), rest.get(..length)) {
                kept.extend_from_slice(some);
            }
            self.skip(length);
            // One value cannot fill the memory: whoever called looks at the place.
            if found.is_some()
                || kept
                    .as_ref()
                    .is_some_and(|kept| kept.len() > super::LONGEST_ROW)
            {
                return Ok(());
            }
        }
    }

    /// Past the end of the line: its first bytes, at most `most`; none at the end of the file.
    pub fn line(&mut self, most: usize) -> Result<Option<Vec<u8>>> {
        if self.peek()?.is_none() {
            return Ok(None);
        }
        let mut begin = Vec::new();
        while let Some(byte) = self.next()? {
            if byte == b'\n' {
                break;
            }
            if begin.len() < most {
                begin.push(byte);
            }
        }
        Ok(Some(begin))
    }

    /// Reads more behind what is there; what is used up goes.
    fn fill(&mut self) -> Result<()> {
        self.buffer.copy_within(self.at..self.filled, 0);
        self.before += self.at as u64;
        self.filled -= self.at;
        self.at = 0;
        loop {
            let Some(room) = self.buffer.get_mut(self.filled..) else {
                return Ok(());
            };
            match self.input.read(room) {
                Ok(0) => self.ended = true,
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                // A packed file that stops in the middle is a dump that stops there.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => self.ended = true,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}
