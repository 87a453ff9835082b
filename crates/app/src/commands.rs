//! Commands to stations: asked by a person, written down, carried to the node that holds the
//! station, sent at most once, settled once. The row is the truth; the bus only wakes.

mod check;
mod course;
mod order;

use std::time::Duration;

use domain::command::{Command, CommandRecord, CommandState};
use domain::id::{CommandId, SiteId, StationId, UserId};
use domain::lock::{Authority, WritePath};
use domain::page::{Page, PageRequest};
use domain::personal::DriverDataGrant;
use domain::role::{Caller, Permission};
use domain::sensitive::{scrubbed, without_url_secret};
use domain::token::{TokenUid, mask};
use domain::variable::{is_secret, without_driver_data};
use serde_json::Value;
use store::{Lane, StationRow};

use crate::app::App;
use crate::error::Error;
use crate::{gate, masking, standing};

pub(crate) use check::check;
pub use course::{Begun, begin, go_on, settle};
pub(crate) use course::{NEVER_THERE, give_up, give_up_stale};
pub(crate) use order::prepare;

/// What a person needs to ask for `command`: `stations.control` for what happens at the outlets,
/// `station_settings.view` for reading variables, which changes nothing; `stations.configure` for what changes how
/// the station works, and for its full report, which is a large piece of work for it;
/// `stations.firmware`, `stations.diagnostics` and `stations.raw_ocpp` for theirs.
#[must_use]
pub const fn permission(command: &Command) -> Permission {
    match command {
        Command::Reset { .. }
        | Command::StartSession { .. }
        | Command::StopSession { .. }
        | Command::ChangeAvailability { .. }
        | Command::Unlock { .. }
        | Command::Trigger { .. }
        | Command::ClearCache => Permission::StationsControl,
        Command::ReadVariables { .. } => Permission::StationSettingsView,
        Command::WriteVariables { .. }
        | Command::MonitorVariables { .. }
        | Command::StopMonitoring { .. }
        | Command::RequestReport { .. } => Permission::StationsConfigure,
        Command::UpdateFirmware { .. } => Permission::StationsFirmware,
        Command::UploadLog { .. } => Permission::StationsDiagnostics,
        Command::Raw { .. } => Permission::StationsRawOcpp,
    }
}

/// Asks a station for something. Returns as soon as the command is written down and on its way;
/// [`wait`] tells what came of it. An offline station is an error at once and leaves no row.
///
/// The station's name of a session to stop is filled in here, and so is the number of a remote
/// start.
pub async fn issue(
    app: &App,
    caller: &Caller,
    station: StationId,
    command: Command,
) -> Result<CommandRecord, Error> {
    let pass = gate::permit(app, caller, permission(&command)).await?;
    let row = pass.station(app, station).await?;
    let record = dispatch(app, caller, &row, command, WritePath::Command).await?;
    Ok(Sight::of(app, caller, row.station.site).shown(record))
}

/// Writes a permitted command down and sends it on its way.
pub(crate) async fn dispatch(
    app: &App,
    caller: &Caller,
    row: &StationRow,
    command: Command,
    path: WritePath,
) -> Result<CommandRecord, Error> {
    let authority = Authority {
        path,
        account: account(caller),
    };
    dispatch_as(app, caller, row, command, authority).await
}

/// The same on the authority of somebody else than who asks: a wish is carried out by Busbar.
pub(crate) async fn dispatch_as(
    app: &App,
    caller: &Caller,
    row: &StationRow,
    command: Command,
    authority: Authority,
) -> Result<CommandRecord, Error> {
    let order = prepare(app, caller, row, command, authority).await?;
    let written = order.clone();
    app.store()
        .write(Lane::Station(row.station.id), move |work| {
            let written = written.clone();
            Box::pin(async move { written.write(work).await })
        })
        .await?;
    Ok(order.carry(app))
}

/// Whose grants open locks for what `caller` asks; a key carries none.
pub(crate) fn account(caller: &Caller) -> Option<UserId> {
    match caller {
        Caller::User(member) => Some(member.user),
        _ => None,
    }
}

/// Commands to a station, the newest first, with `stations.control`.
pub async fn list(
    app: &App,
    caller: &Caller,
    station: StationId,
    page: &PageRequest,
) -> Result<Page<CommandRecord>, Error> {
    let pass = gate::permit(app, caller, Permission::StationsControl).await?;
    let row = pass.station(app, station).await?;
    let sight = Sight::of(app, caller, row.station.site);
    let rows = app.store().read.commands(station, page).await?;
    Ok(rows.map(|record| sight.shown(record)))
}

/// A command to a station, with `stations.control`.
pub async fn find(
    app: &App,
    caller: &Caller,
    station: StationId,
    id: CommandId,
) -> Result<CommandRecord, Error> {
    let pass = gate::permit(app, caller, Permission::StationsControl).await?;
    let row = pass.station(app, station).await?;
    let record = record_of(app, station, id).await?;
    Ok(Sight::of(app, caller, row.station.site).shown(record))
}

