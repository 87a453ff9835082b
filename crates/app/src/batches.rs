//! Batches, which the API calls jobs: one deed for many stations, decided station by station.
//!
//! Owns what people do to a batch: look at what it would do, make it, watch it, hold it, end it,
//! try again what failed. Refuses to carry it out: that is `run`, called by [`crate::jobs`].

mod course;
mod library;
mod run;
mod settle;
mod target;

use domain::batch::{Batch, BatchState, ItemState, MOST_AT_ONCE, Maker, Pace, Reason, Tally, Task};
use domain::clock::Moment;
use domain::command::Command;
use domain::event::{Change, Event};
use domain::id::{BatchId, BatchItemId, KeyId, OrgId, SiteId, UserId};
use domain::lock::touched_by;
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission, Reach};
use domain::site::AdminState;
use domain::variable::is_secret;
use serde_json::{Value, json};
pub use store::{BatchFilter, ItemRow};
use store::{Lane, Work};

use crate::app::App;
use crate::commands::{self, Sight};
use crate::error::{Error, Problem};
use crate::review::{LONGEST_NAME, Review, kept};
use crate::{audit, gate};

pub use course::{cancel, pause, resume, retry};
pub(crate) use run::work_through;
pub use target::{Plan, PlanCounts, PlanRow, Target, Verdict, plan};

/// Whoever has one of these for the whole organisation sees all of its batches.
pub const PERMISSIONS: &[Permission] = &[
    Permission::StationsControlBatch,
    Permission::StationsFirmwareBatch,
    Permission::StationsConfigureBatch,
    Permission::StationsEditBatch,
];

/// How long a batch has to begin with its stations when nobody says: a day.
const DEADLINE_H: i64 = 24;
/// The longest that a batch may wait for its stations, in days.
const LONGEST_DAYS: i64 = 90;
/// Stations at the same time when nobody says.
const AT_ONCE: u32 = 20;
/// The first waves of a batch that can do harm, when nobody says.
const CAREFUL_WAVES: [u32; 2] = [1, 5];
/// The most waves.
const MOST_WAVES: usize = 20;
/// Within these seconds a station must say something of its update.
const PATIENCE_S: std::ops::RangeInclusive<i64> = 1..=7 * 24 * 3_600;

/// A batch to be made.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// What people call it.
    pub title: Option<String>,
    /// What is done.
    pub task: Task,
    /// At which stations.
    pub target: Target,
    /// Stations at the same time.
    pub concurrency: Option<u32>,
    /// Sizes of the first waves.
    pub waves: Option<Vec<u32>>,
    /// More failures stop it.
    pub stop_on_failure_percent: Option<u8>,
    /// Only where nobody charges.
    pub wait_for_idle: bool,
    /// Only at these hours.
    pub window: Option<domain::batch::Window>,
    /// What has not begun by then fails.
    pub deadline: Option<Moment>,
}

/// A batch with how its stations stand.
#[derive(Debug, Clone)]
pub struct BatchView {
    /// The batch; what its task holds is shown as far as the caller may see it.
    pub batch: Batch,
    /// How its stations stand, wave by wave.
    pub tally: Tally,
}

/// The permissions that a task needs at each station: the single one and that for many.
#[must_use]
pub fn needs(task: &Task) -> Vec<Permission> {
    use Permission as P;
    let many = |single: P| match single {
        P::StationsFirmware => P::StationsFirmwareBatch,
        P::StationsControl => P::StationsControlBatch,
        _ => P::StationsConfigureBatch,
    };
    match task {
        Task::Command(command) | Task::Firmware { command, .. } => {
            let single = commands::permission(command);
            vec![single, many(single)]
        }
        Task::Edit { admin_state, .. } => {
            let mut needs = vec![P::StationsEdit, P::StationsEditBatch];
            needs.extend(admin_state.map(|_| P::StationsAdminStateEdit));
            needs
        }
        Task::Archive => vec![P::StationsEdit, P::StationsEditBatch],
    }
}

