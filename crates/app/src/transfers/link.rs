//! Stations that come by a one-time link: whoever has its secret may do what its transfer is for, and
//! nothing else. Fetching may be done again and in parts until the transfer is over; sending is done
//! once.

use domain::clock::Moment;
use domain::id::TransferId;
use domain::transfer::{Received, Transfer, TransferKind, TransferState, harmless_name};
use store::Lane;
use subtle::ConstantTimeEq;
use tokio::fs::File;

use crate::app::App;
use crate::depot::{self, Draft};
use crate::error::Error;
use crate::{audit, secret};

pub use crate::depot::Fault;

/// Why nothing was handed out or taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// No link has this secret, or it is for another direction.
    #[error("there is no such link")]
    Unknown,
    /// The transfer is over, or its time has passed, or the file came already.
    #[error("the link is over")]
    Over,
    /// The file was not kept.
    #[error(transparent)]
    NotKept(#[from] Fault),
    /// The database is away.
    #[error("the database is away")]
    Away,
}

impl From<store::Error> for Refused {
    fn from(error: store::Error) -> Self {
        tracing::warn!("a link was not looked up: {error}");
        Self::Away
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        tracing::warn!("a file was not taken: {error}");
        Self::Away
    }
}

/// A file that a station may read.
#[derive(Debug)]
pub struct Outgoing {
    /// The bytes.
    pub file: File,
    /// How many there are.
    pub bytes: u64,
    /// SHA-256 in lower hexadecimal: changes with the content.
    pub sha256: String,
    /// What it is called.
    pub name: String,
    /// Since when it is as it is.
    pub at: Moment,
}

/// Finds an open transfer by the secret of its link.
pub async fn by_secret(app: &App, drawn: &str, incoming: bool) -> Result<Transfer, Refused> {
    let digest = secret::digest(drawn);
    let found = app.store().read.transfer_by_secret(&digest).await?;
    let found = found.filter(|t| t.kind.comes_in() == incoming);
    open(app, found)
}

/// Finds an open transfer by what a station signs in with over FTP.
pub async fn by_login(app: &App, user: &str, password: &str) -> Result<Transfer, Refused> {
    let digest = secret::digest(password);
    let found = app.store().read.transfer_by_secret(&digest).await?;
    let same = |t: &Transfer| bool::from(t.ftp_user().as_bytes().ct_eq(user.as_bytes()));
    open(app, found.filter(same))
}

/// The transfer of somebody who was let in a moment ago, if it is open still.
pub async fn again(app: &App, id: TransferId) -> Result<Transfer, Refused> {
    let found = app.store().read.transfer(id).await?;
    open(app, found)
}

fn open(app: &App, found: Option<Transfer>) -> Result<Transfer, Refused> {
    let transfer = found.ok_or(Refused::Unknown)?;
    match transfer.admits(app.now()) {
        true => Ok(transfer),
        false => Err(Refused::Over),
    }
}

/// What a transfer's file is called and how large it is, without opening it.
pub async fn outgoing_file(app: &App, transfer: &Transfer) -> Result<Outgoing, Refused> {
    let id = transfer.file.ok_or(Refused::Unknown)?;
    let row = app.store().read.firmware(transfer.org, id).await?;
    let file = row.ok_or(Refused::Over)?.file;
    let (Some(content), Some(sha256)) = (file.content, file.sha256) else {
        return Err(Refused::Over);
    };
    let path = depot::firmware(app, id, &sha256);
    let opened = File::open(&path).await.map_err(Fault::from)?;
    Ok(Outgoing {
        file: opened,
        bytes: content.bytes,
        sha256,
        name: file.name,
        at: content.at,
    })
}

/// A file on its way in from a station.
pub struct Incoming {
    app: App,
    transfer: Transfer,
    name: String,
    draft: Draft,
}

impl Incoming {
    /// Begins. `name` is what the station calls the file; a body of `told` bytes that would be too
    /// large is refused before it comes.
    pub async fn begin(
        app: &App,
        transfer: Transfer,
        name: &str,
        told: Option<u64>,
    ) -> Result<Self, Refused> {
        if !transfer.kind.comes_in() {
            return Err(Refused::Unknown);
        }
        let most = app.settings().files.most_upload_bytes;
        if told.is_some_and(|bytes| bytes > most) {
            return Err(Fault::TooLarge { most }.into());
        }
        Ok(Self {
            draft: Draft::begin(app, most).await?,
            app: app.clone(),
            transfer,
            name: harmless_name(name),
        })
    }

    /// Calls the file so from now on.
    pub fn rename(&mut self, name: &str) {
        self.name = harmless_name(name);
    }

    /// Adds bytes.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), Fault> {
        self.draft.write(chunk).await
    }

    /// The file is whole: it is kept, if none came before it. Tells how many bytes.
    pub async fn finish(mut self) -> Result<u64, Refused> {
        let counted = self.draft.finish().await?;
        let received = Received {
            name: self.name,
            bytes: counted.bytes,
            sha256: counted.sha256,
        };
        let (app, id) = (&self.app, self.transfer.id);
        let place = depot::received(app, id, &received);
        self.draft.place(&place).await?;
        let mut done = self.transfer.clone();
        done.go(TransferState::Done, app.now());
        let fact = super::fact(app, &done).await?;
        let caller = domain::role::Caller::Station(self.transfer.station);
        let after = serde_json::json!({"transfer": id, "bytes": received.bytes});
        let (org, station) = (self.transfer.org, self.transfer.station);
        let action = match self.transfer.kind {
            TransferKind::Security => "diagnostics.security_received",
            _ => "diagnostics.received",
        };
        let deed = audit::row(app, &caller, org, action, station, None, Some(&after));
        let (kept, now) = (received.clone(), app.now());
        let written = app.store().write(Lane::Station(station), move |work| {
            let (kept, fact, deed) = (kept.clone(), fact.clone(), deed.clone());
            Box::pin(async move {
                let still = work.transfer(id).await?;
                let Some(mut still) = still.filter(|t| t.admits(now)) else {
                    return Ok(false);
                };
                still.received = Some(kept);
                still.go(TransferState::Done, now);
                work.transfer_put(&still).await?;
                work.event(&fact);
                work.audit(&deed);
                Ok(true)
            })
        });
        match written.await {
            Ok(true) => {
                app.facts_committed();
                Ok(received.bytes)
            }
            Ok(false) => {
                let now = app.store().read.transfer(id).await?;
                // The very same file may have come twice at once.
                if now.and_then(|t| t.received) != Some(received) {
                    depot::remove(&place).await;
                }
                Err(Refused::Over)
            }
            Err(error) => {
                depot::remove(&place).await;
                Err(error.into())
            }
        }
    }
}
