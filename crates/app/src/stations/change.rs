//! What people do to stations: add, edit, put away, give another password.

use domain::event::Change;
use domain::id::{OrgId, SiteId, StationId};
use domain::lock::{Authority, Touch, WritePath};
use domain::role::{Caller, Permission};
use domain::site::AdminState;
use domain::station::{Hardware, Identity, IdentityError, Registration, Station};
use serde_json::{Value, json};
use store::Lane;

use super::StationView;
use crate::app::App;
use crate::batches::Turn;
use crate::error::{Error, Problem};
use crate::review::{LONGEST_NAME, Review, kept};
use crate::revision::{self, Precondition};
use crate::{attempts, audit, commands, connections, gate, locks, secret};

/// A station to be added.
#[derive(Debug, Clone)]
pub struct NewStation {
    /// Its name on the wire.
    pub identity: String,
    /// Its name for people.
    pub name: Option<String>,
    /// Where it stands.
    pub site: Option<SiteId>,
    /// What it must prove.
    pub password: NewPassword,
}

/// What a new station must prove when it connects.
#[derive(Clone)]
pub enum NewPassword {
    /// A password that is drawn here.
    Drawn,
    /// This password.
    Chosen(String),
    /// Nothing: only for trusted networks (security profile 0).
    None,
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewPassword(hidden)")
    }
}

/// Changes to a station: what is not said stays, and an inner none clears.
#[derive(Debug, Clone, Default)]
pub struct StationEdit {
    /// Its name for people.
    pub name: Option<Option<String>>,
    /// Where it stands.
    pub site: Option<Option<SiteId>>,
    /// What the operator says of it.
    pub admin_state: Option<AdminState>,
    /// Whether odd messages are repaired.
    pub lenient: Option<bool>,
    /// Whether a connection that names no protocol is taken for one of the oldest.
    pub assume_protocol: Option<bool>,
    /// On what the change depends.
    pub when: Precondition,
}

fn told(station: &Station) -> Value {
    json!({
        "identity": station.identity.as_str(),
        "name": station.name,
        "site": station.site,
        "admin_state": station.admin_state,
        "lenient": station.lenient,
        "assume_protocol": station.assume_protocol,
    })
}

/// The length that every version allows (protocol.md 4.7); plain ASCII, because Basic
/// authentication has no agreed way for more (RFC 7617, 2.1).
pub(super) fn password_problem(password: &str) -> Option<Problem> {
    let fits = (16..=40).contains(&password.len());
    let plain = password.chars().all(|c| matches!(c, ' '..='~'));
    let detail = "A station's password has 16 to 40 ASCII characters, none of them a control \
                  character.";
    (!fits || !plain).then(|| Problem::at("/password", "invalid", detail))
}

async fn site_problem(
    app: &App,
    pass: &gate::Pass,
    site: Option<SiteId>,
) -> Result<Option<Problem>, Error> {
    let Some(site) = site else { return Ok(None) };
    let there = pass.reaches(Some(site)) && app.store().read.site(pass.org, site).await?.is_some();
    Ok((!there).then(|| Problem::at("/site_id", "not_found", "There is no such site.")))
}

/// Lets `caller` be told how stations are added, with `stations.edit`.
pub async fn may_add(app: &App, caller: &Caller) -> Result<(), Error> {
    gate::permit(app, caller, Permission::StationsEdit).await?;
    Ok(())
}

/// Looks at a station that is to be added; its identity.
pub(super) async fn new_identity(
    app: &App,
    pass: &gate::Pass,
    new: &NewStation,
) -> Result<Identity, Error> {
    let mut review = Review::default();
    review.text("/name", new.name.as_deref(), LONGEST_NAME);
    review.also(site_problem(app, pass, new.site).await?);
    let nowhere = new.site.is_none() && !pass.reaches(None);
    let detail = "Say at which of your sites the station stands.";
    review.refuse(nowhere, "/site_id", "required", detail);
    if let NewPassword::Chosen(password) = &new.password {
        review.also(password_problem(password));
    }
    let odd = |error: IdentityError| Problem::at("/identity", "invalid", error.to_string());
    let identity = Identity::parse(new.identity.trim()).map_err(odd);
    review.also(identity.as_ref().err().cloned());
    review.passed()?;
    identity.map_err(|problem| Error::Invalid {
        problems: vec![problem],
    })
}

/// Adds a station, or claims one that called without being known, with `stations.edit`. Returns
/// the password where one was drawn: it is shown once and kept as a digest only.
pub async fn create(
    app: &App,
    caller: &Caller,
    new: NewStation,
) -> Result<(StationView, Option<String>), Error> {
    let pass = gate::permit(app, caller, Permission::StationsEdit).await?;
    // What it said a moment ago belongs to it.
    attempts::write_deferred(app).await?;
    let (id, password) = create_within(app, caller, &pass, new).await?;
    let row = pass.station(app, id).await?;
    Ok((StationView::of(app, caller, row), password))
}

