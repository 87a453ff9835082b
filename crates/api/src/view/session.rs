//! Sessions and meter series as the API shows them.

use chrono::{DateTime, Utc};
use domain::meter::MeterPoint;
use domain::session::Suspicion;
use serde::Serialize;
use utoipa::ToSchema;

use super::words;

use crate::table::columns;

/// The token of a session, as far as the caller may know it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionTokenView {
    /// The token, or its mask.
    pub label: String,
    /// Whether it is masked.
    pub masked: bool,
}

/// Why a person should look.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SuspicionView {
    #[schema(value_type = words::Suspicion)]
    pub code: &'static str,
    pub text: &'static str,
}

impl SuspicionView {
    pub fn to_view(suspicion: Suspicion) -> Self {
        Self {
            code: suspicion.code(),
            text: suspicion.text(),
        }
    }
}

/// A charging session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    pub id: String,
    pub station_id: String,
    pub station_identity: String,
    pub site_id: Option<String>,
    pub site_name: Option<String>,
    pub evse: i32,
    pub connector: Option<i32>,
    #[schema(value_type = words::SessionState)]
    pub state: String,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub energy_wh: Option<i64>,
    pub power_w: Option<i64>,
    pub duration_s: i64,
    pub token: Option<SessionTokenView>,
    /// The driver's name. Null: hidden, or not known.
    pub driver: Option<String>,
    /// Null: hidden, or not known.
    pub driver_id: Option<String>,
    pub stop_reason: Option<String>,
    pub suspect: Vec<SuspicionView>,
    /// The station's own name for it; once its device was replaced, with `@` and a number behind.
    pub wire_id: String,
}

columns!(SessionView: session => {
    "id": session.id,
    "station_id": session.station_id,
    "station_identity": session.station_identity,
    "site_id": session.site_id,
    "site_name": session.site_name,
    "evse": session.evse,
    "connector": session.connector,
    "state": session.state,
    "started_at": session.started_at,
    "ended_at": session.ended_at,
    "energy_wh": session.energy_wh,
    "power_w": session.power_w,
    "duration_s": session.duration_s,
    "token": session.token.map(|t| t.label),
    "driver": session.driver,
    "driver_id": session.driver_id,
    "stop_reason": session.stop_reason,
    "suspect": session.suspect.iter().map(|s| s.code).collect::<Vec<_>>().join("; "),
    "wire_id": session.wire_id,
});

/// What was measured at one moment. Unknown is null, never 0.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PointView {
    pub at: DateTime<Utc>,
    pub energy_wh: Option<i64>,
    pub power_w: Option<i64>,
    pub current_ma: Vec<Option<i64>>,
    pub voltage_mv: Vec<Option<i64>>,
    pub soc_percent: Option<f64>,
    pub offered_w: Option<i64>,
}

impl PointView {
    pub fn to_view(point: &MeterPoint) -> Self {
        #[allow(clippy::cast_precision_loss)] // at most 1000
        let percent = |per_mille: i64| per_mille as f64 / 10.0;
        Self {
            at: point.at,
            energy_wh: point.energy.map(|e| e.get()),
            power_w: point.power.map(|p| p.get()),
            current_ma: point.current.iter().map(|c| c.map(|c| c.get())).collect(),
            voltage_mv: point.voltage.iter().map(|v| v.map(|v| v.get())).collect(),
            soc_percent: point.charge.map(|c| percent(c.get())),
            offered_w: point.offered.map(|p| p.get()),
        }
    }
}

/// The readings of a session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeterView {
    pub points: Vec<PointView>,
    /// One sentence for those who do not see the chart.
    pub summary: String,
}

/// The readings of one EVSE.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvseMeterView {
    pub number: i32,
    pub points: Vec<PointView>,
}

/// The readings of a station.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StationMeterView {
    pub evses: Vec<EvseMeterView>,
}
