//! What an import came to: how many of each kind, single rows that cannot be taken over, and what
//! Busbar has no place for. Names rows by their keys, never by what is in them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::sql::Place;

/// So many problems are listed; the others are counted.
const LISTED: usize = 1_000;

/// What an import came to, or would.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// The version of SteVe's database.
    pub version: Option<String>,
    /// Which of the two shapes it has: `connector` or `evse`.
    pub shape: &'static str,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Rows of each table of the dump.
    pub tables: BTreeMap<String, u64>,
    /// What became of them here.
    pub kinds: BTreeMap<&'static str, Counts>,
    /// Single rows that cannot be taken over.
    pub problems: Vec<Problem>,
    /// How many more of these there are.
    pub problems_left_out: u64,
    /// What Busbar has no place for, and how much of it there is.
    pub not_carried: BTreeMap<&'static str, u64>,
    /// What a person should do now.
    pub hints: Vec<String>,
}

/// How many rows of a kind came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// New here.
    pub made: u64,
    /// Here already.
    pub there: u64,
    /// Of sessions: here already, running, and over now.
    pub ended: u64,
    /// Not taken over.
    pub refused: u64,
}

/// A row that cannot be taken over.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// Its table.
    pub table: &'static str,
    /// Its key.
    pub row: String,
    /// Its line in the dump; 0 where it is not known any more.
    pub line: u64,
    /// Why.
    pub why: String,
}

impl Report {
    /// The counts of a kind.
    pub fn kind(&mut self, kind: &'static str) -> &mut Counts {
        self.kinds.entry(kind).or_default()
    }

    /// Notes a row that cannot be taken over.
    pub fn problem(
        &mut self,
        table: &'static str,
        row: impl std::fmt::Display,
        place: Option<Place>,
        why: impl std::fmt::Display,
    ) {
        if self.problems.len() >= LISTED {
            self.problems_left_out += 1;
            return;
        }
        self.problems.push(Problem {
            table,
            row: row.to_string(),
            line: place.map_or(0, |place| place.line),
            why: why.to_string(),
        });
    }

    /// Notes something that Busbar has no place for.
    pub fn not_carried(&mut self, what: &'static str, count: u64) {
        if count > 0 {
            *self.not_carried.entry(what).or_default() += count;
        }
    }

    /// Whether every row was taken over.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }
}
