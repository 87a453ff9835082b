//! Registering without the link: somebody who is invited and has lost the mail chooses a name and
//! a password, and proves the address by another mail. Nobody learns here who is invited: every
//! answer is the same.

use domain::id::UserId;
use domain::invitation::{LINK_LIFE, PAUSE, Purpose};
use domain::mail::{Language, MailKind};
use domain::role::Caller;
use serde_json::json;
use store::{InvitationRow, Lane, LinkRow, UserRow};

use super::accept::attach;
use super::write_to;
use crate::app::App;
use crate::error::Error;
use crate::lockout::Lockout;
use crate::logins::{self, SignIn, Visitor};
use crate::mail::{self, Letter};
use crate::{audit, secret, users};

/// Somebody who registers.
#[derive(Clone)]
pub struct Registration<'a> {
    /// The address.
    pub email: &'a str,
    /// The name.
    pub name: &'a str,
    /// The password.
    pub password: &'a str,
    /// In which language they are written to.
    pub language: Language,
}

/// Takes a registration. When the address is invited, a mail asks to prove it; else nothing
/// happens, and the answer is the same.
pub async fn register(app: &App, said: Registration<'_>) -> Result<(), Error> {
    let email = said.email.trim();
    users::review(email, said.name, said.password).passed()?;
    // Hashed for nothing where nobody is invited, so that the answer takes as long.
    let password_hash = secret::hash_password(app, said.password).await?;
    let read = &app.store().read;
    let before = read.user_by_email(email).await?;
    let invitations = good(app, email).await?;
    let Some(first) = invitations.first() else {
        return Ok(());
    };
    if before.as_ref().is_some_and(|user| user.proven_at.is_some()) {
        return Ok(());
    }
    let again = before.is_some();
    let user = UserRow {
        id: before.map_or_else(|| UserId::from_uuid(app.draw()), |user| user.id),
        email: email.to_owned(),
        name: said.name.trim().to_owned(),
        password_hash,
        created_at: app.now(),
        proven_at: None,
    };
    let org = first.org;
    let letter = activation(app, org, &user, said.language).await?;
    let system = Caller::System {
        why: "registration",
    };
    let action = "users.register";
    let deed = audit::row(app, &system, org, action, user.id, None, None);
    let written = app.store().write(Lane::Org(org), move |work| {
        let (user, letter, deed) = (user.clone(), letter.clone(), deed.clone());
        Box::pin(async move {
            if again {
                work.user_register(&user).await?;
            } else {
                work.user_insert(&user).await?;
            }
            if let Some((link, mail)) = &letter {
                work.link_put(link).await?;
                work.mail_insert(mail).await?;
            }
            work.audit(&deed);
            Ok(())
        })
    });
    match written.await {
        // Twice at once: the other one is kept.
        Ok(()) | Err(store::Error::Conflict(_)) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

/// The invitations of an address that are good at this moment: a link that is too old is not made
/// younger by registering.
async fn good(app: &App, email: &str) -> Result<Vec<InvitationRow>, Error> {
    let mut rows = app.store().read.invitations_to(email).await?;
    rows.retain(|row| row.expires_at > app.now());
    Ok(rows)
}

/// A mail that asks to prove an address, with a fresh link; none when one went a moment ago.
async fn activation(
    app: &App,
    org: domain::id::OrgId,
    user: &UserRow,
    language: Language,
) -> Result<Option<(LinkRow, store::MailRow)>, Error> {
    let purpose = MailKind::Activation;
    let before = app.store().read.link_of(user.id, purpose).await?;
    let now = app.now();
    if before.is_some_and(|link| link.sent_at + PAUSE > now) {
        return Ok(None);
    }
    let drawn = secret::draw()?;
    let link = LinkRow {
        hash: secret::digest(&drawn),
        user: user.id,
        purpose,
        sent_at: now,
        expires_at: now + LINK_LIFE,
    };
    let letter = Letter {
        about: None,
        to: &user.email,
        kind: purpose,
        language,
        name: Some(&user.name),
        organisation: None,
        inviter: None,
        link: &format!("/activate#{drawn}"),
        until: Some(link.expires_at),
    };
    Ok(Some((link, mail::queue(app, org, &letter)?)))
}

/// Proves an address by the mailed link and the password that was chosen, so that nobody opens an
/// account that a stranger registered with the address; accepts what the address is invited to,
/// and signs in.
pub async fn activate(
    app: &App,
    token: &str,
    password: &str,
    visitor: Visitor<'_>,
) -> Result<SignIn, Error> {
    let refused = |why| Error::Denied {
        permission: None,
        why,
    };
    let hash = secret::digest(token);
    let read = &app.store().read;
    let link = read.link(&hash).await?;
    let link = link.filter(|link| link.purpose == MailKind::Activation);
    let link = link.ok_or_else(|| refused("link_invalid"))?;
    if link.expires_at <= app.now() {
        return Err(refused("link_expired"));
    }
    let user = read.user(link.user).await?.ok_or(Error::NotFound)?;
    let lockout = Lockout::from_afar(&user.email, visitor.remote_ip);
    if let Some(retry_after_s) = lockout.count(app).await? {
        return Ok(SignIn::TooMany { retry_after_s });
    }
    if !secret::is_password(app, password, user.password()).await? {
        return Ok(SignIn::WrongCredentials);
    }
    let invitations = good(app, &user.email).await?;
    let Some(first) = invitations.first() else {
        let waits = !read.invitations_to(&user.email).await?.is_empty();
        return Err(refused(if waits {
            "link_expired"
        } else {
            "link_invalid"
        }));
    };
    let (org, now) = (first.org, app.now());
    let system = Caller::System {
        why: "registration",
    };
    let action = "users.activate";
    let mut deed = audit::row(app, &system, org, action, user.id, None, None);
    (deed.actor, deed.actor_name) = (Some(user.id), user.name.clone());
    let person = user.clone();
    let proved = app.store().write(Lane::Org(org), move |work| {
        let (user, hash) = (person.clone(), hash.clone());
        let (deed, lockout) = (deed.clone(), lockout.clone());
        Box::pin(async move {
            if !work.link_take(&hash).await? {
                return Ok(false);
            }
            work.user_prove(&user, now).await?;
            lockout.forget(work).await?;
            work.audit(&deed);
            Ok(true)
        })
    });
    if !proved.await? {
        return Err(refused("link_used"));
    }
    let mut refusal = None;
    for row in invitations {
        // Whoever makes an organisation names it, by the link.
        if matches!(row.purpose, Purpose::Organisation(_)) {
            continue;
        }
        let joined = attach(app, &row, user.clone(), false, "").await;
        refusal = refusal.or(joined.err());
    }
    match logins::open(app, &user.email, password, visitor).await? {
        SignIn::WrongCredentials => Err(refusal.unwrap_or_else(|| refused("link_invalid"))),
        opened => Ok(opened),
    }
}

/// Who sends a mail again from the page on which one signs in.
const ASKED: &str = "asked for by the person";

/// Sends again, to an address, whatever it waits for: its invitations, or the mail that proves it.
/// The answer is the same for an address that waits for nothing.
pub async fn send_again(app: &App, email: &str) -> Result<(), Error> {
    let read = &app.store().read;
    let user = read.user_by_email(email.trim()).await?;
    let invitations = read.invitations_to(email.trim()).await?;
    if let Some(user) = user.filter(|user| user.proven_at.is_none())
        && let Some(first) = invitations.first()
    {
        let (org, language) = (first.org, first.language);
        if let Some((link, mail)) = activation(app, org, &user, language).await? {
            let system = Caller::System { why: ASKED };
            let (action, after) = ("users.register", json!({"sent": "again"}));
            let deed = audit::row(app, &system, org, action, user.id, None, Some(&after));
            let written = app.store().write(Lane::Org(org), move |work| {
                let (link, mail, deed) = (link.clone(), mail.clone(), deed.clone());
                Box::pin(async move {
                    work.link_put(&link).await?;
                    work.mail_insert(&mail).await?;
                    work.audit(&deed);
                    Ok(())
                })
            });
            written.await?;
        }
    }
    let due = app.now() - PAUSE;
    for row in invitations.into_iter().filter(|row| row.sent_at <= due) {
        invite_again(app, row).await?;
    }
    Ok(())
}

async fn invite_again(app: &App, before: InvitationRow) -> Result<(), Error> {
    let mut row = before.clone();
    let written = write_to(app, &mut row).await?;
    row.revision = before.revision + 1;
    let system = Caller::System { why: ASKED };
    let after = json!({"sent": "again"});
    let (org, action) = (row.org, "invitations.resend");
    let deed = audit::row(app, &system, org, action, row.id, None, Some(&after));
    let mail = written.mail;
    let done = app.store().write(Lane::Org(org), move |work| {
        let (row, mail, deed) = (row.clone(), mail.clone(), deed.clone());
        Box::pin(async move {
            if work.invitation_update(&row, row.revision - 1).await? {
                work.mail_insert(&mail).await?;
                work.audit(&deed);
            }
            Ok(())
        })
    });
    Ok(done.await?)
}
