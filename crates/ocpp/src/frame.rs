//! OCPP-J frames: text to [`Frame`] and back (1.6 J §4.2, 2.x Part 4 §4.2).
//!
//! Owns the outer array: message type, id, action, error code. Refuses to look into payloads,
//! which stay raw text until a dialect reads them. The caller keeps the text of the frame; every
//! part borrows from it. What is odd but readable is listed in [`Read::oddities`], so that a
//! strict station can be refused and a lenient one counted.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::catalogue::Version;
use crate::fault::{FaultKind, FrameFault, RpcErrorCode};

/// Deepest nesting of arrays and objects in a frame, the frame's own array included. One below
/// the limit of the JSON reader, so that every payload of a readable frame can be parsed.
pub const MAX_DEPTH: usize = 127;

/// Longest message id that may be written (2.x Part 4 §4.1.4; 1.6 J §4.1.4). Longer ids are read
/// and echoed, because the answer must carry the station's id.
pub const MAX_ID: usize = 36;

/// Longest error description, in characters (2.x Part 4 §4.2.3).
pub const MAX_DESCRIPTION: usize = 255;

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
    if depth(trimmed) > MAX_DEPTH {
        let fault = Faulty {
            version,
            head: head(trimmed),
        };
        return Err(fault.with(FaultKind::TooDeep, "nested too deep"));
    }
    let Ok(parts) = serde_json::from_str::<Vec<&RawValue>>(trimmed) else {
        let fault = Faulty {
            version,
            head: head(trimmed),
        };
        let kind = match serde_json::from_str::<&RawValue>(trimmed) {
            Ok(_) => FaultKind::NotAFrame,
            Err(_) => FaultKind::NotJson,
        };
        let text = if kind == FaultKind::NotJson {
            "not JSON"
        } else {
            "not a JSON array"
        };
        return Err(fault.with(kind, text));
    };
    let fault = Faulty {
        version,
        head: head(trimmed),
    };
    let not_a_frame = |text: &str| fault.with(FaultKind::NotAFrame, text);

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
        _ => return Err(fault.with(FaultKind::UnknownType, "the message type is not known")),
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

/// Mends texts that are almost JSON, as some firmware sends them: a value left out after a colon
/// (`"transactionId":,`) becomes `null`, a comma before a closing bracket goes. `None` when there
/// is nothing of the kind. For lenient stations, after [`parse`] said
/// [`FaultKind::NotJson`]; the raw text is what is logged.
pub fn mend(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 8);
    let (mut in_text, mut escaped, mut mended) = (false, false, false);
    for symbol in text.chars() {
        if in_text {
            in_text = escaped || symbol != '"';
            escaped = !escaped && symbol == '\\';
            out.push(symbol);
            continue;
        }
        if matches!(symbol, ',' | '}' | ']') {
            let kept = out.trim_end().len();
            if out[..kept].ends_with(':') {
                out.push_str("null");
                mended = true;
            } else if symbol != ',' && out[..kept].ends_with(',') {
                out.truncate(kept - 1);
                mended = true;
            }
        }
        in_text = symbol == '"';
        out.push(symbol);
    }
    mended.then_some(out)
}

/// Parses a payload. Lone halves of surrogate pairs (`\ud800`), which JSON allows and Rust text
/// cannot hold, become U+FFFD; of a key that is there twice, the last wins, as in the common
/// validators.
///
/// # Errors
/// The JSON error, with line and column, when the text is not JSON or nested too deep.
pub fn payload_value(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| match without_lone_surrogates(text) {
        Some(clean) => serde_json::from_str(&clean),
        None => Err(error),
    })
}

/// Why a frame could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Ids of our own are at most [`MAX_ID`] characters long.
    #[error("writing a call: the id has more than 36 characters")]
    LongId,
    /// OCPP payloads are JSON objects.
    #[error("writing a frame: the payload is not an object")]
    NotAnObject,
    /// The payload could not be made JSON.
    #[error("writing a frame")]
    Json(#[source] serde_json::Error),
}

