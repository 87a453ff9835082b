//! Why the store could not do what it was asked.

use sea_orm::{DbErr, SqlErr};

use crate::backend::refuses_value;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, is full or read-only: nothing was kept.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Another row has the same unique value.
    #[error("the value is taken already: {0}")]
    Conflict(String),
    /// A value cannot be kept by this database, such as a NUL in a text.
    #[error("the database refuses a value: {0}")]
    Value(String),
    /// A row cannot be read back as what it should be.
    #[error("the database holds a row that cannot be read: {0}")]
    Corrupt(String),
    /// A cursor that was not given out for this list.
    #[error("the cursor does not belong to this list")]
    InvalidCursor,
    /// The database has not been migrated to this version.
    #[error("the database is not at this version; run `busbar migrate`")]
    NotMigrated,
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(what)) => Self::Conflict(what),
            _ if refuses_value(&error) => Self::Value(error.to_string()),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

/// A row that cannot be read back.
pub(crate) fn corrupt(what: impl std::fmt::Display) -> Error {
    Error::Corrupt(what.to_string())
}
