//! Transfers: a file on its way to or from one station. Firmware goes to it, diagnostics and security
//! logs come from it. Owns where a transfer stands and what a station's words about it mean;
//! refuses to know how the bytes travel.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::id::{CommandId, FirmwareId, OrgId, StationId, TransferId, UserId};
use crate::message::NoticeKind;

/// What is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferKind {
    /// Firmware, to the station.
    Firmware,
    /// Diagnostics, from the station.
    Diagnostics,
    /// The security log, from the station.
    Security,
}

impl TransferKind {
    /// Whether the file comes from the station.
    #[must_use]
    pub const fn comes_in(self) -> bool {
        !matches!(self, Self::Firmware)
    }

    /// The notices by which a station tells of it.
    #[must_use]
    pub const fn told_by(self) -> NoticeKind {
        match self {
            Self::Firmware => NoticeKind::FirmwareStatus,
            Self::Diagnostics | Self::Security => NoticeKind::LogStatus,
        }
    }
}

/// By which protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// HTTP, or HTTPS where Busbar is reached by that.
    #[default]
    Http,
    /// FTP, for stations that know nothing else (quirk 60).
    Ftp,
}

/// Where a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferState {
    /// The station was asked.
    Asked,
    /// The station said that it is at it.
    Running,
    /// It is there, or runs at the station.
    Done,
    /// The station refused or gave up.
    Failed,
    /// Its time passed before it was over.
    Expired,
}

impl TransferState {
    /// Whether more can come of it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Asked | Self::Running)
    }
}

/// A file on its way to or from one station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Its id.
    pub id: TransferId,
    /// Whose.
    pub org: OrgId,
    /// Of which station.
    pub station: StationId,
    /// What is carried.
    pub kind: TransferKind,
    /// By which protocol.
    pub transport: Transport,
    /// Where it stands.
    pub state: TransferState,
    /// The newest word of the station about it, such as `Downloading`.
    pub status: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// The file of the library; none for an address that a person named.
    pub file: Option<FirmwareId>,
    /// The version that the station is to run.
    pub version: Option<String>,
    /// The command that asked for it.
    pub command: CommandId,
    /// Until when the station may come for the file, or with it.
    pub expires_at: Moment,
    /// What came in.
    pub received: Option<Received>,
    /// When it was asked for.
    pub created_at: Moment,
    /// When it was over.
    pub ended_at: Option<Moment>,
    /// Who asked, and their name at that time.
    pub issued_by: Option<(UserId, String)>,
}

/// A file that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The name that the station gave it, made harmless.
    pub name: String,
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256 in lower hexadecimal.
    pub sha256: String,
}

impl Transfer {
    /// Whether the station may use the transfer's link now.
    #[must_use]
    pub fn admits(&self, now: Moment) -> bool {
        self.state.is_open() && now < self.expires_at && self.received.is_none()
    }

    /// The name by which the station signs in over FTP: from the id, and no secret.
    #[must_use]
    pub fn ftp_user(&self) -> String {
        ftp_user(self.id)
    }

    /// Takes a word of the station about it; false when it says nothing new.
    pub fn hear(&mut self, word: &str, now: Moment) -> bool {
        let Some(state) = state_of(self.kind, word) else {
            return false;
        };
        // What is said long after the end is about something else, such as a call in an operator's
        // own words.
        let minutes = |at| now - at > TimeDelta::minutes(LATE_MINUTES);
        if self.ended_at.is_some_and(minutes) {
            return false;
        }
        // A file that came in is there, whatever the station says of it later.
        let state = match (self.state.is_open(), state) {
            (true, state) => state,
            (false, _) => self.state,
        };
        let news = self.status.as_deref() != Some(word) || state != self.state;
        self.status = Some(word.to_owned());
        self.go(state, now);
        news
    }

    /// Moves it to a state.
    pub fn go(&mut self, state: TransferState, now: Moment) {
        if !state.is_open() && self.ended_at.is_none() {
            self.ended_at = Some(now);
        }
        self.state = state;
    }
}

/// A station's word so long after the end of a transfer is not about it any more.
const LATE_MINUTES: i64 = 10;

/// The FTP user of a transfer.
#[must_use]
pub fn ftp_user(id: TransferId) -> String {
    let digits = id.uuid().simple().to_string();
    format!("b{}", &digits[digits.len() - 11..])
}

