//! What lists, edits and keys of the admin API need, on both databases.

use busbar_store::{
    Begun, KeptAnswer, KeyedRequest, Lane, SessionFilter, SessionSort, SiteRemoval, SiteSort, Sort,
    StationFilter, StationSort, Store,
};
use domain::id::{SessionId, SiteId, StationId};
use domain::page::PageRequest;
use domain::quantity::WattHours;
use domain::session::SessionState;
use domain::site::{Accessibility, AdminState, Site};

use crate::{at, id, org, session, station};

fn page(cursor: Option<String>) -> PageRequest {
    PageRequest { limit: 2, cursor }
}

/// Every order, both ways, two rows at a time; the unknown has its place.
pub async fn lists_are_sorted(store: &Store) {
    let ids: Vec<u128> = (0..5).map(|n| 500 + n).collect();
    let rows = ids.clone();
    store
        .write(Lane::Instance, move |work| {
            let rows = rows.clone();
            Box::pin(async move {
                for (n, row) in rows.into_iter().enumerate() {
                    let wire = format!("sorted-{n}");
                    let mut s = session(row, &wire, None);
                    let n = i64::try_from(n).unwrap();
                    s.station = StationId::from_uuid(id(499));
                    s.started_at = at(1_000 * (n % 3));
                    s.ended_at = (n != 1).then(|| at(9_000 - n));
                    // One runs, of which nobody knows yet what it will have delivered.
                    s.state = match n {
                        1 => SessionState::Active,
                        _ => SessionState::Ended,
                    };
                    s.first_register = (n != 2).then(|| WattHours::new(50));
                    s.last_register = Some(WattHours::new(50 + 10 * (n % 2)));
                    work.session_insert(&s);
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    for (by, expected) in [
        (SessionSort::Started, [500, 503, 501, 504, 502]),
        (SessionSort::Ended, [504, 503, 502, 500, 501]),
        (SessionSort::Energy, [501, 502, 500, 504, 503]),
    ] {
        for descending in [false, true] {
            let filter = SessionFilter {
                station: Some(StationId::from_uuid(id(499))),
                sort: Sort { by, descending },
                ..SessionFilter::default()
            };
            let mut found = Vec::new();
            let mut request = page(None);
            loop {
                let rows = store.read.sessions(org(), &filter, &request).await.unwrap();
                found.extend(rows.rows.into_iter().map(|r| r.session.id));
                match rows.next {
                    Some(next) => request = page(Some(next)),
                    None => break,
                }
            }
            let mut expected = expected.map(|n| SessionId::from_uuid(id(n))).to_vec();
            if descending {
                expected.reverse();
            }
            assert_eq!(found, expected, "{by:?} {descending}");
        }
    }
    for by in [StationSort::LastSeen, StationSort::Created] {
        let filter = StationFilter {
            sort: Sort::down(by),
            ..StationFilter::default()
        };
        let mut seen = Vec::new();
        let mut request = page(None);
        loop {
            let rows = store.read.stations(org(), &filter, &request).await.unwrap();
            seen.extend(
                rows.rows
                    .iter()
                    .map(|r| (r.station.last_seen_at, r.station.id)),
            );
            match rows.next {
                Some(next) => request = page(Some(next)),
                None => break,
            }
        }
        if by == StationSort::LastSeen {
            assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 40, "{by:?}");
    }
}

/// An edit is stored only upon the revision it was decided on.
pub async fn an_edit_needs_its_revision(store: &Store) {
    let edit = async |from: i64, name: &'static str| {
        store
            .write(Lane::Instance, move |work| {
                Box::pin(async move {
                    let mut changed = station(100);
                    changed.name = Some(name.to_owned());
                    work.station_update(&changed, from).await
                })
            })
            .await
            .unwrap()
    };
    assert!(edit(1, "A").await && !edit(1, "B").await && edit(2, "C").await);
    let found = store.read.station(org(), station(100).id).await.unwrap();
    let found = found.unwrap();
    assert_eq!(
        (found.revision, found.station.name.as_deref()),
        (3, Some("C"))
    );

    let site = Site {
        id: SiteId::from_uuid(id(600)),
        org: org(),
        name: "Yard".to_owned(),
        address: None,
        city: None,
        country: None,
        time_zone: "UTC".to_owned(),
        position_e7: None,
        admin_state: AdminState::InService,
        accessibility: Accessibility::Restricted,
        created_at: at(1),
    };
    let removals = store
        .write(Lane::Instance, move |work| {
            let site = site.clone();
            Box::pin(async move {
                work.site_insert(&site).await?;
                let edited =
                    work.site_update(&site, 1).await? && !work.site_update(&site, 1).await?;
                let stale = work.site_delete(site.id, Some(1)).await?;
                Ok((edited, stale, work.site_delete(site.id, Some(2)).await?))
            })
        })
        .await
        .unwrap();
    assert_eq!(removals, (true, SiteRemoval::Stale, SiteRemoval::Removed));
    let sort = Sort::up(SiteSort::Name);
    let left = store
        .read
        .sites(org(), None, sort, &page(None))
        .await
        .unwrap();
    assert!(left.rows.is_empty());
}

/// Of many requests with one key the first takes it; it is free again after its time.
pub async fn a_key_is_taken_once(store: &Store) {
    let request = |n: i64| KeyedRequest {
        owner: "usr_1@org_1".to_owned(),
        key: "k".to_owned(),
        fingerprint: format!("f{n}"),
        rights: "r".to_owned(),
        started_at: at(1_000 + n),
    };
    let begin = |n: i64, since: i64| {
        let (store, request) = (store.clone(), request(n));
        // Units of different lanes meet at the row itself.
        let lane = Lane::Station(StationId::from_uuid(id(u128::try_from(n).unwrap())));
        async move {
            store
                .write(lane, move |work| {
                    let request = request.clone();
                    Box::pin(async move { work.idempotency_begin(&request, at(since)).await })
                })
                .await
                .unwrap()
        }
    };
    let all: Vec<_> = (0..20).map(|n| tokio::spawn(begin(n, 0))).collect();
    let (mut first, mut held) = (0, Vec::new());
    for task in all {
        match task.await.unwrap() {
            Begun::First => first += 1,
            Begun::Held(request, answer) => held.push((request, answer)),
        }
    }
    assert_eq!((first, held.len()), (1, 19));
    held.dedup();
    assert_eq!(held.len(), 1, "all are told of the same one");
    let (holder, answer) = held.remove(0);
    assert_eq!(answer, None);
    let kept = KeptAnswer {
        status: 201,
        headers: vec![("etag".to_owned(), "\"1\"".to_owned())],
        body: Some("{}".to_owned()),
    };
    let (by, with) = (holder.clone(), kept.clone());
    store
        .write(Lane::Instance, move |work| {
            let (by, with) = (by.clone(), with.clone());
            Box::pin(async move { work.idempotency_answered(&by, &with).await })
        })
        .await
        .unwrap();
    assert_eq!(begin(30, 0).await, Begun::Held(holder.clone(), Some(kept)));
    // After its time, and after it was given back.
    assert_eq!(begin(31, 1_030).await, Begun::First);
    let (old, new) = (holder, request(31));
    let left = store
        .write(Lane::Instance, move |work| {
            let (old, new) = (old.clone(), new.clone());
            Box::pin(async move {
                // One whose key was taken over gives nothing back.
                work.idempotency_release(&old).await?;
                let held = work.idempotency_begin(&old, at(0)).await?;
                work.idempotency_release(&new).await?;
                Ok((held, work.idempotency_sweep(at(9_000)).await?))
            })
        })
        .await
        .unwrap();
    assert_eq!(left, (Begun::Held(request(31), None), 0));
}
