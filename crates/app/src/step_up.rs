//! Showing again who one is, before a dangerous deed: a login that was left open somewhere does
//! not suffice for it.

use chrono::TimeDelta;
use domain::id::LoginId;
use domain::role::{Caller, Member};
use serde_json::json;
use store::Lane;

use crate::app::App;
use crate::error::Error;
use crate::lockout::Lockout;
use crate::{audit, factors, secret};

/// For so long it counts that somebody showed who they are.
const FRESH_MINUTES: i64 = 10;

/// What somebody shows.
#[derive(Debug, Clone, Copy)]
pub enum Evidence<'a> {
    /// The password of the account.
    Password(&'a str),
    /// The present code of the authenticator app.
    Code(&'a str),
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
    let step = match weigh(app, member, login, evidence).await? {
        Weighed::Right { step } => step,
        Weighed::Not(shown) => return Ok(shown),
    };
    let (org, user, now) = (member.scope.org, member.user, app.now());
    let by = match evidence {
        Evidence::Password(_) => "password",
        Evidence::Code(_) => "totp",
    };
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
        let (deed, lockout) = (deed.clone(), lockout.clone());
        Box::pin(async move {
            if let Some(step) = step
                && !work.authenticator_use(user, step).await?
            {
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
    /// It is them; a code's time step is still to be used up.
    Right { step: Option<i64> },
    /// It is not.
    Not(Shown),
}

/// Looks at evidence, counted as failed until it is told otherwise.
pub(crate) async fn weigh(
    app: &App,
    member: &Member,
    login: LoginId,
    evidence: Evidence<'_>,
) -> Result<Weighed, Error> {
    if let Some(retry_after_s) = Lockout::of_login(login).count(app).await? {
        return Ok(Weighed::Not(Shown::TooMany { retry_after_s }));
    }
    let right = match evidence {
        Evidence::Password(password) => {
            let user = app.store().read.user(member.user).await?;
            let hash = user.map(|user| user.password_hash);
            secret::is_password(app, password, hash.as_deref())
                .await?
                .then_some(None)
        }
        Evidence::Code(code) => factors::step(app, member.user, code).await?.map(Some),
    };
    Ok(match right {
        Some(step) => Weighed::Right { step },
        None => Weighed::Not(Shown::Wrong),
    })
}
