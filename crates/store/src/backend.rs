//! Opening databases: the only file that knows which of the two it is.

use std::time::Duration;

use migrations::Migrator;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use sea_orm_migration::MigratorTrait;

use crate::error::Error;

/// The connections of a store.
pub struct Connections {
    /// For reads.
    pub read: DatabaseConnection,
    /// One connection for each write lane.
    pub lanes: Vec<DatabaseConnection>,
}

/// Opens the pools. SQLite has one lane, since it has one writer, and is migrated here;
/// PostgreSQL must have been migrated before.
pub async fn open(url: &str, lanes: usize) -> Result<Connections, Error> {
    if url.starts_with("sqlite:") {
        let writer = Database::connect(options(url, 1)).await?;
        Migrator::up(&writer, None).await?;
        let read = Database::connect(options(url, 4)).await?;
        return Ok(Connections {
            read,
            lanes: vec![writer],
        });
    }
    let read = Database::connect(options(url, 8)).await?;
    if !Migrator::get_pending_migrations(&read).await?.is_empty() {
        return Err(Error::NotMigrated);
    }
    let mut writers = Vec::new();
    for _ in 0..lanes.max(1) {
        writers.push(Database::connect(options(url, 1)).await?);
    }
    Ok(Connections {
        read,
        lanes: writers,
    })
}

/// Brings a database to this version; tells how many steps were taken.
pub async fn migrate(url: &str) -> Result<usize, Error> {
    let db = Database::connect(options(url, 1)).await?;
    let pending = Migrator::get_pending_migrations(&db).await?.len();
    Migrator::up(&db, None).await?;
    db.close().await?;
    Ok(pending)
}

/// Takes back the last `steps` steps.
pub async fn migrate_down(url: &str, steps: u32) -> Result<(), Error> {
    let db = Database::connect(options(url, 1)).await?;
    Migrator::down(&db, Some(steps)).await?;
    db.close().await?;
    Ok(())
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
                .statement_cache_capacity(256)
        });
    options
}

/// How many values one statement may bind.
pub const fn most_bound_values() -> usize {
    // SQLite 32,766; PostgreSQL 65,535.
    30_000
}
