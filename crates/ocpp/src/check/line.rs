//! One line of `busbar ocpp check`: a message in, a verdict out.
//!
//! Owns the form of both lines. Refuses to read files or to print.
//!
//! In: `{"version":"2.0.1","message":"TransactionEventRequest","payload":{…}}`.
//! Out: `{"valid":true|false,"errors":[{"path","code","text"}],"repairs":[{"path","code","text"}]}`.
//! - `valid` and `errors` are the official schema's verdict on the payload as it came, with and
//!   without `--lenient`: a repair does not make the station right.
//! - `repairs` is what lenient reading would change; empty without `--lenient`.
//! - With `--lenient` there is also `remaining`: what is still wrong after the repairs, in the
//!   form of `errors`.
//! - A message that the version does not have is judged: not valid, code `NotImplemented`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Violation, check};
use crate::catalogue::{Catalogue, Version};
use crate::fault::RpcErrorCode;
use crate::frame::payload_value;
use crate::lenient;

#[derive(Deserialize)]
struct Asked<'a> {
    version: String,
    message: String,
    #[serde(borrow)]
    payload: &'a RawValue,
}

#[derive(Serialize)]
struct Verdict {
    valid: bool,
    errors: Vec<Finding>,
    repairs: Vec<Finding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining: Option<Vec<Finding>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unreadable: bool,
}

#[derive(Serialize)]
struct Finding {
    path: String,
    code: &'static str,
    text: String,
}

/// Judges one line; the answer is one line of JSON without the line break.
///
/// # Errors
/// Why the line could not be read: not JSON, a missing part, an unknown version. The output line
/// for it is [`unreadable_line`]; the exit code is then 2.
pub fn judge_line(line: &str, lenient: bool) -> Result<String, String> {
    let asked: Asked<'_> =
        serde_json::from_str(line.trim_start_matches('\u{feff}')).map_err(|e| e.to_string())?;
    let version = Version::from_number(&asked.version)
        .or_else(|| Version::from_subprotocol(&asked.version))
        .ok_or_else(|| format!("unknown version {:?}", asked.version))?;
    let payload = payload_value(asked.payload.get()).map_err(|e| format!("payload: {e}"))?;
    let finding = |path: String, code: RpcErrorCode, text: String| Finding {
        path,
        code: code.to_wire(version),
        text,
    };
    let findings = |list: Vec<Violation>| -> Vec<Finding> {
        list.into_iter()
            .map(|found| finding(found.path, found.code, found.text))
            .collect()
    };

    let Some(message) = Catalogue::of(version).message(&asked.message) else {
        let text = format!("{} has no message {:?}", version.number(), asked.message);
        let error = || {
            vec![finding(
                String::new(),
                RpcErrorCode::NotImplemented,
                text.clone(),
            )]
        };
        let remaining = lenient.then(error);
        return Ok(write(&Verdict {
            valid: false,
            errors: error(),
            repairs: Vec::new(),
            remaining,
            unreadable: false,
        }));
    };
    let errors = check(&message, &payload);
    let repaired = lenient.then(|| lenient::repair(&message, payload));
    let (repairs, remaining) = match repaired {
        Some(repaired) => (
            repaired
                .repairs
                .into_iter()
                .map(|repair| finding(repair.path, repair.code, repair.text))
                .collect(),
            Some(findings(repaired.remaining)),
        ),
        None => (Vec::new(), None),
    };
    Ok(write(&Verdict {
        valid: errors.is_empty(),
        errors: findings(errors),
        repairs,
        remaining,
        unreadable: false,
    }))
}

/// The output line for a line that [`judge_line`] could not read. Its code is `FormatViolation`:
/// without a readable version there is no other spelling to choose.
pub fn unreadable_line(why: &str) -> String {
    let code = RpcErrorCode::FormatViolation.to_wire(Version::V21);
    write(&Verdict {
        valid: false,
        errors: vec![Finding {
            path: String::new(),
            code,
            text: why.to_owned(),
        }],
        repairs: Vec::new(),
        remaining: None,
        unreadable: true,
    })
}

fn write(verdict: &Verdict) -> String {
    // Strings, booleans and lists of them always serialise.
    serde_json::to_string(verdict).unwrap_or_default()
}
