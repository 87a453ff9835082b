//! Stations as the API shows and takes them.

use chrono::{DateTime, Utc};
use domain::id::SiteId;
use domain::site::AdminState;
use domain::station::Connector;
use domain::variable::VariableReading;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::setting::TraitsView;
use super::{present, said, word, words};
use crate::table::columns;

/// A connector, as last reported.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectorView {
    pub number: i32,
    #[schema(value_type = words::ConnectorStatus)]
    pub status: String,
    pub error_code: Option<String>,
    pub error_info: Option<String>,
    pub status_at: Option<DateTime<Utc>>,
}

impl ConnectorView {
    pub fn to_view(connector: Connector) -> Self {
        Self {
            number: connector.number,
            status: word(&connector.status),
            error_code: connector.error_code,
            error_info: connector.error_info,
            status_at: connector.status_at,
        }
    }
}

/// One outlet that charges one vehicle at a time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvseView {
    pub id: String,
    pub number: i32,
    /// The most telling status of its connectors.
    #[schema(value_type = words::ConnectorStatus)]
    pub status: String,
    pub power_w: Option<i64>,
    pub session_id: Option<String>,
    /// Since when the session runs.
    pub session_started_at: Option<DateTime<Utc>>,
    pub connectors: Vec<ConnectorView>,
}

/// What a person should look at first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingView {
    pub code: String,
    pub text: String,
}

/// A charging station.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StationView {
    pub id: String,
    /// Its name on the wire.
    pub identity: String,
    pub name: String,
    pub site_id: Option<String>,
    pub site_name: Option<String>,
    /// Null for whoever may not see it.
    #[schema(value_type = Option<words::AdminState>)]
    pub admin_state: Option<String>,
    #[schema(value_type = words::Registration)]
    pub registration: String,
    pub online: bool,
    pub connected_since: Option<DateTime<Utc>>,
    pub last_seen_at: Option<DateTime<Utc>>,
    /// Subprotocol of the newest connection.
    pub protocol: Option<String>,
    pub vendor: Option<String>,
    pub model: Option<String>,
    pub serial_number: Option<String>,
    pub firmware_version: Option<String>,
    /// The newest version of the firmware library that it could have, for whoever may update it.
    pub firmware_update: Option<String>,
    /// Whether odd messages are repaired rather than refused.
    pub policy_lenient: bool,
    /// Whether a connection that names no protocol is taken for one of OCPP 1.6.
    pub policy_assume_protocol: bool,
    /// How many kinds of departures from the protocol were forgiven.
    pub deviations: i64,
    pub finding: Option<FindingView>,
    /// Sum over its EVSEs, of those that tell.
    pub power_w: Option<i64>,
    pub evses: Vec<EvseView>,
    pub created_at: DateTime<Utc>,
}

/// A new station.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StationBody {
    /// Its name on the wire: what the charger puts at the end of the URL.
    pub identity: String,
    pub name: Option<String>,
    #[schema(value_type = Option<String>)]
    pub site_id: Option<SiteId>,
    /// Drawn when not given; shown once in the answer.
    pub password: Option<String>,
}

/// Changes to a station: a field left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StationChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub site_id: Option<Option<SiteId>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = words::AdminState, required = false)]
    pub admin_state: Option<AdminState>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = bool, required = false)]
    pub policy_lenient: Option<bool>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = bool, required = false)]
    pub policy_assume_protocol: Option<bool>,
}

/// A new station with its password, shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewStationView {
    pub station: StationView,
    /// Null when it was let in without one.
    pub password: Option<String>,
}

/// A station's password, shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasswordView {
    pub password: String,
}

/// A reported variable; a 1.6 key has no component.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VariableView {
    pub component: Option<String>,
    pub component_instance: Option<String>,
    pub evse: Option<i32>,
    pub connector: Option<i32>,
    pub variable: String,
    pub variable_instance: Option<String>,
    pub attribute: String,
    pub value: Option<String>,
    #[schema(value_type = Option<words::Mutability>)]
    pub mutability: Option<String>,
    /// What the station told of it beyond the value; null where it told nothing.
    pub traits: Option<TraitsView>,
    pub reported_at: DateTime<Utc>,
}

impl VariableView {
    pub fn to_view(reading: VariableReading, reported_at: DateTime<Utc>) -> Self {
        let name = reading.name;
        Self {
            component: name.component,
            component_instance: name.component_instance,
            evse: name.evse,
            connector: name.connector,
            variable: name.variable,
            variable_instance: name.variable_instance,
            attribute: reading.attribute,
            value: reading.value,
            mutability: reading.mutability.map(|m| word(&m)),
            traits: reading.traits.map(TraitsView::to_view),
            reported_at,
        }
    }
}

columns!(StationView: station => {
    "id": station.id,
    "identity": station.identity,
    "name": station.name,
    "site_id": station.site_id,
    "site_name": station.site_name,
    "admin_state": station.admin_state,
    "registration": station.registration,
    "online": station.online,
    "connected_since": station.connected_since,
    "last_seen_at": station.last_seen_at,
    "protocol": station.protocol,
    "vendor": station.vendor,
    "model": station.model,
    "serial_number": station.serial_number,
    "firmware_version": station.firmware_version,
    "firmware_update": station.firmware_update,
    "policy_lenient": station.policy_lenient,
    "policy_assume_protocol": station.policy_assume_protocol,
    "deviations": station.deviations,
    "finding.code": station.finding.map(|f| f.code),
    "power_w": station.power_w,
    "evses": station.evses.iter().map(|e| format!("{} {}", e.number, e.status)).collect::<Vec<_>>().join("; "),
    "created_at": station.created_at,
});
