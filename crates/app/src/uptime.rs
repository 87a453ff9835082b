//! For how much of a time stations were connected, and how many tries to charge came to energy.

use chrono::TimeDelta;
use domain::clock::Moment;
use domain::id::{OrgId, SiteId, StationId};
use domain::role::{Caller, Permission};
use domain::uptime::{PlugIns, Uptime};
use store::UptimeOf;

use crate::app::App;
use crate::error::Error;
use crate::gate;

/// The longest range: connections are kept for two years.
const LONGEST_DAYS: i64 = 731;
/// The range where none is said.
const USUAL_DAYS: i64 = 30;

/// What was asked for, and how it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UptimeView {
    /// From then on.
    pub from: Moment,
    /// Until then.
    pub to: Moment,
    /// For how much of it stations were connected.
    pub uptime: Uptime,
    /// Tries to charge within the last day, week and thirty days before its end.
    pub plug_ins: [PlugIns; 3],
}

/// A range as it was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Range {
    /// From then on; thirty days before its end when not said.
    pub from: Option<Moment>,
    /// Until then; now when not said.
    pub to: Option<Moment>,
}

impl Range {
    fn checked(self, now: Moment) -> Result<(Moment, Moment), Error> {
        let to = self.to.unwrap_or(now);
        if to > now {
            return Err(Error::invalid("to", "invalid", "Not in the future."));
        }
        let from = self.from.unwrap_or(to - TimeDelta::days(USUAL_DAYS));
        if from >= to || to - from > TimeDelta::days(LONGEST_DAYS) {
            let detail = format!("Before its end, and {LONGEST_DAYS} days at most.");
            return Err(Error::invalid("from", "invalid", detail));
        }
        Ok((from, to))
    }
}

async fn seen(app: &App, org: OrgId, of: UptimeOf<'_>, range: Range) -> Result<UptimeView, Error> {
    let (from, to) = range.checked(app.now())?;
    let read = &app.store().read;
    let uptime = read.uptime(org, of, from, to).await?;
    let mut plug_ins = [PlugIns::default(); 3];
    for (place, days) in plug_ins.iter_mut().zip([1, 7, 30]) {
        *place = read
            .plug_ins(org, of, to - TimeDelta::days(days), to)
            .await?;
    }
    Ok(UptimeView {
        from,
        to,
        uptime,
        plug_ins,
    })
}

/// Of a station within reach, with `stations.widgets`.
pub async fn of_station(
    app: &App,
    caller: &Caller,
    id: StationId,
    range: Range,
) -> Result<UptimeView, Error> {
    let pass = gate::permit(app, caller, Permission::StationsWidgets).await?;
    pass.station(app, id).await?;
    seen(app, pass.org, UptimeOf::Station(id), range).await
}

/// Of the stations at a site within reach, with `stations.widgets`.
pub async fn of_site(
    app: &App,
    caller: &Caller,
    id: SiteId,
    range: Range,
) -> Result<UptimeView, Error> {
    let pass = gate::permit(app, caller, Permission::StationsWidgets).await?;
    pass.reach(Some(id))?;
    let found = app.store().read.site(pass.org, id).await?;
    found.ok_or(Error::NotFound)?;
    seen(app, pass.org, UptimeOf::Site(id), range).await
}
