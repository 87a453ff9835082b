//! A message laid out as a flat list of fields, for the forms of raw calls and for the docs.
//!
//! Owns the flattening of nested shapes. Refuses to draw anything.

use super::{Catalogue, Format, Kind, Message, Range, ShapeId};

/// One line of a form.
#[derive(Debug, Clone, PartialEq)]
pub struct FormField {
    /// Path from the payload, list elements as `[]`, e.g. `meterValue[].sampledValue[].value`.
    pub path: String,
    /// Whether its parent must have it.
    pub required: bool,
    /// `text`, `date`, `uri`, `word`, `integer`, `number`, `boolean`, `object`, `list` or `any`.
    pub kind: &'static str,
    /// Longest text in characters, or greatest number of elements.
    pub most: Option<usize>,
    /// Least number of elements.
    pub least: usize,
    /// Bounds of a number.
    pub range: Range,
    /// Words of an enumeration.
    pub words: &'static [&'static str],
}

impl Message {
    /// The fields of this message, parents before children. A shape that holds itself is listed
    /// once.
    pub fn form(&self) -> Vec<FormField> {
        let mut out = Vec::new();
        let catalogue = Catalogue::of(self.version);
        shape(catalogue, self.shape, "", &mut vec![self.shape], &mut out);
        out
    }
}

fn shape(
    catalogue: &'static Catalogue,
    id: ShapeId,
    path: &str,
    above: &mut Vec<ShapeId>,
    out: &mut Vec<FormField>,
) {
    for field in &catalogue.shape(id).fields {
        let dot = if path.is_empty() { "" } else { "." };
        let path = format!("{path}{dot}{}", field.name);
        value(catalogue, &field.kind, path, field.required, above, out);
    }
}

fn value(
    catalogue: &'static Catalogue,
    kind: &Kind,
    path: String,
    required: bool,
    above: &mut Vec<ShapeId>,
    out: &mut Vec<FormField>,
) {
    let mut line = FormField {
        path: path.clone(),
        required,
        kind: "any",
        most: None,
        least: 0,
        range: Range::default(),
        words: &[],
    };
    match kind {
        Kind::Any => out.push(line),
        Kind::Boolean => out.push(FormField {
            kind: "boolean",
            ..line
        }),
        Kind::Integer(range) => out.push(FormField {
            kind: "integer",
            range: *range,
            ..line
        }),
        Kind::Number(range) => out.push(FormField {
            kind: "number",
            range: *range,
            ..line
        }),
        Kind::Word(id) => {
            line.words = &catalogue.enumeration(*id).words;
            out.push(FormField {
                kind: "word",
                ..line
            });
        }
        Kind::Text { most, format } => {
            line.most = *most;
            line.kind = match format {
                None => "text",
                Some(Format::DateTime) => "date",
                Some(Format::Uri) => "uri",
            };
            out.push(line);
        }
        Kind::Object(id) => {
            out.push(FormField {
                kind: "object",
                ..line
            });
            if !above.contains(id) {
                above.push(*id);
                shape(catalogue, *id, &path, above, out);
                above.pop();
            }
        }
        Kind::List { of, least, most } => {
            out.push(FormField {
                kind: "list",
                least: *least,
                most: *most,
                ..line
            });
            value(catalogue, of, format!("{path}[]"), true, above, out);
        }
    }
}
