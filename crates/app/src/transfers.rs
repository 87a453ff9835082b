//! Transfers: files on their way to and from stations. One begins with the command that asks for it,
//! goes by what the station says, and ends with it, or with its time. Owns the one-time links; how
//! stations come in by them is in [`link`].

pub mod link;

use chrono::TimeDelta;
use domain::clock::Moment;
use domain::command::{Command, CommandState, LogKind, Outcome, VariableName};
use domain::event::{Change, Event};
use domain::id::{CommandId, EventId, StationId, TransferId};
use domain::message::NoticeKind;
use domain::role::Caller;
use domain::transfer::{Transfer, TransferKind, TransferState, Transport, ftp_user};
use store::{Lane, StationRow, Work};

use crate::app::App;
use crate::depot;
use crate::error::Error;
use crate::{firmware, secret};

/// Where stations reach the files, known once the doors are open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDoors {
    /// `http://host:port` or `https://…`, without a `/` at its end.
    pub http: Option<String>,
    /// `host:port` of the FTP door.
    pub ftp: Option<String>,
}

/// A transfer that is to begin with a command.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    /// The transfer.
    pub transfer: Transfer,
    /// The digest of its link's secret; none for an address that a person named.
    pub secret: Option<String>,
}

/// Makes the link for a command about a file, and the transfer that begins with it. Any other
/// command stays as it is.
pub(crate) async fn plan(
    app: &App,
    caller: &Caller,
    row: &StationRow,
    id: CommandId,
    mut command: Command,
) -> Result<(Command, Option<Planned>), Error> {
    let now = app.now();
    let files = &app.settings().files;
    let draft = |kind, transport, expires_at| Transfer {
        id: TransferId::from_uuid(app.draw()),
        org: row.station.org,
        station: row.station.id,
        kind,
        transport,
        state: TransferState::Asked,
        status: None,
        error: None,
        file: None,
        version: None,
        command: id,
        expires_at,
        received: None,
        created_at: now,
        ended_at: None,
        issued_by: caller.member().map(|m| (m.user, m.name.clone())),
    };
    let planned = match &mut command {
        Command::UpdateFirmware {
            file: Some(file),
            transport,
            signed,
            signing,
            url,
            retrieve_at,
            ..
        } => {
            let at = "/params/firmware_file_id";
            let file = firmware::usable(app, row.station.org, *file, at).await?;
            if !file.fits(&row.station.hardware) {
                let detail = "The file is not for stations of this vendor and model.";
                return Err(Error::conflict("firmware_does_not_fit", detail));
            }
            let transport = transport.unwrap_or_default();
            let until = now.max(*retrieve_at) + files.firmware_link;
            let mut transfer = draft(TransferKind::Firmware, transport, until);
            transfer.file = Some(file.id);
            transfer.version = Some(file.version.clone());
            let drawn = secret::draw()?;
            *url = link_to(app, &transfer, &drawn, Some(&file.name))?;
            if file.signing.is_some() && signed.is_none() && knows_signatures(app, row).await? {
                *signed = Some(true);
            }
            if *signed == Some(true) && file.signing.is_none() {
                let detail = "The file has no signature.";
                return Err(Error::invalid("/params/signed", "not_signed", detail));
            }
            *signing = file.signing;
            Some((transfer, Some(secret::digest(&drawn))))
        }
        Command::UpdateFirmware {
            url, retrieve_at, ..
        } => {
            let transport = match url.starts_with("ftp") {
                true => Transport::Ftp,
                false => Transport::Http,
            };
            let until = now.max(*retrieve_at) + files.firmware_link;
            Some((draft(TransferKind::Firmware, transport, until), None))
        }
        Command::UploadLog {
            kind,
            transport,
            url,
            ..
        } => {
            let kind = match kind {
                LogKind::Diagnostics => TransferKind::Diagnostics,
                LogKind::Security => TransferKind::Security,
            };
            let until = now + files.upload_link;
            let transfer = draft(kind, transport.unwrap_or_default(), until);
            let drawn = secret::draw()?;
            *url = link_to(app, &transfer, &drawn, None)?;
            Some((transfer, Some(secret::digest(&drawn))))
        }
        _ => None,
    };
    let planned = planned.map(|(transfer, secret)| Planned { transfer, secret });
    Ok((command, planned))
}

/// Whether a station told that it knows about security: only then does every version of it take a
/// signature.
async fn knows_signatures(app: &App, row: &StationRow) -> Result<bool, Error> {
    let told = app.store().read.variables(row.station.id).await?;
    let names = |name: &VariableName| name.variable.eq_ignore_ascii_case("SecurityProfile");
    Ok(told.iter().any(|(reading, _)| names(&reading.name)))
}

/// The address by which a station comes in: for firmware a file, for logs a folder, since stations
/// add a name of their own.
fn link_to(
    app: &App,
    transfer: &Transfer,
    drawn: &str,
    name: Option<&str>,
) -> Result<String, Error> {
    let doors = app.file_doors();
    let name = name.unwrap_or_default();
    let door = if name.is_empty() { 'u' } else { 'f' };
    let at = match transfer.transport {
        Transport::Http => doors.and_then(|d| d.http.as_ref()),
        Transport::Ftp => doors.and_then(|d| d.ftp.as_ref()),
    };
    let Some(at) = at else {
        let detail = "Files are not served by this protocol here: see files in the configuration.";
        return Err(Error::conflict("transport_off", detail));
    };
    Ok(match transfer.transport {
        Transport::Http => format!("{at}/{door}/{drawn}/{name}"),
        Transport::Ftp => format!("ftp://{}:{drawn}@{at}/{name}", ftp_user(transfer.id)),
    })
}

