//! What an operator is told in the console until they have seen it: never removed, only
//! acknowledged.

use serde::{Deserialize, Serialize};

use crate::alert::AlertKind;
use crate::clock::Moment;
use crate::id::{AlertId, NotificationId, OrgId, SiteId, StationId, UserId};
use crate::lock::RemovalMethod;

/// What it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Matter {
    /// The way back into a locked station, for its owner; the PUK itself is sealed beside it.
    LockPuk,
    /// A lock was taken away.
    LockRemoved {
        /// How.
        method: RemovalMethod,
        /// By whom.
        by: String,
    },
    /// A lock has another password.
    LockPasswordChanged {
        /// By whom.
        by: String,
    },
    /// Frozen settings of a locked station differ.
    SettingsDrifted {
        /// Which, by their names.
        names: Vec<String>,
    },
    /// Settings of a locked station are put back no more: somebody has to look.
    RevertsStopped,
    /// A locked station did not tell its settings, time and again.
    SettingsUnread,
    /// An alert opened, or is open still.
    Alert {
        /// Which.
        alert: AlertId,
        /// Its condition.
        condition: AlertKind,
    },
    /// The library has newer firmware for stations of a model; told at one of them.
    FirmwareAvailable {
        /// Of which maker.
        vendor: String,
        /// Which model.
        model: String,
        /// Which version.
        version: String,
    },
}

impl Matter {
    /// Its word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::LockPuk => "lock_puk",
            Self::LockRemoved { .. } => "lock_removed",
            Self::LockPasswordChanged { .. } => "lock_password_changed",
            Self::SettingsDrifted { .. } => "settings_drifted",
            Self::RevertsStopped => "reverts_stopped",
            Self::SettingsUnread => "settings_unread",
            Self::Alert { .. } => "alert",
            Self::FirmwareAvailable { .. } => "firmware_available",
        }
    }
}

/// Something that one operator is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Its id.
    pub id: NotificationId,
    /// Who is told.
    pub user: UserId,
    /// In which organisation it happened.
    pub org: OrgId,
    /// At which station; none for what is about a whole site.
    pub station: Option<StationId>,
    /// At which site, for what is about one.
    pub site: Option<SiteId>,
    /// What.
    pub matter: Matter,
    /// A secret that only this person is told, sealed; gone once it was acknowledged.
    pub sealed: Option<String>,
    /// When.
    pub at: Moment,
    /// When the person said that they have seen it.
    pub acknowledged_at: Option<Moment>,
}
