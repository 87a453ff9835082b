//! `cargo xtask policy [--from FILE]`: turns the table of facts (`casbin/permissions.csv`, or
//! another one that then replaces it) into `casbin/policy.csv` and `casbin/matrix.csv`.
//!
//! The matrix is written from the facts and not from the policy, so that the test which compares
//! it with the enforced policy has two independent ends.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

/// The columns of roles in the table of facts; the Administrator is not in it.
const ROLES: [&str; 6] = [
    "driver_manager",
    "charging_manager",
    "technician",
    "financial_support",
    "viewer",
    "paid_module_activator",
];

/// Our own permissions, which stand outside the table, and who has them beside the Administrator.
const OURS: [(&str, &[&str]); 10] = [
    ("audit.view", &[]),
    ("keys.manage", &[]),
    ("webhooks.manage", &[]),
    ("stations.raw_ocpp", &["technician"]),
    ("stations.identity.replace", &[]),
    ("modules.paid.activate", &["paid_module_activator"]),
    ("sessions.cancel", &["financial_support"]),
    ("drivers.refund", &["financial_support"]),
    ("fleet.reimburse", &["financial_support"]),
    ("sites.access.manage", &[]),
];

/// The permission of the instance operator, which no role of an organisation has.
const OPERATOR: &str = "system.manage";

/// One row: the permission, and yes or no for each of [`ROLES`].
type Row = (String, [bool; 6]);

/// Runs the verb with the arguments after `policy`.
///
/// # Errors
/// A sentence for the person at the terminal.
pub fn run(args: &[String]) -> Result<(), String> {
    let folder = crate::root().join("casbin");
    let table = folder.join("permissions.csv");
    let from = match args {
        [] => table.clone(),
        [flag, file] if flag == "--from" => PathBuf::from(file),
        _ => return Err("policy: the only argument is --from FILE".to_owned()),
    };
    let text = fs::read_to_string(&from)
        .map_err(|e| format!("policy: reading {}: {e}", from.display()))?;
    let rows = facts(&text)?;
    let write = |name: &str, text: &str| {
        fs::write(folder.join(name), text).map_err(|e| format!("policy: writing {name}: {e}"))
    };
    if from != table {
        write("permissions.csv", &text)?;
    }
    write("policy.csv", &policy(&rows))?;
    write("matrix.csv", &matrix(&rows))
}

fn facts(text: &str) -> Result<Vec<Row>, String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|e| format!("policy: {e}"))?
        .clone();
    let column = |name: &str| {
        let found = header.iter().position(|h| h == name);
        found.ok_or_else(|| format!("policy: the table has no column {name}"))
    };
    let permission = column("permission")?;
    let mut columns = [0; 6];
    for (place, role) in columns.iter_mut().zip(ROLES) {
        *place = column(role)?;
    }
    let mut rows: Vec<Row> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| format!("policy: {e}"))?;
        let key = record.get(permission).unwrap_or_default().to_owned();
        let mut cells = [false; 6];
        for (cell, place) in cells.iter_mut().zip(columns) {
            *cell = match record.get(place) {
                Some("yes") => true,
                Some("no") => false,
                other => return Err(format!("policy: {key}: {other:?} is neither yes nor no")),
            };
        }
        if key.is_empty() || rows.iter().any(|(known, _)| *known == key) {
            return Err(format!(
                "policy: the permission {key:?} is empty or there twice"
            ));
        }
        rows.push((key, cells));
    }
    if rows.is_empty() {
        return Err("policy: the table is empty".to_owned());
    }
    Ok(rows)
}

fn policy(rows: &[Row]) -> String {
    let mut text = String::from("p, administrator, *\n");
    for (place, role) in ROLES.iter().enumerate() {
        for (key, _) in rows.iter().filter(|(_, cells)| cells[place]) {
            let _ = writeln!(text, "p, {role}, {key}");
        }
    }
    for (key, roles) in OURS {
        for role in roles {
            let _ = writeln!(text, "p, {role}, {key}");
        }
    }
    text
}

fn matrix(rows: &[Row]) -> String {
    let word = |yes: bool| if yes { "yes" } else { "no" };
    let mut text = format!("permission,administrator,{}\n", ROLES.join(","));
    for (key, cells) in rows {
        let cells: Vec<&str> = cells.iter().map(|cell| word(*cell)).collect();
        let _ = writeln!(text, "{key},yes,{}", cells.join(","));
    }
    for (key, has) in OURS {
        let cells: Vec<&str> = ROLES.iter().map(|role| word(has.contains(role))).collect();
        let _ = writeln!(text, "{key},yes,{}", cells.join(","));
    }
    let _ = writeln!(text, "{OPERATOR}{}", ",no".repeat(ROLES.len() + 1));
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn committed(name: &str) -> String {
        fs::read_to_string(crate::root().join("casbin").join(name)).unwrap()
    }

    #[test]
    fn the_committed_files_are_what_the_facts_give() {
        let rows = facts(&committed("permissions.csv")).unwrap();
        assert_eq!(rows.len(), 85);
        assert_eq!(policy(&rows), committed("policy.csv"));
        assert_eq!(matrix(&rows), committed("matrix.csv"));
    }

    #[test]
    fn a_table_with_a_doubtful_cell_is_refused() {
        let header = format!("permission,{}\n", ROLES.join(","));
        assert!(facts(&format!("{header}a.b,yes,no,no,no,no,maybe\n")).is_err());
        assert!(facts(&format!("{header}a.b,yes,no,no,no,no\n")).is_err());
        assert!(facts(&format!("{header}a.b{0}\na.b{0}\n", ",no".repeat(6))).is_err());
        assert!(facts(&header).is_err());
    }
}
