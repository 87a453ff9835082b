//! Rules: which condition matters where, for how long it lasts before it counts, at which hours, and
//! who is told in which way. Maintenance keeps everybody from being told.

use chrono::{Datelike, TimeDelta, Timelike};
use serde::{Deserialize, Serialize};

use super::{Alert, AlertKind};
use crate::clock::Moment;
use crate::id::{AlertRuleId, MaintenanceId, OrgId, SiteId, StationId, UserId, WebhookId};
use crate::role::{Role, RoleSet};

/// Where something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Whose.
    pub org: OrgId,
    /// At which site.
    pub site: Option<SiteId>,
    /// Of which station; none for a whole site.
    pub station: Option<StationId>,
}

/// Where a rule looks: everywhere when it names nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleScope {
    /// At these sites.
    pub sites: Vec<SiteId>,
    /// And at these stations.
    pub stations: Vec<StationId>,
}

impl RuleScope {
    /// Whether a place is in it. A site as a whole is in a scope that names one of its stations only
    /// through its members, which the caller knows.
    #[must_use]
    pub fn covers(&self, place: &Place) -> bool {
        let everywhere = self.sites.is_empty() && self.stations.is_empty();
        let at_site = place.site.is_some_and(|site| self.sites.contains(&site));
        let at_station = place.station.is_some_and(|s| self.stations.contains(&s));
        everywhere || at_site || at_station
    }
}

/// At which hours a rule looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Days of the week, 1 for Monday to 7.
    pub days: Vec<u8>,
    /// From this minute of the day on.
    pub from_minute: u16,
    /// Until before this one; when it is not later than `from_minute`, of the next day.
    pub to_minute: u16,
    /// An IANA time zone.
    pub time_zone: String,
}

/// Minutes of a day.
pub const DAY_MINUTES: u16 = 24 * 60;

impl Hours {
    /// Whether a moment is within. A time that goes past midnight belongs to the day it began on.
    #[must_use]
    pub fn hold(&self, now: Moment) -> bool {
        let zone = self.time_zone.parse().unwrap_or(chrono_tz::UTC);
        let here = now.with_timezone(&zone);
        let minute = u16::try_from(here.hour() * 60 + here.minute()).unwrap_or(0);
        let day = |days_ago: i64| {
            let day = (here.date_naive() - TimeDelta::days(days_ago)).weekday();
            u8::try_from(day.number_from_monday()).is_ok_and(|day| self.days.contains(&day))
        };
        if self.from_minute < self.to_minute {
            return day(0) && (self.from_minute..self.to_minute).contains(&minute);
        }
        (day(0) && minute >= self.from_minute) || (day(1) && minute < self.to_minute)
    }
}

/// Who is told: those with one of the roles, and these people, as far as they may see the alert.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audience {
    /// Roles.
    pub roles: RoleSet,
    /// People.
    pub users: Vec<UserId>,
}

impl Audience {
    /// Whether nobody is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty() && self.users.is_empty()
    }

    /// Whether somebody with these roles is in it.
    #[must_use]
    pub fn holds(&self, user: UserId, roles: RoleSet) -> bool {
        let role = |role: &Role| self.roles.contains(*role) && roles.contains(*role);
        Role::ALL.iter().any(role) || self.users.contains(&user)
    }
}

/// In which ways people are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Channels {
    /// In the console.
    pub in_app: Audience,
    /// By mail.
    pub mail: Audience,
    /// Through these webhooks.
    pub webhooks: Vec<WebhookId>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: AlertRuleId,
    /// Whose.
    pub org: OrgId,
    /// For people.
    pub name: String,
    /// Which condition.
    pub kind: AlertKind,
    /// For how many minutes it lasts before it counts; of flapping, for how long it is quiet before
    /// it is over.
    pub minutes: u32,
    /// How much of it counts; see [`AlertKind::threshold`].
    pub threshold: Option<i64>,
    /// Where.
    pub scope: RuleScope,
    /// When; always when none.
    pub hours: Option<Hours>,
    /// Who is told.
    pub channels: Channels,
    /// Whether it is in use.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Moment,
}

impl Rule {
    /// For how long the condition lasts before it counts.
    #[must_use]
    pub fn patience(&self) -> TimeDelta {
        match self.kind {
            AlertKind::Flapping => TimeDelta::zero(),
            _ => TimeDelta::minutes(i64::from(self.minutes)),
        }
    }

