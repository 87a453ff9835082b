//! The second factors of the caller: an authenticator app, and recovery codes for when it is lost.

use domain::clock::Moment;
use domain::id::UserId;
use domain::role::{Caller, Permission};
use serde::Deserialize;
use serde_json::json;
use store::{AuthenticatorRow, Lane};

use crate::app::App;
use crate::error::Error;
use crate::{audit, gate, identity_provider, seal, secret, step_up, totp};

/// What a seed is sealed for.
const PURPOSE: &str = "totp";
/// How many recovery codes are drawn at a time.
const CODES: usize = 10;

/// A kind of second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// The present code of an authenticator app.
    Totp,
    /// A code from the list that was shown once.
    RecoveryCode,
}

/// A way to show again who one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmWay {
    /// The password.
    Password,
    /// The present code of the authenticator app.
    Code,
    /// A passkey.
    Passkey,
    /// The identity provider.
    Provider,
}

/// What the caller has.
#[derive(Debug, Clone)]
pub struct Factors {
    /// Since when an authenticator app counts.
    pub totp_since: Option<Moment>,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: u64,
    /// How they can show again who they are.
    pub confirm_by: Vec<ConfirmWay>,
}

/// A seed that was just drawn.
#[derive(Debug)]
pub struct Seed {
    /// As people type it.
    pub text: String,
    /// As an authenticator app reads it from a picture.
    pub uri: String,
}

/// What the caller has of second factors.
pub async fn describe(app: &App, caller: &Caller) -> Result<Factors, Error> {
    let (member, _) = step_up::own(caller)?;
    let read = &app.store().read;
    let row = read.authenticator(member.user).await?;
    let totp_since = row.and_then(|row| row.confirmed_at);
    let account = read.user(member.user).await?.ok_or(Error::NotFound)?;
    let ways = [
        (totp_since.is_some(), ConfirmWay::Code),
        (
            totp_since.is_none() && account.password().is_some(),
            ConfirmWay::Password,
        ),
        (
            !read.passkeys(member.user).await?.is_empty(),
            ConfirmWay::Passkey,
        ),
        (
            identity_provider::of(app, member.user).await?.is_some(),
            ConfirmWay::Provider,
        ),
    ];
    Ok(Factors {
        totp_since,
        recovery_codes_left: read.recovery_codes(member.user).await?,
        confirm_by: ways
            .into_iter()
            .filter_map(|(has, way)| has.then_some(way))
            .collect(),
    })
}

