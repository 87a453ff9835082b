//! What goes after its time and what is kept within bounds, on both databases.

use std::collections::BTreeSet;

use busbar_store::{AttemptFilter, Lane, LoginRow, Retention, Store, Unknown};
use domain::attempt::{Attempt, AttemptOutcome};
use domain::command::{Command, CommandRecord, CommandState, Outcome};
use domain::event::{Change, Event};
use domain::id::{AttemptId, CommandId, EventId, LoginId, NoticeId, StationId, UserId};
use domain::lock::{Authority, WritePath};
use domain::message::{Notice, NoticeKind};
use domain::meter::{MeterPoint, ReadingContext};
use domain::page::PageRequest;
use domain::station::Identity;
use uuid::Uuid;

use crate::{at, id, org, station};

const DAY: i64 = 86_400_000;
/// The days on which something happened; today is the 1,000th.
const DAYS: [i64; 4] = [100, 400, 900, 999];
const TODAY: i64 = 1_000;

/// An id as it is drawn on a day.
fn drawn(day: i64, n: u128) -> Uuid {
    Uuid::from_u128((u128::from((day * DAY).unsigned_abs()) << 80) | n)
}

fn page() -> PageRequest {
    PageRequest {
        limit: 200,
        cursor: None,
    }
}

fn command(day: i64) -> CommandRecord {
    CommandRecord {
        id: CommandId::from_uuid(drawn(day, 1)),
        station: StationId::from_uuid(id(700)),
        command: Command::ClearCache,
        state: CommandState::Queued,
        outcome: None,
        created_at: at(day * DAY),
        sent_at: None,
        settled_at: None,
        issued_by: None,
        authority: Authority {
            path: WritePath::Command,
            account: None,
        },
    }
}

fn login(day: i64) -> LoginRow {
    LoginRow {
        id: LoginId::from_uuid(drawn(day, 2)),
        hash: format!("login-{day}"),
        user: UserId::from_uuid(id(1)),
        org: org(),
        created_at: at(day * DAY),
        expires_at: at((day + 7) * DAY),
        user_agent: None,
        remote_ip: None,
        seen_at: at(day * DAY),
        confirmed_at: at(day * DAY),
    }
}

/// Everything of one day: a reading, a notice, a settled command, a login, a failed sign-in.
async fn live_through(store: &Store, day: i64) {
    let station = StationId::from_uuid(id(700));
    let written = store.write(Lane::Instance, move |work| {
        Box::pin(async move {
            let moment = at(day * DAY);
            let point = MeterPoint::empty(moment, ReadingContext::Periodic);
            work.samples(station, None, 1, moment, &[(drawn(day, 3), point)]);
            let notice = Notice {
                kind: NoticeKind::Other,
                title: format!("day {day}"),
                at: None,
                detail: "{}".to_owned(),
            };
            work.notice(NoticeId::from_uuid(drawn(day, 4)), station, &notice, moment);
            let record = command(day);
            work.command_insert(org(), &record).await?;
            work.command_sent(record.id, 1, moment).await?;
            let outcome = Outcome {
                state: CommandState::Accepted,
                answer: None,
                error: None,
                ..Outcome::default()
            };
            work.command_settle(record.id, 1, &outcome, moment).await?;
            work.login_insert(&login(day)).await?;
            work.login_failed(&format!("key-{day}"), 1, moment).await
        })
    });
    written.await.unwrap();
}

/// Something became true on a day; its number.
async fn numbered(store: &Store, day: i64, n: u128) -> i64 {
    let fact = Event {
        id: EventId::from_uuid(drawn(day, 10 + n)),
        org: org(),
        site: None,
        station: None,
        at: at(day * DAY),
        change: Change::NoticeRecorded,
    };
    let told = store.write(Lane::Instance, move |work| {
        work.event(&fact);
        Box::pin(async { Ok(()) })
    });
    told.await.unwrap();
    let numbered = store.write(Lane::Instance, |work| {
        Box::pin(async move { work.outbox_number(100).await })
    });
    numbered.await.unwrap().last().unwrap().0
}

/// Each kind of record goes after its own time, and nothing else does.
pub async fn old_records_go(store: &Store) {
    let station = StationId::from_uuid(id(700));
    for day in DAYS {
        live_through(store, day).await;
    }
    let open = command(200);
    let insert = open.clone();
    let unsettled = store.write(Lane::Instance, move |work| {
        let open = insert.clone();
        Box::pin(async move { work.command_insert(org(), &open).await })
    });
    unsettled.await.unwrap();
    let retention = Retention {
        notices_days: 50,
        commands_days: 200,
        samples_days: 700,
        ..Retention::default()
    };
    let last = numbered(store, 300, 1).await;
    let mut rounds = 0;
    while store.sweep(at(TODAY * DAY), retention).await.unwrap() > 0 {
        rounds += 1;
    }
    assert!(rounds > 0);
    // All facts are old: the newest stays, and numbers go on.
    assert_eq!(store.read.outbox_range().await.unwrap(), (last, last));
    assert_eq!(numbered(store, 999, 2).await, last + 1);
    let read = &store.read;
    let points = read.station_points(station, at(0)).await.unwrap();
    let days: Vec<i64> = points
        .iter()
        .map(|(_, p)| p.at.timestamp_millis() / DAY)
        .collect();
    assert_eq!(days, [400, 900, 999]);
    let notices = read.notices(station, &page()).await.unwrap().rows;
    let titles: Vec<&str> = notices.iter().map(|(_, n)| n.title.as_str()).collect();
    assert_eq!(titles, ["day 999"]);
    let commands = read.commands(station, &page()).await.unwrap().rows;
    let kept: Vec<CommandId> = commands.iter().map(|c| c.id).collect();
    let settled = [command(999).id, command(900).id];
    assert_eq!(
        kept,
        [settled[0], settled[1], open.id],
        "what is open stays"
    );
    for (day, there) in [(100, false), (900, false), (999, true)] {
        let found = read.login(login(day).id).await.unwrap();
        assert_eq!(found.is_some(), there, "the login of day {day}");
        let found = read.login_failures(&format!("key-{day}")).await.unwrap();
        assert_eq!(found.is_some(), there, "the failures of day {day}");
    }
}

