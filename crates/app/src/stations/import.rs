//! Stations out of a file: those that are not there are added, those that are there are changed
//! where the file says otherwise. Each row stands for itself: one that is right is done wholly, and
//! one that is wrong is refused with its reasons. The same file a second time changes nothing.
//!
//! Owns which columns a file has and what becomes of a row; a row is added and changed by the same
//! steps as a single station. Refuses to change passwords of stations that are there.

use std::collections::HashMap;

use domain::id::{SiteId, StationId};
use domain::lock::{Touch, WritePath};
use domain::page::PageRequest;
use domain::role::{Caller, Permission};
use domain::site::AdminState;
use domain::station::{Identity, IdentityError};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use store::{KnownStation, Sort};

use super::change::{
    self, NewPassword, NewStation, StationEdit, create_within, edit_within, identity_taken,
};
use super::sheet::{self, Line};
use crate::app::App;
use crate::error::{Error, Problem};
use crate::review::kept;
use crate::revision::Precondition;
use crate::{connections, gate, locks, secret};

/// The most rows of one file.
pub const MOST_ROWS: usize = 10_000;
/// The columns that are taken; `site` is an id or a name.
pub const COLUMNS: [&str; 6] = [
    "identity",
    "name",
    "site",
    "site_id",
    "site_name",
    "password",
];
/// The columns of our own files that are passed over: the station tells them, or Busbar does.
pub const PASSED_OVER: [&str; 19] = [
    "id",
    "admin_state",
    "registration",
    "online",
    "connected_since",
    "last_seen_at",
    "protocol",
    "vendor",
    "model",
    "serial_number",
    "firmware_version",
    "firmware_update",
    "policy_lenient",
    "policy_assume_protocol",
    "deviations",
    "finding.code",
    "power_w",
    "evses",
    "created_at",
];
/// How many rows are looked up at once.
const PORTION: usize = 200;
/// How many rows are under way at once: the lanes commit them together.
const AT_ONCE: usize = 16;
/// How much of a name that nobody knows is told back, in characters.
const TOLD_BACK: usize = 40;

/// What became of a file, or would become of it.
#[derive(Debug, Clone)]
pub struct ImportReport {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// The columns that were passed over.
    pub passed_over: Vec<String>,
    /// The rows, in the order of the file.
    pub rows: Vec<ImportedRow>,
}

impl ImportReport {
    /// How many rows came to this.
    #[must_use]
    pub fn count(&self, fate: RowFate) -> usize {
        self.rows.iter().filter(|row| row.fate == fate).count()
    }
}

/// What became of a row.
#[derive(Clone)]
pub struct ImportedRow {
    /// The line of the file on which it begins, counted from 1.
    pub line: usize,
    /// The identity that it names.
    pub identity: Option<String>,
    /// What became of it.
    pub fate: RowFate,
    /// The station, where there is one.
    pub station: Option<StationId>,
    /// The columns by which the station is changed.
    pub changes: Vec<&'static str>,
    /// The password that was drawn for it: shown once and kept as a digest only.
    pub password: Option<String>,
    /// Why it was refused; each pointer is `/` and the name of a column, or empty.
    pub problems: Vec<Problem>,
}

impl std::fmt::Debug for ImportedRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImportedRow({}: {:?})", self.line, self.fate)
    }
}

/// How a row ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowFate {
    /// The station was added.
    Made,
    /// The station was there and is changed.
    Changed,
    /// The station was there as the row has it.
    Same,
    /// Nothing was done.
    Refused,
}

/// What a row asks for. A cell without text asks for nothing.
struct Wish {
    line: usize,
    identity: Identity,
    name: Option<String>,
    site: Option<SiteId>,
    password: Option<String>,
}

/// Lets `caller` send a file of stations, with `stations.edit` and `stations.edit.batch`.
pub async fn may_import(app: &App, caller: &Caller) -> Result<(), Error> {
    permit(app, caller).await?;
    Ok(())
}

async fn permit(app: &App, caller: &Caller) -> Result<gate::Pass, Error> {
    let (one, many) = (Permission::StationsEdit, Permission::StationsEditBatch);
    gate::permit_both(app, caller, one, many).await
}

