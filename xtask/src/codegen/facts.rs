//! Schemas to the compact table: enumerations, shapes and actions, a fact a line.
//!
//! Owns the writing of the form described in `crates/ocpp/src/catalogue/reader.rs`. Descriptions,
//! comments and Java names stay behind. Refuses every schema word that would need a meaning.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::{Map, Value};

use super::roster;

type Outcome<T> = Result<T, String>;

#[derive(Default)]
struct Tables {
    /// Name → words.
    enums: BTreeMap<String, String>,
    /// Name → body (first line is the rest of the `shape` line, the others are fields).
    shapes: BTreeMap<String, String>,
}

/// Writes the table of one edition.
pub fn table(edition: &str, schemas: &BTreeMap<String, Value>) -> Outcome<String> {
    let old = edition == "v1.6";
    let blocks = if old {
        roster::PROFILES
    } else {
        roster::BLOCKS
    };
    let mut tables = Tables::default();
    let mut actions: BTreeMap<&str, (Option<u8>, Option<u8>)> = BTreeMap::new();
    for (file, schema) in schemas {
        let (action, message, answer) = match file.strip_suffix("Response") {
            Some(action) => (action, file.clone(), true),
            None => {
                let action = file.strip_suffix("Request").unwrap_or(file);
                let (_, _, answered) = roster::entry(blocks, action)
                    .ok_or_else(|| format!("{action} is not in the roster"))?;
                let message = if answered {
                    format!("{action}Request")
                } else {
                    action.to_owned()
                };
                (action, message, false)
            }
        };
        let draft = draft(schema).map_err(|e| format!("{file}: {e}"))?;
        let slot = actions.entry(action).or_default();
        if answer {
            slot.1 = Some(draft);
        } else {
            slot.0 = Some(draft);
        }
        tables
            .message(&message, schema)
            .map_err(|e| format!("{file}: {e}"))?;
    }
    if edition != "v2.0.1" {
        let known: BTreeSet<&str> = actions.keys().copied().collect();
        if let Some(lost) = roster::actions(blocks).find(|action| !known.contains(action)) {
            return Err(format!("no schema for {lost}"));
        }
    }

    let mut out = String::from(
        "# Written by `cargo xtask codegen` from the official schemas; do not edit.\n",
    );
    for (action, (request, response)) in &actions {
        let (block, direction, answered) = roster::entry(blocks, action)
            .ok_or_else(|| format!("{action} is not in the roster"))?;
        let request = request.ok_or_else(|| format!("{action} has no request"))?;
        let response = match (answered, response) {
            (true, Some(draft)) => format!(" draft{draft}"),
            (false, None) => String::new(),
            _ => return Err(format!("{action}: is it answered or not?")),
        };
        let _ = writeln!(
            out,
            "action {action} {direction} {block} draft{request}{response}"
        );
    }
    for (name, words) in &tables.enums {
        let _ = writeln!(out, "enum {name}{words}");
    }
    for (name, body) in &tables.shapes {
        let _ = writeln!(out, "shape {name}{body}");
    }
    Ok(out)
}

fn draft(schema: &Value) -> Outcome<u8> {
    match schema.get("$schema").and_then(Value::as_str) {
        Some("http://json-schema.org/draft-04/schema#") => Ok(4),
        Some("http://json-schema.org/draft-06/schema#") => Ok(6),
        other => Err(format!("unknown draft {other:?}")),
    }
}

impl Tables {
    fn message(&mut self, message: &str, schema: &Value) -> Outcome<()> {
        let none = Map::new();
        let definitions = schema
            .get("definitions")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        for (name, definition) in definitions {
            self.definition(name, definition, message)?;
        }
        let body = self.shape_body(schema, message, true)?;
        put(&mut self.shapes, message, body)
    }

    fn definition(&mut self, name: &str, schema: &Value, parent: &str) -> Outcome<()> {
        if let Some(words) = words(schema)? {
            return put(&mut self.enums, name, words);
        }
        let body = self.shape_body(schema, parent, false)?;
        put(&mut self.shapes, name, body)
    }

