//! Sites: where stations stand.

use domain::event::Change;
use domain::id::SiteId;
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission};
use domain::site::{Accessibility, AdminState, Site, is_country, is_time_zone};
use serde_json::{Value, json};
use store::{Lane, SiteRemoval};

use crate::app::App;
use crate::error::Error;
use crate::review::{LONGEST_NAME, Review, kept};
use crate::revision::{self, Precondition};
use crate::{audit, gate};

pub use store::{SiteSort, Sort};

/// What is said of a site: on creation the name is needed; on a change what is not said stays,
/// and an inner none clears.
#[derive(Debug, Clone, Default)]
pub struct SiteEdit {
    /// Its name.
    pub name: Option<String>,
    /// Street and number.
    pub address: Option<Option<String>>,
    /// Town.
    pub city: Option<Option<String>>,
    /// ISO 3166-1 alpha-2 code.
    pub country: Option<Option<String>>,
    /// IANA time zone name.
    pub time_zone: Option<String>,
    /// Latitude and longitude in degrees times 1e7.
    pub position_e7: Option<Option<(i64, i64)>>,
    /// What the operator says of it.
    pub admin_state: Option<AdminState>,
    /// Who may charge here.
    pub accessibility: Option<Accessibility>,
    /// On what the change depends.
    pub when: Precondition,
}

/// A site and how many stations stand there.
#[derive(Debug, Clone)]
pub struct SiteView {
    /// The site.
    pub site: Site,
    /// What the operator says of it, for whoever may see that (`stations.admin_state.view`).
    pub admin_state: Option<AdminState>,
    /// Stations that are not archived.
    pub stations: i64,
    /// How often people changed it, from 1 on.
    pub revision: i64,
}

/// 90 and 180 degrees times 1e7.
const MOST_LATITUDE_E7: i64 = 900_000_000;
const MOST_LONGITUDE_E7: i64 = 1_800_000_000;

impl SiteEdit {
    fn review(&self) -> Review {
        let mut review = Review::default();
        review.needed("/name", self.name.as_deref(), LONGEST_NAME);
        for (text, pointer) in [(&self.address, "/address"), (&self.city, "/city")] {
            review.text(pointer, text.as_ref().and_then(|t| t.as_deref()), 200);
        }
        let country = self.country.as_ref().and_then(|c| c.as_deref());
        let odd = country.is_some_and(|code| !is_country(code));
        let detail = "A country's two capital letters (ISO 3166-1), such as AT.";
        review.refuse(odd, "/country", "invalid", detail);
        let odd = self.time_zone.as_deref().is_some_and(|z| !is_time_zone(z));
        let detail = "The name of an IANA time zone, such as Europe/Vienna.";
        review.refuse(odd, "/time_zone", "invalid", detail);
        if let Some(Some((latitude, longitude))) = self.position_e7 {
            let far = !(-MOST_LATITUDE_E7..=MOST_LATITUDE_E7).contains(&latitude);
            review.refuse(far, "/latitude", "out_of_range", "-90 to 90 degrees.");
            let far = !(-MOST_LONGITUDE_E7..=MOST_LONGITUDE_E7).contains(&longitude);
            review.refuse(far, "/longitude", "out_of_range", "-180 to 180 degrees.");
        }
        let archived = self.admin_state == Some(AdminState::Archived);
        let detail = "Delete a site to put it away.";
        review.refuse(archived, "/admin_state", "invalid", detail);
        review
    }

    fn apply(self, site: &mut Site) {
        let Self {
            name,
            address,
            city,
            country,
            time_zone,
            position_e7,
            admin_state,
            accessibility,
            when: _,
        } = self;
        site.name = name.map_or_else(|| site.name.clone(), |n| n.trim().to_owned());
        site.address = address.map_or_else(|| site.address.take(), kept);
        site.city = city.map_or_else(|| site.city.take(), kept);
        site.country = country.unwrap_or_else(|| site.country.take());
        site.time_zone = time_zone.unwrap_or_else(|| std::mem::take(&mut site.time_zone));
        site.position_e7 = position_e7.unwrap_or(site.position_e7);
        site.admin_state = admin_state.unwrap_or(site.admin_state);
        site.accessibility = accessibility.unwrap_or(site.accessibility);
    }
}

fn told(site: &Site) -> Value {
    json!({
        "name": site.name,
        "admin_state": site.admin_state,
        "accessibility": site.accessibility,
        "time_zone": site.time_zone,
    })
}

async fn viewed(app: &App, caller: &Caller, site: Site, revision: i64) -> Result<SiteView, Error> {
    let stations = app.store().read.site_stations(site.id).await?;
    let state = Permission::StationsAdminStateView;
    Ok(SiteView {
        admin_state: gate::has(caller, state, Some(site.id)).then_some(site.admin_state),
        site,
        stations,
        revision,
    })
}

/// Sites within reach, by name, with `stations.list`.
pub async fn list(app: &App, caller: &Caller, page: &PageRequest) -> Result<Page<SiteView>, Error> {
    list_by(app, caller, Sort::up(SiteSort::Name), page).await
}

/// Sites within reach, sorted, with `stations.list`.
pub async fn list_by(
    app: &App,
    caller: &Caller,
    sort: Sort<SiteSort>,
    page: &PageRequest,
) -> Result<Page<SiteView>, Error> {
    let pass = gate::permit(app, caller, Permission::StationsList).await?;
    let read = &app.store().read;
    let page = read
        .sites(pass.org, pass.sites.as_deref(), sort, page)
        .await?;
    let mut rows = Vec::with_capacity(page.rows.len());
    for (site, revision) in page.rows {
        rows.push(viewed(app, caller, site, revision).await?);
    }
    Ok(Page {
        rows,
        next: page.next,
    })
}

