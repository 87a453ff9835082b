//! The settings lock: what it forbids, for whom, and the ways back in (access.md C).
//!
//! Owns the epochs, the verdict on a write, the counting of wrong passwords and the proof of
//! presence. Refuses to hold a password: those are hashed or sealed where they are kept.

mod presence;
mod tries;
mod watch;

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::command::{Command, VariableName};
use crate::id::{StationId, UserId};
use crate::setting::{CriticalList, Sphere, current_ma};
use crate::variable::is_secret;

pub use presence::{Challenge, Proof, Sighting, Sign};
pub use tries::{PasswordTries, PukTries, digits};
pub use watch::{Act, Look, Watch, WatchState, Writer};

/// Digits of a proposed password.
pub const PASSWORD_DIGITS: u32 = 8;
/// The ids of charging profiles that are kept for sessions (ADR 0010). A station replaces a profile
/// of the same id whatever it is for, so that under any other id a profile of a session could take
/// the place of the installer's cap.
pub const SESSION_PROFILES: RangeInclusive<i64> = 1_900_000_000..=1_999_999_999;
/// Digits of a PUK.
pub const PUK_DIGITS: u32 = 10;

/// A station's lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The station.
    pub station: StationId,
    /// Counts up when the lock is set or its password is changed, and ends every grant before.
    pub epoch: i64,
    /// Who set it.
    pub locked_by: UserId,
    /// How to reach the installer, in the installer's words.
    pub contact: String,
    /// Since when.
    pub locked_at: Moment,
    /// What it protects.
    pub critical: CriticalList,
    /// The current that was frozen as the cap, in milliamps; none where the station told none.
    pub cap_ma: Option<i64>,
}

/// An account's access to a locked station's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Of which station's lock.
    pub station: StationId,
    /// Of which epoch of it.
    pub epoch: i64,
    /// Whose.
    pub account: UserId,
}

/// What a person sees beside a station's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padlock {
    /// No lock.
    None,
    /// Protected, and this account has no access.
    Closed,
    /// Protected, and this account has access.
    Open,
}

/// How a lock was removed; stays visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalMethod {
    /// By the password, typed or already known to the account.
    Password,
    /// By the PUK.
    Puk,
    /// By proof of presence at the station.
    Presence,
}

/// Every way in which a critical setting could be changed. Closed, so that a new way inherits the
/// lock's tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WritePath {
    /// A command by the API or a page, which knows no other way.
    Command,
    /// An item of a batch.
    Batch,
    /// A template of settings.
    Template,
    /// A job that runs later, perhaps made before the lock.
    ScheduledJob,
    /// A call in the words of the station's protocol.
    RawOcpp,
    /// A vendor's own message.
    DataTransfer,
    /// Another back office or another way to it.
    NetworkProfile,
    /// A backup of settings.
    Restore,
    /// The command line.
    Cli,
    /// Load management.
    LoadPlanner,
    /// Busbar's own upkeep of the list of tokens that are let in offline.
    ListSync,
    /// Busbar's answer to a certificate that the station itself asked for.
    CertificateAnswer,
    /// The lock itself, which puts back what drifted.
    Revert,
}

impl WritePath {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Command,
        Self::Batch,
        Self::Template,
        Self::ScheduledJob,
        Self::RawOcpp,
        Self::DataTransfer,
        Self::NetworkProfile,
        Self::Restore,
        Self::Cli,
        Self::LoadPlanner,
        Self::ListSync,
        Self::CertificateAnswer,
        Self::Revert,
    ];
}

/// By which way a command came, and whose grants open a lock for it. Part of the command, since it
/// may be carried out long after it was asked for, on another node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authority {
    /// The way.
    pub path: WritePath,
    /// The person behind it. A key has none, whoever made it: keys carry no grants.
    pub account: Option<UserId>,
}

/// A lock that was taken away; it stays to be seen, like a broken seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// When.
    pub at: Moment,
    /// How.
    pub method: RemovalMethod,
    /// By whom.
    pub by: UserId,
    /// Their name then.
    pub name: String,
}

