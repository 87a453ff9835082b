//! Who has access to a site beside the members of its organisation: seen and changed by the
//! site's admins and by Administrators of the organisation. Every site that has admins keeps one;
//! the organisation itself may take a site over, which ends that (access.md B).

use bus::News;
use domain::id::{OrgId, SiteId, UserId};
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission, PermissionSet};
use domain::site_access::{Level, SiteAccess, actions};
use serde_json::{Value, json};
pub use store::SitePerson;
use store::{Lane, SiteAccessRow, Work};

use crate::app::App;
use crate::audit::{self, Brought};
use crate::error::{Error, Problem};
use crate::gate::{self, Pass};
use crate::invitations::{Place, withdraw_of};
use crate::revision::{self, Precondition};
use crate::standing::{self, Actor};

const MANAGE: Permission = Permission::SitesAccessManage;

/// What a person is to have at a site.
#[derive(Debug, Clone)]
pub struct AccessEdit {
    /// The level and what stands beside it.
    pub access: SiteAccess,
    /// One's own name, by which one gives up one's own rights knowingly.
    pub confirm: Option<String>,
    /// On what it depends.
    pub when: Precondition,
}

/// People with access to a site, with `sites.access.manage` there.
pub async fn list(
    app: &App,
    caller: &Caller,
    site: SiteId,
    level: Option<Level>,
    page: &PageRequest,
) -> Result<Page<SitePerson>, Error> {
    within(app, caller, site).await?;
    Ok(app.store().read.site_people(site, level, page).await?)
}

/// What a person has at a site, with `sites.access.manage` there.
pub async fn find(
    app: &App,
    caller: &Caller,
    site: SiteId,
    user: UserId,
) -> Result<SitePerson, Error> {
    within(app, caller, site).await?;
    let read = &app.store().read;
    let row = read.site_access(site, user).await?.ok_or(Error::NotFound)?;
    let person = read.user(user).await?.ok_or(Error::NotFound)?;
    Ok(SitePerson {
        row,
        name: person.name,
        email: person.email,
    })
}

/// A site at which the caller may see and change who has access.
pub(crate) async fn within(app: &App, caller: &Caller, site: SiteId) -> Result<Pass, Error> {
    let pass = gate::permit(app, caller, MANAGE).await?;
    pass.reach(Some(site))?;
    let found = app.store().read.site(pass.org, site).await?;
    found.ok_or(Error::NotFound)?;
    Ok(pass)
}

/// Whether `caller` may hand out `access` at a site of the caller's organisation.
pub(crate) async fn may_give(
    app: &App,
    caller: &Caller,
    site: SiteId,
    access: &SiteAccess,
) -> Result<bool, Error> {
    let Some(member) = caller.member() else {
        return Ok(true);
    };
    let (_, modules) = app
        .store()
        .read
        .organisation(member.scope.org)
        .await?
        .ok_or(Error::NotFound)?;
    let possible = app.gate().possible(&modules);
    Ok(access.may_be_given_by(member.rights(Some(site)), possible))
}

/// Looks at what stands beside a level.
pub(crate) fn review(access: &SiteAccess) -> Result<(), Error> {
    let all = actions();
    let odd = |set: PermissionSet, pointer: &str| {
        set.minus(all).iter().next().map(|permission| {
            let detail = format!("{} cannot be given or denied at a site.", permission.key());
            Problem::at(pointer, "invalid", detail)
        })
    };
    let problems = [
        odd(access.grants, "/grants"),
        odd(access.denials, "/denials"),
    ];
    let problems: Vec<Problem> = problems.into_iter().flatten().collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Error::Invalid { problems }),
    }
}

