//! Signed messages (2.x Part 4 §7): the action ends with `-Signed` and the payload is a JWS in its
//! flattened JSON form, in which the message itself is the part `payload`.
//!
//! Owns the way to the message inside. Verifies nothing: Part 4 leaves that to the receiver, and
//! a message is worth what its connection is worth; the frame is kept as it came, so that a
//! signature can be verified later.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

/// Base64url without padding is what JWS demands (RFC 7515 §2); padding is forgiven.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The action inside, when the message is a signed one.
pub(crate) fn inside(action: &str) -> Option<&str> {
    action.strip_suffix("-Signed")
}

/// The payload inside.
///
/// # Errors
/// What is wrong with the envelope, in words without its content.
pub(crate) fn open(envelope: &str) -> Result<String, &'static str> {
    #[derive(Deserialize)]
    struct Flattened {
        payload: String,
        protected: Option<serde::de::IgnoredAny>,
        header: Option<serde::de::IgnoredAny>,
        signature: String,
    }
    let jws: Flattened = serde_json::from_str(envelope)
        .map_err(|_| "the payload is no JWS in flattened JSON form")?;
    if jws.signature.is_empty() || (jws.protected.is_none() && jws.header.is_none()) {
        return Err("the JWS has no signature or no header");
    }
    let bytes = BASE64
        .decode(jws.payload.as_bytes())
        .map_err(|_| "the payload of the JWS is not base64url")?;
    String::from_utf8(bytes).map_err(|_| "the payload of the JWS is not UTF-8")
}
