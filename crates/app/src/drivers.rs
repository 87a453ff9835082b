//! EV drivers: found, added, edited, put away and erased; their tokens, and what they charged. All
//! of it is driver data, and of the organisation as a whole.

use domain::driver::{self, Details, Driver, DriverState};
use domain::id::{DriverId, OrgId, TokenId};
use domain::page::{Page, PageRequest};
use domain::personal::Personal;
use domain::role::{Caller, Permission};
use domain::token::Token;
use serde_json::{Value, json};
use store::{DriverFilter, Lane, SessionFilter};

use crate::app::App;
use crate::error::Error;
use crate::review::{LONGEST_NAME, Review, kept};
use crate::revision::{self, Precondition};
use crate::sessions::SessionView;
use crate::users::is_address;
use crate::{audit, gate, step_up};

pub use store::{DriverRow, DriverSort, Sort};

/// The longest note, in characters.
const LONGEST_NOTE: usize = 2_000;

/// Which drivers are wanted.
#[derive(Debug, Clone)]
pub struct DriverQuery {
    /// A part of what names them, or of the text of a token of theirs.
    pub q: Option<String>,
    /// Only in this state; all but the archived where none is given.
    pub state: Option<DriverState>,
    /// In which order.
    pub sort: Sort<DriverSort>,
}

/// What is said of a driver: on creation the name is needed; on a change what is not said stays, and
/// an inner none clears.
#[derive(Clone, Default)]
pub struct DriverEdit {
    /// The name.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<Option<String>>,
    /// Telephone number.
    pub phone: Option<Option<String>>,
    /// Number plate.
    pub plate: Option<Option<String>>,
    /// Contract of an ISO 15118 vehicle.
    pub contract_id: Option<Option<String>>,
    /// What another system calls the driver.
    pub reference: Option<Option<String>>,
    /// For the people who look after drivers.
    pub note: Option<Option<String>>,
    /// BCP 47.
    pub language: Option<Option<String>>,
    /// Whether the driver may charge.
    pub state: Option<DriverState>,
    /// On what the change depends.
    pub when: Precondition,
}

impl std::fmt::Debug for DriverEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DriverEdit(hidden)")
    }
}

impl DriverEdit {
    fn review(&self, new: bool) -> Result<(), Error> {
        let mut review = Review::default();
        let missing = new && self.name.is_none();
        review.refuse(
            missing,
            "/name",
            "required",
            "Say what the driver is called.",
        );
        review.needed("/name", self.name.as_deref(), LONGEST_NAME);
        let said = |field: &Option<Option<String>>| {
            let text = field.as_ref().and_then(|text| text.as_deref());
            text.map(str::trim)
                .filter(|t| !t.is_empty())
                .map(str::to_owned)
        };
        type Check = fn(&str) -> bool;
        let checks: [(&Option<Option<String>>, &str, Check, &str); 5] = [
            (&self.email, "/email", is_address, "An e-mail address."),
            (
                &self.phone,
                "/phone",
                driver::is_phone,
                "A telephone number.",
            ),
            (&self.plate, "/plate", driver::is_plate, "A number plate."),
            (
                &self.contract_id,
                "/contract_id",
                driver::is_contract_id,
                "A contract id, such as DE-8AA-C12345678-X.",
            ),
            (
                &self.language,
                "/language",
                driver::is_language,
                "A language, such as de or de-AT.",
            ),
        ];
        for (field, pointer, fits, detail) in checks {
            let odd = said(field).is_some_and(|text| !fits(&text));
            review.refuse(odd, pointer, "invalid", detail);
        }
        review.text("/reference", said(&self.reference).as_deref(), LONGEST_NAME);
        // Notes have lines.
        let long = said(&self.note).is_some_and(|note| note.chars().count() > LONGEST_NOTE);
        let detail = format!("At most {LONGEST_NOTE} characters.");
        review.refuse(long, "/note", "too_long", detail);
        review.passed()
    }

