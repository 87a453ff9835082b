//! What a person is in an organisation at this very moment: roles, sites, access to single sites,
//! and what all that allows. Nothing of it is remembered between two requests, so that a right
//! that is taken away is gone.

use std::collections::BTreeMap;

use domain::id::{LoginId, OrgId, UserId};
use domain::module::ModuleSet;
use domain::organisation::Organisation;
use domain::role::{Caller, Member, Role, RoleSet, Scope};
use store::{KeyRow, MembershipRow, SiteAccessRow, Work};

use crate::app::App;
use crate::error::Error;

/// A person as a member of `org`; none when they are nothing there.
pub(crate) async fn member(
    app: &App,
    user: UserId,
    org: OrgId,
    login: Option<LoginId>,
) -> Result<Option<Member>, Error> {
    let read = &app.store().read;
    let Some(person) = read.user(user).await? else {
        return Ok(None);
    };
    let Some((organisation, modules)) = read.organisation(org).await? else {
        return Ok(None);
    };
    let memberships = read.memberships(user).await?;
    let accesses = read.site_accesses(user).await?;
    let Some(mut member) = at(app, &modules, org, &memberships, &accesses) else {
        return Ok(None);
    };
    cap(app, user, &organisation, &memberships, &mut member).await?;
    Ok(Some(Member {
        user,
        name: person.name,
        login,
        ..member
    }))
}

/// The caller behind a key: its maker of this moment, within its scopes; none when the key has
/// ended or its maker is nobody there now.
pub(crate) async fn of_key(app: &App, key: &KeyRow) -> Result<Option<Caller>, Error> {
    if key.expires_at <= app.now() {
        return Ok(None);
    }
    let Some(mut member) = member(app, key.user, key.org, None).await? else {
        return Ok(None);
    };
    member.permissions = member.permissions.intersection(key.permissions);
    for rights in member.site_rights.values_mut() {
        *rights = rights.intersection(key.permissions);
    }
    Ok(Some(Caller::Key {
        key: key.id,
        member,
    }))
}

/// The same caller as it is now; none when the login or key is over, or the person is nobody there
/// any more.
pub(crate) async fn again(app: &App, caller: &Caller) -> Result<Option<Caller>, Error> {
    let read = &app.store().read;
    match caller {
        Caller::Key { key, .. } => match read.key(*key).await? {
            Some(row) => of_key(app, &row).await,
            None => Ok(None),
        },
        Caller::User(was) => {
            let Some(id) = was.login else {
                return Ok(None);
            };
            let login = read.login(id).await?;
            let Some(login) = login.filter(|login| login.expires_at > app.now()) else {
                return Ok(None);
            };
            let now = member(app, login.user, login.org, Some(id)).await?;
            match (now, was.viewed_as) {
                (Some(now), Some(role)) => viewing(app, now, role).await.map(Some),
                (now, _) => Ok(now.map(Caller::User)),
            }
        }
        Caller::Station(_) | Caller::System { .. } => Ok(Some(caller.clone())),
    }
}

/// The person as they would be with `role` alone. Whoever is no Administrator looks only as a role
/// that allows nothing beyond their own; else nothing changes.
pub(crate) async fn viewing(app: &App, own: Member, role: Role) -> Result<Caller, Error> {
    let Some((_, modules)) = app.store().read.organisation(own.scope.org).await? else {
        return Ok(Caller::User(own));
    };
    let roles = RoleSet::EMPTY.with(role);
    let permissions = app.gate().permissions(roles, &modules);
    let within = permissions.minus(own.permissions).is_empty();
    if !own.roles_in_force().contains(Role::Administrator) && !within {
        return Ok(Caller::User(own));
    }
    Ok(Caller::User(Member {
        roles,
        permissions: permissions.intersection(own.permissions),
        site_rights: BTreeMap::new(),
        viewed_as: Some(role),
        ..own
    }))
}

