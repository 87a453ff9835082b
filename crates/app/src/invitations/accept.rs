//! Accepting an invitation by its link, which also proves the address: no second mail is sent.

use bus::News;
use domain::id::{OrgId, UserId};
use domain::invitation::{Offer, Purpose};
use domain::module::ModuleSet;
use domain::organisation::{Organisation, Profile, may_have};
use domain::role::{Caller, Role, RoleSet};
use domain::site_access::Level;
use serde_json::json;
use store::{InvitationRow, Lane, MembershipRow, SiteAccessRow, UserRow, Work};

use super::{authority, usable};
use crate::app::App;
use crate::error::Error;
use crate::logins::{self, Newcomer, Visitor};
use crate::me::{self, Me};
use crate::review::{LONGEST_NAME, Review};
use crate::{audit, organisations, passwords, revision, secret};

/// What somebody says who accepts.
#[derive(Clone, Default)]
pub struct Acceptance {
    /// The name, of somebody without an account.
    pub name: Option<String>,
    /// The password, of somebody without an account.
    pub password: Option<String>,
    /// The name of the organisation, of somebody invited to make one.
    pub organisation: Option<String>,
}

/// To what a link invites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// To be a member with these roles.
    Member(RoleSet),
    /// To have access to the site of this name.
    Site(String, Level),
    /// To make an organisation.
    Organisation,
}

/// What a link is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The organisation that invites.
    pub organisation: String,
    /// Who invites.
    pub inviter: String,
    /// Whom.
    pub email: String,
    /// To what.
    pub subject: Subject,
    /// Whether there is an account with the address already.
    pub account: bool,
}

/// What became of an acceptance.
#[derive(Debug)]
pub enum Accepted {
    /// A new account, signed in.
    In {
        /// The secret for the cookie.
        cookie: String,
        /// Who it is.
        me: Box<Me>,
    },
    /// They have an account already, and sign in as ever.
    SignIn,
}

/// What a link is about, for whoever holds it.
pub async fn look(app: &App, token: &str) -> Result<Looked, Error> {
    let read = &app.store().read;
    let row = read.invitation_by_hash(&secret::digest(token)).await?;
    let row = usable(row, app.now())?;
    if !authority::stands(app, &row).await? {
        return Err(void(&row));
    }
    let (organisation, _) = read.organisation(row.org).await?.ok_or(Error::NotFound)?;
    let subject = match &row.purpose {
        Purpose::Member(assignment) => Subject::Member(assignment.roles),
        Purpose::Site { site, access } => {
            let site = read.site(row.org, *site).await?.ok_or_else(|| void(&row))?;
            Subject::Site(site.name, access.level)
        }
        Purpose::Organisation(_) => Subject::Organisation,
    };
    let account = read.user_by_email(&row.email).await?;
    Ok(Looked {
        organisation: organisation.name,
        inviter: row.inviter,
        email: row.email,
        subject,
        account: account.is_some_and(|user| user.proven_at.is_some()),
    })
}

/// The inviter may no longer do what the invitation does.
pub(super) fn void(row: &InvitationRow) -> Error {
    let detail = format!(
        "{} may not invite you to this any more: ask to be invited anew.",
        row.inviter
    );
    Error::conflict("invitation_void", detail)
}

