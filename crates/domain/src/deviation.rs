//! How a station departed from its protocol and was forgiven, counted per station.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;

/// One departure in one message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Deviation {
    /// Stable code, such as `enum_alias` or `date_without_zone`.
    pub code: String,
    /// JSON pointer into the payload; empty for the whole frame.
    pub path: String,
    /// For people. Never a value that could be personal.
    pub text: String,
}

/// All departures of one code in one action of a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviationCount {
    /// Stable code.
    pub code: String,
    /// The message it was in.
    pub action: String,
    /// Text of the newest one.
    pub text: String,
    /// How often.
    pub count: i64,
    /// The first time.
    pub first_at: Moment,
    /// The newest time.
    pub last_at: Moment,
}
