//! Locking: the settings are read and frozen in the same step.

use domain::command::VariableName;
use domain::id::{OrgId, SiteId, StationId};
use domain::lock::{Grant, Lock, PASSWORD_DIGITS, PUK_DIGITS, PukTries, Watch, digits};
use domain::notification::Matter;
use domain::page::PageRequest;
use domain::role::{Caller, Permission};
use domain::setting::{CriticalList, Reaction};
use domain::site::AdminState;
use domain::station::{Identity, Station};
use futures_util::{StreamExt, stream};
use serde_json::json;
use store::{Lane, LockRow, SavedRow, StationFilter, StationRow};

use super::watch::monitor;
use super::{LockView, SEALED_PASSWORD, SEALED_PUK, baseline, changed, locked, notices, owners};
use super::{person, view};
use crate::app::App;
use crate::error::Error;
use crate::review::{LONGEST_NAME, Review};
use crate::{audit, gate, seal, secret};

/// The longest current that can be a cap: 10 kA in milliamps.
const LARGEST_CAP_MA: i64 = 10_000_000;
/// Stations of a site that are locked at a time.
const AT_ONCE: usize = 16;
/// The most settings that one lock adds.
const MOST_ADDED: usize = 100;

/// A lock to be.
#[derive(Clone, Default)]
pub struct NewLock {
    /// Its password; drawn when none.
    pub password: Option<String>,
    /// How to reach the installer.
    pub contact: String,
    /// Settings that are critical here beside those of every station.
    pub added: Vec<VariableName>,
    /// The current that nobody goes beyond, in milliamps.
    pub cap_ma: Option<i64>,
}

impl std::fmt::Debug for NewLock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewLock(hidden)")
    }
}

impl NewLock {
    fn review(&self) -> Result<(), Error> {
        let mut review = Review::default();
        review_password(&mut review, self.password.as_deref());
        review.text("/contact", Some(&self.contact), LONGEST_NAME);
        let many = self.added.len() > MOST_ADDED;
        let detail = format!("At most {MOST_ADDED}.");
        review.refuse(many, "/added", "too_long", detail);
        for (at, name) in self.added.iter().enumerate() {
            let pointer = format!("/added/{at}/variable");
            review.needed(&pointer, Some(&name.variable), 50);
        }
        let odd = self
            .cap_ma
            .is_some_and(|cap| !(0..=LARGEST_CAP_MA).contains(&cap));
        let detail = "0 to 10000 amperes.";
        review.refuse(odd, "/cap_a", "out_of_range", detail);
        review.passed()
    }
}

/// Looks at a password that somebody chose for a lock.
pub(super) fn review_password(review: &mut Review, password: Option<&str>) {
    // Looked at as it is kept.
    let password = password.map(str::trim);
    let short = password.is_some_and(|p| p.chars().count() < PASSWORD_DIGITS as usize);
    let detail = format!("At least {PASSWORD_DIGITS} characters.");
    review.refuse(short, "/password", "too_short", detail);
    review.text("/password", password, LONGEST_NAME);
}

/// Digits of a secret.
fn drawn(count: u32) -> Result<String, Error> {
    Ok(digits(u64::from_le_bytes(secret::random::<8>()?), count))
}

/// Locks a station's critical settings, with `stations.configure`, and tells the password.
pub async fn lock(
    app: &App,
    caller: &Caller,
    id: StationId,
    new: NewLock,
) -> Result<(LockView, String), Error> {
    let pass = gate::permit(app, caller, Permission::StationsConfigure).await?;
    let row = pass.station(app, id).await?;
    person(caller)?;
    new.review()?;
    let password = match &new.password {
        Some(password) => password.trim().to_owned(),
        None => drawn(PASSWORD_DIGITS)?,
    };
    set(app, caller, &row, &new, &password).await?;
    Ok((view(app, caller, &row).await?, password))
}

fn locked_already() -> Error {
    let detail = "The settings of this station are locked already.";
    Error::conflict("locked_already", detail)
}

