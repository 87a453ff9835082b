//! Signing in and out. A login is a secret of 256 bits in a cookie, kept as a digest; every
//! sign-in draws a new one. Whoever has a second factor gives it before there is a cookie.

mod entry;
mod own;

use std::sync::Arc;

use chrono::TimeDelta;
use domain::id::{LoginId, OrgId, UserId};
use domain::role::Caller;
use serde_json::Value;
use store::{ChallengeRow, Lane, LoginRow, UserRow};

use bus::News;

use crate::app::App;
use crate::error::Error;
use crate::factors::{self, Factor};
use crate::identity_provider::{self, Return, Unsettled};
use crate::lockout::Lockout;
use crate::me::Me;
use crate::{audit, passkeys, secret, standing};

pub(crate) use entry::DEVICE_LIFE;
use entry::{Entry, Second, enter};

pub use own::{OwnLogin, change_password, list, rename, revoke, revoke_others};

/// How long a sign-in waits for its second factor.
const CHALLENGE_MINUTES: i64 = 5;
/// How many second factors are looked at in one sign-in.
const CHALLENGE_TRIES: i32 = 5;
/// How often it is noted that a login was used.
const SEEN_SECONDS: i64 = 60;

/// Who knocks, as far as a browser tells.
#[derive(Debug, Clone, Copy, Default)]
pub struct Visitor<'a> {
    /// From where.
    pub remote_ip: Option<&'a str>,
    /// The browser's name for itself.
    pub user_agent: Option<&'a str>,
    /// The secret of a device that has signed in before.
    pub device: Option<&'a str>,
}

/// What became of a sign-in.
#[derive(Debug)]
pub enum SignIn {
    /// Signed in.
    Opened {
        /// The secret for the cookie; nobody has it but the caller.
        cookie: String,
        /// Who signed in.
        me: Box<Me>,
        /// The secret by which the device is known from now on, where it was not known.
        device: Option<String>,
        /// How many recovery codes are left, for whoever used one.
        recovery_codes_left: Option<u64>,
    },
    /// The password is right, and a second factor is needed.
    SecondFactor {
        /// The secret by which the sign-in goes on.
        challenge: String,
        /// What it can be finished with.
        factors: Vec<Factor>,
    },
    /// No such account, or not its password: the two look and take the same.
    WrongCredentials,
    /// The password is right, and the address of the account is not proved yet.
    NotActivated,
    /// Not a second factor that counts, or a sign-in that waits no more.
    WrongFactor,
    /// Not a passkey of anybody here, or a sign-in that waits no more.
    WrongPasskey,
    /// Somebody whom the identity provider knows, and who does not come in.
    Unsettled(Unsettled),
    /// Too many failures of this account from this address.
    TooMany {
        /// Seconds until the next try is looked at.
        retry_after_s: i64,
    },
}

