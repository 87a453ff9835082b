//! Stations, their EVSEs and connectors, and the boot state machine.
//!
//! The shape is charging's, not a protocol's: connector *n* of a 1.6 station is EVSE *n*,
//! connector 1; "connector 0" is the station itself.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::id::{EvseId, OrgId, SessionId, SiteId, StationId};
use crate::message::{ChargingState, Message};
use crate::site::AdminState;

/// Why a text cannot be a station's identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Nothing there.
    #[error("An identity has at least one character.")]
    Empty,
    /// Longer than 128 characters.
    #[error("An identity has at most 128 characters.")]
    TooLong,
    /// Contains a control character, a slash or a colon.
    #[error("An identity has no slash, no colon and no control character.")]
    Forbidden(char),
}

/// The name by which a station introduces itself on the wire, unique in the instance when
/// compared without case. A colon is refused because the identity is a Basic user name
/// (OCPP 2.x Part 4 §3.1.1).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    shown: String,
    key: String,
}

impl Identity {
    /// Checks and keeps `text` as it was written; comparison uses [`Identity::key`].
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        if text.is_empty() {
            return Err(IdentityError::Empty);
        }
        if text.chars().count() > 128 {
            return Err(IdentityError::TooLong);
        }
        match text
            .chars()
            .find(|c| c.is_control() || matches!(c, '/' | ':'))
        {
            Some(c) => Err(IdentityError::Forbidden(c)),
            None => Ok(Self {
                shown: text.to_owned(),
                key: text.to_lowercase(),
            }),
        }
    }

    /// As the operator or the station wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The form in which two identities are compared and stored uniquely.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown)
    }
}

/// Where a station stands in the boot state machine (protocol.md 4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// It has never booted here.
    Unbooted,
    /// Known but not released yet: it may boot again, and say what it was asked to say.
    Pending,
    /// Turned away: it may only boot again.
    Rejected,
    /// Fully in use. Survives a reconnect: a station does not boot again for a lost socket.
    Accepted,
}

impl Registration {
    /// Whether a station in this state may send `message`. `requested` says that we asked for it
    /// (a triggered message or a report that answers a request), which Pending allows.
    #[must_use]
    pub fn permits(self, message: &Message, requested: bool) -> bool {
        match self {
            Self::Accepted => true,
            Self::Pending => {
                requested || matches!(message, Message::Boot(_) | Message::VariablesReported(_))
            }
            Self::Unbooted | Self::Rejected => matches!(message, Message::Boot(_)),
        }
    }
}

/// A charging station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// Its id.
    pub id: StationId,
    /// The owner.
    pub org: OrgId,
    /// Where it stands, once it was placed.
    pub site: Option<SiteId>,
    /// Its name on the wire.
    pub identity: Identity,
    /// Its name for people; the identity when none was given.
    pub name: Option<String>,
    /// What the operator says of it.
    pub admin_state: AdminState,
    /// Where it stands in the boot state machine.
    pub registration: Registration,
    /// Whether odd messages are repaired (true) or refused as the schema says (false).
    pub lenient: bool,
    /// Whether a connection that names no protocol is taken for one of the oldest (quirk 1).
    pub assume_protocol: bool,
    /// Subprotocol of the newest connection, opaque outside the protocol room.
    pub protocol: Option<String>,
    /// Manufacturer, model, serial number and firmware, from the newest boot.
    pub hardware: Hardware,
    /// Whether a connection is open now.
    pub online: bool,
    /// When the open connection began.
    pub connected_since: Option<Moment>,
    /// The newest sign of life.
    pub last_seen_at: Option<Moment>,
    /// When it was made.
    pub created_at: Moment,
}

/// What a station says of its own make in a boot notification.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hardware {
    /// Manufacturer.
    pub vendor: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Serial number of the station.
    pub serial_number: Option<String>,
    /// Firmware version.
    pub firmware_version: Option<String>,
    /// ICCID of the modem's SIM.
    pub iccid: Option<String>,
    /// IMSI of the modem's SIM.
    pub imsi: Option<String>,
}