/// Looks at a task: what is told of a command stands below `/spec`.
fn review_task(review: &mut Review, task: &Task) -> Result<(), Error> {
    match task {
        Task::Command(command) | Task::Firmware { command, .. } => {
            let single = matches!(
                command,
                Command::StartSession { .. }
                    | Command::StopSession { .. }
                    | Command::MonitorVariables { .. }
                    | Command::Raw { .. }
            );
            let detail = "This is asked of one station at a time.";
            review.refuse(single, "/spec/type", "invalid", detail);
            if let Command::WriteVariables { values } = command {
                for (place, (name, _)) in values.iter().enumerate() {
                    let place = format!("/spec/params/values/{place}/variable");
                    let detail = "Passwords and keys are given to one station at a time.";
                    review.refuse(is_secret(name), &place, "invalid", detail);
                }
            }
            let below = match task {
                Task::Firmware { .. } => |at: &str| at.replacen("/params", "/spec", 1),
                _ => |at: &str| format!("/spec{at}"),
            };
            match commands::check(command) {
                Err(Error::Invalid { problems }) => {
                    for problem in problems {
                        let pointer = below(&problem.pointer);
                        review.also(Some(Problem { pointer, ..problem }));
                    }
                }
                other => other?,
            }
        }
        Task::Edit { site, admin_state } => {
            let nothing = site.is_none() && admin_state.is_none();
            review.refuse(nothing, "/spec", "required", "Say what to change.");
            let archived = *admin_state == Some(AdminState::Archived);
            let detail = "A job of the kind archive puts stations away.";
            review.refuse(archived, "/spec/admin_state", "invalid", detail);
        }
        Task::Archive => {}
    }
    if let Task::Firmware {
        version,
        patience_s,
        ..
    } = task
    {
        review.needed("/spec/version", version.as_deref(), 50);
        let odd = !PATIENCE_S.contains(patience_s);
        let detail = "1 second to 7 days.";
        review.refuse(odd, "/spec/patience_s", "out_of_range", detail);
    }
    Ok(())
}

/// How the batch is gone about, looked at as a whole.
fn pace_of(app: &App, new: &NewBatch, review: &mut Review) -> Pace {
    let concurrency = new.concurrency.unwrap_or(AT_ONCE);
    let odd = !(1..=MOST_AT_ONCE).contains(&concurrency);
    let detail = format!("1 to {MOST_AT_ONCE} stations at the same time.");
    review.refuse(odd, "/concurrency", "out_of_range", detail);
    let waves = match &new.waves {
        Some(waves) => waves.clone(),
        None if new.task.is_destructive() => CAREFUL_WAVES.to_vec(),
        None => Vec::new(),
    };
    let odd = waves.len() > MOST_WAVES || waves.contains(&0);
    let detail = format!("At most {MOST_WAVES} waves of at least one station.");
    review.refuse(odd, "/waves", "out_of_range", detail);
    let odd = new.stop_on_failure_percent.is_some_and(|p| p > 100);
    let detail = "0 to 100.";
    review.refuse(odd, "/stop_on_failure_percent", "out_of_range", detail);
    if let Some(window) = &new.window {
        let zone = !window.has_zone();
        let detail = "A time zone such as Europe/Berlin (IANA).";
        review.refuse(zone, "/window/time_zone", "invalid", detail);
        let odd = window.from_minute > 1_439 || window.to_minute > 1_439;
        let empty = window.from_minute == window.to_minute;
        let detail = "A time of day after `from`, or on the next day.";
        review.refuse(odd || empty, "/window/to", "invalid", detail);
    }
    let now = app.now();
    let deadline = new.deadline;
    let deadline = deadline.unwrap_or(now + chrono::TimeDelta::hours(DEADLINE_H));
    let odd = deadline <= now || deadline > now + chrono::TimeDelta::days(LONGEST_DAYS);
    let detail = format!("A time within the next {LONGEST_DAYS} days.");
    review.refuse(odd, "/deadline", "out_of_range", detail);
    Pace {
        concurrency,
        waves,
        stop_on_failure_percent: new.stop_on_failure_percent,
        wait_for_idle: new.wait_for_idle,
        window: new.window.clone(),
        deadline,
        forgiven: 0,
    }
}