async fn set(
    app: &App,
    caller: &Caller,
    row: &StationRow,
    new: &NewLock,
    password: &str,
) -> Result<(), Error> {
    let member = person(caller)?;
    let station = &row.station;
    let before = app.store().read.lock(station.id).await?;
    if before.is_some_and(|lock| lock.removal.is_none()) {
        return Err(locked_already());
    }
    let hardware = &station.hardware;
    let (vendor, model) = (hardware.vendor.as_deref(), hardware.model.as_deref());
    let rules = app.settings().critical.of_model(vendor, model);
    let critical = CriticalList::of_model(rules).with(new.added.iter().cloned());
    let reported = baseline::everything(app, caller, row).await?;
    let now = app.now();
    let mut watch = Watch::freeze(&critical, &reported);
    watch.looked_at = Some(now);
    let names: Vec<_> = watch.wishes.iter().map(|wish| wish.name.clone()).collect();
    monitor(app, row, &names).await.keep(&mut watch);
    let puk = drawn(PUK_DIGITS)?;
    let mut told = notices(app, station, &owners(app, station).await?, &Matter::LockPuk);
    for notice in &mut told {
        notice.sealed = Some(seal::seal(app, SEALED_PUK, &notice.id.to_string(), &puk)?);
    }
    let saved = sealed(app, caller, station.id, password)?;
    let lock = LockRow {
        org: station.org,
        lock: Lock {
            station: station.id,
            epoch: 1,
            locked_by: member.user,
            contact: new.contact.trim().to_owned(),
            locked_at: now,
            critical,
            cap_ma: new.cap_ma,
        },
        locker: member.name.clone(),
        password: secret::hash_password(app, password).await?,
        puk: Some(secret::hash_password(app, &puk).await?),
        puk_tries: PukTries::default(),
        watch,
        // What changed between the report and the lock is found.
        due_at: Some(now),
        removal: None,
    };
    let after = json!({
        "frozen": lock.watch.wishes.len(),
        "added": lock.lock.critical.added().len(),
        "cap_ma": lock.lock.cap_ma,
    });
    let deed = audit::row(
        app,
        caller,
        station.org,
        "locks.lock",
        station.id,
        None,
        Some(&after),
    );
    let (id, fact) = (station.id, changed(app, station));
    let done = app.store().write(Lane::Station(id), move |work| {
        let (mut lock, mut saved) = (lock.clone(), saved.clone());
        let (told, deed, fact) = (told.clone(), deed.clone(), fact.clone());
        Box::pin(async move {
            // A station without a lock has no row to wait for.
            work.station_hold(id).await?;
            let before = work.lock(id).await?;
            if let Some(before) = before {
                let Some(removal) = &before.removal else {
                    return Ok(false);
                };
                work.removal_keep(id, before.lock.epoch, removal).await?;
                lock.lock.epoch = before.lock.epoch + 1;
            }
            let grant = Grant {
                station: id,
                epoch: lock.lock.epoch,
                account: lock.lock.locked_by,
            };
            saved.epoch = grant.epoch;
            work.lock_put(&lock).await?;
            work.grant_put(&grant).await?;
            work.saved_password_put(&saved).await?;
            for notice in &told {
                work.notify(notice).await?;
            }
            work.event(&fact);
            work.audit(&deed);
            Ok(true)
        })
    });
    if !done.await? {
        return Err(locked_already());
    }
    app.facts_committed();
    Ok(())
}

/// A password sealed for the account that knows it; its epoch is told in the unit.
pub(super) fn sealed(
    app: &App,
    caller: &Caller,
    station: StationId,
    password: &str,
) -> Result<SavedRow, Error> {
    let user = person(caller)?.user;
    let owner = format!("{user} {station}");
    Ok(SavedRow {
        user,
        station,
        epoch: 0,
        sealed: seal::seal(app, SEALED_PASSWORD, &owner, password)?,
        saved_at: app.now(),
    })
}

/// What came of one station of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Locked now.
    Locked,
    /// Locked before.
    Already,
    /// Not connected.
    Offline,
    /// It did not tell its settings.
    Unread,
    /// Something else went wrong there.
    Failed,
}

/// One station of a site that was locked as a whole.
#[derive(Debug, Clone)]
pub struct SiteLocked {
    /// The station.
    pub station: StationId,
    /// Its name on the wire.
    pub identity: Identity,
    /// What came of it.
    pub outcome: Outcome,
}

