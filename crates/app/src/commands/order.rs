//! A permitted command on its way to its row: looked at, written down in one unit with its deed,
//! and carried then. Whoever writes it down decides what else belongs to that unit.

use domain::command::{Command, CommandRecord, CommandState};
use domain::event::{Change, Event};
use domain::id::{CommandId, OrgId};
use domain::lock::{Authority, touched_by};
use domain::role::Caller;
use domain::site::AdminState;
use serde_json::json;
use store::{StationRow, Work};

use super::{check, course, hide_secrets};
use crate::app::App;
use crate::error::Error;
use crate::transfers::{self, Planned};
use crate::{audit, locks};

/// A command that may be written down.
#[derive(Clone)]
pub(crate) struct Order {
    /// The command, with what the station must be told.
    pub record: CommandRecord,
    org: OrgId,
    /// The command as it is kept: without passwords and keys.
    kept: CommandRecord,
    deed: Option<domain::audit::Deed>,
    fact: Event,
    /// The file that is carried for it.
    transfer: Option<Planned>,
}

/// Looks at a permitted command: the station must be there, the settings lock must let it pass.
pub(crate) async fn prepare(
    app: &App,
    caller: &Caller,
    row: &StationRow,
    command: Command,
    authority: Authority,
) -> Result<Order, Error> {
    let station = &row.station;
    if station.admin_state == AdminState::Archived {
        return Err(Error::conflict("archived", "The station is archived."));
    }
    let command = check::complete(app, row, command).await?;
    locks::guard(app, caller, station, authority, &touched_by(&command)).await?;
    let online = station.online && app.bus().is_online(station.id).await;
    if !online {
        return Err(Error::unavailable(
            "station_offline",
            "The station is not connected.",
        ));
    }
    let id = CommandId::from_uuid(app.draw());
    let (command, transfer) = transfers::plan(app, caller, row, id, command).await?;
    let record = CommandRecord {
        id,
        station: station.id,
        command,
        state: CommandState::Queued,
        outcome: None,
        created_at: app.now(),
        sent_at: None,
        settled_at: None,
        issued_by: caller.member().map(|m| (m.user, m.name.clone())),
        authority,
    };
    // What Busbar reads by itself is nobody's deed.
    let by_itself = matches!(caller, Caller::System { .. });
    let routine = by_itself
        && matches!(
            record.command,
            Command::ReadVariables { .. }
                | Command::MonitorVariables { .. }
                | Command::StopMonitoring { .. }
        );
    let what = json!({"type": record.command.kind(), "command": record.id});
    let deed = audit::row(
        app,
        caller,
        station.org,
        "commands.issue",
        station.id,
        None,
        Some(&what),
    );
    let change = Change::CommandUpdated {
        command: record.id,
        state: record.state,
    };
    // The order carries what the station must be told; the row keeps no passwords or keys.
    let mut kept = record.clone();
    hide_secrets(&mut kept.command);
    Ok(Order {
        org: station.org,
        kept,
        deed: (!routine).then_some(deed),
        fact: app.fact(station.org, station.site, Some(station.id), change),
        transfer,
        record,
    })
}

impl Order {
    /// Writes the command down with its deed, and begins the transfer of its file.
    pub async fn write(&self, work: &mut Work) -> Result<(), store::Error> {
        work.command_insert(self.org, &self.kept).await?;
        if let Some(planned) = &self.transfer {
            transfers::begin(work, planned).await?;
        }
        work.event(&self.fact);
        if let Some(deed) = &self.deed {
            work.audit(deed);
        }
        Ok(())
    }

    /// Sends the command on its way, once its row is durable.
    pub fn carry(self, app: &App) -> CommandRecord {
        app.facts_committed();
        let record = self.record.clone();
        tokio::spawn(course::carry(app.clone(), self.org, self.record));
        record
    }
}
