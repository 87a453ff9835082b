//! What people ask of a station, and what came of it.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::firmware::Signing;
use crate::id::{CommandId, FirmwareId, SessionId, StationId, UserId};
use crate::lock::Authority;
use crate::token::{TokenKind, TokenUid};
use crate::transfer::Transport;

/// How hard a reset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetKind {
    /// After ending sessions in order (1.6 Soft, 2.x OnIdle).
    Soft,
    /// At once (1.6 Hard, 2.x Immediate).
    Hard,
}

/// What a station is asked to say again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriggerKind {
    /// A boot notification.
    Boot,
    /// Connector states.
    Status,
    /// Readings.
    MeterValues,
    /// A heartbeat.
    Heartbeat,
    /// Progress of a firmware update.
    FirmwareStatus,
    /// Progress of a log upload.
    LogStatus,
    /// The state of a running transaction (2.x).
    Session,
}

/// How much of the device model a station is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// All of it.
    Full,
    /// What can be set.
    Configuration,
    /// What tells the state.
    Summary,
    /// What the protocol itself names, asked for by name: for stations that cannot tell all of it
    /// at once.
    ByName,
}

/// What a station answered to the wish to write one variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Written {
    /// It has the new value.
    Accepted,
    /// It has it after its next restart.
    RebootRequired,
    /// It declined.
    Rejected,
    /// It has no such variable.
    NotSupported,
    /// Nobody may write this.
    ReadOnly,
}

/// What became of one variable of a [`Command::WriteVariables`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteResult {
    /// Which.
    pub name: VariableName,
    /// What the station answered.
    pub result: Written,
    /// Its own word for why, where it told one.
    pub reason: Option<String>,
}

/// Which log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    /// What helps to find a fault.
    Diagnostics,
    /// Security events.
    Security,
}

/// Names one variable: a 1.6 key has neither component nor EVSE. In order by component, EVSE and
/// variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VariableName {
    /// The component (2.x).
    pub component: Option<String>,
    /// Which of several such components.
    #[serde(default)]
    pub component_instance: Option<String>,
    /// The EVSE of the component.
    #[serde(default)]
    pub evse: Option<i32>,
    /// The connector of the component.
    #[serde(default)]
    pub connector: Option<i32>,
    /// The variable, or the 1.6 key.
    pub variable: String,
    /// Which of several such variables.
    #[serde(default)]
    pub variable_instance: Option<String>,
}

impl VariableName {
    /// A configuration key (1.6).
    #[must_use]
    pub fn key(key: &str) -> Self {
        Self {
            component: None,
            component_instance: None,
            evse: None,
            connector: None,
            variable: key.to_owned(),
            variable_instance: None,
        }
    }

    /// A variable of a component (2.x).
    #[must_use]
    pub fn of(component: &str, variable: &str) -> Self {
        Self {
            component: Some(component.to_owned()),
            ..Self::key(variable)
        }
    }
}

/// A command, in the imperative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Restart the station, or one EVSE of a 2.x station.
    Reset {
        /// How hard.
        kind: ResetKind,
        /// Only this EVSE.
        evse: Option<i32>,
    },
    /// Start a session for a token.
    StartSession {
        /// Where; any EVSE when not said.
        evse: Option<i32>,
        /// For whom.
        token: TokenUid,
        /// How the token is read.
        token_kind: TokenKind,
        /// By which the station's answer is known again (2.x remoteStartId).
        remote_start: i32,
    },
    /// End a session.
    StopSession {
        /// Which.
        session: SessionId,
        /// The station's name for it.
        wire: String,
    },
    /// Make the station, an EVSE or a connector operative or not.
    ChangeAvailability {
        /// The EVSE; the whole station when not said.
        evse: Option<i32>,
        /// The connector within the EVSE (2.x).
        connector: Option<i32>,
        /// Which way.
        operative: bool,
    },
    /// Free the cable.
    Unlock {
        /// The EVSE.
        evse: i32,
        /// The connector within the EVSE; 1 when not said.
        connector: Option<i32>,
    },
    /// Say something again.
    Trigger {
        /// What.
        message: TriggerKind,
        /// Of which EVSE.
        evse: Option<i32>,
        /// Of which connector.
        connector: Option<i32>,
    },
    /// Read variables; all of them when none is named.
    ReadVariables {
        /// Which.
        names: Vec<VariableName>,
    },
    /// Write variables.
    WriteVariables {
        /// Which, and the value as text.
        values: Vec<(VariableName, String)>,
    },
    /// Tell of every change of these by itself (2.x).
    MonitorVariables {
        /// Which.
        names: Vec<VariableName>,
    },
    /// Tell no more of what was monitored (2.x).
    StopMonitoring {
        /// The station's numbers of the monitors.
        ids: Vec<i32>,
    },
    /// Report the device model in parts (2.x).
    RequestReport {
        /// How much.
        kind: ReportKind,
    },
    /// Forget the cached tokens.
    ClearCache,
    /// Fetch and install firmware.
    UpdateFirmware {
        /// A file of the library; its link is made when the command is written down.
        #[serde(default)]
        file: Option<FirmwareId>,
        /// By which protocol a file of the library is fetched.
        #[serde(default)]
        transport: Option<Transport>,
        /// Whether the signature goes along; where it is not said, with stations that can check it.
        #[serde(default)]
        signed: Option<bool>,
        /// The maker's signature, filled in from the library.
        #[serde(default)]
        signing: Option<Signing>,
        /// From where; of a file of the library its link.
        url: String,
        /// Not before.
        retrieve_at: Moment,
        /// Install not before (2.x).
        install_at: Option<Moment>,
        /// How often to try the download again.
        retries: Option<i32>,
        /// Seconds between tries.
        retry_interval_s: Option<i32>,
    },
    /// Send logs.
    UploadLog {
        /// Which.
        kind: LogKind,
        /// By which protocol.
        transport: Option<Transport>,
        /// Where to; filled in when the command is written down.
        url: String,
        /// Nothing older.
        from: Option<Moment>,
        /// Nothing newer.
        to: Option<Moment>,
        /// How often to try the upload again.
        retries: Option<i32>,
        /// Seconds between tries.
        retry_interval_s: Option<i32>,
    },
    /// Any other call, in the words of the station's own protocol. The bytes are opaque here:
    /// the machines' door checks them against its catalogue.
    Raw {
        /// Name of the call.
        action: String,
        /// Its payload as JSON text.
        payload: String,
    },
}

