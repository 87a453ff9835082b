//! The settings lock (access.md C): an installer locks a station's critical settings, and nobody
//! changes them, an Administrator no more than anybody else, until they know the password or the
//! owner takes the lock away. What changes at the station itself is found and put back.
//!
//! [`stand`] is the one choke point: every way that leads to a station passes it in the unit that
//! marks its command as sent.

pub(crate) mod baseline;
mod challenge;
mod open;
mod recover;
mod set;
mod watch;

use domain::clock::Moment;
use domain::command::{CommandRecord, Outcome as Answered, VariableName};
use domain::event::Change;
use domain::id::{CommandId, OrgId, StationId, UserId};
use domain::lock::{Authority, Grant, Padlock, Removal, Touch, Watch, WritePath, Writer, padlock};
use domain::notification::{Matter, Notification};
use domain::page::PageRequest;
use domain::role::{Caller, Member, Permission, Role};
use domain::setting::{Reaction, Wish, folded, same};
use domain::site_access::Level;
use domain::station::Station;
use domain::variable::without_driver_data;
use serde_json::json;
pub use store::LockRow;
use store::{Lane, StationRow, Work};

use crate::app::App;
use crate::audit;
use crate::error::Error;
use crate::gate;

pub(crate) use challenge::{Challenges, cable_sign, hear as hear_challenges, token_sign};
pub use open::{change_password, close, remove, unlock};
pub use recover::{Asked, Challenged, Presence, begin_presence, finish_presence, use_puk};
pub use set::{Adjustment, NewLock, Outcome, SiteLocked, adjust, lock, lock_site};
pub(crate) use watch::look_after;

/// The code of its refusal.
pub(crate) const CODE: &str = "settings_locked";
/// What is sealed for a saved password.
pub(crate) const SEALED_PASSWORD: &str = "lock password";
/// What is sealed for a PUK on its way to an owner.
pub(crate) const SEALED_PUK: &str = "lock puk";

/// A station's lock as somebody sees it.
#[derive(Debug, Clone)]
pub struct LockView {
    /// The padlock beside its settings.
    pub padlock: Padlock,
    /// The lock, or the last one, which was removed.
    pub row: Option<LockRow>,
    /// How the last lock was taken away, like a broken seal; also beside a newer lock.
    pub removal: Option<Removal>,
    /// Whether the caller has the owner's ways back.
    pub owner: bool,
}

/// The lock of a station, with `station_settings.view`.
pub async fn find(app: &App, caller: &Caller, station: StationId) -> Result<LockView, Error> {
    let pass = gate::permit(app, caller, Permission::StationSettingsView).await?;
    let row = pass.station(app, station).await?;
    view(app, caller, &row).await
}

async fn view(app: &App, caller: &Caller, station: &StationRow) -> Result<LockView, Error> {
    let read = &app.store().read;
    let station = &station.station;
    let row = read.lock(station.id).await?;
    let grants = read.grants(station.id).await?;
    let current = row.as_ref().filter(|row| row.removal.is_none());
    let lock = current.map(|row| &row.lock);
    let padlock = match person(caller) {
        Ok(member) => padlock(lock, member.user, &grants),
        Err(_) => lock.map_or(Padlock::None, |_| Padlock::Closed),
    };
    let owner = owner(app, caller, station).await.is_ok();
    let removal = match row.as_ref().and_then(|row| row.removal.clone()) {
        None => read.last_removal(station.id).await?,
        removed => removed,
    };
    let shown = |mut row: LockRow| {
        if gate::driver_data(app, caller).is_none() {
            hide(&mut row.watch);
        }
        row
    };
    Ok(LockView {
        padlock,
        row: row.map(shown),
        removal,
        owner,
    })
}

/// Hides what settings tell of drivers: some stations keep the card that charges for nothing there.
fn hide(watch: &mut Watch) {
    let wishes = watch.wishes.iter_mut();
    for wish in wishes.chain(watch.drift.iter_mut().map(|drift| &mut drift.wish)) {
        wish.value = without_driver_data(&wish.name, &wish.value);
    }
    for drift in &mut watch.drift {
        let found = drift.found.as_deref();
        drift.found = found.map(|found| without_driver_data(&drift.wish.name, found));
    }
}