/// Writes a CALL.
///
/// # Errors
/// [`WriteError`] for a long id or a payload that is no JSON object.
pub fn call<T: Serialize + ?Sized>(
    id: &str,
    action: &str,
    payload: &T,
) -> Result<String, WriteError> {
    request(2, id, action, payload)
}

/// Writes a SEND (2.1 only).
///
/// # Errors
/// As [`call`].
pub fn send<T: Serialize + ?Sized>(
    id: &str,
    action: &str,
    payload: &T,
) -> Result<String, WriteError> {
    request(6, id, action, payload)
}

/// Writes a CALLRESULT; `id` is the call's, of whatever length.
///
/// # Errors
/// [`WriteError`] for a payload that is no JSON object.
pub fn call_result<T: Serialize + ?Sized>(id: &str, payload: &T) -> Result<String, WriteError> {
    Ok(format!("[3,{},{}]", quote(id), object(payload)?))
}

/// Writes a CALLERROR in the spelling of `version`. The description is cut to
/// [`MAX_DESCRIPTION`] characters; details that are no object are left out.
pub fn call_error(
    version: Version,
    id: &str,
    code: RpcErrorCode,
    description: &str,
    details: Option<&Value>,
) -> String {
    refusal(4, version, id, code, description, details)
}

/// Writes a CALLRESULTERROR: the answer to an invalid answer (2.1 Part 2 FR.06). Only 2.1 has it.
pub fn call_result_error(
    id: &str,
    code: RpcErrorCode,
    description: &str,
    details: Option<&Value>,
) -> String {
    refusal(5, Version::V21, id, code, description, details)
}

fn request<T: Serialize + ?Sized>(
    kind: u8,
    id: &str,
    action: &str,
    payload: &T,
) -> Result<String, WriteError> {
    if id.chars().count() > MAX_ID {
        return Err(WriteError::LongId);
    }
    Ok(format!(
        "[{kind},{},{},{}]",
        quote(id),
        quote(action),
        object(payload)?
    ))
}

fn refusal(
    kind: u8,
    version: Version,
    id: &str,
    code: RpcErrorCode,
    description: &str,
    details: Option<&Value>,
) -> String {
    let short: String = description.chars().take(MAX_DESCRIPTION).collect();
    let details = match details {
        Some(details @ Value::Object(_)) => details.to_string(),
        _ => "{}".to_owned(),
    };
    format!(
        "[{kind},{},\"{}\",{},{details}]",
        quote(id),
        code.to_wire(version),
        quote(&short)
    )
}

fn object<T: Serialize + ?Sized>(payload: &T) -> Result<String, WriteError> {
    let text = serde_json::to_string(payload).map_err(WriteError::Json)?;
    if text.starts_with('{') {
        Ok(text)
    } else {
        Err(WriteError::NotAnObject)
    }
}

fn quote(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
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

fn depth(text: &str) -> usize {
    let (mut now, mut most) = (0_usize, 0_usize);
    let (mut in_text, mut escaped) = (false, false);
    for byte in text.bytes() {
        if in_text {
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'[' | b'{' => {
                now += 1;
                most = most.max(now);
            }
            b']' | b'}' => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// Replaces escaped lone surrogates by `\ufffd`; `None` when there are none.
fn without_lone_surrogates(text: &str) -> Option<String> {
    let unit = |at: usize| -> Option<u32> {
        let escape = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(escape, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let (mut at, mut kept, mut found) = (0, 0, false);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        match unit(at) {
            Some(0xd800..=0xdbff) if matches!(unit(at + 6), Some(0xdc00..=0xdfff)) => at += 12,
            Some(0xd800..=0xdfff) => {
                out.push_str(&text[kept..at]);
                out.push_str("\\ufffd");
                at += 6;
                kept = at;
                found = true;
            }
            _ => at += 2,
        }
    }
    out.push_str(text.get(kept..).unwrap_or_default());
    found.then_some(out)
}
