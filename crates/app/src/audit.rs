//! The audit trail: who did what to what, by which way and why. A row is written in the unit of
//! work of the deed, numbered and chained after the commit by the publisher in [`crate::jobs`], and
//! read by whoever has `audit.view`.

use std::future::Future;

use domain::audit::{Deed, Head, Link, Via};
use domain::id::{AuditId, OrgId};
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission};
use serde_json::Value;
pub use store::AuditFilter;
use store::Lane;

use crate::app::{App, StationSecret};
use crate::error::Error;
use crate::gate;

/// Where a deed comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// By which way.
    pub via: Via,
    /// The request, under which also its problems are told.
    pub request_id: Option<String>,
    /// The address of whoever asked.
    pub ip: Option<String>,
    /// Why, in the asker's words.
    pub reason: Option<String>,
}

impl Origin {
    /// The command line of the instance.
    #[must_use]
    pub const fn cli() -> Self {
        Self {
            via: Via::Cli,
            request_id: None,
            ip: None,
            reason: None,
        }
    }
}

tokio::task_local! {
    static ORIGIN: Origin;
}

/// Does something on behalf of `origin`: every deed in it tells where it came from. What is
/// spawned in it is outside again.
pub async fn within<F: Future>(origin: Origin, deed: F) -> F::Output {
    ORIGIN.scope(origin, deed).await
}

/// Takes what is done just now along to where it is spawned.
pub fn aside<F: Future>(deed: F) -> impl Future<Output = F::Output> {
    let own = origin();
    async move {
        match own {
            Some(own) => within(own, deed).await,
            None => deed.await,
        }
    }
}

/// Where what is done just now comes from; none when Busbar does it by itself.
#[must_use]
pub fn origin() -> Option<Origin> {
    ORIGIN.try_with(Clone::clone).ok()
}

/// The request that is answered just now.
#[must_use]
pub fn request_id() -> Option<String> {
    ORIGIN
        .try_with(|origin| origin.request_id.clone())
        .ok()
        .flatten()
}

/// A row about a deed of `caller`. `before` and `after` must hold nothing personal.
pub(crate) fn row(
    app: &App,
    caller: &Caller,
    org: OrgId,
    action: &str,
    object: impl std::fmt::Display,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Deed {
    let (actor, actor_name, via) = match caller {
        Caller::User(member) => (Some(member.user), member.name.clone(), Via::Api),
        Caller::Key { key, member } => {
            let name = format!("{} ({key})", member.name);
            (Some(member.user), name, Via::Key)
        }
        Caller::Station(id) => (None, id.to_string(), Via::System),
        Caller::System { why } => (None, (*why).to_owned(), Via::System),
    };
    let origin = origin();
    let via = origin.as_ref().map_or(via, |origin| origin.via);
    let (request_id, ip, reason) = origin.map_or((None, None, None), |origin| {
        (origin.request_id, origin.ip, origin.reason)
    });
    Deed {
        id: AuditId::from_uuid(app.draw()),
        org,
        at: app.now(),
        actor,
        actor_name,
        action: action.to_owned(),
        object: object.to_string(),
        before: before.map(Value::to_string),
        after: after.map(Value::to_string),
        via,
        request_id,
        ip,
        reason,
    }
}

/// What a deed brings with it elsewhere, found only in its unit: told in rows of their own, by the
/// same actor and from the same place.
#[derive(Clone)]
pub(crate) struct Brought {
    app: App,
    by: Deed,
}

impl Brought {
    pub fn new(app: &App, by: &Deed) -> Self {
        Self {
            app: app.clone(),
            by: by.clone(),
        }
    }

    /// A row that tells nothing of its object yet.
    pub fn deed(&self, org: OrgId, action: &str) -> Deed {
        Deed {
            id: AuditId::from_uuid(self.app.draw()),
            org,
            action: action.to_owned(),
            object: String::new(),
            before: None,
            after: None,
            ..self.by.clone()
        }
    }
}

/// Deeds in the caller's organisation, the newest first, with `audit.view`. A deed is listed when
/// it has its number, a moment after it was done.
pub async fn list(
    app: &App,
    caller: &Caller,
    filter: &AuditFilter,
    page: &PageRequest,
) -> Result<Page<Link>, Error> {
    let pass = gate::permit_whole(app, caller, Permission::AuditView).await?;
    Ok(app.store().read.audit(pass.org, filter, page).await?)
}

/// How many deeds are chained in one commit.
const AT_ONCE: u64 = 500;

/// Numbers and chains the deeds that are committed; tells how many. Only the publisher may call
/// this, or a test.
pub(crate) async fn chain(app: &App) -> Result<usize, Error> {
    let mut count = 0;
    while app.store().read.audit_waiting().await? {
        let secret = app.secret().clone();
        let chained = app.store().write(Lane::Instance, move |work| {
            let secret = secret.clone();
            Box::pin(async move { work.audit_chain(AT_ONCE, |head| seal(&secret, head)).await })
        });
        count += chained.await?;
    }
    Ok(count)
}

/// The name under which the key of the seal is derived from the key file; never to be changed.
const CONTEXT: &str = "busbar 2026-11-24 head of the audit trail";

/// The seal on the head of the chain: made with a key outside the database, so that whoever has
/// only the database can neither cut the chain short nor write it anew.
#[must_use]
pub fn seal(secret: &StationSecret, head: &Head) -> String {
    let key = blake3::derive_key(CONTEXT, secret.key());
    let text = format!("{} {}", head.seq, head.hash);
    blake3::keyed_hash(&key, text.as_bytes())
        .to_hex()
        .to_string()
}
