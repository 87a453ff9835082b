//! Requests with a key of the sender's own: the first one is done, and one that repeats it is
//! answered as the first one was, for a day, on every node and after a restart.
//!
//! What is kept never holds a secret: of a request only a keyed digest, for its body may be a
//! password; of an answer that shows a secret only that it was given. A key belongs to an account
//! in its organisation (or to an address, where nobody is signed in), and a kept answer is not
//! shown to somebody whose rights have changed since.

use chrono::TimeDelta;
use domain::role::Caller;
use store::{Begun, KeptAnswer, KeyedRequest, Lane};

use crate::app::App;
use crate::error::Error;

/// How long an answer is kept.
const KEPT_HOURS: i64 = 24;
/// After this long a request without an answer was cut off: whether it was done is not known.
const LONGEST_MINUTES: i64 = 5;

/// Who sends a request.
#[derive(Debug, Clone, Copy)]
pub enum Sender<'a> {
    /// Somebody who is signed in.
    Account(&'a Caller),
    /// Somebody unknown, at this address.
    Address(&'a str),
}

/// What a request was answered.
pub use store::KeptAnswer as Answer;

/// The right to do a request; answered or released when it was done.
#[derive(Debug)]
pub struct Held(KeyedRequest);

/// What to do with a request.
#[derive(Debug)]
pub enum Turn {
    /// It is the first with its key: do it, then call [`answered`] or [`released`].
    First(Held),
    /// It was done; this is what it was answered.
    Repeat(Answer),
    /// It was done, but its answer is not kept: it held a secret.
    NotKept,
    /// The first one is still being done.
    Running,
    /// The first one was cut off; whether it was done is not known.
    Interrupted,
    /// The key was used for something else.
    Reused,
    /// It was done, and what the sender may do has changed since.
    RightsChanged,
}

fn owner(sender: Sender<'_>) -> (String, String) {
    let member = match sender {
        Sender::Address(address) => return (format!("address:{address}"), String::new()),
        Sender::Account(caller) => caller.member(),
    };
    // Busbar itself sends no requests.
    let Some(member) = member else {
        return (String::new(), String::new());
    };
    let mut rights = blake3::Hasher::new();
    let (scope, here) = (&member.scope.sites, &member.site_rights);
    rights.update(format!("{:?} {scope:?} {here:?}", member.permissions).as_bytes());
    let who = match sender {
        Sender::Account(Caller::Key { key, .. }) => key.to_string(),
        _ => member.user.to_string(),
    };
    (
        format!("{who}@{}", member.scope.org),
        rights.finalize().to_hex().to_string(),
    )
}

/// Asks for the turn of a request: `parts` are its method, path and body.
pub async fn begin(
    app: &App,
    sender: Sender<'_>,
    key: &str,
    parts: &[&[u8]],
) -> Result<Turn, Error> {
    let (owner, rights) = owner(sender);
    let mut digest = blake3::Hasher::new_keyed(app.secret().key());
    for part in parts {
        digest.update(&(part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let now = app.now();
    let request = KeyedRequest {
        owner,
        key: key.to_owned(),
        fingerprint: digest.finalize().to_hex().to_string(),
        rights,
        started_at: now,
    };
    let (asked, since) = (request.clone(), now - TimeDelta::hours(KEPT_HOURS));
    let begun = app
        .store()
        .write(Lane::Instance, move |work| {
            let asked = asked.clone();
            Box::pin(async move { work.idempotency_begin(&asked, since).await })
        })
        .await?;
    let (first, answer) = match begun {
        Begun::First => return Ok(Turn::First(Held(request))),
        Begun::Held(first, answer) => (first, answer),
    };
    if first.fingerprint != request.fingerprint {
        return Ok(Turn::Reused);
    }
    let Some(answer) = answer else {
        let cut_off = first.started_at + TimeDelta::minutes(LONGEST_MINUTES) < now;
        return Ok(if cut_off {
            Turn::Interrupted
        } else {
            Turn::Running
        });
    };
    Ok(if first.rights != request.rights {
        Turn::RightsChanged
    } else if answer.body.is_none() {
        Turn::NotKept
    } else {
        Turn::Repeat(answer)
    })
}

/// Keeps what a request was answered.
pub async fn answered(app: &App, held: Held, answer: Answer) -> Result<(), Error> {
    let kept: KeptAnswer = answer;
    app.store()
        .write(Lane::Instance, move |work| {
            let (request, kept) = (held.0.clone(), kept.clone());
            Box::pin(async move { work.idempotency_answered(&request, &kept).await })
        })
        .await?;
    Ok(())
}

/// Gives the key back: the request was refused and nothing was done.
pub async fn released(app: &App, held: Held) -> Result<(), Error> {
    app.store()
        .write(Lane::Instance, move |work| {
            let request = held.0.clone();
            Box::pin(async move { work.idempotency_release(&request).await })
        })
        .await?;
    Ok(())
}

/// Forgets requests that are older than a day; for the jobs.
pub(crate) async fn sweep(app: &App) -> Result<u64, Error> {
    let until = app.now() - TimeDelta::hours(KEPT_HOURS);
    Ok(app
        .store()
        .write(Lane::Instance, move |work| {
            Box::pin(async move { work.idempotency_sweep(until).await })
        })
        .await?)
}
