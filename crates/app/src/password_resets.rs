//! Choosing another password by a mailed link. Whoever asks learns nothing about the address: the
//! answer is the same. A second factor stays: the link alone opens no account that has one.

use bus::News;
use chrono::TimeDelta;
use domain::invitation::PAUSE;
use domain::mail::{Language, MailKind};
use domain::role::Caller;
use store::{Lane, LinkRow, UserRow};

use crate::app::App;
use crate::error::Error;
use crate::logins::DEVICE_LIFE;
use crate::mail::{self, Letter};
use crate::{audit, passwords, secret, standing};

/// How long a link lives.
const LIFE: TimeDelta = TimeDelta::hours(1);

/// Mails a link to the owner of an account, where there is one with the address.
pub async fn ask(app: &App, email: &str, language: Language) -> Result<(), Error> {
    let read = &app.store().read;
    let user = read.user_by_email(email.trim()).await?;
    // Whoever has no password signs in elsewhere, and is to stay out when they are put out there.
    let open = |user: &UserRow| user.proven_at.is_some() && user.password().is_some();
    let Some(user) = user.filter(open) else {
        return Ok(());
    };
    let orgs = standing::organisations(app, user.id).await?;
    let Some(org) = orgs.into_iter().next() else {
        return Ok(());
    };
    let now = app.now();
    let before = read.link_of(user.id, MailKind::PasswordReset).await?;
    if before.is_some_and(|link| link.sent_at + PAUSE > now) {
        return Ok(());
    }
    let drawn = secret::draw()?;
    let link = LinkRow {
        hash: secret::digest(&drawn),
        user: user.id,
        purpose: MailKind::PasswordReset,
        sent_at: now,
        expires_at: now + LIFE,
    };
    let letter = Letter {
        about: None,
        to: &user.email,
        kind: MailKind::PasswordReset,
        language,
        name: Some(&user.name),
        organisation: None,
        inviter: None,
        link: &format!("/reset#{drawn}"),
        until: Some(link.expires_at),
    };
    let mail = mail::queue(app, org, &letter)?;
    let system = Caller::System {
        why: "password reset",
    };
    let action = "users.ask_password_reset";
    let deed = audit::row(app, &system, org, action, user.id, None, None);
    let written = app.store().write(Lane::Org(org), move |work| {
        let (link, mail, deed) = (link.clone(), mail.clone(), deed.clone());
        Box::pin(async move {
            work.link_put(&link).await?;
            work.mail_insert(&mail).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    Ok(written.await?)
}

/// Gives the account of a link another password: once. All its logins end, and its owner is told.
/// Returns the secret by which the browser that did it is known as a device of the owner's, so that
/// nobody's guessing elsewhere keeps the owner out.
pub async fn finish(
    app: &App,
    token: &str,
    password: &str,
    language: Language,
) -> Result<String, Error> {
    let refused = |why| Error::Denied {
        permission: None,
        why,
    };
    let hash = secret::digest(token);
    let read = &app.store().read;
    let link = read.link(&hash).await?;
    let link = link.filter(|link| link.purpose == MailKind::PasswordReset);
    let link = link.ok_or_else(|| refused("link_invalid"))?;
    if link.expires_at <= app.now() {
        return Err(refused("link_expired"));
    }
    let user = read.user(link.user).await?.ok_or(Error::NotFound)?;
    if let Some(problem) = passwords::problem("/password", password, &user.email) {
        return Err(Error::Invalid {
            problems: vec![problem],
        });
    }
    let orgs = standing::organisations(app, user.id).await?;
    let org = orgs.into_iter().next();
    let org = org.ok_or_else(|| refused("link_invalid"))?;
    let chosen = secret::hash_password(app, password).await?;
    let letter = Letter {
        about: None,
        to: &user.email,
        kind: MailKind::PasswordChanged,
        language,
        name: Some(&user.name),
        organisation: None,
        inviter: None,
        link: "/login",
        until: None,
    };
    let mail = mail::queue(app, org, &letter)?;
    let system = Caller::System {
        why: "password reset",
    };
    let action = "users.reset_password";
    let mut deed = audit::row(app, &system, org, action, user.id, None, None);
    (deed.actor, deed.actor_name) = (Some(user.id), user.name.clone());
    let (id, now) = (user.id, app.now());
    let device = secret::draw()?;
    let known = secret::digest(&device);
    let done = app.store().write(Lane::Org(org), move |work| {
        let (hash, chosen, mail, deed) = (hash.clone(), chosen.clone(), mail.clone(), deed.clone());
        let known = known.clone();
        Box::pin(async move {
            let taken = work.link_take(&hash).await?;
            if taken {
                work.user_password(id, &chosen, None, None).await?;
                let until = now + DEVICE_LIFE;
                work.device_insert(id, &known, now, until).await?;
                work.mail_insert(&mail).await?;
                work.audit(&deed);
            }
            Ok(taken)
        })
    });
    if !done.await? {
        return Err(refused("link_used"));
    }
    app.bus().publish(News::Revoked(id)).await;
    Ok(device)
}
