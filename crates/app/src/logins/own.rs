//! What people see and end of their own logins, and what they change of their own account.

use bus::News;
use domain::id::LoginId;
use domain::role::{Caller, Permission};
use serde_json::json;
use store::{Lane, LoginRow};

use crate::app::App;
use crate::error::Error;
use crate::lockout::Lockout;
use crate::review::{LONGEST_NAME, Review};
use crate::step_up::{self, Shown, Weighed};
use crate::{audit, factors, gate, passwords, secret};

/// A login of the caller.
#[derive(Debug, Clone)]
pub struct OwnLogin {
    /// What is kept of it.
    pub row: LoginRow,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The caller's logins that are not over, the newest first.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<OwnLogin>, Error> {
    let (member, login) = step_up::own(caller)?;
    let rows = app.store().read.logins(member.user, app.now()).await?;
    let own = |row: LoginRow| OwnLogin {
        current: row.id == login,
        row,
    };
    Ok(rows.into_iter().map(own).collect())
}

/// Ends one of the caller's logins, and what streams to it.
pub async fn revoke(app: &App, caller: &Caller, id: LoginId) -> Result<(), Error> {
    let (member, _) = step_up::own(caller)?;
    let (user, org) = (member.user, member.scope.org);
    let deed = audit::row(app, caller, org, "logins.revoke", id, None, None);
    let gone = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            let gone = work.own_login_delete(user, id).await?;
            if gone {
                work.audit(&deed);
            }
            Ok(gone)
        })
    });
    if !gone.await? {
        return Err(Error::NotFound);
    }
    app.bus().publish(News::Revoked(user)).await;
    Ok(())
}

/// Ends all logins of the caller but the one that asks; tells how many.
pub async fn revoke_others(app: &App, caller: &Caller) -> Result<u64, Error> {
    let (member, login) = step_up::own(caller)?;
    let (user, org) = (member.user, member.scope.org);
    let deed = audit::row(app, caller, org, "logins.revoke_others", user, None, None);
    let gone = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            let gone = work.other_logins_delete(user, login).await?;
            work.audit(&deed);
            Ok(gone)
        })
    });
    let gone = gone.await?;
    app.bus().publish(News::Revoked(user)).await;
    Ok(gone)
}

/// Gives the caller another name.
pub async fn rename(app: &App, caller: &Caller, name: &str) -> Result<(), Error> {
    let (member, _) = step_up::own(caller)?;
    gate::permit(app, caller, Permission::AccountEdit).await?;
    let mut review = Review::default();
    review.needed("/name", Some(name), LONGEST_NAME);
    review.passed()?;
    let (user, org, name) = (member.user, member.scope.org, name.trim().to_owned());
    let deed = audit::row(app, caller, org, "users.rename", user, None, None);
    let written = app.store().write(Lane::Org(org), move |work| {
        let (name, deed) = (name.clone(), deed.clone());
        Box::pin(async move {
            work.user_rename(user, &name).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    Ok(written.await?)
}

/// Gives the caller another password and ends the caller's other logins and devices. The device
/// that asks stays trusted, so that nobody's guessing keeps its owner out.
pub async fn change_password(
    app: &App,
    caller: &Caller,
    current: &str,
    new: &str,
    device: Option<&str>,
) -> Result<Shown, Error> {
    let (member, login) = step_up::own(caller)?;
    gate::permit(app, caller, Permission::AccountEdit).await?;
    let (user, org, now) = (member.user, member.scope.org, app.now());
    let account = app.store().read.user(user).await?.ok_or(Error::NotFound)?;
    let mut review = Review::default();
    review.also(passwords::problem("/new", new, &account.email));
    review.passed()?;
    if let Weighed::Not(shown) = step_up::weigh_password(app, member, login, current).await? {
        return Ok(shown);
    }
    let hash = secret::hash_password(app, new).await?;
    let after = json!({"other_logins": "ended"});
    let deed = audit::row(
        app,
        caller,
        org,
        "users.change_password",
        user,
        None,
        Some(&after),
    );
    let (old, lockout) = (account.password_hash, Lockout::of_login(login));
    let device = device.map(secret::digest);
    // A password shows less than the second factor that the account has.
    let shows = factors::asked(app, user).await?.is_empty();
    let done = app.store().write(Lane::Org(org), move |work| {
        let (old, hash, deed) = (old.clone(), hash.clone(), deed.clone());
        let (lockout, device) = (lockout.clone(), device.clone());
        Box::pin(async move {
            // Somebody may have changed it meanwhile.
            if !work.may_sign_in(user, &old, org).await? {
                return Ok(false);
            }
            work.user_password(user, &hash, Some(login), device.as_deref())
                .await?;
            if shows {
                work.login_confirmed(login, now).await?;
            }
            lockout.forget(work).await?;
            work.audit(&deed);
            Ok(true)
        })
    });
    if !done.await? {
        return Ok(Shown::Wrong);
    }
    app.bus().publish(News::Revoked(user)).await;
    Ok(Shown::Right)
}
