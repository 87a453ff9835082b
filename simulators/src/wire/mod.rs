//! The three protocol versions as a station writes and reads them.
//!
//! [`Say`] is what a station wants to tell, [`Ask`] what it is asked, [`Reply`] what it answers;
//! each version module turns them into payloads. 1.6 and 2.0.1 go through `rust-ocpp`.

mod ask;
pub mod frame;
mod read;
mod reply;
mod say;
mod v16;
mod v201;
mod v21;

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use ask::{Ask, VariableName};
pub use reply::{KeyRow, Reply, VariableResult};
pub use say::{
    ChargingState, Context, Entry, Moment, Say, Status, StopReason, Transaction, Trigger,
};

use crate::Error;

/// A version of OCPP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// OCPP 1.6 with the security extension.
    V16,
    /// OCPP 2.0.1.
    V201,
    /// OCPP 2.1.
    V21,
}

impl Version {
    /// The WebSocket subprotocol of this version.
    #[must_use]
    pub fn subprotocol(self) -> &'static str {
        match self {
            Self::V16 => "ocpp1.6",
            Self::V201 => "ocpp2.0.1",
            Self::V21 => "ocpp2.1",
        }
    }

    /// True for 1.6, where sessions are numbered by the server.
    #[must_use]
    pub fn is_v16(self) -> bool {
        self == Self::V16
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.subprotocol().trim_start_matches("ocpp"))
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim_start_matches("ocpp") {
            "1.6" => Ok(Self::V16),
            "2.0.1" => Ok(Self::V201),
            "2.1" => Ok(Self::V21),
            _ => Err(format!("unknown version {text:?}; use 1.6, 2.0.1 or 2.1")),
        }
    }
}

/// The wire's name of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// 1.6: the number the server gave; −1 when the start never got through (erratum 3.18).
    Number(i64),
    /// 2.x: the text the station chose.
    Text(String),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Action and payload text of a message in a version; `name` is the session's name, if any.
///
/// # Errors
/// [`Error::Payload`] when the payload does not fit the version's types.
pub fn lower(version: Version, say: &Say, name: Option<&Name>) -> Result<(String, String), Error> {
    match version {
        Version::V16 => v16::lower(say, name),
        Version::V201 => v201::lower(say, name),
        Version::V21 => {
            let (action, payload) = v21::lower(say, name);
            Ok((action, payload.to_string()))
        }
    }
}

/// What a CALL of the server asks.
#[must_use]
pub fn lift(version: Version, action: &str, payload: &Value) -> Ask {
    if version.is_v16() {
        v16::lift(action, payload)
    } else {
        v21::lift(action, payload)
    }
}

/// The payload text of an answer to `action`.
///
/// # Errors
/// [`Error::Payload`] when the answer does not fit the version's types.
pub fn lower_reply(version: Version, action: &str, reply: &Reply) -> Result<String, Error> {
    let payload = reply.payload(version);
    match version {
        Version::V16 => v16::conform_reply(action, payload),
        Version::V201 => v201::conform_reply(action, payload),
        Version::V21 => Ok(payload.to_string()),
    }
}

/// Reads a payload into a `rust-ocpp` type and writes it again: what comes out is what that
/// library says.
fn through<T: Serialize + DeserializeOwned>(payload: Value) -> Result<String, Error> {
    Ok(serde_json::to_string(&serde_json::from_value::<T>(
        payload,
    )?)?)
}