/// The second factor that somebody gives.
#[derive(Debug, Clone, Copy)]
pub enum Given<'a> {
    /// The present code of the authenticator app.
    Code(&'a str),
    /// A recovery code.
    RecoveryCode(&'a str),
}

/// Signs a person in by address and password, or tells that a second factor is needed.
pub async fn open(
    app: &App,
    email: &str,
    password: &str,
    visitor: Visitor<'_>,
) -> Result<SignIn, Error> {
    let user = app.store().read.user_by_email(email.trim()).await?;
    let known = user.as_ref().map(|u| u.id);
    let (lockout, trusted) = lockout(app, known, email, visitor).await?;
    // Counted before it is looked at: a burst of tries at once gets no more than its share.
    if let Some(retry_after_s) = lockout.count(app).await? {
        return Ok(SignIn::TooMany { retry_after_s });
    }
    let hash = user.as_ref().and_then(UserRow::password);
    let right = secret::is_password(app, password, hash).await?;
    let Some(user) = user.filter(|_| right) else {
        // The address that was typed can be a password in the wrong field.
        failed(known, visitor);
        return Ok(SignIn::WrongCredentials);
    };
    if user.proven_at.is_none() {
        return Ok(SignIn::NotActivated);
    }
    let Some(org) = standing::organisations(app, user.id)
        .await?
        .into_iter()
        .next()
    else {
        return Ok(SignIn::WrongCredentials);
    };
    let factors = factors::asked(app, user.id).await?;
    if !factors.is_empty() {
        return challenge(app, user.id, org, factors).await;
    }
    let entry = Entry {
        user,
        org,
        visitor,
        trusted,
        lockout,
        second: Second::None,
    };
    enter(app, entry).await
}

/// Finishes a sign-in that waits for its second factor.
pub async fn open_second(
    app: &App,
    challenge: &str,
    given: Given<'_>,
    visitor: Visitor<'_>,
) -> Result<SignIn, Error> {
    let (hash, now) = (secret::digest(challenge), app.now());
    let tried = hash.clone();
    let waiting = app.store().write(Lane::Instance, move |work| {
        let hash = tried.clone();
        Box::pin(async move { work.challenge_try(&hash, now, CHALLENGE_TRIES).await })
    });
    let Some(waiting) = waiting.await? else {
        return Ok(SignIn::WrongFactor);
    };
    let user = app.store().read.user(waiting.user).await?;
    let user = user.ok_or(Error::NotFound)?;
    let (lockout, trusted) = lockout(app, Some(user.id), &user.email, visitor).await?;
    if let Some(retry_after_s) = lockout.count(app).await? {
        return Ok(SignIn::TooMany { retry_after_s });
    }
    let second = match given {
        Given::Code(code) => match factors::step(app, user.id, code).await? {
            Some(step) => Second::Step(hash, step),
            None => {
                failed(Some(user.id), visitor);
                return Ok(SignIn::WrongFactor);
            }
        },
        Given::RecoveryCode(code) => {
            Second::RecoveryCode(hash, factors::recovery_digest(user.id, code))
        }
    };
    let entry = Entry {
        user,
        org: waiting.org,
        visitor,
        trusted,
        lockout,
        second,
    };
    enter(app, entry).await
}

/// Signs somebody in by a passkey: it is both factors, for the authenticator has looked who holds it.
pub async fn open_passkey(
    app: &App,
    ceremony: &str,
    said: Value,
    visitor: Visitor<'_>,
) -> Result<SignIn, Error> {
    let Some(proved) = passkeys::prove(app, ceremony, said, None).await? else {
        failed(None, visitor);
        return Ok(SignIn::WrongPasskey);
    };
    let user = app.store().read.user(proved.passkey.user).await?;
    let user = user.ok_or(Error::NotFound)?;
    if user.proven_at.is_none() {
        return Ok(SignIn::NotActivated);
    }
    let orgs = standing::organisations(app, user.id).await?;
    let Some(org) = orgs.into_iter().next() else {
        return Ok(SignIn::WrongPasskey);
    };
    let second = Second::Passkey(Arc::new(proved));
    Ok(match enter_proved(app, user, org, visitor, second).await? {
        SignIn::WrongCredentials => SignIn::WrongPasskey,
        other => other,
    })
}

/// Lets somebody in who proved who they are without anything that can be guessed: no try is counted.
async fn enter_proved(
    app: &App,
    user: UserRow,
    org: OrgId,
    visitor: Visitor<'_>,
    second: Second,
) -> Result<SignIn, Error> {
    let (lockout, trusted) = lockout(app, Some(user.id), &user.email, visitor).await?;
    let entry = Entry {
        user,
        org,
        visitor,
        trusted,
        lockout,
        second,
    };
    enter(app, entry).await
}

/// Signs in somebody who comes back from the identity provider. A second factor that the account has
/// here is asked for all the same.
pub async fn open_provider(
    app: &App,
    back: Return<'_>,
    visitor: Visitor<'_>,
) -> Result<SignIn, Error> {
    let Some(proved) = identity_provider::prove(app, back, None).await? else {
        failed(None, visitor);
        return Ok(SignIn::Unsettled(Unsettled::Refused));
    };
    let shown_at = proved.shown_at();
    let (user, home) = match identity_provider::settle(app, proved).await? {
        Ok(settled) => settled,
        Err(unsettled) => {
            failed(None, visitor);
            return Ok(SignIn::Unsettled(unsettled));
        }
    };
    let orgs = standing::organisations(app, user.id).await?;
    let there = orgs.iter().find(|org| **org == home).or(orgs.first());
    let Some(org) = there.copied() else {
        failed(Some(user.id), visitor);
        return Ok(SignIn::Unsettled(Unsettled::NoRole));
    };
    let factors = factors::asked(app, user.id).await?;
    if !factors.is_empty() {
        return challenge(app, user.id, org, factors).await;
    }
    let second = Second::Provider(shown_at);
    Ok(match enter_proved(app, user, org, visitor, second).await? {
        SignIn::WrongCredentials => SignIn::Unsettled(Unsettled::NoRole),
        other => other,
    })
}

/// The counts that a try is under, and whether it comes from a device that has signed in before.
async fn lockout(
    app: &App,
    user: Option<UserId>,
    email: &str,
    visitor: Visitor<'_>,
) -> Result<(Lockout, bool), Error> {
    let hash = secret::digest(visitor.device.unwrap_or_default());
    let device = app.store().read.device(&hash).await?;
    let now = app.now();
    Ok(match (device, user) {
        (Some((of, until)), Some(user)) if of == user && until > now => {
            (Lockout::of_device(user, &hash), true)
        }
        _ => (Lockout::from_afar(email, visitor.remote_ip), false),
    })
}

fn failed(user: Option<UserId>, visitor: Visitor<'_>) {
    let account = user.map(|id| id.to_string());
    tracing::warn!(
        remote.ip = visitor.remote_ip.unwrap_or("unknown"),
        user.id = account.as_deref().unwrap_or("unknown"),
        "a sign-in failed"
    );
}

/// Lets a sign-in wait for its second factor.
async fn challenge(
    app: &App,
    user: UserId,
    org: OrgId,
    factors: Vec<Factor>,
) -> Result<SignIn, Error> {
    let challenge = secret::draw()?;
    let row = ChallengeRow {
        hash: secret::digest(&challenge),
        user,
        org,
        expires_at: app.now() + TimeDelta::minutes(CHALLENGE_MINUTES),
    };
    let written = app.store().write(Lane::Instance, move |work| {
        let row = row.clone();
        Box::pin(async move { work.challenge_insert(&row).await })
    });
    written.await?;
    Ok(SignIn::SecondFactor { challenge, factors })
}

/// Somebody who has proved who they are.
pub(crate) struct Newcomer<'a> {
    pub user: UserId,
    pub org: OrgId,
    pub remote_ip: Option<&'a str>,
    pub user_agent: Option<&'a str>,
}