/// Makes a batch, with the permissions of its task: it begins at once. Each station is decided
/// when its turn comes, by what its maker may do then.
pub async fn create(app: &App, caller: &Caller, new: NewBatch) -> Result<BatchView, Error> {
    let (pass, pace) = looked_at(app, caller, &new).await?;
    let stations = target::stations(app, caller, &new.target).await?;
    if stations.is_empty() {
        let detail = "No station is like that.";
        return Err(Error::invalid("/target", "empty", detail));
    }
    let Some(member) = caller.member() else {
        return Err(denied(PERMISSIONS[0]));
    };
    let batch = Batch {
        id: BatchId::from_uuid(app.draw()),
        org: pass.org,
        title: kept(new.title),
        task: library::with_version(app, pass.org, new.task).await?,
        pace,
        state: BatchState::Running,
        maker: Maker {
            user: member.user,
            name: member.name.clone(),
            key: key(caller),
        },
        created_at: app.now(),
        ended_at: None,
    };
    let items: Vec<_> = stations
        .iter()
        .enumerate()
        .map(|(place, row)| domain::batch::BatchItem {
            id: BatchItemId::from_uuid(app.draw()),
            batch: batch.id,
            station: row.station.id,
            wave: domain::batch::wave_of(&batch.pace.waves, place),
            state: ItemState::Waiting,
            phase: None,
            reason: None,
            command: None,
            tries: 0,
            begun_at: None,
            settled_at: None,
        })
        .collect();
    let after = told(&batch, items.len());
    let deed = audit::row(
        app,
        caller,
        batch.org,
        "jobs.create",
        batch.id,
        None,
        Some(&after),
    );
    let (fact, written) = (updated(app, &batch), batch.clone());
    let unit = app.store().write(Lane::Org(batch.org), move |work| {
        let (batch, items) = (written.clone(), items.clone());
        let (deed, fact) = (deed.clone(), fact.clone());
        Box::pin(async move {
            work.batch_insert(&batch, &items).await?;
            work.event(&fact);
            work.audit(&deed);
            Ok(())
        })
    });
    unit.await?;
    app.facts_committed();
    app.batches_changed();
    view(app, caller, batch).await
}

/// What a batch needs before anything else of it counts.
async fn looked_at(
    app: &App,
    caller: &Caller,
    new: &NewBatch,
) -> Result<(gate::Pass, Pace), Error> {
    let pass = gate::permit_all(app, caller, &needs(&new.task)).await?;
    let mut review = Review::default();
    review.text("/title", new.title.as_deref(), LONGEST_NAME);
    review_task(&mut review, &new.task)?;
    let pace = pace_of(app, new, &mut review);
    if let Task::Edit {
        site: Some(site), ..
    } = &new.task
    {
        let there = match site {
            None => pass.reaches(None),
            Some(id) => {
                pass.reaches(Some(*id)) && app.store().read.site(pass.org, *id).await?.is_some()
            }
        };
        review.refuse(
            !there,
            "/spec/site_id",
            "not_found",
            "There is no such site.",
        );
    }
    review.passed()?;
    Ok((pass, pace))
}

/// A batch as the audit trail keeps it.
fn told(batch: &Batch, stations: usize) -> Value {
    let what = match &batch.task {
        Task::Command(command) => json!({"type": command.kind()}),
        Task::Firmware { version, .. } => json!({"version": version}),
        Task::Edit { site, admin_state } => json!({"site": site, "admin_state": admin_state}),
        Task::Archive => json!({}),
    };
    json!({"kind": batch.task.kind(), "what": what, "stations": stations})
}

/// The fact that a batch moved on.
fn updated(app: &App, batch: &Batch) -> Event {
    let change = Change::BatchUpdated {
        batch: batch.id,
        state: batch.state,
    };
    app.fact(batch.org, None, None, change)
}

const fn key(caller: &Caller) -> Option<KeyId> {
    match caller {
        Caller::Key { key, .. } => Some(*key),
        _ => None,
    }
}

const fn denied(permission: Permission) -> Error {
    Error::Denied {
        permission: Some(permission),
        why: "permission_denied",
    }
}

/// Which batches somebody sees: all of the organisation, or those they made, and of these only
/// what is at their sites.
struct Seen {
    org: OrgId,
    own: Option<UserId>,
    sites: Option<Vec<SiteId>>,
}

