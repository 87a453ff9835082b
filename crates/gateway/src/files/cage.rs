//! What a station sees over FTP: of firmware one file to read, for logs an empty folder to write one
//! file into. There is no path here that leads anywhere else, for paths are never looked up: only
//! the last part of a name is looked at.

use std::fmt;
use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use app::App;
use app::transfers::link::{self, Fault, Incoming, Outgoing, Refused};
use async_trait::async_trait;
use domain::transfer::Transfer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncSeekExt};
use unftp_core::storage::{
    Error, ErrorKind, FEATURE_RESTART, Fileinfo, Metadata, Permissions, Result, StorageBackend,
};

use super::ftp::Guest;

/// What is taken from the socket at once.
const PIECE: usize = 64 * 1024;

/// The view of one transfer.
pub(super) struct Cage {
    app: App,
}

impl fmt::Debug for Cage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cage")
    }
}

/// The folder, or the file in it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// None for the folder.
    file: Option<(u64, SystemTime)>,
}

impl Metadata for Seen {
    fn len(&self) -> u64 {
        self.file.map_or(0, |(bytes, _)| bytes)
    }
    fn is_dir(&self) -> bool {
        self.file.is_none()
    }
    fn is_file(&self) -> bool {
        self.file.is_some()
    }
    fn is_symlink(&self) -> bool {
        false
    }
    fn modified(&self) -> Result<SystemTime> {
        Ok(self.file.map_or(SystemTime::UNIX_EPOCH, |(_, at)| at))
    }
    fn gid(&self) -> u32 {
        0
    }
    fn uid(&self) -> u32 {
        0
    }
    fn permissions(&self) -> Permissions {
        Permissions(if self.is_dir() { 0o755 } else { 0o444 })
    }
}

/// The code by which FTP tells why nothing came of something.
fn said(refused: Refused) -> Error {
    let kind = match &refused {
        Refused::Unknown | Refused::Over => ErrorKind::PermanentFileNotAvailable,
        Refused::NotKept(Fault::TooLarge { .. }) => ErrorKind::ExceededStorageAllocationError,
        Refused::NotKept(Fault::Full) => ErrorKind::InsufficientStorageSpaceError,
        Refused::NotKept(Fault::Io(error)) => {
            tracing::error!("a file of a station: {error}");
            ErrorKind::LocalError
        }
        Refused::Away => ErrorKind::LocalError,
    };
    Error::new(kind, refused)
}

fn not_here() -> Error {
    Error::from(ErrorKind::PermanentFileNotAvailable)
}

fn never() -> Error {
    Error::from(ErrorKind::PermissionDenied)
}

impl Cage {
    pub(super) fn new(app: App) -> Self {
        Self { app }
    }

    /// The guest's transfer, if it is open still.
    async fn transfer(&self, guest: &Guest) -> Result<Transfer> {
        let found = link::again(&self.app, guest.transfer).await;
        found.map_err(said)
    }

    /// The file that the guest may read.
    async fn outgoing(&self, guest: &Guest) -> Result<Outgoing> {
        let transfer = self.transfer(guest).await?;
        if transfer.kind.comes_in() {
            return Err(not_here());
        }
        let found = link::outgoing_file(&self.app, &transfer).await;
        found.map_err(said)
    }
}

/// The last part of a path, if it is a name at all.
fn name_of(path: &Path) -> Option<&str> {
    path.file_name().and_then(|name| name.to_str())
}

/// Whether a path is the folder that everybody is in.
fn is_root(path: &Path) -> bool {
    name_of(path).is_none() && !path.to_string_lossy().contains("..")
}

fn seen(file: &Outgoing) -> Seen {
    Seen {
        file: Some((file.bytes, file.at.into())),
    }
}

#[async_trait]
impl StorageBackend<Guest> for Cage {
    type Metadata = Seen;

    fn supported_features(&self) -> u32 {
        FEATURE_RESTART
    }

    async fn metadata<P: AsRef<Path> + Send + fmt::Debug>(
        &self,
        user: &Guest,
        path: P,
    ) -> Result<Seen> {
        if is_root(path.as_ref()) {
            self.transfer(user).await?;
            return Ok(Seen { file: None });
        }
        let file = self.outgoing(user).await?;
        match name_of(path.as_ref()) {
            Some(name) if name == file.name => Ok(seen(&file)),
            _ => Err(not_here()),
        }
    }

    async fn list<P: AsRef<Path> + Send + fmt::Debug>(
        &self,
        user: &Guest,
        path: P,
    ) -> Result<Vec<Fileinfo<PathBuf, Seen>>> {
        if !is_root(path.as_ref()) {
            return Err(Error::from(ErrorKind::PermanentDirectoryNotAvailable));
        }
        if self.transfer(user).await?.kind.comes_in() {
            return Ok(Vec::new());
        }
        let file = self.outgoing(user).await?;
        Ok(vec![Fileinfo {
            path: PathBuf::from(&file.name),
            metadata: seen(&file),
        }])
    }

    async fn get<P: AsRef<Path> + Send + fmt::Debug>(
        &self,
        user: &Guest,
        path: P,
        start_pos: u64,
    ) -> Result<Box<dyn AsyncRead + Send + Sync + Unpin>> {
        let mut file = self.outgoing(user).await?;
        if name_of(path.as_ref()) != Some(file.name.as_str()) {
            return Err(not_here());
        }
        file.file.seek(SeekFrom::Start(start_pos)).await?;
        Ok(Box::new(file.file))
    }

    async fn put<P, R>(&self, user: &Guest, mut input: R, path: P, start_pos: u64) -> Result<u64>
    where
        P: AsRef<Path> + Send + fmt::Debug,
        R: AsyncRead + Send + Sync + Unpin + 'static,
    {
        let transfer = self.transfer(user).await?;
        // What was written once is not gone on with.
        if !transfer.kind.comes_in() || start_pos > 0 {
            return Err(never());
        }
        let name = path.as_ref().to_string_lossy();
        let begun = Incoming::begin(&self.app, transfer, &name, None).await;
        let mut file = begun.map_err(said)?;
        let mut piece = vec![0; PIECE];
        loop {
            let read = input.read(&mut piece).await?;
            let Some(data) = piece.get(..read).filter(|data| !data.is_empty()) else {
                break;
            };
            let written = file.write(data).await;
            written.map_err(|fault| said(fault.into()))?;
        }
        file.finish().await.map_err(said)
    }

    async fn del<P: AsRef<Path> + Send + fmt::Debug>(&self, _: &Guest, _: P) -> Result<()> {
        Err(never())
    }

    async fn mkd<P: AsRef<Path> + Send + fmt::Debug>(&self, _: &Guest, _: P) -> Result<()> {
        Err(never())
    }

    async fn rename<P: AsRef<Path> + Send + fmt::Debug>(
        &self,
        _: &Guest,
        _: P,
        _: P,
    ) -> Result<()> {
        Err(never())
    }

    async fn rmd<P: AsRef<Path> + Send + fmt::Debug>(&self, _: &Guest, _: P) -> Result<()> {
        Err(never())
    }

    async fn cwd<P: AsRef<Path> + Send + fmt::Debug>(&self, user: &Guest, path: P) -> Result<()> {
        self.transfer(user).await?;
        match is_root(path.as_ref()) {
            true => Ok(()),
            false => Err(Error::from(ErrorKind::PermanentDirectoryNotAvailable)),
        }
    }
}