/// Whether what somebody asks would change what a lock protects: refused before anything is
/// written down, where that can be told so early. The refusal is a deed of the audit trail.
pub(crate) async fn guard(
    app: &App,
    caller: &Caller,
    station: &Station,
    authority: Authority,
    touches: &[Touch],
) -> Result<(), Error> {
    if touches.is_empty() {
        return Ok(());
    }
    let read = &app.store().read;
    let Some(row) = read.lock(station.id).await? else {
        return Ok(());
    };
    let grants = read.grants(station.id).await?;
    let Some(why) = forbidden(&row, authority, &grants, touches) else {
        return Ok(());
    };
    let after = json!({"path": authority.path});
    let action = "locks.refuse";
    let deed = audit::row(
        app,
        caller,
        station.org,
        action,
        station.id,
        None,
        Some(&after),
    );
    let written = app.store().write(Lane::Station(station.id), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    Err(Error::conflict(CODE, why))
}

/// Whether the lock would refuse it now; for what is shown, never for what is done.
pub(crate) async fn would_refuse(
    app: &App,
    station: StationId,
    authority: Authority,
    touches: &[Touch],
) -> Result<bool, Error> {
    if touches.is_empty() {
        return Ok(false);
    }
    let read = &app.store().read;
    let Some(row) = read.lock(station).await? else {
        return Ok(false);
    };
    let grants = read.grants(station).await?;
    Ok(forbidden(&row, authority, &grants, touches).is_some())
}

/// Why the lock forbids it; none where it does not.
fn forbidden(
    row: &LockRow,
    authority: Authority,
    grants: &[Grant],
    touches: &[Touch],
) -> Option<String> {
    let Authority { path, account } = authority;
    let held = row.removal.is_none() && row.lock.forbids(path, account, grants, touches);
    held.then(|| {
        let mut text = format!(
            "The settings of this station were locked by {} on {}.",
            row.locker,
            row.lock.locked_at.format("%-d %B %Y")
        );
        if !row.lock.contact.is_empty() {
            text.push_str(&format!(" Contact: {}.", row.lock.contact));
        }
        text
    })
}

/// A lock that is in force, to be asked about single settings before anything is sent.
pub(crate) struct Held {
    row: LockRow,
    grants: Vec<Grant>,
}

impl Held {
    /// Whether it stands in the way of writing this setting.
    pub fn forbids(&self, authority: Authority, name: &VariableName) -> bool {
        let touch = [Touch::Setting {
            name: name.clone(),
            value: None,
        }];
        forbidden(&self.row, authority, &self.grants, &touch).is_some()
    }

    /// Whether its own watch puts this setting back: then nobody else does.
    pub fn keeps(&self, wish: &Wish) -> bool {
        let name = folded(&wish.name);
        let mut frozen = self.row.watch.wishes.iter();
        frozen.any(|own| {
            own.reaction == Reaction::Revert
                && folded(&own.name) == name
                && same(&own.name, &own.value, &wish.value)
        })
    }
}

/// The lock of a station, where it has one.
pub(crate) async fn held(app: &App, station: StationId) -> Result<Option<Held>, Error> {
    let read = &app.store().read;
    let row = read.lock(station).await?;
    let Some(row) = row.filter(|row| row.removal.is_none()) else {
        return Ok(None);
    };
    let grants = read.grants(station).await?;
    Ok(Some(Held { row, grants }))
}

/// The choke point: says why calls of a command may not be sent, none where they may. What is about
/// to be written to frozen settings is kept until the station says what it made of it.
pub(crate) async fn stand(
    work: &mut Work,
    station: StationId,
    command: CommandId,
    authority: Authority,
    touches: &[Touch],
    now: Moment,
) -> Result<Option<String>, store::Error> {
    if touches.is_empty() {
        return Ok(None);
    }
    let row = work.lock(station).await?;
    let own_repair = authority.path == WritePath::Revert && touches.iter().any(is_setting);
    let Some(mut row) = row.filter(|row| row.removal.is_none()) else {
        // A repair that waited is none any more once the lock is gone.
        return Ok(own_repair.then(|| "The lock was removed.".to_owned()));
    };
    let grants = work.grants(station).await?;
    if let Some(why) = forbidden(&row, authority, &grants, touches) {
        return Ok(Some(why));
    }
    let written: Vec<(VariableName, String)> = touches
        .iter()
        .filter_map(|touch| match touch {
            Touch::Setting { name, value } => Some((name.clone(), value.clone()?)),
            _ => None,
        })
        .collect();
    let stale = |(name, value): &(VariableName, String)| !row.watch.may_put_back(name, value);
    if own_repair && written.iter().any(stale) {
        let why = "Somebody with access writes it, or wished for another value meanwhile.";
        return Ok(Some(why.to_owned()));
    }
    if !written.is_empty() {
        let by = match own_repair {
            true => Writer::Watch,
            false => Writer::Granted,
        };
        row.watch.expect(command, by, written);
        row.due_at = Some(now);
        work.lock_put(&row).await?;
    }
    Ok(None)
}

fn is_setting(touch: &Touch) -> bool {
    matches!(touch, Touch::Setting { .. })
}

/// A command has its outcome: the watch learns what became of frozen settings that it wrote.
pub(crate) async fn settled(
    work: &mut Work,
    station: StationId,
    command: CommandId,
    outcome: &Answered,
    now: Moment,
) -> Result<(), store::Error> {
    let row = work.lock(station).await?;
    let Some(mut row) = row.filter(|row| row.removal.is_none()) else {
        return Ok(());
    };
    if row.watch.written(command, &outcome.written, now) {
        row.due_at = Some(now);
        work.lock_put(&row).await?;
    }
    Ok(())
}

/// Judges a deed that needs no call to the station, in the unit that does it.
pub(crate) async fn stand_deed(
    work: &mut Work,
    station: StationId,
    authority: Authority,
    touches: &[Touch],
) -> Result<Option<String>, store::Error> {
    let Some(row) = work.lock(station).await? else {
        return Ok(None);
    };
    let grants = work.grants(station).await?;
    Ok(forbidden(&row, authority, &grants, touches))
}

/// The deed of a refusal at the choke point.
pub(crate) fn refusal(
    app: &App,
    org: OrgId,
    station: StationId,
    record: &CommandRecord,
) -> domain::audit::Deed {
    let caller = Caller::System {
        why: "settings lock",
    };
    let by = record.issued_by.as_ref().map(|(user, _)| user);
    let path = record.authority.path;
    let after = json!({"command": record.id, "by": by, "path": path});
    audit::row(
        app,
        &caller,
        org,
        "locks.refuse",
        station,
        None,
        Some(&after),
    )
}

/// The person behind a deed about a lock: keys carry no access to locks.
fn person(caller: &Caller) -> Result<&Member, Error> {
    match caller {
        Caller::User(member) => Ok(member),
        _ => Err(Error::Denied {
            permission: None,
            why: "people_only",
        }),
    }
}

/// Whoever has the owner's ways back: an Administrator of the whole organisation, or an admin of
/// the site.
async fn owner<'a>(app: &App, caller: &'a Caller, station: &Station) -> Result<&'a Member, Error> {
    let member = person(caller)?;
    let administers = member.roles_in_force().contains(Role::Administrator);
    if administers && member.in_scope(station.site) {
        return Ok(member);
    }
    if let Some(site) = station.site {
        let access = app.store().read.site_access(site, member.user).await?;
        if access.is_some_and(|row| row.access.level == Level::Admin) {
            return Ok(member);
        }
    }
    Err(Error::Denied {
        permission: None,
        why: "owner_only",
    })
}

