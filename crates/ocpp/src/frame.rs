//! OCPP-J frames: text to [`Frame`] and back (1.6 J §4.2, 2.x Part 4 §4.2).
//!
//! Owns the outer array: message type, id, action, error code. Refuses to look into payloads,
//! which stay raw text until a dialect reads them. The caller keeps the text of the frame; every
//! part borrows from it. What is odd but readable is listed in [`Read::oddities`], so that a
//! strict station can be refused and a lenient one counted.

mod text;
mod write;

pub use text::{mend, payload_value};
pub use write::{MAX_DESCRIPTION, MAX_ID, WriteError};
pub use write::{call, call_error, call_result, call_result_error, send};

use text::depth;

use std::borrow::Cow;
use std::sync::LazyLock;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::catalogue::Version;
use crate::fault::{FaultKind, FrameFault, RpcErrorCode};

/// Deepest nesting of arrays and objects in a frame, the frame's own array included. One below
/// the limit of the JSON reader, so that every payload of a readable frame can be parsed.
pub const MAX_DEPTH: usize = 127;

/// The id of an answer to a frame whose id could not be read (2.x Part 4 §4.2.3).
pub const UNREADABLE_ID: &str = "-1";

static EMPTY: LazyLock<Option<Box<RawValue>>> =
    LazyLock::new(|| RawValue::from_string("{}".to_owned()).ok());

/// A readable frame. Payloads are the raw text of the sender, except that an absent or `null`
/// payload is `{}`.
#[derive(Debug, Clone)]
pub enum Frame<'a> {
    /// Type 2: a request.
    Call {
        /// Message id, to be echoed by the answer.
        id: Cow<'a, str>,
        /// Action, e.g. `Heartbeat`.
        action: Cow<'a, str>,
        /// Raw payload.
        payload: &'a RawValue,
    },
    /// Type 3: the answer to a call.
    CallResult {
        /// Id of the call.
        id: Cow<'a, str>,
        /// Raw payload.
        payload: &'a RawValue,
    },
    /// Type 4: the refusal of a call.
    CallError(ErrorFrame<'a>),
    /// Type 5: the refusal of an answer (2.1 only).
    CallResultError(ErrorFrame<'a>),
    /// Type 6: a message that is never answered (2.1 only).
    Send {
        /// Message id.
        id: Cow<'a, str>,
        /// Action, e.g. `NotifyPeriodicEventStream`.
        action: Cow<'a, str>,
        /// Raw payload.
        payload: &'a RawValue,
    },
}

/// The body of a CALLERROR or CALLRESULTERROR.
#[derive(Debug, Clone)]
pub struct ErrorFrame<'a> {
    /// Id of the call or answer that is refused.
    pub id: Cow<'a, str>,
    /// The code as sent; see [`ErrorFrame::known_code`].
    pub code: Cow<'a, str>,
    /// The sender's description, not shortened.
    pub description: Cow<'a, str>,
    /// Raw details, `{}` when absent.
    pub details: &'a RawValue,
}

impl ErrorFrame<'_> {
    /// The code, when it is one of the protocol's in either spelling.
    pub fn known_code(&self) -> Option<RpcErrorCode> {
        RpcErrorCode::from_wire(&self.code)
    }
}

impl Frame<'_> {
    /// The message id.
    pub fn id(&self) -> &str {
        match self {
            Self::Call { id, .. } | Self::CallResult { id, .. } | Self::Send { id, .. } => id,
            Self::CallError(error) | Self::CallResultError(error) => &error.id,
        }
    }

    /// The action of a CALL or SEND; answers do not carry one.
    pub fn action(&self) -> Option<&str> {
        match self {
            Self::Call { action, .. } | Self::Send { action, .. } => Some(action),
            _ => None,
        }
    }
}

/// Something in the outer frame that is against the specification, but readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// The payload was `null` (legal in 1.6, J §4.2.1).
    NullPayload,
    /// The payload, description or details were left out.
    MissingElement,
    /// More elements than the type has; the rest was ignored.
    ExtraElements,
    /// The id has more than [`MAX_ID`] characters.
    LongId,
    /// A byte order mark or zero bytes around the array.
    Padding,
}

/// A frame and what was odd about it.
#[derive(Debug, Clone)]
pub struct Read<'a> {
    /// The frame.
    pub frame: Frame<'a>,
    /// Deviations of the outer array; empty for a conforming sender.
    pub oddities: Vec<Oddity>,
}

