//! The strict check: the verdict of the official schema on a payload, with the RPC error code for
//! each violation.
//!
//! Owns JSON-schema semantics as far as the schemas of OCPP use them: draft-04 for 1.6, draft-06
//! for the security extension and 2.x. Refuses to forgive (that is `lenient`) and to judge by
//! rules beyond the schema.
//!
//! Decisions where schemas leave a choice:
//! - Numbers are judged by their digits, never as binary floats: `multipleOf 0.1` is exact, and an
//!   exponent of any size is only a number.
//! - `7.0` and `7e0` are integers since draft-06; draft-04 wants neither point nor exponent.
//! - Lengths are counted in Unicode code points.
//! - `format` is an annotation, as in most validators: a wrong date does not make a payload
//!   invalid here. `lenient` reports it.
//! - Of a key that is there twice the last counts (the JSON reader has dropped the first).

mod decimal;
mod line;

pub use line::{judge_line, unreadable_line};

pub(crate) use decimal::Decimal;

use serde_json::{Map, Value};

use crate::catalogue::{Catalogue, Kind, Message, Range, ShapeId};
use crate::fault::RpcErrorCode;

/// One thing that the schema forbids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// JSON pointer (RFC 6901) to the value, or to where a missing field should be.
    pub path: String,
    /// The error code; spell it with [`RpcErrorCode::to_wire`].
    pub code: RpcErrorCode,
    /// What is wrong, for a technician. Tells the rule, never the value.
    pub text: String,
}

/// Checks a payload against its schema. Empty means valid.
pub fn check(message: &Message, payload: &Value) -> Vec<Violation> {
    let mut walk = Walk {
        catalogue: Catalogue::of(message.version),
        message,
        found: Vec::new(),
    };
    walk.object(payload, message.shape, &Path::Root);
    walk.found
}

/// Checks a part of a payload; paths start at the part.
pub(crate) fn check_value(message: &Message, value: &Value, kind: &Kind) -> Vec<Violation> {
    let mut walk = Walk {
        catalogue: Catalogue::of(message.version),
        message,
        found: Vec::new(),
    };
    walk.value(value, kind, &Path::Root);
    walk.found
}

/// The way from the payload to a value, on the stack; written out only when needed.
pub(crate) enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl Path<'_> {
    /// The JSON pointer.
    pub(crate) fn pointer(&self) -> String {
        match self {
            Path::Root => String::new(),
            Path::Key(above, key) => {
                format!(
                    "{}/{}",
                    above.pointer(),
                    key.replace('~', "~0").replace('/', "~1")
                )
            }
            Path::Index(above, at) => format!("{}/{at}", above.pointer()),
        }
    }
}

struct Walk<'m> {
    catalogue: &'static Catalogue,
    message: &'m Message,
    found: Vec<Violation>,
}

