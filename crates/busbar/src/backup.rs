//! Backups: one file with everything an instance needs to come back, written while the server runs
//! and read back before it counts. Owns the form of that file. Refuses to overwrite anything, and
//! to pretend: a database of PostgreSQL is backed up by PostgreSQL's own means.
//!
//! The file is a tar archive under zstd; with a passphrase it is sealed ([`seal`]). Its parts are
//! `database.sqlite`, `files/…`, `config/busbar.toml` and, where asked for, `keys/station.key`;
//! the last one is `manifest.json` with the length and the SHA-256 of each.

mod archive;
pub mod config;
mod make;
mod manifest;
mod restore;
pub mod schedule;
mod seal;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use make::{Made, Order, make};
pub use manifest::{Manifest, Part};
pub use restore::{Restored, Wanted, restore, verify};
pub use seal::Passphrase;

/// Why a backup was not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or a folder.
    #[error("{what}: {source}")]
    File {
        /// Which, and what was to be done with it.
        what: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The archive is not as it was written.
    #[error("the backup is not whole: {0}")]
    Broken(String),
    /// It is sealed, and not with this passphrase.
    #[error("{0}")]
    Passphrase(&'static str),
    /// Something is there that would have to give way.
    #[error("{0}")]
    InTheWay(String),
    /// It was made by a version that knows more.
    #[error("the backup is of a newer version of Busbar ({version}): {}", steps.join(", "))]
    Newer {
        /// That version.
        version: String,
        /// What it knows and this one does not.
        steps: Vec<String>,
    },
    /// Too little space.
    #[error("{place} has {free} MiB left and this may need {needed} MiB")]
    NoRoom {
        /// Where.
        place: String,
        /// What is left.
        free: u64,
        /// What may be needed.
        needed: u64,
    },
    /// The database is on a server.
    #[error(
        "the database is PostgreSQL, which `pg_dump` or continuous archiving (PITR) backs up; \
         `--files-only` backs up the files and the configuration"
    )]
    OnServer,
    /// The database.
    #[error(transparent)]
    Database(#[from] store::Error),
}

impl Error {
    /// The exit code of the command line.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::File { .. } | Self::Database(_) => 1,
            Self::Broken(_) => 3,
            Self::Passphrase(_) => 4,
            Self::InTheWay(_) => 5,
            Self::Newer { .. } => 6,
            Self::NoRoom { .. } => 7,
            Self::OnServer => 8,
        }
    }
}

/// Says what was to be done with a file that could not be.
fn with(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
    let what = what.into();
    move |source| Error::File { what, source }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The database is copied.
    Copying,
    /// So many of so many bytes are packed.
    Packing(u64, u64),
    /// So many bytes of the finished archive, of so many, are read back.
    Verifying(u64, u64),
    /// So many of so many bytes are unpacked.
    Unpacking(u64, u64),
}

/// Hears how far it is.
pub type Told = Arc<dyn Fn(Step) + Send + Sync>;

/// The folder of the files that stations and people put into Busbar, below the data directory.
const FILES: &str = "files";
/// The name of the database in the data directory.
const DATABASE: &str = "busbar.sqlite";
/// The name of the key file in the data directory.
const KEY: &str = "station.key";

/// Free bytes where `path` is, which must be there.
fn free(path: &Path) -> Result<u64, Error> {
    let space = rustix::fs::statvfs(path).map_err(std::io::Error::from);
    let space = space.map_err(with(format!("cannot look at {}", path.display())))?;
    Ok(space.f_bavail.saturating_mul(space.f_frsize))
}

/// Refuses where fewer than `needed` bytes are free.
fn room(path: &Path, needed: u64) -> Result<(), Error> {
    let free = free(path)?;
    if free >= needed {
        return Ok(());
    }
    Err(Error::NoRoom {
        place: path.display().to_string(),
        free: free >> 20,
        needed: (needed >> 20) + 1,
    })
}

/// For nobody else on this machine.
fn private() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o700)
}

/// Brings a file or a folder to the disk.
fn sync(path: &Path) -> Result<(), Error> {
    let done = std::fs::File::open(path).and_then(|file| file.sync_all());
    done.map_err(with(format!("cannot write {} to the disk", path.display())))
}

/// The folder that something is in.
fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Does something that waits for the disk, off the threads that must not.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Error::File {
            what: "the work was given up".to_owned(),
            source: std::io::Error::other(error),
        }),
    }
}
