//! Alerts, maintenance and reliability as the API shows and takes them.

use app::alerts::{Acknowledged, AlertRow};
use app::maintenance::NewMaintenance;
use app::uptime::UptimeView as Seen;
use chrono::{DateTime, Utc};
use domain::alert::Object;
use domain::alert::rule::Maintenance;
use domain::id::{AlertId, SiteId, StationId, UserId};
use domain::uptime::PlugIns;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{word, words};
use crate::query::At;
use crate::table::columns;

/// A station in the alert of its site.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertMemberView {
    pub station_id: String,
    /// Its name on the wire.
    pub station_identity: String,
}

/// An alert.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertView {
    pub id: String,
    #[schema(value_type = words::AlertKind)]
    pub kind: &'static str,
    /// Of flapping: what comes and goes; null for the connection itself.
    #[schema(value_type = Option<words::AlertKind>)]
    pub of_kind: Option<&'static str>,
    #[schema(value_type = words::AlertSeverity)]
    pub severity: String,
    #[schema(value_type = words::AlertState)]
    pub state: String,
    #[schema(value_type = words::AlertObject)]
    pub object: &'static str,
    pub site_id: Option<String>,
    pub site_name: Option<String>,
    pub station_id: Option<String>,
    /// The station's name on the wire.
    pub station_identity: Option<String>,
    /// Number of the EVSE, for what is about one.
    pub evse: Option<i32>,
    pub session_id: Option<String>,
    pub owner_id: Option<String>,
    pub owner_name: Option<String>,
    /// How often it came.
    pub count: i64,
    /// When the condition first came.
    pub first_at: DateTime<Utc>,
    /// When it last came, went or happened.
    pub last_at: DateTime<Utc>,
    pub opened_at: DateTime<Utc>,
    pub snoozed_until: Option<DateTime<Utc>>,
    pub resolved_at: Option<DateTime<Utc>>,
    /// Why it is over.
    #[schema(value_type = Option<words::AlertEnding>)]
    pub ending: Option<String>,
    /// Whether the condition is there still.
    pub holds: bool,
    /// Whether nobody was told because of maintenance.
    pub muted: bool,
    /// The last alert about the same before it.
    pub previous_id: Option<String>,
    /// The alert of the site into which it went.
    pub group_id: Option<String>,
    /// The stations of a site that are in it.
    pub members: Vec<AlertMemberView>,
}

impl AlertView {
    pub fn to_view(row: AlertRow) -> Self {
        let alert = row.alert;
        let (object, evse, session) = match alert.object {
            Object::Site(_) => ("site", None, None),
            Object::Station(_) => ("station", None, None),
            Object::Evse(_, number) => ("evse", Some(number), None),
            Object::Session(id) => ("session", None, Some(id.to_string())),
        };
        let member = |(id, identity): (StationId, String)| AlertMemberView {
            station_id: id.to_string(),
            station_identity: identity,
        };
        Self {
            id: alert.id.to_string(),
            kind: alert.kind.word(),
            of_kind: alert.of.map(|kind| kind.word()),
            severity: word(&alert.severity()),
            state: word(&alert.state),
            object,
            site_id: alert.site.map(|id| id.to_string()),
            site_name: row.site_name,
            station_id: alert.station.map(|id| id.to_string()),
            station_identity: row.identity,
            evse,
            session_id: session,
            owner_id: alert.owner.map(|id| id.to_string()),
            owner_name: row.owner_name,
            count: alert.count,
            first_at: alert.first_at,
            last_at: alert.last_at,
            opened_at: alert.opened_at,
            snoozed_until: alert.snoozed_until,
            resolved_at: alert.resolved_at,
            ending: alert.ending.map(|ending| word(&ending)),
            holds: alert.holds,
            muted: alert.muted,
            previous_id: alert.previous.map(|id| id.to_string()),
            group_id: alert.group.map(|id| id.to_string()),
            members: row.members.into_iter().map(member).collect(),
        }
    }
}