async fn seen(app: &App, caller: &Caller) -> Result<Seen, Error> {
    let member = caller.member().ok_or(denied(PERMISSIONS[0]))?;
    let mut sites: Vec<SiteId> = Vec::new();
    let mut refused = None;
    for permission in PERMISSIONS {
        if let Err(error) = gate::permit(app, caller, *permission).await {
            refused = refused.or(Some(error));
            continue;
        }
        match app.gate().reach(caller, *permission) {
            Ok(Reach::Everywhere) => {
                return Ok(Seen {
                    org: member.scope.org,
                    own: None,
                    sites: None,
                });
            }
            Ok(Reach::Sites(some)) => sites.extend(some),
            Ok(Reach::Nowhere) | Err(_) => {}
        }
    }
    match (sites.is_empty(), refused) {
        (true, Some(error)) => Err(error),
        _ => Ok(Seen {
            org: member.scope.org,
            own: Some(member.user),
            sites: Some(sites),
        }),
    }
}

async fn found(app: &App, caller: &Caller, id: BatchId) -> Result<(Seen, Batch), Error> {
    let seen = seen(app, caller).await?;
    let batch = app.store().read.batch(seen.org, id).await?;
    let batch = batch.ok_or(Error::NotFound)?;
    if seen.own.is_some_and(|own| own != batch.maker.user) {
        return Err(Error::NotFound);
    }
    Ok((seen, batch))
}

/// A batch as somebody may see it.
async fn view(app: &App, caller: &Caller, mut batch: Batch) -> Result<BatchView, Error> {
    let tally = app.store().read.batch_tally(&batch).await?;
    if let Task::Command(command) | Task::Firmware { command, .. } = &mut batch.task {
        Sight::of(app, caller, None).show(command);
    }
    Ok(BatchView { batch, tally })
}

/// Batches, the newest first, with any of the permissions for batches.
pub async fn list(
    app: &App,
    caller: &Caller,
    filter: &BatchFilter,
    mine: bool,
    page: &PageRequest,
) -> Result<Page<BatchView>, Error> {
    let seen = seen(app, caller).await?;
    let own = caller.member().map(|member| member.user).filter(|_| mine);
    let filter = BatchFilter {
        maker: seen.own.or(own),
        ..filter.clone()
    };
    let page = app.store().read.batches(seen.org, &filter, page).await?;
    let mut rows = Vec::with_capacity(page.rows.len());
    for batch in page.rows {
        rows.push(view(app, caller, batch).await?);
    }
    Ok(Page {
        rows,
        next: page.next,
    })
}

/// A batch, with any of the permissions for batches.
pub async fn find(app: &App, caller: &Caller, id: BatchId) -> Result<BatchView, Error> {
    let (_, batch) = found(app, caller, id).await?;
    view(app, caller, batch).await
}

/// The stations of a batch in the order in which they begin, with any of the permissions for
/// batches.
pub async fn items(
    app: &App,
    caller: &Caller,
    id: BatchId,
    states: &[ItemState],
    page: &PageRequest,
) -> Result<Page<ItemRow>, Error> {
    let (seen, batch) = found(app, caller, id).await?;
    let sites = seen.sites.as_deref();
    let read = &app.store().read;
    Ok(read.batch_items(batch.id, states, sites, page).await?)
}

/// A station's turn in a batch, for what is done without a command: it is taken in the unit that
/// does it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    batch: BatchId,
    item: BatchItemId,
    at: Moment,
}

impl Turn {
    /// Whether it still is this station's turn; it stays so until the unit ends.
    pub async fn is_on(self, work: &mut Work) -> Result<bool, store::Error> {
        let batch = work.batch(self.batch).await?;
        if batch.is_none_or(|batch| batch.state != BatchState::Running) {
            return Ok(false);
        }
        work.item_begin(self.item, None, self.at).await
    }

    /// It was taken.
    pub async fn take(self, work: &mut Work) -> Result<(), store::Error> {
        let done = ItemState::Succeeded;
        work.item_settle(self.item, None, done, None, self.at)
            .await?;
        Ok(())
    }
}

/// Whether only the maker may set a batch going again: others would use the maker's access to
/// locked settings.
fn is_the_makers(task: &Task) -> bool {
    matches!(task, Task::Command(command) if !touched_by(command).is_empty())
}

/// The reason of an error at one station.
fn reason(code: &str, text: &str) -> Reason {
    Reason::new(code, text)
}
