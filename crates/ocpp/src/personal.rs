//! The bytes of a payload that are about a driver, or secret.
//!
//! Owns the reading of a payload for them; which names tell what is the domain's list. Works on any
//! text in any version, so that a payload of an unknown action is masked as well; a text that
//! cannot be read is personal as a whole, and so is a field that no version knows.

mod scan;

use std::collections::HashMap;
use std::sync::LazyLock;

use domain::sensitive::{Sensitivity, identifiers, sensitivity, tells, url_secret};
use domain::wire_log::Span;

use crate::catalogue::{Catalogue, Version};
use scan::{Node, read, unescaped};

/// What stands in a text where a secret was.
const REMOVED: &str = "***";

/// Fields beside the name of a variable that hold its value.
const VALUES: [&str; 4] = [
    "value",
    "attributeValue",
    "variableAttribute",
    "actualValue",
];

/// Fields that some version has, and what their names tell.
static FIELDS: LazyLock<HashMap<&'static str, Sensitivity>> = LazyLock::new(|| {
    let shapes = Version::ALL.map(|version| Catalogue::of(version).shapes());
    let fields = shapes.into_iter().flatten().flat_map(|shape| &shape.fields);
    fields
        .map(|field| (field.name, sensitivity(field.name)))
        .collect()
});

/// Byte ranges of the personal and secret values in a payload, in their order: the content of
/// texts without the quotes, or a whole number.
#[must_use]
pub fn personal_spans(payload: &str) -> Vec<Span> {
    let Some(marks) = marks(payload) else {
        return everything();
    };
    let mut spans: Vec<Span> = marks.into_iter().map(|mark| mark.span).collect();
    spans.sort_unstable();
    spans.dedup();
    spans
}

/// The span of any payload that is personal as a whole.
#[must_use]
pub fn everything() -> Vec<Span> {
    vec![(0, u32::MAX)]
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
    let mut reading = Reading {
        payload,
        marks: Vec::new(),
    };
    let root = read(payload)?;
    reading.walk(&root, "", Sensitivity::Open);
    Some(reading.marks)
}

struct Reading<'a> {
    payload: &'a str,
    marks: Vec<Mark>,
}

impl Reading<'_> {
    /// `kind` is what the name `key` and the fields beside it tell about `node`.
    fn walk(&mut self, node: &Node, key: &str, kind: Sensitivity) {
        match node {
            Node::Text(start, end) => self.text(*start, *end, kind),
            Node::Number(start, end) if kind > Sensitivity::FreeText => {
                self.mark(*start, *end, kind, true);
            }
            Node::Number(..) | Node::Word => {}
            Node::List(elements) => {
                for element in elements {
                    self.walk(element, key, kind);
                }
            }
            Node::Object(fields) => {
                let about = self.about(fields);
                for (name, value) in fields {
                    let told = self.told(&about, key, kind, name);
                    self.walk(value, name, told);
                }
            }
        }
    }

    /// What the field `name` is, in an object `key` that tells `about` itself.
    fn told(&self, about: &About, key: &str, kind: Sensitivity, name: &str) -> Sensitivity {
        let own = FIELDS.get(name).copied();
        let own = own.unwrap_or_else(|| sensitivity(name).max(Sensitivity::Record));
        let mut told = own;
        if about.typed && name.eq_ignore_ascii_case("idToken") || key == "vpn" && name == "key" {
            told = Sensitivity::Secret;
        }
        if about.signed && name == "value" {
            told = told.max(Sensitivity::Record);
        }
        if VALUES.contains(&name) {
            told = told.max(about.variable);
            if key == "variableAttribute" {
                told = told.max(kind);
            }
        }
        if kind == Sensitivity::Record {
            told = told.max(kind);
        }
        told
    }

    fn about(&self, fields: &[(String, Node)]) -> About {
        let says = |field: &str, word: &str| {
            fields
                .iter()
                .any(|(name, value)| name == field && self.content(value) == Some(word))
        };
        let variables = fields.iter().filter_map(|(name, value)| match value {
            Node::Text(..) if name == "key" => self.named(value),
            Node::Object(inner) if name == "variable" => {
                let inner = inner.iter().filter(|(name, _)| name == "name");
                inner.filter_map(|(_, value)| self.named(value)).max()
            }
            _ => None,
        });
        About {
            variable: variables.max().unwrap_or(Sensitivity::Open),
            typed: says("type", "KeyCode"),
            // A signed reading can name the driver.
            signed: says("format", "SignedData"),
        }
    }

    /// What the name of a variable tells.
    fn named(&self, name: &Node) -> Option<Sensitivity> {
        Some(sensitivity(&unescaped(self.content(name)?)))
    }

    fn content(&self, node: &Node) -> Option<&str> {
        match node {
            Node::Text(start, end) => self.payload.get(*start..*end),
            _ => None,
        }
    }

    fn text(&mut self, start: usize, end: usize, kind: Sensitivity) {
        let text = self.payload.get(start..end).unwrap_or_default();
        match kind {
            Sensitivity::Secret | Sensitivity::Personal => self.mark(start, end, kind, false),
            Sensitivity::Record => self.pieces(start, end),
            Sensitivity::Open | Sensitivity::FreeText => {
                let hides = text.contains("\\\"") || text.contains("\\u");
                if let Some(secret) = url_secret(text) {
                    let (from, to) = (start + secret.start, start + secret.end);
                    self.mark(from, to, Sensitivity::Secret, false);
                } else if hides && (kind == Sensitivity::FreeText || tells(text)) {
                    self.pieces(start, end);
                } else if kind == Sensitivity::FreeText {
                    for span in identifiers(text) {
                        self.mark(start + span.start, start + span.end, kind, false);
                    }
                }
            }
        }
    }

    /// Marks a text in pieces so short that a mask shows no end of any.
    fn pieces(&mut self, start: usize, end: usize) {
        let text = self.payload.get(start..end).unwrap_or_default();
        let ends = text
            .char_indices()
            .step_by(7)
            .skip(1)
            .map(|(at, _)| start + at);
        let mut from = start;
        for at in ends.chain([end]) {
            self.mark(from, at, Sensitivity::Personal, false);
            from = at;
        }
    }

    fn mark(&mut self, start: usize, end: usize, kind: Sensitivity, number: bool) {
        if let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end))
            && start < end
        {
            self.marks.push(Mark {
                span: (start, end),
                secret: kind == Sensitivity::Secret,
                number,
            });
        }
    }
}

/// What an object tells about its fields.
struct About {
    /// The kind of the variable that it names.
    variable: Sensitivity,
    /// Its token was typed.
    typed: bool,
    /// Its value is signed.
    signed: bool,
}
