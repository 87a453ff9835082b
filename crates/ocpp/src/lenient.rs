//! The lenient reading: the only place that forgives.
//!
//! Owns the repair of a received payload, guided by the catalogue (protocol.md 1.3, quirks.md 2 to
//! 4). Every change is a [`Repair`], to be counted and shown as a deviation of the station; the
//! raw text of the frame is the caller's and stays as it was. Refuses to touch what we send, and
//! to judge what a value means.
//!
//! The rules, in short:
//! - Booleans, numbers and strings become what the field wants, when nothing is lost; a number
//!   with the same value in another spelling (`7.0` for `7`, where the draft allows it) is
//!   rewritten without being counted.
//! - Texts are trimmed and cut, words matched without case and by alias, dates normalised to
//!   RFC 3339 in UTC, numbers rounded to their step; whole numbers only when they are no ids.
//! - Null, empty and unknown things leave, and so does an optional value that cannot be repaired.
//! - A meter sample whose meaning is in doubt (unknown measurand, unit or phase, unreadable value)
//!   leaves as a whole: without its measurand it would count as an energy register.
//! - An empty list that should have elements is accepted: it loses nothing, and a refusal would
//!   make the station send it for ever (quirk 19).
//! - What is left is in [`Repaired::remaining`].

mod dates;
mod scalars;
mod words;

use serde_json::{Map, Value};

use crate::catalogue::{Catalogue, Field, Kind, Message, ShapeId};
use crate::check::{Path, Violation, check, check_value, name_of};
use crate::fault::RpcErrorCode;

/// One thing that was wrong and has been changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// JSON pointer into the payload as it came.
    pub path: String,
    /// The code that a strict reader would have answered.
    pub code: RpcErrorCode,
    /// What was done, for a technician; never the value.
    pub text: String,
}

/// A payload after repair.
#[derive(Debug, Clone, PartialEq)]
pub struct Repaired {
    /// The repaired payload.
    pub value: Value,
    /// What was changed, in the order of the walk.
    pub repairs: Vec<Repair>,
    /// What could not be repaired: violations of the schema (except empty lists) and unreadable
    /// dates. Paths point into `value`.
    pub remaining: Vec<Violation>,
}

/// Repairs a received payload as far as possible.
pub fn repair(message: &Message, payload: Value) -> Repaired {
    let mut walk = Walk {
        catalogue: Catalogue::of(message.version),
        message,
        repairs: Vec::new(),
        dates: Vec::new(),
    };
    let payload = if payload.is_null() {
        walk.note(
            &Path::Root,
            RpcErrorCode::TypeConstraintViolation,
            "null read as {}",
        );
        Value::Object(Map::new())
    } else {
        payload
    };
    let value = match walk.object(payload, message.shape, &Path::Root) {
        Fixed::Value(value) | Fixed::Hopeless(value, ..) => value,
    };
    let mut remaining = check(message, &value);
    remaining.retain(|violation| {
        let empty = value
            .pointer(&violation.path)
            .and_then(Value::as_array)
            .is_some_and(Vec::is_empty);
        !(empty && violation.code == RpcErrorCode::OccurrenceConstraintViolation)
    });
    remaining.extend(walk.dates.into_iter().map(|path| Violation {
        path,
        code: RpcErrorCode::PropertyConstraintViolation,
        text: "is not a date".to_owned(),
    }));
    Repaired {
        value,
        repairs: walk.repairs,
        remaining,
    }
}

/// A value after its repair.
pub(crate) enum Fixed {
    /// Fine now, or as good as it gets.
    Value(Value),
    /// Not to be saved: left out where it is optional, kept where it is required.
    Hopeless(Value, RpcErrorCode, String),
}

pub(crate) struct Walk<'m> {
    catalogue: &'static Catalogue,
    message: &'m Message,
    repairs: Vec<Repair>,
    /// Required dates that cannot be read.
    dates: Vec<String>,
}