/// What a command would change, as far as it can be told before it is said in the words of a
/// protocol. Whatever else its calls touch is seen when they are about to be sent.
#[must_use]
pub fn touched_by(command: &Command) -> Vec<Touch> {
    match command {
        Command::WriteVariables { values } => values
            .iter()
            .map(|(name, value)| Touch::Setting {
                name: name.clone(),
                value: Some(value.clone()).filter(|_| !is_secret(name)),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// What a call would change at a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touch {
    /// A named setting.
    Setting {
        /// Which.
        name: VariableName,
        /// What is written to it; none for a secret, or where nobody can tell.
        value: Option<String>,
    },
    /// A charging limit of the station or of all its sessions, in milliamps where it can be told.
    Limit {
        /// The highest current that it allows.
        highest_ma: Option<i64>,
    },
    /// A charging limit of one session, in milliamps where it can be told.
    SessionLimit {
        /// The highest current that it allows.
        highest_ma: Option<i64>,
    },
    /// Where the station stands, and with it whose current it shares.
    Membership,
    /// The list of tokens that are let in offline.
    LocalList,
    /// What sessions cost.
    Tariff,
    /// Certificates, keys or the way to the back office.
    Connection,
    /// A certificate for the station's own key.
    SignedCertificate,
    /// What the station tells of changes by itself.
    Monitors,
    /// Nobody knows: a vendor's own message.
    Unknown,
}

impl Lock {
    /// Whether `grant` opens this lock now.
    #[must_use]
    pub fn opened_by(&self, grant: &Grant) -> bool {
        grant.station == self.station && grant.epoch == self.epoch
    }

    /// Whether a write is forbidden. `account` is the person behind it; a key and Busbar itself
    /// have none, and so no grant. Roles do not matter here: an Administrator is bound too.
    #[must_use]
    pub fn forbids(
        &self,
        path: WritePath,
        account: Option<UserId>,
        grants: &[Grant],
        touches: &[Touch],
    ) -> bool {
        let granted = account.is_some_and(|account| {
            let own = |grant: &&Grant| grant.account == account;
            grants.iter().filter(own).any(|g| self.opened_by(g))
        });
        !granted
            && touches
                .iter()
                .any(|t| self.protects(t) && !self.exempt(path, t))
    }

    fn protects(&self, touch: &Touch) -> bool {
        match touch {
            Touch::Setting { name, value } => {
                let above = || !self.allows(value.as_deref().and_then(current_ma));
                self.critical.sphere(name).is_some() || self.critical.capped(name) && above()
            }
            Touch::SessionLimit { highest_ma } => !self.allows(*highest_ma),
            Touch::Limit { .. }
            | Touch::Membership
            | Touch::LocalList
            | Touch::Tariff
            | Touch::Connection
            | Touch::SignedCertificate
            | Touch::Monitors
            | Touch::Unknown => true,
        }
    }

    /// Whether a limit stays at or below the frozen cap. Where there is a cap, one that nobody can
    /// reckon does not.
    fn allows(&self, highest_ma: Option<i64>) -> bool {
        match (self.cap_ma, highest_ma) {
            (None, _) => true,
            (Some(cap), Some(highest)) => highest <= cap,
            (Some(_), None) => false,
        }
    }

    /// The lock's own repairs and monitors, limits of load management at or below the frozen cap on
    /// whatever rung it uses, and Busbar's own upkeep.
    fn exempt(&self, path: WritePath, touch: &Touch) -> bool {
        match (path, touch) {
            (WritePath::Revert, Touch::Setting { .. } | Touch::Monitors) => true,
            (WritePath::LoadPlanner, Touch::Limit { highest_ma }) => self.allows(*highest_ma),
            (WritePath::LoadPlanner, Touch::Setting { name, value }) => {
                let electrical = self.critical.sphere(name) == Some(Sphere::Electrical);
                let current = value.as_deref().and_then(current_ma);
                electrical && current.is_some() && self.allows(current)
            }
            (WritePath::ListSync, Touch::LocalList) => true,
            (WritePath::CertificateAnswer, Touch::SignedCertificate) => true,
            _ => false,
        }
    }
}

/// What `account` sees beside the settings of a station with this lock.
#[must_use]
pub fn padlock(lock: Option<&Lock>, account: UserId, grants: &[Grant]) -> Padlock {
    let Some(lock) = lock else {
        return Padlock::None;
    };
    let mut own = grants.iter().filter(|grant| grant.account == account);
    if own.any(|grant| lock.opened_by(grant)) {
        Padlock::Open
    } else {
        Padlock::Closed
    }
}
