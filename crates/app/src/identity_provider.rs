//! Signing in at an identity provider that whoever runs the instance named (OpenID Connect): going
//! there, coming back, and what somebody is here by what is said there.

mod settle;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use domain::clock::Moment;
use domain::id::{OrgId, UserId};
use domain::role::{Caller, RoleSet};
use egress::oidc::{Failure, Identity, Kept, Provider};
use serde_json::json;
use store::{CeremonyKind, CeremonyRow, Lane, Work};

use crate::app::App;
use crate::error::Error;
use crate::{audit, secret, step_up};

pub(crate) use settle::settle;

/// How long somebody may take there.
const MINUTES: i64 = 15;

/// The provider, and what its word means here.
#[derive(Debug, Clone)]
pub struct IdentityProvider {
    /// Speaks with it.
    pub provider: Provider,
    /// What people call it.
    pub name: String,
    /// In which organisation it makes people members; the root when none.
    pub organisation: Option<OrgId>,
    /// The roles by the values of its claim. Without any, roles are given in Busbar alone.
    pub roles: BTreeMap<String, RoleSet>,
}

impl IdentityProvider {
    /// The roles for the values that somebody has; none when the provider has no say in roles.
    fn grants(&self, values: &[String]) -> Option<RoleSet> {
        let said = values.iter().filter_map(|value| self.roles.get(value));
        let roles = said.flat_map(|roles| roles.iter()).collect();
        (!self.roles.is_empty()).then_some(roles)
    }

    /// The organisation in which it makes people members.
    async fn home(&self, app: &App) -> Result<OrgId, Error> {
        match self.organisation {
            Some(org) => Ok(org),
            None => app.root().await?.ok_or(Error::NotFound),
        }
    }
}

/// Where the browser goes, and the secret by which it is known when it comes back.
#[derive(Debug)]
pub struct Departure {
    /// The secret.
    pub ceremony: String,
    /// The address.
    pub url: String,
}

/// What the browser brings back.
#[derive(Debug, Clone, Copy)]
pub struct Return<'a> {
    /// The secret with which it went.
    pub ceremony: &'a str,
    /// As the provider sent it.
    pub state: &'a str,
    /// As the provider sent it.
    pub code: &'a str,
}

/// Why somebody whom the provider knows does not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsettled {
    /// What came back proves nothing, or comes too late.
    Refused,
    /// The provider does not vouch for an address.
    NoAddress,
    /// There is no account, and none is made for somebody without a role.
    Unknown,
    /// They are nobody here at present.
    NoRole,
}

/// What the provider said of somebody who came back.
#[derive(Clone)]
pub(crate) struct Proved {
    /// Who they are there.
    pub identity: Identity,
    /// When.
    pub at: Moment,
}

impl Proved {
    /// When they showed who they are: long ago where the provider does not tell.
    pub fn shown_at(&self) -> Moment {
        let told = self.identity.authenticated_at;
        told.map_or(Moment::UNIX_EPOCH, |at| at.min(self.at))
    }

    /// Whether it is said of this person.
    pub async fn is_of(&self, work: &mut Work, user: UserId) -> Result<bool, store::Error> {
        let (issuer, subject) = (&self.identity.issuer, &self.identity.subject);
        Ok(work.identity_use(issuer, subject, self.at).await? == Some(user))
    }
}

/// Looks whether the organisation is there in which the provider is to give roles, so that a wrong
/// configuration is told at the start and not to whoever signs in.
pub async fn verify(app: &App) -> Result<(), Error> {
    let named = app.identity_provider().and_then(|own| own.organisation);
    let Some(org) = named else {
        return Ok(());
    };
    let detail = format!("oidc.organisation: there is no organisation {org} here.");
    let there = app.store().read.organisation(org).await?;
    there
        .map(|_| ())
        .ok_or_else(|| Error::conflict("unknown_organisation", detail))
}

/// What people call the provider; none where none is named.
#[must_use]
pub fn name(app: &App) -> Option<&str> {
    app.identity_provider().map(|own| own.name.as_str())
}

/// Whether the provider says what roles people have in this organisation.
pub(crate) async fn gives(app: &App, org: OrgId) -> Result<bool, Error> {
    Ok(match app.identity_provider() {
        Some(own) => !own.roles.is_empty() && own.home(app).await? == org,
        None => false,
    })
}

