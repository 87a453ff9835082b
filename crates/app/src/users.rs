//! People with accounts, as the command line makes them. (Inviting comes with the whole of
//! access.)

use bus::News;
use domain::id::{OrgId, UserId};
use domain::mail::{Language, MailKind};
use domain::role::{Caller, RoleSet};
use serde_json::json;
use store::{Lane, MembershipRow, UserRow};

use crate::app::App;
use crate::audit::Brought;
use crate::error::Error;
use crate::invitations::{Place, withdraw_of};
use crate::mail::{self, Letter};
use crate::review::{LONGEST_NAME, Review};
use crate::{audit, gate, passwords, secret};

/// An account and what it is where.
#[derive(Debug, Clone)]
pub struct UserView {
    /// The person.
    pub id: UserId,
    /// The address.
    pub email: String,
    /// The name.
    pub name: String,
    /// In each organisation, the oldest membership first.
    pub memberships: Vec<MembershipRow>,
}

/// Looks at an account that is about to be made.
pub(crate) fn review(email: &str, name: &str, password: &str) -> Review {
    let mut review = Review::default();
    review.refuse(
        !is_address(email),
        "/email",
        "invalid",
        "This is no e-mail address.",
    );
    review.needed("/name", Some(name), LONGEST_NAME);
    review.also(passwords::problem("/password", password, email));
    review
}

/// Whether a text has the form of an e-mail address.
pub(crate) fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
        && !text.chars().any(|c| c.is_control() || c.is_whitespace())
        && text.len() <= 254
}

/// The organisation that the command line means: the root where it names none.
pub(crate) async fn meant(app: &App, named: Option<OrgId>) -> Result<OrgId, Error> {
    match named {
        None => app
            .root()
            .await?
            .ok_or_else(|| Error::conflict("setup_needed", "Run the setup first.")),
        Some(org) => {
            let there = app.store().read.organisation(org).await?;
            let detail = "There is no such organisation.";
            there.ok_or_else(|| Error::invalid("/organisation", "not_found", detail))?;
            Ok(org)
        }
    }
}

/// The account with an address, and the organisation that is meant: the root where none is named.
/// For the command line only.
pub async fn find(
    app: &App,
    caller: &Caller,
    email: &str,
    organisation: Option<OrgId>,
) -> Result<(UserId, OrgId), Error> {
    gate::permit_system(caller)?;
    let user = account(app, email).await?;
    Ok((user.id, meant(app, organisation).await?))
}

/// The organisation that is meant: the root where none is named. For the command line only.
pub async fn organisation(
    app: &App,
    caller: &Caller,
    named: Option<OrgId>,
) -> Result<OrgId, Error> {
    gate::permit_system(caller)?;
    meant(app, named).await
}