/// Adds a station within what was permitted.
pub(super) async fn create_within(
    app: &App,
    caller: &Caller,
    pass: &gate::Pass,
    new: NewStation,
) -> Result<(StationId, Option<String>), Error> {
    let identity = new_identity(app, pass, &new).await?;
    let password = match new.password {
        NewPassword::Drawn => Some(secret::draw_station_password()?),
        NewPassword::Chosen(password) => Some(password),
        NewPassword::None => None,
    };
    let station = Station {
        id: StationId::from_uuid(app.draw()),
        org: pass.org,
        site: new.site,
        identity,
        name: kept(new.name),
        admin_state: AdminState::InService,
        registration: Registration::Unbooted,
        lenient: true,
        assume_protocol: false,
        protocol: None,
        hardware: Hardware::default(),
        online: false,
        connected_since: None,
        last_seen_at: None,
        created_at: app.now(),
    };
    let digest = |p: &String| connections::password_digest(app, station.id, p.as_bytes());
    let hash = password.as_ref().map(digest);
    let (id, org) = (station.id, pass.org);
    let after = told(&station);
    let deed = audit::row(app, caller, org, "stations.create", id, None, Some(&after));
    let fact = app.fact(org, station.site, Some(id), Change::StationEdited);
    let written = app.store().write(Lane::Org(org), move |work| {
        let (station, hash) = (station.clone(), hash.clone());
        let (deed, fact) = (deed.clone(), fact.clone());
        Box::pin(async move {
            work.station_insert(&station, hash.as_deref()).await?;
            work.claimed(&station.identity, station.id).await?;
            work.event(&fact);
            work.audit(&deed);
            Ok(())
        })
    });
    match written.await {
        Ok(()) => app.facts_committed(),
        Err(store::Error::Conflict(_)) => return Err(identity_taken()),
        Err(other) => return Err(other.into()),
    }
    Ok((id, password))
}

/// The same whosever station it is: nobody learns of another organisation's.
pub(super) fn identity_taken() -> Error {
    let detail = "There is a station with this identity already.";
    Error::conflict("identity_taken", detail)
}

/// Changes what people say of a station, with `stations.edit`, and `stations.admin_state.edit`
/// for its administrative state. A connected station is asked to come in anew where its
/// connection works by what changed.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: StationId,
    edit: StationEdit,
) -> Result<StationView, Error> {
    let (stations, state) = (Permission::StationsEdit, Permission::StationsAdminStateEdit);
    let pass = match edit.admin_state {
        None => gate::permit(app, caller, stations).await?,
        Some(_) => gate::permit_both(app, caller, stations, state).await?,
    };
    edit_within(app, caller, &pass, id, edit, None).await?;
    let row = pass.station(app, id).await?;
    Ok(StationView::of(app, caller, row))
}

/// Changes a station within what was permitted; with a turn, only in the unit that takes it. False
/// when the turn was over.
pub(crate) async fn edit_within(
    app: &App,
    caller: &Caller,
    pass: &gate::Pass,
    id: StationId,
    edit: StationEdit,
    turn: Option<Turn>,
) -> Result<bool, Error> {
    for _ in 0..revision::TRIES {
        let row = pass.station(app, id).await?;
        edit.when.admits(row.revision)?;
        look_at(app, pass, &edit).await?;
        let before = row.station;
        let mut station = before.clone();
        if let Some(name) = edit.name.clone() {
            station.name = kept(name);
        }
        station.site = edit.site.unwrap_or(station.site);
        if station.site != before.site {
            // Another site is another load group, with other fuses.
            let touches = [Touch::Membership];
            let path = turn
                .as_ref()
                .map_or(WritePath::Command, |_| WritePath::Batch);
            locks::guard(app, caller, &before, authority(caller, path), &touches).await?;
        }
        station.admin_state = edit.admin_state.unwrap_or(station.admin_state);
        station.lenient = edit.lenient.unwrap_or(station.lenient);
        station.assume_protocol = edit.assume_protocol.unwrap_or(station.assume_protocol);
        let anew = before.site != station.site || before.lenient != station.lenient;
        let deed = Deed {
            action: "stations.edit",
            from: row.revision,
            turn,
        };
        match store_edit(app, caller, deed, &before, station).await? {
            Stored::Outrun => continue,
            Stored::Over => return Ok(false),
            Stored::Done => {}
        }
        if anew {
            app.bus().close(id, "its settings changed").await;
        }
        return Ok(true);
    }
    Err(revision::too_busy())
}

/// Looks at what is to be changed.
pub(super) async fn look_at(app: &App, pass: &gate::Pass, edit: &StationEdit) -> Result<(), Error> {
    let mut review = Review::default();
    let name = edit.name.as_ref().and_then(|n| n.as_deref());
    review.text("/name", name, LONGEST_NAME);
    review.also(site_problem(app, pass, edit.site.flatten()).await?);
    let nowhere = edit.site == Some(None) && !pass.reaches(None);
    let detail = "Keep it at one of your sites.";
    review.refuse(nowhere, "/site_id", "required", detail);
    let archived = edit.admin_state == Some(AdminState::Archived);
    let detail = "Delete a station to put it away.";
    review.refuse(archived, "/admin_state", "invalid", detail);
    review.passed()
}

