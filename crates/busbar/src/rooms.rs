//! Builds the rooms in order: data directory, keys, store, bus, gate, app.

use std::path::Path;
use std::sync::Arc;

use app::{App, AppParts, StationSecret};
use domain::clock::{Clock, IdSource, Moment};
use domain::id::NodeId;
use uuid::Uuid;

use crate::config::{Config, UnknownStations};

/// What building can fail with.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The machine's clock.
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        chrono::Utc::now()
    }
}

/// UUIDs of the present time.
struct TimeOrderedIds;

impl IdSource for TimeOrderedIds {
    fn draw(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// Builds everything below the doors.
pub async fn build(config: &Config) -> Result<App, Failure> {
    data_dir(config).map_err(|e| {
        format!(
            "cannot make the data directory {}: {e}",
            config.data_dir.display()
        )
    })?;
    let secret = StationSecret::new(key_file(&config.data_dir.join("station.key"))?);
    let gate = access::Gate::new(access::Policy::built_in().await?);
    let options = store::Options {
        batch_units: config.database.batch_units,
        ..store::Options::default()
    };
    let store = store::Store::open(&config.database_url(), options).await?;
    let node = NodeId::from_uuid(Uuid::now_v7());
    let bus = match &config.bus.url {
        None => bus::Bus::local(node),
        Some(url) => bus::Bus::redis(url, node, "busbar").await?,
    };
    let settings = app::Settings {
        heartbeat_interval_s: i64::from(config.gateway.heartbeat_interval_s),
        unknown_stations: match config.gateway.unknown_stations {
            UnknownStations::Refuse => app::UnknownStations::Refuse,
            UnknownStations::Pending => app::UnknownStations::Pending,
        },
        retention: config.retention.into(),
        console_url: crate::serve::console_url(config),
        support: config.contact()?,
        critical: config.critical()?,
        files: config.files_settings(),
        ..app::Settings::default()
    };
    Ok(App::new(AppParts {
        store,
        bus,
        gate,
        clock: Arc::new(SystemClock),
        ids: Arc::new(TimeOrderedIds),
        settings,
        secret,
        post: config.post()?,
        identity_provider: config.identity_provider()?,
        webhooks: config.webhooks.client()?,
    }))
}

/// Makes the folder of the data, and in it the database file, which SQLite gives the mode of to
/// its log: what drivers do is for nobody else on the machine to read.
fn data_dir(config: &Config) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.data_dir)?;
    if let Some(file) = config.database_file() {
        std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(file)?;
    }
    Ok(())
}

/// Reads a key of 32 bytes, or draws one into a file that only its owner can read. It stays
/// outside the database, so that a stolen copy of the database opens nothing.
fn key_file(path: &Path) -> Result<[u8; 32], Failure> {
    use std::io::{ErrorKind, Write};
    use std::os::unix::fs::OpenOptionsExt;
    match std::fs::read(path) {
        Ok(bytes) => {
            return bytes
                .try_into()
                .map_err(|_| format!("{} does not hold a key of 32 bytes", path.display()).into());
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(format!("cannot read {}: {error}", path.display()).into()),
    }
    let mut key = [0; 32];
    key[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    key[16..].copy_from_slice(Uuid::new_v4().as_bytes());
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(&key)?;
    file.sync_all()?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn nobody_else_on_the_machine_reads_the_data() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            data_dir: folder.path().join("data"),
            ..Config::default()
        };
        let _app = build(&config).await.unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&config.data_dir), 0o700);
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&config.data_dir).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            files.push(path.file_name().unwrap().to_owned());
        }
        for name in ["busbar.sqlite", "busbar.sqlite-wal", "station.key"] {
            assert!(files.iter().any(|file| file == name), "{name} in {files:?}");
        }
    }
}