/// Whatever strangers send, their records have bounds, and nobody's flood takes all of the room.
pub async fn strangers_have_bounds(store: &Store) {
    let call = |n: usize, from: &str, when: i64| Unknown {
        identity: Identity::parse(&format!("STRANGER-{from}-{n}")).unwrap(),
        at: at(when),
        calls: 1,
        protocol: Some("ocpp1.6".to_owned()),
        remote_ip: from.to_owned(),
        vendor: None,
        model: None,
    };
    let hear = |calls: Vec<Unknown>| {
        store.write(Lane::Instance, move |work| {
            let calls = calls.clone();
            Box::pin(async move {
                for call in &calls {
                    work.unknown_called(call).await?;
                }
                let addresses: BTreeSet<_> = calls.into_iter().map(|c| c.remote_ip).collect();
                work.unclaimed_trim(&addresses).await
            })
        })
    };
    // Somebody waits, and says later of its make; then comes a flood from another address.
    let waiting = call(0, "10.0.0.1", 1);
    let booted = Unknown {
        calls: 0,
        protocol: None,
        vendor: Some("Acme".to_owned()),
        ..waiting.clone()
    };
    hear(vec![waiting.clone()]).await.unwrap();
    hear(vec![booted]).await.unwrap();
    hear(vec![waiting]).await.unwrap();
    hear(
        (0..300)
            .map(|n| call(n, "10.0.0.2", 10 + n as i64))
            .collect(),
    )
    .await
    .unwrap();
    let found = store.read.unclaimed().await.unwrap();
    assert_eq!(found.len(), 201);
    let first = found.last().unwrap();
    let make = (
        first.vendor.as_deref(),
        first.protocol.as_deref(),
        first.attempts,
    );
    assert_eq!(make, (Some("Acme"), Some("ocpp1.6"), 2));
    assert!(found.iter().any(|u| u.identity.ends_with("10.0.0.2-299")));
    assert!(!found.iter().any(|u| u.identity.ends_with("10.0.0.2-0")));

    // From everywhere: those that called longest ago go.
    for from in 0..9 {
        let from = format!("10.0.1.{from}");
        hear((0..150).map(|n| call(n, &from, 1_000 + n as i64)).collect())
            .await
            .unwrap();
    }
    let found = store.read.unclaimed().await.unwrap();
    assert_eq!(found.len(), 1_000);
    assert!(found.iter().all(|u| u.remote_ip.starts_with("10.0.1.")));

    // One that was registered meanwhile does not wait any more.
    let mut known = station(800);
    known.identity = Identity::parse("stranger-10.0.1.8-149").unwrap();
    known.admin_state = domain::site::AdminState::Archived;
    let registered = store.write(Lane::Instance, move |work| {
        let known = known.clone();
        Box::pin(async move { work.station_insert(&known, None).await })
    });
    registered.await.unwrap();
    hear(vec![call(149, "10.0.1.8", 5_000)]).await.unwrap();
    let found = store.read.unclaimed().await.unwrap();
    assert!(!found.iter().any(|u| u.identity.ends_with("10.0.1.8-149")));
    attempts_have_bounds(store).await;
}

async fn attempts_have_bounds(store: &Store) {
    let attempt = |n: u128, from: &str| Attempt {
        id: AttemptId::from_uuid(id(1_000_000 + n)),
        at: at(TODAY * DAY),
        remote_ip: from.to_owned(),
        path: None,
        identity: None,
        subprotocols: Vec::new(),
        user_agent: None,
        username: None,
        outcome: AttemptOutcome::UnknownStation,
        detail: None,
    };
    let few = attempt(0, "10.0.0.1");
    let all: Vec<Attempt> = (1..=2_100).map(|n| attempt(n, "10.0.0.2")).collect();
    let written = store.write(Lane::Instance, move |work| {
        let all: Vec<Attempt> = std::iter::once(few.clone()).chain(all.clone()).collect();
        Box::pin(async move {
            for attempt in &all {
                work.attempt(attempt).await?;
            }
            Ok(())
        })
    });
    written.await.unwrap();
    assert_eq!(store.trim_attempts().await.unwrap(), 100);
    assert_eq!(store.trim_attempts().await.unwrap(), 0);
    let newest = store
        .read
        .attempts(&AttemptFilter::default(), &page())
        .await
        .unwrap();
    assert_eq!(newest.rows[0].id, AttemptId::from_uuid(id(1_002_100)));
}
