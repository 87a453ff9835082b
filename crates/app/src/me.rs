//! Who the caller is and what they may do: a page never guesses.

pub use access::HeldBack;
use domain::id::{OrgId, SiteId, UserId};
use domain::role::{Caller, Member, PermissionSet, Role, RoleSet};

use serde_json::json;
use store::Lane;

use bus::News;

use crate::app::App;
use crate::error::Error;
use crate::{audit, identity_provider, standing};

/// The signed-in person.
#[derive(Debug, Clone)]
pub struct Me {
    /// The person.
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// Whether the account has a password here.
    pub has_password: bool,
    /// What people call the identity provider, where it knows the account.
    pub identity_provider: Option<String>,
    /// The organisation signed in to.
    pub organisation: OrgId,
    /// Its name.
    pub organisation_name: String,
    /// The name of the organisation above it, which says what it may use; none for the root, whose
    /// modules belong to the operator of the instance.
    pub above: Option<String>,
    /// The role as which they look about.
    pub viewed_as: Option<Role>,
    /// The roles there.
    pub roles: RoleSet,
    /// What they allow, with the organisation's modules.
    pub permissions: PermissionSet,
    /// What the roles would allow as well if the organisation had the modules for it.
    pub held_back: Vec<HeldBack>,
    /// The organisation's modules.
    pub modules: Vec<String>,
    /// Only these sites; all when none.
    pub sites: Option<Vec<SiteId>>,
    /// What access to single sites allows there, beside the permissions.
    pub site_rights: Vec<(SiteId, PermissionSet)>,
    /// The organisations that the person can work in, this one included.
    pub organisations: Vec<(OrgId, String)>,
}

/// Describes the caller to themselves. Needs no permission but being somebody.
pub async fn describe(app: &App, caller: &Caller) -> Result<Me, Error> {
    let member = caller.member().ok_or(Error::Denied {
        permission: None,
        why: "not_signed_in",
    })?;
    of_member(app, member).await
}

/// Somebody who looks about as a role; keys do not.
pub async fn viewing(app: &App, caller: Caller, role: Role) -> Result<Caller, Error> {
    match caller {
        Caller::User(member) => standing::viewing(app, member, role).await,
        other => Ok(other),
    }
}

pub(crate) async fn of_member(app: &App, member: &Member) -> Result<Me, Error> {
    let read = &app.store().read;
    let user = read.user(member.user).await?.ok_or(Error::NotFound)?;
    let (organisation, modules) = read
        .organisation(member.scope.org)
        .await?
        .ok_or(Error::NotFound)?;
    let above = match organisation.parent {
        Some(parent) => read.organisation(parent).await?.map(|(one, _)| one.name),
        None => None,
    };
    Ok(Me {
        above,
        held_back: app.gate().held_back(member.roles, &modules),
        has_password: user.password().is_some(),
        identity_provider: identity_provider::of(app, user.id).await?,
        user: user.id,
        name: user.name,
        email: user.email,
        organisation: organisation.id,
        organisation_name: organisation.name,
        viewed_as: member.viewed_as,
        roles: member.roles,
        permissions: member.permissions,
        modules: modules.modules.into_iter().chain(modules.paid).collect(),
        sites: member.scope.sites.clone(),
        site_rights: member.site_rights.iter().map(|(s, r)| (*s, *r)).collect(),
        organisations: read
            .organisations(&standing::organisations(app, member.user).await?)
            .await?
            .into_iter()
            .map(|row| (row.organisation.id, row.organisation.name))
            .collect(),
    })
}

/// Goes on working in another organisation, in which the caller is somebody. Any other looks like
/// one that is not there.
pub async fn switch(app: &App, caller: &Caller, org: OrgId) -> Result<Me, Error> {
    let member = caller.member().ok_or(Error::NotFound)?;
    let login = member.login.ok_or(Error::NotFound)?;
    let there = standing::member(app, member.user, org, Some(login)).await?;
    let there = there.ok_or(Error::NotFound)?;
    let after = json!({"organisation": org});
    let deed = audit::row(app, caller, org, "logins.switch", login, None, Some(&after));
    let written = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            work.login_switch(login, org).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    app.bus().publish(News::Revoked(member.user)).await;
    of_member(app, &there).await
}
