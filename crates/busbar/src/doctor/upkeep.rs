//! What goes wrong slowly: a log of the database that only grows, sessions that nobody ends, and
//! backups that are not made.

use chrono::{DateTime, TimeDelta, Utc};
use store::Inspection;

use super::Check;
use crate::backup::schedule;
use crate::config::Config;

/// A write-ahead log of more bytes than this is not emptied any more.
const LOG: u64 = 512 << 20;
/// A station that is away for so many days ends no session of its own.
const AWAY_DAYS: i64 = 7;

/// The write-ahead log of SQLite.
pub fn log(config: &Config) -> Option<Check> {
    const CHECK: &str = "write-ahead log";
    let file = config.database_file()?;
    let log = format!("{}-wal", file.display());
    let bytes = std::fs::metadata(&log).map_or(0, |about| about.len());
    (bytes > LOG).then(|| {
        let detail = format!("{log} has {} MiB", bytes >> 20);
        let fix = "Something reads the database for hours: end it. The log is emptied when the \
                   server starts anew.";
        Check::finding(CHECK, detail, fix)
    })
}

/// Sessions that run at stations which are long away.
pub async fn sessions(database: &Inspection, now: DateTime<Utc>) -> Check {
    const CHECK: &str = "sessions";
    let since = now - TimeDelta::days(AWAY_DAYS);
    match database.abandoned_sessions(since).await {
        Ok(0) => Check::well(CHECK, "none runs at a station that is long away"),
        Ok(count) => Check::finding(
            CHECK,
            format!("{count} run at stations that are away for more than {AWAY_DAYS} days"),
            "Look after these stations: a session ends when its station comes back and says so, or \
             begins another one on the same outlet.",
        ),
        Err(error) => Check::finding(
            CHECK,
            error.to_string(),
            "Put the database back from a backup.",
        ),
    }
}

/// Backups, where they are made by themselves.
pub fn backups(config: &Config, now: DateTime<Utc>) -> Option<Check> {
    const CHECK: &str = "backups";
    let hours = i64::from(config.backup.every_hours);
    if hours == 0 {
        return None;
    }
    let folder = config.backup_dir();
    let fix = format!(
        "Look at the log of the server, at the space in {}, and try `busbar backup`.",
        folder.display()
    );
    let failed = schedule::last(&folder).and_then(|last| last.error);
    if let Some(why) = failed {
        return Some(Check::finding(
            CHECK,
            format!("the last one was not made: {why}"),
            fix,
        ));
    }
    Some(match schedule::newest(&folder) {
        None => Check::finding(CHECK, "none was made yet", fix),
        Some(at) if now > at + TimeDelta::hours(2 * hours) => {
            let detail = format!("the newest is of {}", at.to_rfc3339());
            Check::finding(CHECK, detail, fix)
        }
        Some(at) => Check::well(CHECK, format!("the newest is of {}", at.to_rfc3339())),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_backup_that_is_missing_late_or_failed_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            data_dir: folder.path().to_owned(),
            ..Config::default()
        };
        let now: DateTime<Utc> = "2026-12-01T12:00:00Z".parse().unwrap();
        let ok = |config: &Config| backups(config, now).map(|check| check.ok);
        assert_eq!(ok(&config), None);
        config.backup.every_hours = 6;
        assert_eq!(ok(&config), Some(false));
        let dir = config.backup_dir();
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join("busbar-20261130T235959Z.tar.zst"), "").unwrap();
        assert_eq!(ok(&config), Some(false), "late");
        std::fs::write(dir.join("busbar-20261201T000001Z.tar.zst.sealed"), "").unwrap();
        assert_eq!(ok(&config), Some(true));
        let failed = "{\"at\":\"2026-12-01T11:00:00Z\",\"file\":null,\"error\":\"no room\"}";
        std::fs::write(dir.join("last.json"), failed).unwrap();
        let told = backups(&config, now).unwrap();
        assert!(!told.ok && told.detail.contains("no room"));
    }
}