/// Draws a seed for the caller's authenticator app, with `account.mfa`. It counts once a code of it
/// was given.
pub async fn begin_totp(app: &App, caller: &Caller) -> Result<Seed, Error> {
    let (member, _) = step_up::own(caller)?;
    gate::permit(app, caller, Permission::AccountMfa).await?;
    step_up::demand(app, caller).await?;
    let (user, org) = (member.user, member.scope.org);
    if totp_of(app, user).await?.is_some() {
        return Err(Error::conflict(
            "totp_active",
            "There is an authenticator app already; remove it first.",
        ));
    }
    let account = app.store().read.user(user).await?.ok_or(Error::NotFound)?;
    let text = totp::base32(&secret::random::<{ totp::SEED }>()?);
    let row = AuthenticatorRow {
        user,
        seed: seal::seal(app, PURPOSE, &user.to_string(), &text)?,
        created_at: app.now(),
        confirmed_at: None,
        last_step: 0,
    };
    let deed = audit::row(app, caller, org, "factors.begin_totp", user, None, None);
    let written = app.store().write(Lane::Org(org), move |work| {
        let (row, deed) = (row.clone(), deed.clone());
        Box::pin(async move {
            work.authenticator_put(&row).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    Ok(Seed {
        uri: totp::uri(&account.email, &text),
        text,
    })
}

/// From now on the caller's authenticator app counts, if `code` is of it. Returns recovery codes,
/// which are shown this once.
pub async fn confirm_totp(app: &App, caller: &Caller, code: &str) -> Result<Vec<String>, Error> {
    let (member, _) = step_up::own(caller)?;
    let (user, org, now) = (member.user, member.scope.org, app.now());
    let row = app.store().read.authenticator(user).await?;
    let row = row
        .filter(|row| row.confirmed_at.is_none())
        .ok_or_else(|| {
            Error::conflict(
                "totp_not_begun",
                "No authenticator app waits for its first code.",
            )
        })?;
    let seed = opened(app, &row)?;
    let step = totp::step(&seed, code, now, row.last_step).ok_or_else(wrong_code)?;
    let (codes, hashes) = draw_codes(user)?;
    let after = json!({"recovery_codes": codes.len()});
    let deed = audit::row(
        app,
        caller,
        org,
        "factors.confirm_totp",
        user,
        None,
        Some(&after),
    );
    let written = app.store().write(Lane::Org(org), move |work| {
        let (row, hashes, deed) = (row.clone(), hashes.clone(), deed.clone());
        Box::pin(async move {
            if !work
                .authenticator_confirm(user, &row.seed, now, step)
                .await?
            {
                return Ok(false);
            }
            work.recovery_codes_put(user, &hashes).await?;
            work.audit(&deed);
            Ok(true)
        })
    });
    match written.await? {
        true => Ok(codes),
        false => Err(wrong_code()),
    }
}

/// Takes the caller's authenticator app and recovery codes away, for whoever showed lately who
/// they are.
pub async fn remove_totp(app: &App, caller: &Caller) -> Result<(), Error> {
    let (member, _) = step_up::own(caller)?;
    step_up::demand(app, caller).await?;
    let (user, org) = (member.user, member.scope.org);
    let deed = audit::row(app, caller, org, "factors.remove_totp", user, None, None);
    let removed = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            let removed = work.authenticator_delete(user).await?;
            if removed {
                work.audit(&deed);
            }
            Ok(removed)
        })
    });
    match removed.await? {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}

/// Draws new recovery codes, shown this once, for whoever showed lately who they are; the earlier
/// ones end.
pub async fn renew_recovery_codes(app: &App, caller: &Caller) -> Result<Vec<String>, Error> {
    let (member, _) = step_up::own(caller)?;
    step_up::demand(app, caller).await?;
    let (user, org) = (member.user, member.scope.org);
    if totp_of(app, user).await?.is_none() {
        return Err(Error::conflict(
            "totp_needed",
            "Recovery codes are for those who have an authenticator app.",
        ));
    }
    let (codes, hashes) = draw_codes(user)?;
    let after = json!({"recovery_codes": codes.len()});
    let action = "factors.renew_recovery_codes";
    let deed = audit::row(app, caller, org, action, user, None, Some(&after));
    let written = app.store().write(Lane::Org(org), move |work| {
        let (hashes, deed) = (hashes.clone(), deed.clone());
        Box::pin(async move {
            work.recovery_codes_put(user, &hashes).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    Ok(codes)
}

fn wrong_code() -> Error {
    Error::invalid("/code", "wrong_code", "This is not the present code.")
}

/// The second factors that a sign-in of `user` can be finished with; none when the password is
/// enough.
pub(crate) async fn asked(app: &App, user: UserId) -> Result<Vec<Factor>, Error> {
    if totp_of(app, user).await?.is_none() {
        return Ok(Vec::new());
    }
    let left = app.store().read.recovery_codes(user).await?;
    let spare = (left > 0).then_some(Factor::RecoveryCode);
    Ok(std::iter::once(Factor::Totp).chain(spare).collect())
}

/// The time step of which `code` is, for a person with an authenticator app; none when it is
/// wrong or was used.
pub(crate) async fn step(app: &App, user: UserId, code: &str) -> Result<Option<i64>, Error> {
    let Some(row) = totp_of(app, user).await? else {
        return Ok(None);
    };
    Ok(totp::step(
        &opened(app, &row)?,
        code,
        app.now(),
        row.last_step,
    ))
}

/// The digest of a recovery code, however it is spaced.
pub(crate) fn recovery_digest(user: UserId, code: &str) -> String {
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    secret::digest(&format!("{user}\u{0}{}", code.to_ascii_lowercase()))
}

/// The authenticator app that counts.
async fn totp_of(app: &App, user: UserId) -> Result<Option<AuthenticatorRow>, Error> {
    let row = app.store().read.authenticator(user).await?;
    Ok(row.filter(|row| row.confirmed_at.is_some()))
}

fn opened(app: &App, row: &AuthenticatorRow) -> Result<Vec<u8>, Error> {
    let text = seal::open(app, PURPOSE, &row.user.to_string(), &row.seed)?;
    totp::seed(&text).ok_or_else(|| Error::internal("the seed of an authenticator is not base32"))
}

/// Recovery codes of 80 bits, and the digests under which they are kept.
fn draw_codes(user: UserId) -> Result<(Vec<String>, Vec<String>), Error> {
    let mut codes = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let letters = totp::base32(&secret::random::<10>()?).to_lowercase();
        let (a, b) = letters.split_at(8);
        let ((a, b), (c, d)) = (a.split_at(4), b.split_at(4));
        codes.push([a, b, c, d].join("-"));
    }
    let hashes = codes.iter().map(|code| recovery_digest(user, code));
    let hashes = hashes.collect();
    Ok((codes, hashes))
}
