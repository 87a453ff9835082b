//! Tokens (RFID cards and the like) and the verdict on a presented one.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::id::{DriverId, OrgId, TokenId};
use crate::personal::Personal;

/// How a token is read. The words are the wider set of OCPP 2.1; 1.6 knows none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Made up by us, for a start from the console.
    Central,
    /// Contract of an ISO 15118 vehicle.
    Emaid,
    /// The usual RFID card.
    Iso14443,
    /// The other RFID card.
    Iso15693,
    /// Typed at the station.
    KeyCode,
    /// Made up by the station.
    Local,
    /// The vehicle's network address.
    MacAddress,
    /// Nobody asked.
    NoAuthorization,
    /// Anything a station names that is none of these.
    Other,
}

/// The text of a token, compared without case (OCPP CiString, identifierString).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenUid(String);

impl TokenUid {
    /// Keeps the text as it was read, with white space at the ends dropped.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// As it was read.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two tokens are compared and found.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// What people without the right to driver data see: at most the last four characters of a
    /// long enough text.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0)
    }
}

impl std::fmt::Debug for TokenUid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenUid(hidden)")
    }
}

/// Hides a personal text: `••••` and, of eight characters or more, the last four.
#[must_use]
pub fn mask(text: &str) -> String {
    let count = text.chars().count();
    let shown: String = if count >= 8 {
        text.chars().skip(count - 4).collect()
    } else {
        String::new()
    };
    format!("••••{shown}")
}

/// Whether a token may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// May be used.
    Active,
    /// May not.
    Blocked,
}

/// A known token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// The owner.
    pub org: OrgId,
    /// The driver it was given to.
    pub driver: Option<DriverId>,
    /// The text on it.
    pub uid: Personal<TokenUid>,
    /// How it is read.
    pub kind: TokenKind,
    /// What people call it.
    pub label: Option<Personal<String>>,
    /// Tokens of one group may stop each other's sessions (parent id tag, group id token).
    pub group: Option<String>,
    /// Whether it may be used.
    pub state: TokenState,
    /// From when on it may not be used any more.
    pub expires_at: Option<Moment>,
    /// When it was made.
    pub created_at: Moment,
    /// When it was last presented.
    pub last_used_at: Option<Moment>,
}

/// A token that a station read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentedToken {
    /// The text on it.
    pub uid: TokenUid,
    /// How it was read.
    pub kind: TokenKind,
}

/// The words a verdict can have; each dialect has its own spelling for the nearest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictWord {
    /// May charge.
    Accepted,
    /// Known and blocked.
    Blocked,
    /// Known and expired.
    Expired,
    /// Not known here.
    Unknown,
    /// Charging elsewhere and may do so only once.
    ConcurrentSession,
    /// Not at this place, for instance while it is under maintenance.
    NotHere,
}

/// What we answer about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The word.
    pub word: VerdictWord,
    /// The group of the token; always told, so that a station can let members stop each other.
    pub group: Option<String>,
    /// Until when the station may keep the verdict.
    pub expires_at: Option<Moment>,
}

impl Verdict {
    /// A verdict with nothing but its word.
    #[must_use]
    pub const fn bare(word: VerdictWord) -> Self {
        Self {
            word,
            group: None,
            expires_at: None,
        }
    }

    /// Judges `token` at `now`; an unknown one is `Unknown`.
    #[must_use]
    pub fn on(token: Option<&Token>, now: Moment) -> Self {
        let Some(token) = token else {
            return Self::bare(VerdictWord::Unknown);
        };
        let expired = token.expires_at.is_some_and(|at| at <= now);
        let word = match token.state {
            TokenState::Blocked => VerdictWord::Blocked,
            TokenState::Active if expired => VerdictWord::Expired,
            TokenState::Active => VerdictWord::Accepted,
        };
        Self {
            word,
            group: token.group.clone(),
            expires_at: token.expires_at,
        }
    }

    /// Whether charging may go on.
    #[must_use]
    pub fn accepts(&self) -> bool {
        self.word == VerdictWord::Accepted
    }
}
