//! The first glance at the fleet.

use chrono::{NaiveTime, TimeDelta};
use domain::role::{Caller, Permission};
use domain::uptime::{PlugIns, Uptime};
pub use store::Overview;
use store::UptimeOf;

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

/// How reliable the fleet was within the last day, with `dashboard.view`: for how much of it stations
/// within reach were connected, and how many tries to charge came to energy.
pub async fn reliability(app: &App, caller: &Caller) -> Result<(Uptime, PlugIns), Error> {
    let pass = gate::permit(app, caller, Permission::DashboardView).await?;
    let to = app.now();
    let from = to - TimeDelta::days(1);
    let read = &app.store().read;
    let of = UptimeOf::Sites(pass.sites.as_deref());
    let uptime = read.uptime(pass.org, of, from, to).await?;
    Ok((uptime, read.plug_ins(pass.org, of, from, to).await?))
}