/// Gives somebody access to a site, or changes it: somebody who has access there, or who is a
/// member of the organisation. Anybody else is invited.
pub async fn put(
    app: &App,
    caller: &Caller,
    site: SiteId,
    user: UserId,
    edit: AccessEdit,
) -> Result<SiteAccessRow, Error> {
    let pass = within(app, caller, site).await?;
    review(&edit.access)?;
    let before = app.store().read.site_access(site, user).await?;
    if before.is_none() && standing::member(app, user, pass.org, None).await?.is_none() {
        return Err(Error::NotFound);
    }
    admitted(&edit.when, before.as_ref())?;
    // By another level, or by what is denied beside it.
    let lowered = |b: &SiteAccessRow| !b.access.rights().within(edit.access.rights());
    if before.as_ref().is_some_and(lowered) {
        own_demotion(app, caller, site, user, edit.confirm.as_deref()).await?;
    }
    for access in before.iter().map(|b| &b.access).chain([&edit.access]) {
        if !may_give(app, caller, site, access).await? {
            return Err(beyond());
        }
    }
    let row = SiteAccessRow {
        site,
        user,
        org: pass.org,
        access: edit.access,
        created_at: before.as_ref().map_or(app.now(), |b| b.created_at),
        revision: before.as_ref().map_or(revision::FIRST, |b| b.revision + 1),
    };
    let put = Some(row.clone());
    write(app, caller, pass.org, site, user, before, put).await?;
    Ok(row)
}

/// Whether what somebody has at a site is what the caller has read.
fn admitted(when: &Precondition, row: Option<&SiteAccessRow>) -> Result<(), Error> {
    match (when, row) {
        (Precondition::At(_), None) => Err(revision::stale()),
        (when, Some(row)) => when.admits(row.revision),
        (Precondition::None, None) => Ok(()),
    }
}

/// Takes somebody's access to a site away; one's own is left by anybody who has it.
pub async fn remove(
    app: &App,
    caller: &Caller,
    site: SiteId,
    user: UserId,
    confirm: Option<&str>,
    when: &Precondition,
) -> Result<(), Error> {
    let own = caller.member().filter(|member| member.user == user);
    let org = match own {
        Some(member) if member.site_rights.contains_key(&site) => member.scope.org,
        _ => within(app, caller, site).await?.org,
    };
    let before = app.store().read.site_access(site, user).await?;
    let before = before.filter(|b| b.org == org).ok_or(Error::NotFound)?;
    when.admits(before.revision)?;
    if own.is_some() {
        own_demotion(app, caller, site, user, confirm).await?;
    } else if !may_give(app, caller, site, &before.access).await? {
        return Err(beyond());
    }
    write(app, caller, org, site, user, Some(before), None).await
}

fn beyond() -> Error {
    Error::Denied {
        permission: Some(MANAGE),
        why: "beyond_own_rights",
    }
}

/// Giving up one's own rights is asked again, naming who could give them back.
async fn own_demotion(
    app: &App,
    caller: &Caller,
    site: SiteId,
    user: UserId,
    confirm: Option<&str>,
) -> Result<(), Error> {
    let Some(member) = caller.member().filter(|member| member.user == user) else {
        return Ok(());
    };
    if standing::confirmed(member, confirm) {
        return Ok(());
    }
    let page = PageRequest {
        limit: 200,
        cursor: None,
    };
    let people = app
        .store()
        .read
        .site_people(site, Some(Level::Admin), &page)
        .await?;
    let others = people.rows.into_iter().filter(|p| p.row.user != user);
    let mut who: Vec<String> = others.map(|p| p.name).collect();
    who.push("an Administrator of the organisation".to_owned());
    Err(standing::unconfirmed(&who))
}

enum Written {
    Done,
    Gone,
    NotAdmin,
    LastAdmin,
    Moved,
}

/// Who changes what somebody has at a site, and by which right.
#[derive(Clone)]
struct Hand {
    caller: Caller,
    actor: Actor,
    /// The organisation may take a site over; its admins may not leave it without one.
    by_organisation: bool,
    leaving: bool,
}

impl Hand {
    fn of(caller: &Caller, site: SiteId, leaving: bool) -> Self {
        let here = Some(site);
        Self {
            caller: caller.clone(),
            actor: Actor::of(caller),
            by_organisation: caller
                .member()
                .is_none_or(|m| m.in_scope(here) && m.permissions.contains(MANAGE)),
            leaving,
        }
    }

