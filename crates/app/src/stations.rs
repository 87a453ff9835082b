//! Stations, for people: the list, one of them, what it reported, and what people say of it.

mod change;
mod import;
mod replace;
mod sheet;

use chrono::TimeDelta;
use domain::clock::Moment;
use domain::deviation::DeviationCount;
use domain::id::{NoticeId, OrgId, SiteId, StationId};
use domain::message::{Notice, NoticeKind};
use domain::meter::MeterPoint;
use domain::page::{Page, PageRequest};
use domain::quantity::Watts;
use domain::role::{Caller, Permission};
use domain::sensitive::scrubbed;
use domain::site::AdminState;
use domain::station::{ConnectorStatus, Evse, Registration, Station};
use domain::token::mask;
use domain::variable::{VariableReading, without_driver_data};
use serde_json::Value;
use store::{EvseRow, StationFilter, StationRow};

use crate::app::App;
use crate::error::Error;
use crate::{firmware, gate, masking};

pub use change::{
    NewPassword, NewStation, StationEdit, archive, archive_when, create, edit, may_add,
    renew_password,
};
pub(crate) use change::{archive_within, edit_within};
pub use import::{
    COLUMNS as IMPORT_COLUMNS, ImportReport, ImportedRow, MOST_ROWS as MOST_IMPORTED, PASSED_OVER,
    RowFate, import, may_import,
};
pub use replace::{Replacement, replace};
pub use store::{Sort, StationSort};

/// Which stations are wanted.
#[derive(Debug, Clone, Default)]
pub struct StationQuery {
    /// Only at this site.
    pub site: Option<SiteId>,
    /// Only those connected, or only those not.
    pub online: Option<bool>,
    /// Only those with a connector in one of these states.
    pub statuses: Vec<ConnectorStatus>,
    /// With this in identity, name, model or serial number, without case.
    pub q: Option<String>,
    /// Only of these makers, without case.
    pub vendors: Vec<String>,
    /// Only these models, without case.
    pub models: Vec<String>,
    /// Only with one of these firmware versions, without case.
    pub firmware_versions: Vec<String>,
    /// In which order.
    pub sort: Sort<StationSort>,
}

impl StationQuery {
    /// As the store is asked, within what a caller reaches.
    pub(crate) fn filter(&self, pass: &gate::Pass) -> StationFilter {
        StationFilter {
            sites: pass.narrowed(self.site),
            online: self.online,
            statuses: self.statuses.clone(),
            q: self.q.clone(),
            vendors: self.vendors.clone(),
            models: self.models.clone(),
            firmware_versions: self.firmware_versions.clone(),
            sort: self.sort,
        }
    }
}

/// The most telling thing that a person should do something about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable code.
    pub code: &'static str,
    /// For people.
    pub text: String,
}

/// An EVSE with what it does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvseView {
    /// The EVSE.
    pub evse: Evse,
    /// Its newest power.
    pub power: Option<Watts>,
    /// Since when its session runs.
    pub session_since: Option<Moment>,
}

/// A station with what people see beside it.
#[derive(Debug, Clone)]
pub struct StationView {
    /// The station.
    pub station: Station,
    /// What the operator says of it, for whoever may see that (`stations.admin_state.view`).
    pub admin_state: Option<AdminState>,
    /// Name of its site.
    pub site_name: Option<String>,
    /// Its EVSEs, by number.
    pub evses: Vec<EvseView>,
    /// Power over all of them; none when none told.
    pub power: Option<Watts>,
    /// How many kinds of departures were forgiven.
    pub deviations: i64,
    /// What a person should look at first.
    pub finding: Option<Finding>,
    /// How often people changed it, from 1 on.
    pub revision: i64,
    /// The newest version of the firmware library that it could have, for whoever may update it.
    pub firmware_update: Option<String>,
}

impl StationView {
    /// A station's own words are scrubbed for whoever may not read driver data.
    fn of(app: &App, caller: &Caller, mut row: StationRow) -> Self {
        if gate::driver_data(app, caller).is_none() {
            let connectors = row.evses.iter_mut().flat_map(|e| &mut e.evse.connectors);
            for connector in connectors {
                for words in [&mut connector.error_code, &mut connector.error_info] {
                    *words = words.as_deref().map(scrubbed);
                }
            }
        }
        let evses: Vec<EvseView> = row.evses.into_iter().map(EvseView::of).collect();
        let powers = evses.iter().filter_map(|e| e.power);
        let (state, site) = (Permission::StationsAdminStateView, row.station.site);
        Self {
            admin_state: gate::has(caller, state, site).then_some(row.station.admin_state),
            power: powers.reduce(Watts::plus),
            finding: finding(&row.station, &evses),
            station: row.station,
            site_name: row.site_name,
            evses,
            deviations: row.deviations,
            revision: row.revision,
            firmware_update: None,
        }
    }
}

impl EvseView {
    fn of(row: EvseRow) -> Self {
        Self {
            evse: row.evse,
            power: row.power,
            session_since: row.session_since,
        }
    }
}

fn finding(station: &Station, evses: &[EvseView]) -> Option<Finding> {
    let found = |code, text: String| Some(Finding { code, text });
    if station.admin_state == AdminState::Archived {
        return None;
    }
    if station.last_seen_at.is_none() {
        return found(
            "never_connected",
            "The station has not connected yet.".to_owned(),
        );
    }
    if !station.online {
        return found("offline", "The station is not connected.".to_owned());
    }
    if station.registration != Registration::Accepted {
        return found(
            "not_booted",
            "The station is connected but has not booted.".to_owned(),
        );
    }
    let mut connectors = evses
        .iter()
        .flat_map(|e| e.evse.connectors.iter().map(|c| (e.evse.number, c)));
    let (evse, broken) = connectors.find(|(_, c)| c.status == ConnectorStatus::Faulted)?;
    let why = broken.error_code.as_deref().unwrap_or("a fault");
    found("faulted", format!("EVSE {evse} reports {why}."))
}

