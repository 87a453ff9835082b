//! A reader that knows where in a JSON text a value stands.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// Deeper texts are not read; frames end at 127.
const MAX_DEPTH: usize = 200;

/// A value and where it stands.
pub(super) enum Node {
    /// The bytes between the quotes.
    Text(usize, usize),
    Number(usize, usize),
    /// Every field, repeated ones too.
    Object(Vec<(String, Node)>),
    List(Vec<Node>),
    Word,
}

/// Walks over a text that is known to be JSON.
struct Scan<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
}

/// The values of a text and where they stand; none for a text that is no JSON, or too deep.
pub(super) fn read(text: &str) -> Option<Node> {
    serde_json::from_str::<&RawValue>(text).ok()?;
    let mut scan = Scan {
        bytes: text.as_bytes(),
        text,
        at: 0,
    };
    scan.node(0)
}

/// The content of a JSON text, from what stands between its quotes.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if text.contains('\\')
        && let Ok(serde_json::Value::String(text)) =
            crate::frame::payload_value(&format!("\"{text}\""))
    {
        return Cow::Owned(text);
    }
    Cow::Borrowed(text)
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
                    let key = unescaped(self.text.get(start..end)?).into_owned();
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