/// What a station's word means (1.6 §7.24 and §7.25, security extension 5; 2.x FirmwareStatusEnumType and
/// UploadLogStatusEnumType); none for `Idle` and words that nobody knows.
fn state_of(kind: TransferKind, word: &str) -> Option<TransferState> {
    use TransferState::{Done, Failed, Running};
    Some(match (kind, word) {
        (
            TransferKind::Firmware,
            "Downloading" | "Downloaded" | "DownloadScheduled" | "DownloadPaused" | "Installing"
            | "InstallRebooting" | "InstallScheduled" | "SignatureVerified",
        ) => Running,
        (TransferKind::Firmware, "Installed") => Done,
        (
            TransferKind::Firmware,
            "DownloadFailed"
            | "InstallationFailed"
            | "InstallVerificationFailed"
            | "InvalidSignature"
            | "InvalidCertificate"
            | "RevokedCertificate",
        ) => Failed,
        (TransferKind::Diagnostics | TransferKind::Security, "Uploading") => Running,
        (TransferKind::Diagnostics | TransferKind::Security, "Uploaded") => Done,
        (
            TransferKind::Diagnostics | TransferKind::Security,
            "UploadFailed"
            | "UploadFailure"
            | "BadMessage"
            | "NotSupportedOperation"
            | "PermissionDenied"
            | "AcceptedCanceled",
        ) => Failed,
        _ => return None,
    })
}

/// The longest name that a file is kept under, in bytes.
const LONGEST_NAME: usize = 100;

/// A name as a file may be kept under it: the last part of a path, of ASCII letters, digits and
/// `._-` only, never empty and never beginning with a dot. What a station calls its file cannot lead out
/// of a folder.
#[must_use]
pub fn harmless_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let known = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let signs = last.chars().map(|c| if known(c) { c } else { '_' });
    let mut safe: String = signs.collect();
    // Two dots in a row lead nowhere here, and look as if they did.
    while safe.contains("..") {
        safe = safe.replace("..", ".");
    }
    let safe = safe.trim_start_matches('.');
    let safe = &safe[..safe.len().min(LONGEST_NAME)];
    let telling = safe.chars().any(|c| c.is_ascii_alphanumeric());
    if telling {
        safe.to_owned()
    } else {
        "file".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn transfer(kind: TransferKind) -> Transfer {
        Transfer {
            id: TransferId::from_uuid(Uuid::from_u128(0x1234_5678_9abc)),
            org: OrgId::from_uuid(Uuid::from_u128(1)),
            station: StationId::from_uuid(Uuid::from_u128(2)),
            kind,
            transport: Transport::Http,
            state: TransferState::Asked,
            status: None,
            error: None,
            file: None,
            version: None,
            command: CommandId::from_uuid(Uuid::from_u128(3)),
            expires_at: Moment::default() + chrono::TimeDelta::hours(1),
            received: None,
            created_at: Moment::default(),
            ended_at: None,
            issued_by: None,
        }
    }

    #[test]
    fn a_transfer_goes_by_the_words_of_its_station() {
        let now = Moment::default();
        let mut update = transfer(TransferKind::Firmware);
        assert!(!update.hear("Idle", now) && !update.hear("Uploaded", now));
        for word in ["Downloading", "Downloaded", "Installing"] {
            assert!(update.hear(word, now), "{word}");
            assert!(!update.hear(word, now), "{word}");
            assert_eq!(update.state, TransferState::Running);
            assert!(update.admits(now));
        }
        assert!(update.hear("Installed", now));
        assert_eq!(update.state, TransferState::Done);
        assert!(!update.admits(now) && update.ended_at == Some(now));
        // What comes late is shown and changes nothing.
        update.hear("DownloadFailed", now);
        assert_eq!(update.state, TransferState::Done);
        assert!(!update.hear("Downloading", now + TimeDelta::hours(1)));

        let mut log = transfer(TransferKind::Security);
        log.hear("Uploading", now);
        log.hear("PermissionDenied", now);
        assert_eq!(log.state, TransferState::Failed);
    }

    #[test]
    fn a_transfer_ends_with_its_time() {
        let log = transfer(TransferKind::Diagnostics);
        assert!(log.admits(Moment::default()));
        assert!(!log.admits(log.expires_at));
        assert_eq!(log.ftp_user().len(), 12);
    }

    #[test]
    fn no_name_leads_out_of_a_folder() {
        for (name, safe) in [
            ("log.txt", "log.txt"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("..", "file"),
            (".", "file"),
            ("", "file"),
            ("/", "file"),
            (".bashrc", "bashrc"),
            ("..%2F..%2Fpasswd", "_2F._2Fpasswd"),
            ("a....b", "a.b"),
            ("a\0b", "a_b"),
            ("\u{202e}gpj.exe", "_gpj.exe"),
            ("diag 2026-11-30T10:00.zip", "diag_2026-11-30T10_00.zip"),
            ("\u{ff0e}\u{ff0e}\u{2215}x", "___x"),
        ] {
            assert_eq!(harmless_name(name), safe, "{name:?}");
        }
        assert_eq!(harmless_name(&"x".repeat(5_000)).len(), LONGEST_NAME);
    }
}