/// Refuses whoever has not the owner's ways back to a station.
pub(crate) async fn demand_owner(app: &App, caller: &Caller, id: StationId) -> Result<(), Error> {
    let org = person(caller)?.scope.org;
    let row = app.store().read.station(org, id).await?;
    let row = row.ok_or(Error::NotFound)?;
    owner(app, caller, &row.station).await.map(drop)
}

/// Everybody who has the owner's ways back to a station.
async fn owners(app: &App, station: &Station) -> Result<Vec<UserId>, Error> {
    let read = &app.store().read;
    let administrators = read.administrators(station.org).await?;
    let mut owners: Vec<UserId> = administrators.into_iter().map(|(user, _)| user).collect();
    if let Some(site) = station.site {
        let page = PageRequest {
            limit: 200,
            cursor: None,
        };
        let admins = read.site_people(site, Some(Level::Admin), &page).await?;
        owners.extend(admins.rows.into_iter().map(|person| person.row.user));
    }
    owners.sort_unstable();
    owners.dedup();
    Ok(owners)
}

/// Something to be told to each of `to`.
fn notices(app: &App, station: &Station, to: &[UserId], matter: &Matter) -> Vec<Notification> {
    let told = |user: &UserId| Notification {
        id: domain::id::NotificationId::from_uuid(app.draw()),
        user: *user,
        org: station.org,
        station: Some(station.id),
        site: None,
        matter: matter.clone(),
        sealed: None,
        at: app.now(),
        acknowledged_at: None,
    };
    to.iter().map(told).collect()
}

/// Tells whoever looks at the station that its lock changed.
fn changed(app: &App, station: &Station) -> domain::event::Event {
    app.fact(
        station.org,
        station.site,
        Some(station.id),
        Change::StationEdited,
    )
}

/// There is no lock to be opened or removed.
fn not_locked() -> Error {
    Error::conflict("not_locked", "The settings of this station are not locked.")
}

/// A station whose lock somebody may handle, with `stations.configure`, and its lock.
async fn locked(app: &App, caller: &Caller, id: StationId) -> Result<(StationRow, LockRow), Error> {
    let pass = gate::permit(app, caller, Permission::StationsConfigure).await?;
    let row = pass.station(app, id).await?;
    let lock = app.store().read.lock(id).await?;
    let lock = lock.filter(|lock| lock.removal.is_none());
    Ok((row, lock.ok_or_else(not_locked)?))
}