/// What people call the provider, where it knows this person.
pub(crate) async fn of(app: &App, user: UserId) -> Result<Option<String>, Error> {
    let Some(own) = app.identity_provider() else {
        return Ok(None);
    };
    let known = app.store().read.has_identity(user, own.provider.issuer());
    Ok(known.await?.then(|| own.name.clone()))
}

/// The caller's account is opened at the provider no more, until somebody signs in there again with
/// its address; for whoever showed lately who they are and has another way in.
pub async fn unlink(app: &App, caller: &Caller) -> Result<(), Error> {
    let (member, _) = step_up::own(caller)?;
    step_up::demand(app, caller).await?;
    let read = &app.store().read;
    let (user, org) = (member.user, member.scope.org);
    let issuer = own(app)?.provider.issuer().to_owned();
    if !read.has_identity(user, &issuer).await? {
        return Err(Error::NotFound);
    }
    let account = read.user(user).await?.ok_or(Error::NotFound)?;
    if account.password().is_none() && read.passkeys(user).await?.is_empty() {
        let detail = "This is the only way into the account: make a passkey first.";
        return Err(Error::conflict("only_way_in", detail));
    }
    let after = json!({"identity_provider": issuer});
    let deed = audit::row(app, caller, org, "users.unlink", user, Some(&after), None);
    let written = app.store().write(Lane::Org(org), move |work| {
        let (issuer, deed) = (issuer.clone(), deed.clone());
        Box::pin(async move {
            work.identities_delete(user, &issuer).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    Ok(written.await?)
}

fn own(app: &App) -> Result<&IdentityProvider, Error> {
    let detail = "No identity provider is configured: `oidc` of the configuration.";
    app.identity_provider()
        .ok_or_else(|| Error::conflict("no_identity_provider", detail))
}

fn away(failure: &Failure) -> Error {
    tracing::warn!("the identity provider does not answer as one: {failure}");
    Error::Unavailable {
        code: "identity_provider_away",
        detail: "The identity provider does not answer; the log says more.".to_owned(),
    }
}

/// Sends somebody there to sign in.
pub async fn depart(app: &App) -> Result<Departure, Error> {
    departure(app, None).await
}

/// Sends the caller there to show again who they are.
pub async fn depart_again(app: &App, caller: &Caller) -> Result<Departure, Error> {
    let (member, _) = step_up::own(caller)?;
    departure(app, Some(member.user)).await
}

async fn departure(app: &App, user: Option<UserId>) -> Result<Departure, Error> {
    let begun = own(app)?.provider.begin(user.is_some()).await;
    let begun = begun.map_err(|failure| away(&failure))?;
    let (ceremony, now) = (secret::draw()?, app.now());
    let row = CeremonyRow {
        hash: secret::digest(&ceremony),
        kind: CeremonyKind::Provider,
        user,
        state: serde_json::to_string(&begun.kept).map_err(Error::internal)?,
        expires_at: now + TimeDelta::minutes(MINUTES),
    };
    let written = app.store().write(Lane::Instance, move |work| {
        let row = row.clone();
        Box::pin(async move { work.ceremony_begin(&row, now).await })
    });
    written.await?;
    let url = begun.url;
    Ok(Departure { ceremony, url })
}

/// Looks at what somebody brings back who went there as `user`, once; none when it proves nothing.
pub(crate) async fn prove(
    app: &App,
    back: Return<'_>,
    user: Option<UserId>,
) -> Result<Option<Proved>, Error> {
    let own = own(app)?;
    let (hash, now) = (secret::digest(back.ceremony), app.now());
    let row = app.store().read.ceremony(&hash, now).await?;
    let of = |row: &CeremonyRow| row.kind == CeremonyKind::Provider && row.user == user;
    let Some(row) = row.filter(of) else {
        return Ok(None);
    };
    // Used up before the provider is asked: who knows one ceremony cannot have it asked for ever.
    let taken = app.store().write(Lane::Instance, move |work| {
        let hash = hash.clone();
        Box::pin(async move { work.ceremony_take(&hash).await })
    });
    if !taken.await? {
        return Ok(None);
    }
    let kept: Kept = serde_json::from_str(&row.state).map_err(Error::internal)?;
    match own.provider.finish(kept, back.state, back.code, now).await {
        Ok(identity) => Ok(Some(Proved { identity, at: now })),
        Err(Failure::Refused(why)) => {
            tracing::warn!("what came back from the identity provider proves nothing: {why}");
            Ok(None)
        }
        Err(failure) => Err(away(&failure)),
    }
}
