//! The folder of files: firmware for stations, and what stations sent. A file is written under a
//! passing name, counted and hashed on the way, made durable, and only then put in its place; what
//! goes wrong on the way leaves nothing behind. No name from outside leads anywhere here.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::TimeDelta;
use domain::firmware::FirmwareFile;
use domain::id::{FirmwareId, TransferId};
use domain::transfer::{Received, Transfer};
use sha2::{Digest, Sha256};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

use crate::app::App;
use crate::error::Error;

/// Where files lie, and how large they may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesSettings {
    /// The folder. Several nodes must share it.
    pub dir: PathBuf,
    /// The largest firmware, in bytes.
    pub most_firmware_bytes: u64,
    /// The largest file that a station may send, in bytes.
    pub most_upload_bytes: u64,
    /// How long a station may come for firmware after the moment it is told to.
    pub firmware_link: TimeDelta,
    /// How long a station may come with logs.
    pub upload_link: TimeDelta,
    /// How long what stations sent is kept, in days.
    pub diagnostics_days: u32,
}

impl Default for FilesSettings {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("data/files"),
            most_firmware_bytes: 1 << 30,
            most_upload_bytes: 256 << 20,
            firmware_link: TimeDelta::days(3),
            upload_link: TimeDelta::hours(24),
            diagnostics_days: 90,
        }
    }
}

/// Why a file was not kept.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It is larger than it may be.
    #[error("the file is larger than {most} bytes")]
    TooLarge {
        /// What it may be.
        most: u64,
    },
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// Anything else.
    #[error("keeping a file: {0}")]
    Io(#[source] std::io::Error),
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::TooLarge { most } => Self::conflict(
                "file_too_large",
                format!("The file is larger than the {most} bytes that are allowed."),
            ),
            Fault::Full => Self::unavailable(
                "disk_full",
                "The disk of the server is full: nothing was kept.",
            ),
            Fault::Io(_) => Self::internal(fault),
        }
    }
}

/// A file on its way in. Dropped before it was put in its place, it is gone.
pub(crate) struct Draft {
    path: PathBuf,
    file: File,
    hash: Sha256,
    bytes: u64,
    most: u64,
    placed: bool,
}

/// What a draft came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub bytes: u64,
    /// SHA-256 in lower hexadecimal.
    pub sha256: String,
    /// The same as bytes.
    pub digest: [u8; 32],
}

impl Draft {
    /// Begins a file of at most `most` bytes.
    pub async fn begin(app: &App, most: u64) -> Result<Self, Fault> {
        let passing = app.settings().files.dir.join("passing");
        make_dir(&passing).await?;
        let path = passing.join(uuid::Uuid::new_v4().simple().to_string());
        let mut options = File::options();
        options.write(true).create_new(true).mode(0o600);
        let file = options.open(&path).await?;
        Ok(Self {
            path,
            file,
            hash: Sha256::new(),
            bytes: 0,
            most,
            placed: false,
        })
    }

    /// Adds bytes.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), Fault> {
        let bytes = self.bytes.saturating_add(chunk.len() as u64);
        if bytes > self.most {
            return Err(Fault::TooLarge { most: self.most });
        }
        self.file.write_all(chunk).await?;
        self.hash.update(chunk);
        self.bytes = bytes;
        Ok(())
    }

    /// Makes durable what was written, and tells what it is.
    pub async fn finish(&mut self) -> Result<Counted, Fault> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        let digest: [u8; 32] = self.hash.clone().finalize().into();
        Ok(Counted {
            bytes: self.bytes,
            sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            digest,
        })
    }

    /// Puts a finished file in its place, durably.
    pub async fn place(mut self, at: &Path) -> Result<(), Fault> {
        let Some(folder) = at.parent() else {
            return Err(Fault::Io(ErrorKind::InvalidInput.into()));
        };
        make_dir(folder).await?;
        fs::rename(&self.path, at).await?;
        self.placed = true;
        // The name is durable when its folder is.
        File::open(folder).await?.sync_all().await?;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.placed
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!("a file that was not kept stays behind: {error}");
        }
    }
}

async fn make_dir(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path).await
}

/// Where the bytes of a firmware file lie. The name tells the content, so that two uploads at once
/// cannot take each other's place.
pub(crate) fn firmware(app: &App, id: FirmwareId, sha256: &str) -> PathBuf {
    let name = format!("{}-{sha256}", id.uuid().simple());
    app.settings().files.dir.join("firmware").join(name)
}

/// The folder of what one transfer brings.
fn folder(app: &App, id: TransferId) -> PathBuf {
    let name = id.uuid().simple().to_string();
    app.settings().files.dir.join("diagnostics").join(name)
}

/// Where a file that a station sent lies: inside the folder of its transfer.
pub(crate) fn received(app: &App, id: TransferId, file: &Received) -> PathBuf {
    let mark = file.sha256.get(..16).unwrap_or_default();
    folder(app, id).join(format!("{mark}-{}", file.name))
}

/// Removes the bytes of a firmware file.
pub(crate) async fn remove_firmware(app: &App, file: &FirmwareFile) {
    if let Some(sha256) = file.sha256.as_deref().filter(|_| file.content.is_some()) {
        told_gone(fs::remove_file(firmware(app, file.id, sha256)).await);
    }
}

/// Removes everything that a transfer brought.
pub(crate) async fn remove_received(app: &App, transfer: &Transfer) {
    if transfer.received.is_some() {
        told_gone(fs::remove_dir_all(folder(app, transfer.id)).await);
    }
}

/// Removes a file that lost its place to another.
pub(crate) async fn remove(path: &Path) {
    told_gone(fs::remove_file(path).await);
}

fn told_gone(done: std::io::Result<()>) {
    match done {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!("a file stays behind: {error}");
        }
        _ => {}
    }
}

/// Drafts of processes that died are older than this.
const FORGOTTEN_H: i64 = 24;

/// Removes drafts that nobody writes any more.
pub(crate) async fn sweep(app: &App) {
    let Ok(mut entries) = fs::read_dir(app.settings().files.dir.join("passing")).await else {
        return;
    };
    let old = SystemTime::from(app.now() - TimeDelta::hours(FORGOTTEN_H));
    while let Ok(Some(entry)) = entries.next_entry().await {
        let modified = entry.metadata().await.ok().and_then(|m| m.modified().ok());
        if modified.is_some_and(|modified| modified < old) {
            remove(&entry.path()).await;
        }
    }
}
