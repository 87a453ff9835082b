//! What is taken over from another system: sites, stations, tokens, drivers, sessions and their
//! readings, for the command line only. Owns the rule that everything is taken over once: its id is
//! made of the name that it has there, and what is here already stays as it is. Refuses single rows
//! and goes on with the rest; knows nothing of how the other system writes them.

mod fleet;
mod history;

use domain::id::OrgId;
use domain::role::Caller;
use serde_json::{Value, json};
use store::Lane;
use uuid::Uuid;

use crate::app::App;
use crate::error::Error;
use crate::review::Review;
use crate::{audit, gate, users};

pub use fleet::{
    CarriedConnector, CarriedPassword, CarriedStation, PlacedStation, PlacedToken, drivers, sites,
    stations, tokens,
};
pub use history::{CarriedPoint, Sessions, numbers_above, samples, sessions};

/// Where everything of one import goes.
#[derive(Debug, Clone)]
pub struct Destination {
    org: OrgId,
    source: String,
    dry: bool,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate<T> {
    /// It is new here.
    Made(T),
    /// It was here already, and stayed as it was.
    There(T),
    /// It cannot be taken over; why, without anything personal.
    Refused(String),
}

impl<T> Fate<T> {
    /// What it is here.
    pub const fn here(&self) -> Option<&T> {
        match self {
            Self::Made(here) | Self::There(here) => Some(here),
            Self::Refused(_) => None,
        }
    }
}

/// How many rows of a kind came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// New here.
    pub made: u64,
    /// Here already; of sessions also those that are over now and ran here.
    pub there: u64,
    /// Not taken over.
    pub refused: u64,
}

/// The longest name of a source.
const LONGEST_SOURCE: usize = 40;
/// The first moment that ids of imported rows begin with, in unix milliseconds: 2000, when nothing
/// of ours was made.
const EPOCH_MS: u64 = 946_684_800_000;

impl Destination {
    /// The organisation.
    #[must_use]
    pub const fn org(&self) -> OrgId {
        self.org
    }

    /// Whether nothing is to be written.
    #[must_use]
    pub const fn is_dry(&self) -> bool {
        self.dry
    }

    /// What a row is called: `steve:transaction:123`.
    #[must_use]
    pub fn external_ref(&self, noun: &str, key: &str) -> String {
        format!("{}:{noun}:{key}", self.source)
    }

    /// The id of a row here, always the same for the same row. Rows with near `number`s have ids
    /// that lie near each other, which is what makes many of them quick to write.
    #[must_use]
    pub fn id(&self, noun: &str, key: &str, number: u64) -> Uuid {
        self.id_at(noun, key, EPOCH_MS.saturating_add(number))
    }

    /// The same, for what goes by its age (readings): the id begins with a moment.
    #[must_use]
    pub fn id_at(&self, noun: &str, key: &str, ms: u64) -> Uuid {
        let mut digest = blake3::Hasher::new_derive_key("busbar 2026-11-30 id of an imported row");
        digest.update(self.org.uuid().as_bytes());
        digest.update(self.external_ref(noun, key).as_bytes());
        let mut rest = [0; 10];
        digest.finalize_xof().fill(&mut rest);
        uuid::Builder::from_unix_timestamp_millis(ms, &rest).into_uuid()
    }
}

/// Begins an import into an organisation, the root where none is named, from a `source` with a name
/// of its own. `about` says in the audit trail what is imported. For the command line only.
pub async fn begin(
    app: &App,
    caller: &Caller,
    organisation: Option<OrgId>,
    source: &str,
    dry: bool,
    about: &Value,
) -> Result<Destination, Error> {
    gate::permit_system(caller)?;
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    let odd = source.is_empty() || source.len() > LONGEST_SOURCE || !source.chars().all(known);
    let mut review = Review::default();
    let detail = "1 to 40 small letters, digits, and any of - _ .";
    review.refuse(odd, "/source", "invalid", detail);
    review.passed()?;
    let org = users::meant(app, organisation).await?;
    let to = Destination {
        org,
        source: source.to_owned(),
        dry,
    };
    if !dry {
        // Before anything is written, so that nothing is here of which the trail knows nothing.
        let after = json!({"source": to.source, "about": about});
        deed(app, caller, &to, "imports.begin", &after).await?;
    }
    Ok(to)
}

/// Tells the audit trail what a kind of rows came to.
pub async fn note(
    app: &App,
    caller: &Caller,
    to: &Destination,
    kind: &str,
    tally: Tally,
) -> Result<(), Error> {
    gate::permit_system(caller)?;
    if to.dry {
        return Ok(());
    }
    let Tally {
        made,
        there,
        refused,
    } = tally;
    let after = json!({"source": to.source, "kind": kind, "made": made, "there": there,
        "refused": refused});
    deed(app, caller, to, "imports.carry", &after).await
}

async fn deed(
    app: &App,
    caller: &Caller,
    to: &Destination,
    action: &str,
    after: &Value,
) -> Result<(), Error> {
    let deed = audit::row(app, caller, to.org, action, to.org, None, Some(after));
    let written = app.store().write(Lane::Org(to.org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    app.facts_committed();
    Ok(())
}

/// What is wrong with a row, in one line.
fn wrong(review: Review) -> Option<String> {
    match review.passed() {
        Ok(()) => None,
        Err(Error::Invalid { problems }) => {
            let texts = problems.into_iter().map(|problem| {
                let place = problem.pointer.trim_start_matches('/').to_owned();
                format!("{place}: {}", problem.detail)
            });
            Some(texts.collect::<Vec<_>>().join(" "))
        }
        Err(other) => Some(other.to_string()),
    }
}
