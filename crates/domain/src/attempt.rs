//! Inbound connection attempts, kept before authentication so that a person can be told why a
//! station does not come in.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::deviation::Deviation;
use crate::id::AttemptId;
use crate::personal::Personal;
use crate::wire_log::LogRow;

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// Let in.
    Connected,
    /// Nobody registered this identity.
    UnknownStation,
    /// Unknown, let in to wait for being claimed.
    WaitingToBeClaimed,
    /// No password where one is needed.
    AuthMissing,
    /// The user name is not the identity.
    UserMismatch,
    /// Wrong password.
    BadPassword,
    /// No protocol in common.
    NoSubprotocol,
    /// A request that is no WebSocket upgrade.
    NotUpgrade,
    /// A path without identity, or one that cannot be an identity.
    IdMissing,
    /// The first bytes were TLS on a plain port.
    TlsOnPlain,
    /// SOAP or another HTTP call.
    Soap,
    /// Bytes that are no HTTP.
    NotHttp,
    /// Too slow with the handshake.
    TooSlow,
    /// The database or the node could not take it.
    Unavailable,
    /// The station is archived or blocked.
    Blocked,
}

/// One inbound attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// When.
    pub at: Moment,
    /// From where, without port.
    pub remote_ip: String,
    /// The path of the request, cut at 512 characters.
    pub path: Option<String>,
    /// The identity found in the path.
    pub identity: Option<String>,
    /// What was offered, in order.
    pub subprotocols: Vec<String>,
    /// The client's name for itself.
    pub user_agent: Option<String>,
    /// The Basic user name; never the password.
    pub username: Option<String>,
    /// What became of it.
    pub outcome: AttemptOutcome,
    /// More for people.
    pub detail: Option<String>,
}

/// A station that called and that nobody registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclaimed {
    /// The identity it called by, as written.
    pub identity: String,
    /// The first call.
    pub first_seen_at: Moment,
    /// The newest call.
    pub last_seen_at: Moment,
    /// How many.
    pub attempts: i64,
    /// From a boot notification, when it was let in to wait.
    pub vendor: Option<String>,
    /// From a boot notification.
    pub model: Option<String>,
    /// Subprotocol it would speak.
    pub protocol: Option<String>,
    /// From where.
    pub remote_ip: String,
}

/// A frame from or to a station that nobody registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrangerFrame {
    /// The identity it called by, as written.
    pub identity: String,
    /// From where.
    pub remote_ip: String,
    /// The frame; its station is none that there is.
    pub frame: LogRow,
}

/// The longest payload of a stranger that is kept, in bytes: what anybody can write stays small.
pub const LONGEST_KEPT: usize = 8 * 1024;

impl StrangerFrame {
    /// The frame as it is kept: without a payload that is too long for a stranger's, which is told in
    /// its place.
    #[must_use]
    pub fn kept(identity: String, remote_ip: String, mut frame: LogRow) -> Self {
        let bytes = frame.payload.sealed().len();
        if bytes > LONGEST_KEPT {
            frame.payload = Personal::new(String::new());
            frame.personal.clear();
            frame.deviations = vec![Deviation {
                code: "payload_not_kept".to_owned(),
                path: String::new(),
                text: format!(
                    "It has {bytes} bytes; of a station that nobody registered no payload above \
                     {LONGEST_KEPT} is kept."
                ),
            }];
        }
        Self {
            identity,
            remote_ip,
            frame,
        }
    }
}
