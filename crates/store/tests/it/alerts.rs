//! What the store tells of a fleet, alerts of which one is open about one thing, when stations were
//! connected, and messages that one node sends.
#![allow(clippy::print_stdout)] // the figure is what the test shows

use std::time::Instant;

use busbar_store::{AlertFilter, Error, Lane, Store, UptimeOf};
use chrono::TimeDelta;
use domain::alert::watch::Sign;
use domain::alert::{Act, Alert, AlertKind, AlertState, Object};
use domain::clock::Moment;
use domain::id::{AlertId, DeliveryId, NodeId, StationId, WebhookId};
use domain::message::{Notice, NoticeKind, StatusReport};
use domain::page::PageRequest;
use domain::station::ConnectorStatus;
use domain::webhook::{Delivery, DeliveryState};

use crate::{at, id, open, org, postgres, sqlite, station};

const FLEET: usize = 2_000;

fn stn(n: u128) -> StationId {
    StationId::from_uuid(id(1_000 + n))
}

fn start() -> Moment {
    at(1_780_000_000_000)
}

/// A fleet: each connected an hour ago, every tenth went away, every hundredth has a broken plug.
async fn fleet(store: &Store) {
    let node = NodeId::from_uuid(id(9));
    let made = store.write(Lane::Instance, move |work| {
        Box::pin(async move {
            for n in 0..FLEET as u128 {
                let mut one = station(1_000 + n);
                one.created_at = start();
                work.station_insert(&one, None).await?;
                work.connected(stn(n), 1, node, "test", start()).await?;
                if n % 10 == 0 {
                    let gone = start() + TimeDelta::minutes(30);
                    work.disconnected(stn(n), 1, gone).await?;
                }
                if n % 100 == 1 {
                    let report = StatusReport {
                        evse: 1,
                        connector: 1,
                        status: ConnectorStatus::Faulted,
                        error_code: None,
                        error_info: None,
                        at: Some(start()),
                    };
                    work.connector_status(stn(n), &report, start()).await?;
                }
            }
            work.clock_skew(stn(7), -90_000, start());
            let told = |title: &str| Notice {
                kind: NoticeKind::SecurityEvent,
                title: title.to_owned(),
                at: None,
                detail: "{}".to_owned(),
            };
            for (n, title) in ["TamperDetectionActivated", "SettingSystemTime"]
                .iter()
                .enumerate()
            {
                let notice = domain::id::NoticeId::from_uuid(id(50 + n as u128));
                work.notice(notice, stn(3), &told(title), start());
            }
            Ok(())
        })
    });
    made.await.unwrap();
}

async fn told(store: &Store) {
    fleet(store).await;
    let now = start() + TimeDelta::hours(1);
    let quiet = TimeDelta::minutes(90);
    let began = Instant::now();
    let found = store.read.findings(now, 1, quiet, 60_000).await.unwrap();
    println!(
        "{} findings of {FLEET} stations in {:?}",
        found.len(),
        began.elapsed()
    );
    let of = |kind| found.iter().filter(move |f| f.kind == kind);
    assert_eq!(of(AlertKind::Offline).count(), FLEET / 10);
    assert_eq!(of(AlertKind::Faulted).count(), FLEET / 100);
    assert_eq!(of(AlertKind::Flapping).count(), FLEET);
    assert_eq!(of(AlertKind::ClockSkew).count(), 1);
    assert_eq!(of(AlertKind::Tamper).count(), 1);
    let first = of(AlertKind::Offline).next().unwrap();
    let since = start() + TimeDelta::minutes(30);
    assert_eq!(first.sign, Sign::Holds { since, measure: 0 });
    let broken = of(AlertKind::Faulted).next().unwrap();
    assert!(matches!(broken.object, Object::Evse(_, 1)));
    // Half an hour of one; of all, nine tenths for the whole of it.
    let uptime = |of| store.read.uptime(org(), of, start(), now);
    let one = uptime(UptimeOf::Station(stn(0))).await.unwrap();
    assert_eq!((one.up_ms, one.of_ms), (1_800_000, 3_600_000));
    let all = uptime(UptimeOf::Sites(None)).await.unwrap();
    assert_eq!(all.basis_points(), Some(9_500));
    // A process that begins anew ends what nobody saw the end of, by the last sign of life.
    let begun = now + TimeDelta::minutes(5);
    let away = store.write(Lane::Instance, move |work| {
        Box::pin(async move { work.all_disconnected(begun).await })
    });
    assert_eq!(away.await.unwrap(), FLEET as u64 / 10 * 9);
    let found = store
        .read
        .findings(begun, i64::MAX, quiet, i64::MAX)
        .await
        .unwrap();
    let since = |f: &&domain::alert::watch::Finding| {
        f.sign
            == Sign::Holds {
                since: begun,
                measure: 0,
            }
    };
    assert_eq!(
        found
            .iter()
            .filter(|f| f.kind == AlertKind::Offline)
            .filter(since)
            .count(),
        FLEET / 10 * 9
    );
    let one = uptime(UptimeOf::Station(stn(1))).await.unwrap();
    assert_eq!(one.up_ms, 0, "seen last when it connected");
}

