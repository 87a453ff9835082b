//! Members of an organisation: their roles, and putting them away and back. There is always one
//! who administers it; whoever gives that up is asked again (access.md A).

use bus::News;
use domain::audit::Deed;
use domain::clock::Moment;
use domain::id::{OrgId, SiteId, UserId};
use domain::member::{Assignment, invitation, may_archive, may_change, may_give, may_restore};
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission, Role, RoleSet};
use serde_json::{Value, json};
use store::{Lane, MembershipRow, Work};
pub use store::{MemberFilter, MemberRow};

use crate::app::App;
use crate::audit::Brought;
use crate::error::Error;
use crate::gate;
use crate::invitations::{Place, withdraw_of};
use crate::revision::{self, Precondition};
use crate::standing::{self, Actor};
use crate::{audit, identity_provider, site_access, step_up};

/// What a member is to be anew; what is left out stays.
#[derive(Debug, Clone, Default)]
pub struct MemberEdit {
    /// The roles.
    pub roles: Option<RoleSet>,
    /// Only these sites; the whole organisation when none.
    pub sites: Option<Option<Vec<SiteId>>>,
    /// One's own name, by which one gives up one's own administration knowingly.
    pub confirm: Option<String>,
    /// On what it depends.
    pub when: Precondition,
}