columns!(AlertView: alert => {
    "id": alert.id,
    "kind": alert.kind.to_owned(),
    "of_kind": alert.of_kind.map(str::to_owned),
    "severity": alert.severity,
    "state": alert.state,
    "object": alert.object.to_owned(),
    "site_id": alert.site_id,
    "site_name": alert.site_name,
    "station_id": alert.station_id,
    "station_identity": alert.station_identity,
    "evse": alert.evse,
    "session_id": alert.session_id,
    "owner_id": alert.owner_id,
    "owner_name": alert.owner_name,
    "count": alert.count,
    "first_at": alert.first_at,
    "last_at": alert.last_at,
    "opened_at": alert.opened_at,
    "snoozed_until": alert.snoozed_until,
    "resolved_at": alert.resolved_at,
    "ending": alert.ending,
    "holds": alert.holds,
    "muted": alert.muted,
    "previous_id": alert.previous_id,
    "group_id": alert.group_id,
    "members": alert.members.iter().map(|m| m.station_identity.as_str()).collect::<Vec<_>>().join(" "),
});

/// Until when nobody wants to hear of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SnoozeBody {
    /// Within thirty days.
    #[schema(value_type = DateTime<Utc>)]
    pub until: At,
}

/// Who sees to it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignBody {
    /// A member who can see the alert; nobody when not given.
    #[schema(value_type = Option<String>)]
    pub owner_id: Option<UserId>,
}

/// Which alerts to acknowledge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcknowledgeBody {
    /// 1 to 200.
    #[schema(value_type = Vec<String>)]
    pub ids: Vec<AlertId>,
}

/// What came of one of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AcknowledgedAlertView {
    pub id: String,
    pub acknowledged: bool,
    /// Why not: `not_found`, `alert_resolved` and the like.
    pub code: Option<&'static str>,
}

impl AcknowledgedAlertView {
    pub fn to_view(one: Acknowledged) -> Self {
        Self {
            id: one.id.to_string(),
            acknowledged: one.refused.is_none(),
            code: one.refused,
        }
    }
}

/// What came of each.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AcknowledgedAlertsView {
    pub data: Vec<AcknowledgedAlertView>,
}

/// A time in which nobody is told of alerts at a place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MaintenanceView {
    pub id: String,
    pub site_id: Option<String>,
    pub station_id: Option<String>,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub note: Option<String>,
    pub created_at: DateTime<Utc>,
}

impl MaintenanceView {
    pub fn to_view(one: Maintenance) -> Self {
        Self {
            id: one.id.to_string(),
            site_id: one.site.map(|id| id.to_string()),
            station_id: one.station.map(|id| id.to_string()),
            from: one.from,
            to: one.to,
            note: one.note,
            created_at: one.created_at,
        }
    }
}

/// Maintenance to be: of a site or of a station.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaintenanceBody {
    #[schema(value_type = Option<String>)]
    pub site_id: Option<SiteId>,
    #[schema(value_type = Option<String>)]
    pub station_id: Option<StationId>,
    /// Now when not given.
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub from: Option<At>,
    #[schema(value_type = DateTime<Utc>)]
    pub to: At,
    pub note: Option<String>,
}

impl MaintenanceBody {
    pub fn from_body(body: Self) -> NewMaintenance {
        NewMaintenance {
            site: body.site_id,
            station: body.station_id,
            from: body.from.map(|at| at.0),
            to: body.to.0,
            note: body.note,
        }
    }
}

/// Tries to charge: sessions that began, and remote starts that were refused or not answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlugInsView {
    pub tries: i64,
    /// Of those, with energy.
    pub charged: i64,
    /// Percent; null when nobody tried.
    pub success_percent: Option<f64>,
}

impl PlugInsView {
    fn to_view(seen: PlugIns) -> Self {
        Self {
            tries: seen.tries,
            charged: seen.charged,
            success_percent: percent(seen.basis_points()),
        }
    }
}

/// Hundredths of a percent as percent.
#[allow(clippy::cast_precision_loss)] // at most 10,000
pub(crate) fn percent(basis_points: Option<i64>) -> Option<f64> {
    basis_points.map(|points| points as f64 / 100.0)
}

/// How reliable a station or site was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UptimeView {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// Percent of the time for which stations were connected, each since it first was; null when none
    /// ever was.
    pub uptime_percent: Option<f64>,
    /// Within the last day before `to`.
    pub plug_ins_24h: PlugInsView,
    /// Within seven days.
    pub plug_ins_7d: PlugInsView,
    /// Within thirty days.
    pub plug_ins_30d: PlugInsView,
}

impl UptimeView {
    pub fn to_view(seen: Seen) -> Self {
        let [day, week, month] = seen.plug_ins.map(PlugInsView::to_view);
        Self {
            from: seen.from,
            to: seen.to,
            uptime_percent: percent(seen.uptime.basis_points()),
            plug_ins_24h: day,
            plug_ins_7d: week,
            plug_ins_30d: month,
        }
    }
}
