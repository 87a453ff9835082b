//! Signing in and out. A login is a secret of 256 bits in a cookie, kept as a digest; every
//! sign-in draws a new one.

use crate::proxy::neighbourhood;
use chrono::TimeDelta;
use domain::clock::Moment;
use domain::id::{LoginId, OrgId, UserId};
use domain::role::Caller;
use serde_json::json;
use store::{Lane, LoginRow};

use bus::News;

use crate::app::App;
use crate::error::Error;
use crate::me::{self, Me};
use crate::{audit, secret, standing};

/// Failed sign-ins of one account from one address before it is locked.
const FREE_FAILURES: i32 = 10;
/// After the free ones each further try waits twice as long as the one before, from this on.
const FIRST_DELAY_S: i64 = 30;
/// The longest wait.
const LONGEST_DELAY_S: i64 = 3_600;
/// Failures are forgotten after this long without another.
const MEMORY_HOURS: i64 = 24;

/// What became of a sign-in.
#[derive(Debug)]
pub enum SignIn {
    /// Signed in.
    Opened {
        /// The secret for the cookie; nobody has it but the caller.
        cookie: String,
        /// Who signed in.
        me: Box<Me>,
    },
    /// No such account, or not its password: the two look and take the same.
    WrongCredentials,
    /// Too many failures of this account from this address.
    TooMany {
        /// Seconds until the next try is looked at.
        retry_after_s: i64,
    },
}

/// Signs a person in by address and password. The lock counts by account **and** remote address,
/// so that nobody locks somebody else out.
pub async fn open(
    app: &App,
    email: &str,
    password: &str,
    remote_ip: Option<&str>,
    user_agent: Option<&str>,
) -> Result<SignIn, Error> {
    let key = failure_key(email, remote_ip);
    let now = app.now();
    let before = app.store().read.login_failures(&key).await?;
    let (count, locked_until) = standing(before, now);
    if locked_until > now {
        let retry_after_s = (locked_until - now).num_seconds().max(1);
        return Ok(SignIn::TooMany { retry_after_s });
    }
    // Counted before it is looked at: a burst of tries at once gets no more than its share.
    let counted = count_failure(app, &key, now).await?;
    if counted > FREE_FAILURES.max(count + 1) {
        return Ok(SignIn::TooMany {
            retry_after_s: delay_s(counted),
        });
    }
    let user = app.store().read.user_by_email(email.trim()).await?;
    let hash = user.as_ref().map(|u| u.password_hash.as_str());
    let right = secret::is_password(app, password, hash).await?;
    let known = user.as_ref().map(|u| u.id);
    let Some(user) = user.filter(|_| right) else {
        // The address that was typed can be a password in the wrong field.
        let account = known.map(|id| id.to_string());
        tracing::warn!(
            remote.ip = remote_ip.unwrap_or("unknown"),
            user.id = account.as_deref().unwrap_or("unknown"),
            failures.count = counted,
            "a sign-in failed"
        );
        return Ok(SignIn::WrongCredentials);
    };
    let Some(org) = standing::organisations(app, user.id)
        .await?
        .into_iter()
        .next()
    else {
        return Ok(SignIn::WrongCredentials);
    };
    let who = Newcomer {
        user: user.id,
        org,
        remote_ip,
        user_agent,
    };
    let (cookie, login) = draw(app, &who)?;
    let deed = audit::row(
        app,
        &Caller::System { why: "sign-in" },
        org,
        "logins.open",
        login.id,
        None,
        Some(&json!({"user": user.id})),
    );
    let (id, hash) = (user.id, user.password_hash);
    let opened = app.store().write(Lane::Org(org), move |work| {
        let (login, key, deed) = (login.clone(), key.clone(), deed.clone());
        let hash = hash.clone();
        Box::pin(async move {
            // The password took its time to check, and somebody may have changed it meanwhile.
            if !work.may_sign_in(id, &hash, org).await? {
                return Ok(false);
            }
            work.login_succeeded(&key).await?;
            work.login_insert(&login).await?;
            work.audit(&deed);
            Ok(true)
        })
    });
    if !opened.await? {
        return Ok(SignIn::WrongCredentials);
    }
    tracing::info!(user.id = %user.id, "somebody signed in");
    let member = caller(app, &cookie).await?;
    let member = member.as_ref().and_then(Caller::member);
    let member = member.ok_or_else(|| Error::internal("a login just made is not there"))?;
    Ok(SignIn::Opened {
        me: Box::new(me::of_member(app, member).await?),
        cookie,
    })
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
    };
    Ok((cookie, row))
}

fn failure_key(email: &str, remote_ip: Option<&str>) -> String {
    let account = email.trim().to_lowercase();
    let from = remote_ip.and_then(|ip| Some(neighbourhood(ip.parse().ok()?)));
    secret::digest(&format!("{account}\u{0}{from:?}"))
}

/// How many failures count, and until when nothing is looked at.
fn standing(before: Option<(i32, Moment)>, now: Moment) -> (i32, Moment) {
    match before {
        Some((count, last)) if last >= now - TimeDelta::hours(MEMORY_HOURS) => {
            (count, last + TimeDelta::seconds(delay_s(count)))
        }
        _ => (0, now),
    }
}

fn delay_s(count: i32) -> i64 {
    if count < FREE_FAILURES {
        return 0;
    }
    let doublings = u32::try_from(count - FREE_FAILURES).unwrap_or(0).min(16);
    (FIRST_DELAY_S << doublings).min(LONGEST_DELAY_S)
}

async fn count_failure(app: &App, key: &str, now: Moment) -> Result<i32, Error> {
    let key = key.to_owned();
    let since = now - TimeDelta::hours(MEMORY_HOURS);
    Ok(app
        .store()
        .write(Lane::Instance, move |work| {
            let key = key.clone();
            Box::pin(async move { work.login_failed(&key, now, since).await })
        })
        .await?)
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
    let member = standing::member(app, login.user, login.org, Some(login.id)).await?;
    Ok(member.map(Caller::User))
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
