//! Organisations: what one tells of itself, and the tree below it. A membership reaches its own
//! organisation; of those below it, only what a reseller does is within reach.

pub mod modules;

use bus::News;
use domain::audit::Deed;
use domain::id::OrgId;
use domain::module::ModuleSet;
use domain::organisation::{Organisation, Profile, makes_a_circle, may_have};
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission};
use domain::site::{is_country, is_time_zone};
use serde_json::json;
use store::{Lane, OrganisationRow};

use crate::app::App;
use crate::audit::Brought;
use crate::error::Error;
use crate::gate;
use crate::review::{LONGEST_NAME, Review, kept};
use crate::revision::{self, Precondition};
use crate::{audit, step_up, users};

/// An organisation as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationView {
    /// Itself.
    pub organisation: Organisation,
    /// What it may use.
    pub modules: ModuleSet,
    /// Counts its changes.
    pub revision: i64,
}

impl OrganisationView {
    fn of(row: OrganisationRow) -> Self {
        Self {
            organisation: row.organisation,
            modules: row.modules,
            revision: row.revision,
        }
    }
}

/// What is said of an organisation anew; what is left out stays.
#[derive(Debug, Clone, Default)]
pub struct OrganisationEdit {
    /// The name.
    pub name: Option<String>,
    /// ISO 3166 country.
    pub country: Option<Option<String>>,
    /// IANA time zone.
    pub time_zone: Option<Option<String>>,
    /// Whom to ask: an address.
    pub contact_email: Option<Option<String>>,
    /// Whom to ask: a number.
    pub contact_phone: Option<Option<String>>,
    /// A page.
    pub website: Option<Option<String>>,
    /// On what it depends.
    pub when: Precondition,
}

impl OrganisationEdit {
    fn review(&self, review: &mut Review) {
        let said =
            |field: &Option<Option<String>>| field.clone().flatten().and_then(|t| kept(Some(t)));
        review.needed("/name", self.name.as_deref(), LONGEST_NAME);
        let country = said(&self.country);
        let odd = country.as_deref().is_some_and(|c| !is_country(c));
        review.refuse(odd, "/country", "invalid", "This is no ISO 3166 country.");
        let zone = said(&self.time_zone);
        let odd = zone.as_deref().is_some_and(|z| !is_time_zone(z));
        review.refuse(odd, "/time_zone", "invalid", "This is no IANA time zone.");
        let email = said(&self.contact_email);
        let odd = email.as_deref().is_some_and(|e| !users::is_address(e));
        let detail = "This is no e-mail address.";
        review.refuse(odd, "/contact_email", "invalid", detail);
        review.text("/contact_phone", said(&self.contact_phone).as_deref(), 50);
        let site = said(&self.website);
        review.text("/website", site.as_deref(), 300);
        let web = |s: &str| s.starts_with("https://") || s.starts_with("http://");
        let odd = site.as_deref().is_some_and(|s| !web(s));
        let detail = "An address that begins with https:// or http://.";
        review.refuse(odd, "/website", "invalid", detail);
    }

    fn apply(self, organisation: &mut Organisation) {
        if let Some(name) = self.name {
            name.trim().clone_into(&mut organisation.name);
        }
        let profile = &mut organisation.profile;
        let fields = [
            (self.country, &mut profile.country),
            (self.time_zone, &mut profile.time_zone),
            (self.contact_email, &mut profile.contact_email),
            (self.contact_phone, &mut profile.contact_phone),
            (self.website, &mut profile.website),
        ];
        for (said, field) in fields {
            if let Some(said) = said {
                *field = kept(said);
            }
        }
    }
}

/// Which modules a new organisation gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewModules {
    /// Those that the one above it has, without paid ones (`reseller.create_similar`).
    Similar,
    /// These, of those that the one above it has (`reseller.create_custom`).
    Custom(ModuleSet),
}

/// An organisation: the caller's own with `organisation.view`, one right below it with
/// `reseller.view`. Any other looks like one that is not there.
pub async fn find(app: &App, caller: &Caller, id: OrgId) -> Result<OrganisationView, Error> {
    let row = seen(app, caller, id).await?;
    Ok(OrganisationView::of(row))
}