impl Command {
    /// The stable word for the kind of command, as the API has it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Reset { .. } => "reset",
            Self::StartSession { .. } => "start_session",
            Self::StopSession { .. } => "stop_session",
            Self::ChangeAvailability { .. } => "change_availability",
            Self::Unlock { .. } => "unlock",
            Self::Trigger { .. } => "trigger",
            Self::ReadVariables { .. } => "read_variables",
            Self::WriteVariables { .. } => "write_variables",
            Self::MonitorVariables { .. } => "monitor_variables",
            Self::StopMonitoring { .. } => "stop_monitoring",
            Self::RequestReport { .. } => "request_report",
            Self::ClearCache => "clear_cache",
            Self::UpdateFirmware { .. } => "update_firmware",
            Self::UploadLog { .. } => "upload_log",
            Self::Raw { .. } => "ocpp",
        }
    }
}

impl Command {
    /// Whether it can make a station tell what else only somebody in front of it makes it tell. A
    /// remote start lets some stations ask about the token, and takes the connector as if a car had
    /// come (1.6, 5.11); a stop, a reset, an unlock or an availability frees it again; a trigger may
    /// bring up what the station had kept to itself. Only reading tells nothing new of a person.
    #[must_use]
    pub const fn feigns_presence(&self) -> bool {
        !matches!(
            self,
            Self::ReadVariables { .. }
                | Self::MonitorVariables { .. }
                | Self::StopMonitoring { .. }
                | Self::RequestReport { .. }
        )
    }
}

/// Where a command stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandState {
    /// Written down, not sent.
    #[default]
    Queued,
    /// About to be written to the socket, or written: it is never sent again.
    Sent,
    /// The station agreed.
    Accepted,
    /// The station declined.
    Rejected,
    /// The station answered with an error, or it could not be said in its protocol.
    Error,
    /// No answer in time.
    Timeout,
    /// Agreed, and what was asked has happened.
    Completed,
}

/// What came of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Where the command stands now.
    pub state: CommandState,
    /// The station's own answer as JSON text: an object for one call, an array for several.
    pub answer: Option<String>,
    /// What went wrong.
    pub error: Option<CommandError>,
    /// Readings of variables that the answer carried, to be stored with the outcome.
    #[serde(default)]
    pub variables: Vec<crate::variable::VariableReading>,
    /// What the station answered to each variable that was to be written. One that is not here got
    /// no answer.
    #[serde(default)]
    pub written: Vec<WriteResult>,
    /// The station's numbers of monitors that were set.
    #[serde(default)]
    pub monitors: Vec<i32>,
    /// The number of the report that was asked for.
    #[serde(default)]
    pub report: Option<i32>,
}

/// What went wrong with a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandError {
    /// Stable code: `unsupported`, `invalid_payload`, `timeout`, `connection_lost`, or the
    /// station's own RPC error code.
    pub code: String,
    /// For people.
    pub text: String,
    /// Where a payload breaks the schema: JSON pointer, code and text of each place.
    #[serde(default)]
    pub places: Vec<(String, String, String)>,
}

/// A command on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRecord {
    /// Its id.
    pub id: CommandId,
    /// To which station.
    pub station: StationId,
    /// What was asked.
    pub command: Command,
    /// Where it stands.
    pub state: CommandState,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// When it was asked.
    pub created_at: Moment,
    /// When it was sent.
    pub sent_at: Option<Moment>,
    /// When it was settled.
    pub settled_at: Option<Moment>,
    /// Who asked, and the name at that time; none for Busbar itself.
    pub issued_by: Option<(UserId, String)>,
    /// What the settings lock asks about it.
    pub authority: Authority,
}
