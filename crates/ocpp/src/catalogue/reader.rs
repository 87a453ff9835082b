//! Reads the embedded fact tables.
//!
//! Owns the form of the tables, a line a fact:
//!
//! ```text
//! # a comment
//! action NAME up|down|both BLOCK draft4|draft6 [draft of the response]
//! enum NAME WORD…
//! shape NAME [open]
//!  FIELD[!] KIND            (a space before; `!` = required; fields sorted by name)
//! ```
//!
//! KIND is `any`, `boolean`, `text [most=N] [date|uri]`, `integer|number [from=N] [to=N]
//! [step=N.N]`, `is NAME` (an enum or a shape), or `list [least=N] [most=N] of KIND`. Messages are
//! the shapes called after their action. A line that cannot be read is left out; the tests compare
//! the number of lines with the number of facts, so a broken table never leaves the workshop.

use std::collections::HashMap;

use super::{
    Action, Catalogue, Direction, EnumId, Enumeration, Field, Format, Kind, Message, Range, Shape,
    ShapeId, Step, Version,
};

struct Names {
    shapes: HashMap<&'static str, ShapeId>,
    enums: HashMap<&'static str, EnumId>,
}

/// Reads a table.
pub(super) fn read(version: Version, table: &'static str) -> Catalogue {
    let mut names = Names {
        shapes: HashMap::new(),
        enums: HashMap::new(),
    };
    let mut enums = Vec::new();
    for line in table.lines() {
        let mut words = line.split(' ');
        match (words.next(), words.next()) {
            (Some("enum"), Some(name)) => {
                names.enums.insert(name, EnumId(enums.len()));
                enums.push(Enumeration {
                    name,
                    words: words.collect(),
                });
            }
            (Some("shape"), Some(name)) => {
                let id = ShapeId(names.shapes.len());
                names.shapes.insert(name, id);
            }
            _ => {}
        }
    }

    let mut shapes: Vec<Shape> = Vec::with_capacity(names.shapes.len());
    let mut actions = Vec::new();
    for line in table.lines() {
        if let Some(line) = line.strip_prefix(' ') {
            if let (Some(shape), Some(field)) = (shapes.last_mut(), field(line, &names)) {
                shape.fields.push(field);
            }
        } else if let Some(line) = line.strip_prefix("shape ") {
            let (name, open) = match line.strip_suffix(" open") {
                Some(name) => (name, true),
                None => (line, false),
            };
            shapes.push(Shape {
                name,
                open,
                fields: Vec::new(),
            });
        } else if let Some(line) = line.strip_prefix("action ") {
            actions.extend(action(version, line, &names));
        }
    }
    for shape in &mut shapes {
        shape.fields.sort_by_key(|field| field.name);
    }
    actions.sort_by_key(|action: &Action| action.name);
    let messages = actions
        .iter()
        .flat_map(|action| [Some(action.request), action.response])
        .flatten()
        .map(|message| (message.name, message))
        .collect();
    Catalogue {
        version,
        actions,
        shapes,
        enums,
        messages,
    }
}

fn action(version: Version, line: &'static str, names: &Names) -> Option<Action> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let direction = match words.next()? {
        "up" => Direction::FromStation,
        "down" => Direction::ToStation,
        _ => Direction::Both,
    };
    let block = words.next()?;
    let request_draft = words.next()?;
    let response_draft = words.next();
    let message = |ending: &str, draft: &str| -> Option<Message> {
        let (name, shape) = names
            .shapes
            .get_key_value(format!("{name}{ending}").as_str())?;
        Some(Message {
            version,
            name,
            shape: *shape,
            whole_decimals: draft == "draft6",
        })
    };
    let (request, response) = match response_draft {
        Some(draft) => (
            message("Request", request_draft)?,
            Some(message("Response", draft)?),
        ),
        None => (message("", request_draft)?, None),
    };
    Some(Action {
        name,
        direction,
        block,
        request,
        response,
    })
}

fn field(line: &'static str, names: &Names) -> Option<Field> {
    let (name, kind) = line.split_once(' ')?;
    let required = name.ends_with('!');
    Some(Field {
        name: name.trim_end_matches('!'),
        required,
        kind: self::kind(kind, names)?,
    })
}

fn kind(line: &'static str, names: &Names) -> Option<Kind> {
    let (head, of) = match line.split_once(" of ") {
        Some((head, of)) => (head, Some(of)),
        None => (line, None),
    };
    let mut words = head.split(' ');
    let first = words.next()?;
    let rest = words.clone();
    let value = |key: &str| {
        rest.clone().find_map(|word| {
            word.strip_prefix(key)
                .and_then(|word| word.strip_prefix('='))
        })
    };
    let whole = |key: &str| value(key).and_then(|text| text.parse::<i64>().ok());
    let count = |key: &str| value(key).and_then(|text| text.parse::<usize>().ok());
    let range = || Range {
        from: whole("from"),
        to: whole("to"),
        step: value("step").and_then(step),
    };
    Some(match first {
        "any" => Kind::Any,
        "boolean" => Kind::Boolean,
        "integer" => Kind::Integer(range()),
        "number" => Kind::Number(range()),
        "text" => {
            let format = rest.clone().find_map(|word| match word {
                "date" => Some(Format::DateTime),
                "uri" => Some(Format::Uri),
                _ => None,
            });
            Kind::Text {
                most: count("most"),
                format,
            }
        }
        "is" => {
            let name = words.next()?;
            match (names.enums.get(name), names.shapes.get(name)) {
                (Some(id), _) => Kind::Word(*id),
                (None, Some(id)) => Kind::Object(*id),
                (None, None) => return None,
            }
        }
        "list" => Kind::List {
            of: Box::new(kind(of?, names)?),
            least: count("least").unwrap_or(0),
            most: count("most"),
        },
        _ => return None,
    })
}

fn step(text: &str) -> Option<Step> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{part}")
        .parse()
        .ok()
        .filter(|digits| *digits > 0)?;
    Some(Step {
        digits,
        scale: u32::try_from(part.len()).ok()?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Every line of every table has become a fact.
    #[test]
    fn nothing_is_left_out() {
        let tables = [
            (Version::V16, include_str!("../generated/v16.facts")),
            (Version::V201, include_str!("../generated/v201.facts")),
            (Version::V21, include_str!("../generated/v21.facts")),
        ];
        for (version, table) in tables {
            let catalogue = read(version, table);
            let lines = |start: &str| table.lines().filter(|line| line.starts_with(start)).count();
            let fields: usize = catalogue
                .shapes
                .iter()
                .map(|shape| shape.fields.len())
                .sum();
            assert_eq!(lines(" "), fields);
            assert_eq!(lines("shape "), catalogue.shapes.len());
            assert_eq!(lines("enum "), catalogue.enums.len());
            assert_eq!(lines("action "), catalogue.actions.len());
            let facts = fields + catalogue.shapes.len() + catalogue.enums.len();
            let comments = lines("#");
            assert_eq!(
                table.lines().count(),
                facts + catalogue.actions.len() + comments
            );
        }
    }

    #[test]
    fn steps_are_decimals() {
        assert_eq!(
            step("0.1"),
            Some(Step {
                digits: 1,
                scale: 1
            })
        );
        assert_eq!(
            step("5"),
            Some(Step {
                digits: 5,
                scale: 0
            })
        );
        assert_eq!(step("0"), None);
    }
}