async fn seen(app: &App, caller: &Caller, id: OrgId) -> Result<OrganisationRow, Error> {
    let own = caller.member().is_some_and(|m| m.scope.org == id);
    if own {
        gate::permit_whole(app, caller, Permission::OrganisationView).await?;
        let row = app.store().read.organisation_row(id).await?;
        return row.ok_or(Error::NotFound);
    }
    below(app, caller, id, Permission::ResellerView).await
}

/// An organisation right below the caller's own, with `permission`.
async fn below(
    app: &App,
    caller: &Caller,
    id: OrgId,
    permission: Permission,
) -> Result<OrganisationRow, Error> {
    let pass = gate::permit_whole(app, caller, permission).await?;
    let row = app.store().read.organisation_row(id).await?;
    row.filter(|row| row.organisation.parent == Some(pass.org))
        .ok_or(Error::NotFound)
}

/// The organisations right below the caller's own, by name, with `reseller.view`.
pub async fn list_below(
    app: &App,
    caller: &Caller,
    id: OrgId,
    page: &PageRequest,
) -> Result<Page<OrganisationView>, Error> {
    let pass = gate::permit_whole(app, caller, Permission::ResellerView).await?;
    if id != pass.org {
        return Err(Error::NotFound);
    }
    let page = app.store().read.sub_organisations(id, page).await?;
    Ok(page.map(OrganisationView::of))
}

/// Changes what the caller's own organisation tells of itself, with `organisation.edit`.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: OrgId,
    edit: OrganisationEdit,
) -> Result<OrganisationView, Error> {
    let pass = gate::permit_whole(app, caller, Permission::OrganisationEdit).await?;
    if id != pass.org {
        return Err(Error::NotFound);
    }
    let mut review = Review::default();
    edit.review(&mut review);
    review.passed()?;
    for _ in 0..revision::TRIES {
        let row = app.store().read.organisation_row(id).await?;
        let row = row.ok_or(Error::NotFound)?;
        edit.when.admits(row.revision)?;
        let mut organisation = row.organisation.clone();
        edit.clone().apply(&mut organisation);
        let (was, is) = (told(&row.organisation), told(&organisation));
        let action = "organisations.edit";
        let deed = audit::row(app, caller, id, action, id, Some(&was), Some(&is));
        let (stored, modules, from) = (organisation.clone(), row.modules.clone(), row.revision);
        let written = app.store().write(Lane::Org(id), move |work| {
            let (stored, modules, deed) = (stored.clone(), modules.clone(), deed.clone());
            Box::pin(async move {
                let done = work.organisation_update(&stored, &modules, from).await?;
                if done {
                    work.audit(&deed);
                }
                Ok(done)
            })
        });
        if written.await? {
            return Ok(OrganisationView {
                organisation,
                modules: row.modules,
                revision: row.revision + 1,
            });
        }
    }
    Err(revision::too_busy())
}

fn told(organisation: &Organisation) -> serde_json::Value {
    let Profile {
        country,
        time_zone,
        contact_email,
        contact_phone,
        website,
    } = &organisation.profile;
    json!({
        "name": organisation.name, "country": country, "time_zone": time_zone,
        "contact_email": contact_email, "contact_phone": contact_phone, "website": website,
    })
}

/// Makes an organisation below the caller's own (`parent`). Paid modules are activated afterwards,
/// each with its confirmation.
pub async fn create(
    app: &App,
    caller: &Caller,
    parent: OrgId,
    edit: OrganisationEdit,
    wanted: NewModules,
) -> Result<OrganisationView, Error> {
    let permission = match wanted {
        NewModules::Similar => Permission::ResellerCreateSimilar,
        NewModules::Custom(_) => Permission::ResellerCreateCustom,
    };
    let pass = gate::permit_whole(app, caller, permission).await?;
    if parent != pass.org {
        return Err(Error::NotFound);
    }
    let mut review = Review::default();
    edit.review(&mut review);
    let unnamed = edit.name.is_none();
    review.refuse(unnamed, "/name", "required", "A name is needed.");
    if let NewModules::Custom(set) = &wanted {
        modules::review(&mut review, set);
        let paid = !set.paid.is_empty();
        let detail = "Paid modules are activated once the organisation is there.";
        review.refuse(paid, "/modules", "paid_module", detail);
    }
    review.passed()?;
    let mut organisation = Organisation {
        id: OrgId::from_uuid(app.draw()),
        parent: Some(parent),
        name: String::new(),
        profile: Profile::default(),
        made_by: caller.member().map(|m| m.user),
        made_under: Some(parent),
        created_at: app.now(),
    };
    edit.apply(&mut organisation);
    let id = organisation.id;
    let stored = organisation.clone();
    let name = organisation.name.clone();
    let draft = audit::row(app, caller, parent, "organisations.create", id, None, None);
    let written = app.store().write(Lane::Org(parent), move |work| {
        let (stored, wanted, mut deed) = (stored.clone(), wanted.clone(), draft.clone());
        let name = name.clone();
        Box::pin(async move {
            work.organisations_hold().await?;
            let Some(above) = work.organisation(parent).await? else {
                return Ok(Err(Error::NotFound));
            };
            let modules = match wanted {
                NewModules::Similar => ModuleSet {
                    modules: above.modules.modules.clone(),
                    ..ModuleSet::default()
                },
                NewModules::Custom(set) => set,
            };
            if let Err(refusal) = may_have(&modules, &above.modules) {
                return Ok(Err(modules::refused(&refusal)));
            }
            work.organisation_insert(&stored, &modules).await?;
            let mut after = modules::told(&modules);
            (after["name"], after["parent"]) = (json!(name), json!(parent));
            deed.after = Some(after.to_string());
            work.audit(&deed);
            Ok(Ok(modules))
        })
    });
    let modules = written.await??;
    Ok(OrganisationView {
        organisation,
        modules,
        revision: revision::FIRST,
    })
}

