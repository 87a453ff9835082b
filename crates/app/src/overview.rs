//! The first glance at the fleet.

use chrono::NaiveTime;
use domain::role::{Caller, Permission};
pub use store::Overview;

use crate::app::App;
use crate::error::Error;
use crate::gate;

/// Figures of the fleet within the caller's reach, with `dashboard.view`; energy is that of the
/// sessions begun since midnight UTC. How many stations are unclaimed is told only to those who
/// could claim them.
pub async fn read(app: &App, caller: &Caller) -> Result<Overview, Error> {
    let pass = gate::permit(app, caller, Permission::DashboardView).await?;
    let since = app.now().date_naive().and_time(NaiveTime::MIN).and_utc();
    let read = &app.store().read;
    let mut overview = read
        .overview(pass.org, pass.sites.as_deref(), since)
        .await?;
    let claims = gate::permit_whole(app, caller, Permission::StationsEdit).await;
    if claims.is_err() || app.root().await? != Some(pass.org) {
        overview.unclaimed = 0;
    }
    Ok(overview)
}
