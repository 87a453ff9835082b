//! The dialects: one value for each protocol version, and the four verbs by which the rest of the
//! house speaks to stations without knowing a version.
//!
//! Owns the choice of the adapter (`v16` or `v2`), the gate in front of it (is the action known,
//! does the payload fit, what was forgiven) and the folding of answers. Refuses to decide
//! anything about charging: it only translates.

mod limit;
mod meter;
mod outcome;
mod plan;
mod portion;
mod read;
mod signed;
mod touches;

use std::borrow::Cow;

use domain::clock::Moment;
use domain::command::{Command, CommandError, Outcome};
use domain::deviation::Deviation;
use domain::message::{Message, Reply};
use domain::wire_log::Span;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::catalogue::{self, Catalogue, Version};
use crate::check::{Violation, check};
use crate::fault::RpcErrorCode;
use crate::frame::payload_value;
use crate::lenient::{Repair, repair};
use crate::personal::{everything, personal_spans};
use crate::{v2, v16};

pub use meter::sampled;
pub use plan::{Plan, PlannedCall};
pub use portion::{Bound, Portions};

pub(crate) use meter::{Wording, points};
pub(crate) use outcome::reading;
pub(crate) use plan::{call, put_retries, put_time, unsupported};
pub(crate) use portion::portions;
pub(crate) use read::{Hearing, items, small, text, timestamp, whole};

/// The language of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OCPP-J 1.6 with the security extension.
    V16,
    /// OCPP 2.0.1.
    V201,
    /// OCPP 2.1.
    V21,
}

/// A message of a station, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifted {
    /// The action, without the mark of a signed message: what a reply is lowered for.
    pub action: String,
    /// What it says.
    pub message: Message,
    /// What was forgiven on the way; empty for a conforming station.
    pub deviations: Vec<Deviation>,
    /// The bytes of the payload that are personal.
    pub personal: Vec<Span>,
}

/// Why a message is refused, with the code for the CALLERROR.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("speaking with a station: {text}")]
pub struct Fault {
    /// The code; spell it with [`RpcErrorCode::to_wire`].
    pub code: RpcErrorCode,
    /// What is wrong, without payload data.
    pub text: String,
    /// What was found in the payload.
    pub deviations: Vec<Deviation>,
    /// The bytes of the payload that are personal.
    pub personal: Vec<Span>,
}

/// What became of one call of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// CALLRESULT: the payload.
    Result(String),
    /// CALLERROR: the station's code and words.
    Error {
        /// As the station spelled it.
        code: String,
        /// Its description.
        text: String,
    },
    /// No answer in time.
    Timeout,
    /// The connection went away first.
    ConnectionLost,
}

impl Fault {
    pub(crate) fn new(code: RpcErrorCode, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
            deviations: Vec::new(),
            personal: Vec::new(),
        }
    }
}

impl Dialect {
    /// All subprotocols that we speak, oldest first.
    pub const SUBPROTOCOLS: [&'static str; 3] = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"];

    /// From a WebSocket subprotocol (1.6 J §3.1.2, 2.x Part 4 §3.1.2); the exact spelling only.
    #[must_use]
    pub fn from_subprotocol(name: &str) -> Option<Self> {
        Version::from_subprotocol(name).map(|version| match version {
            Version::V16 => Self::V16,
            Version::V201 => Self::V201,
            Version::V21 => Self::V21,
        })
    }

    /// What a station speaks that `offered` no subprotocol of ours, when its operator lets it: 1.6,
    /// unless it names another protocol than some kind of 1.6, such as `ocpp1.6j` (quirk 1).
    #[must_use]
    pub fn assumed(offered: &[String]) -> Option<Self> {
        let kind_of_it = |name: &String| name.to_ascii_lowercase().starts_with("ocpp1.6");
        offered.iter().all(kind_of_it).then_some(Self::V16)
    }

    /// The WebSocket subprotocol.
    #[must_use]
    pub fn subprotocol(self) -> &'static str {
        self.version().subprotocol()
    }

    /// Whether messages may be compressed (RFC 7692): a central system has to support it in 2.x
    /// (Part 4 §3.3); 1.6 knows nothing of it, and some of its stations get it wrong.
    pub fn compresses(self) -> bool {
        self != Self::V16
    }