fn alert(n: u128, kind: AlertKind) -> Alert {
    Alert {
        id: AlertId::from_uuid(id(n)),
        org: org(),
        site: None,
        station: Some(stn(1)),
        object: Object::Evse(stn(1), 2),
        kind,
        of: None,
        state: AlertState::Open,
        snoozed_until: None,
        owner: None,
        holds: true,
        count: 1,
        first_at: start(),
        last_at: start(),
        opened_at: start(),
        resolved_at: None,
        ending: None,
        resolved_by: None,
        previous: None,
        group: None,
        members: vec![stn(1), stn(2)],
        muted: false,
        told: Vec::new(),
        revision: 1,
    }
}

async fn put(store: &Store, alert: &Alert, from: Option<i64>) -> Result<bool, Error> {
    let alert = alert.clone();
    let done = store.write(Lane::Org(org()), move |work| {
        let alert = alert.clone();
        Box::pin(async move {
            match from {
                None => work.alert_insert(&alert).await.map(|()| true),
                Some(from) => work.alert_update(&alert, from).await,
            }
        })
    });
    done.await
}

async fn kept(store: &Store) {
    let mut first = alert(71, AlertKind::Faulted);
    assert!(put(store, &first, None).await.unwrap());
    let read = store.read.alert(org(), first.id).await.unwrap().unwrap();
    assert_eq!(read.alert, first);
    let second = put(store, &alert(72, AlertKind::Faulted), None).await;
    assert!(matches!(second, Err(Error::Conflict(_))), "{second:?}");
    assert!(
        put(store, &alert(73, AlertKind::Offline), None)
            .await
            .unwrap()
    );
    first.act(Act::Resolve { by: None }, start()).unwrap();
    first.revision = 2;
    assert!(put(store, &first, Some(1)).await.unwrap());
    assert!(
        !put(store, &first, Some(1)).await.unwrap(),
        "somebody was faster"
    );
    assert!(
        put(store, &alert(72, AlertKind::Faulted), None)
            .await
            .unwrap()
    );
    let page = PageRequest {
        limit: 10,
        cursor: None,
    };
    let count = async |filter: AlertFilter| {
        let found = store.read.alerts(org(), &filter, &page).await.unwrap();
        found.rows.len()
    };
    let open = AlertFilter {
        states: vec![AlertState::Open],
        ..AlertFilter::default()
    };
    assert_eq!(count(open).await, 2);
    let member = AlertFilter {
        station: Some(stn(2)),
        ..AlertFilter::default()
    };
    assert_eq!(count(member).await, 3);
    let faulted = AlertFilter {
        kinds: vec![AlertKind::Faulted],
        owner: Some(None),
        ..AlertFilter::default()
    };
    assert_eq!(count(faulted).await, 2);
    // The watch has what is open, and what holds against a person's word however long ago that was.
    let later = start() + TimeDelta::days(30);
    assert_eq!(store.read.alerts_watched(later).await.unwrap().len(), 3);
}

async fn sent(store: &Store) {
    let one = Delivery {
        id: DeliveryId::from_uuid(id(81)),
        org: org(),
        webhook: WebhookId::from_uuid(id(82)),
        event: "alert.opened".to_owned(),
        body: "{}".to_owned(),
        state: DeliveryState::Queued,
        attempts: 0,
        created_at: start(),
        next_at: start(),
        status: None,
        error: None,
    };
    let queued = one.clone();
    let written = store.write(Lane::Org(org()), move |work| {
        let one = queued.clone();
        Box::pin(async move { work.delivery_insert(&one).await })
    });
    written.await.unwrap();
    let claim = async |now: Moment| {
        let until = now + TimeDelta::minutes(5);
        let taken = store.write(Lane::Instance, move |work| {
            Box::pin(async move { work.deliveries_claim(now, until, 9).await })
        });
        taken.await.unwrap()
    };
    let dead = claim(start()).await.pop().unwrap();
    assert!(claim(start()).await.is_empty(), "one node takes it");
    let heir = claim(start() + TimeDelta::minutes(5)).await.pop().unwrap();
    assert_eq!((heir.id, heir.attempts), (one.id, 2));
    // Whoever was thought dead comes late: what it says does not count.
    for (mut told, state) in [
        (dead, DeliveryState::Failed),
        (heir, DeliveryState::Delivered),
    ] {
        told.state = state;
        let noted = store.write(Lane::Instance, move |work| {
            let told = told.clone();
            Box::pin(async move { work.delivery_tried(&told, None).await })
        });
        noted.await.unwrap();
    }
    let page = PageRequest {
        limit: 10,
        cursor: None,
    };
    let log = store
        .read
        .deliveries(org(), one.webhook, &page)
        .await
        .unwrap();
    assert_eq!(log.rows[0].state, DeliveryState::Delivered);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_is_told_of_and_its_alerts_are_kept_on_sqlite() {
    let place = sqlite();
    let store = open(&place).await;
    told(&store).await;
    kept(&store).await;
    sent(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_is_told_of_and_its_alerts_are_kept_on_postgresql() {
    let place = postgres().await;
    let store = open(&place).await;
    told(&store).await;
    kept(&store).await;
    sent(&store).await;
}
