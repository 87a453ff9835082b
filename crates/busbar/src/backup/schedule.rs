//! Backups by themselves: every so many hours, on one node, verified, and only so many kept. When
//! one is due is read from the folder, so that a restart neither forgets nor repeats one. What the
//! last one came to stands beside them, where the doctor looks.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::App;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::make::{PREFIX, UNFINISHED};
use super::{Error, Order, Passphrase, with};
use crate::config::Config;

/// How often it is looked whether one is due.
const LOOK: Duration = Duration::from_secs(60);
/// Who makes backups for all nodes holds this.
const DUTY: &str = "backup";
/// For how long without a sign of life; renewed while a backup is made.
const LEASE: Duration = Duration::from_secs(60);
/// After one that failed.
const AGAIN: TimeDelta = TimeDelta::hours(1);
/// Where the last one is told of.
const LAST: &str = "last.json";

/// What the last backup came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// When it was tried.
    pub at: DateTime<Utc>,
    /// Its file.
    pub file: Option<String>,
    /// Why it was not made.
    pub error: Option<String>,
}

/// What the last backup of a folder came to; none where there was none.
#[must_use]
pub fn last(folder: &Path) -> Option<Last> {
    let text = std::fs::read(folder.join(LAST)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// The moment of the newest backup in a folder, by its name.
#[must_use]
pub fn newest(folder: &Path) -> Option<DateTime<Utc>> {
    backups(folder).into_iter().map(|(at, _)| at).max()
}

/// The backups in a folder, by their names; nothing else that lies there.
fn backups(folder: &Path) -> Vec<(DateTime<Utc>, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter_map(|path| Some((moment(path.file_name()?.to_str()?)?, path)))
        .collect()
}

fn moment(name: &str) -> Option<DateTime<Utc>> {
    let rest = name.strip_prefix(PREFIX)?;
    let at = rest
        .strip_suffix(".sealed")
        .unwrap_or(rest)
        .strip_suffix(".tar.zst")?;
    let at = chrono::NaiveDateTime::parse_from_str(at, "%Y%m%dT%H%M%SZ").ok()?;
    Some(at.and_utc())
}

/// Makes backups until `stopping` turns true, where the configuration says so.
pub async fn run(app: App, config: Config, mut stopping: watch::Receiver<bool>) {
    if config.backup.every_hours == 0 {
        return;
    }
    let work = async {
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if is_due(&config, Utc::now()) {
                alone(&app, &config).await;
            }
        }
    };
    tokio::select! {
        _ = stopping.wait_for(|stop| *stop) => {}
        () = work => {}
    }
}

/// Whether a backup is due: so long after the newest, and a while after one that failed.
fn is_due(config: &Config, now: DateTime<Utc>) -> bool {
    let folder = config.backup_dir();
    let every = TimeDelta::hours(i64::from(config.backup.every_hours));
    let old = newest(&folder).is_none_or(|at| now >= at + every);
    let failed = last(&folder).filter(|last| last.error.is_some());
    old && failed.is_none_or(|last| now >= last.at + AGAIN.min(every))
}

/// Makes a backup if no other node does.
async fn alone(app: &App, config: &Config) {
    let Some(lease) = app::jobs::duty(app, DUTY, LEASE).await else {
        return;
    };
    let renew = async {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            if !matches!(lease.renew().await, Ok(true)) {
                return;
            }
        }
    };
    tokio::select! {
        () = renew => tracing::warn!("a backup was given up: another node may be making one"),
        () = once(config, Utc::now()) => {}
    }
    lease.give_back().await;
}

/// Makes one and removes what is too many; says in the log and in the folder what it came to.
async fn once(config: &Config, now: DateTime<Utc>) {
    let folder = config.backup_dir();
    let made = attempt(config, &folder, now).await;
    let told = match made {
        Ok(file) => {
            tracing::info!(backup.file = %file.display(), "a backup was made and read back");
            let name = file
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            Last {
                at: now,
                file: name,
                error: None,
            }
        }
        Err(error) => {
            tracing::error!("a backup was not made: {error}");
            Last {
                at: now,
                file: None,
                error: Some(error.to_string()),
            }
        }
    };
    if let Err(error) = note(&folder, &told) {
        tracing::warn!("what a backup came to could not be noted: {error}");
    }
    if told.error.is_none() {
        trim(&folder, config.backup.keep, now);
    }
}

