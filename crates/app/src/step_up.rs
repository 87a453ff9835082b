//! Showing again who one is, before a dangerous deed: a login that was left open somewhere does
//! not suffice for it.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::id::LoginId;
use domain::role::{Caller, Member};
use serde_json::{Value, json};
use store::{Lane, UserRow};

use crate::app::App;
use crate::error::Error;
use crate::identity_provider::{Proved, Return};
use crate::lockout::Lockout;
use crate::{audit, factors, identity_provider, passkeys, secret};

/// For so long it counts that somebody showed who they are.
const FRESH_MINUTES: i64 = 10;

/// What somebody shows.
#[derive(Debug, Clone)]
pub enum Evidence<'a> {
    /// The password of the account; not enough for one that has an authenticator app, since a
    /// browser that was left open often fills it in by itself.
    Password(&'a str),
    /// The present code of the authenticator app.
    Code(&'a str),
    /// What the identity provider says anew.
    Provider(Return<'a>),
    /// What a passkey of the account says.
    Passkey {
        /// The secret with which it was asked.
        ceremony: &'a str,
        /// As the browser made it.
        said: Value,
    },
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// It is them.
    Right,
    /// It is not the password, or not a code that counts.
    Wrong,
    /// Too many failures.
    TooMany {
        /// Seconds until the next try is looked at.
        retry_after_s: i64,
    },
}

/// The person and the login behind a deed about oneself. Keys and the command line have none.
pub(crate) fn own(caller: &Caller) -> Result<(&Member, LoginId), Error> {
    match caller {
        Caller::User(member) => member.login.map(|login| (member, login)),
        _ => None,
    }
    .ok_or(Error::Denied {
        permission: None,
        why: "login_needed",
    })
}

/// Refuses a dangerous deed of somebody who did not show lately who they are. The command line
/// passes; a key never does.
pub(crate) async fn demand(app: &App, caller: &Caller) -> Result<(), Error> {
    if matches!(caller, Caller::System { .. }) {
        return Ok(());
    }
    let (_, login) = own(caller)?;
    let since = app.now() - TimeDelta::minutes(FRESH_MINUTES);
    let login = app.store().read.login(login).await?;
    match login {
        Some(login) if login.confirmed_at > since => Ok(()),
        _ => Err(Error::Denied {
            permission: None,
            why: "step_up_needed",
        }),
    }
}

/// Takes what somebody shows, and lets dangerous deeds pass for some minutes.
pub async fn confirm(app: &App, caller: &Caller, evidence: Evidence<'_>) -> Result<Shown, Error> {
    let (member, login) = own(caller)?;
    let by = match evidence {
        Evidence::Password(_) => "password",
        Evidence::Code(_) => "totp",
        Evidence::Provider(_) => "identity_provider",
        Evidence::Passkey { .. } => "passkey",
    };
    let proof = match weigh(app, member, login, evidence).await? {
        Weighed::Right(proof) => proof,
        Weighed::Not(shown) => return Ok(shown),
    };
    let (org, user, now) = (member.scope.org, member.user, app.now());
    let after = json!({"by": by});
    let deed = audit::row(
        app,
        caller,
        org,
        "logins.confirm",
        login,
        None,
        Some(&after),
    );
    let lockout = Lockout::of_login(login);
    let done = app.store().write(Lane::Org(org), move |work| {
        let (deed, lockout, proof) = (deed.clone(), lockout.clone(), proof.clone());
        Box::pin(async move {
            let counts = match &proof {
                Proof::Password => true,
                Proof::Step(step) => work.authenticator_use(user, *step).await?,
                Proof::Provider(proved) => proved.is_of(work, user).await?,
                Proof::Passkey(proved) => proved.use_up(work).await?,
            };
            if !counts {
                return Ok(false);
            }
            work.login_confirmed(login, now).await?;
            lockout.forget(work).await?;
            work.audit(&deed);
            Ok(true)
        })
    });
    Ok(if done.await? {
        Shown::Right
    } else {
        Shown::Wrong
    })
}

/// What evidence is worth.
pub(crate) enum Weighed {
    /// It is them, when this still counts as it is used up.
    Right(Proof),
    /// It is not.
    Not(Shown),
}

/// What is used up of evidence.
#[derive(Clone)]
pub(crate) enum Proof {
    /// Nothing.
    Password,
    /// The time step of a code.
    Step(i64),
    /// What the provider said, which may be of somebody else.
    Provider(Proved),
    /// What a passkey proved.
    Passkey(Arc<passkeys::Proved>),
}

/// Looks at a password alone: for what is done to the password itself.
pub(crate) async fn weigh_password(
    app: &App,
    member: &Member,
    login: LoginId,
    password: &str,
) -> Result<Weighed, Error> {
    if let Some(retry_after_s) = Lockout::of_login(login).count(app).await? {
        return Ok(Weighed::Not(Shown::TooMany { retry_after_s }));
    }
    let user = app.store().read.user(member.user).await?;
    let hash = user.as_ref().and_then(UserRow::password);
    Ok(match secret::is_password(app, password, hash).await? {
        true => Weighed::Right(Proof::Password),
        false => Weighed::Not(Shown::Wrong),
    })
}

/// Looks at evidence, counted as failed until it is told otherwise.
async fn weigh(
    app: &App,
    member: &Member,
    login: LoginId,
    evidence: Evidence<'_>,
) -> Result<Weighed, Error> {
    let right = match evidence {
        Evidence::Password(password) => {
            if !factors::asked(app, member.user).await?.is_empty() {
                let detail =
                    "This account has an authenticator app: give its code, or use a passkey.";
                return Err(Error::conflict("code_needed", detail));
            }
            return weigh_password(app, member, login, password).await;
        }
        Evidence::Code(code) => {
            if let Some(retry_after_s) = Lockout::of_login(login).count(app).await? {
                return Ok(Weighed::Not(Shown::TooMany { retry_after_s }));
            }
            factors::step(app, member.user, code)
                .await?
                .map(Proof::Step)
        }
        // What cannot be guessed is not counted.
        Evidence::Provider(back) => {
            let since = app.now() - TimeDelta::minutes(FRESH_MINUTES);
            let proved = identity_provider::prove(app, back, Some(member.user)).await?;
            let proved = proved.filter(|proved| proved.shown_at() > since);
            proved.map(Proof::Provider)
        }
        Evidence::Passkey { ceremony, said } => {
            let proved = passkeys::prove(app, ceremony, said, Some(member.user)).await?;
            proved.map(|proved| Proof::Passkey(Arc::new(proved)))
        }
    };
    Ok(match right {
        Some(proof) => Weighed::Right(proof),
        None => Weighed::Not(Shown::Wrong),
    })
}
