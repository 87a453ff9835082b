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
use store::{Lane, SiteAccessRow};

use crate::app::App;
use crate::error::{Error, Problem};
use crate::gate::{self, Pass};
use crate::{audit, revision, standing};

const MANAGE: Permission = Permission::SitesAccessManage;

/// What a person is to have at a site.
#[derive(Debug, Clone)]
pub struct AccessEdit {
    /// The level and what stands beside it.
    pub access: SiteAccess,
    /// One's own name, by which one gives up one's own rights knowingly.
    pub confirm: Option<String>,
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
    let lowered = before
        .as_ref()
        .is_some_and(|b| b.access.level > edit.access.level);
    if lowered {
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
    write(app, caller, pass.org, site, user, Some(row.clone())).await?;
    Ok(row)
}

/// Takes somebody's access to a site away; one's own is left by anybody who has it.
pub async fn remove(
    app: &App,
    caller: &Caller,
    site: SiteId,
    user: UserId,
    confirm: Option<&str>,
) -> Result<(), Error> {
    let own = caller.member().filter(|member| member.user == user);
    let org = match own {
        Some(member) if member.site_rights.contains_key(&site) => member.scope.org,
        _ => within(app, caller, site).await?.org,
    };
    let before = app.store().read.site_access(site, user).await?;
    let before = before.filter(|b| b.org == org).ok_or(Error::NotFound)?;
    if own.is_some() {
        own_demotion(app, caller, site, user, confirm).await?;
    } else if !may_give(app, caller, site, &before.access).await? {
        return Err(beyond());
    }
    write(app, caller, org, site, user, None).await
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
    NotAdmin,
    LastAdmin,
}

/// Puts `row` in place of what a person has at a site; none takes it away.
async fn write(
    app: &App,
    caller: &Caller,
    org: OrgId,
    site: SiteId,
    user: UserId,
    row: Option<SiteAccessRow>,
) -> Result<(), Error> {
    // The organisation may take a site over; its admins may not leave it without one.
    let by_organisation = caller
        .member()
        .is_none_or(|m| m.in_scope(Some(site)) && m.permissions.contains(MANAGE));
    let actor = caller.member().map(|m| m.user);
    let leaving = actor == Some(user) && row.is_none();
    let by = if by_organisation {
        "organisation"
    } else {
        "site"
    };
    let draft = audit::row(app, caller, org, "sites.access", site, None, None);
    let written = app.store().write(Lane::Org(org), move |work| {
        let (row, mut deed) = (row.clone(), draft.clone());
        Box::pin(async move {
            let people = work.site_people(site).await?;
            let admin = |p: &&SiteAccessRow| p.access.level == Level::Admin;
            // Read in the unit: two admins who take each other's access away cannot both win.
            let still = people.iter().filter(admin).any(|p| Some(p.user) == actor);
            if !by_organisation && !leaving && !still {
                return Ok(Written::NotAdmin);
            }
            let before = people.iter().find(|p| p.user == user);
            let was_admin = before.iter().any(admin);
            let stays_admin = row.iter().any(|r| admin(&r));
            let others = people.iter().filter(admin).any(|p| p.user != user);
            if was_admin && !stays_admin && !others && !by_organisation {
                return Ok(Written::LastAdmin);
            }
            deed.before = before.map(|b| told(b, by).to_string());
            deed.after = row.as_ref().map(|r| told(r, by).to_string());
            match &row {
                Some(row) => work.site_access_put(row).await?,
                None => work.site_access_delete(site, user).await?,
            }
            work.audit(&deed);
            Ok(Written::Done)
        })
    });
    match written.await? {
        Written::Done => {}
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
fn told(row: &SiteAccessRow, by: &str) -> Value {
    let keys = |set: PermissionSet| set.iter().map(Permission::key).collect::<Vec<_>>();
    json!({
        "user": row.user, "level": row.access.level.key(), "by": by,
        "grants": keys(row.access.grants), "denials": keys(row.access.denials),
    })
}
