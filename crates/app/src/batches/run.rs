//! Carrying batches out: which items begin now, and each by what its maker may do at that moment.
//! One node does it at a time; every step can be cut off anywhere and is taken up by the next.
//!
//! An item, its command and its deed are written in one unit, which first makes sure that the batch
//! still goes on: after a batch was ended nothing of it begins.

use domain::batch::{Batch, BatchState, ItemState, Next, Task, next, runs_already};
use domain::clock::Moment;
use domain::command::Command;
use domain::lock::{Authority, WritePath};
use domain::role::Caller;
use domain::station::Station;
use futures_util::StreamExt;
use store::{ItemRow, Lane};

use super::target::is_away;
use super::{Turn, needs, reason, settle, updated};
use crate::app::App;
use crate::commands;
use crate::error::Error;
use crate::revision::Precondition;
use crate::stations::StationEdit;
use crate::{audit, gate, standing, stations};

/// How many items are begun with side by side: their rows share commits.
const SIDE_BY_SIDE: usize = 32;

/// Moves every batch on that can move. Only the holder of the lease may call this, or a test. Tells
/// whether any is under way.
pub(crate) async fn work_through(app: &App) -> Result<bool, Error> {
    let open = app.store().read.batches_open().await?;
    let busy = !open.is_empty();
    for batch in open {
        if let Err(error) = move_on(app, &batch).await {
            tracing::debug!(batch.id = %batch.id, "a job waits: {error}");
        }
    }
    Ok(busy)
}

async fn move_on(app: &App, batch: &Batch) -> Result<(), Error> {
    settle::settle(app, batch).await?;
    let tally = app.store().read.batch_tally(batch).await?;
    let now = app.now();
    let hours = batch.pace.window.as_ref();
    let open = hours.is_none_or(|window| window.is_open(now));
    match next(batch.state, &batch.pace, &tally, open, now) {
        Next::Rest => Ok(()),
        Next::Begin { wave, most } => {
            let read = &app.store().read;
            let ready = read.batch_ready(batch, wave, most).await?;
            let begun = ready.into_iter().map(|item| begin(app, batch, item));
            let mut begun = futures_util::stream::iter(begun).buffer_unordered(SIDE_BY_SIDE);
            let mut any = false;
            while let Some(one) = begun.next().await {
                match one {
                    Ok(moved) => any |= moved,
                    Err(error) => {
                        tracing::debug!(batch.id = %batch.id, "an item waits: {error}");
                    }
                }
            }
            if any {
                settle::tell(app, batch).await?;
            }
            Ok(())
        }
        Next::Stop => turn(app, batch, &[BatchState::Running], BatchState::Stopped).await,
        Next::Expire => expire(app, batch).await,
        Next::End => {
            use BatchState as S;
            turn(app, batch, &[S::Running, S::Paused, S::Stopped], S::Done).await
        }
    }
}

/// Moves a batch to another state by itself, if it still is in one of `from`.
async fn turn(app: &App, batch: &Batch, from: &[BatchState], to: BatchState) -> Result<(), Error> {
    let (id, now, from, of) = (batch.id, app.now(), from.to_vec(), app.clone());
    app.store()
        .write(Lane::Org(batch.org), move |work| {
            let (from, app) = (from.clone(), of.clone());
            Box::pin(async move {
                let Some(mut batch) = work.batch(id).await? else {
                    return Ok(());
                };
                if from.contains(&batch.state) {
                    batch.state = to;
                    batch.ended_at = (to == BatchState::Done).then_some(now);
                    work.batch_update(&batch).await?;
                    work.event(&updated(&app, &batch));
                }
                Ok(())
            })
        })
        .await?;
    app.facts_committed();
    app.batches_changed();
    Ok(())
}

async fn expire(app: &App, batch: &Batch) -> Result<(), Error> {
    let (id, now, of) = (batch.id, app.now(), app.clone());
    let text = "The station could not be begun with before the deadline.";
    let why = reason("deadline", text);
    app.store()
        .write(Lane::Org(batch.org), move |work| {
            let (why, app) = (why.clone(), of.clone());
            Box::pin(async move {
                let Some(batch) = work.batch(id).await? else {
                    return Ok(());
                };
                if batch.state.is_open() && batch.pace.deadline <= now {
                    work.items_end(id, ItemState::Failed, &why, now).await?;
                    work.event(&updated(&app, &batch));
                }
                Ok(())
            })
        })
        .await?;
    app.facts_committed();
    app.batches_changed();
    Ok(())
}

/// The maker of a batch as they are at this moment.
async fn maker(app: &App, batch: &Batch) -> Result<Option<Caller>, Error> {
    match batch.maker.key {
        None => {
            let member = standing::member(app, batch.maker.user, batch.org, None).await?;
            Ok(member.map(Caller::User))
        }
        Some(key) => match app.store().read.key(key).await? {
            Some(row) if row.org == batch.org => standing::of_key(app, &row).await,
            _ => Ok(None),
        },
    }
}

