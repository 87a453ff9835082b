//! The doctor: looks at everything an instance stands on and says what is wrong and how to mend
//! it. Refuses to change anything: it makes no file, migrates nothing, and only reads.

mod database;
mod doors;
mod outside;
mod place;
mod policy;
mod trail;
mod upkeep;

use serde::Serialize;

use crate::config::Config;

/// What was found at one thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at, such as `audit`.
    pub check: &'static str,
    /// Whether all is well.
    pub ok: bool,
    /// What was seen.
    pub detail: String,
    /// What to do about it.
    pub fix: Option<String>,
    /// The number of the first deed that does not follow, where the audit trail is broken.
    pub seq: Option<i64>,
}

impl Check {
    /// All is well.
    pub fn well(check: &'static str, detail: impl Into<String>) -> Self {
        Self {
            check,
            ok: true,
            detail: detail.into(),
            fix: None,
            seq: None,
        }
    }

    /// Something is wrong.
    pub fn finding(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            check,
            ok: false,
            detail: detail.into(),
            fix: Some(fix.into()),
            seq: None,
        }
    }
}

/// Looks at everything, in the order in which one thing stands on another.
pub async fn examine(config: &Config) -> Vec<Check> {
    let mut checks = vec![Check::well(
        "configuration",
        "it can be read and has no unknown key",
    )];
    checks.extend(place::data_dir(config));
    let (key, found) = place::key_file(config);
    checks.push(found);
    checks.extend(database::examine(config, key.as_ref()).await);
    checks.extend(upkeep::log(config));
    checks.extend(upkeep::backups(config, chrono::Utc::now()));
    checks.push(policy::examine().await);
    let (listeners, runs) = doors::listeners(config).await;
    checks.extend(listeners);
    let urls = doors::public_urls(config);
    let reachable = runs && urls.iter().all(|check| check.ok);
    checks.extend(urls);
    if reachable {
        checks.extend(outside::people(config).await);
    }
    checks.extend(outside::mail(config).await);
    checks.extend(doors::bus(config).await);
    checks.extend(doors::identity_provider(config).await);
    checks
}
