//! Backups that Busbar makes by itself.

use std::path::PathBuf;

use serde::Deserialize;

use super::Config;

/// Backups by themselves.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackupConfig {
    /// Hours from one to the next; 0 for none.
    pub every_hours: u32,
    /// How many are kept.
    pub keep: u32,
    /// The folder they are in; `backups` in the data directory when left out.
    pub dir: Option<PathBuf>,
    /// A file with the passphrase that seals them; not sealed when left out.
    pub passphrase_file: Option<PathBuf>,
}

impl Default for BackupConfig {
    fn default() -> Self {
        Self {
            every_hours: 0,
            keep: 7,
            dir: None,
            passphrase_file: None,
        }
    }
}

impl Config {
    /// The folder of the backups.
    #[must_use]
    pub fn backup_dir(&self) -> PathBuf {
        let own = || self.data_dir.join("backups");
        self.backup.dir.clone().unwrap_or_else(own)
    }
}
