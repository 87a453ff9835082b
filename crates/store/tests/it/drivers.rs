//! Drivers and their tokens: the same on both databases.

use busbar_store::{DriverFilter, DriverSort, Lane, Sort, Store};
use domain::driver::{Details, Driver, DriverState};
use domain::id::{DriverId, OrgId, StationId, TokenId};
use domain::page::PageRequest;
use domain::personal::Personal;
use domain::token::{Token, TokenKind, TokenState, TokenUid};

use crate::{at, id, station};

fn org() -> OrgId {
    OrgId::from_uuid(id(8_000))
}

fn driver(n: u128, name: &str) -> Driver {
    Driver {
        id: DriverId::from_uuid(id(n)),
        org: org(),
        details: Personal::new(Details {
            name: name.to_owned(),
            plate: Some(format!("W-{n} A")),
            ..Details::default()
        }),
        state: DriverState::Active,
        created_at: at(1_000),
        erased_at: None,
    }
}

fn token(n: u128) -> Token {
    Token {
        id: TokenId::from_uuid(id(n)),
        org: org(),
        driver: None,
        uid: Personal::new(TokenUid::new(&format!("04AB{n}"))),
        kind: TokenKind::Iso14443,
        label: Some(Personal::new("Eva's card".to_owned())),
        group: None,
        state: TokenState::Active,
        expires_at: None,
        created_at: at(1_000),
        last_used_at: None,
    }
}

/// Everything about drivers.
pub async fn drivers_are_kept(store: &Store) {
    let mut place = station(8_100);
    place.org = org();
    let here = StationId::from_uuid(id(8_100));
    let (eva, bo) = (driver(8_001, "Eva Moll"), driver(8_002, "bo"));
    let first = (eva.clone(), bo.clone(), token(8_201), token(8_202));
    let made = store.write(Lane::Org(org()), move |work| {
        let (eva, bo, card, tag) = first.clone();
        let place = place.clone();
        Box::pin(async move {
            work.station_insert(&place, None).await?;
            work.driver_insert(&eva).await?;
            work.driver_insert(&bo).await?;
            work.token_insert(&card).await?;
            work.token_insert(&tag).await?;
            Ok((
                work.token_attach(card.id, eva.id).await?,
                work.token_attach(card.id, bo.id).await?,
                work.token_detach(card.id, bo.id).await?,
                work.driver_hold(org(), eva.id).await?,
            ))
        })
    });
    assert_eq!(made.await.unwrap(), (true, false, false, true));
    let read = &store.read;
    let page = PageRequest {
        limit: 1,
        cursor: None,
    };
    let filter = |q: Option<&str>, by| DriverFilter {
        q: q.map(|q| Personal::new(q.to_owned())),
        state: None,
        sort: Sort::up(by),
    };
    let named = filter(None, DriverSort::Name);
    let by_name = read.drivers(org(), &named, &page);
    let by_name = by_name.await.unwrap();
    assert_eq!(by_name.rows[0].driver, bo, "without case");
    let next = PageRequest {
        limit: 1,
        cursor: by_name.next,
    };
    let rest = read.drivers(org(), &named, &next);
    let rest = rest.await.unwrap();
    assert_eq!((&rest.rows[0].driver, rest.rows[0].tokens), (&eva, 1));
    for q in ["MOLL", "w8001a", "04ab8201"] {
        let asked = filter(Some(q), DriverSort::Created);
        let found = read.drivers(org(), &asked, &page);
        assert_eq!(found.await.unwrap().rows[0].driver.id, eva.id, "{q}");
    }
    // Whether the driver of a token may charge is told with the token.
    let uid = TokenUid::new("04ab8201");
    let barred = || async {
        let told = read.place_and_token(org(), here, &uid).await.unwrap();
        assert_eq!(told.1.unwrap().driver, Some(eva.id));
        told.2
    };
    assert!(!barred().await);
    let mut blocked = eva.clone();
    blocked.state = DriverState::Blocked;
    let change = store.write(Lane::Org(org()), move |work| {
        let blocked = blocked.clone();
        Box::pin(async move {
            Ok((
                work.driver_update(&blocked, 1).await?,
                work.driver_update(&blocked, 1).await?,
            ))
        })
    });
    assert_eq!(change.await.unwrap(), (true, false), "once upon a revision");
    assert!(barred().await);
    let erased = eva.clone().erased(at(2_000));
    let (gone, theirs) = (erased.clone(), eva.id);
    let change = store.write(Lane::Org(org()), move |work| {
        let gone = gone.clone();
        Box::pin(async move {
            let done = work.driver_update(&gone, 2).await?;
            work.driver_sessions_scrub(theirs).await?;
            Ok((done, work.tokens_release(theirs).await?))
        })
    });
    assert_eq!(change.await.unwrap(), (true, 1));
    let left = read.driver(org(), eva.id).await.unwrap().unwrap();
    assert_eq!((left.driver, left.tokens), (erased, 0));
    let (card, _) = read.token(org(), token(8_201).id).await.unwrap().unwrap();
    assert_eq!(
        (card.driver, card.label, card.state),
        (None, None, TokenState::Blocked)
    );
}