    const fn by(&self) -> &'static str {
        if self.by_organisation {
            "organisation"
        } else {
            "site"
        }
    }

    /// Whether the actor may do it at this moment, read inside the unit: two admins who take each
    /// other's access away cannot both win.
    async fn may(
        &self,
        work: &mut Work,
        site: SiteId,
        org: OrgId,
        people: &[SiteAccessRow],
    ) -> Result<bool, store::Error> {
        let Some(member) = self.caller.member().filter(|_| !self.leaving) else {
            return Ok(true);
        };
        let own = people.iter().find(|p| p.user == member.user);
        // What they were found to have at the site, they still have.
        let same = match member.site_rights.get(&site) {
            Some(rights) => own.is_some_and(|own| rights.within(own.access.rights())),
            None => true,
        };
        if !self.by_organisation {
            return Ok(same && own.is_some_and(is_admin));
        }
        let members = work.members(org).await?;
        Ok(same && self.actor.stands(work, org, &members).await?)
    }
}

fn is_admin(row: &SiteAccessRow) -> bool {
    row.access.level == Level::Admin
}

/// Whether somebody may be given access without being invited: whoever is anything in the
/// organisation, and was not put away in it.
async fn is_somebody(work: &mut Work, org: OrgId, user: UserId) -> Result<bool, store::Error> {
    let members = work.members(org).await?;
    let member = members.iter().find(|m| m.user == user);
    Ok(match member {
        Some(member) if member.archived_at.is_some() => false,
        Some(member) if member.counts() => true,
        _ => work.any_site_access(user, org).await?,
    })
}

/// Puts `row` in place of what a person has at a site, which was `seen`; none takes it away.
async fn write(
    app: &App,
    caller: &Caller,
    org: OrgId,
    site: SiteId,
    user: UserId,
    seen: Option<SiteAccessRow>,
    row: Option<SiteAccessRow>,
) -> Result<(), Error> {
    let own = caller.member().is_some_and(|m| m.user == user);
    let hand = Hand::of(caller, site, own && row.is_none());
    let draft = audit::row(app, caller, org, "sites.access", site, None, None);
    let brought = Brought::new(app, &draft);
    let written = app.store().write(Lane::Org(org), move |work| {
        let (row, seen, mut deed) = (row.clone(), seen.clone(), draft.clone());
        let (hand, brought) = (hand.clone(), brought.clone());
        Box::pin(async move {
            // The organisation is held before its site, as everywhere.
            let somebody = is_somebody(work, org, user).await?;
            if row.is_some() && !somebody {
                return Ok(Written::Gone);
            }
            let people = work.site_people(site).await?;
            if !work.site_is_there(site).await? {
                return Ok(Written::Gone);
            }
            if !hand.may(work, site, org, &people).await? {
                return Ok(Written::NotAdmin);
            }
            let before = people.iter().find(|p| p.user == user);
            if before != seen.as_ref() {
                return Ok(Written::Moved);
            }
            let was_admin = before.is_some_and(is_admin);
            let stays_admin = row.as_ref().is_some_and(is_admin);
            let others = people.iter().any(|p| p.user != user && is_admin(p));
            if was_admin && !stays_admin && !others && !hand.by_organisation {
                return Ok(Written::LastAdmin);
            }
            deed.before = before.map(|b| told(b, hand.by()).to_string());
            deed.after = row.as_ref().map(|r| told(r, hand.by()).to_string());
            match &row {
                Some(row) => work.site_access_put(row).await?,
                None => work.site_access_delete(site, user).await?,
            }
            withdraw_of(work, &brought, org, user, |p| p == Place::Site(site)).await?;
            work.audit(&deed);
            Ok(Written::Done)
        })
    });
    match written.await? {
        Written::Done => {}
        Written::Gone => return Err(Error::NotFound),
        Written::Moved => return Err(revision::too_busy()),
        Written::NotAdmin => {
            return Err(Error::Denied {
                permission: Some(MANAGE),
                why: "permission_denied",
            });
        }
        Written::LastAdmin => {
            let detail = "A site keeps at least one admin, unless an Administrator of the organisation takes it over.";
            return Err(Error::conflict("last_administrator", detail));
        }
    }
    app.bus().publish(News::Revoked(user)).await;
    Ok(())
}

/// Who, what, and by which right it was changed.
pub(crate) fn told(row: &SiteAccessRow, by: &str) -> Value {
    let keys = |set: PermissionSet| set.iter().map(Permission::key).collect::<Vec<_>>();
    json!({
        "user": row.user, "level": row.access.level.key(), "by": by,
        "grants": keys(row.access.grants), "denials": keys(row.access.denials),
    })
}