/// A fresh secret and its row, not stored yet.
pub(crate) fn draw(app: &App, who: &Newcomer<'_>) -> Result<(String, LoginRow), Error> {
    let cookie = secret::draw()?;
    let now = app.now();
    let row = LoginRow {
        id: LoginId::from_uuid(app.draw()),
        hash: secret::digest(&cookie),
        user: who.user,
        org: who.org,
        created_at: now,
        expires_at: now + app.settings().login_lifetime,
        user_agent: who.user_agent.map(|ua| ua.chars().take(256).collect()),
        remote_ip: who.remote_ip.map(str::to_owned),
        seen_at: now,
        confirmed_at: now,
    };
    Ok((cookie, row))
}

/// The person behind a cookie, with the rights of this very moment; none when the login is over
/// or never was.
pub async fn caller(app: &App, cookie: &str) -> Result<Option<Caller>, Error> {
    let read = &app.store().read;
    let Some(login) = read.login_by_hash(&secret::digest(cookie)).await? else {
        return Ok(None);
    };
    if login.expires_at <= app.now() {
        return Ok(None);
    }
    seen(app, &login).await;
    let member = standing::member(app, login.user, login.org, Some(login.id)).await?;
    Ok(member.map(Caller::User))
}

/// Notes that a login was used, once a minute at most. It may fail: nobody is kept out by it.
async fn seen(app: &App, login: &LoginRow) {
    let (id, now) = (login.id, app.now());
    if now < login.seen_at + TimeDelta::seconds(SEEN_SECONDS) {
        return;
    }
    let noted = app.store().write(Lane::Org(login.org), move |work| {
        Box::pin(async move { work.login_seen(id, now).await })
    });
    if let Err(error) = noted.await {
        tracing::warn!("that a login was used is not noted: {error}");
    }
}

/// Signs the caller out of this login, and ends what streams to it.
pub async fn close(app: &App, caller: &Caller) -> Result<(), Error> {
    let Some((member, login)) = caller.member().and_then(|m| Some((m, m.login?))) else {
        return Ok(());
    };
    let org = member.scope.org;
    let deed = audit::row(app, caller, org, "logins.close", login, None, None);
    app.store()
        .write(Lane::Org(org), move |work| {
            let deed = deed.clone();
            Box::pin(async move {
                work.login_delete(login).await?;
                work.audit(&deed);
                Ok(())
            })
        })
        .await?;
    app.bus().publish(News::Revoked(member.user)).await;
    Ok(())
}
