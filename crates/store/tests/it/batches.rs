//! Batches in the store: made whole, begun with once for each try, settled once, counted right.

use busbar_store::{BatchFilter, Lane, Store};
use chrono::TimeDelta;
use domain::batch::{
    Batch, BatchItem, BatchState, FirmwarePhase, ItemState, Maker, Pace, Reason, Task,
};
use domain::clock::Moment;
use domain::command::{Command, CommandError, CommandRecord, CommandState, Outcome, ResetKind};
use domain::id::{BatchId, BatchItemId, CommandId, StationId, UserId};
use domain::lock::{Authority, WritePath};
use domain::page::PageRequest;

use crate::{at, id, org, station};

fn now() -> Moment {
    at(1_800_000_000_000)
}

fn batch() -> Batch {
    Batch {
        id: BatchId::from_uuid(id(900)),
        org: org(),
        title: Some("Restart".to_owned()),
        task: Task::Command(Command::Reset {
            kind: ResetKind::Soft,
            evse: None,
        }),
        pace: Pace {
            concurrency: 2,
            waves: vec![1],
            stop_on_failure_percent: Some(50),
            wait_for_idle: false,
            window: None,
            deadline: now() + TimeDelta::hours(1),
            forgiven: 0,
        },
        state: BatchState::Running,
        maker: Maker {
            user: UserId::from_uuid(id(1)),
            name: "Ada".to_owned(),
            key: None,
        },
        created_at: now(),
        ended_at: None,
    }
}

fn item(n: u128, station: StationId, wave: u32) -> BatchItem {
    BatchItem {
        id: BatchItemId::from_uuid(id(1_000 + n)),
        batch: batch().id,
        station,
        wave,
        state: ItemState::Waiting,
        phase: None,
        reason: None,
        command: None,
        tries: 0,
        begun_at: None,
        settled_at: None,
    }
}

fn order(n: u128, station: StationId) -> CommandRecord {
    CommandRecord {
        id: CommandId::from_uuid(id(2_000 + n)),
        station,
        command: Command::ClearCache,
        state: CommandState::Queued,
        outcome: None,
        created_at: now(),
        sent_at: None,
        settled_at: None,
        issued_by: None,
        authority: Authority {
            path: WritePath::Batch,
            account: None,
        },
    }
}

fn taken_back() -> Outcome {
    Outcome {
        state: CommandState::Error,
        error: Some(CommandError {
            code: "cancelled".to_owned(),
            text: "Cancelled.".to_owned(),
            places: Vec::new(),
        }),
        ..Outcome::default()
    }
}

/// Begins with an item and its command, as a runner does.
async fn begin(store: &Store, of: BatchItem, order: CommandRecord) -> bool {
    let unit = store.write(Lane::Org(org()), move |work| {
        let order = order.clone();
        let of = of.id;
        Box::pin(async move {
            let open = work.batch(batch().id).await?;
            if open.is_none_or(|batch| batch.state != BatchState::Running) {
                return Ok(false);
            }
            if !work.item_begin(of, Some(order.id), now()).await? {
                return Ok(false);
            }
            work.command_insert(org(), &order).await?;
            Ok(true)
        })
    });
    unit.await.unwrap()
}

