//! What people do to a batch under way: hold it, let it go on, end it, try again what failed.

use domain::batch::{Batch, BatchState, ItemState};
use domain::command::{CommandError, CommandState, Outcome};
use domain::event::Change;
use domain::id::BatchId;
use domain::role::{Caller, Reach};
use serde_json::json;
use store::{Lane, Work};

use super::{BatchView, denied, found, is_the_makers, needs, reason, updated, view};
use crate::app::App;
use crate::audit;
use crate::error::Error;

/// A deed on a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Pause,
    Resume,
    Cancel,
    Retry { skipped: bool },
}

impl Deed {
    const fn action(self) -> &'static str {
        match self {
            Self::Pause => "jobs.pause",
            Self::Resume => "jobs.resume",
            Self::Cancel => "jobs.cancel",
            Self::Retry { .. } => "jobs.retry",
        }
    }

    /// Whether something new can begin by it.
    const fn begins(self) -> bool {
        matches!(self, Self::Resume | Self::Retry { .. })
    }

    /// Where it leads from a state; none where it does not fit.
    const fn leads(self, from: BatchState) -> Option<BatchState> {
        use BatchState as S;
        match (self, from) {
            (Self::Pause, S::Running) => Some(S::Paused),
            (Self::Resume, S::Paused | S::Stopped) => Some(S::Running),
            (Self::Cancel, S::Running | S::Paused | S::Stopped) => Some(S::Cancelled),
            (Self::Retry { .. }, S::Cancelled) => None,
            (Self::Retry { .. }, _) => Some(S::Running),
            _ => None,
        }
    }
}

/// Nothing new begins until somebody resumes it; with the permissions of its task.
pub async fn pause(app: &App, caller: &Caller, id: BatchId) -> Result<BatchView, Error> {
    act(app, caller, id, Deed::Pause).await
}

/// Lets a batch go on that was paused or stopped by itself; with the permissions of its task. The
/// failures up to now do not stop it again.
pub async fn resume(app: &App, caller: &Caller, id: BatchId) -> Result<BatchView, Error> {
    act(app, caller, id, Deed::Resume).await
}

/// Ends a batch, with the permissions of its task. When this returns nothing more begins, and what
/// was not yet sent to its station is not sent any more.
pub async fn cancel(app: &App, caller: &Caller, id: BatchId) -> Result<BatchView, Error> {
    act(app, caller, id, Deed::Cancel).await
}

/// Tries again what failed, and on demand also what was skipped, with the permissions of its task.
pub async fn retry(
    app: &App,
    caller: &Caller,
    id: BatchId,
    skipped: bool,
) -> Result<BatchView, Error> {
    act(app, caller, id, Deed::Retry { skipped }).await
}

async fn act(app: &App, caller: &Caller, id: BatchId, deed: Deed) -> Result<BatchView, Error> {
    let (_, batch) = found(app, caller, id).await?;
    let own = caller.member().is_some_and(|m| m.user == batch.maker.user);
    for permission in needs(&batch.task) {
        let reach = app.gate().reach(caller, permission);
        // What is done is done by the maker's rights: others need them everywhere.
        let enough = match reach.map_err(|_| denied(permission))? {
            Reach::Everywhere => true,
            Reach::Sites(_) => own,
            Reach::Nowhere => false,
        };
        if !enough {
            return Err(denied(permission));
        }
    }
    if deed.begins() && !own && is_the_makers(&batch.task) {
        let detail = format!(
            "Only {} can let it go on: it writes settings.",
            batch.maker.name
        );
        return Err(Error::conflict("not_maker", detail));
    }
    // Read before the unit: whoever fails in between may stop it once more.
    let failed = app.store().read.batch_tally(&batch).await?.total().failed;
    let now = app.now();
    let row = audit::row(
        app,
        caller,
        batch.org,
        deed.action(),
        id,
        Some(&json!({"state": batch.state})),
        None,
    );
    let (org, app_of) = (batch.org, app.clone());
    let moved = app
        .store()
        .write(Lane::Org(org), move |work| {
            let (row, app) = (row.clone(), app_of.clone());
            Box::pin(async move {
                let Some(mut batch) = work.batch(id).await? else {
                    return Ok(None);
                };
                let Some(to) = deed.leads(batch.state) else {
                    return Ok(None);
                };
                let stopped = batch.state == BatchState::Stopped;
                batch.state = to;
                match deed {
                    Deed::Resume if stopped => batch.pace.forgiven = failed,
                    Deed::Pause | Deed::Resume => {}
                    Deed::Cancel => {
                        batch.ended_at = Some(now);
                        end(&app, work, &batch).await?;
                    }
                    Deed::Retry { skipped } => {
                        let both = [ItemState::Failed, ItemState::Skipped];
                        let states = if skipped { &both[..] } else { &both[..1] };
                        if work.items_again(id, states).await? == 0 {
                            return Ok(None);
                        }
                        batch.pace.forgiven = 0;
                        batch.ended_at = None;
                        if batch.pace.deadline <= now {
                            // As much time as it had at first.
                            batch.pace.deadline = now + (batch.pace.deadline - batch.created_at);
                        }
                    }
                }
                work.batch_update(&batch).await?;
                work.event(&updated(&app, &batch));
                work.audit(&row);
                Ok(Some(batch))
            })
        })
        .await?;
    let Some(batch) = moved else {
        let detail = "The job is in no state for that.";
        return Err(Error::conflict("job_state", detail));
    };
    app.facts_committed();
    app.batches_changed();
    view(app, caller, batch).await
}

/// Gives what has not begun its end, and takes back what was not sent.
async fn end(app: &App, work: &mut Work, batch: &Batch) -> Result<(), store::Error> {
    let (now, text) = (app.now(), "The job was cancelled before it was sent.");
    let why = reason("cancelled", "The job was cancelled.");
    let outcome = Outcome {
        state: CommandState::Error,
        error: Some(CommandError {
            code: "cancelled".to_owned(),
            text: text.to_owned(),
            places: Vec::new(),
        }),
        ..Outcome::default()
    };
    for (item, command, station) in work.batch_unsent(batch.id).await? {
        if !work.command_take_back(command, &outcome, now).await? {
            continue;
        }
        let state = ItemState::Cancelled;
        work.item_settle(item, Some(command), state, Some(&why), now)
            .await?;
        let change = Change::CommandUpdated {
            command,
            state: outcome.state,
        };
        work.event(&app.fact(batch.org, None, Some(station), change));
    }
    work.items_end(batch.id, ItemState::Cancelled, &why, now)
        .await?;
    Ok(())
}
