//! Shapes as they are on the wire: an answer has all its fields (unknown is null), and a parameter is
//! given or left out, never null.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Makes the shapes in the document say that.
pub(super) fn complete(document: &mut Value) {
    name_rows(document);
    let mut answered = BTreeSet::new();
    let operations = document["paths"].as_object().into_iter().flatten();
    for (_, operation) in operations.filter_map(|(_, o)| o.as_object()).flatten() {
        collect(document, &operation["responses"], &mut answered);
    }
    collect(
        document,
        &document["components"]["responses"],
        &mut answered,
    );
    for name in &answered {
        let schema = &mut document["components"]["schemas"][name];
        let fields = schema["properties"].as_object();
        if let Some(names) = fields.map(|f| f.keys().cloned().collect::<Vec<_>>()) {
            schema["required"] = json!(names);
        }
    }
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    let operations = paths.values_mut().filter_map(Value::as_object_mut);
    for operation in operations.flat_map(|o| o.values_mut()) {
        let parameters = operation["parameters"].as_array_mut();
        for parameter in parameters.into_iter().flatten() {
            never_null(&mut parameter["schema"]);
        }
    }
}

/// The rows of a list are named and not told anew.
fn name_rows(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object_mut();
    for (name, schema) in schemas.into_iter().flatten() {
        if let Some(row) = name.strip_prefix("ListView_") {
            let row = json!({"$ref": format!("#/components/schemas/{row}")});
            schema["properties"]["data"]["items"] = row;
        }
    }
}

/// Collects the names of the schemas that `part` leads to.
fn collect(document: &Value, part: &Value, found: &mut BTreeSet<String>) {
    match part {
        Value::Array(items) => items.iter().for_each(|item| collect(document, item, found)),
        Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(Value::as_str);
            let name = reference.and_then(|r| r.strip_prefix("#/components/schemas/"));
            if let Some(name) = name
                && found.insert(name.to_owned())
            {
                collect(document, &document["components"]["schemas"][name], found);
            }
            fields
                .values()
                .for_each(|field| collect(document, field, found));
        }
        _ => {}
    }
}

fn never_null(schema: &mut Value) {
    let null = json!({"type": "null"});
    if let Some(kinds) = schema["type"].as_array() {
        schema["type"] = kinds.first().cloned().unwrap_or_default();
    }
    let one_of = schema["oneOf"].as_array();
    if let Some(other) = one_of.and_then(|o| o.iter().find(|s| **s != null)) {
        *schema = other.clone();
    }
}
