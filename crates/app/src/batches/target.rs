//! Which stations a batch is for, and what it would meet there: the sheet that people look at
//! before they let it begin.

use std::collections::{HashMap, HashSet};

use domain::batch::{MOST_ITEMS, Task};
use domain::id::StationId;
use domain::lock::{Authority, Touch, WritePath, touched_by};
use domain::page::PageRequest;
use domain::role::{Caller, Permission};
use domain::site::AdminState;
use domain::station::Station;
use store::StationRow;

use super::{NewBatch, library, looked_at, run};
use crate::app::App;
use crate::commands;
use crate::error::Error;
use crate::review::Review;
use crate::stations::StationQuery;
use crate::{gate, locks};

/// Which stations.
#[derive(Debug, Clone)]
pub enum Target {
    /// These.
    Ids(Vec<StationId>),
    /// All that the station list would show.
    Matching(Box<StationQuery>),
}

/// What a batch would meet at a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It can begin.
    Ready,
    /// Away: it waits until the deadline.
    Offline,
    /// Its settings are locked: it is skipped.
    Locked,
    /// The caller may not do this there: it is skipped.
    NotPermitted,
    /// There is nothing to do, or it is archived: it is skipped.
    Cannot,
}

impl Verdict {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Offline => "offline",
            Self::Locked => "locked",
            Self::NotPermitted => "not_permitted",
            Self::Cannot => "cannot",
        }
    }
}

/// One station of the sheet.
#[derive(Debug, Clone)]
pub struct PlanRow {
    /// The station.
    pub station: StationRow,
    /// What the batch would meet.
    pub verdict: Verdict,
    /// Whether somebody charges there now.
    pub charging: bool,
}

/// How many stations the batch would meet in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlanCounts {
    /// All of them.
    pub stations: u32,
    /// Can begin.
    pub ready: u32,
    /// Somebody charges there, among those that are not skipped.
    pub charging: u32,
    /// Wait until the deadline.
    pub offline: u32,
    /// Locked.
    pub locked: u32,
    /// Not permitted.
    pub not_permitted: u32,
    /// Nothing to do there.
    pub cannot: u32,
}

/// What a batch would do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Over all stations.
    pub counts: PlanCounts,
    /// The first of them.
    pub rows: Vec<PlanRow>,
    /// How it would be gone about.
    pub pace: domain::batch::Pace,
}

/// How many stations a sheet names.
const NAMED: usize = 200;

/// The stations of a target, in the order in which they would begin. One that is not there and one
/// that the caller does not see are the same.
pub(super) async fn stations(
    app: &App,
    caller: &Caller,
    target: &Target,
) -> Result<Vec<StationRow>, Error> {
    let pass = gate::permit(app, caller, Permission::StationsList).await?;
    let read = &app.store().read;
    let mut rows = Vec::new();
    match target {
        Target::Ids(ids) => {
            let mut review = Review::default();
            review.refuse(
                ids.is_empty(),
                "/target/ids",
                "required",
                "Name at least one station.",
            );
            let detail = format!("At most {MOST_ITEMS} stations.");
            review.refuse(ids.len() > MOST_ITEMS, "/target/ids", "too_long", detail);
            review.passed()?;
            let mut review = Review::default();
            let found = read.stations_of(pass.org, ids).await?;
            let found = found
                .into_iter()
                .filter(|row| pass.reaches(row.station.site));
            let mut found: HashMap<StationId, StationRow> =
                found.map(|row| (row.station.id, row)).collect();
            let mut named = HashSet::new();
            for (place, id) in ids.iter().enumerate() {
                let at = format!("/target/ids/{place}");
                let twice = !named.insert(*id);
                review.refuse(twice, &at, "invalid", "This station is named twice.");
                match found.remove(id) {
                    Some(row) => rows.push(row),
                    None if twice => {}
                    None => review.refuse(true, &at, "not_found", "There is no such station."),
                }
            }
            review.passed()?;
        }
        Target::Matching(query) => {
            let filter = query.filter(&pass);
            let mut page = PageRequest {
                limit: 200,
                cursor: None,
            };
            loop {
                let some = read.stations(pass.org, &filter, &page).await?;
                rows.extend(some.rows);
                if rows.len() > MOST_ITEMS {
                    let detail = format!("More than {MOST_ITEMS} stations: narrow the filter.");
                    return Err(Error::invalid("/target/filter", "too_long", detail));
                }
                match some.next {
                    Some(next) => page.cursor = Some(next),
                    None => break,
                }
            }
        }
    }
    Ok(rows)
}

/// What a batch would do, with the permissions of its task. Nothing is kept of it.
pub async fn plan(app: &App, caller: &Caller, new: &NewBatch) -> Result<Plan, Error> {
    let (pass, pace) = looked_at(app, caller, new).await?;
    let authority = Authority {
        path: WritePath::Batch,
        account: commands::account(caller),
    };
    let mut counts = PlanCounts::default();
    let mut rows = Vec::new();
    let task = library::with_version(app, pass.org, new.task.clone()).await?;
    for station in stations(app, caller, &new.target).await? {
        let verdict = if !pass.reaches(station.station.site) {
            Verdict::NotPermitted
        } else if run::nothing_to_do(&task, &station.station).is_some() {
            Verdict::Cannot
        } else if is_locked(app, &new.task, &station.station, authority).await? {
            Verdict::Locked
        } else if new.task.needs_connection() && !station.station.online {
            Verdict::Offline
        } else {
            Verdict::Ready
        };
        let charging = station.evses.iter().any(|evse| evse.evse.session.is_some());
        counts.stations += 1;
        match verdict {
            Verdict::Ready => counts.ready += 1,
            Verdict::Offline => counts.offline += 1,
            Verdict::Locked => counts.locked += 1,
            Verdict::NotPermitted => counts.not_permitted += 1,
            Verdict::Cannot => counts.cannot += 1,
        }
        if charging && matches!(verdict, Verdict::Ready | Verdict::Offline) {
            counts.charging += 1;
        }
        if rows.len() < NAMED {
            rows.push(PlanRow {
                station,
                verdict,
                charging,
            });
        }
    }
    Ok(Plan { counts, rows, pace })
}

async fn is_locked(
    app: &App,
    task: &Task,
    station: &Station,
    authority: Authority,
) -> Result<bool, Error> {
    let touches = match task {
        Task::Command(command) => touched_by(command),
        // Another site is another load group, with other fuses.
        Task::Edit {
            site: Some(site), ..
        } if *site != station.site => vec![Touch::Membership],
        Task::Edit { .. } | Task::Firmware { .. } | Task::Archive => Vec::new(),
    };
    locks::would_refuse(app, station.id, authority, &touches).await
}

/// Whether a station was put away.
pub(super) fn is_away(station: &Station) -> bool {
    station.admin_state == AdminState::Archived
}
