//! What came of the items under way: by the outcome of their command, and for updates of firmware
//! by the words that the station says then, the version that it boots with, or its silence.
//!
//! What was sent to a station is never sent again by itself. What never left waits again, and the
//! try does not count.

use std::collections::HashMap;

use domain::batch::{Batch, FirmwarePhase, ItemState, Reason, Roll, Task};
use domain::clock::Moment;
use domain::command::{Command, CommandRecord, CommandState};
use domain::id::{BatchItemId, CommandId, StationId};
use store::{FirmwareWord, Lane, RunningRow};

use super::{reason, updated};
use crate::app::App;
use crate::commands::NEVER_THERE;
use crate::error::Error;

/// Where an item goes from here.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Again,
    Phase(FirmwarePhase),
    End(ItemState, Option<Reason>),
}

/// Moves the items of a batch on that are under way.
pub(super) async fn settle(app: &App, batch: &Batch) -> Result<(), Error> {
    let read = &app.store().read;
    let running = read.batch_running(batch.id).await?;
    if running.is_empty() {
        return Ok(());
    }
    let words = match &batch.task {
        Task::Firmware { .. } => words(app, &running).await?,
        _ => HashMap::new(),
    };
    // What was said while nobody listened comes later: silence counts from then on.
    let (now, listens) = (app.now(), app.since());
    let steps: Vec<(BatchItemId, Option<CommandId>, Step)> = running
        .iter()
        .filter_map(|row| {
            let told = words.get(&row.item.station).map_or(&[][..], Vec::as_slice);
            let step = step(&batch.task, row, told, (listens, now))?;
            Some((row.item.id, row.item.command, step))
        })
        .collect();
    if steps.is_empty() {
        return Ok(());
    }
    let (org, fact) = (batch.org, updated(app, batch));
    app.store()
        .write(Lane::Org(org), move |work| {
            let (steps, fact) = (steps.clone(), fact.clone());
            Box::pin(async move {
                for (item, command, step) in &steps {
                    match step {
                        Step::Again => {
                            work.item_again(*item, *command).await?;
                        }
                        Step::Phase(phase) => work.item_phase(*item, *phase).await?,
                        Step::End(state, why) => {
                            let (state, why) = (*state, why.as_ref());
                            work.item_settle(*item, *command, state, why, now).await?;
                        }
                    }
                }
                work.event(&fact);
                Ok(())
            })
        })
        .await?;
    app.facts_committed();
    Ok(())
}

/// Tells that items of a batch moved.
pub(super) async fn tell(app: &App, batch: &Batch) -> Result<(), Error> {
    let fact = updated(app, batch);
    let written = app.store().write(Lane::Org(batch.org), move |work| {
        let fact = fact.clone();
        Box::pin(async move {
            work.event(&fact);
            Ok(())
        })
    });
    written.await?;
    app.facts_committed();
    Ok(())
}

/// What each station said of its firmware since its item began.
async fn words(
    app: &App,
    running: &[RunningRow],
) -> Result<HashMap<StationId, Vec<FirmwareWord>>, Error> {
    let begun = running.iter().filter_map(|row| row.item.begun_at);
    let Some(since) = begun.min() else {
        return Ok(HashMap::new());
    };
    let stations: Vec<StationId> = running.iter().map(|row| row.item.station).collect();
    let mut all: HashMap<StationId, Vec<FirmwareWord>> = HashMap::new();
    // A list of ids in a statement has its bounds.
    for some in stations.chunks(200) {
        for word in app.store().read.firmware_words(some, since).await? {
            all.entry(word.station).or_default().push(word);
        }
    }
    Ok(all)
}