pub async fn batches_go_their_way(store: &Store) {
    let stations: Vec<StationId> = (0..4)
        .map(|n| StationId::from_uuid(id(7_700 + n)))
        .collect();
    let all = stations.clone();
    store
        .write(Lane::Org(org()), move |work| {
            let all = all.clone();
            Box::pin(async move {
                for n in 0..4 {
                    work.station_insert(&station(7_700 + n), None).await?;
                }
                let items: Vec<BatchItem> = (0u32..)
                    .zip(&all)
                    .map(|(n, station)| item(u128::from(n), *station, u32::from(n > 0)))
                    .collect();
                work.batch_insert(&batch(), &items).await
            })
        })
        .await
        .unwrap();
    let read = &store.read;
    let kept = read.batch(org(), batch().id).await.unwrap().unwrap();
    assert_eq!(kept, batch(), "as it was made");
    let total = read.batch_tally(&kept).await.unwrap().total();
    assert_eq!((total.ready, total.held_up), (0, 4), "nobody is connected");
    assert!(read.batch_ready(&kept, 1, 9).await.unwrap().is_empty());

    // An archive needs nobody to be connected.
    let mut paper = kept.clone();
    paper.task = Task::Archive;
    let tally = read.batch_tally(&paper).await.unwrap();
    assert_eq!((tally.waves[0].ready, tally.waves[1].ready), (1, 3));
    let ready = read.batch_ready(&paper, 0, 9).await.unwrap();
    assert_eq!(ready.len(), 1);
    assert_eq!(ready[0].identity, "CP-7700");
    assert_eq!(read.batch_ready(&paper, 1, 2).await.unwrap().len(), 2);

    let (first, second) = (item(0, stations[0], 0), item(1, stations[1], 1));
    assert!(begin(store, first.clone(), order(0, stations[0])).await);
    let twice = begin(store, first.clone(), order(9, stations[0])).await;
    assert!(!twice, "once for each try");
    assert!(
        read.command(order(9, stations[0]).id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(begin(store, second.clone(), order(1, stations[1])).await);
    let running = read.batch_running(kept.id).await.unwrap();
    assert_eq!(running.len(), 2);
    let begun = running.iter().find(|row| row.item.id == first.id).unwrap();
    assert_eq!(begun.item.tries, 1);
    assert_eq!(
        begun.command.as_ref().unwrap().record.id,
        order(0, stations[0]).id
    );

    // What was not sent waits again and is counted once more; another command's end is nothing.
    let (one, two) = (first.id, second.id);
    let (sent, unsent) = (order(0, stations[0]).id, order(1, stations[1]).id);
    let (again, foreign, left, taken) = store
        .write(Lane::Org(org()), move |work| {
            Box::pin(async move {
                let foreign = work.item_again(two, Some(sent)).await?;
                work.command_sent(sent, 1, now()).await?;
                let left = work.batch_unsent(batch().id).await?;
                let late = work.command_take_back(sent, &taken_back(), now()).await?;
                let taken = work.command_take_back(unsent, &taken_back(), now()).await?;
                let again = work.item_again(two, Some(unsent)).await?;
                work.item_phase(one, FirmwarePhase::Downloading).await?;
                Ok((again, foreign, left, (late, taken)))
            })
        })
        .await
        .unwrap();
    assert!(again && !foreign);
    assert_eq!(left, [(two, unsent, stations[1])]);
    assert_eq!(taken, (false, true), "what was sent cannot be taken back");
    let page = PageRequest::default();
    let items = read.batch_items(kept.id, &[], None, &page).await.unwrap();
    let states: Vec<_> = items
        .rows
        .iter()
        .map(|r| (r.item.state, r.item.tries))
        .collect();
    assert_eq!(
        states,
        [
            (ItemState::Running, 1),
            (ItemState::Waiting, 0),
            (ItemState::Waiting, 0),
            (ItemState::Waiting, 0)
        ]
    );
    assert_eq!(items.rows[0].item.phase, Some(FirmwarePhase::Downloading));

    // An outcome is given once.
    let reason = Reason::new("rejected", "The station declined.");
    let (first_time, second_time, ended) = store
        .write(Lane::Org(org()), move |work| {
            let reason = reason.clone();
            Box::pin(async move {
                let failed = ItemState::Failed;
                let first = work
                    .item_settle(one, Some(sent), failed, Some(&reason), now())
                    .await?;
                let second = work
                    .item_settle(one, Some(sent), ItemState::Succeeded, None, now())
                    .await?;
                let mut over = batch();
                over.state = BatchState::Cancelled;
                over.ended_at = Some(now());
                work.batch_update(&over).await?;
                let why = Reason::new("cancelled", "Cancelled.");
                let ended = work
                    .items_end(over.id, ItemState::Cancelled, &why, now())
                    .await?;
                Ok((first, second, ended))
            })
        })
        .await
        .unwrap();
    assert!(first_time && !second_time);
    assert_eq!(ended, 3);
    assert!(
        !begin(store, second, order(3, stations[1])).await,
        "cancelled"
    );
    assert!(read.batches_open().await.unwrap().is_empty());
    let filter = BatchFilter {
        states: vec![BatchState::Cancelled],
        maker: Some(UserId::from_uuid(id(1))),
    };
    assert_eq!(
        read.batches(org(), &filter, &page)
            .await
            .unwrap()
            .rows
            .len(),
        1
    );
    let nobody = BatchFilter {
        maker: Some(UserId::from_uuid(id(2))),
        ..BatchFilter::default()
    };
    assert!(
        read.batches(org(), &nobody, &page)
            .await
            .unwrap()
            .rows
            .is_empty()
    );
    let failed = read
        .batch_items(kept.id, &[ItemState::Failed], None, &page)
        .await
        .unwrap();
    let why = failed.rows[0].item.reason.as_ref().unwrap();
    assert_eq!(why.code, "rejected");
    let nowhere = read
        .batch_items(kept.id, &[], Some(&[]), &page)
        .await
        .unwrap();
    assert!(nowhere.rows.is_empty(), "none of them is at these sites");

    let retried = store
        .write(Lane::Org(org()), move |work| {
            Box::pin(async move {
                work.batch_update(&batch()).await?;
                work.items_again(batch().id, &[ItemState::Failed]).await
            })
        })
        .await
        .unwrap();
    assert_eq!(retried, 1);
    let total = read.batch_tally(&batch()).await.unwrap().total();
    assert_eq!((total.held_up, total.cancelled, total.failed), (1, 3, 0));
    assert_eq!(read.batches_open().await.unwrap().len(), 1);
}
