//! "Why can or can't Bo do X?": answered from the policy that is enforced.

use access::Standing;
pub use access::{Because, Blocked, Explanation};
use domain::id::{SiteId, UserId};
use domain::role::{Caller, Permission, RoleSet};

use crate::app::App;
use crate::error::Error;
use crate::{gate, standing};

/// Why somebody of the caller's organisation may or may not do `permission` at `site`, or without
/// one in the organisation as a whole. About oneself everybody may ask; about others, whoever has
/// `team.members.view`.
pub async fn explain(
    app: &App,
    caller: &Caller,
    user: UserId,
    permission: Permission,
    site: Option<SiteId>,
) -> Result<Explanation, Error> {
    let member = caller.member().ok_or(Error::NotFound)?;
    let org = member.scope.org;
    if member.user != user {
        gate::permit_whole(app, caller, Permission::TeamMembersView).await?;
    }
    let read = &app.store().read;
    if let Some(site) = site {
        let there = read.site(org, site).await?;
        let there = there.filter(|_| member.scope.sites.is_none() || member.knows(Some(site)));
        let detail = "There is no such site.";
        there.ok_or_else(|| Error::invalid("site_id", "not_found", detail))?;
    }
    let (_, modules) = read.organisation(org).await?.ok_or(Error::NotFound)?;
    let memberships = read.memberships(user).await?;
    let membership = memberships
        .iter()
        .find(|m| m.org == org && !m.roles.is_empty());
    let accesses = read.site_accesses(user).await?;
    let mut here = accesses.iter().filter(|a| a.org == org);
    if membership.is_none() && here.clone().next().is_none() {
        return Err(Error::NotFound);
    }
    let access = here.find(|a| Some(a.site) == site);
    let nowhere: &[SiteId] = &[];
    let standing = Standing {
        roles: membership.map_or(RoleSet::EMPTY, |m| m.roles),
        sites: membership.map_or(Some(nowhere), |m| m.sites.as_deref()),
        access: access.map(|a| a.access),
        modules: &modules,
    };
    let mut explained = app.gate().explain(&standing, permission, site);
    let really = standing::member(app, user, org, None).await?;
    if explained.allowed() && !really.is_some_and(|m| m.may(permission, site)) {
        explained.blocked.push(Blocked::Above);
    }
    Ok(explained)
}