/// Accepts an invitation: makes the account where there is none, and signs it in.
pub async fn accept(
    app: &App,
    token: &str,
    said: &Acceptance,
    visitor: Visitor<'_>,
) -> Result<Accepted, Error> {
    let hash = secret::digest(token);
    let read = &app.store().read;
    let row = usable(read.invitation_by_hash(&hash).await?, app.now())?;
    let account = read.user_by_email(&row.email).await?;
    let account = account.filter(|user| user.proven_at.is_some());
    let mut review = Review::default();
    if matches!(row.purpose, Purpose::Organisation(_)) {
        let name = said.organisation.as_deref().unwrap_or_default();
        review.needed("/organisation", Some(name), LONGEST_NAME);
    }
    if account.is_none() {
        let name = said.name.as_deref().unwrap_or_default();
        review.needed("/name", Some(name), LONGEST_NAME);
        let password = said.password.as_deref().unwrap_or_default();
        review.also(passwords::problem("/password", password, &row.email));
    }
    review.passed()?;
    if !authority::stands(app, &row).await? {
        return Err(void(&row));
    }
    let newcomer = account.is_none();
    let user = match account {
        Some(user) => user,
        None => {
            let password = said.password.as_deref().unwrap_or_default();
            UserRow {
                id: UserId::from_uuid(app.draw()),
                email: row.email.clone(),
                name: said.name.as_deref().unwrap_or_default().trim().to_owned(),
                password_hash: secret::hash_password(app, password).await?,
                created_at: app.now(),
                proven_at: Some(app.now()),
            }
        }
    };
    let made = said.organisation.as_deref().unwrap_or_default().trim();
    let joined = attach(app, &row, user, newcomer, made).await?;
    if !newcomer {
        return Ok(Accepted::SignIn);
    }
    let who = Newcomer {
        user: joined.user,
        org: joined.org,
        remote_ip: visitor.remote_ip,
        user_agent: visitor.user_agent,
    };
    let (cookie, login) = logins::draw(app, &who)?;
    let opened = app.store().write(Lane::Org(joined.org), move |work| {
        let login = login.clone();
        Box::pin(async move { work.login_insert(&login).await })
    });
    opened.await?;
    let caller = logins::caller(app, &cookie).await?;
    let member = caller.as_ref().and_then(Caller::member);
    let member = member.ok_or_else(|| Error::internal("a login just made is not there"))?;
    Ok(Accepted::In {
        me: Box::new(me::of_member(app, member).await?),
        cookie,
    })
}

/// Who came in, and where.
pub(super) struct Joined {
    pub user: UserId,
    pub org: OrgId,
}

enum Outcome {
    In(Joined),
    Used,
    Void,
    Modules(Error),
    Taken,
}

