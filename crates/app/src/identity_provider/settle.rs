//! Who somebody is here whom the provider knows. An account is found by the provider's own name for
//! the person, and the first time by the address that the provider has seen to be theirs. Roles
//! that the provider gives are those of each sign-in; where they reach is said here.

use domain::audit::Deed;
use domain::id::{OrgId, UserId};
use domain::mail::{Language, MailKind};
use domain::role::{Caller, Role, RoleSet};
use serde_json::json;
use store::{Lane, MailRow, MembershipRow, UserRow, Work};

use bus::News;

use super::{Proved, Unsettled};
use crate::app::App;
use crate::audit::Brought;
use crate::error::Error;
use crate::invitations::{Place, withdraw_of};
use crate::mail::{self, Letter};
use crate::{audit, users};

/// What the unit finds, and who looks.
#[derive(Clone)]
struct Case {
    proved: Proved,
    /// For an account that is made.
    fresh: UserId,
    org: OrgId,
    /// None when the provider has no say.
    roles: Option<RoleSet>,
    account: Deed,
    membership: Deed,
    /// What the owner of an account is told that opens at the provider from now on.
    notice: Option<MailRow>,
    /// What enrolling brings with it.
    brought: Brought,
}

/// What the owner of the address is told when their account is found by it.
fn notice(
    app: &App,
    proved: &Proved,
    provider: &str,
    org: OrgId,
) -> Result<Option<MailRow>, Error> {
    let identity = &proved.identity;
    let address = identity.email.as_deref();
    let Some(to) = address.filter(|address| users::is_address(address)) else {
        return Ok(None);
    };
    let letter = Letter {
        to,
        kind: MailKind::ProviderLinked,
        language: Language::default(),
        name: identity.name.as_deref(),
        organisation: Some(provider),
        inviter: None,
        link: "/me",
        until: None,
        about: None,
    };
    mail::queue(app, org, &letter).map(Some)
}

/// Finds or makes the account, and sets its roles.
pub(crate) async fn settle(
    app: &App,
    proved: Proved,
) -> Result<Result<(UserRow, OrgId), Unsettled>, Error> {
    let own = super::own(app)?;
    let org = own.home(app).await?;
    let fresh = UserId::from_uuid(app.draw());
    let system = Caller::System {
        why: "identity provider",
    };
    let roles = own.grants(&proved.identity.values);
    if roles.is_some_and(RoleSet::is_empty) {
        tracing::warn!(
            oidc.issuer = proved.identity.issuer,
            "the identity provider gives somebody no role: look at `oidc.roles_claim` if they should have one"
        );
    }
    let membership = audit::row(app, &system, org, "members.change", fresh, None, None);
    let case = Case {
        notice: notice(app, &proved, &own.name, org)?,
        roles,
        account: audit::row(app, &system, org, "users.create", fresh, None, None),
        brought: Brought::new(app, &membership),
        membership,
        proved,
        fresh,
        org,
    };
    let settled = app.store().write(Lane::Org(org), move |work| {
        let case = case.clone();
        Box::pin(async move {
            let user = match case.person(work).await? {
                Ok(user) => user,
                Err(unsettled) => return Ok(Err(unsettled)),
            };
            let changed = match case.roles {
                Some(roles) => case.enrol(work, &user, roles).await?,
                None => false,
            };
            Ok(Ok((user, changed)))
        })
    });
    Ok(match settled.await? {
        Ok((user, changed)) => {
            if changed {
                app.bus().publish(News::Revoked(user.id)).await;
            }
            Ok((user, org))
        }
        Err(unsettled) => Err(unsettled),
    })
}