    /// The version, for frames and the catalogue.
    #[must_use]
    pub fn version(self) -> Version {
        match self {
            Self::V16 => Version::V16,
            Self::V201 => Version::V201,
            Self::V21 => Version::V21,
        }
    }

    /// Understands a CALL or SEND of a station. `received_at` stands in for dates that cannot be
    /// read. With `lenient` the payload is repaired first, and a boot or a message that bills are
    /// made on (house.md 4) is never refused for its content.
    ///
    /// # Errors
    /// [`Fault`] with the code to answer: `NotImplemented` for an unknown action, `NotSupported`
    /// for one that only we may call, else the code of the first violation.
    pub fn lift_call(
        self,
        action: &str,
        payload: &RawValue,
        received_at: Moment,
        lenient: bool,
    ) -> Result<Lifted, Fault> {
        let mut personal = personal_spans(payload.get());
        let mut hearing = Hearing::new(received_at);
        let (action, inner) = self.unsigned(action, payload.get());
        let known = Catalogue::of(self.version()).action(action).is_some();
        if !known || !matches!(inner, Ok(Cow::Borrowed(_))) {
            // What is encoded cannot be masked in parts, and nobody knows what a vendor's own
            // message tells.
            personal = everything();
        }
        let lifted = self.understand(action, inner, lenient, &mut hearing);
        let deviations = hearing.deviations;
        match lifted {
            Ok(message) => Ok(Lifted {
                action: action.to_owned(),
                message,
                deviations,
                personal,
            }),
            Err((code, text)) => Err(Fault {
                code,
                text,
                deviations,
                personal,
            }),
        }
    }

    /// The message inside a signed one; any other as it is.
    fn unsigned<'a>(
        self,
        action: &'a str,
        payload: &'a str,
    ) -> (&'a str, Result<Cow<'a, str>, &'static str>) {
        match signed::inside(action) {
            Some(inside) if self != Self::V16 => (inside, signed::open(payload).map(Cow::Owned)),
            _ => (action, Ok(Cow::Borrowed(payload))),
        }
    }

    fn understand(
        self,
        action: &str,
        payload: Result<Cow<'_, str>, &'static str>,
        lenient: bool,
        hearing: &mut Hearing,
    ) -> Result<Message, (RpcErrorCode, String)> {
        let known = Catalogue::of(self.version())
            .action(action)
            .ok_or_else(|| {
                let text = "this action is not known in this protocol version";
                (RpcErrorCode::NotImplemented, text.to_owned())
            })?;
        if !known.direction.sent_by_station() {
            let text = "only the central system may send this action";
            return Err((RpcErrorCode::NotSupported, text.to_owned()));
        }
        let forgiving = lenient && never_refused(action);
        let read = payload
            .and_then(|payload| payload_value(&payload).map_err(|_| "the payload cannot be read"));
        let value = match read {
            Ok(value) => value,
            Err(why) if forgiving => {
                hearing.note("payload_unreadable", "", why);
                Value::Null
            }
            Err(why) => return Err((RpcErrorCode::FormatViolation, why.to_owned())),
        };
        let value = if lenient {
            forgive(&known.request, value, forgiving, hearing)?
        } else {
            let violations = check(&known.request, &value);
            for violation in &violations {
                hearing.note(word_of(violation.code), &violation.path, &violation.text);
            }
            match violations.first() {
                Some(first) => return Err(refusal(first)),
                None => value,
            }
        };
        Ok(match self {
            Self::V16 => v16::lift(action, &value, hearing),
            Self::V201 | Self::V21 => v2::lift(action, &value, hearing),
        })
    }

    /// Writes the payload of the answer to a station's call.
    ///
    /// # Errors
    /// [`Fault`] `SecurityError` for [`Reply::NotYet`] (protocol.md 4.4), `InternalError` for a
    /// reply that does not fit the action.
    pub fn lower_reply(self, action: &str, reply: &Reply) -> Result<String, Fault> {
        if *reply == Reply::NotYet {
            let text = "the station must be accepted after a BootNotification first";
            return Err(Fault::new(RpcErrorCode::SecurityError, text));
        }
        let value = match self {
            Self::V16 => v16::reply(action, reply),
            Self::V201 => v2::reply(action, reply, Version::V201),
            Self::V21 => v2::reply(action, reply, Version::V21),
        };
        value.map(|value| value.to_string()).ok_or_else(|| {
            let text = "no answer of this kind fits the action";
            Fault::new(RpcErrorCode::InternalError, text)
        })
    }

    /// Writes the calls for a command. `request_number` is the requestId of a call that is
    /// answered by later reports. Every call has passed the official schema.
    ///
    /// # Errors
    /// `unsupported` when the version cannot express it, `invalid_payload` with the places when
    /// the content breaks the schema.
    pub fn lower_command(
        self,
        command: &Command,
        request_number: i32,
        now: Moment,
    ) -> Result<Plan, CommandError> {
        self.lower_command_within(command, request_number, now, &Portions::default())
    }

    /// The same for a station that told how much it takes in one message.
    ///
    /// # Errors
    /// As [`Self::lower_command`], and `too_large` when one variable alone is beyond that.
    pub fn lower_command_within(
        self,
        command: &Command,
        request_number: i32,
        _now: Moment,
        within: &Portions,
    ) -> Result<Plan, CommandError> {
        let calls = match (command, self) {
            (Command::Raw { action, payload }, _) => plan::raw(self.version(), action, payload)?,
            (_, Self::V16) => v16::calls(command, request_number, within)?,
            (_, Self::V201 | Self::V21) => v2::calls(command, request_number, within)?,
        };
        Plan::checked(
            self.version(),
            calls,
            matches!(command, Command::Raw { .. }),
        )
    }

    /// Folds the answers to the calls of a plan, in the plan's order, into one outcome. Values of
    /// secret variables are dropped, also from the answer that people see.
    #[must_use]
    pub fn lift_outcome(self, plan: &Plan, answers: &[Answer]) -> Outcome {
        outcome::fold(plan, answers)
    }
}

