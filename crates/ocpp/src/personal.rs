//! The bytes of a payload that are about a driver, or secret.
//!
//! Owns the list of the fields and a reader that knows where in the text a value stands. Works on
//! any text in any version, so that a payload of an unknown action is masked as well; a text that
//! cannot be read is personal as a whole.

use domain::command::VariableName;
use domain::variable::is_secret;
use domain::wire_log::Span;
use serde_json::value::RawValue;

/// Fields whose values are personal or secret, in lower case.
const FIELDS: [&str; 20] = [
    "idtag",
    "parentidtag",
    "idtoken",
    "groupidtoken",
    "additionalidtoken",
    "emaid",
    "evccid",
    "evcontractid",
    "contractid",
    "contractids",
    "prioritizedemaids",
    "vin",
    "vatnumber",
    "customeridentifier",
    "authorizationkey",
    "basicauthpassword",
    "password",
    "apnpassword",
    "passphrase",
    "keycode",
];

/// Fields beside the name of a secret variable.
const VALUES: [&str; 4] = [
    "value",
    "attributeValue",
    "variableAttribute",
    "actualValue",
];

/// Deeper texts are masked as a whole; frames end at 127.
const MAX_DEPTH: usize = 200;

/// Byte ranges of the personal and secret values in a payload, in their order: the content of
/// texts without the quotes, or a whole number.
#[must_use]
pub fn personal_spans(payload: &str) -> Vec<Span> {
    let whole = || vec![(0, u32::try_from(payload.len()).unwrap_or(u32::MAX))];
    if serde_json::from_str::<&RawValue>(payload).is_err() {
        return whole();
    }
    let mut scan = Scan {
        bytes: payload.as_bytes(),
        text: payload,
        at: 0,
    };
    let Some(root) = scan.node(0) else {
        return whole();
    };
    let mut spans = Vec::new();
    walk(payload, &root, "", false, &mut spans);
    spans.sort_unstable();
    spans.dedup();
    spans
}

/// A value and where it stands.
enum Node {
    /// The bytes between the quotes.
    Text(usize, usize),
    Number(usize, usize),
    /// Every field, repeated ones too.
    Object(Vec<(String, Node)>),
    List(Vec<Node>),
    Word,
}

/// `hot`: the value stands in a personal field or beside the name of a secret.
fn walk(payload: &str, node: &Node, key: &str, hot: bool, spans: &mut Vec<Span>) {
    let mut mark = |start: usize, end: usize| {
        if let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end))
            && start < end
        {
            spans.push((start, end));
        }
    };
    match node {
        Node::Text(start, end) => {
            let text = payload.get(*start..*end).unwrap_or_default();
            if hot {
                mark(*start, *end);
            } else if tells_inside(text) {
                // In pieces so short that a mask shows no end of any.
                let mut from = *start;
                for (at, _) in text.char_indices().step_by(7).skip(1) {
                    mark(from, start + at);
                    from = start + at;
                }
                mark(from, *end);
            }
        }
        Node::Number(start, end) if hot => mark(*start, *end),
        Node::Number(..) | Node::Word => {}
        Node::List(elements) => {
            for element in elements {
                walk(payload, element, key, hot, spans);
            }
        }
        Node::Object(fields) => {
            let of_secret = fields.iter().any(|(name, value)| match value {
                Node::Text(..) if name == "key" => secret_word(payload, value),
                Node::Object(inner) if name == "variable" => inner
                    .iter()
                    .any(|(name, value)| name == "name" && secret_word(payload, value)),
                _ => false,
            });
            let spread = hot && key == "variableAttribute";
            for (name, value) in fields {
                let lower = name.to_lowercase();
                let personal = FIELDS.contains(&lower.as_str())
                    || (key == "vpn" && name == "key")
                    || ((of_secret || spread) && VALUES.contains(&name.as_str()));
                walk(payload, value, name, personal, spans);
            }
        }
    }
}

/// A text that holds JSON with a personal field (vendors' data).
fn tells_inside(text: &str) -> bool {
    if !text.contains("\\\"") && !text.contains("\\u") {
        return false;
    }
    let lower = text.to_lowercase();
    FIELDS.iter().any(|field| lower.contains(field))
}

fn secret_word(payload: &str, node: &Node) -> bool {
    let Node::Text(start, end) = node else {
        return false;
    };
    is_secret(&VariableName {
        component: None,
        component_instance: None,
        evse: None,
        connector: None,
        variable: unescaped(payload.get(*start..*end).unwrap_or_default()),
        variable_instance: None,
    })
}

fn unescaped(text: &str) -> String {
    if text.contains('\\')
        && let Ok(serde_json::Value::String(text)) =
            crate::frame::payload_value(&format!("\"{text}\""))
    {
        return text;
    }
    text.to_owned()
}

/// Walks over a text that is known to be JSON.
struct Scan<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
}

impl Scan<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    /// Takes `symbol` when it is next.
    fn take(&mut self, symbol: u8) -> bool {
        let there = self.peek() == Some(symbol);
        self.at += usize::from(there);
        there
    }

    fn node(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'"' => {
                let (start, end) = self.string()?;
                Some(Node::Text(start, end))
            }
            b'{' => {
                self.at += 1;
                let mut fields = Vec::new();
                while !self.take(b'}') {
                    self.peek()?;
                    let (start, end) = self.string()?;
                    let key = unescaped(self.text.get(start..end)?);
                    self.take(b':').then_some(())?;
                    fields.push((key, self.node(depth + 1)?));
                    self.take(b',');
                }
                Some(Node::Object(fields))
            }
            b'[' => {
                self.at += 1;
                let mut elements = Vec::new();
                while !self.take(b']') {
                    elements.push(self.node(depth + 1)?);
                    self.take(b',');
                }
                Some(Node::List(elements))
            }
            first => {
                let start = self.at;
                while self
                    .bytes
                    .get(self.at)
                    .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.'))
                {
                    self.at += 1;
                }
                if self.at == start {
                    return None;
                }
                Some(if first.is_ascii_alphabetic() {
                    Node::Word
                } else {
                    Node::Number(start, self.at)
                })
            }
        }
    }

    /// The bytes between the quotes of the next string.
    fn string(&mut self) -> Option<(usize, usize)> {
        (self.bytes.get(self.at) == Some(&b'"')).then_some(())?;
        self.at += 1;
        let start = self.at;
        loop {
            match self.bytes.get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        let end = self.at;
        self.at += 1;
        Some((start, end))
    }
}