async fn record_of(app: &App, station: StationId, id: CommandId) -> Result<CommandRecord, Error> {
    let row = app.store().read.command(id).await?;
    row.map(|r| r.record)
        .filter(|r| r.station == station)
        .ok_or(Error::NotFound)
}

/// Waits until a command has its outcome, but no longer than `up_to`; returns how it stands then.
/// Whoever was allowed to ask for it may wait for it.
pub async fn wait(
    app: &App,
    caller: &Caller,
    station: StationId,
    id: CommandId,
    up_to: Duration,
) -> Result<CommandRecord, Error> {
    let record = record_of(app, station, id).await?;
    let pass = gate::permit(app, caller, permission(&record.command)).await?;
    pass.station(app, station).await?;
    let record = outcome_of(app, station, id, up_to).await?;
    shown_now(app, caller, station, record).await
}

/// What the caller may see of a command after it was waited for: a right that was taken away
/// meanwhile is gone.
pub(crate) async fn shown_now(
    app: &App,
    caller: &Caller,
    station: StationId,
    record: CommandRecord,
) -> Result<CommandRecord, Error> {
    let again = standing::again(app, caller).await?.ok_or(Error::Denied {
        permission: None,
        why: "not_signed_in",
    })?;
    let pass = gate::permit(app, &again, permission(&record.command)).await?;
    let row = pass.station(app, station).await?;
    Ok(Sight::of(app, &again, row.station.site).shown(record))
}

/// How a command stands as soon as it is settled, or after `up_to`.
pub(crate) async fn outcome_of(
    app: &App,
    station: StationId,
    id: CommandId,
    up_to: Duration,
) -> Result<CommandRecord, Error> {
    let place = app.waiters().enter(id);
    let until = tokio::time::Instant::now() + up_to;
    loop {
        let mut woken = std::pin::pin!(place.woken());
        woken.as_mut().enable();
        let record = record_of(app, station, id).await?;
        let open = matches!(record.state, CommandState::Queued | CommandState::Sent);
        if !open || tokio::time::timeout_at(until, woken).await.is_err() {
            return Ok(record);
        }
    }
}

/// What somebody may see of commands.
pub(crate) struct Sight {
    grant: Option<DriverDataGrant>,
    settings: bool,
}

impl Sight {
    /// What the caller may see of commands to a station at a site.
    pub fn of(app: &App, caller: &Caller, site: Option<SiteId>) -> Self {
        Self {
            grant: gate::driver_data(app, caller),
            settings: gate::has(caller, Permission::StationSettingsView, site),
        }
    }

    /// A command as it may be seen. Secrets are hidden from everybody, and what a station is set
    /// to from those who may not see its settings.
    pub fn shown(&self, mut record: CommandRecord) -> CommandRecord {
        let hidden = self.hides(&record.command);
        self.show(&mut record.command);
        if let Some(outcome) = &mut record.outcome {
            outcome.answer = outcome
                .answer
                .as_deref()
                .map(|text| self.hide(hidden, text));
            if let (Some(error), None) = (&mut outcome.error, self.grant) {
                error.text = scrubbed(&error.text);
            }
        }
        record
    }

    const fn hides(&self, command: &Command) -> bool {
        let settings = matches!(
            command,
            Command::ReadVariables { .. } | Command::WriteVariables { .. } | Command::Raw { .. }
        );
        settings && !self.settings
    }

    fn hide(&self, hidden: bool, text: &str) -> String {
        match self.grant {
            _ if hidden => Value::String(mask("")).to_string(),
            Some(_) => masking::hide_secrets(text),
            None => masking::hide_personal(text),
        }
    }

    /// What is asked, as it may be seen.
    pub fn show(&self, command: &mut Command) {
        let hidden = self.hides(command);
        hide_secrets(command);
        match command {
            Command::StartSession { token, .. } if self.grant.is_none() => {
                *token = TokenUid::new(&token.masked());
            }
            Command::WriteVariables { values } => {
                for (name, value) in values {
                    if hidden {
                        *value = mask("");
                    } else if self.grant.is_none() {
                        *value = without_driver_data(name, value);
                    }
                }
            }
            Command::Raw { payload, .. } => *payload = self.hide(hidden, payload),
            _ => {}
        }
    }
}

/// Takes passwords and keys out of a command.
fn hide_secrets(command: &mut Command) {
    match command {
        Command::Raw { payload, .. } => *payload = masking::hide_secrets(payload),
        Command::WriteVariables { values } => {
            for (name, value) in values {
                if is_secret(name) {
                    *value = mask("");
                }
            }
        }
        Command::UpdateFirmware { url, .. } | Command::UploadLog { url, .. } => {
            *url = without_url_secret(url);
        }
        _ => {}
    }
}
