//! The error codes of OCPP-J and the fault of a frame that could not be read.
//!
//! Owns the spelling of the codes in every version (1.6 misspells two of them, and errata 5.1/5.2
//! say that this stays). Refuses to decide *when* a code is used: `frame`, `check` and the
//! dialects do.

use crate::catalogue::Version;

/// An RPC error code, independent of the version's spelling (1.6 J §4.2.3, 2.x Part 4 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RpcErrorCode {
    /// The payload is syntactically wrong or has a field the message does not know
    /// (`FormationViolation` in 1.6).
    FormatViolation,
    /// A required field is missing or a list has too few or too many elements
    /// (`OccurenceConstraintViolation` in 1.6).
    OccurrenceConstraintViolation,
    /// A value is outside its enumeration, range or length.
    PropertyConstraintViolation,
    /// A value has the wrong JSON type.
    TypeConstraintViolation,
    /// The payload is not the PDU that the action asks for.
    ProtocolError,
    /// The action is unknown.
    NotImplemented,
    /// The action is known but not supported here.
    NotSupported,
    /// The receiver failed.
    InternalError,
    /// A security issue kept the receiver from doing the action.
    SecurityError,
    /// Anything else.
    GenericError,
    /// The message type number is unknown (2.x only).
    MessageTypeNotSupported,
    /// The frame is not a valid RPC message (2.x only).
    RpcFrameworkError,
}

impl RpcErrorCode {
    /// Every code, in the order of the declaration.
    pub const ALL: [RpcErrorCode; 12] = [
        Self::FormatViolation,
        Self::OccurrenceConstraintViolation,
        Self::PropertyConstraintViolation,
        Self::TypeConstraintViolation,
        Self::ProtocolError,
        Self::NotImplemented,
        Self::NotSupported,
        Self::InternalError,
        Self::SecurityError,
        Self::GenericError,
        Self::MessageTypeNotSupported,
        Self::RpcFrameworkError,
    ];

    /// The spelling of this version. 1.6 has no `MessageTypeNotSupported` (`GenericError` stands
    /// in) and no `RpcFrameworkError` (`FormationViolation` stands in).
    pub fn to_wire(self, version: Version) -> &'static str {
        let old = version == Version::V16;
        match self {
            Self::FormatViolation if old => "FormationViolation",
            Self::RpcFrameworkError if old => "FormationViolation",
            Self::OccurrenceConstraintViolation if old => "OccurenceConstraintViolation",
            Self::MessageTypeNotSupported if old => "GenericError",
            Self::FormatViolation => "FormatViolation",
            Self::OccurrenceConstraintViolation => "OccurrenceConstraintViolation",
            Self::PropertyConstraintViolation => "PropertyConstraintViolation",
            Self::TypeConstraintViolation => "TypeConstraintViolation",
            Self::ProtocolError => "ProtocolError",
            Self::NotImplemented => "NotImplemented",
            Self::NotSupported => "NotSupported",
            Self::InternalError => "InternalError",
            Self::SecurityError => "SecurityError",
            Self::GenericError => "GenericError",
            Self::MessageTypeNotSupported => "MessageTypeNotSupported",
            Self::RpcFrameworkError => "RpcFrameworkError",
        }
    }

    /// Reads either spelling, from a station of any version; `None` for a word of the vendor's own.
    pub fn from_wire(word: &str) -> Option<Self> {
        match word {
            "FormationViolation" => Some(Self::FormatViolation),
            "OccurenceConstraintViolation" => Some(Self::OccurrenceConstraintViolation),
            _ => Self::ALL
                .into_iter()
                .find(|code| code.to_wire(Version::V21) == word),
        }
    }
}

/// Why a frame could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The text is not JSON at all.
    NotJson,
    /// The text is JSON, but nested deeper than [`crate::frame::MAX_DEPTH`].
    TooDeep,
    /// The text is JSON, but not an OCPP-J array with type, id and the elements of its type.
    NotAFrame,
    /// The message type number is not one of this version.
    UnknownType,
}

/// A frame that could not be read, with the answer that the protocol asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("reading a frame: {text}")]
pub struct FrameFault {
    /// The kind of fault.
    pub kind: FaultKind,
    /// The message id, as far as it could be read.
    pub id: Option<String>,
    /// The action of a CALL whose rest could not be read.
    pub action: Option<String>,
    /// True when the frame was meant as an answer to the call `id`, which therefore has failed.
    pub answers_a_call: bool,
    /// The frame to send back, or `None` where the protocol wants silence: answers (before 2.1),
    /// SENDs, and unknown message types in 1.6 (J §4.1.3: ignore).
    pub reply: Option<String>,
    /// What is wrong, in one sentence, without payload data.
    pub text: String,
}