impl Walk<'_> {
    fn note(&mut self, path: &Path<'_>, code: RpcErrorCode, text: impl Into<String>) {
        self.found.push(Violation {
            path: path.pointer(),
            code,
            text: text.into(),
        });
    }

    fn wrong_type(&mut self, path: &Path<'_>, wanted: &str, value: &Value) {
        let text = format!("must be {wanted}, is {}", name_of(value));
        self.note(path, RpcErrorCode::TypeConstraintViolation, text);
    }

    fn value(&mut self, value: &Value, kind: &Kind, path: &Path<'_>) {
        match kind {
            Kind::Any => {}
            Kind::Boolean if value.is_boolean() => {}
            Kind::Boolean => self.wrong_type(path, "true or false", value),
            Kind::Text { most, .. } => match (value, most) {
                (Value::String(text), Some(most)) if is_longer(text, *most) => self.note(
                    path,
                    RpcErrorCode::PropertyConstraintViolation,
                    format!("must have at most {most} characters"),
                ),
                (Value::String(_), _) => {}
                _ => self.wrong_type(path, "a string", value),
            },
            Kind::Word(id) => {
                let words = &self.catalogue.enumeration(*id).words;
                match value {
                    Value::String(text) if words.contains(&text.as_str()) => {}
                    Value::String(_) => {
                        let text = format!("must be one of {}", words.join(", "));
                        self.note(path, RpcErrorCode::PropertyConstraintViolation, text);
                    }
                    _ => self.wrong_type(path, "a string", value),
                }
            }
            Kind::Integer(range) => match value {
                Value::Number(number) => {
                    let decimal = Decimal::parse(number.as_str());
                    let whole = if self.message.whole_decimals {
                        decimal.is_whole()
                    } else {
                        !number.as_str().contains(['.', 'e', 'E'])
                    };
                    if !whole {
                        let text = "must be an integer, is a number with a fraction";
                        self.note(path, RpcErrorCode::TypeConstraintViolation, text);
                    }
                    self.range(&decimal, range, path);
                }
                _ => self.wrong_type(path, "an integer", value),
            },
            Kind::Number(range) => match value {
                Value::Number(number) => {
                    self.range(&Decimal::parse(number.as_str()), range, path);
                }
                _ => self.wrong_type(path, "a number", value),
            },
            Kind::Object(id) => self.object(value, *id, path),
            Kind::List { of, least, most } => match value {
                Value::Array(elements) => {
                    let wrong = if elements.len() < *least {
                        Some(format!("must have at least {least} elements"))
                    } else {
                        most.filter(|most| elements.len() > *most)
                            .map(|most| format!("must have at most {most} elements"))
                    };
                    if let Some(text) = wrong {
                        self.note(path, RpcErrorCode::OccurrenceConstraintViolation, text);
                    }
                    for (at, element) in elements.iter().enumerate() {
                        self.value(element, of, &Path::Index(path, at));
                    }
                }
                _ => self.wrong_type(path, "an array", value),
            },
        }
    }

    fn range(&mut self, decimal: &Decimal, range: &Range, path: &Path<'_>) {
        for text in breaches(decimal, range) {
            self.note(path, RpcErrorCode::PropertyConstraintViolation, text);
        }
    }

    fn object(&mut self, value: &Value, id: ShapeId, path: &Path<'_>) {
        match value {
            Value::Object(fields) => self.fields(fields, id, path),
            _ => self.wrong_type(path, "an object", value),
        }
    }

    fn fields(&mut self, fields: &Map<String, Value>, id: ShapeId, path: &Path<'_>) {
        let shape = self.catalogue.shape(id);
        for field in shape.fields.iter().filter(|field| field.required) {
            if !fields.contains_key(field.name) {
                self.note(
                    &Path::Key(path, field.name),
                    RpcErrorCode::OccurrenceConstraintViolation,
                    "is required, but missing",
                );
            }
        }
        for (name, value) in fields {
            let path = Path::Key(path, name);
            match shape.field(name) {
                Some(field) => self.value(value, &field.kind, &path),
                None if shape.open => {}
                None => self.note(
                    &path,
                    RpcErrorCode::FormatViolation,
                    format!("is not a field of {}", shape.name),
                ),
            }
        }
    }
}

/// What a number breaks of its bounds, in words.
pub(crate) fn breaches(decimal: &Decimal, range: &Range) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(from) = range.from.filter(|from| decimal.compare(*from).is_lt()) {
        out.push(format!("must be at least {from}"));
    }
    if let Some(to) = range.to.filter(|to| decimal.compare(*to).is_gt()) {
        out.push(format!("must be at most {to}"));
    }
    if let Some(step) = range.step.filter(|step| !decimal.is_multiple_of(*step)) {
        let scale = step.scale as usize;
        let digits = format!("{:0>width$}", step.digits, width = scale + 1);
        let (whole, part) = digits.split_at(digits.len() - scale);
        let dot = if part.is_empty() { "" } else { "." };
        out.push(format!("must be a multiple of {whole}{dot}{part}"));
    }
    out
}

/// True when the text has more than `most` code points, without counting when bytes decide.
pub(crate) fn is_longer(text: &str, most: usize) -> bool {
    text.len() > most && text.chars().count() > most
}

/// The JSON type of a value, with an article.
pub(crate) fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
