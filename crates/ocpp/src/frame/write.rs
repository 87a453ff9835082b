//! Writing frames.
//!
//! Owns the limits that hold for what we send. Refuses to write what no receiver could read.

use serde::Serialize;
use serde_json::Value;

use crate::catalogue::Version;
use crate::fault::RpcErrorCode;

/// Longest message id that may be written (2.x Part 4 §4.1.4; 1.6 J §4.1.4). Longer ids are read
/// and echoed, because the answer must carry the station's id.
pub const MAX_ID: usize = 36;

/// Longest error description, in characters (2.x Part 4 §4.2.3).
pub const MAX_DESCRIPTION: usize = 255;

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
