//! The database: opens, is whole and of this version; and what only the database can tell.

use app::StationSecret;
use store::Inspection;

use super::{Check, trail, upkeep};
use crate::config::Config;

const CHECK: &str = "database";

/// Looks at the database, the audit trail in it, and the organisations.
pub async fn examine(config: &Config, key: Option<&StationSecret>) -> Vec<Check> {
    if let Some(file) = config.database_file().filter(|file| !file.exists()) {
        let detail = format!("{} is not there", file.display());
        let fix = "Start `busbar serve` once, which makes it, or put it back from a backup.";
        return vec![Check::finding(CHECK, detail, fix)];
    }
    let database = match Inspection::open(&config.database_url()).await {
        Ok(database) => database,
        Err(error) => {
            let fix = "See that the database runs and that `database.url` is right.";
            return vec![Check::finding(CHECK, error.to_string(), fix)];
        }
    };
    let mut checks = Vec::new();
    match whole(&database).await {
        Ok(found) => checks.push(found),
        Err(error) => {
            let fix = "Put the database back from a backup.";
            return vec![Check::finding(CHECK, error.to_string(), fix)];
        }
    }
    // In a database of another version nothing else can be read.
    if checks.iter().all(|check| check.ok) {
        checks.push(trail::examine(&database, key).await);
        checks.extend(administrators(&database).await);
        checks.push(upkeep::sessions(&database, chrono::Utc::now()).await);
    }
    checks
}

async fn whole(database: &Inspection) -> Result<Check, store::Error> {
    let faults = database.faults().await?;
    if !faults.is_empty() {
        let fix = "Stop Busbar and put the database back from a backup.";
        return Ok(Check::finding(CHECK, faults.join("; "), fix));
    }
    let steps = database.steps().await?;
    Ok(match (steps.missing.as_slice(), steps.unknown.as_slice()) {
        ([], []) => Check::well(CHECK, "whole, and of this version"),
        ([], newer) => {
            let detail = format!("it is of a newer version: {}", newer.join(", "));
            Check::finding(CHECK, detail, "Run the newer version of Busbar.")
        }
        (missing, _) => {
            let detail = format!("it is of an older version: {} missing", missing.join(", "));
            Check::finding(CHECK, detail, "Run `busbar migrate`.")
        }
    })
}

async fn administrators(database: &Inspection) -> Vec<Check> {
    const CHECK: &str = "administrators";
    match database.without_administrator().await {
        Ok(without) if without.is_empty() => {
            vec![Check::well(CHECK, "every organisation has one")]
        }
        Ok(without) => without
            .into_iter()
            .map(|(id, name)| {
                let detail = format!("{name} ({id}) has no Administrator");
                let fix = "Invite one, or run `busbar user`.";
                Check::finding(CHECK, detail, fix)
            })
            .collect(),
        Err(error) => vec![Check::finding(
            CHECK,
            error.to_string(),
            "Put the database back from a backup.",
        )],
    }
}