/// Puts a station away, with `stations.edit`: it may not connect any more, its history stays.
pub async fn archive(app: &App, caller: &Caller, id: StationId) -> Result<(), Error> {
    archive_when(app, caller, id, &Precondition::None).await
}

/// Like [`archive`], where `when` holds.
pub async fn archive_when(
    app: &App,
    caller: &Caller,
    id: StationId,
    when: &Precondition,
) -> Result<(), Error> {
    let pass = gate::permit(app, caller, Permission::StationsEdit).await?;
    archive_within(app, caller, &pass, id, when, None).await?;
    Ok(())
}

/// Puts a station away within what was permitted; with a turn, only in the unit that takes it.
/// False when the turn was over.
pub(crate) async fn archive_within(
    app: &App,
    caller: &Caller,
    pass: &gate::Pass,
    id: StationId,
    when: &Precondition,
    turn: Option<Turn>,
) -> Result<bool, Error> {
    for _ in 0..revision::TRIES {
        let row = pass.station(app, id).await?;
        when.admits(row.revision)?;
        let mut station = row.station.clone();
        station.admin_state = AdminState::Archived;
        let deed = Deed {
            action: "stations.archive",
            from: row.revision,
            turn,
        };
        match store_edit(app, caller, deed, &row.station, station).await? {
            Stored::Outrun => continue,
            Stored::Over => return Ok(false),
            Stored::Done => {}
        }
        app.bus().close(id, "the station was archived").await;
        return Ok(true);
    }
    Err(revision::too_busy())
}

/// What is done to a station, at which revision of it, and in whose turn.
struct Deed {
    action: &'static str,
    from: i64,
    turn: Option<Turn>,
}

/// What came of storing an edit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stored {
    Done,
    /// Somebody else was faster.
    Outrun,
    /// It was not the turn of this station any more.
    Over,
}

/// Stores an edit of a station.
async fn store_edit(
    app: &App,
    caller: &Caller,
    deed: Deed,
    before: &Station,
    station: Station,
) -> Result<Stored, Error> {
    let Deed { action, from, turn } = deed;
    let (id, org): (StationId, OrgId) = (station.id, station.org);
    let (was, is) = (told(before), told(&station));
    let deed = audit::row(app, caller, org, action, id, Some(&was), Some(&is));
    let fact = app.fact(org, station.site, Some(id), Change::StationEdited);
    let stored = app
        .store()
        .write(Lane::Station(id), move |work| {
            let (station, deed, fact) = (station.clone(), deed.clone(), fact.clone());
            Box::pin(async move {
                if let Some(turn) = turn
                    && !turn.is_on(work).await?
                {
                    return Ok(Stored::Over);
                }
                if !work.station_update(&station, from).await? {
                    return Ok(Stored::Outrun);
                }
                work.event(&fact);
                work.audit(&deed);
                if let Some(turn) = turn {
                    turn.take(work).await?;
                }
                Ok(Stored::Done)
            })
        })
        .await?;
    app.facts_committed();
    Ok(stored)
}

/// Draws a new password for a station, with `stations.edit`; the old one ends at once. Shown
/// once and kept as a digest only.
pub async fn renew_password(app: &App, caller: &Caller, id: StationId) -> Result<String, Error> {
    let pass = gate::permit(app, caller, Permission::StationsEdit).await?;
    let station = pass.station(app, id).await?.station;
    if station.admin_state == AdminState::Archived {
        return Err(Error::conflict("archived", "The station is archived."));
    }
    let authority = authority(caller, WritePath::Command);
    locks::guard(app, caller, &station, authority, &[Touch::Connection]).await?;
    let password = secret::draw_station_password()?;
    let hash = connections::password_digest(app, id, password.as_bytes());
    let deed = audit::row(
        app,
        caller,
        station.org,
        "stations.renew_password",
        id,
        None,
        None,
    );
    let written = app.store().write(Lane::Station(id), move |work| {
        let (hash, deed) = (hash.clone(), deed.clone());
        Box::pin(async move {
            // It may have been locked since.
            let touches = [Touch::Connection];
            if let Some(why) = locks::stand_deed(work, id, authority, &touches).await? {
                return Ok(Err(Error::conflict(locks::CODE, why)));
            }
            work.station_password(id, &hash).await?;
            work.audit(&deed);
            Ok(Ok(()))
        })
    });
    written.await??;
    Ok(password)
}

/// By which way somebody changes what Busbar keeps of a station.
pub(super) fn authority(caller: &Caller, path: WritePath) -> Authority {
    Authority {
        path,
        account: commands::account(caller),
    }
}