/// Puts an organisation right below the caller's own under another one right below it, with
/// `reseller.create_custom`, by somebody who showed lately who they are. It leaves the caller's reach
/// by that; what caps whoever made it goes with it.
pub async fn relocate(
    app: &App,
    caller: &Caller,
    id: OrgId,
    parent: OrgId,
) -> Result<OrganisationView, Error> {
    let permission = Permission::ResellerCreateCustom;
    let row = below(app, caller, id, permission).await?;
    let own = row.organisation.parent.ok_or(Error::NotFound)?;
    step_up::demand(app, caller).await?;
    let (was, is) = (json!({"parent": own}), json!({"parent": parent}));
    let action = "organisations.move";
    let deed = audit::row(app, caller, own, action, id, Some(&was), Some(&is));
    let brought = Brought::new(app, &deed);
    let written = app.store().write(Lane::Org(own), move |work| {
        let (deed, brought) = (deed.clone(), brought.clone());
        Box::pin(async move {
            work.organisations_hold().await?;
            let moved = work.organisation_to_change(id).await?;
            let Some(moved) = moved.filter(|m| m.organisation.parent == Some(own)) else {
                return Ok(Err(Error::NotFound));
            };
            let line = work.organisation_line(parent).await?;
            if makes_a_circle(id, &line) {
                let detail = "An organisation cannot be put below itself.";
                return Ok(Err(Error::conflict("organisation_circle", detail)));
            }
            let above = work.organisation(parent).await?;
            let Some(above) = above.filter(|a| parent == own || a.organisation.parent == Some(own))
            else {
                let detail = "There is no such organisation right below yours.";
                return Ok(Err(Error::invalid("/parent_id", "not_found", detail)));
            };
            if let Err(refusal) = may_have(&moved.modules, &above.modules) {
                return Ok(Err(modules::refused(&refusal)));
            }
            let mut organisation = moved.organisation.clone();
            organisation.parent = Some(parent);
            let done = work.organisation_update(&organisation, &moved.modules, moved.revision);
            if !done.await? {
                return Err(modules::changed_meanwhile(id));
            }
            // The one it leaves, the one it comes to, and itself: each in its own trail.
            for org in [parent, id].into_iter().filter(|org| *org != own) {
                work.audit(&Deed {
                    object: deed.object.clone(),
                    before: deed.before.clone(),
                    after: deed.after.clone(),
                    ..brought.deed(org, action)
                });
            }
            work.audit(&deed);
            Ok(Ok(OrganisationView {
                organisation,
                modules: moved.modules,
                revision: moved.revision + 1,
            }))
        })
    });
    let view = written.await??;
    app.bus().publish(News::OrganisationChanged(id)).await;
    Ok(view)
}

/// Every organisation of the instance, the root first. For the command line only.
pub async fn everywhere(app: &App, caller: &Caller) -> Result<Vec<OrganisationView>, Error> {
    gate::permit_system(caller)?;
    let rows = app.store().read.organisations_everywhere().await?;
    Ok(rows.into_iter().map(OrganisationView::of).collect())
}