fn step(
    task: &Task,
    row: &RunningRow,
    told: &[FirmwareWord],
    (listens, now): (Moment, Moment),
) -> Option<Step> {
    let Some(command) = &row.command else {
        return Some(match row.item.command {
            // What became of it nobody can tell any more, and it is not sent again.
            Some(_) => {
                let why = reason("silent", "Nothing more was heard of the command.");
                Step::End(ItemState::Failed, Some(why))
            }
            // Done without a command it ends in the unit that began it.
            None => Step::Again,
        });
    };
    let record = &command.record;
    let code = record.outcome.as_ref().and_then(|o| o.error.as_ref());
    let code = code.map_or("", |error| error.code.as_str());
    let open = matches!(record.state, CommandState::Queued | CommandState::Sent);
    if !open && record.sent_at.is_none() && NEVER_THERE.contains(&code) {
        return Some(Step::Again);
    }
    if let Task::Firmware {
        command,
        version,
        patience_s,
    } = task
    {
        let since = record.sent_at?;
        // Stations restart for an update: a lost connection tells nothing of it.
        let agreed = matches!(
            record.state,
            CommandState::Accepted | CommandState::Completed
        );
        let told = told.iter().filter(|word| word.at >= since);
        let told: Vec<&FirmwareWord> = told.collect();
        // Some begin and forget to answer.
        let begun = code == "timeout" && !told.is_empty();
        if open || agreed || begun || code == "connection_lost" {
            if open && told.is_empty() {
                return None;
            }
            let heard = told.last().map_or(since, |word| word.at);
            let heard = heard.max(begins(command, since)).max(listens);
            let mut roll = Roll::Under(FirmwarePhase::Asked);
            for word in told {
                roll = roll.hears(&word.word);
            }
            let roll = roll
                .boots(version.as_deref(), row.firmware_version.as_deref())
                .waits(heard, *patience_s, now);
            return rolled(row.item.phase, roll);
        }
    }
    (!open).then(|| outcome(record, code))
}

/// When a station begins with an update.
fn begins(command: &Command, sent: Moment) -> Moment {
    match command {
        Command::UpdateFirmware {
            retrieve_at,
            install_at,
            ..
        } => sent.max(*retrieve_at).max(install_at.unwrap_or(sent)),
        _ => sent,
    }
}

fn rolled(was: Option<FirmwarePhase>, roll: Roll) -> Option<Step> {
    match roll {
        Roll::Under(phase) if was == Some(phase) => None,
        Roll::Under(phase) => Some(Step::Phase(phase)),
        Roll::Installed => Some(Step::End(ItemState::Succeeded, None)),
        Roll::Failed(code) => {
            let text = match code {
                "download_failed" => "The station could not fetch the file.",
                "installation_failed" => "The station could not install the update.",
                "invalid_signature" => "The station does not accept the signature.",
                "invalid_certificate" => "The station does not accept the certificate.",
                "verification_failed" => "The station found the update to be broken.",
                _ => "Nothing more was heard of the update.",
            };
            Some(Step::End(ItemState::Failed, Some(reason(code, text))))
        }
    }
}

/// What a settled command makes of its item.
fn outcome(record: &CommandRecord, code: &str) -> Step {
    let failed = |code: &str, text: &str| Step::End(ItemState::Failed, Some(reason(code, text)));
    match record.state {
        CommandState::Accepted | CommandState::Completed => Step::End(ItemState::Succeeded, None),
        CommandState::Rejected => failed("rejected", "The station declined."),
        CommandState::Timeout if code == "connection_lost" => {
            failed(code, "The connection ended before the answer came.")
        }
        CommandState::Timeout => failed("timeout", "The station did not answer in time."),
        _ => match code {
            "settings_locked" | "unsupported" => {
                let text = match code {
                    "unsupported" => "The station's protocol knows no such thing.",
                    _ => "The settings of the station are locked.",
                };
                Step::End(ItemState::Skipped, Some(reason(code, text)))
            }
            "cancelled" => Step::End(
                ItemState::Cancelled,
                Some(reason(code, "The job was cancelled.")),
            ),
            "connection_lost" => failed(code, "The connection ended before the answer came."),
            code => failed(code, "The station answered with an error."),
        },
    }
}
