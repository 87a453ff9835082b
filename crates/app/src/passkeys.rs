//! Passkeys (WebAuthn level 3): made by somebody who is signed in, and then by themselves enough to
//! sign in, for the authenticator has looked who holds it. They work at the one address of the
//! console that the operator configured.

use chrono::TimeDelta;
use domain::clock::Moment;
use domain::id::{PasskeyId, UserId};
use domain::role::{Caller, Permission};
use serde_json::{Value, json};
pub use store::PasskeyRow;
use store::{CeremonyKind, CeremonyRow, Lane, Work};
use url::{Host, Url};
use uuid::Uuid;
use webauthn_rs::prelude::{
    CredentialID, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::app::App;
use crate::error::Error;
use crate::review::{LONGEST_NAME, Review};
use crate::{audit, gate, secret, step_up};

/// How long the browser may take.
const CEREMONY_MINUTES: i64 = 5;
/// The most that one person has.
const MOST: usize = 20;

/// What the browser is to do, and the secret by which it goes on.
#[derive(Debug)]
pub struct Ceremony {
    /// The secret.
    pub ceremony: String,
    /// The options of `navigator.credentials`, as WebAuthn writes them in JSON.
    pub options: Value,
}

fn authority(app: &App) -> Result<Webauthn, Error> {
    let unfit = || {
        let detail =
            "Passkeys need a name in `http.public_url`, with https unless it is localhost.";
        Error::conflict("passkeys_unavailable", detail)
    };
    let origin = Url::parse(&app.settings().console_url).map_err(|_| unfit())?;
    let Some(Host::Domain(name)) = origin.host() else {
        return Err(unfit());
    };
    let local = name == "localhost";
    if origin.scheme() != "https" && !local {
        return Err(unfit());
    }
    WebauthnBuilder::new(name, &origin)
        .and_then(|builder| builder.rp_name("Busbar").allow_any_port(local).build())
        .map_err(Error::internal)
}

fn credential(text: &str) -> Result<Passkey, Error> {
    serde_json::from_str(text).map_err(Error::internal)
}

fn text(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(Error::internal)
}

/// The name of a credential, as it is kept.
fn named(id: &CredentialID) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(id.as_slice())
}

/// The caller's passkeys, the oldest first.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<PasskeyRow>, Error> {
    let (member, _) = step_up::own(caller)?;
    Ok(app.store().read.passkeys(member.user).await?)
}

async fn begun(
    app: &App,
    kind: CeremonyKind,
    user: Option<UserId>,
    state: String,
    options: Value,
) -> Result<Ceremony, Error> {
    let (ceremony, now) = (secret::draw()?, app.now());
    let row = CeremonyRow {
        kind,
        hash: secret::digest(&ceremony),
        user,
        state,
        expires_at: now + TimeDelta::minutes(CEREMONY_MINUTES),
    };
    let written = app.store().write(Lane::Instance, move |work| {
        let row = row.clone();
        Box::pin(async move { work.ceremony_begin(&row, now).await })
    });
    written.await?;
    Ok(Ceremony { ceremony, options })
}

/// Begins to make a passkey, with `account.mfa`, for somebody who showed lately who they are.
pub async fn begin(app: &App, caller: &Caller) -> Result<Ceremony, Error> {
    let (member, _) = step_up::own(caller)?;
    gate::permit(app, caller, Permission::AccountMfa).await?;
    step_up::demand(app, caller).await?;
    let authority = authority(app)?;
    let read = &app.store().read;
    let own = read.passkeys(member.user).await?;
    if own.len() >= MOST {
        let detail = format!("At most {MOST}: remove one first.");
        return Err(Error::conflict("too_many_passkeys", detail));
    }
    let person = read.user(member.user).await?.ok_or(Error::NotFound)?;
    let known: Vec<CredentialID> = own
        .iter()
        .map(|row| Ok(credential(&row.credential)?.cred_id().clone()))
        .collect::<Result<_, Error>>()?;
    let id: Uuid = member.user.uuid();
    let (options, state) = authority
        .start_passkey_registration(id, &person.email, &person.name, Some(known))
        .map_err(Error::internal)?;
    let mut options = serde_json::to_value(&options).map_err(Error::internal)?;
    // To sign in without a name, the authenticator has to keep the passkey itself.
    let choice = &mut options["publicKey"]["authenticatorSelection"];
    choice["residentKey"] = json!("required");
    choice["requireResidentKey"] = json!(true);
    let kind = CeremonyKind::Passkey;
    begun(app, kind, Some(member.user), text(&state)?, options).await
}

fn over() -> Error {
    let detail = "This took too long, or was done already: begin again.";
    Error::conflict("ceremony_over", detail)
}

fn refused(error: &WebauthnError) -> Error {
    tracing::debug!("a passkey was refused: {error}");
    let detail = "The authenticator's answer does not fit what was asked.";
    Error::invalid("/credential", "invalid", detail)
}

