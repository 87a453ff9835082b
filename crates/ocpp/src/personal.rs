//! The bytes of a payload that are about a driver, or secret.
//!
//! Owns the list of the fields and a reader that knows where in the text a value stands. Works on
//! any text in any version, so that a payload of an unknown action is masked as well; a text that
//! cannot be read is personal as a whole.

use domain::command::VariableName;
use domain::variable::is_secret;
use domain::wire_log::Span;
use serde_json::value::RawValue;

/// Fields whose values are personal, in lower case.
const FIELDS: [&str; 28] = [
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
    "keycode",
    // Whatever vendors, customers' records, certificates, signatures and additions tell.
    "data",
    "customdata",
    "certificate",
    "certificatechain",
    "exirequest",
    "exiresponse",
    "signedmetervalue",
    "signedmeterdata",
    "techinfo",
    "info",
    "company",
    "address",
    "useremail",
];

/// Fields that are personal with everything below them.
const DEEP: [&str; 4] = ["data", "customdata", "company", "address"];

/// Fields whose values are secret, in lower case.
const SECRETS: [&str; 5] = [
    "authorizationkey",
    "basicauthpassword",
    "password",
    "apnpassword",
    "passphrase",
];

/// What stands in a text where a secret was.
const REMOVED: &str = "***";

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
    let Some(marks) = marks(payload) else {
        return vec![(0, u32::try_from(payload.len()).unwrap_or(u32::MAX))];
    };
    let mut spans: Vec<Span> = marks.into_iter().map(|mark| mark.span).collect();
    spans.sort_unstable();
    spans.dedup();
    spans
}

/// The payload with [`REMOVED`] in the place of every secret: passwords of stations and networks,
/// and codes that drivers type (2.x C04.FR.04). None when there is no secret in it. A text that
/// is no JSON is left as it is.
#[must_use]
pub fn without_secrets(payload: &str) -> Option<String> {
    let mut secrets: Vec<Mark> = marks(payload)?.into_iter().filter(|m| m.secret).collect();
    if secrets.is_empty() {
        return None;
    }
    secrets.sort_unstable_by_key(|mark| mark.span);
    let mut text = payload.to_owned();
    for mark in secrets.iter().rev() {
        let (start, end) = (mark.span.0 as usize, mark.span.1 as usize);
        // A number becomes a text, so that the payload stays JSON.
        if mark.number {
            text.replace_range(start..end, &format!("\"{REMOVED}\""));
        } else {
            text.replace_range(start..end, REMOVED);
        }
    }
    Some(text)
}

/// A value that not everybody may see.
struct Mark {
    span: Span,
    /// Nobody may see it, not even on disk.
    secret: bool,
    /// It stands without quotes.
    number: bool,
}

/// None for a text that cannot be read.
fn marks(payload: &str) -> Option<Vec<Mark>> {
    serde_json::from_str::<&RawValue>(payload).ok()?;
    let mut scan = Scan {
        bytes: payload.as_bytes(),
        text: payload,
        at: 0,
    };
    let root = scan.node(0)?;
    let mut marks = Vec::new();
    walk(payload, &root, "", Heat::Cold, &mut marks);
    Some(marks)
}

/// How a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heat {
    Cold,
    /// In a personal field.
    Personal,
    /// In a secret field, or beside the name of a secret.
    Secret,
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

fn walk(payload: &str, node: &Node, key: &str, heat: Heat, marks: &mut Vec<Mark>) {
    let mark = |marks: &mut Vec<Mark>, start: usize, end: usize| {
        if let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end))
            && start < end
        {
            marks.push(Mark {
                span: (start, end),
                secret: heat == Heat::Secret,
                number: matches!(node, Node::Number(..)),
            });
        }
    };
    match node {
        Node::Text(start, end) => {
            let text = payload.get(*start..*end).unwrap_or_default();
            let deep = DEEP.contains(&key.to_lowercase().as_str());
            if let (Heat::Cold, Some((from, to))) = (heat, user_info(text)) {
                walk(
                    payload,
                    &Node::Text(start + from, start + to),
                    key,
                    Heat::Secret,
                    marks,
                );
            } else if heat != Heat::Cold && !deep {
                mark(marks, *start, *end);
            } else if heat != Heat::Cold || tells_inside(text) {
                // In pieces so short that a mask shows no end of any.
                let mut from = *start;
                for (at, _) in text.char_indices().step_by(7).skip(1) {
                    mark(marks, from, start + at);
                    from = start + at;
                }
                mark(marks, from, *end);
            }
        }
        Node::Number(start, end) if heat != Heat::Cold => mark(marks, *start, *end),
        Node::Number(..) | Node::Word => {}
        Node::List(elements) => {
            for element in elements {
                walk(payload, element, key, heat, marks);
            }
        }
        Node::Object(fields) => {
            let names_secret = fields.iter().any(|(name, value)| match value {
                Node::Text(..) if name == "key" => secret_word(payload, value),
                Node::Object(inner) if name == "variable" => inner
                    .iter()
                    .any(|(name, value)| name == "name" && secret_word(payload, value)),
                _ => false,
            });
            let says = |field: &str, word: &str| {
                fields.iter().any(|(name, value)| match value {
                    Node::Text(start, end) => {
                        name == field && payload.get(*start..*end) == Some(word)
                    }
                    _ => false,
                })
            };
            let typed = says("type", "KeyCode");
            // A signed reading can name the driver.
            let signed = says("format", "SignedData");
            let spread = heat == Heat::Secret && key == "variableAttribute";
            let deep = heat != Heat::Cold && DEEP.contains(&key.to_lowercase().as_str());
            for (name, value) in fields {
                let lower = name.to_lowercase();
                let secret = SECRETS.contains(&lower.as_str())
                    || (key == "vpn" && name == "key")
                    || (typed && lower == "idtoken")
                    || ((names_secret || spread) && VALUES.contains(&name.as_str()));
                let personal =
                    deep || FIELDS.contains(&lower.as_str()) || (signed && lower == "value");
                let heat = match (secret, personal) {
                    (true, _) => Heat::Secret,
                    (false, true) => Heat::Personal,
                    (false, false) => Heat::Cold,
                };
                walk(payload, value, if deep { key } else { name }, heat, marks);
            }
        }
    }
}

/// Where a user and a password stand in a URL: before the `@`.
fn user_info(text: &str) -> Option<(usize, usize)> {
    let start = text.find("://")? + 3;
    let authority = text.get(start..)?.split('/').next()?;
    let end = authority.rfind('@')?;
    (end > 0).then_some((start, start + end))
}

/// A text that holds JSON with a personal field (vendors' data).
fn tells_inside(text: &str) -> bool {
    if !text.contains("\\\"") && !text.contains("\\u") {
        return false;
    }
    let lower = text.to_lowercase();
    FIELDS
        .iter()
        .chain(&SECRETS)
        .any(|field| lower.contains(field))
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
