//! Sites: where stations stand.

use domain::event::Change;
use domain::id::SiteId;
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission};
use domain::site::{Accessibility, AdminState, Site};
use serde_json::{Value, json};
use store::{Lane, SiteRemoval};

use crate::app::App;
use crate::error::{Error, Problem};
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
    /// Stations that are not archived.
    pub stations: i64,
    /// How often people changed it, from 1 on.
    pub revision: i64,
}

impl SiteEdit {
    fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut refuse = |bad: bool, pointer: &str, detail: &str| {
            if bad {
                problems.push(Problem::at(pointer, "invalid", detail));
            }
        };
        let long = |text: &str| text.chars().count() > 200;
        let name = self.name.as_deref();
        let bad = name.is_some_and(|n| n.trim().is_empty() || long(n));
        refuse(bad, "/name", "A name of 1 to 200 characters is needed.");
        for (text, pointer) in [(&self.address, "/address"), (&self.city, "/city")] {
            let bad = text.as_ref().and_then(|t| t.as_deref()).is_some_and(long);
            refuse(bad, pointer, "At most 200 characters.");
        }
        let country = self.country.as_ref().and_then(|c| c.as_deref());
        let odd =
            country.is_some_and(|c| c.len() != 2 || !c.bytes().all(|b| b.is_ascii_uppercase()));
        refuse(odd, "/country", "Two capital letters (ISO 3166-1).");
        let zone = self.time_zone.as_deref();
        let odd = zone.is_some_and(|z| z.is_empty() || z.len() > 64 || z.contains(' '));
        refuse(
            odd,
            "/time_zone",
            "An IANA time zone such as Europe/Vienna.",
        );
        let archived = self.admin_state == Some(AdminState::Archived);
        refuse(archived, "/admin_state", "Delete a site to put it away.");
        problems
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
        site.address = address.unwrap_or_else(|| site.address.take());
        site.city = city.unwrap_or_else(|| site.city.take());
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

async fn viewed(app: &App, site: Site, revision: i64) -> Result<SiteView, Error> {
    let stations = app.store().read.site_stations(site.id).await?;
    Ok(SiteView {
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
        rows.push(viewed(app, site, revision).await?);
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
    viewed(app, site, revision).await
}

/// Adds a site, with `sites.edit` in the whole organisation.
pub async fn create(app: &App, caller: &Caller, edit: SiteEdit) -> Result<SiteView, Error> {
    let pass = gate::permit_whole(app, caller, Permission::SitesEdit).await?;
    let mut problems = edit.problems();
    if edit.name.is_none() {
        problems.push(Problem::at("/name", "required", "A name is needed."));
    }
    if !problems.is_empty() {
        return Err(Error::Invalid { problems });
    }
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
    viewed(app, site, revision::FIRST).await
}

/// Changes a site, with `sites.edit`, and `stations.admin_state.edit` for its administrative
/// state. Two edits at once are both made, one upon the other.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: SiteId,
    edit: SiteEdit,
) -> Result<SiteView, Error> {
    let pass = gate::permit(app, caller, Permission::SitesEdit).await?;
    if edit.admin_state.is_some() {
        gate::permit(app, caller, Permission::StationsAdminStateEdit).await?;
    }
    pass.reach(Some(id))?;
    for _ in 0..revision::TRIES {
        let found = app.store().read.site_revised(pass.org, id).await?;
        let (mut site, from) = found.ok_or(Error::NotFound)?;
        edit.when.admits(from)?;
        let problems = edit.problems();
        if !problems.is_empty() {
            return Err(Error::Invalid { problems });
        }
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
            return viewed(app, site, from + 1).await;
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
