//! The wire log of few stations and of many: the newest first, each frame once, page by page.

use busbar_store::{AttemptFilter, Lane, LogFilter, LogFleet, LogOf, Store};
use domain::attempt::{LONGEST_KEPT, StrangerFrame};
use domain::id::{LogId, OrgId, SiteId, StationId};
use domain::page::PageRequest;
use domain::personal::Personal;
use domain::site::{Accessibility, AdminState, Site};
use domain::station::Identity;
use domain::wire_log::{Direction, FrameKind, LogRow};
use uuid::Uuid;

use crate::{at, id, org, station};

/// More stations than are read one by one.
const STATIONS: u128 = 40;
const FRAMES: u128 = 3;
const DAY: u128 = 86_400_000;
const FIRST: u128 = 3_000;
/// Each has this site in turn.
const SITES: [u128; 2] = [2_901, 2_902];

/// A frame of each station on each of some days.
fn row(of: u128, n: u128) -> LogRow {
    let ms = (n + 1) * 10 * DAY + of;
    LogRow {
        id: LogId::from_uuid(Uuid::from_u128(ms << 80 | of)),
        station: StationId::from_uuid(id(FIRST + of)),
        at: at(i64::try_from(ms).unwrap()),
        direction: Direction::In,
        kind: FrameKind::Call,
        message_id: Some(format!("m{n}")),
        action: Some("Heartbeat".to_owned()),
        payload: Personal::new("{}".to_owned()),
        personal: Vec::new(),
        error_code: None,
        latency_ms: None,
        deviations: Vec::new(),
        session: None,
    }
}

async fn paged(store: &Store, fleet: &LogFleet, filter: &LogFilter) -> Vec<LogId> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = PageRequest { limit: 7, cursor };
        let of = LogOf::Fleet(fleet.clone());
        let page = store.read.log(&of, filter, &page).await.unwrap();
        found.extend(page.rows.into_iter().map(|row| row.id));
        cursor = page.next;
        if cursor.is_none() {
            return found;
        }
    }
}

pub async fn frames_of_few_and_of_many(store: &Store) {
    let written = store.write(Lane::Instance, |work| {
        Box::pin(async move {
            for place in SITES {
                let site = Site {
                    id: SiteId::from_uuid(id(place)),
                    org: org(),
                    name: format!("S {place}"),
                    address: None,
                    city: None,
                    country: None,
                    position_e7: None,
                    time_zone: "UTC".to_owned(),
                    admin_state: AdminState::InService,
                    accessibility: Accessibility::Restricted,
                    created_at: at(1),
                };
                work.site_insert(&site).await?;
            }
            for of in 0..STATIONS {
                let mut one = station(FIRST + of);
                one.site = Some(SiteId::from_uuid(id(SITES[(of % 2) as usize])));
                work.station_insert(&one, None).await?;
                for n in 0..FRAMES {
                    work.log(&row(of, n));
                }
            }
            Ok(())
        })
    });
    written.await.unwrap();
    let expected = |wanted: &dyn Fn(u128, u128) -> bool| {
        let all = (0..STATIONS).flat_map(|of| (0..FRAMES).map(move |n| (of, n)));
        let mut ids: Vec<LogId> = all
            .filter(|(of, n)| wanted(*of, *n))
            .map(|(of, n)| row(of, n).id)
            .collect();
        ids.sort_unstable_by_key(|id| std::cmp::Reverse(id.uuid()));
        ids
    };
    let fleet = |sites: Option<Vec<u128>>, named: Option<&str>| LogFleet {
        org: org(),
        sites: sites.map(|s| s.into_iter().map(|s| SiteId::from_uuid(id(s))).collect()),
        named: named.map(str::to_owned),
    };
    let all = LogFilter::default();
    let many = fleet(Some(SITES.to_vec()), None);
    assert_eq!(paged(store, &many, &all).await, expected(&|_, _| true));
    let half = fleet(Some(vec![SITES[1]]), Some("cp-30"));
    assert_eq!(
        paged(store, &half, &all).await,
        expected(&|of, _| of % 2 == 1)
    );
    // A name is a text and no pattern.
    assert!(
        paged(store, &fleet(None, Some("cp%3")), &all)
            .await
            .is_empty()
    );
    assert!(
        paged(store, &fleet(Some(Vec::new()), None), &all)
            .await
            .is_empty()
    );
    let foreign = LogFleet {
        org: OrgId::from_uuid(id(77)),
        ..many.clone()
    };
    assert!(paged(store, &foreign, &all).await.is_empty());
    let middle = LogFilter {
        message_id: Some("m1".to_owned()),
        from: Some(row(5, 1).at),
        to: Some(row(30, 1).at),
        ..LogFilter::default()
    };
    let wanted = expected(&|of, n| n == 1 && (5..30).contains(&of));
    assert_eq!(paged(store, &many, &middle).await, wanted);
}

/// What strangers say is kept within bounds, and goes with the station that one of them becomes.
pub async fn frames_of_strangers(store: &Store) {
    let said = |who: u128, n: u128, payload: &str| {
        let mut frame = row(STATIONS + who, 1_000 + n);
        frame.payload = Personal::new(payload.to_owned());
        StrangerFrame::kept(format!("Ghost-{who}"), format!("10.9.0.{who}"), frame)
    };
    let mut all: Vec<StrangerFrame> = (0..250).map(|n| said(1, n, "{}")).collect();
    all.push(said(2, 0, &"x".repeat(LONGEST_KEPT + 1)));
    let written = store.write(Lane::Instance, move |work| {
        let all = all.clone();
        Box::pin(async move { work.stranger_frames(&all).await })
    });
    written.await.unwrap();
    let of = async |identity: Option<&str>, remote_ip: Option<&str>| {
        let filter = AttemptFilter {
            identity: identity.map(str::to_owned),
            remote_ip: remote_ip.map(str::to_owned),
        };
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = PageRequest { limit: 90, cursor };
            let page = store.read.stranger_frames(&filter, &page).await.unwrap();
            found.extend(page.rows);
            cursor = page.next;
            if cursor.is_none() {
                return found;
            }
        }
    };
    let first = of(Some("GHOST-1"), None).await;
    assert_eq!(first.len(), 200, "the newest of one identity");
    assert_eq!(first[0].frame.message_id.as_deref(), Some("m1249"));
    let long = of(None, Some("10.9.0.2")).await;
    assert_eq!((long.len(), long[0].identity.as_str()), (1, "Ghost-2"));
    assert_eq!(long[0].frame.payload.sealed(), "");
    assert_eq!(long[0].frame.deviations[0].code, "payload_not_kept");
    assert_eq!(of(None, None).await.len(), 201);

    let station = StationId::from_uuid(id(FIRST + STATIONS + 1));
    let claimed = store.write(Lane::Instance, move |work| {
        Box::pin(async move {
            let identity = Identity::parse("ghost-1").unwrap();
            work.claimed(&identity, station).await
        })
    });
    claimed.await.unwrap();
    assert_eq!(of(None, None).await.len(), 1, "the other still waits");
    let page = PageRequest {
        limit: 200,
        cursor: None,
    };
    let log = LogOf::Station(station);
    let log = store.read.log(&log, &LogFilter::default(), &page).await;
    let log = log.unwrap().rows;
    assert_eq!(log.len(), 200);
    assert!(
        log.iter()
            .zip(&first)
            .all(|(now, then)| now.id == then.frame.id)
    );
    assert_eq!((log[0].station, log[0].at), (station, first[0].frame.at));
}
