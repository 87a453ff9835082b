//! Alerts: what is wrong in the fleet and somebody should see to. What an alert is about, how it
//! goes from open to resolved, and what people may do with it; [`watch`] decides when one opens and
//! ends, [`rule`] says for whom it matters and when.
//!
//! Refuses to hold anything that a station wrote: an alert is words of closed lists and ids, so that
//! it can go to everybody and to other people's servers.

pub mod group;
pub mod preview;
pub mod rule;
pub mod sign;
pub mod skew;
pub mod watch;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::id::{AlertId, AlertRuleId, OrgId, SessionId, SiteId, StationId, UserId};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Somebody should look.
    Warning,
    /// Somebody cannot charge, or somebody tampers.
    Critical,
}

/// A condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// A station that is in use is not connected; many of one site at once are one alert of the site.
    Offline,
    /// A connector, or the station itself, says that it is broken.
    Faulted,
    /// A connection or another condition comes and goes again and again.
    Flapping,
    /// An update of firmware failed.
    FirmwareFailed,
    /// Frozen settings of a locked station differ.
    Drift,
    /// A station was opened or attacked, or a lock was removed.
    Tamper,
    /// A session runs on that cannot be one.
    ZombieSession,
    /// A session that charges tells no readings.
    NoMeterValues,
    /// A certificate of a station ends soon.
    CertificateExpiring,
    /// A station's clock is wrong.
    ClockSkew,
    /// Load management could not keep a limit, or had to cut.
    LoadLimit,
}

impl AlertKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Offline,
        Self::Faulted,
        Self::Flapping,
        Self::FirmwareFailed,
        Self::Drift,
        Self::Tamper,
        Self::ZombieSession,
        Self::NoMeterValues,
        Self::CertificateExpiring,
        Self::ClockSkew,
        Self::LoadLimit,
    ];

    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Faulted => "faulted",
            Self::Flapping => "flapping",
            Self::FirmwareFailed => "firmware_failed",
            Self::Drift => "drift",
            Self::Tamper => "tamper",
            Self::ZombieSession => "zombie_session",
            Self::NoMeterValues => "no_meter_values",
            Self::CertificateExpiring => "certificate_expiring",
            Self::ClockSkew => "clock_skew",
            Self::LoadLimit => "load_limit",
        }
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Offline | Self::Faulted | Self::Tamper | Self::LoadLimit => Severity::Critical,
            Self::Flapping
            | Self::FirmwareFailed
            | Self::Drift
            | Self::ZombieSession
            | Self::CertificateExpiring => Severity::Warning,
            Self::NoMeterValues | Self::ClockSkew => Severity::Info,
        }
    }

    /// Whether it is a state that lasts and ends by itself; the others happen, and are settled by a
    /// person or by the next news.
    #[must_use]
    pub const fn lasts(self) -> bool {
        match self {
            Self::Offline
            | Self::Faulted
            | Self::Flapping
            | Self::Drift
            | Self::ZombieSession
            | Self::NoMeterValues
            | Self::ClockSkew => true,
            Self::FirmwareFailed | Self::Tamper | Self::CertificateExpiring | Self::LoadLimit => {
                false
            }
        }
    }

    /// Whether it is about sessions: people manage those with a right of its own.
    #[must_use]
    pub const fn is_about_sessions(self) -> bool {
        matches!(self, Self::ZombieSession | Self::NoMeterValues)
    }

    /// What the threshold of its rules is when none is said: returns within an hour for flapping,
    /// seconds for a clock. None for a kind that has no threshold.
    #[must_use]
    pub const fn threshold(self) -> Option<i64> {
        match self {
            Self::Flapping => Some(6),
            Self::ClockSkew => Some(60),
            _ => None,
        }
    }

    /// For how many minutes it lasts before a rule counts it, when none is said. Of flapping: for how
    /// long it is quiet before it is over.
    #[must_use]
    pub const fn minutes(self) -> u32 {
        match self {
            Self::Offline => 10,
            Self::Flapping => 30,
            Self::ZombieSession | Self::NoMeterValues => 15,
            Self::ClockSkew => 5,
            _ => 0,
        }
    }

    /// Whether what is stored of the past tells how often a rule would have fired.
    #[must_use]
    pub const fn can_be_previewed(self) -> bool {
        matches!(
            self,
            Self::Offline | Self::Flapping | Self::FirmwareFailed | Self::Tamper
        )
    }
}

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// A site: many of its stations.
    Site(SiteId),
    /// A station.
    Station(StationId),
    /// An EVSE of a station, by its number.
    Evse(StationId, i32),
    /// A charging session.
    Session(SessionId),
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Site(id) => id.fmt(f),
            Self::Station(id) => id.fmt(f),
            Self::Evse(id, number) => write!(f, "{id}/{number}"),
            Self::Session(id) => id.fmt(f),
        }
    }
}

/// The text names nothing that an alert can be about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("An alert is about a site, a station, an EVSE or a session.")]
pub struct NoObject;

impl FromStr for Object {
    type Err = NoObject;

    fn from_str(text: &str) -> Result<Self, NoObject> {
        if let Some((station, number)) = text.split_once('/') {
            let station = station.parse().map_err(|_| NoObject)?;
            return Ok(Self::Evse(station, number.parse().map_err(|_| NoObject)?));
        }
        let site = text.parse().map(Self::Site);
        let station = || text.parse().map(Self::Station);
        let session = || text.parse().map(Self::Session);
        site.or_else(|_| station())
            .or_else(|_| session())
            .map_err(|_| NoObject)
    }
}

