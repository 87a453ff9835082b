//! A fleet on a map: each station of each site counted once, in one question, quickly.
#![allow(clippy::print_stdout)] // the figure is what the test shows

use std::time::{Duration, Instant};

use busbar_store::{Bounds, Lane, SiteOnMap, Store};
use domain::id::{EvseId, NodeId, OrgId, SiteId, StationId};
use domain::message::StatusReport;
use domain::quantity::Watts;
use domain::site::{Accessibility, AdminState, Site};
use domain::station::ConnectorStatus;

use crate::{at, id, open, org, postgres, sqlite, station};

const SITES: u128 = 200;
const FLEET: u128 = 20 * SITES;

fn site(n: u128) -> Site {
    let n_e7 = i64::try_from(n).unwrap() * 10_000_000;
    Site {
        id: SiteId::from_uuid(id(100_000 + n)),
        org: org(),
        name: format!("Site {n:03}"),
        address: None,
        city: Some("Linz".to_owned()),
        country: Some("AT".to_owned()),
        time_zone: "Europe/Vienna".to_owned(),
        // The last has none.
        position_e7: (n + 1 < SITES).then_some((n_e7 % 900_000_000, n_e7 % 1_800_000_000)),
        admin_state: AdminState::InService,
        accessibility: Accessibility::Restricted,
        created_at: at(1),
    }
}

fn stn(n: u128) -> StationId {
    StationId::from_uuid(id(200_000 + n))
}

/// Twenty stations at each site: one of twenty is away, one faulted, one charges, one is faulted at one
/// connector and charges at the other, one is faulted and away, one is archived.
async fn fleet(store: &Store) {
    let node = NodeId::from_uuid(id(9));
    let made = store.write(Lane::Instance, move |work| {
        Box::pin(async move {
            for n in 0..SITES {
                work.site_insert(&site(n)).await?;
            }
            for n in 0..FLEET {
                let (place, kind) = (n / 20, n % 20);
                let mut one = station(200_000 + n);
                one.site = Some(site(place).id);
                if kind == 6 {
                    one.admin_state = AdminState::Archived;
                }
                work.station_insert(&one, None).await?;
                let reports: &[(i32, ConnectorStatus)] = match kind {
                    2 | 5 => &[(1, ConnectorStatus::Faulted)],
                    3 | 6 => &[(1, ConnectorStatus::Charging)],
                    4 => &[
                        (1, ConnectorStatus::Charging),
                        (2, ConnectorStatus::Faulted),
                    ],
                    // One that never said anything of its connectors.
                    7 => &[],
                    _ => &[(1, ConnectorStatus::Available)],
                };
                for &(evse, status) in reports {
                    let report = StatusReport {
                        evse,
                        connector: 1,
                        status,
                        error_code: None,
                        error_info: None,
                        at: None,
                    };
                    let evse_id =
                        EvseId::from_uuid(id(300_000 + n * 2 + evse.unsigned_abs() as u128));
                    if matches!(kind, 3..=5) {
                        work.evse_ensure(evse_id, stn(n), evse).await?;
                    }
                    work.connector_status(stn(n), &report, at(2)).await?;
                }
                if matches!(kind, 3..=5) {
                    work.evse_now(stn(n), 1, Some(Watts::new(11_000)), None);
                }
                if !matches!(kind, 1 | 5) {
                    work.connected(stn(n), 1, node, "test", at(2)).await?;
                }
            }
            Ok(())
        })
    });
    made.await.unwrap();
}

async fn counted(store: &Store) {
    fleet(store).await;
    let read = &store.read;
    let mut quickest = Duration::MAX;
    let mut all = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        all = read.site_map(org(), None, None, 20_000).await.unwrap();
        quickest = quickest.min(began.elapsed());
    }
    println!("{} sites with {FLEET} stations in {quickest:?}", all.len());
    assert_eq!(all.len() as u128, SITES - 1);
    let first = SiteOnMap {
        id: site(0).id,
        name: "Site 000".to_owned(),
        city: Some("Linz".to_owned()),
        position_e7: (0, 0),
        stations: 19,
        offline: 2,
        faulted: 2,
        charging: 1,
        // The one that is away draws nothing that we know of, and an archived one is not there.
        power_w: 22_000,
    };
    assert_eq!(all[0], first);
    assert!(
        all.iter()
            .all(|s| (s.stations, s.offline, s.faulted) == (19, 2, 2))
    );
    assert_eq!(read.sites_without_position(org(), None).await.unwrap(), 1);
    // Those within reach, a part of the world, one over the 180th meridian, and no more than asked.
    let only = [site(3).id, site(SITES - 1).id];
    let some = read.site_map(org(), Some(&only), None, 10).await.unwrap();
    assert_eq!(some.iter().map(|s| s.id).collect::<Vec<_>>(), [site(3).id]);
    assert_eq!(
        read.sites_without_position(org(), Some(&only))
            .await
            .unwrap(),
        1
    );
    assert!(
        read.site_map(org(), Some(&[]), None, 10)
            .await
            .unwrap()
            .is_empty()
    );
    let part = |west: i64, south: i64, east: i64, north: i64| Bounds {
        west_e7: west * 10_000_000,
        south_e7: south * 10_000_000,
        east_e7: east * 10_000_000,
        north_e7: north * 10_000_000,
    };
    let names = async |bounds| {
        let found = read
            .site_map(org(), None, Some(bounds), 1_000)
            .await
            .unwrap();
        found.into_iter().map(|site| site.name).collect::<Vec<_>>()
    };
    assert_eq!(
        names(part(2, 1, 4, 3)).await,
        ["002", "003", "182", "183"].map(|n| format!("Site {n}"))
    );
    let over = names(part(178, 0, 0, 90)).await;
    assert!(over.contains(&"Site 178".to_owned()) && over.contains(&"Site 000".to_owned()));
    assert!(!over.contains(&"Site 100".to_owned()), "{over:?}");
    assert_eq!(read.site_map(org(), None, None, 7).await.unwrap().len(), 7);
    let other = OrgId::from_uuid(id(2));
    assert!(
        read.site_map(other, None, None, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_is_counted_for_a_map_on_sqlite() {
    counted(&open(&sqlite()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_is_counted_for_a_map_on_postgresql() {
    counted(&open(&postgres().await).await).await;
}
