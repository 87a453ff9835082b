//! The contract of the store, the same on SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod alerts;
mod batches;
mod chain;
mod drivers;
mod elsewhere;
mod files;
mod frames;
mod locks;
mod mails;
mod manners;
mod maps;
mod settings;
mod sweeping;
mod team;
mod tree;
mod views;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use busbar_store::{Error, Lane, Options, StationFilter, Store, Work};
use chrono::DateTime;
use domain::clock::Moment;
use domain::command::{Command, CommandRecord, CommandState, Outcome};
use domain::event::{Change, Event};
use domain::id::{CommandId, EventId, EvseId, NodeId, OrgId, SessionId, SiteId, StationId};
use domain::lock::{Authority, WritePath};
use domain::message::StatusReport;
use domain::module::ModuleSet;
use domain::organisation::{Organisation, Profile};
use domain::page::PageRequest;
use domain::quantity::WattHours;
use domain::session::{Session, SessionState};
use domain::site::AdminState;
use domain::station::{ConnectorStatus, Hardware, Identity, Registration, Station};
use sea_orm::{ConnectionTrait, Database};
use uuid::Uuid;

static DATABASES: AtomicU32 = AtomicU32::new(0);

struct Place {
    url: String,
    _folder: Option<tempfile::TempDir>,
}

fn sqlite() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let url = format!(
        "sqlite://{}?mode=rwc",
        folder.path().join("test.sqlite").display()
    );
    Place {
        url,
        _folder: Some(folder),
    }
}