/// Adds and changes stations as a file has them, with `stations.edit` and `stations.edit.batch`;
/// with `dry_run` nothing is written, and the report says what would become of each row. A file
/// that cannot be read, or has columns that nobody knows, is refused as a whole.
pub async fn import(
    app: &App,
    caller: &Caller,
    file: &[u8],
    dry_run: bool,
) -> Result<ImportReport, Error> {
    let pass = permit(app, caller).await?;
    let odd = |problem| Error::Invalid {
        problems: vec![problem],
    };
    let sheet = sheet::read(file, MOST_ROWS).map_err(odd)?;
    let columns = Columns::read(&sheet.header)?;
    let places = Places::read(app, &pass).await?;
    let mut asked: Vec<Result<Wish, Box<ImportedRow>>> = sheet
        .rows
        .iter()
        .map(|line| columns.wish(&places, line))
        .collect();
    refuse_repeats(&mut asked);
    let known = known(app, &asked).await?;
    let rows = asked.into_iter().map(|row| {
        let (pass, known) = (&pass, &known);
        async move {
            match row {
                Err(refused) => *refused,
                Ok(wish) => {
                    let there = known.get(wish.identity.key());
                    carry(app, caller, pass, wish, there, dry_run).await
                }
            }
        }
    });
    Ok(ImportReport {
        dry_run,
        passed_over: columns.passed_over,
        rows: stream::iter(rows).buffered(AT_ONCE).collect().await,
    })
}

/// Where the columns of a file are.
struct Columns {
    count: usize,
    taken: HashMap<&'static str, usize>,
    passed_over: Vec<String>,
}

impl Columns {
    fn read(header: &Line) -> Result<Self, Error> {
        let line = header.number;
        let odd = |pointer: String, code: &str, detail: String| Problem::at(&pointer, code, detail);
        let cells = match &header.cells {
            Ok(cells) => cells,
            Err(flaw) => {
                let problems = vec![odd(format!("/{line}"), "quotes", flaw.clone())];
                return Err(Error::Invalid { problems });
            }
        };
        let mut read = Self {
            count: cells.len(),
            taken: HashMap::new(),
            passed_over: Vec::new(),
        };
        let mut problems = Vec::new();
        for (at, cell) in cells.iter().enumerate() {
            let place = format!("/{line}/{}", at + 1);
            let told = |what: &str| format!("Line {line}, column {}: {what}", at + 1);
            let key = cell.to_lowercase().replace([' ', '-'], "_");
            if let Some(column) = COLUMNS.iter().find(|column| **column == key) {
                if read.taken.insert(column, at).is_some() {
                    let what = format!("the column {column} is there twice.");
                    problems.push(odd(place, "duplicate", told(&what)));
                }
            } else if PASSED_OVER.contains(&key.as_str()) {
                read.passed_over.push(key);
            } else if cell.is_empty() {
                problems.push(odd(place, "required", told("the column has no name.")));
            } else {
                let shown: String = cell.chars().take(TOLD_BACK).collect();
                let known = COLUMNS.join(", ");
                let what = format!("there is no column “{shown}”; there are {known}.");
                problems.push(odd(place, "unknown", told(&what)));
            }
        }
        if !read.taken.contains_key("identity") {
            let detail = format!("Line {line}: the column identity is missing.");
            problems.push(odd(format!("/{line}"), "required", detail));
        }
        match problems.is_empty() {
            true => Ok(read),
            false => Err(Error::Invalid { problems }),
        }
    }

    /// What a row asks for, or why that cannot be told.
    fn wish(&self, places: &Places, line: &Line) -> Result<Wish, Box<ImportedRow>> {
        let refused = |identity: Option<&str>, problems| {
            Box::new(ImportedRow {
                line: line.number,
                identity: identity.map(str::to_owned),
                fate: RowFate::Refused,
                station: None,
                changes: Vec::new(),
                password: None,
                problems,
            })
        };
        let cells = match &line.cells {
            Ok(cells) => cells,
            Err(flaw) => {
                let problems = vec![Problem::at("", "quotes", flaw.clone())];
                return Err(refused(None, problems));
            }
        };
        let (whole, beyond) = cells.split_at(cells.len().min(self.count));
        if whole.len() < self.count || beyond.iter().any(|cell| !cell.is_empty()) {
            let (has, names) = (cells.len(), self.count);
            let detail = format!("The row has {has} cells, and the header names {names} columns.");
            return Err(refused(None, vec![Problem::at("", "cells", detail)]));
        }
        let cell = |column: &str| {
            let at = self.taken.get(column)?;
            let text = whole.get(*at)?.as_str();
            (!text.is_empty()).then_some(text)
        };
        let mut problems = Vec::new();
        let identity = Identity::parse(cell("identity").unwrap_or_default());
        let odd = |error: &IdentityError| Problem::at("/identity", "invalid", error.to_string());
        problems.extend(identity.as_ref().err().map(odd));
        let mut site = None;
        for column in ["site", "site_id", "site_name"] {
            let Some(text) = cell(column) else { continue };
            match places.find(column, text) {
                Err(problem) => problems.push(problem),
                Ok(found) if site.is_none_or(|before| before == found) => site = Some(found),
                Ok(_) => {
                    let detail = "The columns of the row name different sites.";
                    problems.push(Problem::at(&format!("/{column}"), "invalid", detail));
                }
            }
        }
        match identity {
            Ok(identity) if problems.is_empty() => Ok(Wish {
                line: line.number,
                name: kept(cell("name").map(str::to_owned)),
                site,
                password: cell("password").map(str::to_owned),
                identity,
            }),
            _ => Err(refused(cell("identity"), problems)),
        }
    }
}