    /// `before` with what is said anew.
    fn applied(self, before: Details) -> Details {
        let told = |field: Option<Option<String>>, was: Option<String>| match field {
            None => was,
            Some(text) => kept(text),
        };
        Details {
            name: self.name.map_or(before.name, |name| name.trim().to_owned()),
            email: told(self.email, before.email),
            phone: told(self.phone, before.phone),
            plate: told(self.plate, before.plate),
            contract_id: told(self.contract_id, before.contract_id).map(|id| id.to_uppercase()),
            reference: told(self.reference, before.reference),
            note: told(self.note, before.note),
            language: told(self.language, before.language),
        }
    }
}

/// What the audit trail holds of a driver: nothing that names one.
fn told(driver: &Driver) -> Value {
    json!({"state": driver.state})
}

/// Drivers of the organisation, by name unless it is said otherwise, with `drivers.list`.
pub async fn list(
    app: &App,
    caller: &Caller,
    query: &DriverQuery,
    page: &PageRequest,
) -> Result<Page<DriverRow>, Error> {
    let pass = gate::permit_whole(app, caller, Permission::DriversList).await?;
    gate::may_know(app, caller)?;
    let filter = DriverFilter {
        q: query.q.clone().map(Personal::new),
        state: query.state,
        sort: query.sort,
    };
    Ok(app.store().read.drivers(pass.org, &filter, page).await?)
}

/// A driver, with `drivers.view`.
pub async fn find(app: &App, caller: &Caller, id: DriverId) -> Result<DriverRow, Error> {
    let pass = gate::permit_whole(app, caller, Permission::DriversView).await?;
    gate::may_know(app, caller)?;
    row(app, pass.org, id).await
}

async fn row(app: &App, org: OrgId, id: DriverId) -> Result<DriverRow, Error> {
    let found = app.store().read.driver(org, id).await?;
    found.ok_or(Error::NotFound)
}

