//! `cargo xtask codegen --schemas DIR [--out DIR] [--forms DIR]`: reads the official JSON schemas
//! of OCPP and writes the fact tables that `crates/ocpp` embeds (`src/generated/v16.facts` and so
//! on), and from them the form data of the console (`src/generated/ocpp1.6.json` and so on).
//!
//! Owns the form of the tables together with the reader in `crates/ocpp/src/catalogue`. Refuses
//! schema words that it does not know: a new edition must be looked at, not guessed at. Without
//! `--out` and `--forms`, writes into the repository. Builds never need the schemas.

mod facts;
mod forms;
mod roster;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// One version: folder of the schemas, file of the table, subprotocol as the API tells it.
const EDITIONS: [(&str, &str, &str); 3] = [
    ("v1.6", "v16", "ocpp1.6"),
    ("v2.0.1", "v201", "ocpp2.0.1"),
    ("v2.1", "v21", "ocpp2.1"),
];

/// Runs the verb with the arguments after `codegen`.
///
/// # Errors
/// A sentence for the person at the terminal: bad arguments, unreadable files, unknown schema
/// words, actions without an entry in the roster.
pub fn run(args: &[String]) -> Result<(), String> {
    let mut schemas = PathBuf::from("../shared/ocpp/schemas");
    let mut out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/ocpp/src/generated");
    let mut forms = Path::new(env!("CARGO_MANIFEST_DIR")).join("../console/src/generated");
    let mut left = args.iter();
    while let Some(arg) = left.next() {
        let value = left
            .next()
            .ok_or_else(|| format!("codegen: {arg} needs a folder"))?;
        match arg.as_str() {
            "--schemas" => schemas = PathBuf::from(value),
            "--out" => out = PathBuf::from(value),
            "--forms" => forms = PathBuf::from(value),
            _ => return Err(format!("codegen: unknown argument {arg}")),
        }
    }
    for (folder, file, subprotocol) in EDITIONS {
        let told = |e: String| format!("codegen: {folder}: {e}");
        let read = read_folder(&schemas.join(folder))?;
        let table = facts::table(folder, &read).map_err(told)?;
        let data = forms::data(&table).map_err(told)?;
        write(&out, &format!("{file}.facts"), &table)?;
        write(&forms, &format!("{subprotocol}.json"), &data)?;
    }
    Ok(())
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|e| format!("codegen: making {}: {e}", folder.display()))?;
    let path = folder.join(name);
    fs::write(&path, text).map_err(|e| format!("codegen: {}: {e}", path.display()))
}

/// All schemas of a folder by file name without `.json`.
fn read_folder(folder: &Path) -> Result<BTreeMap<String, Value>, String> {
    let failed = |e: &dyn std::fmt::Display| format!("codegen: reading {}: {e}", folder.display());
    let mut read = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|e| failed(&e))? {
        let path = entry.map_err(|e| failed(&e))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let Some(name) = name.strip_suffix(".json") else {
            continue;
        };
        let text = fs::read_to_string(&path).map_err(|e| failed(&e))?;
        let text = text.trim_start_matches('\u{feff}');
        let value = serde_json::from_str(text).map_err(|e| failed(&format!("{name}: {e}")))?;
        read.insert(name.to_owned(), value);
    }
    Ok(read)
}