/// Makes an account with roles in an organisation, the root where none is named. For the command
/// line only.
pub async fn create(
    app: &App,
    caller: &Caller,
    email: &str,
    name: &str,
    password: &str,
    roles: RoleSet,
    organisation: Option<OrgId>,
) -> Result<UserId, Error> {
    gate::permit_system(caller)?;
    let mut review = review(email.trim(), name, password);
    let none = roles.is_empty();
    review.refuse(none, "/roles", "required", "At least one role is needed.");
    review.passed()?;
    let org = meant(app, organisation).await?;
    let user = UserRow {
        id: UserId::from_uuid(app.draw()),
        email: email.trim().to_owned(),
        name: name.trim().to_owned(),
        password_hash: secret::hash_password(app, password).await?,
        created_at: app.now(),
        proven_at: Some(app.now()),
    };
    let membership = MembershipRow::new(user.id, org, roles, app.now());
    let words: Vec<&str> = roles.iter().map(|r| r.key()).collect();
    let after = json!({"roles": words});
    let deed = audit::row(
        app,
        caller,
        org,
        "users.create",
        user.id,
        None,
        Some(&after),
    );
    let (id, brought) = (user.id, Brought::new(app, &deed));
    let made = app.store().write(Lane::Org(org), move |work| {
        let (user, membership, deed) = (user.clone(), membership.clone(), deed.clone());
        let brought = brought.clone();
        Box::pin(async move {
            work.user_insert(&user).await?;
            work.membership_put(&membership).await?;
            withdraw_of(work, &brought, org, user.id, |p| p == Place::Members).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    match made.await {
        Ok(()) => Ok(id),
        Err(store::Error::Conflict(_)) => Err(Error::conflict(
            "email_taken",
            "There is an account with this address.",
        )),
        Err(other) => Err(other.into()),
    }
}

/// Gives an account another password, ends all its logins and tells its owner by mail. For the
/// command line only.
pub async fn reset_password(
    app: &App,
    caller: &Caller,
    email: &str,
    password: &str,
) -> Result<(), Error> {
    gate::permit_system(caller)?;
    if let Some(problem) = passwords::problem("/password", password, email.trim()) {
        return Err(Error::Invalid {
            problems: vec![problem],
        });
    }
    let user = account(app, email).await?;
    let root = app.root().await?;
    let org = root.ok_or(Error::NotFound)?;
    let hash = secret::hash_password(app, password).await?;
    let deed = audit::row(
        app,
        caller,
        org,
        "users.reset_password",
        user.id,
        None,
        None,
    );
    let letter = Letter {
        about: None,
        to: &user.email,
        kind: MailKind::PasswordChanged,
        language: Language::default(),
        name: Some(&user.name),
        organisation: None,
        inviter: None,
        link: "/login",
        until: None,
    };
    let notice = mail::queue(app, org, &letter)?;
    let user = user.id;
    app.store()
        .write(Lane::Org(org), move |work| {
            let (hash, deed, notice) = (hash.clone(), deed.clone(), notice.clone());
            Box::pin(async move {
                work.user_password(user, &hash, None, None).await?;
                work.mail_insert(&notice).await?;
                work.audit(&deed);
                Ok(())
            })
        })
        .await?;
    app.bus().publish(News::Revoked(user)).await;
    Ok(())
}

/// Removes an account's authenticator app, recovery codes and passkeys, for whoever lost them or had
/// them taken over, and ends all its logins; the password stays. Tells whether there was an
/// authenticator app, and how many passkeys. For the command line only.
pub async fn reset_second_factor(
    app: &App,
    caller: &Caller,
    email: &str,
) -> Result<(bool, u64), Error> {
    gate::permit_system(caller)?;
    let account = account(app, email).await?;
    let user = account.id;
    let org = app.root().await?.ok_or(Error::NotFound)?;
    let letter = Letter {
        to: &account.email,
        kind: MailKind::SecondFactorRemoved,
        language: Language::default(),
        name: Some(&account.name),
        organisation: None,
        inviter: Some("Whoever runs this instance"),
        link: "/login",
        until: None,
        about: None,
    };
    let notice = mail::queue(app, org, &letter)?;
    let action = "users.reset_second_factor";
    let deed = audit::row(app, caller, org, action, user, None, None);
    let removed = app.store().write(Lane::Org(org), move |work| {
        let (deed, notice) = (deed.clone(), notice.clone());
        Box::pin(async move {
            let authenticator = work.authenticator_delete(user).await?;
            let passkeys = work.passkeys_delete(user).await?;
            work.logins_delete(user).await?;
            work.trust_delete(user, None).await?;
            work.mail_insert(&notice).await?;
            work.audit(&deed);
            Ok((authenticator, passkeys))
        })
    });
    let removed = removed.await?;
    app.bus().publish(News::Revoked(user)).await;
    Ok(removed)
}

/// Gives a person other roles in an organisation, the root where none is named, and brings them back
/// if they were archived; without any, nobody can sign in as that person, and all web sessions end. The last Administrator stays one. For the command line only.
pub async fn set_roles(
    app: &App,
    caller: &Caller,
    email: &str,
    roles: RoleSet,
    organisation: Option<OrgId>,
) -> Result<(), Error> {
    gate::permit_system(caller)?;
    let user = account(app, email).await?.id;
    let org = meant(app, organisation).await?;
    let told = |roles: RoleSet, archived: bool| {
        let words: Vec<&str> = roles.iter().map(|r| r.key()).collect();
        json!({"roles": words, "archived": archived}).to_string()
    };
    let draft = audit::row(app, caller, org, "users.set_roles", user, None, None);
    let (now, brought) = (app.now(), Brought::new(app, &draft));
    let written = app.store().write(Lane::Org(org), move |work| {
        let (mut deed, brought) = (draft.clone(), brought.clone());
        Box::pin(async move {
            let mut members = work.members(org).await?;
            let at = members.iter().position(|m| m.user == user);
            let mut member = match at {
                Some(at) => members.swap_remove(at),
                None => MembershipRow::new(user, org, roles, now),
            };
            // Read and written in one unit, of which there is one at a time for an organisation.
            let capped = work.capped_maker(org).await?;
            let counts = |m: &MembershipRow| m.administers() && Some(m.user) != capped;
            let did = counts(&member);
            let archived = member.archived_at.is_some();
            deed.before = at.map(|_| told(member.roles, archived));
            member.roles = roles;
            member.archived_at = None;
            member.revision += 1;
            if did && !counts(&member) && !members.iter().any(counts) {
                return Ok(false);
            }
            work.membership_put(&member).await?;
            withdraw_of(work, &brought, org, user, |p| p == Place::Members).await?;
            deed.after = Some(told(roles, false));
            if roles.is_empty() {
                work.logins_delete(user).await?;
            }
            work.audit(&deed);
            Ok(true)
        })
    });
    if !written.await? {
        let detail = "An organisation keeps at least one Administrator.";
        return Err(Error::conflict("last_administrator", detail));
    }
    app.bus().publish(News::Revoked(user)).await;
    Ok(())
}

/// The account of an address. For the command line, which may know who has one.
async fn account(app: &App, email: &str) -> Result<UserRow, Error> {
    let found = app.store().read.user_by_email(email.trim()).await?;
    let detail = "There is no account with this address.";
    found.ok_or_else(|| Error::invalid("/email", "not_found", detail))
}

/// Everybody with an account, by address. For the command line only.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<UserView>, Error> {
    gate::permit_system(caller)?;
    let read = &app.store().read;
    let mut views = Vec::new();
    for user in read.users().await? {
        views.push(UserView {
            memberships: read.memberships(user.id).await?,
            id: user.id,
            email: user.email,
            name: user.name,
        });
    }
    Ok(views)
}