/// Locks every station of a site with one password, with `stations.configure` there: each for
/// itself, so that one that is away keeps no other from it.
pub async fn lock_site(
    app: &App,
    caller: &Caller,
    site: SiteId,
    new: NewLock,
) -> Result<(Vec<SiteLocked>, String), Error> {
    let pass = gate::permit(app, caller, Permission::StationsConfigure).await?;
    pass.reach(Some(site))?;
    let found = app.store().read.site(pass.org, site).await?;
    found.ok_or(Error::NotFound)?;
    person(caller)?;
    new.review()?;
    let password = match &new.password {
        Some(password) => password.trim().to_owned(),
        None => drawn(PASSWORD_DIGITS)?,
    };
    let stations = stations_of(app, pass.org, site).await?;
    let done = stream::iter(&stations).map(|row| {
        let (new, password) = (&new, &password);
        async move { (row, set(app, caller, row, new, password).await) }
    });
    // A station that says nothing keeps the others waiting no longer than itself.
    let done: Vec<_> = done.buffered(AT_ONCE).collect().await;
    let mut outcomes = Vec::with_capacity(done.len());
    for (row, done) in done {
        let outcome = match done {
            Ok(()) => Outcome::Locked,
            Err(Error::Conflict {
                code: "locked_already",
                ..
            }) => Outcome::Already,
            Err(Error::Unavailable {
                code: "station_offline",
                ..
            }) => Outcome::Offline,
            Err(Error::Unavailable {
                code: "settings_unread",
                ..
            }) => Outcome::Unread,
            Err(other) => {
                tracing::warn!(station.id = %row.station.id, "a station was not locked: {other}");
                Outcome::Failed
            }
        };
        outcomes.push(SiteLocked {
            station: row.station.id,
            identity: row.station.identity.clone(),
            outcome,
        });
    }
    Ok((outcomes, password))
}

async fn stations_of(app: &App, org: OrgId, site: SiteId) -> Result<Vec<StationRow>, Error> {
    let filter = StationFilter {
        sites: Some(vec![site]),
        ..StationFilter::default()
    };
    let mut page = PageRequest {
        limit: 200,
        cursor: None,
    };
    let mut all = Vec::new();
    loop {
        let some = app.store().read.stations(org, &filter, &page).await?;
        let open = |row: &StationRow| row.station.admin_state != AdminState::Archived;
        all.extend(some.rows.into_iter().filter(open));
        match some.next {
            None => return Ok(all),
            next => page.cursor = next,
        }
    }
}

/// What somebody with access changes about a lock.
#[derive(Debug, Clone, Default)]
pub struct Adjustment {
    /// What is done about drift of a setting.
    pub reactions: Vec<(VariableName, Reaction)>,
    /// Somebody looked at the drift: settings may be put back again.
    pub settle: bool,
}

/// Changes what is done about drift, with `stations.configure` and access to the lock.
pub async fn adjust(
    app: &App,
    caller: &Caller,
    id: StationId,
    change: Adjustment,
) -> Result<LockView, Error> {
    let (row, _) = locked(app, caller, id).await?;
    let member = person(caller)?;
    let station: &Station = &row.station;
    let user = member.user;
    let after = json!({"reactions": change.reactions.len(), "settled": change.settle});
    let action = "locks.adjust";
    let deed = audit::row(app, caller, station.org, action, id, None, Some(&after));
    let (fact, now) = (changed(app, station), app.now());
    let done = app.store().write(Lane::Station(id), move |work| {
        let (change, deed, fact) = (change.clone(), deed.clone(), fact.clone());
        Box::pin(async move {
            let lock = work.lock(id).await?.filter(|lock| lock.removal.is_none());
            let Some(mut lock) = lock else {
                return Ok(Err(super::not_locked()));
            };
            let grants = work.grants(id).await?;
            let mut own = grants.iter().filter(|grant| grant.account == user);
            if !own.any(|grant| lock.lock.opened_by(grant)) {
                let why = "Unlock the station's settings first.";
                return Ok(Err(Error::conflict(super::CODE, why)));
            }
            for (at, (name, reaction)) in change.reactions.iter().enumerate() {
                if !lock.watch.choose(name, *reaction) {
                    let detail = "This setting is not among those that were frozen.";
                    let pointer = format!("/reactions/{at}");
                    return Ok(Err(Error::invalid(&pointer, "not_found", detail)));
                }
            }
            if change.settle {
                lock.watch.settle();
            }
            lock.due_at = Some(now);
            work.lock_put(&lock).await?;
            work.event(&fact);
            work.audit(&deed);
            Ok(Ok(()))
        })
    });
    done.await??;
    app.facts_committed();
    view(app, caller, &row).await
}
