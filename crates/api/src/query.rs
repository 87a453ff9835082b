//! Query strings: filters as plain parameters, comma = or, an unknown parameter is refused.

use std::str::FromStr;

use app::stations::Sort;
use chrono::{DateTime, Utc};
use domain::page::PageRequest;

use crate::problem::Problem;

/// Reads the page parameters. A limit outside 1 to 200 is refused rather than bent.
pub(crate) fn page(limit: Option<u32>, cursor: Option<String>) -> Result<PageRequest, Problem> {
    let limit = limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(wrong("limit", "limit is a number from 1 to 200"));
    }
    // An empty cursor is the beginning: a loop need not begin otherwise than it goes on.
    let cursor = cursor.filter(|cursor| !cursor.is_empty());
    Ok(PageRequest { limit, cursor })
}

/// A parameter that cannot be read.
pub(crate) fn wrong(name: &str, detail: &str) -> Problem {
    let mut problem = Problem::bad_request("invalid_parameter", format!("{name}: {detail}"));
    problem.errors.push(crate::problem::Place {
        pointer: name.to_owned(),
        code: "invalid".to_owned(),
        detail: detail.to_owned(),
    });
    problem
}

/// Reads an id in a filter; one of the wrong shape is refused.
pub(crate) fn id<T: FromStr>(name: &str, text: Option<&str>) -> Result<Option<T>, Problem> {
    text.map(|t| t.parse().map_err(|_| wrong(name, "not an id of that kind")))
        .transpose()
}

/// Reads an id in a path; one of the wrong shape is a thing that does not exist.
pub(crate) fn path_id<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

/// Reads a word of a closed list, several with commas.
pub(crate) fn words<T: serde::de::DeserializeOwned>(
    name: &str,
    text: Option<&str>,
) -> Result<Vec<T>, Problem> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    text.split(',')
        .map(|word| {
            serde_json::from_value(serde_json::Value::String(word.trim().to_owned()))
                .map_err(|_| wrong(name, &format!("{word:?} is not a word this filter knows")))
        })
        .collect()
}

/// Reads `sort`: one of `words`, the greatest first with a `-` before it.
pub(crate) fn sort<K: Copy>(
    text: Option<&str>,
    words: &[(&str, K)],
    otherwise: Sort<K>,
) -> Result<Sort<K>, Problem> {
    let Some(text) = text else {
        return Ok(otherwise);
    };
    let (word, descending) = match text.strip_prefix('-') {
        Some(word) => (word, true),
        None => (text, false),
    };
    match words.iter().find(|(known, _)| *known == word) {
        Some((_, by)) => Ok(Sort {
            by: *by,
            descending,
        }),
        None => {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let known = known.join(", ");
            Err(wrong(
                "sort",
                &format!("sort by one of {known}; with a - before it, the greatest first"),
            ))
        }
    }
}

/// Reads a moment in RFC 3339.
pub(crate) fn moment(name: &str, text: Option<&str>) -> Result<Option<DateTime<Utc>>, Problem> {
    text.map(|t| {
        DateTime::parse_from_rfc3339(t)
            .map(|at| at.with_timezone(&Utc))
            .map_err(|_| wrong(name, "not a time like 2026-01-31T12:00:00Z"))
    })
    .transpose()
}