impl Case {
    /// The account of the person: the one that is known, the one with the address, or a new one.
    async fn person(&self, work: &mut Work) -> Result<Result<UserRow, Unsettled>, store::Error> {
        let (identity, at) = (&self.proved.identity, self.proved.at);
        let (issuer, subject) = (&identity.issuer, &identity.subject);
        if let Some(id) = work.identity_use(issuer, subject, at).await? {
            return Ok(work.user(id).await?.ok_or(Unsettled::Unknown));
        }
        let address = identity.email.as_deref();
        let Some(address) = address.filter(|address| users::is_address(address)) else {
            return Ok(Err(Unsettled::NoAddress));
        };
        let user = match work.user_by_email(address).await? {
            Some(user) if user.proven_at.is_some() => user,
            // Whoever typed this address once and never proved it has no part in the account.
            Some(user) => {
                let user = UserRow {
                    name: self.name(address),
                    password_hash: UserRow::NO_PASSWORD.to_owned(),
                    proven_at: Some(at),
                    ..user
                };
                work.links_end(user.id, MailKind::Activation).await?;
                work.user_prove(&user, at).await?;
                work.user_rename(user.id, &user.name).await?;
                user
            }
            None if self.roles.is_none_or(RoleSet::is_empty) => {
                return Ok(Err(Unsettled::Unknown));
            }
            None => {
                let user = UserRow {
                    id: self.fresh,
                    email: address.to_owned(),
                    name: self.name(address),
                    password_hash: UserRow::NO_PASSWORD.to_owned(),
                    created_at: at,
                    proven_at: Some(at),
                };
                work.user_insert(&user).await?;
                user
            }
        };
        work.identity_insert(issuer, subject, user.id, at).await?;
        let made = user.id == self.fresh;
        if let (false, Some(notice)) = (made, &self.notice) {
            work.mail_insert(notice).await?;
        }
        let action = if made { "users.create" } else { "users.link" };
        work.audit(&Deed {
            action: action.to_owned(),
            object: user.id.to_string(),
            after: Some(json!({"identity_provider": issuer}).to_string()),
            ..self.account.clone()
        });
        Ok(Ok(user))
    }

    /// The name of the person, as the provider has it.
    fn name(&self, address: &str) -> String {
        let name = self.proved.identity.name.as_deref().map(str::trim);
        let name = name.filter(|name| !name.is_empty()).unwrap_or(address);
        name.chars().take(crate::review::LONGEST_NAME).collect()
    }

    /// Gives the person the roles that the provider tells; whether anything changed. Whoever was
    /// put away here stays so, and the last who administers the organisation goes on.
    async fn enrol(
        &self,
        work: &mut Work,
        user: &UserRow,
        roles: RoleSet,
    ) -> Result<bool, store::Error> {
        let members = work.members(self.org).await?;
        let before = members.iter().find(|m| m.user == user.id);
        let after = match before {
            Some(member) if member.archived_at.is_some() => return Ok(false),
            Some(member) if member.provided && member.roles == roles => return Ok(false),
            Some(member) => MembershipRow {
                roles,
                provided: true,
                revision: member.revision + 1,
                ..member.clone()
            },
            None if roles.is_empty() => return Ok(false),
            None => MembershipRow {
                provided: true,
                ..MembershipRow::new(user.id, self.org, roles, self.proved.at)
            },
        };
        let mut others = members.iter().filter(|m| m.user != user.id);
        let capped = work.capped_maker(self.org).await?;
        let counts = |m: &MembershipRow| m.administers() && Some(m.user) != capped;
        if before.is_some_and(counts) && !counts(&after) && !others.any(counts) {
            tracing::warn!(
                user.id = %user.id,
                "the identity provider gives no Administrator any more; the last one stays"
            );
            return Ok(false);
        }
        work.membership_put(&after).await?;
        let place = |place| place == Place::Members;
        withdraw_of(work, &self.brought, self.org, user.id, place).await?;
        let words = |roles: RoleSet| roles.iter().map(Role::key).collect::<Vec<_>>();
        let is = json!({"roles": words(roles), "identity_provider": true});
        work.audit(&Deed {
            object: user.id.to_string(),
            before: before.map(|m| json!({"roles": words(m.roles)}).to_string()),
            after: Some(is.to_string()),
            ..self.membership.clone()
        });
        Ok(true)
    }
}
