//! Opening databases: the only file that knows which of the two it is.

use std::path::Path;
use std::time::Duration;

use migrations::Migrator;
use sea_orm::sea_query::Query;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, RuntimeErr,
    Statement, Value,
};
use sea_orm_migration::MigratorTrait;

use crate::error::Error;

/// Opens the pool for reads and tells how many lanes write: SQLite has one, since it has one
/// writer, and is migrated here; PostgreSQL has `lanes` and must have been migrated before.
pub async fn open(url: &str, lanes: usize) -> Result<(DatabaseConnection, usize), Error> {
    if url.starts_with("sqlite:") {
        migrate(url).await?;
        let read = Database::connect(options(url, 4)).await?;
        return Ok((read, 1));
    }
    let read = Database::connect(options(url, 8)).await?;
    if !Migrator::get_pending_migrations(&read).await?.is_empty() {
        return Err(Error::NotMigrated);
    }
    Ok((read, lanes.max(1)))
}

/// Opens the connection of a lane.
pub async fn writer(url: &str) -> Result<DatabaseConnection, Error> {
    Ok(Database::connect(options(url, 1)).await?)
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

/// Opens a database that is there, to look at it: nothing is made, migrated or changed. A SQLite
/// file that nobody has open is not even locked.
pub async fn look(url: &str) -> Result<DatabaseConnection, Error> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .sqlx_logging(false);
    let file = url.strip_prefix("sqlite:");
    if let Some(file) = file {
        let path = file.trim_start_matches("//").split('?').next();
        let log = format!("{}-wal", path.unwrap_or_default());
        let at_rest = !std::path::Path::new(&log).exists();
        options.map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .create_if_missing(false)
                .read_only(true)
                .immutable(at_rest)
                .busy_timeout(Duration::from_secs(10))
        });
    }
    let db = Database::connect(options).await?;
    if file.is_none() {
        db.execute_unprepared("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            .await?;
    }
    Ok(db)
}

/// Copies a SQLite database as it is at this moment into a file that is not there, while others
/// write to it. Everything that was committed before is in the copy, and of each later commit all
/// or nothing.
pub async fn copy(url: &str, to: &Path) -> Result<(), Error> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .min_connections(1)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .create_if_missing(false)
                .busy_timeout(Duration::from_secs(60))
        });
    let db = Database::connect(options).await?;
    let to = to
        .to_str()
        .ok_or_else(|| Error::Value("the name of the file to copy into is not UTF-8".to_owned()))?;
    let copy =
        Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [Value::from(to)]);
    let copied = db.execute_raw(copy).await;
    db.close().await?;
    copied?;
    Ok(())
}

/// How many bytes a SQLite database takes without its log.
pub async fn bytes(db: &DatabaseConnection) -> Result<u64, Error> {
    let pages = pragma(db, "PRAGMA page_count").await?;
    let size = pragma(db, "PRAGMA page_size").await?;
    Ok(pages.saturating_mul(size))
}

async fn pragma(db: &DatabaseConnection, text: &'static str) -> Result<u64, Error> {
    let asked = Statement::from_string(DbBackend::Sqlite, text);
    let row = db.query_one_raw(asked).await?;
    let number: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(number.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
}

/// What a database finds wrong with itself. PostgreSQL has no check of its own.
pub async fn faults(db: &DatabaseConnection) -> Result<Vec<String>, Error> {
    if db.get_database_backend() != DbBackend::Sqlite {
        db.ping().await?;
        return Ok(Vec::new());
    }
    let check = Statement::from_string(DbBackend::Sqlite, "PRAGMA integrity_check(10)");
    let rows = db.query_all_raw(check).await?;
    let texts: Result<Vec<String>, DbErr> =
        rows.iter().map(|row| row.try_get_by_index(0)).collect();
    Ok(texts?.into_iter().filter(|text| text != "ok").collect())
}

/// The migrations that a database has taken, and those that this version knows.
pub async fn steps(db: &DatabaseConnection) -> Result<(Vec<String>, Vec<String>), Error> {
    let query = Query::select()
        .column("version")
        .from("seaql_migrations")
        .to_owned();
    let rows = db.query_all(&query).await?;
    let taken: Result<Vec<String>, DbErr> =
        rows.iter().map(|row| row.try_get_by_index(0)).collect();
    Ok((taken?, known().collect()))
}

/// The migrations that this version knows.
pub fn known() -> impl Iterator<Item = String> {
    let steps = Migrator::migrations().into_iter();
    steps.map(|step| step.name().to_owned())
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        // A server may have gone away since; a file has not, and the question costs a round trip
        // of its own.
        .test_before_acquire(!url.starts_with("sqlite:"))
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
                // Pages in our memory spare a copy from the system's for each look: 32 MiB.
                .pragma("cache_size", "-32768")
                // Pages in the log before they are copied into the file: 32 MiB, so that a page
                // which changes often is copied once for many changes.
                .pragma("wal_autocheckpoint", "8192")
        });
    options
}

/// Whether a database refused a value, not the work: the same again will be refused again.
pub fn refuses_value(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) =
        error
    else {
        return false;
    };
    let Some(code) = cause.as_database_error().and_then(|e| e.code()) else {
        return false;
    };
    if code.len() == 5 {
        // PostgreSQL: data exceptions, constraints, and limits such as that of an index's row.
        return ["22", "23", "54"]
            .iter()
            .any(|class| code.starts_with(class));
    }
    // SQLite: TOOBIG, CONSTRAINT, MISMATCH in the low byte of an extended code.
    matches!(code.parse::<u32>().map(|c| c & 0xff), Ok(18..=20))
}

/// How many values one statement may bind.
pub const fn most_bound_values() -> usize {
    // SQLite 32,766; PostgreSQL 65,535.
    30_000
}
