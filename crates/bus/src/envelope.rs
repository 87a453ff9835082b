//! What nodes write to each other: JSON with a version, so that old and new nodes can meet during
//! an upgrade. An envelope of an unknown version or body is dropped.

use domain::command::{Command, Outcome};
use domain::id::{CommandId, NodeId, StationId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::RequestError;
use crate::news::News;

/// The version written here.
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct Envelope {
    v: u32,
    from: NodeId,
    body: Body,
}

/// What one node says to others, or to one other.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Body {
    News(News),
    /// Somebody claimed a station with a newer epoch.
    Superseded {
        station: StationId,
        epoch: i64,
    },
    /// Carry this command to the station.
    Ask {
        request: Uuid,
        station: StationId,
        id: CommandId,
        command: Box<Command>,
    },
    /// What came of it.
    Answer {
        request: Uuid,
        outcome: Result<Outcome, Refusal>,
    },
    /// Close the station's connection.
    Close {
        station: StationId,
        why: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Refusal {
    Offline,
    Full,
    Lost,
}

impl From<Refusal> for RequestError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Offline => Self::Offline,
            Refusal::Full => Self::Unavailable,
            Refusal::Lost => Self::Lost,
        }
    }
}

pub(crate) fn to_envelope(from: NodeId, body: Body) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Envelope {
        v: VERSION,
        from,
        body,
    })
}

/// The sender and the body; none for what this version cannot read.
pub(crate) fn from_envelope(text: &[u8]) -> Option<(NodeId, Body)> {
    match serde_json::from_slice::<Envelope>(text) {
        Ok(envelope) if envelope.v == VERSION => Some((envelope.from, envelope.body)),
        Ok(envelope) => {
            tracing::warn!(
                bus.version = envelope.v,
                "an envelope of another version was dropped"
            );
            None
        }
        Err(error) => {
            tracing::warn!("an envelope could not be read: {error}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use domain::command::ResetKind;

    #[test]
    fn an_envelope_comes_back_and_another_version_is_dropped() {
        let node = NodeId::from_uuid(Uuid::from_u128(1));
        let ask = || Body::Ask {
            request: Uuid::from_u128(2),
            station: StationId::from_uuid(Uuid::from_u128(3)),
            id: CommandId::from_uuid(Uuid::from_u128(4)),
            command: Box::new(Command::Reset {
                kind: ResetKind::Soft,
                evse: Some(1),
            }),
        };
        let text = to_envelope(node, ask()).unwrap();
        assert_eq!(from_envelope(text.as_bytes()), Some((node, ask())));
        let newer = text.replacen("\"v\":1", "\"v\":2", 1);
        assert_eq!(from_envelope(newer.as_bytes()), None);
        assert_eq!(from_envelope(b"{}"), None);
    }
}