async fn attempt(config: &Config, folder: &Path, now: DateTime<Utc>) -> Result<PathBuf, Error> {
    super::config::own_folder(config)?;
    let passphrase = config.backup.passphrase_file.as_deref();
    let order = Order {
        to: folder.to_owned(),
        passphrase: passphrase.map(passphrase_of).transpose()?,
        with_keys: false,
        files_only: config.database_url().starts_with("postgres"),
        now,
    };
    Ok(
        super::make(config, &order, &(Arc::new(|_| {}) as super::Told))
            .await?
            .file,
    )
}

/// The passphrase in a file.
pub fn passphrase_of(path: &Path) -> Result<Passphrase, Error> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(with(format!("cannot read {}", path.display())))?;
    let short = "the first line of the passphrase file has fewer than 10 characters";
    Passphrase::from_text(&text).ok_or(Error::Passphrase(short))
}

fn note(folder: &Path, last: &Last) -> Result<(), Error> {
    let text = serde_json::to_vec(last).unwrap_or_default();
    let unfinished = folder.join(format!("{LAST}.new"));
    std::fs::write(&unfinished, text)
        .and_then(|()| std::fs::rename(&unfinished, folder.join(LAST)))
        .map_err(with(format!("cannot write to {}", folder.display())))
}

/// Removes the oldest backups beyond `keep`, and what a backup left behind that was killed.
fn trim(folder: &Path, keep: u32, now: DateTime<Utc>) {
    let mut all = backups(folder);
    all.sort_unstable();
    let too_many = all
        .len()
        .saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX));
    for (_, path) in all.into_iter().take(too_many) {
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::warn!("an old backup stays, {}: {error}", path.display());
        }
    }
    let day_ago = now - TimeDelta::days(1);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
        let changed = entry.metadata().and_then(|about| about.modified());
        let old = changed.is_ok_and(|at| DateTime::<Utc>::from(at) < day_ago);
        if unfinished && old {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn backups_are_made_when_due_and_only_so_many_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            data_dir: folder.path().join("data"),
            ..Config::default()
        };
        config.backup.every_hours = 6;
        config.backup.keep = 2;
        crate::rooms::build(&config).await.unwrap();
        let dir = config.backup_dir();
        for (now, due) in [
            ("2026-12-01T00:00:00Z", true),
            ("2026-12-01T05:59:59Z", false),
            ("2026-12-01T06:00:00Z", true),
            ("2026-12-01T11:00:00Z", false),
            ("2026-12-01T13:00:00Z", true),
        ] {
            assert_eq!(is_due(&config, at(now)), due, "{now}");
            if due {
                once(&config, at(now)).await;
                assert_eq!(last(&dir).unwrap().error, None);
            }
        }
        std::fs::write(dir.join("busbar-notes.txt"), "ours").unwrap();
        let mut kept: Vec<_> = backups(&dir).into_iter().map(|(at, _)| at).collect();
        kept.sort_unstable();
        assert_eq!(
            kept,
            [at("2026-12-01T06:00:00Z"), at("2026-12-01T13:00:00Z")]
        );
        // One that fails is told, tried again in an hour, and removes nothing.
        std::fs::remove_file(config.data_dir.join("busbar.sqlite")).unwrap();
        let late = at("2026-12-01T20:00:00Z");
        once(&config, late).await;
        let told = last(&dir).unwrap();
        assert!(told.error.is_some() && told.file.is_none());
        assert_eq!(backups(&dir).len(), 2);
        assert!(!is_due(&config, at("2026-12-01T20:59:00Z")));
        assert!(is_due(&config, at("2026-12-01T21:00:00Z")));
        let leftovers = std::fs::read_dir(&dir).unwrap().flatten();
        let leftovers = leftovers.filter(|e| e.file_name().to_string_lossy().starts_with('.'));
        assert_eq!(leftovers.count(), 0);
    }
}