/// Gives a person what an invitation gives, in one unit of work: accepted and there, or neither.
/// `newcomer` says that the account is made by it; `made` names the organisation that is made.
pub(super) async fn attach(
    app: &App,
    row: &InvitationRow,
    user: UserRow,
    newcomer: bool,
    made: &str,
) -> Result<Joined, Error> {
    let now = app.now();
    let organisation = Organisation {
        id: OrgId::from_uuid(app.draw()),
        parent: Some(row.org),
        name: made.to_owned(),
        profile: Profile::default(),
        made_by: row.invited_by,
        made_under: Some(row.org),
        created_at: now,
    };
    let system = Caller::System { why: "invitation" };
    let after = super::told(&row.purpose);
    let action = "invitations.accept";
    let draft = audit::row(app, &system, row.org, action, row.id, None, Some(&after));
    let given = row.clone();
    let outcome = app.store().write(Lane::Org(row.org), move |work| {
        let (row, user, organisation) = (given.clone(), user.clone(), organisation.clone());
        let mut deed = draft.clone();
        Box::pin(async move {
            // Whoever makes an organisation holds the tree first, as everybody does who changes it.
            let modules = match &row.purpose {
                Purpose::Organisation(offer) => {
                    work.organisations_hold().await?;
                    match offered(work, row.org, offer).await? {
                        Ok(modules) => Some(modules),
                        Err(error) => return Ok(Outcome::Modules(error)),
                    }
                }
                _ => None,
            };
            if !work.invitation_accept(row.id, &row.hash, now).await? {
                return Ok(Outcome::Used);
            }
            let user = match account(work, user, newcomer).await? {
                Some(user) => user,
                None => return Ok(Outcome::Taken),
            };
            (deed.actor, deed.actor_name) = (Some(user.id), user.name.clone());
            let mut joined = Joined {
                user: user.id,
                org: row.org,
            };
            match &row.purpose {
                Purpose::Member(assignment) => {
                    let members = work.members(row.org).await?;
                    let before = members.into_iter().find(|m| m.user == user.id);
                    let kept = before.as_ref().filter(|m| m.counts());
                    let mut roles = assignment.roles;
                    roles.extend(kept.iter().flat_map(|m| m.roles.iter()));
                    work.membership_put(&MembershipRow {
                        user: user.id,
                        org: row.org,
                        roles,
                        sites: assignment.sites.clone(),
                        created_at: before.as_ref().map_or(now, |m| m.created_at),
                        archived_at: None,
                        revision: before.as_ref().map_or(revision::FIRST, |m| m.revision + 1),
                        provided: before.as_ref().is_some_and(|m| m.provided),
                    })
                    .await?;
                }
                Purpose::Site { site, access } => {
                    let people = work.site_people(*site).await?;
                    let before = people.iter().find(|p| p.user == user.id);
                    // Removed since it was looked at, with its access.
                    if !work.site_is_there(*site).await? {
                        return Ok(Outcome::Void);
                    }
                    work.site_access_put(&SiteAccessRow {
                        site: *site,
                        user: user.id,
                        org: row.org,
                        access: *access,
                        created_at: before.map_or(now, |p| p.created_at),
                        revision: before.map_or(revision::FIRST, |p| p.revision + 1),
                    })
                    .await?;
                }
                Purpose::Organisation(_) => {
                    let modules = modules.unwrap_or_default();
                    work.organisation_insert(&organisation, &modules).await?;
                    joined.org = organisation.id;
                    let roles = RoleSet::EMPTY.with(Role::Administrator);
                    let first = MembershipRow::new(user.id, organisation.id, roles, now);
                    work.membership_put(&first).await?;
                    let name = json!({"name": organisation.name, "id": organisation.id});
                    deed.after = Some(json!({"to": "organisation", "made": name}).to_string());
                }
            }
            work.audit(&deed);
            Ok(Outcome::In(joined))
        })
    });
    match outcome.await? {
        Outcome::In(joined) => {
            tracing::info!(user.id = %joined.user, "an invitation was accepted");
            app.bus().publish(News::Revoked(joined.user)).await;
            Ok(joined)
        }
        Outcome::Used => Err(Error::Denied {
            permission: None,
            why: "link_used",
        }),
        Outcome::Void => Err(void(row)),
        Outcome::Modules(error) => Err(error),
        Outcome::Taken => {
            let detail = "There is an account with this address by now; open the link again.";
            Err(Error::conflict("email_taken", detail))
        }
    }
}

/// The account of whoever accepts; a registration that was not proved yields to the link, which
/// proves the address. None when somebody else made an account with it meanwhile.
async fn account(
    work: &mut Work,
    user: UserRow,
    newcomer: bool,
) -> Result<Option<UserRow>, store::Error> {
    if !newcomer {
        return Ok(Some(user));
    }
    match work.user_by_email(&user.email).await? {
        None => {
            work.user_insert(&user).await?;
            Ok(Some(user))
        }
        Some(before) if before.proven_at.is_none() => {
            let at = user.created_at;
            let user = UserRow {
                id: before.id,
                ..user
            };
            work.user_prove(&user, at).await?;
            let activation = domain::mail::MailKind::Activation;
            work.links_end(user.id, activation).await?;
            Ok(Some(user))
        }
        Some(_) => Ok(None),
    }
}

/// What a new organisation gets of what the one above it has at this moment.
async fn offered(
    work: &mut Work,
    above: OrgId,
    offer: &Offer,
) -> Result<Result<ModuleSet, Error>, store::Error> {
    let Some(above) = work.organisation(above).await? else {
        return Ok(Err(Error::NotFound));
    };
    Ok(match offer {
        Offer::Similar => Ok(ModuleSet {
            modules: above.modules.modules,
            ..ModuleSet::default()
        }),
        Offer::Custom(set) => may_have(set, &above.modules)
            .map(|()| set.clone())
            .map_err(|refusal| organisations::modules::refused(&refusal)),
    })
}
