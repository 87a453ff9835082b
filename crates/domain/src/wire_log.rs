//! The wire log: every frame of a station, word for word, with its personal spans.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::deviation::Deviation;
use crate::id::{LogId, SessionId, StationId};
use crate::personal::Personal;
use crate::token::mask;

/// Who sent a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The station.
    In,
    /// We.
    Out,
}

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameKind {
    /// Asks for an answer.
    Call,
    /// The answer.
    Result,
    /// The refusal.
    Error,
    /// Wants no answer.
    Send,
    /// Could not be read.
    Unreadable,
}

/// A range of bytes.
pub type Span = (u32, u32);

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// Its id, which sorts by time.
    pub id: LogId,
    /// Whose.
    pub station: StationId,
    /// When, by our clock.
    pub at: Moment,
    /// Who sent it.
    pub direction: Direction,
    /// What it is.
    pub kind: FrameKind,
    /// By which call and answer are paired.
    pub message_id: Option<String>,
    /// The name of the call; for an answer, of the call it answers.
    pub action: Option<String>,
    /// The payload, or the whole frame when it could not be read.
    pub payload: Personal<String>,
    /// The bytes of the payload that are personal.
    pub personal: Vec<Span>,
    /// Error code of a refusal.
    pub error_code: Option<String>,
    /// Milliseconds between call and answer, on the answer.
    pub latency_ms: Option<i32>,
    /// What was forgiven.
    pub deviations: Vec<Deviation>,
    /// The session it belongs to, where known.
    pub session: Option<SessionId>,
}

/// `text` with the bytes of `spans` masked. A text that is personal as a whole, because it could
/// not be read, is hidden whole; so is one whose spans do not fit.
#[must_use]
pub fn masked(text: &str, spans: &[Span]) -> String {
    if spans
        .iter()
        .any(|&(start, end)| start == 0 && end as usize >= text.len())
    {
        return mask("");
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0usize;
    for &(start, end) in spans {
        let (start, end) = (start as usize, end as usize);
        let (Some(before), Some(hidden)) = (text.get(from..start), text.get(start..end)) else {
            return mask("");
        };
        out.push_str(before);
        out.push_str(&mask(hidden));
        from = end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_bytes_are_masked_and_a_wrong_span_hides_everything() {
        assert_eq!(
            masked(r#"{"idTag":"04AABBCCDD"}"#, &[(10, 20)]),
            r#"{"idTag":"••••CCDD"}"#
        );
        assert_eq!(masked("short", &[(2, 99)]), "••••");
        assert_eq!(masked("nothing personal", &[]), "nothing personal");
        assert_eq!(masked("[2,\"7\",04AABBCCDD", &[(0, 18)]), "••••");
    }
}
