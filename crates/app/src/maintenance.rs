//! Maintenance: times in which nobody is told of alerts at a site or a station. What happens then is
//! recorded all the same, as muted.

use chrono::TimeDelta;
use domain::alert::rule::Maintenance;
use domain::clock::Moment;
use domain::id::{MaintenanceId, SiteId, StationId};
use domain::role::{Caller, Permission};
use serde_json::json;
use store::Lane;

use crate::app::App;
use crate::audit;
use crate::error::Error;
use crate::gate::{self, Pass};
use crate::review::{Review, kept};

/// The longest maintenance.
const LONGEST_DAYS: i64 = 90;

/// A time to be.
#[derive(Debug, Clone)]
pub struct NewMaintenance {
    /// A site; none with a station.
    pub site: Option<SiteId>,
    /// A station.
    pub station: Option<StationId>,
    /// From then on; now when not said.
    pub from: Option<Moment>,
    /// Until then.
    pub to: Moment,
    /// What is done there.
    pub note: Option<String>,
}

async fn reaches(app: &App, pass: &Pass, one: &Maintenance) -> Result<bool, Error> {
    match (one.station, one.site) {
        (Some(station), _) => match pass.station(app, station).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound) => Ok(false),
            Err(other) => Err(other),
        },
        (None, site) => Ok(pass.reaches(site)),
    }
}

/// What is not over and within reach, the oldest first, with `alerts.view`.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<Maintenance>, Error> {
    let pass = gate::permit(app, caller, Permission::AlertsView).await?;
    let read = &app.store().read;
    let all = read.maintenance(Some(pass.org), app.now()).await?;
    if pass.sites.is_none() {
        return Ok(all);
    }
    let mut within = Vec::new();
    for one in all {
        if reaches(app, &pass, &one).await? {
            within.push(one);
        }
    }
    Ok(within)
}

/// Announces maintenance, with `stations.alerts.manage` at that place.
pub async fn create(app: &App, caller: &Caller, new: NewMaintenance) -> Result<Maintenance, Error> {
    let pass = gate::permit(app, caller, Permission::StationsAlertsManage).await?;
    let now = app.now();
    let from = new.from.unwrap_or(now);
    let mut review = Review::default();
    let one = new.site.is_some() != new.station.is_some();
    review.refuse(!one, "/site_id", "required", "A site or a station.");
    let latest = now + TimeDelta::days(LONGEST_DAYS);
    let odd = new.to <= from || new.to <= now || new.to > latest;
    let detail = format!("After its beginning, and within {LONGEST_DAYS} days from now.");
    review.refuse(odd, "/to", "invalid", detail);
    review.text("/note", new.note.as_deref(), 200);
    review.passed()?;
    let gone = |pointer: &str| Error::invalid(pointer, "not_found", "There is no such thing here.");
    if let Some(site) = new.site {
        let found = app.store().read.site(pass.org, site).await?;
        if found.is_none() || !pass.reaches(Some(site)) {
            return Err(gone("/site_id"));
        }
    }
    if let Some(station) = new.station {
        match pass.station(app, station).await {
            Ok(_) => {}
            Err(Error::NotFound) => return Err(gone("/station_id")),
            Err(other) => return Err(other),
        }
    }
    let one = Maintenance {
        id: MaintenanceId::from_uuid(app.draw()),
        org: pass.org,
        site: new.site,
        station: new.station,
        from,
        to: new.to,
        note: kept(new.note),
        created_at: now,
    };
    let after = json!({"site": one.site, "station": one.station, "from": one.from, "to": one.to});
    let (org, id, action) = (pass.org, one.id, "maintenance.create");
    let deed = audit::row(app, caller, org, action, id, None, Some(&after));
    let stored = one.clone();
    let written = app.store().write(Lane::Org(org), move |work| {
        let (one, deed) = (stored.clone(), deed.clone());
        Box::pin(async move {
            work.maintenance_insert(&one).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    Ok(one)
}

/// Takes it back, with `stations.alerts.manage` at that place.
pub async fn remove(app: &App, caller: &Caller, id: MaintenanceId) -> Result<(), Error> {
    let pass = gate::permit(app, caller, Permission::StationsAlertsManage).await?;
    let org = pass.org;
    let found = app.store().read.maintenance_one(org, id).await?;
    let found = found.ok_or(Error::NotFound)?;
    if !reaches(app, &pass, &found).await? {
        return Err(Error::NotFound);
    }
    let before = json!({"site": found.site, "station": found.station, "to": found.to});
    let action = "maintenance.remove";
    let deed = audit::row(app, caller, org, action, id, Some(&before), None);
    let done = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            let done = work.maintenance_delete(org, id).await?;
            if done {
                work.audit(&deed);
            }
            Ok(done)
        })
    });
    match done.await? {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}