/// Reads one text frame of a connection that speaks `version`.
///
/// # Errors
/// [`FrameFault`] with the answer to send, when the text is not a frame of this version.
pub fn parse(version: Version, text: &str) -> Result<Read<'_>, FrameFault> {
    let mut oddities = Vec::new();
    let trimmed = text.trim_matches(['\u{feff}', '\0', ' ', '\t', '\r', '\n']);
    if text.starts_with('\u{feff}') || text.contains('\0') {
        oddities.push(Oddity::Padding);
    }
    let fault = |kind: FaultKind, text: &str| Faulty::of(version, trimmed).with(kind, text);
    if depth(trimmed) > MAX_DEPTH {
        return Err(fault(FaultKind::TooDeep, "nested too deep"));
    }
    let Ok(parts) = serde_json::from_str::<Vec<&RawValue>>(trimmed) else {
        return Err(match serde_json::from_str::<&RawValue>(trimmed) {
            Ok(_) => fault(FaultKind::NotAFrame, "not a JSON array"),
            Err(_) => fault(FaultKind::NotJson, "not JSON"),
        });
    };
    let not_a_frame = |text: &str| fault(FaultKind::NotAFrame, text);

    let Some(number) = parts
        .first()
        .and_then(|part| part.get().parse::<u64>().ok())
    else {
        return Err(not_a_frame("the message type is not a number"));
    };
    let wanted = match (number, version) {
        (2, _) => 4,
        (3, _) => 3,
        (4, _) => 5,
        (5, Version::V21) => 5,
        (6, Version::V21) => 4,
        _ => {
            return Err(fault(
                FaultKind::UnknownType,
                "the message type is not known",
            ));
        }
    };
    let Some(id) = parts.get(1).and_then(|part| text_of(part)) else {
        return Err(not_a_frame("the message id is not a string"));
    };
    if id.chars().count() > MAX_ID {
        oddities.push(Oddity::LongId);
    }
    if parts.len() > wanted {
        oddities.push(Oddity::ExtraElements);
    } else if parts.len() < wanted {
        oddities.push(Oddity::MissingElement);
    }
    let mut object_at = |at: usize| match parts.get(at) {
        Some(part) if part.get() != "null" => Some(*part),
        Some(_) => {
            oddities.push(Oddity::NullPayload);
            EMPTY.as_deref()
        }
        None => EMPTY.as_deref(),
    };
    let empty = || not_a_frame("the payload is missing");
    let frame = match number {
        2 | 6 => {
            let Some(action) = parts.get(2).and_then(|part| text_of(part)) else {
                return Err(not_a_frame("the action is not a string"));
            };
            let payload = object_at(3).ok_or_else(empty)?;
            if number == 2 {
                Frame::Call {
                    id,
                    action,
                    payload,
                }
            } else {
                Frame::Send {
                    id,
                    action,
                    payload,
                }
            }
        }
        3 => Frame::CallResult {
            id,
            payload: object_at(2).ok_or_else(empty)?,
        },
        _ => {
            let word = |at: usize| parts.get(at).and_then(|part| text_of(part));
            let Some(code) = word(2) else {
                return Err(not_a_frame("the error code is not a string"));
            };
            let description = word(3).unwrap_or_default();
            let details = object_at(4).ok_or_else(empty)?;
            let error = ErrorFrame {
                id,
                code,
                description,
                details,
            };
            if number == 4 {
                Frame::CallError(error)
            } else {
                Frame::CallResultError(error)
            }
        }
    };
    Ok(Read { frame, oddities })
}

fn text_of<'a>(part: &'a RawValue) -> Option<Cow<'a, str>> {
    let text = part.get();
    if !text.starts_with('"') {
        return None;
    }
    if !text.contains('\\') {
        return text.get(1..text.len() - 1).map(Cow::Borrowed);
    }
    match payload_value(text) {
        Ok(Value::String(text)) => Some(Cow::Owned(text)),
        _ => None,
    }
}

/// The beginning of a frame, read as far as it goes: type, id, action.
#[derive(Default)]
struct Head {
    number: Option<u64>,
    id: Option<String>,
    action: Option<String>,
}

fn head(text: &str) -> Head {
    let mut head = Head::default();
    let Some(rest) = text.strip_prefix('[') else {
        return head;
    };
    let rest = rest.trim_start();
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let Ok(number) = rest[..digits].parse() else {
        return head;
    };
    head.number = Some(number);
    let mut rest = &rest[digits..];
    for at in 0..2 {
        let Some(after) = rest.trim_start().strip_prefix(',') else {
            return head;
        };
        let mut stream = serde_json::Deserializer::from_str(after).into_iter::<&RawValue>();
        let Some(Ok(part)) = stream.next() else {
            return head;
        };
        let Some(word) = text_of(part) else {
            return head;
        };
        rest = &after[stream.byte_offset()..];
        if at == 0 {
            head.id = Some(word.into_owned());
        } else if matches!(head.number, Some(2 | 6)) {
            head.action = Some(word.into_owned());
        }
    }
    head
}

struct Faulty {
    version: Version,
    head: Head,
}

impl Faulty {
    fn of(version: Version, text: &str) -> Self {
        Self {
            version,
            head: head(text),
        }
    }

    fn with(&self, kind: FaultKind, text: &str) -> FrameFault {
        let id = self.head.id.as_deref();
        let reply_id = id.unwrap_or(UNREADABLE_ID);
        let code = match kind {
            FaultKind::UnknownType => RpcErrorCode::MessageTypeNotSupported,
            _ => RpcErrorCode::RpcFrameworkError,
        };
        let known = kind != FaultKind::UnknownType;
        let newest = self.version == Version::V21;
        let answers_a_call = known && matches!(self.head.number, Some(3 | 4));
        let reply = match self.head.number {
            _ if !known && self.version == Version::V16 => None,
            Some(3) if newest && known => Some(call_result_error(reply_id, code, text, None)),
            Some(3 | 4) if known => None,
            Some(5 | 6) if newest => None,
            _ => Some(call_error(self.version, reply_id, code, text, None)),
        };
        FrameFault {
            kind,
            id: self.head.id.clone(),
            action: self.head.action.clone(),
            answers_a_call,
            reply,
            text: text.to_owned(),
        }
    }
}
