//! Accepting an invitation by its link, which also proves the address: no second mail is sent.

use bus::News;
use domain::audit::Deed;
use domain::clock::Moment;
use domain::id::{OrgId, UserId};
use domain::invitation::{Offer, Purpose};
use domain::mail::MailKind;
use domain::module::ModuleSet;
use domain::organisation::{Organisation, Profile, may_have};
use domain::role::{Caller, Role, RoleSet};
use domain::site_access::Level;
use serde_json::json;
use store::{InvitationRow, Lane, MembershipRow, SiteAccessRow, UserRow, Work};

use super::authority::Basis;
use super::place::{Held, Place};
use super::{authority, place, usable};
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
    if authority::stands(app, &row).await?.is_none() {
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
    let name = user.name.clone();
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
    let system = Caller::System { why: "sign-in" };
    let (action, after) = ("logins.open", json!({"by": "invitation"}));
    let org = joined.org;
    let mut deed = audit::row(app, &system, org, action, login.id, None, Some(&after));
    (deed.actor, deed.actor_name) = (Some(joined.user), name);
    let opened = app.store().write(Lane::Org(org), move |work| {
        let (login, deed) = (login.clone(), deed.clone());
        Box::pin(async move {
            work.login_insert(&login).await?;
            work.audit(&deed);
            Ok(())
        })
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
    /// Nothing was given and nothing written; the invitation is as it was.
    Refused(Error),
    /// What it was decided on has changed meanwhile.
    Moved,
}

/// What the unit of an acceptance works with.
#[derive(Clone)]
struct Gift {
    row: InvitationRow,
    basis: Basis,
    user: UserRow,
    /// Whether the account is made by it.
    newcomer: bool,
    /// For whoever makes an organisation.
    organisation: Organisation,
    deed: Deed,
    at: Moment,
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
    let deed = audit::row(app, &system, row.org, action, row.id, None, Some(&after));
    for _ in 0..revision::TRIES {
        let Some(basis) = authority::stands(app, row).await? else {
            return Err(void(row));
        };
        let gift = Gift {
            row: row.clone(),
            basis,
            user: user.clone(),
            newcomer,
            organisation: organisation.clone(),
            deed: deed.clone(),
            at: now,
        };
        let outcome = app.store().write(Lane::Org(row.org), move |work| {
            let gift = gift.clone();
            Box::pin(async move { gift.give(work).await })
        });
        match outcome.await? {
            Outcome::In(joined) => {
                tracing::info!(user.id = %joined.user, "an invitation was accepted");
                app.bus().publish(News::Revoked(joined.user)).await;
                return Ok(joined);
            }
            Outcome::Refused(error) => return Err(error),
            Outcome::Moved => {}
        }
    }
    Err(revision::too_busy())
}

impl Gift {
    /// Looks at everything first, and writes only then.
    async fn give(self, work: &mut Work) -> Result<Outcome, store::Error> {
        let row = &self.row;
        // Whoever makes an organisation holds the tree first, as everybody does who changes it.
        let modules = match &row.purpose {
            Purpose::Organisation(offer) => {
                work.organisations_hold().await?;
                match offered(work, row.org, offer).await? {
                    Ok(modules) => modules,
                    Err(error) => return Ok(Outcome::Refused(error)),
                }
            }
            _ => ModuleSet::default(),
        };
        if !self.basis.holds(work, row.org).await? {
            return Ok(Outcome::Moved);
        }
        let (user, unproved) = match self.account(work).await? {
            Ok(account) => account,
            Err(error) => return Ok(Outcome::Refused(error)),
        };
        // Removed since it was looked at, with its access.
        if let Purpose::Site { site, .. } = &row.purpose
            && !work.site_is_there(*site).await?
        {
            return Ok(Outcome::Refused(void(row)));
        }
        match place::held(work, row.org, user.id, Place::of(&row.purpose)).await? {
            Held::Nothing => {}
            Held::In => return Ok(Outcome::Refused(place::in_already())),
            Held::Archived => return Ok(Outcome::Refused(put_away())),
        }
        if !work.invitation_accept(row, self.at).await? {
            let now = work.invitation(row.id).await?;
            return Ok(Outcome::Refused(not_as_read(row, now.as_ref())));
        }
        if self.newcomer {
            self.open_account(work, &user, unproved).await?;
        }
        self.put(work, user, &modules).await
    }

    /// The account of whoever accepts, and whether it was registered and not proved before; a
    /// refusal when somebody else made an account with the address meanwhile.
    async fn account(
        &self,
        work: &mut Work,
    ) -> Result<Result<(UserRow, bool), Error>, store::Error> {
        let user = self.user.clone();
        if !self.newcomer {
            return Ok(Ok((user, false)));
        }
        Ok(match work.user_by_email(&user.email).await? {
            None => Ok((user, false)),
            Some(before) if before.proven_at.is_none() => {
                let id = before.id;
                Ok((UserRow { id, ..user }, true))
            }
            Some(_) => {
                let detail = "There is an account with this address by now; open the link again.";
                Err(Error::conflict("email_taken", detail))
            }
        })
    }

    /// Makes the account; a registration that was not proved yields to the link, which proves the
    /// address.
    async fn open_account(
        &self,
        work: &mut Work,
        user: &UserRow,
        unproved: bool,
    ) -> Result<(), store::Error> {
        if !unproved {
            return work.user_insert(user).await;
        }
        work.user_prove(user, user.created_at).await?;
        work.links_end(user.id, MailKind::Activation).await?;
        Ok(())
    }

    async fn put(
        &self,
        work: &mut Work,
        user: UserRow,
        modules: &ModuleSet,
    ) -> Result<Outcome, store::Error> {
        let (row, now) = (&self.row, self.at);
        let mut deed = self.deed.clone();
        (deed.actor, deed.actor_name) = (Some(user.id), user.name);
        let mut joined = Joined {
            user: user.id,
            org: row.org,
        };
        match &row.purpose {
            Purpose::Member(assignment) => {
                // Somebody without any role was in once.
                let members = work.members(row.org).await?;
                let before = members.into_iter().find(|m| m.user == user.id);
                let member = MembershipRow::new(user.id, row.org, assignment.roles, now);
                work.membership_put(&MembershipRow {
                    sites: assignment.sites.clone(),
                    created_at: before.as_ref().map_or(now, |m| m.created_at),
                    revision: before.as_ref().map_or(revision::FIRST, |m| m.revision + 1),
                    provided: before.is_some_and(|m| m.provided),
                    ..member
                })
                .await?;
            }
            Purpose::Site { site, access } => {
                work.site_access_put(&SiteAccessRow {
                    site: *site,
                    user: user.id,
                    org: row.org,
                    access: *access,
                    created_at: now,
                    revision: revision::FIRST,
                })
                .await?;
            }
            Purpose::Organisation(_) => {
                let organisation = &self.organisation;
                work.organisation_insert(organisation, modules).await?;
                joined.org = organisation.id;
                let roles = RoleSet::EMPTY.with(Role::Administrator);
                let first = MembershipRow::new(user.id, organisation.id, roles, now);
                work.membership_put(&first).await?;
                let name = json!({"name": organisation.name, "id": organisation.id});
                let told = json!({
                    "to": "organisation", "made": name,
                    "modules": modules.modules, "paid": modules.paid,
                });
                deed.after = Some(told.to_string());
            }
        }
        work.audit(&deed);
        Ok(Outcome::In(joined))
    }
}

/// Whoever was put away comes back only by being restored.
fn put_away() -> Error {
    let detail = "You were archived in this organisation: ask there to be restored.";
    Error::conflict("invitation_void", detail)
}

/// Why an invitation could not be accepted that was there a moment ago.
fn not_as_read(read: &InvitationRow, now: Option<&InvitationRow>) -> Error {
    let refused = |why| Error::Denied {
        permission: None,
        why,
    };
    match now {
        Some(row) if row.accepted_at.is_some() => refused("link_used"),
        Some(row) if row.hash == read.hash => {
            let detail = "It was changed a moment ago; open the link again.";
            Error::conflict("edited_meanwhile", detail)
        }
        _ => refused("link_invalid"),
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