/// The sites within reach, by id and by name.
struct Places {
    ids: HashMap<String, SiteId>,
    names: HashMap<String, Vec<SiteId>>,
}

impl Places {
    async fn read(app: &App, pass: &gate::Pass) -> Result<Self, Error> {
        let mut places = Self {
            ids: HashMap::new(),
            names: HashMap::new(),
        };
        let mut page = PageRequest {
            limit: 200,
            cursor: None,
        };
        loop {
            let (org, only) = (pass.org, pass.sites.as_deref());
            let sort = Sort::default();
            let found = app.store().read.sites(org, only, sort, &page).await?;
            for (site, _) in found.rows {
                places.ids.insert(site.id.to_string(), site.id);
                let name = site.name.trim().to_lowercase();
                places.names.entry(name).or_default().push(site.id);
            }
            page.cursor = found.next;
            if page.cursor.is_none() {
                return Ok(places);
            }
        }
    }

    /// The site that a cell means. A site out of reach looks like none.
    fn find(&self, column: &str, text: &str) -> Result<SiteId, Problem> {
        let odd = |code, detail: &str| Problem::at(&format!("/{column}"), code, detail);
        if column != "site_name"
            && let Some(site) = self.ids.get(text)
        {
            return Ok(*site);
        }
        let named = match column {
            "site_id" => None,
            _ => self.names.get(&text.to_lowercase()),
        };
        match named.map(Vec::as_slice) {
            Some([site]) => Ok(*site),
            Some([_, _, ..]) => {
                let detail = "More than one site has this name: give its id.";
                Err(odd("ambiguous", detail))
            }
            _ => Err(odd("not_found", "There is no such site.")),
        }
    }
}

/// Refuses what names the identity of a row above.
fn refuse_repeats(rows: &mut [Result<Wish, Box<ImportedRow>>]) {
    let mut first: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let (key, line) = match row {
            Ok(wish) => (wish.identity.key().to_owned(), wish.line),
            Err(refused) => match &refused.identity {
                Some(identity) => (identity.to_lowercase(), refused.line),
                None => continue,
            },
        };
        let before = *first.entry(key).or_insert(line);
        if before == line {
            continue;
        }
        let detail = format!("Line {before} has this identity already.");
        let problem = Problem::at("/identity", "duplicate", detail);
        match row {
            Ok(wish) => *row = Err(Box::new(refused(wish, vec![problem]))),
            Err(refused) => refused.problems.push(problem),
        }
    }
}

fn refused(wish: &Wish, problems: Vec<Problem>) -> ImportedRow {
    ImportedRow {
        line: wish.line,
        identity: Some(wish.identity.as_str().to_owned()),
        fate: RowFate::Refused,
        station: None,
        changes: Vec::new(),
        password: None,
        problems,
    }
}

/// The stations that are there already, by identity, whosever they are.
async fn known(
    app: &App,
    rows: &[Result<Wish, Box<ImportedRow>>],
) -> Result<HashMap<String, KnownStation>, Error> {
    let wishes = rows.iter().filter_map(|row| row.as_ref().ok());
    let keys: Vec<String> = wishes.map(|wish| wish.identity.key().to_owned()).collect();
    let mut known = HashMap::new();
    for portion in keys.chunks(PORTION) {
        let found = app.store().read.stations_named(portion).await?;
        known.extend(found.into_iter().map(|one| (one.key.clone(), one)));
    }
    Ok(known)
}

