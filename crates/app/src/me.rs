//! Who the caller is and what they may do: a page never guesses.

use domain::id::{OrgId, SiteId, UserId};
use domain::role::{Caller, Member, PermissionSet, RoleSet};

use crate::app::App;
use crate::error::Error;

/// The signed-in person.
#[derive(Debug, Clone)]
pub struct Me {
    /// The person.
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// The organisation signed in to.
    pub organisation: OrgId,
    /// Its name.
    pub organisation_name: String,
    /// The roles there.
    pub roles: RoleSet,
    /// What they allow, with the organisation's modules.
    pub permissions: PermissionSet,
    /// The organisation's modules.
    pub modules: Vec<String>,
    /// Only these sites; all when none.
    pub sites: Option<Vec<SiteId>>,
}

/// Describes the caller to themselves. Needs no permission but being somebody.
pub async fn describe(app: &App, caller: &Caller) -> Result<Me, Error> {
    let member = caller.member().ok_or(Error::Denied {
        permission: None,
        why: "not_signed_in",
    })?;
    of_member(app, member).await
}

pub(crate) async fn of_member(app: &App, member: &Member) -> Result<Me, Error> {
    let read = &app.store().read;
    let user = read.user(member.user).await?.ok_or(Error::NotFound)?;
    let (organisation, modules) = read
        .organisation(member.scope.org)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Me {
        user: user.id,
        name: user.name,
        email: user.email,
        organisation: organisation.id,
        organisation_name: organisation.name,
        roles: member.roles,
        permissions: member.permissions,
        modules: modules.modules.into_iter().chain(modules.paid).collect(),
        sites: member.scope.sites.clone(),
    })
}