/// What a connector says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectorStatus {
    /// Free.
    Available,
    /// Cable or card seen, no energy yet.
    Preparing,
    /// Energy flows.
    Charging,
    /// The vehicle pauses.
    SuspendedEv,
    /// The station pauses.
    SuspendedEvse,
    /// Ended, vehicle still there.
    Finishing,
    /// Held for somebody.
    Reserved,
    /// In use, not told how.
    Occupied,
    /// Out of operation.
    Unavailable,
    /// Broken.
    Faulted,
    /// Never told.
    Unknown,
}

impl ConnectorStatus {
    /// What "occupied" comes to with what the session there does: a 2.x station says the one in
    /// its statuses (Part 2 G01) and the other in its transaction (E02).
    #[must_use]
    pub const fn with(self, charging: Option<ChargingState>) -> Self {
        match (self, charging) {
            (Self::Occupied, Some(ChargingState::Charging)) => Self::Charging,
            (Self::Occupied, Some(ChargingState::SuspendedEv)) => Self::SuspendedEv,
            (Self::Occupied, Some(ChargingState::SuspendedEvse)) => Self::SuspendedEvse,
            _ => self,
        }
    }

    /// What a 2.x station calls this; other words than its five come from [`Self::with`].
    #[must_use]
    pub const fn plain(self) -> Self {
        match self {
            Self::Charging | Self::SuspendedEv | Self::SuspendedEvse => Self::Occupied,
            other => other,
        }
    }
}

/// A connector of an EVSE, as last reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connector {
    /// Counted from 1 within its EVSE.
    pub number: i32,
    /// What it last said.
    pub status: ConnectorStatus,
    /// The error it last gave, none for "no error".
    pub error_code: Option<String>,
    /// The vendor's words about it.
    pub error_info: Option<String>,
    /// When the status became true, by the station's clock.
    pub status_at: Option<Moment>,
}

/// One outlet that charges one vehicle at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evse {
    /// Its id.
    pub id: EvseId,
    /// The station it belongs to.
    pub station: StationId,
    /// Counted from 1 within its station.
    pub number: i32,
    /// The connectors, by number.
    pub connectors: Vec<Connector>,
    /// The session that runs on it.
    pub session: Option<SessionId>,
}

impl Evse {
    /// The one word for the whole EVSE: the most telling status of its connectors.
    #[must_use]
    pub fn status(&self) -> ConnectorStatus {
        use ConnectorStatus as S;
        const TELLING: [S; 11] = [
            S::Faulted,
            S::Charging,
            S::SuspendedEv,
            S::SuspendedEvse,
            S::Finishing,
            S::Preparing,
            S::Occupied,
            S::Reserved,
            S::Available,
            S::Unavailable,
            S::Unknown,
        ];
        TELLING
            .into_iter()
            .find(|status| self.connectors.iter().any(|c| c.status == *status))
            .unwrap_or(S::Unknown)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn identities_are_compared_without_case_and_shown_as_written() {
        let (a, b) = (
            Identity::parse("Depot-01").unwrap(),
            Identity::parse("DEPOT-01").unwrap(),
        );
        assert_eq!(a.key(), b.key());
        assert_eq!(a.as_str(), "Depot-01");
        assert_eq!(Identity::parse("a:b"), Err(IdentityError::Forbidden(':')));
        assert!(Identity::parse("RDAM 123").is_ok());
    }

    #[test]
    fn only_a_boot_is_heard_before_the_first_boot() {
        assert!(!Registration::Unbooted.permits(&Message::Heartbeat, false));
        assert!(Registration::Pending.permits(&Message::Heartbeat, true));
        assert!(!Registration::Rejected.permits(&Message::Heartbeat, true));
        assert!(Registration::Accepted.permits(&Message::Heartbeat, false));
    }
}