    /// How much of it counts; nothing less than this.
    #[must_use]
    pub fn least(&self) -> i64 {
        self.threshold.or(self.kind.threshold()).unwrap_or(0)
    }

    /// Whether it is about this condition at this place, at whatever hour.
    #[must_use]
    pub fn is_about(&self, kind: AlertKind, place: &Place) -> bool {
        self.enabled && self.kind == kind && self.org == place.org && self.scope.covers(place)
    }

    /// Whether it looks now.
    #[must_use]
    pub fn looks_at(&self, now: Moment) -> bool {
        self.hours.as_ref().is_none_or(|hours| hours.hold(now))
    }
}

/// A time in which nobody is told of anything at a place; alerts are recorded all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maintenance {
    /// Its id.
    pub id: MaintenanceId,
    /// Whose.
    pub org: OrgId,
    /// A site; none with a station.
    pub site: Option<SiteId>,
    /// A station.
    pub station: Option<StationId>,
    /// From then on.
    pub from: Moment,
    /// Until then.
    pub to: Moment,
    /// What is done there, for people.
    pub note: Option<String>,
    /// When it was said.
    pub created_at: Moment,
}

impl Maintenance {
    /// Whether it keeps an alert quiet now.
    #[must_use]
    pub fn quiets(&self, alert: &Alert, now: Moment) -> bool {
        let here = match (self.station, self.site) {
            (Some(station), _) => alert.station == Some(station),
            (None, Some(site)) => alert.site == Some(site),
            (None, None) => false,
        };
        here && alert.org == self.org && self.from <= now && now < self.to
    }
}

/// The rules that an organisation begins with: every condition, with its usual patience, told in the
/// console to those who look after stations.
pub fn first_rules(org: OrgId, now: Moment, mut draw: impl FnMut() -> uuid::Uuid) -> Vec<Rule> {
    let roles = [Role::Administrator, Role::ChargingManager, Role::Technician];
    let first = |kind: &AlertKind| Rule {
        id: AlertRuleId::from_uuid(draw()),
        org,
        name: String::new(),
        kind: *kind,
        minutes: kind.minutes(),
        threshold: kind.threshold(),
        scope: RuleScope::default(),
        hours: None,
        channels: Channels {
            in_app: Audience {
                roles: roles.into_iter().collect(),
                users: Vec::new(),
            },
            ..Channels::default()
        },
        enabled: true,
        created_at: now,
    };
    AlertKind::ALL.iter().map(first).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    #[test]
    fn hours_are_those_of_their_time_zone_and_go_past_midnight() {
        let night = Hours {
            days: vec![1, 2, 3, 4, 5],
            from_minute: 22 * 60,
            to_minute: 6 * 60,
            time_zone: "Europe/Vienna".to_owned(),
        };
        // A Friday in winter: 21:59, 22:00 and 05:59 of Saturday; Sunday night is no working day.
        assert!(!night.hold(at("2026-01-09T20:59:00Z")));
        assert!(night.hold(at("2026-01-09T21:00:00Z")));
        assert!(night.hold(at("2026-01-10T04:59:00Z")));
        assert!(!night.hold(at("2026-01-10T05:00:00Z")));
        assert!(!night.hold(at("2026-01-11T22:00:00Z")));
        // In summer an hour earlier by UTC.
        assert!(night.hold(at("2026-07-10T20:00:00Z")));
        let always = Hours {
            days: (1..=7).collect(),
            from_minute: 0,
            to_minute: DAY_MINUTES,
            time_zone: "UTC".to_owned(),
        };
        assert!(always.hold(at("2026-07-10T23:59:59Z")));
    }

    #[test]
    fn an_empty_scope_is_everywhere() {
        let place = |site: u128, station: u128| Place {
            org: OrgId::from_uuid(uuid::Uuid::nil()),
            site: Some(SiteId::from_uuid(uuid::Uuid::from_u128(site))),
            station: Some(StationId::from_uuid(uuid::Uuid::from_u128(station))),
        };
        assert!(RuleScope::default().covers(&place(1, 1)));
        let some = RuleScope {
            sites: vec![SiteId::from_uuid(uuid::Uuid::from_u128(1))],
            stations: vec![StationId::from_uuid(uuid::Uuid::from_u128(9))],
        };
        assert!(some.covers(&place(1, 1)) && some.covers(&place(2, 9)));
        assert!(!some.covers(&place(2, 1)));
    }
}
