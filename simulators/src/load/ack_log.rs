//! The log of acknowledgements: one JSON line for each message the server has answered with a
//! CALLRESULT, written before the next message leaves.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::Error;

/// What identifies an acknowledged message by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Identity of the station.
    pub station: String,
    /// The wire's name of the session (1.6: the number the server gave).
    pub transaction: String,
    /// Action, and for TransactionEvent the event type after a dot.
    pub kind: String,
    /// Sequence number within the session, from 0.
    pub seq: i64,
    /// Timestamp of the message, `2026-03-05T12:00:00Z`.
    pub timestamp: String,
    /// Meter register in watt-hours.
    pub register_wh: i64,
}

/// An append-only file of acknowledgements.
#[derive(Debug)]
pub struct AckLog(Mutex<File>);

impl AckLog {
    /// Opens the file for appending.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(|source| Error::File {
                path: path.display().to_string(),
                source,
            })?;
        Ok(Self(Mutex::new(file)))
    }

    /// Writes one line; the file is unbuffered, so the line is with the kernel on return.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be written.
    pub fn note(&self, acknowledged: &Acknowledged) -> Result<(), Error> {
        let mut line = serde_json::to_vec(acknowledged)?;
        line.push(b'\n');
        let mut file = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        file.write_all(&line).map_err(|source| Error::File {
            path: "of acknowledgements".into(),
            source,
        })
    }
}
