//! The fleet: settings that are not as wished, and what the stations of a site reported.

use domain::clock::Moment;
use domain::id::{SiteId, StationId, TemplateId};
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission};
use domain::setting::SettingState;
use domain::station::Identity;
use domain::variable::{VariableReading, without_driver_data};
use store::{DriftFilter, DriftRow};

use super::lines::hide_setting;
use crate::app::App;
use crate::error::Error;
use crate::gate;

/// Which drift is wanted.
#[derive(Debug, Clone, Default)]
pub struct DriftQuery {
    /// Only at this site.
    pub site: Option<SiteId>,
    /// Only of this template.
    pub template: Option<TemplateId>,
    /// Only in this state.
    pub state: Option<SettingState>,
    /// With this in the name of the setting or of the station, without case.
    pub q: Option<String>,
}

/// Settings that are not as wished, by station, with `station_settings.view`.
pub async fn drift(
    app: &App,
    caller: &Caller,
    query: &DriftQuery,
    page: &PageRequest,
) -> Result<Page<DriftRow>, Error> {
    let pass = gate::permit(app, caller, Permission::StationSettingsView).await?;
    let filter = DriftFilter {
        sites: pass.narrowed(query.site),
        template: query.template,
        state: query.state,
        q: query.q.clone(),
    };
    let sees = gate::driver_data(app, caller).is_some();
    let rows = app.store().read.drift(pass.org, &filter, page).await?;
    Ok(rows.map(|mut row| {
        if !sees {
            hide_setting(&mut row.setting);
        }
        row
    }))
}

/// What the stations of a site reported, by station and name, with `station_settings.view`.
pub async fn site_variables(
    app: &App,
    caller: &Caller,
    site: SiteId,
    page: &PageRequest,
) -> Result<Page<(Identity, StationId, VariableReading, Moment)>, Error> {
    let pass = gate::permit(app, caller, Permission::StationSettingsView).await?;
    let found = app.store().read.site(pass.org, site).await?;
    found.ok_or(Error::NotFound)?;
    pass.reach(Some(site))?;
    let sees = gate::driver_data(app, caller).is_some();
    let rows = app.store().read.site_variables(site, page).await?;
    Ok(rows.map(|(identity, id, mut reading, at)| {
        if !sees {
            let value = reading.value.take();
            reading.value = value.map(|value| without_driver_data(&reading.name, &value));
        }
        (identity, id, reading, at)
    }))
}
