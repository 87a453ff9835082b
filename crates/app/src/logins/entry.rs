//! The last step of a sign-in: what was shown is used up and the login is there, or neither.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::clock::Moment;
use domain::id::OrgId;
use domain::role::Caller;
use serde_json::json;
use store::{Lane, UserRow, Work};

use super::{Newcomer, SignIn, Visitor, caller, draw, failed};
use crate::app::App;
use crate::error::Error;
use crate::lockout::Lockout;
use crate::passkeys::Proved;
use crate::{audit, me, secret};

/// How long a device counts as one that has signed in before.
pub(crate) const DEVICE_LIFE: TimeDelta = TimeDelta::days(90);

/// What is used up of a second factor, with the digest of the sign-in that waits for it.
#[derive(Clone)]
pub(super) enum Second {
    None,
    Step(String, i64),
    RecoveryCode(String, String),
    /// Enough by itself: nothing was asked before it.
    Passkey(Arc<Proved>),
    /// Shown at the identity provider, at this moment; used up already.
    Provider(Moment),
}

/// Somebody who may come in, if what they showed still counts at that moment.
pub(super) struct Entry<'a> {
    pub user: UserRow,
    pub org: OrgId,
    pub visitor: Visitor<'a>,
    pub trusted: bool,
    pub lockout: Lockout,
    pub second: Second,
}

/// Uses up the sign-in that waited. One that is over by now fails the unit, so that the code which
/// was given to it is not used up for nothing.
async fn taken(work: &mut Work, challenge: &str) -> Result<bool, store::Error> {
    if work.challenge_take(challenge).await? {
        return Ok(true);
    }
    let why = "the sign-in is over".to_owned();
    Err(store::Error::Conflict(why))
}

/// Lets somebody in, and uses up what they showed, in one unit of work.
pub(super) async fn enter(app: &App, entry: Entry<'_>) -> Result<SignIn, Error> {
    let Entry {
        user,
        org,
        visitor,
        trusted,
        lockout,
        second,
    } = entry;
    let who = Newcomer {
        user: user.id,
        org,
        remote_ip: visitor.remote_ip,
        user_agent: visitor.user_agent,
    };
    let (cookie, mut login) = draw(app, &who)?;
    if let Second::Provider(shown_at) = second {
        login.confirmed_at = shown_at;
    }
    let device = if trusted { None } else { Some(secret::draw()?) };
    let by = match second {
        Second::None => "password",
        Second::Step(..) => "totp",
        Second::RecoveryCode(..) => "recovery_code",
        Second::Passkey(..) => "passkey",
        Second::Provider(..) => "identity_provider",
    };
    let after = json!({"by": by});
    let system = Caller::System { why: "sign-in" };
    let mut deed = audit::row(
        app,
        &system,
        org,
        "logins.open",
        login.id,
        None,
        Some(&after),
    );
    (deed.actor, deed.actor_name) = (Some(user.id), user.name.clone());
    let (id, hash, now) = (user.id, user.password_hash, app.now());
    let (known, asked) = (device.as_deref().map(secret::digest), second.clone());
    let opened = app.store().write(Lane::Org(org), move |work| {
        let (login, lockout, deed) = (login.clone(), lockout.clone(), deed.clone());
        let (hash, known, second) = (hash.clone(), known.clone(), asked.clone());
        Box::pin(async move {
            let counts = match &second {
                Second::None | Second::Provider(..) => true,
                Second::Step(challenge, step) => {
                    work.authenticator_use(id, *step).await? && taken(work, challenge).await?
                }
                Second::RecoveryCode(challenge, code) => {
                    work.recovery_code_take(id, code).await? && taken(work, challenge).await?
                }
                Second::Passkey(proved) => proved.use_up(work).await?,
            };
            // The password took its time to check, and somebody may have changed it meanwhile.
            if !counts || !work.may_sign_in(id, &hash, org).await? {
                return Ok(false);
            }
            lockout.forget(work).await?;
            work.login_insert(&login).await?;
            if let Some(known) = &known {
                let until = now + DEVICE_LIFE;
                work.device_insert(id, known, now, until).await?;
            }
            work.audit(&deed);
            Ok(true)
        })
    });
    let opened = match opened.await {
        Err(store::Error::Conflict(_)) => false,
        other => other?,
    };
    if !opened {
        failed(Some(id), visitor);
        return Ok(match second {
            Second::None | Second::Passkey(..) | Second::Provider(..) => SignIn::WrongCredentials,
            Second::Step(..) | Second::RecoveryCode(..) => SignIn::WrongFactor,
        });
    }
    tracing::info!(user.id = %id, "somebody signed in");
    let member = caller(app, &cookie).await?;
    let member = member.as_ref().and_then(Caller::member);
    let member = member.ok_or_else(|| Error::internal("a login just made is not there"))?;
    let recovery_codes_left = match second {
        Second::RecoveryCode(..) => Some(app.store().read.recovery_codes(id).await?),
        _ => None,
    };
    Ok(SignIn::Opened {
        me: Box::new(me::of_member(app, member).await?),
        cookie,
        device,
        recovery_codes_left,
    })
}