async fn postgres() -> Place {
    let server = std::env::var("BUSBAR_TEST_POSTGRES").expect(
        "BUSBAR_TEST_POSTGRES is not set: run the tests with `make test`, or under \
         tools/with-services.sh, which starts a private PostgreSQL",
    );
    let n = DATABASES.fetch_add(1, Ordering::SeqCst);
    let name = format!("store_{}_{n}", std::process::id());
    let db = Database::connect(&server).await.unwrap();
    db.execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    db.close().await.unwrap();
    let (path, query) = server
        .split_once('?')
        .map_or((server.as_str(), None), |(p, q)| (p, Some(q)));
    let base = path.rsplit_once('/').unwrap().0;
    let query = query.map_or_else(String::new, |q| format!("?{q}"));
    let url = format!("{base}/{name}{query}");
    Store::migrate(&url).await.unwrap();
    Place { url, _folder: None }
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn at(ms: i64) -> Moment {
    DateTime::from_timestamp_millis(ms).unwrap()
}

fn org() -> OrgId {
    OrgId::from_uuid(id(1))
}

fn station(n: u128) -> Station {
    Station {
        id: StationId::from_uuid(id(n)),
        org: org(),
        site: None,
        identity: Identity::parse(&format!("CP-{n:03}")).unwrap(),
        name: None,
        admin_state: AdminState::InService,
        registration: Registration::Unbooted,
        lenient: true,
        assume_protocol: false,
        protocol: None,
        hardware: Hardware::default(),
        online: false,
        connected_since: None,
        last_seen_at: None,
        created_at: at(1),
    }
}

fn session(n: u128, wire: &str, fingerprint: Option<&str>) -> Session {
    Session {
        id: SessionId::from_uuid(id(n)),
        org: org(),
        station: StationId::from_uuid(id(100)),
        site: None,
        evse: 1,
        connector: Some(1),
        wire: wire.to_owned(),
        fingerprint: fingerprint.map(str::to_owned),
        token: None,
        token_id: None,
        driver: None,
        token_group: None,
        state: SessionState::Active,
        started_at: at(5_000),
        ended_at: None,
        first_register: None,
        last_register: None,
        power: None,
        charging: None,
        stop_reason: None,
        remote_start: None,
        suspicions: Vec::new(),
        updated_at: at(5_000),
    }
}

async fn open(place: &Place) -> Store {
    let store = Store::open(&place.url, Options::default()).await.unwrap();
    store
        .write(Lane::Instance, |work| {
            Box::pin(async move {
                let organisation = Organisation {
                    id: org(),
                    parent: None,
                    name: "O".to_owned(),
                    profile: Profile::default(),
                    made_by: None,
                    made_under: None,
                    created_at: at(1),
                };
                work.organisation_insert(&organisation, &ModuleSet::everything())
                    .await?;
                work.station_insert(&station(100), Some("hash")).await
            })
        })
        .await
        .unwrap();
    store
}

/// A unit that fails takes nobody with it, and leaves nothing of itself.
async fn only_the_faulty_unit_fails(store: &Store) {
    let runs = Arc::new(AtomicUsize::new(0));
    let mut all = Vec::new();
    for n in 200..240u128 {
        let (store, runs) = (store.clone(), runs.clone());
        all.push(tokio::spawn(async move {
            store
                .write(Lane::Instance, move |work| {
                    let runs = runs.clone();
                    Box::pin(async move {
                        runs.fetch_add(1, Ordering::SeqCst);
                        work.station_insert(&station(n), None).await?;
                        // The unit in the middle writes first and fails then.
                        if n == 220 {
                            Err(Error::InvalidCursor)
                        } else {
                            Ok(n)
                        }
                    })
                })
                .await
        }));
    }
    let mut kept = 0;
    for task in all {
        match task.await.unwrap() {
            Ok(_) => kept += 1,
            Err(error) => assert!(matches!(error, Error::InvalidCursor), "{error}"),
        }
    }
    assert_eq!(kept, 39);
    assert!(runs.load(Ordering::SeqCst) >= 40);
    let page = PageRequest {
        limit: 200,
        cursor: None,
    };
    let found = store
        .read
        .stations(org(), &StationFilter::default(), &page)
        .await
        .unwrap();
    assert_eq!(found.rows.len(), 40);
    assert!(
        found
            .rows
            .iter()
            .all(|r| r.station.identity.as_str() != "CP-220")
    );
}

async fn a_session_is_kept_once(store: &Store) {
    let insert = |s: Session| {
        let store = store.clone();
        async move {
            let unit = store.write(Lane::Station(s.station), move |work| {
                work.session_insert(&s);
                Box::pin(async { Ok(()) })
            });
            unit.await
        }
    };
    insert(session(300, "7", Some("f"))).await.unwrap();
    // The same start under another number, and the same number again.
    for again in [session(301, "8", Some("f")), session(302, "7", None)] {
        let refused = insert(again).await;
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    }
    insert(session(303, "9", None)).await.unwrap();
    let station = session(300, "7", None).station;
    let by_wire = store.read.session_by_wire(station, "7").await.unwrap();
    let by_start = store.read.session_by_fingerprint(station, "f").await;
    assert_eq!(by_wire.unwrap().id, SessionId::from_uuid(id(300)));
    assert_eq!(by_start.unwrap().unwrap().id, SessionId::from_uuid(id(300)));
    let told = SessionId::from_uuid(id(300));
    let hear = |seq: i64| {
        store.write(Lane::Instance, move |work| {
            work.session_event(told, seq, "updated", at(1));
            Box::pin(async { Ok(()) })
        })
    };
    hear(0).await.unwrap();
    hear(1).await.unwrap();
    assert!(matches!(hear(0).await, Err(Error::Conflict(_))));
    assert!(store.read.session_event(told, 1).await.unwrap());
    assert!(!store.read.session_event(told, 2).await.unwrap());
}

/// Many changes in one commit, some of them of one row; a unit about a session that is not there
/// fails alone.
async fn the_last_change_of_a_row_counts(store: &Store) {
    const SESSIONS: u128 = 300;
    let told = |n: u128, register: i64| {
        let mut session = session(4_000 + n, &format!("many-{n}"), None);
        session.first_register = Some(WattHours::new(0));
        session.last_register = Some(WattHours::new(register));
        session
    };
    let inserted = (0..SESSIONS).map(|n| {
        write(store, told(n, 1), |work, session| {
            work.session_insert(session);
        })
    });
    for unit in futures_util::future::join_all(inserted).await {
        unit.unwrap();
    }
    // Polled, and so handed over, in this order; a task that had its turn would be interrupted in
    // the middle, and go on with the last first.
    let went_on = [2, 3].into_iter().flat_map(|register| {
        (0..=SESSIONS).map(move |n| {
            write(store, told(n, register), |work, session| {
                work.session_progress(session);
            })
        })
    });
    let handed_over = futures_util::future::join_all(went_on);
    let outcomes = tokio::task::unconstrained(handed_over).await;
    let failed = outcomes.into_iter().filter(Result::is_err);
    assert_eq!(failed.count(), 2, "the session that is not there, twice");
    let station = told(0, 0).station;
    for n in [0, 127, 128, 255, 299] {
        let wire = format!("many-{n}");
        let found = store.read.session_by_wire(station, &wire).await.unwrap();
        assert_eq!(found.unwrap(), told(n, 3), "session {n}");
    }
    let mut ended = told(7, 4);
    ended.state = SessionState::Ended;
    ended.ended_at = Some(at(9));
    ended.stop_reason = Some("Local".to_owned());
    write(store, ended.clone(), |work, session| {
        work.session_update(session)
    })
    .await
    .unwrap();
    let found = store.read.session_by_wire(station, "many-7").await.unwrap();
    assert_eq!(found, Some(ended));
}

/// One unit about one session.
fn write(
    store: &Store,
    session: Session,
    unit: fn(&mut Work, &Session),
) -> impl Future<Output = Result<(), Error>> + use<> {
    let store = store.clone();
    async move {
        let lane = Lane::Station(session.station);
        let unit = store.write(lane, move |work| {
            unit(work, &session);
            Box::pin(async { Ok(()) })
        });
        unit.await
    }
}

/// What a database refuses is a fault of the value, never of the database: a station that says it
/// again would be told to come back later for ever.
async fn a_refused_value_is_told_from_an_absent_database(store: &Store, place: &Place) {
    let mut odd = session(5_000, "odd", None);
    odd.stop_reason = Some("a\0b".to_owned());
    let kept = write(store, odd, |work, session| work.session_insert(session)).await;
    if place.url.starts_with("sqlite:") {
        assert!(kept.is_ok(), "{kept:?}");
    } else {
        assert!(matches!(kept, Err(Error::Value(_))), "{kept:?}");
    }
}

async fn numbers_are_given_once(store: &Store) {
    let mut firsts = Vec::new();
    for _ in 0..3 {
        let first = store
            .write(Lane::Instance, |work| {
                Box::pin(async move { work.numbers_take(10).await })
            })
            .await
            .unwrap();
        firsts.push(first);
    }
    assert_eq!(firsts, [1, 11, 21]);
}

async fn facts_are_numbered_without_a_hole(store: &Store) {
    let fact = |n: u128| Event {
        id: EventId::from_uuid(id(n)),
        org: org(),
        site: None,
        station: None,
        at: at(1),
        change: Change::StationEdited,
    };
    let number = || async {
        store
            .write(Lane::Instance, |work| {
                Box::pin(async move { work.outbox_number(100).await })
            })
            .await
            .unwrap()
    };
    for batch in [400..403u128, 403..405] {
        store
            .write(Lane::Org(org()), move |work| {
                let batch = batch.clone();
                Box::pin(async move {
                    batch.for_each(|n| work.event(&fact(n)));
                    Ok(())
                })
            })
            .await
            .unwrap();
        number().await;
    }
    assert!(number().await.is_empty());
    let facts = store.read.events_since(0, 100).await.unwrap();
    let seqs: Vec<i64> = facts.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
    assert_eq!(store.read.outbox_range().await.unwrap(), (1, 5));
}

async fn the_newest_connection_wins(store: &Store) {
    let node = NodeId::from_uuid(id(9));
    let id = StationId::from_uuid(id(100));
    let seen = store
        .write(Lane::Station(id), move |work| {
            Box::pin(async move {
                let first = work.connected(id, 10, node, "p", at(10)).await?;
                let newer = work.connected(id, 12, node, "p", at(12)).await?;
                let older = work.connected(id, 11, node, "p", at(13)).await?;
                let late = work.disconnected(id, 10, at(14)).await?;
                Ok((first, newer, older, late))
            })
        })
        .await
        .unwrap();
    assert_eq!(seen, (true, true, false, false));
    assert!(
        store
            .read
            .station(org(), id)
            .await
            .unwrap()
            .unwrap()
            .station
            .online
    );
    let foreign = store
        .read
        .station(OrgId::from_uuid(Uuid::from_u128(2)), id)
        .await
        .unwrap();
    assert!(foreign.is_none(), "a foreign id reads as a missing one");
}

async fn an_older_status_does_not_overwrite(store: &Store) {
    let id = StationId::from_uuid(id(100));
    for (ms, status) in [
        (2_000, ConnectorStatus::Charging),
        (1_000, ConnectorStatus::Available),
    ] {
        store
            .write(Lane::Station(id), move |work| {
                Box::pin(async move {
                    work.evse_ensure(EvseId::from_uuid(Uuid::from_u128(50)), id, 1)
                        .await?;
                    let report = StatusReport {
                        evse: 1,
                        connector: 1,
                        status,
                        error_code: None,
                        error_info: None,
                        at: None,
                    };
                    work.connector_status(id, &report, at(ms)).await
                })
            })
            .await
            .unwrap();
    }
    let row = store.read.station(org(), id).await.unwrap().unwrap();
    assert_eq!(row.evses[0].evse.status(), ConnectorStatus::Charging);
}

async fn a_command_is_sent_and_settled_once(store: &Store) {
    let (command, station) = (CommandId::from_uuid(id(500)), StationId::from_uuid(id(100)));
    let record = CommandRecord {
        id: command,
        station,
        command: Command::ClearCache,
        state: CommandState::Queued,
        outcome: None,
        created_at: at(1),
        sent_at: None,
        settled_at: None,
        issued_by: None,
        authority: Authority {
            path: WritePath::Command,
            account: None,
        },
    };
    let done = store
        .write(Lane::Station(station), move |work| {
            let record = record.clone();
            let outcome = Outcome {
                state: CommandState::Accepted,
                answer: None,
                error: None,
                ..Outcome::default()
            };
            Box::pin(async move {
                work.command_insert(org(), &record).await?;
                let sent = work.command_sent(command, 7, at(2)).await?;
                let twice = work.command_sent(command, 7, at(3)).await?;
                let older = work.command_settle(command, 6, &outcome, at(4)).await?;
                let settled = work.command_settle(command, 7, &outcome, at(5)).await?;
                let again = work.command_settle(command, 8, &outcome, at(6)).await?;
                Ok([sent, twice, older, settled, again])
            })
        })
        .await
        .unwrap();
    assert_eq!(done, [true, false, false, true, false]);
}

async fn pages_neither_repeat_nor_skip(store: &Store) {
    let mut page = PageRequest {
        limit: 7,
        cursor: None,
    };
    let mut seen = Vec::new();
    loop {
        let rows = store
            .read
            .stations(org(), &StationFilter::default(), &page)
            .await
            .unwrap();
        seen.extend(
            rows.rows
                .into_iter()
                .map(|r| r.station.identity.as_str().to_owned()),
        );
        page.cursor = rows.next;
        if page.cursor.is_none() {
            break;
        }
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (40, &sorted));
}

async fn contract(place: Place) {
    let store = open(&place).await;
    only_the_faulty_unit_fails(&store).await;
    pages_neither_repeat_nor_skip(&store).await;
    a_session_is_kept_once(&store).await;
    the_last_change_of_a_row_counts(&store).await;
    a_refused_value_is_told_from_an_absent_database(&store, &place).await;
    numbers_are_given_once(&store).await;
    facts_are_numbered_without_a_hole(&store).await;
    the_newest_connection_wins(&store).await;
    an_older_status_does_not_overwrite(&store).await;
    a_command_is_sent_and_settled_once(&store).await;
    manners::lists_are_sorted(&store).await;
    manners::an_edit_needs_its_revision(&store).await;
    manners::a_key_is_taken_once(&store).await;
    mails::a_mail_is_taken_once(&store).await;
    elsewhere::people_are_known_elsewhere(&store).await;
    elsewhere::a_ceremony_opens_once_and_in_time(&store).await;
    team::members_come_and_go(&store).await;
    team::an_invitation_is_accepted_once(&store).await;
    team::a_link_opens_once(&store).await;
    tree::makers_are_capped(&store).await;
    tree::what_is_held_is_changed_by_nobody_else(&store).await;
    locks::locks_are_kept(&store).await;
    drivers::drivers_are_kept(&store).await;
    files::firmware_is_kept(&store).await;
    files::transfers_are_kept(&store).await;
    settings::wishes_are_kept(&store).await;
    views::views_are_kept(&store).await;
    locks::proofs_are_kept(&store).await;
    locks::notifications_stay(&store).await;
    sweeping::strangers_have_bounds(&store).await;
    sweeping::old_records_go(&store).await;
    chain::deeds_form_one_chain(&store, &place).await;
    chain::deeds_are_found(&store).await;
    assert_eq!(
        store
            .read
            .overview(org(), None, at(0))
            .await
            .unwrap()
            .stations,
        40
    );
    batches::batches_go_their_way(&store).await;
    store.flush().await;
    frames::frames_of_few_and_of_many(&store).await;
    frames::frames_of_strangers(&store).await;
}

/// Every migration goes up, down and up again, with data in the tables.
async fn up_down_up(place: Place) {
    let store = open(&place).await;
    store.flush().await;
    drop(store);
    Store::migrate_down(&place.url, 2).await.unwrap();
    let refused = Store::open(&place.url, Options::default()).await;
    if place.url.starts_with("postgres") {
        assert!(matches!(refused, Err(Error::NotMigrated)));
        assert_eq!(Store::migrate(&place.url).await.unwrap(), 2);
    }
    let store = Store::open(&place.url, Options::default()).await.unwrap();
    let found = store
        .read
        .station(org(), StationId::from_uuid(id(100)))
        .await
        .unwrap();
    assert!(
        found.is_some(),
        "what the steps did not touch is still there"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_holds_on_sqlite() {
    contract(sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_holds_on_postgresql() {
    contract(postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_go_up_and_down_on_sqlite() {
    up_down_up(sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_go_up_and_down_on_postgresql() {
    up_down_up(postgres().await).await;
}

/// A command beside the server writes to the same file: whoever looks before it writes waits for
/// its turn like everybody, and is not refused.
#[tokio::test(flavor = "multi_thread")]
async fn two_programs_write_to_one_file() {
    let place = sqlite();
    let server = open(&place).await;
    let command = Store::open(&place.url, Options::default()).await.unwrap();
    let write = async |store: Store, first: u128| {
        for n in first..first + 200 {
            let unit = store.write(Lane::Instance, move |work| {
                Box::pin(async move {
                    let nowhere = SiteId::from_uuid(id(1));
                    assert!(!work.site_is_there(nowhere).await?);
                    work.station_insert(&station(n), None).await
                })
            });
            unit.await.unwrap();
        }
    };
    tokio::join!(write(server.clone(), 1_000), write(command, 2_000));
    for n in [1_199, 2_199] {
        let last = StationId::from_uuid(id(n));
        let found = server.read.station(org(), last).await.unwrap();
        assert!(found.is_some(), "{n}");
    }
}
