//! `cargo xtask tidy`: the rules of the house that neither the compiler nor clippy can hold.
//!
//! Owns the walk and the report; the rules stand in the files below, each as data and a pure
//! function over text, so that each has its tests. Refuses to repair anything.

mod lexer;
mod rooms;
mod source;
mod text;

use std::fs;
use std::path::Path;

/// Folders that are made by tools and are not ours to judge.
const SKIPPED: [&str; 6] = [
    "target",
    "node_modules",
    ".git",
    "dist",
    "data",
    ".artefacts",
];

/// One broken rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// File or crate.
    place: String,
    /// Counted from 1; 0 when it is about the whole.
    line: usize,
    /// What is wrong, and what to do.
    what: String,
}

impl Finding {
    fn new(place: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            place: place.to_owned(),
            line,
            what: what.into(),
        }
    }
}

/// Runs the verb with the arguments after `tidy`.
///
/// # Errors
/// All findings, one a line.
pub fn run(args: &[String]) -> Result<(), String> {
    if !args.is_empty() {
        return Err("tidy takes no arguments".to_owned());
    }
    let root = crate::root();
    let mut findings = rooms::check(&rooms::metadata(&root)?)?;
    let mut files = Vec::new();
    walk(&root, "", &mut files)?;
    files.sort();
    for path in &files {
        // Pictures, fonts and the like are not text.
        let Ok(content) = fs::read_to_string(root.join(path)) else {
            continue;
        };
        findings.extend(text::check(path, &content));
        if path.ends_with(".rs") {
            findings.extend(source::check(path, &content));
        }
    }
    if findings.is_empty() {
        println!("tidy: {} files, all in order", files.len());
        return Ok(());
    }
    let lines: Vec<String> = findings
        .iter()
        .map(|f| match f.line {
            0 => format!("{}: {}", f.place, f.what),
            line => format!("{}:{line}: {}", f.place, f.what),
        })
        .collect();
    Err(format!(
        "{}\ntidy: {} findings",
        lines.join("\n"),
        lines.len()
    ))
}

/// Collects the files below `folder`, as paths from the root with `/` between.
fn walk(root: &Path, folder: &str, files: &mut Vec<String>) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("tidy: reading the folder {folder:?}: {e}");
    for entry in fs::read_dir(root.join(folder)).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() {
            name.clone()
        } else {
            format!("{folder}/{name}")
        };
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                walk(root, &path, files)?;
            }
        } else if kind.is_file() {
            files.push(path);
        }
    }
    Ok(())
}
