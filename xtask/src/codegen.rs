//! `cargo xtask codegen --schemas DIR [--out DIR]`: reads the official JSON schemas of OCPP and
//! writes the fact tables that `crates/ocpp` embeds (`src/generated/v16.facts` and so on).
//!
//! Owns the form of the tables together with the reader in `crates/ocpp/src/catalogue`. Refuses
//! schema words that it does not know: a new edition must be looked at, not guessed at. Without
//! `--out`, writes into the repository. Builds never need the schemas.

mod facts;
mod roster;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// One version: folder of the schemas, file of the table.
const EDITIONS: [(&str, &str); 3] = [("v1.6", "v16"), ("v2.0.1", "v201"), ("v2.1", "v21")];

/// Runs the verb with the arguments after `codegen`.
///
/// # Errors
/// A sentence for the person at the terminal: bad arguments, unreadable files, unknown schema
/// words, actions without an entry in the roster.
pub fn run(args: &[String]) -> Result<(), String> {
    let mut schemas = PathBuf::from("../shared/ocpp/schemas");
    let mut out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/ocpp/src/generated");
    let mut left = args.iter();
    while let Some(arg) = left.next() {
        let value = left
            .next()
            .ok_or_else(|| format!("codegen: {arg} needs a folder"))?;
        match arg.as_str() {
            "--schemas" => schemas = PathBuf::from(value),
            "--out" => out = PathBuf::from(value),
            _ => return Err(format!("codegen: unknown argument {arg}")),
        }
    }
    fs::create_dir_all(&out).map_err(|e| format!("codegen: making {}: {e}", out.display()))?;
    for (folder, file) in EDITIONS {
        let read = read_folder(&schemas.join(folder))?;
        let table = facts::table(folder, &read).map_err(|e| format!("codegen: {folder}: {e}"))?;
        let path = out.join(format!("{file}.facts"));
        fs::write(&path, table).map_err(|e| format!("codegen: {}: {e}", path.display()))?;
    }
    Ok(())
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