/// Keeps a passkey that the browser made.
pub async fn finish(
    app: &App,
    caller: &Caller,
    ceremony: &str,
    name: &str,
    made: Value,
) -> Result<PasskeyRow, Error> {
    let (member, _) = step_up::own(caller)?;
    let mut review = Review::default();
    review.needed("/name", Some(name), LONGEST_NAME);
    review.passed()?;
    let (hash, now) = (secret::digest(ceremony), app.now());
    let row = app.store().read.ceremony(&hash, now).await?;
    let of = |row: &CeremonyRow| row.kind == CeremonyKind::Passkey && row.user == Some(member.user);
    let row = row.filter(of);
    let row = row.ok_or_else(over)?;
    let state: PasskeyRegistration = serde_json::from_str(&row.state).map_err(|_| over())?;
    let made: RegisterPublicKeyCredential = read(made)?;
    let key = authority(app)?
        .finish_passkey_registration(&made, &state)
        .map_err(|error| refused(&error))?;
    let passkey = PasskeyRow {
        id: PasskeyId::from_uuid(app.draw()),
        user: member.user,
        credential_id: named(key.cred_id()),
        name: name.trim().to_owned(),
        credential: text(&key)?,
        created_at: now,
        used_at: None,
    };
    let (org, id) = (member.scope.org, passkey.id);
    let deed = audit::row(app, caller, org, "passkeys.create", id, None, None);
    let stored = passkey.clone();
    let written = app.store().write(Lane::Org(org), move |work| {
        let (passkey, deed, hash) = (stored.clone(), deed.clone(), hash.clone());
        Box::pin(async move {
            if !work.ceremony_take(&hash).await? {
                return Ok(false);
            }
            work.passkey_insert(&passkey).await?;
            work.audit(&deed);
            Ok(true)
        })
    });
    match written.await {
        Ok(true) => Ok(passkey),
        Ok(false) => Err(over()),
        Err(store::Error::Conflict(_)) => {
            let detail = "This passkey is known already.";
            Err(Error::conflict("passkey_exists", detail))
        }
        Err(other) => Err(other.into()),
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|_| {
        let detail = "No credential as a browser makes it.";
        Error::invalid("/credential", "invalid", detail)
    })
}

/// Removes a passkey of the caller, who showed lately who they are.
pub async fn remove(app: &App, caller: &Caller, id: PasskeyId) -> Result<(), Error> {
    let (member, _) = step_up::own(caller)?;
    let own = app.store().read.passkeys(member.user).await?;
    if !own.iter().any(|row| row.id == id) {
        return Err(Error::NotFound);
    }
    step_up::demand(app, caller).await?;
    let (user, org) = (member.user, member.scope.org);
    let deed = audit::row(app, caller, org, "passkeys.remove", id, None, None);
    let done = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            let done = work.passkey_delete(user, id).await?;
            if done {
                work.audit(&deed);
            }
            Ok(done)
        })
    });
    match done.await? {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}

/// Begins a sign-in by a passkey, of somebody who says no name.
pub async fn begin_sign_in(app: &App) -> Result<Ceremony, Error> {
    let (options, state) = authority(app)?
        .start_discoverable_authentication()
        .map_err(Error::internal)?;
    let options = serde_json::to_value(&options).map_err(Error::internal)?;
    let kind = CeremonyKind::Passkey;
    begun(app, kind, None, text(&state)?, options).await
}

/// Begins to show again who the caller is, by a passkey of theirs.
pub async fn begin_confirm(app: &App, caller: &Caller) -> Result<Ceremony, Error> {
    let (member, _) = step_up::own(caller)?;
    let (options, state) = authority(app)?
        .start_discoverable_authentication()
        .map_err(Error::internal)?;
    let options = serde_json::to_value(&options).map_err(Error::internal)?;
    let kind = CeremonyKind::PasskeyConfirm;
    begun(app, kind, Some(member.user), text(&state)?, options).await
}

/// What a passkey proved.
pub(crate) struct Proved {
    /// The passkey.
    pub passkey: PasskeyRow,
    /// It with its new counter.
    pub credential: String,
    /// The digest of the ceremony, to be used up.
    pub ceremony: String,
    /// When.
    pub at: Moment,
}

impl Proved {
    /// Uses it up; false when it was used, or the passkey is gone.
    pub async fn use_up(&self, work: &mut Work) -> Result<bool, store::Error> {
        Ok(work.ceremony_take(&self.ceremony).await?
            && work
                .passkey_used(self.passkey.id, &self.credential, self.at)
                .await?)
    }
}

/// Looks at what a passkey says: of anybody who signs in, or of `of`, who shows again who they are.
/// None for one that proves nothing.
pub(crate) async fn prove(
    app: &App,
    ceremony: &str,
    said: Value,
    of: Option<UserId>,
) -> Result<Option<Proved>, Error> {
    let (hash, now) = (secret::digest(ceremony), app.now());
    let row = app.store().read.ceremony(&hash, now).await?;
    let kind = match of {
        None => CeremonyKind::Passkey,
        Some(_) => CeremonyKind::PasskeyConfirm,
    };
    let asked = |row: &CeremonyRow| row.kind == kind && row.user == of;
    let Some(row) = row.filter(asked) else {
        return Ok(None);
    };
    let state: DiscoverableAuthentication =
        serde_json::from_str(&row.state).map_err(Error::internal)?;
    let said: PublicKeyCredential = read(said)?;
    let authority = authority(app)?;
    let Ok((user, id)) = authority.identify_discoverable_authentication(&said) else {
        return Ok(None);
    };
    let id = named(&CredentialID::from(id.to_vec()));
    let user = UserId::from_uuid(user);
    if of.is_some_and(|of| of != user) {
        return Ok(None);
    }
    let mut own = app.store().read.passkeys(user).await?.into_iter();
    let Some(passkey) = own.find(|row| row.credential_id == id) else {
        return Ok(None);
    };
    let mut key = credential(&passkey.credential)?;
    let result = match authority.finish_discoverable_authentication_v2(&said, state, &key) {
        Ok(result) => result,
        Err(error) => {
            tracing::debug!("a passkey proved nothing: {error}");
            return Ok(None);
        }
    };
    key.update_credential(&result);
    Ok(Some(Proved {
        credential: text(&key)?,
        passkey,
        ceremony: hash,
        at: now,
    }))
}