/// Why there is nothing to do at a station.
pub(super) fn nothing_to_do(
    task: &Task,
    station: &Station,
) -> Option<(&'static str, &'static str)> {
    if is_away(station) {
        return Some(("archived", "The station is archived."));
    }
    let Task::Firmware { version, .. } = task else {
        return None;
    };
    let runs = station.hardware.firmware_version.as_deref();
    runs_already(version.as_deref(), runs).then_some((
        "already_installed",
        "The station runs this version already.",
    ))
}

/// Begins with an item, or gives it its outcome where it cannot begin. True when it moved.
async fn begin(app: &App, batch: &Batch, item: ItemRow) -> Result<bool, Error> {
    let denied = (
        "permission_denied",
        "Whoever made the job may not do this here now.",
    );
    // Of before the rights are looked up: nothing was begun after they were taken away.
    let at = app.now();
    let Some(caller) = maker(app, batch).await? else {
        return skip(app, batch, &item, denied).await;
    };
    let pass = match gate::permit_all(app, &caller, &needs(&batch.task)).await {
        Ok(pass) => pass,
        Err(Error::Denied { .. }) => return skip(app, batch, &item, denied).await,
        Err(error) => return Err(error),
    };
    let row = match pass.station(app, item.item.station).await {
        Ok(row) => row,
        Err(Error::NotFound) => return skip(app, batch, &item, denied).await,
        Err(error) => return Err(error),
    };
    if let Some(nothing) = nothing_to_do(&batch.task, &row.station) {
        return skip(app, batch, &item, nothing).await;
    }
    // The deeds of an item tell to which batch they belong.
    let origin = audit::Origin {
        via: match &caller {
            Caller::Key { .. } => domain::audit::Via::Key,
            _ => domain::audit::Via::System,
        },
        request_id: None,
        ip: None,
        reason: Some(batch.id.to_string()),
    };
    let done = audit::within(origin, async {
        match &batch.task {
            Task::Command(command) | Task::Firmware { command, .. } => {
                ask(app, batch, (&item, at), &caller, &row, command.clone()).await
            }
            Task::Edit { site, admin_state } => {
                let edit = StationEdit {
                    site: *site,
                    admin_state: *admin_state,
                    ..StationEdit::default()
                };
                let turn = Some(turn_of(app, batch, &item));
                let id = row.station.id;
                stations::edit_within(app, &caller, &pass, id, edit, turn).await
            }
            Task::Archive => {
                let turn = Some(turn_of(app, batch, &item));
                let (id, when) = (row.station.id, Precondition::None);
                stations::archive_within(app, &caller, &pass, id, &when, turn).await
            }
        }
    })
    .await;
    match done {
        Ok(moved) => Ok(moved),
        // It went away just now: it waits, held up.
        Err(Error::Unavailable { .. }) => Ok(false),
        Err(Error::Denied { .. } | Error::NotFound) => skip(app, batch, &item, denied).await,
        Err(Error::Conflict { code, detail }) => skip(app, batch, &item, (code, &detail)).await,
        Err(Error::Invalid { problems }) => {
            let detail = problems
                .first()
                .map_or("It cannot be done here.", |p| &p.detail);
            skip(app, batch, &item, ("invalid", detail)).await
        }
        Err(error) => Err(error),
    }
}

fn turn_of(app: &App, batch: &Batch, item: &ItemRow) -> Turn {
    Turn {
        batch: batch.id,
        item: item.item.id,
        at: app.now(),
    }
}

/// Asks a station: the item, its command and its deed in one unit, and then on its way.
async fn ask(
    app: &App,
    batch: &Batch,
    (item, at): (&ItemRow, Moment),
    caller: &Caller,
    row: &store::StationRow,
    command: Command,
) -> Result<bool, Error> {
    let authority = Authority {
        path: WritePath::Batch,
        account: commands::account(caller),
    };
    let order = commands::prepare(app, caller, row, command, authority).await?;
    let (written, id, item) = (order.clone(), batch.id, item.item.id);
    let begun = app
        .store()
        .write(Lane::Org(batch.org), move |work| {
            let written = written.clone();
            Box::pin(async move {
                let batch = work.batch(id).await?;
                if batch.is_none_or(|batch| batch.state != BatchState::Running) {
                    return Ok(false);
                }
                if !work.item_begin(item, Some(written.record.id), at).await? {
                    return Ok(false);
                }
                written.write(work).await?;
                Ok(true)
            })
        })
        .await?;
    if begun {
        order.carry(app);
    }
    Ok(begun)
}

/// Skips an item that cannot begin.
async fn skip(
    app: &App,
    batch: &Batch,
    item: &ItemRow,
    (code, text): (&str, &str),
) -> Result<bool, Error> {
    let (id, item, now, why) = (batch.id, item.item.id, app.now(), reason(code, text));
    let done = app.store().write(Lane::Org(batch.org), move |work| {
        let why = why.clone();
        Box::pin(async move {
            let batch = work.batch(id).await?;
            if batch.is_none_or(|batch| batch.state != BatchState::Running) {
                return Ok(false);
            }
            let skipped = ItemState::Skipped;
            work.item_settle(item, None, skipped, Some(&why), now).await
        })
    });
    Ok(done.await?)
}