/// Adds a driver, with `drivers.add`.
pub async fn create(app: &App, caller: &Caller, new: DriverEdit) -> Result<DriverRow, Error> {
    let pass = gate::permit_whole(app, caller, Permission::DriversAdd).await?;
    gate::may_know(app, caller)?;
    new.review(true)?;
    let state = new.state.unwrap_or(DriverState::Active);
    let driver = Driver {
        id: DriverId::from_uuid(app.draw()),
        org: pass.org,
        details: Personal::new(new.applied(Details::default())),
        state,
        created_at: app.now(),
        erased_at: None,
    };
    let (id, org, after) = (driver.id, pass.org, told(&driver));
    let deed = audit::row(app, caller, org, "drivers.create", id, None, Some(&after));
    let written = app.store().write(Lane::Org(org), move |work| {
        let (driver, deed) = (driver.clone(), deed.clone());
        Box::pin(async move {
            work.driver_insert(&driver).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    row(app, org, id).await
}

/// Changes a driver, with `drivers.edit`. One who is blocked or put away may charge with no token;
/// one who was erased does not come back.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: DriverId,
    edit: DriverEdit,
) -> Result<DriverRow, Error> {
    let pass = gate::permit_whole(app, caller, Permission::DriversEdit).await?;
    gate::may_know(app, caller)?;
    edit.review(false)?;
    for _ in 0..revision::TRIES {
        let found = row(app, pass.org, id).await?;
        edit.when.admits(found.revision)?;
        if found.driver.erased_at.is_some() {
            return Err(erased());
        }
        let (before, from) = (told(&found.driver), found.revision);
        let mut driver = found.driver;
        driver.state = edit.state.unwrap_or(driver.state);
        driver.details = Personal::new(edit.clone().applied(driver.details.sealed().clone()));
        let (org, after) = (pass.org, told(&driver));
        let action = "drivers.edit";
        let deed = audit::row(app, caller, org, action, id, Some(&before), Some(&after));
        let done = app.store().write(Lane::Org(org), move |work| {
            let (driver, deed) = (driver.clone(), deed.clone());
            Box::pin(async move {
                let done = work.driver_update(&driver, from).await?;
                if done {
                    work.audit(&deed);
                }
                Ok(done)
            })
        });
        if done.await? {
            return row(app, org, id).await;
        }
    }
    Err(revision::too_busy())
}

fn erased() -> Error {
    Error::conflict("erased", "Everything that named this driver was removed.")
}

/// Removes everything that names a driver, with `drivers.edit` and by somebody who showed lately who
/// they are: the record, what their tokens are called, and the texts of tokens in their sessions.
/// What was charged stays for the accounts; frames in the log go with its retention.
pub async fn erase(
    app: &App,
    caller: &Caller,
    id: DriverId,
    when: &Precondition,
) -> Result<(), Error> {
    let pass = gate::permit_whole(app, caller, Permission::DriversEdit).await?;
    gate::may_know(app, caller)?;
    let found = row(app, pass.org, id).await?;
    when.admits(found.revision)?;
    if found.driver.erased_at.is_some() {
        return Ok(());
    }
    step_up::demand(app, caller).await?;
    let (org, from, before) = (pass.org, found.revision, told(&found.driver));
    let driver = found.driver.erased(app.now());
    let action = "drivers.erase";
    let deed = audit::row(app, caller, org, action, id, Some(&before), None);
    let done = app.store().write(Lane::Org(org), move |work| {
        let (driver, deed) = (driver.clone(), deed.clone());
        Box::pin(async move {
            let done = work.driver_update(&driver, from).await?;
            if done {
                work.tokens_release(id).await?;
                work.driver_sessions_scrub(id).await?;
                work.audit(&deed);
            }
            Ok(done)
        })
    });
    match done.await? {
        true => Ok(()),
        false => Err(revision::stale()),
    }
}

/// The tokens of a driver, with `drivers.view`.
pub async fn tokens(app: &App, caller: &Caller, id: DriverId) -> Result<Vec<Token>, Error> {
    let found = find(app, caller, id).await?;
    let driver = &found.driver;
    Ok(app.store().read.driver_tokens(driver.org, id).await?)
}

/// Gives a token of nobody to a driver, with `tokens.edit`.
pub async fn attach(app: &App, caller: &Caller, id: DriverId, token: TokenId) -> Result<(), Error> {
    hand(app, caller, id, token, true).await
}

/// Takes a token from a driver, with `tokens.edit`; it may be used on.
pub async fn detach(app: &App, caller: &Caller, id: DriverId, token: TokenId) -> Result<(), Error> {
    hand(app, caller, id, token, false).await
}

enum Handed {
    Done,
    Gone,
    Elsewhere,
}

async fn hand(
    app: &App,
    caller: &Caller,
    id: DriverId,
    token: TokenId,
    to: bool,
) -> Result<(), Error> {
    let pass = gate::permit_whole(app, caller, Permission::TokensEdit).await?;
    gate::may_know(app, caller)?;
    let org = pass.org;
    row(app, org, id).await?;
    let (known, _) = app
        .store()
        .read
        .token(org, token)
        .await?
        .ok_or(Error::NotFound)?;
    if to && known.driver == Some(id) {
        return Ok(());
    }
    let after = json!({"driver": id});
    let (action, before, after) = match to {
        true => ("tokens.attach", None, Some(&after)),
        false => ("tokens.detach", Some(&after), None),
    };
    let deed = audit::row(app, caller, org, action, token, before, after);
    let done = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            if !work.driver_hold(org, id).await? {
                return Ok(Handed::Gone);
            }
            let done = match to {
                true => work.token_attach(token, id).await?,
                false => work.token_detach(token, id).await?,
            };
            if done {
                work.audit(&deed);
            }
            Ok(if done {
                Handed::Done
            } else {
                Handed::Elsewhere
            })
        })
    });
    match done.await? {
        Handed::Done => Ok(()),
        Handed::Gone => Err(erased()),
        Handed::Elsewhere if to => {
            let detail = "Another driver has this token: take it from them first.";
            Err(Error::conflict("token_taken", detail))
        }
        Handed::Elsewhere => Err(Error::NotFound),
    }
}

/// What a driver charged, the newest first, with `driver_history.activity`.
pub async fn sessions(
    app: &App,
    caller: &Caller,
    id: DriverId,
    page: &PageRequest,
) -> Result<Page<SessionView>, Error> {
    let pass = gate::permit_whole(app, caller, Permission::DriverHistoryActivity).await?;
    gate::may_know(app, caller)?;
    row(app, pass.org, id).await?;
    let filter = SessionFilter {
        driver: Some(id),
        ..SessionFilter::default()
    };
    let found = app.store().read.sessions(pass.org, &filter, page).await?;
    Ok(found.map(SessionView::of))
}
