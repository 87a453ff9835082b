//! Diagnostics: asking a station for its logs, and reading what it sent. A log can name drivers, and
//! nobody can tell where in it: its content is for whoever may read driver data.

use domain::clock::Moment;
use domain::command::{Command, LogKind};
use domain::id::{StationId, TransferId};
use domain::lock::WritePath;
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission};
use domain::transfer::{Received, Transfer, Transport};
use serde_json::json;
use store::Lane;
use tokio::fs::File;

use crate::app::App;
use crate::error::Error;
use crate::{audit, commands, depot, gate};

/// What a station is asked for.
#[derive(Debug, Clone)]
pub struct LogRequest {
    /// Which log.
    pub kind: LogKind,
    /// Nothing older.
    pub from: Option<Moment>,
    /// Nothing newer.
    pub to: Option<Moment>,
    /// By which protocol; HTTP where it is not said.
    pub transport: Option<Transport>,
}

/// Asks a station for a log, with `stations.diagnostics`. An offline station is an error at once.
pub async fn request(
    app: &App,
    caller: &Caller,
    station: StationId,
    request: LogRequest,
) -> Result<Transfer, Error> {
    let pass = gate::permit(app, caller, Permission::StationsDiagnostics).await?;
    let row = pass.station(app, station).await?;
    if let (Some(from), Some(to)) = (request.from, request.to)
        && from >= to
    {
        let detail = "This is not after the beginning.";
        return Err(Error::invalid("/to", "out_of_range", detail));
    }
    let command = Command::UploadLog {
        kind: request.kind,
        transport: request.transport,
        // Made when the command is written down.
        url: String::new(),
        from: request.from,
        to: request.to,
        retries: None,
        retry_interval_s: None,
    };
    let record = commands::dispatch(app, caller, &row, command, WritePath::Command).await?;
    let found = app.store().read.transfer_of_command(record.id).await?;
    found.ok_or_else(|| Error::internal("a command for a log began no transfer"))
}

/// Logs of a station, the newest first, with `stations.diagnostics`.
pub async fn list(
    app: &App,
    caller: &Caller,
    station: StationId,
    page: &PageRequest,
) -> Result<Page<Transfer>, Error> {
    let pass = gate::permit(app, caller, Permission::StationsDiagnostics).await?;
    pass.station(app, station).await?;
    Ok(app.store().read.transfers(station, true, page).await?)
}

/// One of them, with `stations.diagnostics`.
pub async fn find(
    app: &App,
    caller: &Caller,
    station: StationId,
    id: TransferId,
) -> Result<Transfer, Error> {
    let pass = gate::permit(app, caller, Permission::StationsDiagnostics).await?;
    pass.station(app, station).await?;
    let found = app.store().read.transfer(id).await?;
    let found = found.filter(|t| t.station == station && t.kind.comes_in());
    found.ok_or(Error::NotFound)
}

/// What a station sent, opened, with `stations.diagnostics` and the right to driver data. Whoever
/// reads it is in the audit trail.
pub async fn read(
    app: &App,
    caller: &Caller,
    station: StationId,
    id: TransferId,
) -> Result<(Received, File), Error> {
    let transfer = find(app, caller, station, id).await?;
    gate::demand_driver_data(app, caller)?;
    let received = transfer.received.ok_or(Error::NotFound)?;
    let path = depot::received(app, id, &received);
    let file = File::open(&path)
        .await
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::NotFound,
            _ => Error::internal(error),
        })?;
    let (org, after) = (transfer.org, json!({"transfer": id}));
    let action = "diagnostics.read";
    let deed = audit::row(app, caller, org, action, station, None, Some(&after));
    let written = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    Ok((received, file))
}
