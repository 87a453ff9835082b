//! What a station tells us, and what we reply: one vocabulary for every protocol version.

use crate::clock::Moment;
use crate::meter::MeterPoint;
use crate::quantity::WattHours;
use crate::station::{ConnectorStatus, Hardware, Registration};
use crate::token::{PresentedToken, Verdict};
use crate::variable::VariableReport;

/// One message of a station, lifted from its dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// It started.
    Boot(Boot),
    /// It lives.
    Heartbeat,
    /// A connector changed.
    Status(StatusReport),
    /// May this token charge?
    Authorize(PresentedToken),
    /// A transaction began, went on or ended.
    Transaction(Box<TransactionReport>),
    /// Readings, inside a transaction or not.
    Meter(MeterReport),
    /// Vendor's own words; none of them is known here.
    Vendor(VendorMessage),
    /// A part of the device model.
    VariablesReported(VariableReport),
    /// Something worth keeping and showing: firmware and log progress, security and monitor
    /// events. Monitor events can also tell connector states (OCPP 2.1 deprecates
    /// StatusNotification).
    Noticed {
        /// What to keep and show.
        notices: Vec<Notice>,
        /// What it says of connectors.
        statuses: Vec<StatusReport>,
    },
    /// Any other valid message: kept in the log, answered by the dialect's sensible default.
    Other {
        /// Its name, for people.
        action: String,
    },
}

/// A boot notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// What the station says of its make.
    pub hardware: Hardware,
    /// Why it booted, in the station's word; 1.6 does not tell.
    pub reason: Option<String>,
}

/// A connector's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// The EVSE; 0 is the station as a whole.
    pub evse: i32,
    /// The connector within the EVSE, from 1; 0 with EVSE 0.
    pub connector: i32,
    /// What it says.
    pub status: ConnectorStatus,
    /// The error, none for "no error".
    pub error_code: Option<String>,
    /// The vendor's words about it.
    pub error_info: Option<String>,
    /// By the station's clock; none when it did not say.
    pub at: Option<Moment>,
}

/// How a message names a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionName {
    /// The start of a transaction that waits for a number from us (1.6).
    Asked,
    /// The station's own name (2.x) or the number we gave (1.6), as text.
    Given(String),
    /// A number that we cannot have given (−1, 0, 2^63−1): the start never got through
    /// (1.6 erratum 3.18), or the station fills the field with rubbish.
    Lost(String),
}

/// Where a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// First message.
    Started,
    /// Any message in between.
    Updated,
    /// Last message.
    Ended,
}

/// What the vehicle does within a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargingState {
    /// Energy flows.
    Charging,
    /// A vehicle is connected.
    EvConnected,
    /// The vehicle pauses.
    SuspendedEv,
    /// The station pauses.
    SuspendedEvse,
    /// No vehicle.
    Idle,
}

/// A transaction began, went on or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionReport {
    /// Where it stands.
    pub phase: Phase,
    /// Which one.
    pub name: TransactionName,
    /// The EVSE; a 2.x station says it only once.
    pub evse: Option<i32>,
    /// The connector within the EVSE.
    pub connector: Option<i32>,
    /// The token; a 2.x station says it only once.
    pub token: Option<PresentedToken>,
    /// By the station's clock.
    pub at: Moment,
    /// Number within the transaction (2.x), by which a repetition is known.
    pub seq: Option<i64>,
    /// Whether it waited in the station's offline queue.
    pub offline: bool,
    /// Why the message was sent, in the station's word.
    pub trigger: Option<String>,
    /// Why the transaction ended, in the station's word.
    pub stop_reason: Option<String>,
    /// What the vehicle does.
    pub charging: Option<ChargingState>,
    /// The register at start or stop (1.6 meterStart, meterStop).
    pub register: Option<WattHours>,
    /// Readings inside the message, in the station's order.
    pub points: Vec<MeterPoint>,
    /// The number of the remote start it answers (2.x).
    pub remote_start: Option<i32>,
    /// The reservation it consumes.
    pub reservation: Option<i32>,
}

/// Readings outside a transaction event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterReport {
    /// The EVSE; 0 is the station's main meter.
    pub evse: i32,
    /// The transaction, where the message names one.
    pub transaction: Option<TransactionName>,
    /// The readings, in the station's order.
    pub points: Vec<MeterPoint>,
}

/// A vendor's own message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorMessage {
    /// Who defined it.
    pub vendor: String,
    /// Which one.
    pub message: Option<String>,
    /// Its content, as the station wrote it (JSON text).
    pub data: Option<String>,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A security event.
    SecurityEvent,
    /// An event of a monitored variable.
    MonitorEvent,
    /// Progress of a firmware update.
    FirmwareStatus,
    /// Progress of a log upload.
    LogStatus,
    /// A vendor's own message.
    DataTransfer,
    /// Anything else worth showing.
    Other,
}

/// Something worth keeping and showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// A short title in the station's words, such as `Installing` or `FirmwareUpdated`.
    pub title: String,
    /// By the station's clock; none when it did not say.
    pub at: Option<Moment>,
    /// The content as JSON text.
    pub detail: String,
}

/// What we reply to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// To a boot.
    Boot {
        /// Accepted, Pending or Rejected.
        registration: Registration,
        /// Seconds between heartbeats when accepted, else until the next boot.
        interval_s: i64,
        /// Our time.
        now: Moment,
    },
    /// To a heartbeat.
    Heartbeat {
        /// Our time.
        now: Moment,
    },
    /// To a presented token.
    Authorize(Verdict),
    /// To a transaction report.
    Transaction {
        /// The number that a 1.6 station uses from now on.
        number: Option<i32>,
        /// On the token in the message, if there was one.
        verdict: Option<Verdict>,
    },
    /// To a vendor's own message: nobody here knows the vendor.
    UnknownVendor,
    /// An empty answer.
    Done,
    /// The dialect's sensible default for a message that nothing here handles.
    Default,
    /// The station may not say this yet (CALLERROR SecurityError, protocol.md 4.4).
    NotYet,
}