    /// ` open` when other fields are welcome, then a line a field.
    fn shape_body(&mut self, schema: &Value, parent: &str, root: bool) -> Outcome<String> {
        let known = [
            "type",
            "properties",
            "required",
            "additionalProperties",
            "description",
        ];
        let notes = [
            "javaType",
            "title",
            "comment",
            "$schema",
            "$id",
            "id",
            "definitions",
        ];
        let object = schema.as_object().ok_or("a shape is not an object")?;
        for word in object.keys() {
            let note = notes.contains(&word.as_str());
            if !known.contains(&word.as_str()) && !(note && (root || word == "javaType")) {
                return Err(format!("unknown word {word} in a shape of {parent}"));
            }
        }
        if schema.get("type").and_then(Value::as_str) != Some("object") {
            return Err(format!("a shape of {parent} is not of type object"));
        }
        let mut body = match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => String::new(),
            None | Some(Value::Bool(true)) => " open".to_owned(),
            Some(_) => return Err(format!("additionalProperties with a schema in {parent}")),
        };
        let required: BTreeSet<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let none = Map::new();
        let fields = schema
            .get("properties")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        if let Some(lost) = required.iter().find(|name| !fields.contains_key(**name)) {
            return Err(format!("{lost} is required, but not described in {parent}"));
        }
        for (name, field) in fields {
            let kind = self.kind(name, field, parent)?;
            let mark = if required.contains(name.as_str()) {
                "!"
            } else {
                ""
            };
            let _ = write!(body, "\n {name}{mark} {kind}");
        }
        Ok(body)
    }

    fn kind(&mut self, name: &str, schema: &Value, parent: &str) -> Outcome<String> {
        let object = schema.as_object().ok_or("a field is not an object")?;
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            if object
                .keys()
                .any(|word| word != "$ref" && word != "description")
            {
                return Err(format!("{name}: words beside $ref"));
            }
            let target = target
                .strip_prefix("#/definitions/")
                .ok_or_else(|| format!("{name}: foreign reference {target}"))?;
            return Ok(format!("is {target}"));
        }
        if let Some(words) = words(schema)? {
            let title = self.free_name(name, parent, &words, |t| &t.enums);
            put(&mut self.enums, &title, words)?;
            return Ok(format!("is {title}"));
        }
        let Some(kind) = schema.get("type") else {
            return if object.keys().all(|word| word == "description") {
                Ok("any".to_owned())
            } else {
                Err(format!("{name}: no type"))
            };
        };
        let mut out = String::new();
        let allowed: &[&str] = match kind.as_str() {
            Some("object") => {
                let title = format!("{name}:{parent}");
                let body = self.shape_body(schema, &title, false)?;
                let title = self.free_name(name, parent, &body, |t| &t.shapes);
                put(&mut self.shapes, &title, body)?;
                return Ok(format!("is {title}"));
            }
            Some("array") => {
                let items = schema
                    .get("items")
                    .ok_or_else(|| format!("{name}: no items"))?;
                let of = self.kind(name, items, parent)?;
                out.push_str("list");
                number(&mut out, schema, "minItems", "least")?;
                number(&mut out, schema, "maxItems", "most")?;
                let _ = write!(out, " of {of}");
                // `additionalItems` has no meaning beside an `items` that is one schema.
                &["items", "minItems", "maxItems", "additionalItems"]
            }
            Some("string") => {
                out.push_str("text");
                number(&mut out, schema, "maxLength", "most")?;
                match schema.get("format").and_then(Value::as_str) {
                    None => {}
                    Some("date-time") => out.push_str(" date"),
                    Some("uri") => out.push_str(" uri"),
                    Some(other) => return Err(format!("{name}: unknown format {other}")),
                }
                &["maxLength", "format"]
            }
            Some(kind @ ("integer" | "number")) => {
                out.push_str(kind);
                number(&mut out, schema, "minimum", "from")?;
                number(&mut out, schema, "maximum", "to")?;
                if let Some(step) = schema.get("multipleOf") {
                    let _ = write!(out, " step={step}");
                }
                &["minimum", "maximum", "multipleOf"]
            }
            Some("boolean") => {
                out.push_str("boolean");
                &[]
            }
            _ => return Err(format!("{name}: unknown type {kind}")),
        };
        let notes = ["type", "description", "default"];
        match object
            .keys()
            .find(|w| !allowed.contains(&w.as_str()) && !notes.contains(&w.as_str()))
        {
            Some(word) => Err(format!("{name}: unknown word {word}")),
            None => Ok(out),
        }
    }

    /// A name for something the schema leaves unnamed: the field's, then with the parent's.
    fn free_name(
        &self,
        field: &str,
        parent: &str,
        body: &str,
        of: impl Fn(&Self) -> &BTreeMap<String, String>,
    ) -> String {
        let taken = |name: &str| of(self).get(name).is_some_and(|there| there != body);
        let mut name = capital(field);
        for above in parent.split(':') {
            if !taken(&name) {
                break;
            }
            name = format!("{}{name}", capital(above));
        }
        name
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn put(into: &mut BTreeMap<String, String>, name: &str, body: String) -> Outcome<()> {
    match into.get(name) {
        Some(there) if *there != body => Err(format!("two different definitions of {name}")),
        _ => {
            into.insert(name.to_owned(), body);
            Ok(())
        }
    }
}

/// The words of an enumeration with a space before each, in the schema's order.
fn words(schema: &Value) -> Outcome<Option<String>> {
    let Some(list) = schema.get("enum") else {
        return Ok(None);
    };
    let known = [
        "type",
        "enum",
        "additionalProperties",
        "description",
        "javaType",
        "default",
    ];
    let object = schema
        .as_object()
        .into_iter()
        .flat_map(|object| object.keys());
    for word in object {
        if !known.contains(&word.as_str()) {
            return Err(format!("unknown word {word} beside enum"));
        }
    }
    let mut out = String::new();
    for word in list.as_array().into_iter().flatten() {
        match word.as_str() {
            Some(word) if !word.is_empty() && !word.contains(char::is_whitespace) => {
                out.push(' ');
                out.push_str(word);
            }
            _ => return Err(format!("a word that is none: {word}")),
        }
    }
    Ok(Some(out))
}

fn number(out: &mut String, schema: &Value, word: &str, ours: &str) -> Outcome<()> {
    if let Some(value) = schema.get(word) {
        let text = value.to_string();
        let text = text.strip_suffix(".0").unwrap_or(&text);
        let whole: i64 = text
            .parse()
            .map_err(|_| format!("{word} {value} is not whole"))?;
        let _ = write!(out, " {ours}={whole}");
    }
    Ok(())
}
