//! What a station tells the server, in no version's words.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::charging::{Reading, Template};

/// A message of the station.
#[derive(Debug, Clone)]
pub enum Say {
    /// The station has started.
    Boot {
        /// 2.x boot reason, for example `PowerUp`.
        reason: &'static str,
        /// Name plate.
        plate: Box<Template>,
        /// Serial number.
        serial: String,
    },
    /// Sign of life.
    Heartbeat,
    /// A connector (0 = station) has a state.
    Status {
        /// Connector, from 1; 0 is the station.
        connector: u32,
        /// Its state.
        status: Status,
        /// Since when.
        at: DateTime<Utc>,
    },
    /// May this token charge?
    Authorize {
        /// Token uid.
        uid: String,
    },
    /// Something about a session; boxed because it is large.
    Session(Box<Transaction>),
    /// Meter values outside a session.
    Meter {
        /// Connector, from 1.
        connector: u32,
        /// What the meter shows.
        reading: Reading,
        /// Why it was taken.
        context: Context,
    },
    /// Progress of a firmware update.
    Firmware {
        /// Status word, the same in all versions.
        status: &'static str,
        /// 2.x request id, 1.6: of the signed update.
        request_id: Option<i64>,
    },
    /// Progress of an upload of logs.
    Log {
        /// Status word of 2.x.
        status: &'static str,
        /// Request id; none means 1.6 diagnostics.
        request_id: Option<i64>,
    },
    /// A part of the device model (2.x).
    Report {
        /// Request id of the order.
        request_id: i64,
        /// Number of the part, from 0.
        seq: usize,
        /// More parts follow.
        tbc: bool,
        /// When it was made.
        at: DateTime<Utc>,
        /// Variables.
        entries: Vec<Entry>,
    },
    /// A monitored variable changed (2.x).
    Changed {
        /// Id of the monitor.
        monitor: usize,
        /// Component.
        component: String,
        /// Variable.
        variable: String,
        /// Its value now.
        value: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// A security event.
    Security {
        /// Kind of event, for example `InvalidMessages`.
        kind: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// Any other call, as given.
    Raw {
        /// Action.
        action: String,
        /// Payload.
        payload: Value,
    },
}

impl Say {
    /// A message that must reach the server, be it later (1.6 section 3.7, 2.x E).
    #[must_use]
    pub fn is_kept(&self) -> bool {
        matches!(
            self,
            Self::Session(_)
                | Self::Security { .. }
                | Self::Firmware { .. }
                | Self::Log { .. }
                | Self::Report { .. }
        )
    }

    /// A message a station may send while its registration is pending (2.x B02.FR.01).
    #[must_use]
    pub fn precedes_acceptance(&self) -> bool {
        matches!(
            self,
            Self::Boot { .. } | Self::Report { .. } | Self::Raw { .. }
        )
    }
}

/// Which part of a session a message tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It began.
    Started,
    /// It goes on.
    Updated,
    /// It is over.
    Ended,
}

/// A message about a session.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// The station's own number of the session; never on the wire.
    pub session: u64,
    /// Sequence number within the session, from 0.
    pub seq: i64,
    /// Which part.
    pub moment: Moment,
    /// Connector (1.6) or EVSE (2.x).
    pub connector: u32,
    /// Token, where the version wants it.
    pub uid: Option<String>,
    /// What the meter showed; its time is the message's time.
    pub reading: Reading,
    /// Why the message is sent.
    pub trigger: Trigger,
    /// State of charging.
    pub charging: ChargingState,
    /// Why it ended.
    pub reason: Option<StopReason>,
    /// Remote start that caused it (2.x).
    pub remote_start_id: Option<i64>,
    /// It was made without a connection.
    pub offline: bool,
}

/// State of a connector, in the words of 1.6 (2.x knows fewer).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the words of 1.6 section 7.7")]
pub enum Status {
    Available,
    Preparing,
    Charging,
    SuspendedEvse,
    SuspendedEv,
    Finishing,
    Unavailable,
    Faulted,
}

impl Status {
    /// The word of 2.x.
    #[must_use]
    pub fn word_v2(self) -> &'static str {
        match self {
            Self::Available => "Available",
            Self::Unavailable => "Unavailable",
            Self::Faulted => "Faulted",
            _ => "Occupied",
        }
    }
}

/// Why a reading was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// At the beginning of a session.
    Begin,
    /// At the end of a session.
    End,
    /// By the sampling interval.
    Periodic,
    /// Because the server asked.
    Trigger,
}

impl Context {
    /// The word, the same in all versions.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Begin => "Transaction.Begin",
            Self::End => "Transaction.End",
            Self::Periodic => "Sample.Periodic",
            Self::Trigger => "Trigger",
        }
    }
}

/// Why a session message is sent (2.x trigger reason).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words of 2.x TriggerReasonEnumType")]
pub enum Trigger {
    Authorized,
    RemoteStart,
    ChargingStateChanged,
    MeterValuePeriodic,
    Asked,
    StopAuthorized,
    RemoteStop,
    EvCommunicationLost,
    Deauthorized,
    ResetCommand,
    UnlockCommand,
}

impl Trigger {
    /// The word of 2.x.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Authorized => "Authorized",
            Self::RemoteStart => "RemoteStart",
            Self::ChargingStateChanged => "ChargingStateChanged",
            Self::MeterValuePeriodic => "MeterValuePeriodic",
            Self::Asked => "Trigger",
            Self::StopAuthorized => "StopAuthorized",
            Self::RemoteStop => "RemoteStop",
            Self::EvCommunicationLost => "EVCommunicationLost",
            Self::Deauthorized => "Deauthorized",
            Self::ResetCommand => "ResetCommand",
            Self::UnlockCommand => "UnlockCommand",
        }
    }
}

/// State of charging (2.x).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words of 2.x ChargingStateEnumType")]
pub enum ChargingState {
    EvConnected,
    Charging,
    SuspendedEv,
    SuspendedEvse,
    Idle,
}

impl ChargingState {
    /// The word of 2.x.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::EvConnected => "EVConnected",
            Self::Charging => "Charging",
            Self::SuspendedEv => "SuspendedEV",
            Self::SuspendedEvse => "SuspendedEVSE",
            Self::Idle => "Idle",
        }
    }
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each version's own words stand in its module")]
pub enum StopReason {
    Local,
    Remote,
    EvDisconnected,
    DeAuthorized,
    HardReset,
    SoftReset,
    Unlocked,
    PowerLoss,
}

/// One variable of the device model (2.x).
#[derive(Debug, Clone)]
pub struct Entry {
    /// Component.
    pub component: String,
    /// EVSE the component belongs to.
    pub evse: Option<u32>,
    /// Connector the component belongs to.
    pub connector: Option<u32>,
    /// Variable.
    pub variable: String,
    /// Which of several such variables.
    pub instance: Option<&'static str>,
    /// The greatest number that it takes.
    pub most: Option<u32>,
    /// Its value.
    pub value: String,
    /// It may be written.
    pub writable: bool,
    /// Data type, in the words of 2.x.
    pub data_type: &'static str,
    /// Unit.
    pub unit: Option<&'static str>,
}