/// The caller's own organisation, when it is `org`, for somebody with `permission` in all of it.
/// The command line is in every organisation.
async fn within(
    app: &App,
    caller: &Caller,
    org: OrgId,
    permission: Permission,
) -> Result<(), Error> {
    if matches!(caller, Caller::System { .. }) {
        let there = app.store().read.organisation(org).await?;
        return there.map(|_| ()).ok_or(Error::NotFound);
    }
    let pass = gate::permit_whole(app, caller, permission).await?;
    if pass.org == org {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

/// The members, with `team.members.view`, the oldest membership first.
pub async fn list(
    app: &App,
    caller: &Caller,
    org: OrgId,
    filter: &MemberFilter,
    page: &PageRequest,
) -> Result<Page<MemberRow>, Error> {
    within(app, caller, org, Permission::TeamMembersView).await?;
    Ok(app.store().read.members(org, filter, page).await?)
}

/// A member, archived or not, with `team.members.view`.
pub async fn find(
    app: &App,
    caller: &Caller,
    org: OrgId,
    user: UserId,
) -> Result<MemberRow, Error> {
    within(app, caller, org, Permission::TeamMembersView).await?;
    let row = app.store().read.member(org, user).await?;
    row.ok_or(Error::NotFound)
}

/// Looks at what somebody is to be: at least one role, and only sites that are there.
pub(crate) async fn review(app: &App, org: OrgId, assignment: &Assignment) -> Result<(), Error> {
    if assignment.roles.is_empty() {
        return Err(Error::invalid(
            "/roles",
            "required",
            "At least one role is needed.",
        ));
    }
    let Some(sites) = &assignment.sites else {
        return Ok(());
    };
    if sites.is_empty() {
        let detail = "At least one site, or none named for the whole organisation.";
        return Err(Error::invalid("/sites", "required", detail));
    }
    for (at, site) in sites.iter().enumerate() {
        if app.store().read.site(org, *site).await?.is_none() {
            let pointer = format!("/sites/{at}");
            return Err(Error::invalid(
                &pointer,
                "not_found",
                "There is no such site.",
            ));
        }
    }
    Ok(())
}

/// Why somebody may not give or take these roles.
pub(crate) fn beyond(caller: &Caller, roles: RoleSet) -> Error {
    let mut missing = roles.iter().filter(|role| !may_give(caller, *role));
    Error::Denied {
        permission: missing.find_map(invitation),
        why: "beyond_own_rights",
    }
}

/// Whether handing out or taking these roles is so grave that one shows again who one is.
pub(crate) fn grave(roles: RoleSet) -> bool {
    roles.contains(Role::Administrator) || roles.contains(Role::PaidModuleActivator)
}

/// Gives a member other roles, or other sites; each role that is given or taken needs the right to
/// give it.
pub async fn change(
    app: &App,
    caller: &Caller,
    org: OrgId,
    user: UserId,
    edit: MemberEdit,
) -> Result<MemberRow, Error> {
    let before = find(app, caller, org, user).await?.membership;
    let after = Assignment {
        roles: edit.roles.unwrap_or(before.roles),
        sites: edit.sites.clone().unwrap_or_else(|| before.sites.clone()),
    };
    if before.archived_at.is_some() {
        return Err(Error::conflict("archived", ARCHIVED));
    }
    if before.provided && before.roles != after.roles && identity_provider::gives(app, org).await? {
        let detail = "The identity provider says this person's roles, at each sign-in.";
        return Err(Error::conflict("roles_provided", detail));
    }
    let provided = before.provided;
    edit.when.admits(before.revision)?;
    review(app, org, &after).await?;
    let changed = before.assignment().changed(&after);
    if !may_change(caller, &before.assignment(), &after) {
        return Err(beyond(caller, changed));
    }
    if grave(changed) {
        step_up::demand(app, caller).await?;
    }
    if before.administers() && !after.administers() {
        own_demotion(app, caller, org, user, edit.confirm.as_deref()).await?;
    }
    let (when, to, by) = (edit.when, after, caller.clone());
    let (shown, confirmed) = (grave(changed), before.administers());
    let change = move |row: &MembershipRow, _: Moment| {
        if row.archived_at.is_some() {
            return Err(Refusal::Already("archived", ARCHIVED));
        }
        if when.admits(row.revision).is_err() {
            return Err(Refusal::Stale);
        }
        // The member may have become another since they were looked at, with more to take away.
        let taken = row.assignment().changed(&to);
        if !may_change(&by, &row.assignment(), &to) {
            return Err(Refusal::Beyond(taken));
        }
        let demoted = row.administers() && !to.administers();
        if (grave(taken) && !shown) || (demoted && !confirmed) || row.provided != provided {
            return Err(Refusal::Stale);
        }
        Ok(MembershipRow {
            roles: to.roles,
            sites: to.sites.clone(),
            ..row.clone()
        })
    };
    write(app, caller, org, user, "members.change", change).await
}

/// Puts a member away, with `team.archive_peers`: nobody in the organisation from now on, logins
/// and keys included, until restored.
pub async fn archive(
    app: &App,
    caller: &Caller,
    org: OrgId,
    user: UserId,
    confirm: Option<&str>,
) -> Result<MemberRow, Error> {
    within(app, caller, org, Permission::TeamArchivePeers).await?;
    let before = member(app, org, user).await?;
    if !may_archive(caller, before.roles) {
        return Err(Error::Denied {
            permission: Some(Permission::TeamArchivePeers),
            why: "beyond_own_rights",
        });
    }
    if grave(before.roles) {
        step_up::demand(app, caller).await?;
    }
    own_demotion(app, caller, org, user, confirm).await?;
    let (caller_too, archive, shown) = (caller.clone(), "members.archive", grave(before.roles));
    let change = move |row: &MembershipRow, now| {
        if row.archived_at.is_some() {
            return Err(Refusal::Already(
                "archived",
                "This member is archived already.",
            ));
        }
        // The roles may have become others since they were looked at.
        if !may_archive(&caller_too, row.roles) || (grave(row.roles) && !shown) {
            return Err(Refusal::Stale);
        }
        Ok(MembershipRow {
            archived_at: Some(now),
            ..row.clone()
        })
    };
    write(app, caller, org, user, archive, change).await
}

/// Brings an archived member back with the roles of before, with `team.restore`.
pub async fn restore(
    app: &App,
    caller: &Caller,
    org: OrgId,
    user: UserId,
) -> Result<MemberRow, Error> {
    let before = restorable(app, caller, org, user).await?;
    if grave(before.roles) {
        step_up::demand(app, caller).await?;
    }
    let (by, shown) = (caller.clone(), grave(before.roles));
    let change = move |row: &MembershipRow, _: Moment| {
        if !may_restore(&by, row.roles) || (grave(row.roles) && !shown) {
            return Err(Refusal::Stale);
        }
        if row.archived_at.is_none() {
            return Err(Refusal::Already(
                "not_archived",
                "This member is not archived.",
            ));
        }
        Ok(MembershipRow {
            archived_at: None,
            ..row.clone()
        })
    };
    write(app, caller, org, user, "members.restore", change).await
}

/// Ends the membership of somebody archived, with `team.restore`. What they did stays on record.
pub async fn remove(app: &App, caller: &Caller, org: OrgId, user: UserId) -> Result<(), Error> {
    let before = restorable(app, caller, org, user).await?;
    if before.archived_at.is_none() {
        let detail = "Only archived members can be deleted.";
        return Err(Error::conflict("not_archived", detail));
    }
    let draft = audit::row(app, caller, org, "members.delete", user, None, None);
    let brought = Brought::new(app, &draft);
    let (actor, by) = (Actor::of(caller), caller.clone());
    let gone = app.store().write(Lane::Org(org), move |work| {
        let (mut deed, brought, actor) = (draft.clone(), brought.clone(), actor.clone());
        let by = by.clone();
        Box::pin(async move {
            let members = work.members(org).await?;
            if !actor.stands(work, org, &members).await? {
                return Ok(Err(Refusal::NoRight));
            }
            let row = members.iter().find(|m| m.user == user);
            let Some(row) = row.filter(|m| m.archived_at.is_some() && may_restore(&by, m.roles))
            else {
                return Ok(Err(Refusal::Stale));
            };
            put_away(work, &brought, org, user).await?;
            work.membership_delete(org, user).await?;
            deed.before = Some(told(row).to_string());
            work.audit(&deed);
            Ok(Ok(()))
        })
    });
    gone.await?.map_err(Refusal::told(caller))?;
    app.bus().publish(News::Revoked(user)).await;
    Ok(())
}

async fn restorable(
    app: &App,
    caller: &Caller,
    org: OrgId,
    user: UserId,
) -> Result<MembershipRow, Error> {
    within(app, caller, org, Permission::TeamRestore).await?;
    let row = member(app, org, user).await?;
    if may_restore(caller, row.roles) {
        Ok(row)
    } else {
        Err(Error::Denied {
            permission: Some(Permission::TeamRestore),
            why: "beyond_own_rights",
        })
    }
}

async fn member(app: &App, org: OrgId, user: UserId) -> Result<MembershipRow, Error> {
    let row = app.store().read.member(org, user).await?;
    Ok(row.ok_or(Error::NotFound)?.membership)
}

const ARCHIVED: &str = "This member is archived; restore them first.";

/// Giving up one's own administration is asked again, naming who could give it back.
async fn own_demotion(
    app: &App,
    caller: &Caller,
    org: OrgId,
    user: UserId,
    confirm: Option<&str>,
) -> Result<(), Error> {
    let Some(own) = caller.member().filter(|member| member.user == user) else {
        return Ok(());
    };
    if standing::confirmed(own, confirm) {
        return Ok(());
    }
    let all = app.store().read.administrators(org).await?;
    let others = all.into_iter().filter(|(id, _)| *id != user);
    let names: Vec<String> = others.map(|(_, name)| name).collect();
    Err(standing::unconfirmed(&names))
}

/// Why a change was not made in its unit.
enum Refusal {
    Gone,
    Stale,
    Already(&'static str, &'static str),
    NoRight,
    Beyond(RoleSet),
    LastAdministrator,
}

impl Refusal {
    /// The refusal in the words of the API.
    fn told(caller: &Caller) -> impl Fn(Self) -> Error + '_ {
        |refusal| match refusal {
            Self::Gone => Error::NotFound,
            Self::Stale => revision::stale(),
            Self::Already(code, detail) => Error::conflict(code, detail),
            Self::Beyond(roles) => beyond(caller, roles),
            Self::NoRight => Error::Denied {
                permission: None,
                why: "permission_denied",
            },
            Self::LastAdministrator => last_administrator(),
        }
    }
}

/// Ends what somebody has in an organisation beside their membership: access to its sites, and what
/// they are invited to.
async fn put_away(
    work: &mut Work,
    brought: &Brought,
    org: OrgId,
    user: UserId,
) -> Result<(), store::Error> {
    for access in work.site_accesses(org, user).await? {
        work.site_access_delete(access.site, user).await?;
        let deed = Deed {
            object: access.site.to_string(),
            before: Some(site_access::told(&access, "organisation").to_string()),
            ..brought.deed(org, "sites.access")
        };
        work.audit(&deed);
    }
    withdraw_of(work, brought, org, user, |place| place != Place::Below).await
}

/// Changes a membership in one unit of work, of which there is one at a time for an organisation:
/// two who take each other's administration away cannot both win.
async fn write(
    app: &App,
    caller: &Caller,
    org: OrgId,
    user: UserId,
    action: &'static str,
    change: impl Fn(&MembershipRow, Moment) -> Result<MembershipRow, Refusal>
    + Clone
    + Send
    + Sync
    + 'static,
) -> Result<MemberRow, Error> {
    let draft = audit::row(app, caller, org, action, user, None, None);
    let (brought, actor) = (Brought::new(app, &draft), Actor::of(caller));
    let now = app.now();
    let written = app.store().write(Lane::Org(org), move |work| {
        let (mut deed, change) = (draft.clone(), change.clone());
        let (brought, actor) = (brought.clone(), actor.clone());
        Box::pin(async move {
            let members = work.members(org).await?;
            if !actor.stands(work, org, &members).await? {
                return Ok(Err(Refusal::NoRight));
            }
            let Some(before) = members.iter().find(|m| m.user == user) else {
                return Ok(Err(Refusal::Gone));
            };
            let mut after = match change(before, now) {
                Ok(after) => after,
                Err(refusal) => return Ok(Err(refusal)),
            };
            // Whoever is capped does not keep the organisation.
            let capped = work.capped_maker(org).await?;
            let counts = |m: &MembershipRow| m.administers() && Some(m.user) != capped;
            let mut others = members.iter().filter(|m| m.user != user);
            if counts(before) && !counts(&after) && !others.any(counts) {
                return Ok(Err(Refusal::LastAdministrator));
            }
            after.revision = before.revision + 1;
            work.membership_put(&after).await?;
            if after.archived_at.is_some() {
                put_away(work, &brought, org, user).await?;
            } else {
                withdraw_of(work, &brought, org, user, |p| p == Place::Members).await?;
            }
            deed.before = Some(told(before).to_string());
            deed.after = Some(told(&after).to_string());
            work.audit(&deed);
            Ok(Ok(()))
        })
    });
    written.await?.map_err(Refusal::told(caller))?;
    app.bus().publish(News::Revoked(user)).await;
    let row = app.store().read.member(org, user).await?;
    row.ok_or(Error::NotFound)
}

pub(crate) fn last_administrator() -> Error {
    let detail = "An organisation keeps at least one Administrator.";
    Error::conflict("last_administrator", detail)
}

/// What a membership is, for the audit trail.
fn told(row: &MembershipRow) -> Value {
    let roles: Vec<&str> = row.roles.iter().map(Role::key).collect();
    json!({"roles": roles, "sites": row.sites, "archived": row.archived_at.is_some()})
}
