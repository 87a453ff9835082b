//! Facts: what became true. They carry ids, never names, cards or addresses, and stand in the
//! outbox. Telemetry is the other grade of news: pushed live, never stored as a fact.

use serde::{Deserialize, Serialize};

use crate::batch::BatchState;
use crate::clock::Moment;
use crate::command::CommandState;
use crate::id::{
    AlertId, BatchId, CommandId, EventId, OrgId, SessionId, SiteId, StationId, TransferId,
};
use crate::quantity::{WattHours, Watts};
use crate::station::{ConnectorStatus, Registration};
use crate::transfer::TransferState;

/// A fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Whose.
    pub org: OrgId,
    /// At which site, where there is one.
    pub site: Option<SiteId>,
    /// Of which station, where there is one.
    pub station: Option<StationId>,
    /// When it became true, by our clock.
    pub at: Moment,
    /// What became true.
    pub change: Change,
}

/// What became true, in the past tense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A station connected.
    StationConnected,
    /// Its connection ended.
    StationDisconnected,
    /// It booted.
    StationBooted {
        /// And was given this.
        registration: Registration,
    },
    /// A connector changed.
    StationStatusChanged {
        /// The EVSE.
        evse: i32,
        /// The connector.
        connector: i32,
        /// Its state.
        status: ConnectorStatus,
    },
    /// A station was added, edited or archived by a person.
    StationEdited,
    /// A site was added, edited or removed by a person.
    SiteEdited {
        /// Which.
        site: SiteId,
    },
    /// A session began.
    SessionStarted {
        /// Which.
        session: SessionId,
    },
    /// A session changed in more than its readings.
    SessionUpdated {
        /// Which.
        session: SessionId,
    },
    /// A session ended.
    SessionEnded {
        /// Which.
        session: SessionId,
    },
    /// A command moved on.
    CommandUpdated {
        /// Which.
        command: CommandId,
        /// To where.
        state: CommandState,
    },
    /// A batch moved on.
    BatchUpdated {
        /// Which.
        batch: BatchId,
        /// To where.
        state: BatchState,
    },
    /// A notice was kept.
    NoticeRecorded,
    /// A file on its way to or from a station moved on.
    TransferUpdated {
        /// Which.
        transfer: TransferId,
        /// To where.
        state: TransferState,
    },
    /// Variables were reported.
    VariablesReported,
    /// What a station should be set to changed, or how far it is.
    SettingsUpdated,
    /// Settings were found that are not as wished.
    SettingsDrifted {
        /// How many.
        count: u32,
    },
    /// The station departed from its protocol in a way not seen of it before.
    DeviationRecorded,
    /// An alert opened.
    AlertOpened {
        /// Which.
        alert: AlertId,
    },
    /// An alert changed, or is over.
    AlertUpdated {
        /// Which.
        alert: AlertId,
    },
}

impl Change {
    /// The stable name, as the live stream and webhooks have it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::StationConnected => "station.connected",
            Self::StationDisconnected => "station.disconnected",
            Self::StationBooted { .. } => "station.booted",
            Self::StationStatusChanged { .. } => "station.status_changed",
            Self::StationEdited => "station.edited",
            Self::SiteEdited { .. } => "site.edited",
            Self::SessionStarted { .. } => "session.started",
            Self::SessionUpdated { .. } => "session.updated",
            Self::SessionEnded { .. } => "session.ended",
            Self::CommandUpdated { .. } => "command.updated",
            Self::BatchUpdated { .. } => "job.updated",
            Self::NoticeRecorded => "notice.recorded",
            Self::TransferUpdated { .. } => "transfer.updated",
            Self::VariablesReported => "variables.reported",
            Self::SettingsUpdated => "settings.updated",
            Self::SettingsDrifted { .. } => "settings.drifted",
            Self::DeviationRecorded => "deviation.recorded",
            Self::AlertOpened { .. } => "alert.opened",
            Self::AlertUpdated { .. } => "alert.updated",
        }
    }
}

/// A reading on its way to whoever watches; lost when nobody does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telemetry {
    /// Whose.
    pub org: OrgId,
    /// At which site.
    pub site: Option<SiteId>,
    /// Of which station.
    pub station: StationId,
    /// Of which EVSE.
    pub evse: i32,
    /// By the station's clock.
    pub at: Moment,
    /// Active power.
    pub power: Option<Watts>,
    /// Energy of the running session.
    pub energy: Option<WattHours>,
}
