//! What is done to a text before it is a frame or a payload: mending, measuring, parsing.
//!
//! Owns JSON oddities below the level of OCPP. Refuses to know message types.

use serde_json::Value;

/// Mends texts that are almost JSON, as some firmware sends them: a value left out after a colon
/// (`"transactionId":,`) becomes `null`, a comma before a closing bracket goes. `None` when there
/// is nothing of the kind. For lenient stations, after [`super::parse`] said
/// [`crate::fault::FaultKind::NotJson`]; the raw text is what is logged.
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

/// Deepest nesting of brackets outside strings.
pub(super) fn depth(text: &str) -> usize {
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
