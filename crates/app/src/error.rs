//! The six kinds of refusal and failure of a use case. The doors map them; nobody adds a seventh.

use domain::role::Permission;

use crate::audit;

/// One place of a request that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// JSON pointer into the body, or the name of a parameter.
    pub pointer: String,
    /// Stable code.
    pub code: String,
    /// For people; never a value that could be personal.
    pub detail: String,
}

impl Problem {
    /// A problem at `pointer`.
    #[must_use]
    pub fn at(pointer: &str, code: &str, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.to_owned(),
            code: code.to_owned(),
            detail: detail.into(),
        }
    }
}

/// Why a use case did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller may not (403, or 404 where existence is secret).
    #[error("not allowed: {why}")]
    Denied {
        /// The permission that is missing; none when it is not about one.
        permission: Option<Permission>,
        /// Stable code: `permission_denied`, `module_inactive` and the like.
        why: &'static str,
    },
    /// There is no such thing in the caller's reach (404).
    #[error("there is no such thing")]
    NotFound,
    /// The request cannot be accepted as it is (422).
    #[error("the request has {} problem(s)", problems.len())]
    Invalid {
        /// Where and why.
        problems: Vec<Problem>,
    },
    /// The request does not fit what is there (409).
    #[error("{detail}")]
    Conflict {
        /// Stable code.
        code: &'static str,
        /// For people.
        detail: String,
    },
    /// Something that is needed is away (503, 504).
    #[error("{detail}")]
    Unavailable {
        /// Stable code, such as `station_offline` or `database_unavailable`.
        code: &'static str,
        /// For people.
        detail: String,
    },
    /// A fault of ours (500); the log has the rest under the id.
    #[error("internal fault {id}")]
    Internal {
        /// By which the fault is found in the log.
        id: String,
    },
}

impl Error {
    /// One problem of the request.
    #[must_use]
    pub fn invalid(pointer: &str, code: &str, detail: impl Into<String>) -> Self {
        Self::Invalid {
            problems: vec![Problem::at(pointer, code, detail)],
        }
    }

    /// The request does not fit what is there.
    #[must_use]
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict {
            code,
            detail: detail.into(),
        }
    }

    /// Something that is needed is away.
    #[must_use]
    pub fn unavailable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Unavailable {
            code,
            detail: detail.into(),
        }
    }

    /// A fault of ours: logged here, once, and told by an opaque id, that of the request where
    /// there is one.
    #[must_use]
    pub fn internal(what: impl std::fmt::Display) -> Self {
        let id = audit::request_id().unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string());
        tracing::error!(error.id = %id, "{what}");
        Self::Internal { id }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::InvalidCursor => Self::invalid(
                "cursor",
                "invalid_cursor",
                "The cursor does not belong to this list.",
            ),
            store::Error::Conflict(_) => {
                Self::conflict("conflict", "Something with the same name is there already.")
            }
            store::Error::Value(_) => {
                tracing::warn!("{error}");
                let detail = "The database cannot keep one of the values.";
                Self::invalid("", "value_not_kept", detail)
            }
            store::Error::Corrupt(_) => Self::internal(error),
            other => {
                tracing::warn!("{other}");
                Self::unavailable("database_unavailable", "The database does not answer.")
            }
        }
    }
}