/// Messages whose refusal would lose a bill or keep a station in a loop (quirks 18, 19, 42).
fn never_refused(action: &str) -> bool {
    matches!(
        action,
        "StartTransaction"
            | "StopTransaction"
            | "TransactionEvent"
            | "MeterValues"
            | "BootNotification"
            | "Heartbeat"
    )
}

fn forgive(
    request: &catalogue::Message,
    value: Value,
    forgiving: bool,
    hearing: &mut Hearing,
) -> Result<Value, (RpcErrorCode, String)> {
    let repaired = repair(request, value);
    for repair in &repaired.repairs {
        hearing.note(word_of_repair(repair), &repair.path, &repair.text);
    }
    let mut refused = None;
    for left in &repaired.remaining {
        let unreadable_date = left.text == "is not a date";
        let code = if unreadable_date {
            "date_unreadable"
        } else {
            word_of(left.code)
        };
        hearing.note(code, &left.path, &left.text);
        if !forgiving && !unreadable_date {
            refused.get_or_insert_with(|| refusal(left));
        }
    }
    refused.map_or(Ok(repaired.value), Err)
}

fn refusal(violation: &Violation) -> (RpcErrorCode, String) {
    let text = format!("{}: {}", violation.path, violation.text);
    (violation.code, text)
}

/// The stable word of a deviation that only has an RPC code.
fn word_of(code: RpcErrorCode) -> &'static str {
    match code {
        RpcErrorCode::FormatViolation => "field_unknown",
        RpcErrorCode::OccurrenceConstraintViolation => "field_missing",
        RpcErrorCode::TypeConstraintViolation => "wrong_type",
        _ => "value_out_of_range",
    }
}

fn word_of_repair(repair: &Repair) -> &'static str {
    let text = repair.text.as_str();
    match repair.code {
        RpcErrorCode::FormatViolation if text.starts_with("read as") => "field_alias",
        RpcErrorCode::OccurrenceConstraintViolation if text.contains("empty array") => {
            "empty_array"
        }
        RpcErrorCode::OccurrenceConstraintViolation => "wrong_count",
        RpcErrorCode::PropertyConstraintViolation if text.contains("date") => "date_shape",
        RpcErrorCode::PropertyConstraintViolation if text.contains("word read as") => "enum_alias",
        RpcErrorCode::PropertyConstraintViolation if text.starts_with("cut to") => "text_too_long",
        RpcErrorCode::PropertyConstraintViolation if text.starts_with("spaces") => "spaces",
        RpcErrorCode::PropertyConstraintViolation if text.contains("sample") => "sample_left_out",
        code => word_of(code),
    }
}