impl Walk<'_> {
    fn note(&mut self, path: &Path<'_>, code: RpcErrorCode, text: impl Into<String>) {
        self.repairs.push(Repair {
            path: path.pointer(),
            code,
            text: text.into(),
        });
    }

    fn value(&mut self, value: Value, name: &str, kind: &Kind, path: &Path<'_>) -> Fixed {
        match kind {
            Kind::Any => Fixed::Value(value),
            Kind::Object(id) => self.object(value, *id, path),
            Kind::List { of, least, most } => {
                if *least > 0 && value.as_array().is_some_and(Vec::is_empty) {
                    let code = RpcErrorCode::OccurrenceConstraintViolation;
                    self.note(path, code, "an empty array accepted");
                }
                self.list(value, name, of, *most, path)
            }
            Kind::Text { most, format } => self.text(value, name, *most, *format, path),
            Kind::Word(id) => self.word(value, name, *id, path),
            Kind::Boolean => self.boolean(value, path),
            Kind::Integer(range) => self.integer(value, name, range, path),
            Kind::Number(range) => self.number(value, range, path),
        }
    }

    fn object(&mut self, value: Value, id: ShapeId, path: &Path<'_>) -> Fixed {
        let code = RpcErrorCode::TypeConstraintViolation;
        match value {
            Value::Object(fields) => Fixed::Value(Value::Object(self.fields(fields, id, path))),
            Value::Array(list) if list.is_empty() && self.needs_nothing(id) => {
                self.note(path, code, "an empty array read as an empty object");
                Fixed::Value(Value::Object(self.fields(Map::new(), id, path)))
            }
            Value::Array(mut list) if list.len() == 1 && list[0].is_object() => {
                self.note(path, code, "taken out of its array");
                self.object(list.remove(0), id, path)
            }
            other => {
                let text = format!("must be an object, is {}", name_of(&other));
                Fixed::Hopeless(other, code, text)
            }
        }
    }

    fn fields(
        &mut self,
        fields: Map<String, Value>,
        id: ShapeId,
        path: &Path<'_>,
    ) -> Map<String, Value> {
        let shape = self.catalogue.shape(id);
        let mut out = Map::new();
        let mut strangers = Vec::new();
        for (name, value) in fields {
            match shape.field(&name) {
                Some(field) => self.field(value, field, &Path::Key(path, &name), &mut out),
                None if shape.open => {
                    out.insert(name, value);
                }
                None => strangers.push((name, value)),
            }
        }
        if strangers.is_empty() {
            return out;
        }
        let names: Vec<&'static str> = shape.fields.iter().map(|field| field.name).collect();
        for (name, value) in strangers {
            let here = Path::Key(path, &name);
            let meant = words::field_alias(&name, &names)
                .filter(|meant| !out.contains_key(*meant))
                .and_then(|meant| shape.field(meant));
            match meant {
                Some(field) => {
                    let text = format!("read as {}", field.name);
                    self.note(&here, RpcErrorCode::FormatViolation, text);
                    self.field(value, field, &here, &mut out);
                }
                None => {
                    let text = format!("is not a field of {}; left out", shape.name);
                    self.note(&here, RpcErrorCode::FormatViolation, text);
                }
            }
        }
        out
    }

    fn field(
        &mut self,
        value: Value,
        field: &Field,
        path: &Path<'_>,
        out: &mut Map<String, Value>,
    ) {
        if !field.required
            && let Some((code, text)) = emptiness(&value, field)
        {
            self.note(path, code, format!("{text}; left out"));
            return;
        }
        let is_date = matches!(
            &field.kind,
            Kind::Text {
                format: Some(_),
                ..
            }
        );
        let value = match self.value(value, field.name, &field.kind, path) {
            Fixed::Value(value) => value,
            Fixed::Hopeless(_, code, text) if !field.required => {
                self.note(path, code, format!("{text}; left out"));
                return;
            }
            Fixed::Hopeless(value, code, _) => {
                if is_date && value.is_string() && code == RpcErrorCode::PropertyConstraintViolation
                {
                    self.dates.push(path.pointer());
                }
                value
            }
        };
        if !field.required
            && value.is_array()
            && let Some((code, text)) = emptiness(&value, field)
        {
            self.note(path, code, format!("{text} after repair; left out"));
            return;
        }
        if field.name == "customData" && !self.passes(&value, &field.kind) {
            let text = "customData without a readable vendorId; left out";
            self.note(path, RpcErrorCode::OccurrenceConstraintViolation, text);
            return;
        }
        out.insert(field.name.to_owned(), value);
    }

    fn list(
        &mut self,
        value: Value,
        name: &str,
        of: &Kind,
        most: Option<usize>,
        path: &Path<'_>,
    ) -> Fixed {
        let code = RpcErrorCode::TypeConstraintViolation;
        let elements = match value {
            Value::Array(elements) => elements,
            Value::Null => {
                self.note(path, code, "null read as an empty array");
                Vec::new()
            }
            Value::Object(fields) if fields.is_empty() => {
                self.note(path, code, "an empty object read as an empty array");
                Vec::new()
            }
            single if single.is_object() == matches!(of, Kind::Object(_)) => {
                self.note(path, code, "put into an array");
                vec![single]
            }
            other => {
                let text = format!("must be an array, is {}", name_of(&other));
                return Fixed::Hopeless(other, code, text);
            }
        };
        let mut out = Vec::with_capacity(elements.len());
        for (at, element) in elements.into_iter().enumerate() {
            let path = Path::Index(path, at);
            if element.is_null() && !matches!(of, Kind::Any) {
                self.note(&path, code, "null; left out");
                continue;
            }
            if self.doubtful_sample(&element, name, of, &path) {
                continue;
            }
            match self.value(element, name, of, &path) {
                Fixed::Value(element) if name == "sampledValue" && !self.passes(&element, of) => {
                    let text = "a sample that cannot be read; left out";
                    self.note(&path, RpcErrorCode::TypeConstraintViolation, text);
                }
                Fixed::Value(element) => out.push(element),
                Fixed::Hopeless(_, code, text) => {
                    self.note(&path, code, format!("{text}; left out"))
                }
            }
        }
        if let Some(most) = most.filter(|most| out.len() > *most) {
            out.truncate(most);
            let text = format!("more than {most} elements; the rest left out");
            self.note(path, RpcErrorCode::OccurrenceConstraintViolation, text);
        }
        Fixed::Value(Value::Array(out))
    }

    /// A sample with a measurand, unit or phase that nobody knows.
    fn doubtful_sample(&mut self, element: &Value, name: &str, of: &Kind, path: &Path<'_>) -> bool {
        let (Kind::Object(id), "sampledValue") = (of, name) else {
            return false;
        };
        let shape = self.catalogue.shape(*id);
        for name in ["measurand", "unit", "phase"] {
            let Some(Kind::Word(id)) = shape.field(name).map(|field| &field.kind) else {
                continue;
            };
            let Some(text) = element.get(name).and_then(Value::as_str) else {
                continue;
            };
            let text = text.trim();
            let known = &self.catalogue.enumeration(*id).words;
            if text.is_empty() || text.eq_ignore_ascii_case("null") {
                continue;
            }
            if matches!(words::resolve(name, known, text), words::Meant::Unknown) {
                let text = format!("a sample with an unknown {name}; left out");
                self.note(path, RpcErrorCode::PropertyConstraintViolation, text);
                return true;
            }
        }
        false
    }

    /// Whether an empty object of this shape says all it must.
    fn needs_nothing(&self, id: ShapeId) -> bool {
        self.catalogue
            .shape(id)
            .fields
            .iter()
            .all(|field| !field.required)
    }

    fn passes(&self, value: &Value, kind: &Kind) -> bool {
        check_value(self.message, value, kind).is_empty()
    }
}

/// Why an optional value is as good as absent.
fn emptiness(value: &Value, field: &Field) -> Option<(RpcErrorCode, &'static str)> {
    match (value, &field.kind) {
        (_, Kind::Any) => None,
        (Value::Null, _) => Some((RpcErrorCode::TypeConstraintViolation, "null")),
        (Value::String(text), kind) => {
            let text = text.trim();
            // An empty setting is a setting.
            let may_be_empty = matches!(kind, Kind::Text { .. })
                && matches!(field.name, "value" | "attributeValue" | "data");
            if may_be_empty {
                None
            } else if text.is_empty() {
                Some((RpcErrorCode::PropertyConstraintViolation, "empty"))
            } else if text == "null" {
                Some((RpcErrorCode::PropertyConstraintViolation, "the word null"))
            } else {
                None
            }
        }
        (Value::Array(list), Kind::List { least, .. }) if list.is_empty() && *least > 0 => Some((
            RpcErrorCode::OccurrenceConstraintViolation,
            "an empty array",
        )),
        _ => None,
    }
}
