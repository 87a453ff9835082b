//! Makes payloads from the catalogue: a least and a greatest valid one for each message, and
//! mutations that are wrong in exactly one place.

use busbar_ocpp::catalogue::{Catalogue, Format, Kind, Message, Range, Shape};
use busbar_ocpp::fault::RpcErrorCode;
use serde_json::{Map, Number, Value, json};

/// A payload that is wrong in one place.
pub struct Mutation {
    /// What was done.
    pub what: String,
    /// The payload.
    pub payload: Value,
    /// Where it is wrong.
    pub path: String,
    /// The code that a strict reader should find.
    pub code: RpcErrorCode,
}

/// Only what is required, as small as allowed.
pub fn least(message: &Message) -> Value {
    Forge {
        message,
        full: false,
        longest: 1,
        elements: 0,
    }
    .shape(message.body())
}

/// Every field, as large as allowed (lists without a need for more have two elements).
pub fn greatest(message: &Message) -> Value {
    Forge {
        message,
        full: true,
        longest: usize::MAX,
        elements: 2,
    }
    .shape(message.body())
}

/// A JSON number of any spelling.
pub fn number(text: &str) -> Value {
    Value::Number(serde_json::from_str::<Number>(text).unwrap())
}

struct Forge<'m> {
    message: &'m Message,
    full: bool,
    longest: usize,
    elements: usize,
}

impl Forge<'_> {
    fn shape(&self, shape: &Shape) -> Value {
        let fields = shape
            .fields
            .iter()
            .filter(|field| self.full || field.required);
        let mut out: Map<String, Value> = fields
            .map(|field| (field.name.to_owned(), self.value(&field.kind)))
            .collect();
        if shape.open && self.full {
            out.insert("anything".to_owned(), json!({"goes": [null, 1.5]}));
        }
        Value::Object(out)
    }

    fn value(&self, kind: &Kind) -> Value {
        let catalogue = Catalogue::of(self.message.version);
        match kind {
            Kind::Any => json!({"any": ["thing", 1, null]}),
            Kind::Boolean => json!(self.full),
            Kind::Text {
                format: Some(Format::DateTime),
                ..
            } => json!("2024-02-29T12:34:56Z"),
            Kind::Text {
                format: Some(Format::Uri),
                ..
            } => json!("https://example.org/"),
            Kind::Text { most, .. } => {
                // Two bytes a character: lengths are counted in characters.
                json!("é".repeat(most.unwrap_or(40).min(self.longest)))
            }
            Kind::Word(id) => {
                let words = &catalogue.enumeration(*id).words;
                json!(if self.full {
                    words.last()
                } else {
                    words.first()
                })
            }
            Kind::Integer(range) => match self.full {
                true => json!(range.to.unwrap_or(2_000_000_000)),
                false => json!(range.from.unwrap_or(0)),
            },
            Kind::Number(range) => match (self.full, range) {
                (_, Range { step: Some(_), .. }) => number("16.1"),
                (true, Range { to: Some(to), .. }) => json!(to),
                (
                    false,
                    Range {
                        from: Some(from), ..
                    },
                ) => json!(from),
                _ => number("0.25"),
            },
            Kind::Object(id) => self.shape(catalogue.shape(*id)),
            Kind::List { of, least, most } => {
                let count = most.unwrap_or(usize::MAX).min(self.elements).max(*least);
                Value::Array((0..count).map(|_| self.value(of)).collect())
            }
        }
    }
}

/// All mutations of a payload with every field (short texts, for speed), at every depth.
pub fn mutations(message: &Message) -> Vec<Mutation> {
    let base = Forge {
        message,
        full: true,
        longest: 8,
        elements: 1,
    }
    .shape(message.body());
    let mut out = Out {
        base,
        list: Vec::new(),
    };
    out.replace(
        "",
        "payload is a list",
        json!([]),
        RpcErrorCode::TypeConstraintViolation,
    );
    out.shape(message, message.body(), "");
    out.list
}

struct Out {
    base: Value,
    list: Vec<Mutation>,
}

