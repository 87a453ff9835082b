//! The table of facts to the form data of the console: what may be sent to a station, as JSON.
//!
//! Owns the form of `console/src/generated/<subprotocol>.json` together with its reader in
//! `console/src/features/commands/catalogue.ts`. Takes the finished table, so that the console and
//! `crates/ocpp` can never disagree. Leaves out what only stations send, and all answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::{Map, Value, json};

type Outcome<T> = Result<T, String>;

/// Writes the form data of one edition, an action, a shape and an enumeration a line.
pub fn data(table: &str) -> Outcome<String> {
    let mut actions = BTreeMap::new();
    let mut shapes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut words: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut open = BTreeSet::new();
    let mut shape = None;
    for line in table.lines() {
        if let (Some(field), Some(name)) = (line.strip_prefix(' '), shape) {
            shapes.entry(name).or_default().push(field);
            continue;
        }
        let mut parts = line.split(' ');
        match (parts.next(), parts.next()) {
            (Some("action"), Some(name)) => {
                let (direction, block) = (parts.next(), parts.next());
                if direction == Some("down") || direction == Some("both") {
                    actions.insert(name, block.ok_or_else(|| format!("{name}: no block"))?);
                }
            }
            (Some("enum"), Some(name)) => {
                words.insert(name, parts.collect());
            }
            (Some("shape"), Some(name)) => {
                shape = Some(name);
                shapes.entry(name).or_default();
                if parts.next() == Some("open") {
                    open.insert(name);
                }
            }
            (Some("#"), _) => {}
            _ => return Err(format!("a line of the table that is none: {line}")),
        }
    }

    let mut out = String::from("{\n\"actions\": {");
    let mut wanted: Vec<&str> = Vec::new();
    let mut first = true;
    for (action, block) in &actions {
        let request = format!("{action}Request");
        let (name, _) = shapes
            .get_key_value(request.as_str())
            .ok_or_else(|| format!("{action} has no request"))?;
        wanted.push(name);
        line(&mut out, &mut first, action, &json!([block, name]));
    }
    out.push_str("\n},\n\"shapes\": {");
    let mut written = BTreeMap::new();
    let mut used = BTreeSet::new();
    while let Some(name) = wanted.pop() {
        if written.contains_key(name) {
            continue;
        }
        let mut fields = Vec::new();
        for text in shapes.get(name).into_iter().flatten() {
            let (head, kind) = text.split_once(' ').ok_or("a field without a kind")?;
            let mut field = Map::new();
            field.insert("name".into(), head.trim_end_matches('!').into());
            if head.ends_with('!') {
                field.insert("need".into(), true.into());
            }
            let target = kind_of(kind, &mut field, &words)?;
            if let Some((known, _)) = target.and_then(|target| shapes.get_key_value(target)) {
                wanted.push(known);
            } else if let Some(target) = target {
                used.insert(target);
            }
            fields.push(Value::Object(field));
        }
        if open.contains(name) {
            fields.push(json!({"name": "*", "kind": "any"}));
        }
        written.insert(name, Value::Array(fields));
    }
    first = true;
    for (name, fields) in &written {
        line(&mut out, &mut first, name, fields);
    }
    out.push_str("\n},\n\"words\": {");
    first = true;
    for name in used {
        let list = words.get(name).ok_or_else(|| format!("what is {name}?"))?;
        line(&mut out, &mut first, name, &json!(list));
    }
    out.push_str("\n}\n}\n");
    Ok(out)
}

fn line(out: &mut String, first: &mut bool, name: &str, value: &Value) {
    let comma = if *first { "" } else { "," };
    *first = false;
    let _ = write!(out, "{comma}\n{}: {value}", Value::from(name));
}

/// Adds the kind of a field and its bounds; gives the name it refers to, if any.
fn kind_of<'t>(
    kind: &'t str,
    field: &mut Map<String, Value>,
    words: &BTreeMap<&str, Vec<&str>>,
) -> Outcome<Option<&'t str>> {
    let (word, rest) = kind.split_once(' ').unwrap_or((kind, ""));
    match word {
        "is" => {
            let kind = if words.contains_key(rest) {
                "word"
            } else {
                "object"
            };
            field.insert("kind".into(), kind.into());
            field.insert("of".into(), rest.into());
            return Ok(Some(rest));
        }
        "list" => {
            let (bounds, of) = match rest.strip_prefix("of ") {
                Some(of) => ("", of),
                None => rest.split_once(" of ").ok_or("a list of nothing")?,
            };
            field.insert("kind".into(), "list".into());
            self::bounds(bounds, field)?;
            let mut item = Map::new();
            let target = kind_of(of, &mut item, words)?;
            field.insert("item".into(), Value::Object(item));
            return Ok(target);
        }
        "text" => {
            let (bounds, format) = match rest.rsplit_once(' ') {
                Some((bounds, format @ ("date" | "uri"))) => (bounds, format),
                _ if rest == "date" || rest == "uri" => ("", rest),
                _ => (rest, "text"),
            };
            field.insert("kind".into(), format.into());
            self::bounds(bounds, field)?;
        }
        "integer" | "number" | "boolean" | "any" => {
            field.insert("kind".into(), word.into());
            self::bounds(rest, field)?;
        }
        _ => return Err(format!("unknown kind {kind}")),
    }
    Ok(None)
}

/// `least=1 most=3` and the like, as they stand.
fn bounds(text: &str, field: &mut Map<String, Value>) -> Outcome<()> {
    for bound in text.split_whitespace() {
        let (name, value) = bound
            .split_once('=')
            .ok_or_else(|| format!("a bound that is none: {bound}"))?;
        let value = serde_json::from_str(value).map_err(|e| format!("{bound}: {e}"))?;
        field.insert(name.into(), value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::data;
    use serde_json::{Value, json};

    const TABLE: &str = "# note\n\
        action Reset down Core draft4 draft4\n\
        action Heartbeat up Core draft4 draft4\n\
        enum Kind Hard Soft\n\
        enum Unused A B\n\
        shape HeartbeatRequest\n\
        shape Extra open\n vendorId! text most=255\n\
        shape ResetRequest\n extra is Extra\n kind! is Kind\n at text date\n\
        \x20list! list least=1 most=3 of integer from=0\n note text most=20\n";

    #[test]
    fn only_what_a_station_may_be_sent_is_kept() {
        let read: Value = serde_json::from_str(&data(TABLE).unwrap()).unwrap();
        assert_eq!(read["actions"], json!({"Reset": ["Core", "ResetRequest"]}));
        assert_eq!(read["words"], json!({"Kind": ["Hard", "Soft"]}));
        assert_eq!(
            read["shapes"],
            json!({
                "Extra": [
                    {"name": "vendorId", "need": true, "kind": "text", "most": 255},
                    {"name": "*", "kind": "any"},
                ],
                "ResetRequest": [
                    {"name": "extra", "kind": "object", "of": "Extra"},
                    {"name": "kind", "need": true, "kind": "word", "of": "Kind"},
                    {"name": "at", "kind": "date"},
                    {"name": "list", "need": true, "kind": "list", "least": 1, "most": 3,
                        "item": {"kind": "integer", "from": 0}},
                    {"name": "note", "kind": "text", "most": 20},
                ],
            })
        );
    }

    #[test]
    fn an_unknown_line_or_kind_is_refused() {
        assert!(data("verb Reset\n").is_err());
        let odd = TABLE.replace("text most=20", "essay");
        assert!(data(&odd).unwrap_err().contains("essay"));
    }
}