/// Stations within reach, sorted, with `stations.list`.
pub async fn list(
    app: &App,
    caller: &Caller,
    query: &StationQuery,
    page: &PageRequest,
) -> Result<Page<StationView>, Error> {
    let pass = gate::permit(app, caller, Permission::StationsList).await?;
    let filter = query.filter(&pass);
    let found = app.store().read.stations(pass.org, &filter, page).await?;
    let mut found = found.map(|row| StationView::of(app, caller, row));
    tell_updates(app, caller, pass.org, &mut found.rows).await?;
    Ok(found)
}

/// Adds the newer firmware that there is, where the caller may install it.
async fn tell_updates(
    app: &App,
    caller: &Caller,
    org: OrgId,
    views: &mut [StationView],
) -> Result<(), Error> {
    let makes = views.iter().map(|view| &view.station.hardware);
    let newest = firmware::updates_for(app, org, makes).await?;
    for (view, version) in views.iter_mut().zip(newest) {
        let may = gate::has(caller, Permission::StationsFirmware, view.station.site);
        view.firmware_update = version.filter(|_| may);
    }
    Ok(())
}

/// A station within reach, with `stations.list`.
pub async fn find(app: &App, caller: &Caller, id: StationId) -> Result<StationView, Error> {
    let pass = gate::permit(app, caller, Permission::StationsList).await?;
    let row = pass.station(app, id).await?;
    let mut views = [StationView::of(app, caller, row)];
    tell_updates(app, caller, pass.org, &mut views).await?;
    let [view] = views;
    Ok(view)
}

/// The station of an identity within reach, with `stations.list`.
pub async fn named(app: &App, caller: &Caller, identity: &str) -> Result<StationId, Error> {
    let pass = gate::permit(app, caller, Permission::StationsList).await?;
    let keys = [identity.trim().to_lowercase()];
    let known = app.store().read.stations_named(&keys).await?;
    let mut known = known.into_iter();
    let known = known.find(|known| known.org == pass.org && pass.reaches(known.site));
    known.map(|known| known.id).ok_or(Error::NotFound)
}

/// The EVSEs of a station within reach, with `stations.list`.
pub async fn evses(app: &App, caller: &Caller, id: StationId) -> Result<Vec<EvseView>, Error> {
    Ok(find(app, caller, id).await?.evses)
}

/// What a station reported of its variables and when, with `station_settings.view`. Secrets have
/// no value here: they are never kept.
pub async fn variables(
    app: &App,
    caller: &Caller,
    id: StationId,
) -> Result<Vec<(VariableReading, Moment)>, Error> {
    let pass = gate::permit(app, caller, Permission::StationSettingsView).await?;
    pass.station(app, id).await?;
    let mut variables = app.store().read.variables(id).await?;
    if gate::driver_data(app, caller).is_none() {
        for (reading, _) in &mut variables {
            let shown = reading.value.as_deref();
            reading.value = shown.map(|value| without_driver_data(&reading.name, value));
        }
    }
    Ok(variables)
}

/// What was forgiven to a station, the newest first, with `stations.list`.
pub async fn deviations(
    app: &App,
    caller: &Caller,
    id: StationId,
) -> Result<Vec<DeviationCount>, Error> {
    let pass = gate::permit(app, caller, Permission::StationsList).await?;
    pass.station(app, id).await?;
    Ok(app.store().read.deviations(id).await?)
}

/// Notices of a station, the newest first, with `stations.list`. Personal parts are hidden from
/// whoever may not read driver data; a vendor's own message is hidden as a whole.
pub async fn notices(
    app: &App,
    caller: &Caller,
    id: StationId,
    page: &PageRequest,
) -> Result<Page<(NoticeId, Notice)>, Error> {
    let pass = gate::permit(app, caller, Permission::StationsList).await?;
    pass.station(app, id).await?;
    let grant = gate::driver_data(app, caller);
    let found = app.store().read.notices(id, page).await?;
    Ok(found.map(|(id, mut notice)| {
        if grant.is_none() {
            notice.title = scrubbed(&notice.title);
        }
        notice.detail = match (grant.is_some(), notice.kind) {
            (true, _) => masking::hide_secrets(&notice.detail),
            (false, NoticeKind::DataTransfer) => Value::String(mask("")).to_string(),
            (false, _) => masking::hide_personal(&notice.detail),
        };
        (id, notice)
    }))
}

/// The readings of a station of the last `minutes`, each with its EVSE, in the order of the
/// station's clock, with `stations.list`.
pub async fn meter(
    app: &App,
    caller: &Caller,
    id: StationId,
    minutes: i64,
) -> Result<Vec<(i32, MeterPoint)>, Error> {
    let pass = gate::permit(app, caller, Permission::StationsList).await?;
    pass.station(app, id).await?;
    let since = app.now() - TimeDelta::minutes(minutes.clamp(1, 7 * 24 * 60));
    let mut points = app.store().read.station_points(id, since).await?;
    if gate::driver_data(app, caller).is_none() {
        points.iter_mut().for_each(|(_, p)| p.others.clear());
    }
    Ok(points)
}