/// Does what a row asks for. Whatever happens is told of this row: the others, and the passwords
/// drawn for them, are not lost.
async fn carry(
    app: &App,
    caller: &Caller,
    pass: &gate::Pass,
    wish: Wish,
    there: Option<&KnownStation>,
    dry_run: bool,
) -> ImportedRow {
    let mut row = refused(&wish, Vec::new());
    let done = match there {
        None => add(app, caller, pass, &wish, dry_run, &mut row).await,
        Some(there) => adjust(app, caller, pass, &wish, there, dry_run, &mut row).await,
    };
    if let Err(error) = done {
        row.fate = RowFate::Refused;
        row.changes.clear();
        row.problems = told(error);
    }
    row
}

/// The problems of a row that a refusal comes to.
fn told(error: Error) -> Vec<Problem> {
    match error {
        Error::Invalid { problems } => problems
            .into_iter()
            .map(|problem| match problem.pointer.as_str() {
                "/site_id" => Problem::at("/site", &problem.code, problem.detail),
                _ => problem,
            })
            .collect(),
        Error::Conflict { code, detail } => {
            let column = match code {
                "identity_taken" => "/identity",
                _ => "",
            };
            vec![Problem::at(column, code, detail)]
        }
        Error::Unavailable { code, detail } => vec![Problem::at("", code, detail)],
        other @ (Error::Denied { .. } | Error::NotFound | Error::Internal { .. }) => {
            vec![Problem::at("", "refused", other.to_string())]
        }
    }
}

async fn add(
    app: &App,
    caller: &Caller,
    pass: &gate::Pass,
    wish: &Wish,
    dry_run: bool,
    row: &mut ImportedRow,
) -> Result<(), Error> {
    let identity = wish.identity.as_str();
    let new = NewStation {
        identity: identity.to_owned(),
        name: wish.name.clone().filter(|name| name != identity),
        site: wish.site,
        password: match &wish.password {
            Some(password) => NewPassword::Chosen(password.clone()),
            None => NewPassword::Drawn,
        },
    };
    if dry_run {
        change::new_identity(app, pass, &new).await?;
    } else {
        let (id, password) = create_within(app, caller, pass, new).await?;
        row.station = Some(id);
        row.password = password.filter(|_| wish.password.is_none());
    }
    row.fate = RowFate::Made;
    Ok(())
}

async fn adjust(
    app: &App,
    caller: &Caller,
    pass: &gate::Pass,
    wish: &Wish,
    there: &KnownStation,
    dry_run: bool,
    row: &mut ImportedRow,
) -> Result<(), Error> {
    if there.org != pass.org || !pass.reaches(there.site) {
        return Err(identity_taken());
    }
    let station = pass.station(app, there.id).await?.station;
    row.station = Some(station.id);
    if station.admin_state == AdminState::Archived {
        let detail = "The station is archived.";
        return Err(Error::invalid("/identity", "archived", detail));
    }
    if let Some(password) = &wish.password
        && !has_password(app, &station.identity, password).await?
    {
        let detail = "The station is there with another password, which an import does not change: \
                      leave the cell empty, or give it a new one on its page.";
        return Err(Error::invalid("/password", "password_kept", detail));
    }
    let mut edit = StationEdit {
        when: Precondition::None,
        ..StationEdit::default()
    };
    if let Some(name) = &wish.name {
        // Our own files have the identity where there is no name.
        let name = Some(name.clone()).filter(|name| name != station.identity.as_str());
        if name != station.name {
            edit.name = Some(name);
            row.changes.push("name");
        }
    }
    if wish.site.is_some() && wish.site != station.site {
        edit.site = Some(wish.site);
        row.changes.push("site");
    }
    if row.changes.is_empty() {
        row.fate = RowFate::Same;
        return Ok(());
    }
    if dry_run {
        change::look_at(app, pass, &edit).await?;
        let authority = change::authority(caller, WritePath::Batch);
        let touches = [Touch::Membership];
        let moved = edit.site.is_some();
        if moved && locks::would_refuse(app, station.id, authority, &touches).await? {
            let detail = "The settings of this station are locked: it stays at its site.";
            return Err(Error::conflict(locks::CODE, detail));
        }
    } else {
        edit_within(app, caller, pass, station.id, edit, None).await?;
    }
    row.fate = RowFate::Changed;
    Ok(())
}

/// Whether a station is let in with this password.
async fn has_password(app: &App, identity: &Identity, password: &str) -> Result<bool, Error> {
    let Some(found) = app.store().read.credential(identity).await? else {
        return Ok(false);
    };
    let digest = connections::password_digest(app, found.station.id, password.as_bytes());
    Ok(found
        .password_hash
        .is_some_and(|hash| secret::same(&digest, &hash)))
}