impl Out {
    fn push(
        &mut self,
        path: &str,
        what: &str,
        code: RpcErrorCode,
        change: impl FnOnce(&mut Value),
    ) {
        let mut payload = self.base.clone();
        change(&mut payload);
        let (what, path) = (what.to_owned(), path.to_owned());
        self.list.push(Mutation {
            what,
            payload,
            path,
            code,
        });
    }

    fn replace(&mut self, path: &str, what: &str, by: Value, code: RpcErrorCode) {
        self.push(path, what, code, |payload| {
            *payload.pointer_mut(path).unwrap() = by
        });
    }

    fn shape(&mut self, message: &Message, shape: &Shape, path: &str) {
        for field in &shape.fields {
            let here = format!("{path}/{}", field.name);
            if field.required {
                self.push(
                    &here,
                    "missing",
                    RpcErrorCode::OccurrenceConstraintViolation,
                    |payload| {
                        let parent = payload.pointer_mut(path).unwrap();
                        parent.as_object_mut().unwrap().remove(field.name);
                    },
                );
            }
            self.value(message, &field.kind, &here);
        }
        if !shape.open {
            let here = format!("{path}/noSuchField");
            self.push(
                &here,
                "extra field",
                RpcErrorCode::FormatViolation,
                |payload| {
                    let parent = payload.pointer_mut(path).unwrap();
                    parent
                        .as_object_mut()
                        .unwrap()
                        .insert("noSuchField".to_owned(), json!(1));
                },
            );
        }
    }

    fn value(&mut self, message: &Message, kind: &Kind, path: &str) {
        let occurrence = RpcErrorCode::OccurrenceConstraintViolation;
        let property = RpcErrorCode::PropertyConstraintViolation;
        let wrong_type = RpcErrorCode::TypeConstraintViolation;
        let catalogue = Catalogue::of(message.version);
        let other = match kind {
            Kind::Any => return,
            Kind::Text { .. } | Kind::Word(_) => json!(7),
            Kind::Integer(_) | Kind::Number(_) => json!("7"),
            Kind::Boolean => json!("true"),
            Kind::Object(_) => json!("text"),
            Kind::List { .. } => json!({}),
        };
        self.replace(path, "wrong type", other, wrong_type);
        self.replace(path, "null", Value::Null, wrong_type);
        match kind {
            Kind::Text {
                most: Some(most), ..
            } => {
                self.replace(path, "too long", json!("é".repeat(most + 1)), property);
            }
            Kind::Word(_) => self.replace(path, "unknown word", json!("noSuchWord"), property),
            Kind::Integer(range) => {
                let half = format!("{}.5", range.from.unwrap_or(7));
                if range.to.is_none_or(|to| to > range.from.unwrap_or(7)) {
                    self.replace(path, "fraction", number(&half), wrong_type);
                }
                let whole = format!("{}.0", range.from.unwrap_or(7));
                if !message.whole_decimals {
                    self.replace(path, "with a point", number(&whole), wrong_type);
                }
                self.range(range, path);
            }
            Kind::Number(range) => self.range(range, path),
            Kind::Object(id) => self.shape(message, catalogue.shape(*id), path),
            Kind::List { of, least, most } => {
                if *least > 0 {
                    self.replace(path, "empty", json!([]), occurrence);
                }
                if let Some(most) = most {
                    let first = self.base.pointer(&format!("{path}/0")).unwrap().clone();
                    self.replace(path, "too many", json!(vec![first; most + 1]), occurrence);
                }
                self.value(message, of, &format!("{path}/0"));
            }
            _ => {}
        }
    }

    fn range(&mut self, range: &Range, path: &str) {
        let property = RpcErrorCode::PropertyConstraintViolation;
        if let Some(from) = range.from {
            self.replace(path, "too small", json!(from - 1), property);
        }
        if let Some(to) = range.to {
            self.replace(path, "too large", json!(to + 1), property);
        }
        if range.step.is_some() {
            self.replace(path, "between steps", number("16.05"), property);
            self.replace(path, "far between steps", number("1e-400"), property);
        }
    }
}