/// How far somebody is with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// Nobody has said anything.
    Open,
    /// Somebody has seen it.
    Acknowledged,
    /// Nobody wants to hear of it until a time.
    Snoozed,
    /// Over.
    Resolved,
}

/// Why an alert is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// A person said so.
    Person,
    /// The condition ended.
    Condition,
    /// It went into the alert of its site.
    Grouped,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// Whose.
    pub org: OrgId,
    /// At which site, when there was one.
    pub site: Option<SiteId>,
    /// Of which station; none when it is about a site.
    pub station: Option<StationId>,
    /// What it is about.
    pub object: Object,
    /// The condition.
    pub kind: AlertKind,
    /// Of flapping: which condition comes and goes; none for the connection itself.
    pub of: Option<AlertKind>,
    /// How far somebody is with it.
    pub state: AlertState,
    /// Until when nobody wants to hear of it.
    pub snoozed_until: Option<Moment>,
    /// Who sees to it.
    pub owner: Option<UserId>,
    /// Whether the condition is there still. Of a resolved alert: it was when a person resolved it,
    /// and opens no other until it has ended.
    pub holds: bool,
    /// How often it came.
    pub count: i64,
    /// When the condition first came.
    pub first_at: Moment,
    /// When it last came, went or happened.
    pub last_at: Moment,
    /// When it became an alert.
    pub opened_at: Moment,
    /// When it was over.
    pub resolved_at: Option<Moment>,
    /// Why.
    pub ending: Option<Ending>,
    /// Who resolved it.
    pub resolved_by: Option<UserId>,
    /// The last alert about the same before it.
    pub previous: Option<AlertId>,
    /// The alert of the site into which it went.
    pub group: Option<AlertId>,
    /// The stations of a site that are in it.
    pub members: Vec<StationId>,
    /// Whether nobody is told because of maintenance.
    pub muted: bool,
    /// The rules by which people were told.
    pub told: Vec<AlertRuleId>,
    /// How often it changed, from 1 on.
    pub revision: i64,
}

/// What tells the alerts about one thing apart from all others: at most one of them is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Whose: a station that goes to another organisation leaves its alerts behind.
    pub org: OrgId,
    /// The condition.
    pub kind: AlertKind,
    /// What comes and goes.
    pub of: Option<AlertKind>,
    /// About what.
    pub object: Object,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = self.of.map_or("", AlertKind::word);
        let kind = self.kind.word();
        write!(f, "{}:{kind}:{of}:{}", self.org, self.object)
    }
}

/// What a person does with an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// They have seen it.
    Acknowledge,
    /// They want to hear of it again at a time.
    Snooze {
        /// When.
        until: Moment,
    },
    /// It is over.
    Resolve {
        /// By their word.
        by: Option<UserId>,
    },
    /// Somebody sees to it, or nobody.
    Assign {
        /// Who.
        owner: Option<UserId>,
    },
}

impl Act {
    /// The word by which the audit trail knows it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Acknowledge => "alerts.acknowledge",
            Self::Snooze { .. } => "alerts.snooze",
            Self::Resolve { .. } => "alerts.resolve",
            Self::Assign { .. } => "alerts.assign",
        }
    }
}

/// The alert is over: nothing can be done with it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the alert is resolved")]
pub struct Over;

impl Alert {
    /// What tells it apart.
    #[must_use]
    pub const fn key(&self) -> Key {
        Key {
            org: self.org,
            kind: self.kind,
            of: self.of,
            object: self.object,
        }
    }

    /// Whether it is not over.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.state, AlertState::Resolved)
    }

    /// How bad it is: a whole site is always as bad as can be.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self.object {
            Object::Site(_) => Severity::Critical,
            _ => self.kind.severity(),
        }
    }

    /// A person does something with it; false when that changes nothing.
    ///
    /// # Errors
    /// It is over. To resolve it once more changes nothing.
    pub fn act(&mut self, act: Act, now: Moment) -> Result<bool, Over> {
        if !self.is_open() {
            return match act {
                Act::Resolve { .. } => Ok(false),
                _ => Err(Over),
            };
        }
        let before = (self.state, self.snoozed_until, self.owner);
        match act {
            Act::Acknowledge => {
                self.state = AlertState::Acknowledged;
                self.snoozed_until = None;
            }
            Act::Snooze { until } => {
                self.state = AlertState::Snoozed;
                self.snoozed_until = Some(until);
            }
            Act::Resolve { by } => {
                self.resolved_by = by;
                self.resolve(Ending::Person, now);
            }
            Act::Assign { owner } => self.owner = owner,
        }
        Ok(before != (self.state, self.snoozed_until, self.owner))
    }

    /// The condition is not there any more.
    fn end(&mut self, now: Moment) {
        match self.is_open() {
            true => self.resolve(Ending::Condition, now),
            false => self.holds = false,
        }
    }

    /// It is over.
    fn resolve(&mut self, ending: Ending, now: Moment) {
        self.state = AlertState::Resolved;
        self.snoozed_until = None;
        self.resolved_at = Some(now);
        self.ending = Some(ending);
        if ending != Ending::Person {
            self.holds = false;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_object_reads_back() {
        let id = Uuid::from_u128(7);
        for object in [
            Object::Site(SiteId::from_uuid(id)),
            Object::Station(StationId::from_uuid(id)),
            Object::Evse(StationId::from_uuid(id), 2),
            Object::Session(SessionId::from_uuid(id)),
        ] {
            assert_eq!(object.to_string().parse::<Object>(), Ok(object));
        }
        assert_eq!("org_7".parse::<Object>(), Err(NoObject));
    }

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        for kind in AlertKind::ALL {
            let word = serde_json::to_value(kind).unwrap();
            assert_eq!(word, kind.word());
        }
    }
}