/// A site within reach, with `stations.list`.
pub async fn find(app: &App, caller: &Caller, id: SiteId) -> Result<SiteView, Error> {
    let pass = gate::permit(app, caller, Permission::StationsList).await?;
    pass.reach(Some(id))?;
    let found = app.store().read.site_revised(pass.org, id).await?;
    let (site, revision) = found.ok_or(Error::NotFound)?;
    viewed(app, caller, site, revision).await
}

/// Adds a site, with `sites.edit` in the whole organisation, and `stations.admin_state.edit` where
/// an administrative state is given.
pub async fn create(app: &App, caller: &Caller, edit: SiteEdit) -> Result<SiteView, Error> {
    let pass = gate::permit_whole(app, caller, Permission::SitesEdit).await?;
    if edit.admin_state.is_some() {
        gate::permit_whole(app, caller, Permission::StationsAdminStateEdit).await?;
    }
    let mut review = edit.review();
    let unnamed = edit.name.is_none();
    review.refuse(unnamed, "/name", "required", "A name is needed.");
    review.passed()?;
    let mut site = Site {
        id: SiteId::from_uuid(app.draw()),
        org: pass.org,
        name: String::new(),
        address: None,
        city: None,
        country: None,
        time_zone: "UTC".to_owned(),
        position_e7: None,
        admin_state: AdminState::InService,
        accessibility: Accessibility::Restricted,
        created_at: app.now(),
    };
    edit.apply(&mut site);
    let after = told(&site);
    let deed = audit::row(
        app,
        caller,
        pass.org,
        "sites.create",
        site.id,
        None,
        Some(&after),
    );
    let fact = app.fact(
        pass.org,
        Some(site.id),
        None,
        Change::SiteEdited { site: site.id },
    );
    let stored = site.clone();
    app.store()
        .write(Lane::Org(pass.org), move |work| {
            let (site, deed, fact) = (stored.clone(), deed.clone(), fact.clone());
            Box::pin(async move {
                work.site_insert(&site).await?;
                work.event(&fact);
                work.audit(&deed);
                Ok(())
            })
        })
        .await?;
    app.facts_committed();
    viewed(app, caller, site, revision::FIRST).await
}

/// Changes a site, with `sites.edit`, and `stations.admin_state.edit` for its administrative
/// state. Two edits at once are both made, one upon the other.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: SiteId,
    edit: SiteEdit,
) -> Result<SiteView, Error> {
    let (sites, state) = (Permission::SitesEdit, Permission::StationsAdminStateEdit);
    let pass = match edit.admin_state {
        None => gate::permit(app, caller, sites).await?,
        Some(_) => gate::permit_both(app, caller, sites, state).await?,
    };
    pass.reach(Some(id))?;
    for _ in 0..revision::TRIES {
        let found = app.store().read.site_revised(pass.org, id).await?;
        let (mut site, from) = found.ok_or(Error::NotFound)?;
        edit.when.admits(from)?;
        edit.review().passed()?;
        let before = told(&site);
        edit.clone().apply(&mut site);
        let after = told(&site);
        let deed = audit::row(
            app,
            caller,
            pass.org,
            "sites.edit",
            id,
            Some(&before),
            Some(&after),
        );
        let fact = app.fact(pass.org, Some(id), None, Change::SiteEdited { site: id });
        let stored = site.clone();
        let done = app
            .store()
            .write(Lane::Org(pass.org), move |work| {
                let (site, deed, fact) = (stored.clone(), deed.clone(), fact.clone());
                Box::pin(async move {
                    let done = work.site_update(&site, from).await?;
                    if done {
                        work.event(&fact);
                        work.audit(&deed);
                    }
                    Ok(done)
                })
            })
            .await?;
        if done {
            app.facts_committed();
            return viewed(app, caller, site, from + 1).await;
        }
    }
    Err(revision::too_busy())
}

/// Removes a site at which no station stands, with `sites.edit`.
pub async fn remove(app: &App, caller: &Caller, id: SiteId) -> Result<(), Error> {
    remove_when(app, caller, id, &Precondition::None).await
}

/// Like [`remove`], where `when` holds.
pub async fn remove_when(
    app: &App,
    caller: &Caller,
    id: SiteId,
    when: &Precondition,
) -> Result<(), Error> {
    let pass = gate::permit(app, caller, Permission::SitesEdit).await?;
    pass.reach(Some(id))?;
    let found = app.store().read.site_revised(pass.org, id).await?;
    let (site, revision) = found.ok_or(Error::NotFound)?;
    when.admits(revision)?;
    let from = when.bound(revision);
    let before = told(&site);
    let deed = audit::row(
        app,
        caller,
        pass.org,
        "sites.remove",
        id,
        Some(&before),
        None,
    );
    let fact = app.fact(pass.org, Some(id), None, Change::SiteEdited { site: id });
    let removed = app
        .store()
        .write(Lane::Org(pass.org), move |work| {
            let (deed, fact) = (deed.clone(), fact.clone());
            Box::pin(async move {
                let removed = work.site_delete(id, from).await?;
                if removed == SiteRemoval::Removed {
                    work.event(&fact);
                    work.audit(&deed);
                }
                Ok(removed)
            })
        })
        .await?;
    match removed {
        SiteRemoval::Removed => {
            app.facts_committed();
            Ok(())
        }
        SiteRemoval::InUse => Err(Error::conflict(
            "site_in_use",
            "Stations still stand at this site.",
        )),
        SiteRemoval::Stale => Err(revision::stale()),
    }
}
