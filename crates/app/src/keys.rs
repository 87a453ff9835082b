//! API keys: credentials of programs. A key works in one organisation, may at most what its scopes
//! say and never more than its maker at that moment, and always ends. Keys are made by people, not
//! by keys.

use bus::News;
use chrono::TimeDelta;
use domain::clock::Moment;
use domain::id::KeyId;
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission, PermissionSet};
use serde_json::json;
pub use store::KeyRow;
use store::Lane;

use crate::app::App;
use crate::error::Error;
use crate::gate;
use crate::review::{LONGEST_NAME, Review};
use crate::{audit, secret, standing, step_up};

/// Before every key, so that one is known where it lies about.
pub const PREFIX: &str = "bsb_";
/// The longest that a key lives.
const LONGEST_DAYS: i64 = 366;
/// Use is noted no more often than this.
const NOTED_S: i64 = 60;

/// A key to be.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// For people.
    pub name: String,
    /// What it may at most.
    pub permissions: PermissionSet,
    /// Until when.
    pub expires_at: Moment,
}

/// The caller behind a key; none when it is not one, has ended, or its maker is nobody here now.
pub async fn caller(app: &App, text: &str) -> Result<Option<Caller>, Error> {
    let Some(secret) = text.strip_prefix(PREFIX) else {
        return Ok(None);
    };
    let row = app
        .store()
        .read
        .key_by_hash(&secret::digest(secret))
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let caller = standing::of_key(app, &row).await?;
    let now = app.now();
    let noted = row
        .used_at
        .is_some_and(|at| at > now - TimeDelta::seconds(NOTED_S));
    if caller.is_some() && !noted {
        let id = row.id;
        let written = app.store().write(Lane::Instance, move |work| {
            Box::pin(async move { work.key_used(id, now).await })
        });
        written.await?;
    }
    Ok(caller)
}

/// The keys of the organisation, the newest first, with `keys.manage`.
pub async fn list(app: &App, caller: &Caller, page: &PageRequest) -> Result<Page<KeyRow>, Error> {
    let pass = gate::permit_whole(app, caller, Permission::KeysManage).await?;
    Ok(app.store().read.keys(pass.org, page).await?)
}

/// Makes a key, with `keys.manage`, by somebody who showed lately who they are; its text is told once and kept as a digest.
pub async fn create(app: &App, caller: &Caller, new: NewKey) -> Result<(KeyRow, String), Error> {
    let pass = gate::permit_whole(app, caller, Permission::KeysManage).await?;
    let Caller::User(member) = caller else {
        return Err(Error::Denied {
            permission: None,
            why: "keys_are_made_by_people",
        });
    };
    step_up::demand(app, caller).await?;
    let now = app.now();
    let mut review = Review::default();
    review.needed("/name", Some(&new.name), LONGEST_NAME);
    let none = new.permissions.is_empty();
    review.refuse(none, "/permissions", "required", "At least one is needed.");
    let beyond = new.permissions.minus(member.rights(None));
    let names: Vec<&str> = beyond.iter().map(Permission::key).collect();
    let detail = format!("You do not have {} yourself.", names.join(", "));
    review.refuse(
        !names.is_empty(),
        "/permissions",
        "beyond_own_rights",
        detail,
    );
    let latest = now + TimeDelta::days(LONGEST_DAYS);
    let odd = new.expires_at <= now || new.expires_at > latest;
    let detail = format!("Within {LONGEST_DAYS} days from now.");
    review.refuse(odd, "/expires_at", "invalid", detail);
    review.passed()?;
    let drawn = secret::draw()?;
    let row = KeyRow {
        id: KeyId::from_uuid(app.draw()),
        hash: secret::digest(&drawn),
        org: pass.org,
        user: member.user,
        name: new.name.trim().to_owned(),
        permissions: new.permissions,
        created_at: now,
        expires_at: new.expires_at,
        used_at: None,
    };
    let keys: Vec<&str> = row.permissions.iter().map(Permission::key).collect();
    let after = json!({"name": row.name, "permissions": keys, "expires_at": row.expires_at});
    let (org, action) = (pass.org, "keys.create");
    let deed = audit::row(app, caller, org, action, row.id, None, Some(&after));
    let stored = row.clone();
    let written = app.store().write(Lane::Org(org), move |work| {
        let (row, deed) = (stored.clone(), deed.clone());
        Box::pin(async move {
            work.key_insert(&row).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    Ok((row, format!("{PREFIX}{drawn}")))
}

/// Ends a key, with `keys.manage`; at once, on its streams too.
pub async fn remove(app: &App, caller: &Caller, id: KeyId) -> Result<(), Error> {
    let pass = gate::permit_whole(app, caller, Permission::KeysManage).await?;
    let row = app.store().read.key(id).await?;
    let row = row
        .filter(|row| row.org == pass.org)
        .ok_or(Error::NotFound)?;
    let before = json!({"name": row.name});
    let action = "keys.remove";
    let deed = audit::row(app, caller, pass.org, action, id, Some(&before), None);
    let written = app.store().write(Lane::Org(pass.org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            let done = work.key_delete(id).await?;
            if done {
                work.audit(&deed);
            }
            Ok(done)
        })
    });
    if !written.await? {
        return Err(Error::NotFound);
    }
    app.bus().publish(News::Revoked(row.user)).await;
    Ok(())
}