/// Begins a planned transfer within the unit of work of its command.
pub(crate) async fn begin(work: &mut Work, planned: &Planned) -> Result<(), store::Error> {
    let secret = planned.secret.as_deref();
    work.transfer_insert(&planned.transfer, secret).await
}

/// What a transfer comes to by the station's answer to its command, within the unit of work that
/// settles it. What the station agreed to takes the place of what it was at before.
pub(crate) async fn settle(
    work: &mut Work,
    command: CommandId,
    outcome: &Outcome,
    now: Moment,
) -> Result<(), store::Error> {
    let Some(mut transfer) = work.transfer_of(command).await? else {
        return Ok(());
    };
    match outcome.state {
        CommandState::Accepted | CommandState::Completed => {
            let about = transfer.kind.told_by();
            for mut older in work.transfers_open(transfer.station, about).await? {
                if older.id != transfer.id && older.created_at <= transfer.created_at {
                    older.error = Some("superseded".to_owned());
                    older.go(TransferState::Failed, now);
                    work.transfer_put(&older).await?;
                }
            }
            Ok(())
        }
        CommandState::Rejected | CommandState::Error if transfer.state.is_open() => {
            let code = outcome.error.as_ref().map(|error| error.code.clone());
            transfer.error = Some(code.unwrap_or_else(|| "rejected".to_owned()));
            transfer.go(TransferState::Failed, now);
            work.transfer_put(&transfer).await
        }
        // Without an answer nobody knows: the station may come yet.
        _ => Ok(()),
    }
}

/// Hears a station's word about its newest transfer; tells what changed.
pub(crate) async fn hear(
    work: &mut Work,
    station: StationId,
    notice: NoticeKind,
    word: &str,
    now: Moment,
) -> Result<Option<Change>, store::Error> {
    let Some(mut transfer) = work.transfer_about(station, notice).await? else {
        return Ok(None);
    };
    if !transfer.hear(word, now) {
        return Ok(None);
    }
    work.transfer_put(&transfer).await?;
    Ok(Some(changed(&transfer)))
}

/// A station that boots with the version it was to get has it, whether it says so or not.
pub(crate) async fn booted(
    work: &mut Work,
    station: StationId,
    version: &str,
    now: Moment,
) -> Result<Option<Change>, store::Error> {
    let about = NoticeKind::FirmwareStatus;
    let open = work.transfers_open(station, about).await?;
    let mut running = open.into_iter().filter(|t| {
        t.state == TransferState::Running && t.version.as_deref().map(str::trim) == Some(version)
    });
    let Some(mut transfer) = running.next() else {
        return Ok(None);
    };
    transfer.go(TransferState::Done, now);
    work.transfer_put(&transfer).await?;
    Ok(Some(changed(&transfer)))
}

fn changed(transfer: &Transfer) -> Change {
    Change::TransferUpdated {
        transfer: transfer.id,
        state: transfer.state,
    }
}

/// The fact that a transfer moved on.
pub(crate) async fn fact(app: &App, transfer: &Transfer) -> Result<Event, store::Error> {
    let row = app
        .store()
        .read
        .station(transfer.org, transfer.station)
        .await?;
    let site = row.and_then(|row| row.station.site);
    Ok(Event {
        id: EventId::from_uuid(app.draw()),
        org: transfer.org,
        site,
        station: Some(transfer.station),
        at: app.now(),
        change: changed(transfer),
    })
}

/// Closes transfers whose time has passed; tells how many.
pub(crate) async fn expire(app: &App) -> Result<usize, Error> {
    let now = app.now();
    let overdue = app.store().read.transfers_overdue(now).await?;
    let mut count = 0;
    for mut transfer in overdue {
        let id = transfer.id;
        transfer.go(TransferState::Expired, now);
        let fact = fact(app, &transfer).await?;
        let closed = app
            .store()
            .write(Lane::Station(transfer.station), move |work| {
                let fact = fact.clone();
                Box::pin(async move {
                    let still = work.transfer(id).await?;
                    let Some(mut still) = still.filter(|t| t.state.is_open()) else {
                        return Ok(false);
                    };
                    still.go(TransferState::Expired, now);
                    work.transfer_put(&still).await?;
                    work.event(&fact);
                    Ok(true)
                })
            });
        count += usize::from(closed.await?);
    }
    if count > 0 {
        app.facts_committed();
    }
    Ok(count)
}

/// Removes transfers that are old enough, with what they brought; tells how many.
pub(crate) async fn sweep(app: &App) -> Result<usize, Error> {
    let days = |days: u32| app.now() - TimeDelta::days(i64::from(days));
    let settings = app.settings();
    let mut count = 0;
    for (incoming, before) in [
        (true, days(settings.files.diagnostics_days)),
        (false, days(settings.retention.commands_days)),
    ] {
        for transfer in app.store().read.transfers_old(incoming, before).await? {
            depot::remove_received(app, &transfer).await;
            let id = transfer.id;
            let removed = app
                .store()
                .write(Lane::Station(transfer.station), move |work| {
                    Box::pin(async move { work.transfer_delete(id).await })
                });
            removed.await?;
            count += 1;
        }
    }
    depot::sweep(app).await;
    Ok(count)
}
