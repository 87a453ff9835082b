//! Changes to what has not changed meanwhile. A thing that people edit counts its edits, its
//! revision; an edit is stored only where the revision is still the one it was decided on.

use crate::error::Error;

/// The revision of what was just made.
pub const FIRST: i64 = 1;

/// How often an edit is decided anew when others are faster.
pub(crate) const TRIES: usize = 5;

/// On what an edit depends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Precondition {
    /// On nothing: it is made on what is there.
    #[default]
    None,
    /// On the thing being at one of these revisions; else the edit is refused with
    /// `precondition_failed`.
    At(Vec<i64>),
}

impl Precondition {
    pub(crate) fn admits(&self, revision: i64) -> Result<(), Error> {
        match self {
            Self::None => Ok(()),
            Self::At(revisions) if revisions.contains(&revision) => Ok(()),
            Self::At(_) => Err(stale()),
        }
    }

    /// The revision at which a removal may happen; none where it is the same.
    pub(crate) fn bound(&self, revision: i64) -> Option<i64> {
        match self {
            Self::None => None,
            Self::At(_) => Some(revision),
        }
    }
}

/// Somebody changed it meanwhile.
pub(crate) fn stale() -> Error {
    Error::conflict(
        "precondition_failed",
        "It was changed since you read it; read it again.",
    )
}

/// Others changed it again and again while this edit was decided.
pub(crate) fn too_busy() -> Error {
    Error::conflict(
        "edited_meanwhile",
        "Others are changing this at the moment; try again.",
    )
}