/// What the rows say about a person in `org`; without a name and a login yet.
fn at(
    app: &App,
    modules: &ModuleSet,
    org: OrgId,
    memberships: &[MembershipRow],
    accesses: &[SiteAccessRow],
) -> Option<Member> {
    let gate = app.gate();
    let membership = memberships
        .iter()
        .find(|m| m.org == org && !m.roles.is_empty());
    let here = accesses.iter().filter(|a| a.org == org);
    let site_rights: BTreeMap<_, _> = here
        .map(|a| (a.site, gate.site_rights(&a.access, modules)))
        .collect();
    if membership.is_none() && site_rights.is_empty() {
        return None;
    }
    let (roles, sites) = match membership {
        Some(m) => (m.roles, m.sites.clone()),
        None => (RoleSet::EMPTY, Some(Vec::new())),
    };
    let permissions = match membership {
        Some(m) => gate.permissions(m.roles, modules),
        None => gate.everybody(),
    };
    Some(Member {
        user: UserId::from_uuid(uuid::Uuid::nil()),
        name: String::new(),
        login: None,
        viewed_as: None,
        scope: Scope { org, sites },
        roles,
        capped: false,
        permissions,
        site_rights,
    })
}

/// Nobody gains by making an organisation: whoever made one may do no more in it than in the one
/// above it and in the one below which it was made, where they are capped likewise; and decides
/// nothing by being its Administrator who does not administer those (access.md A).
async fn cap(
    app: &App,
    user: UserId,
    organisation: &Organisation,
    memberships: &[MembershipRow],
    member: &mut Member,
) -> Result<(), Error> {
    if organisation.made_by != Some(user) {
        return Ok(());
    }
    for row in app.store().read.capping(organisation.id, user).await? {
        let above = at(app, &row.modules, row.organisation.id, memberships, &[]);
        // What is held in some sites of an organisation is not held in it as a whole.
        let held = above
            .as_ref()
            .map_or(app.gate().everybody(), |above| above.rights(None));
        member.permissions = member.permissions.intersection(held);
        let administers = |m: &MembershipRow| m.org == row.organisation.id && m.administers();
        member.capped |= !memberships.iter().any(administers);
    }
    Ok(())
}

/// The organisations in which a person is anything, each once, the oldest membership first.
pub(crate) async fn organisations(app: &App, user: UserId) -> Result<Vec<OrgId>, Error> {
    let read = &app.store().read;
    let members = read.memberships(user).await?;
    let members = members.into_iter().filter(|m| !m.roles.is_empty());
    let accesses = read.site_accesses(user).await?;
    let mut orgs: Vec<OrgId> = Vec::new();
    for org in members
        .map(|m| m.org)
        .chain(accesses.into_iter().map(|a| a.org))
    {
        if !orgs.contains(&org) {
            orgs.push(org);
        }
    }
    Ok(orgs)
}

/// Who does something, as they were when the request came: that may be over.
#[derive(Clone)]
pub(crate) struct Actor(Option<Member>);

impl Actor {
    pub fn of(caller: &Caller) -> Self {
        Self(caller.member().cloned())
    }

    /// Whether the actor is in the organisation what they were, read inside the unit.
    pub async fn stands(
        &self,
        work: &mut Work,
        org: OrgId,
        members: &[MembershipRow],
    ) -> Result<bool, store::Error> {
        let Some(actor) = &self.0 else {
            return Ok(true);
        };
        let still = members.iter().find(|m| m.user == actor.user);
        let same = |m: &MembershipRow| {
            m.counts() && m.roles == actor.roles && m.sites == actor.scope.sites
        };
        let capped = work.capped_maker(org).await? == Some(actor.user);
        Ok(still.is_some_and(same) && capped == actor.capped)
    }
}

/// Whether somebody who gives up rights of their own does it knowingly: by their own name.
pub(crate) fn confirmed(member: &Member, confirm: Option<&str>) -> bool {
    confirm.map(str::trim) == Some(member.name.as_str())
}

/// Asks again, naming who could give the rights back.
pub(crate) fn unconfirmed(who: &[String]) -> Error {
    let detail = match who {
        [] => "You cannot undo this yourself. Confirm by your own name.".to_owned(),
        who => format!(
            "You cannot undo this yourself; {} could. Confirm by your own name.",
            who.join(", ")
        ),
    };
    Error::conflict("confirm_own_demotion", detail)
}
