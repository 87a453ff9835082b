//! Locks, what opens them, and what people are told: the same on both databases.

use busbar_store::{Lane, LockRow, SavedRow, Store};
use chrono::TimeDelta;
use domain::command::VariableName;
use domain::id::{NotificationId, OrgId, StationId, UserId};
use domain::lock::{Challenge, Proof, Sighting, Sign};
use domain::lock::{Grant, Lock, PasswordTries, PukTries, Removal, RemovalMethod, Watch};
use domain::notification::{Matter, Notification};
use domain::page::PageRequest;
use domain::setting::{CriticalList, Reaction, Wish};
use domain::station::{Hardware, Registration};
use domain::variable::{Mutability, VariableReading};

use crate::{at, id, station};

fn org() -> OrgId {
    OrgId::from_uuid(id(7_000))
}

fn user(n: u128) -> UserId {
    UserId::from_uuid(id(n))
}

fn named(variable: &str) -> VariableName {
    VariableName::key(variable)
}

fn row(place: StationId, epoch: i64) -> LockRow {
    let wish = Wish {
        name: named("MaxCurrent"),
        value: "16".to_owned(),
        reaction: Reaction::Revert,
    };
    let mut watch = Watch::default();
    watch.wishes.push(wish);
    watch.looked_at = Some(at(1_000));
    LockRow {
        org: org(),
        lock: Lock {
            station: place,
            epoch,
            locked_by: user(7_001),
            contact: "Volt".to_owned(),
            locked_at: at(1_000),
            critical: CriticalList::default().with([named("Lamp")]),
            cap_ma: Some(16_000),
        },
        locker: "Ida".to_owned(),
        password: "hash".to_owned(),
        puk: Some("puk".to_owned()),
        puk_tries: PukTries::default(),
        watch,
        due_at: None,
        removal: None,
    }
}

async fn put(store: &Store, row: LockRow) {
    let lane = Lane::Station(row.lock.station);
    let written = store.write(lane, move |work| {
        let row = row.clone();
        Box::pin(async move { work.lock_put(&row).await })
    });
    written.await.unwrap();
}

/// Everything about locks.
pub async fn locks_are_kept(store: &Store) {
    let mut locked = station(7_100);
    locked.org = org();
    let place = locked.id;
    let inserted = store.write(Lane::Station(place), move |work| {
        let locked = locked.clone();
        Box::pin(async move { work.station_insert(&locked, None).await })
    });
    inserted.await.unwrap();
    assert_eq!(store.read.lock(place).await.unwrap(), None);
    put(store, row(place, 1)).await;
    assert_eq!(store.read.lock(place).await.unwrap(), Some(row(place, 1)));

    // A lock is read when its station is there, and by one node at a time.
    let due = |now: i64| {
        store
            .read
            .locks_due(at(now), at(now - 30), at(now - 86_400), 10)
    };
    assert!(due(2_000).await.unwrap().is_empty(), "it is away");
    let connected = store.write(Lane::Station(place), move |work| {
        let node = domain::id::NodeId::from_uuid(id(7_900));
        Box::pin(async move { work.connected(place, 1, node, "ocpp1.6", at(2_000)).await })
    });
    assert!(connected.await.unwrap());
    assert_eq!(due(2_500).await.unwrap().len(), 1, "it connected since");
    let claim = move |now: i64| {
        store.write(Lane::Station(place), move |work| {
            Box::pin(async move { work.lock_claim(place, at(now), at(now + 100)).await })
        })
    };
    assert!(claim(2_500).await.unwrap());
    assert!(!claim(2_550).await.unwrap(), "somebody reads it");
    assert!(due(2_550).await.unwrap().is_empty());
    let mut looked = row(place, 1);
    looked.watch.looked_at = Some(at(2_500));
    put(store, looked.clone()).await;
    assert!(due(2_700).await.unwrap().is_empty(), "it was read");
    let asked = store.write(Lane::Station(place), move |work| {
        Box::pin(async move { work.lock_due(place, at(2_600)).await })
    });
    asked.await.unwrap();
    assert_eq!(due(2_700).await.unwrap().len(), 1, "it was asked for");
    looked.watch.looked_at = Some(at(2_701));
    put(store, looked.clone()).await;
    assert!(due(2_800).await.unwrap().is_empty(), "it was read again");
    assert_eq!(store.read.booted_at(place).await.unwrap(), None);
    let booted = store.write(Lane::Station(place), move |work| {
        Box::pin(async move {
            work.station_hold(place).await?;
            let (hardware, accepted) = (Hardware::default(), Registration::Accepted);
            work.booted(place, &hardware, accepted, at(2_750)).await
        })
    });
    booted.await.unwrap();
    assert_eq!(store.read.booted_at(place).await.unwrap(), Some(at(2_750)));
    assert_eq!(due(2_800).await.unwrap().len(), 1, "it booted since");

    // Broken seals are kept, the newest is told.
    assert_eq!(store.read.last_removal(place).await.unwrap(), None);
    let seal = |n: u128, method| Removal {
        at: at(2_800),
        method,
        by: user(n),
        name: format!("{n}"),
    };
    let (first, second) = (
        seal(1, RemovalMethod::Puk),
        seal(2, RemovalMethod::Password),
    );
    for (epoch, removal) in [(1, first), (4, second.clone())] {
        let kept = store.write(Lane::Station(place), move |work| {
            let removal = removal.clone();
            Box::pin(async move { work.removal_keep(place, epoch, &removal).await })
        });
        kept.await.unwrap();
    }
    let newest = store.read.last_removal(place).await.unwrap();
    assert_eq!(newest, Some(second.clone()));
    let again = store.write(Lane::Station(place), move |work| {
        let removal = second.clone();
        Box::pin(async move { work.removal_keep(place, 4, &removal).await })
    });
    assert!(again.await.is_err(), "a seal is written once");

    // An answer that does not tell whether a variable can be written forgets nothing.
    let told = |mutability| VariableReading {
        name: named("MaxCurrent"),
        attribute: "Actual".to_owned(),
        value: Some("16".to_owned()),
        mutability,
        traits: None,
    };
    for mutability in [Some(Mutability::ReadOnly), None] {
        let reading = told(mutability);
        let kept = store.write(Lane::Station(place), move |work| {
            let reading = reading.clone();
            Box::pin(async move { work.variables(place, &[reading], at(2_900)).await })
        });
        kept.await.unwrap();
    }
    let kept = store.read.variables(place).await.unwrap();
    assert_eq!(kept, [(told(Some(Mutability::ReadOnly)), at(2_900))]);

    // Grants, tries, saved passwords.
    let grant = move |epoch| Grant {
        station: place,
        epoch,
        account: user(7_001),
    };
    let saved = SavedRow {
        user: user(7_001),
        station: place,
        epoch: 1,
        sealed: "sealed".to_owned(),
        saved_at: at(1_000),
    };
    let keep = saved.clone();
    let mut tries = PasswordTries::default();
    tries.wrong(at(1));
    let opened = store.write(Lane::Station(place), move |work| {
        let saved = keep.clone();
        Box::pin(async move {
            work.grant_put(&grant(1)).await?;
            work.grant_put(&grant(2)).await?;
            work.password_tries_put(place, user(7_001), Some(&tries))
                .await?;
            work.saved_password_put(&saved).await?;
            Ok((
                work.grants(place).await?,
                work.password_tries(place, user(7_001)).await?,
                work.password_tries(place, user(7_002)).await?,
            ))
        })
    });
    let (grants, mine, others) = opened.await.unwrap();
    assert_eq!(grants, [grant(2)], "one for each account");
    assert_eq!((mine, others), (tries, PasswordTries::default()));
    let page = PageRequest {
        limit: 10,
        cursor: None,
    };
    let read = &store.read;
    let list = |whose, q| read.saved_passwords(user(whose), org(), q, &page);
    assert_eq!(list(7_001, Some("cp-71")).await.unwrap().rows[0].row, saved);
    assert!(list(7_001, Some("nowhere")).await.unwrap().rows.is_empty());
    assert!(list(7_002, None).await.unwrap().rows.is_empty());

    // A lock that was removed stays to be seen, and its passwords are outdated.
    looked.removal = Some(Removal {
        at: at(3_000),
        method: RemovalMethod::Puk,
        by: user(7_002),
        name: "Ana".to_owned(),
    });
    put(store, looked.clone()).await;
    assert_eq!(read.lock(place).await.unwrap(), Some(looked));
    assert!(list(7_001, None).await.unwrap().rows[0].outdated);
    assert!(due(999_999).await.unwrap().is_empty(), "nobody watches it");
}

/// Proofs of presence.
pub async fn proofs_are_kept(store: &Store) {
    let place = StationId::from_uuid(id(7_200));
    let challenge = Challenge {
        station: place,
        begun_at: at(5_000),
        proof: Proof::PlugUnplug(2),
    };
    let of = busbar_store::ChallengeOf {
        user: user(7_001),
        challenge,
    };
    let sighting = |n: i64, sign| Sighting {
        station: place,
        at: at(n),
        sign,
    };
    let seen = [
        sighting(5_001, Sign::Plugged(1)),
        sighting(5_002, Sign::Unplugged(1)),
    ];
    let (kept, told) = (of.clone(), seen.clone());
    let begun = store.write(Lane::Station(place), move |work| {
        let (of, seen) = (kept.clone(), told.clone());
        Box::pin(async move {
            work.challenge_begin(&of).await?;
            for (n, sighting) in seen.iter().enumerate() {
                work.sighting(id(7_300 + n as u128), sighting).await?;
            }
            Ok(())
        })
    });
    begun.await.unwrap();
    assert_eq!(store.read.challenge(place).await.unwrap(), Some(of.clone()));
    let open = store.read.challenges(at(5_000)).await.unwrap();
    assert_eq!(open, std::slice::from_ref(&of));
    assert!(store.read.challenges(at(5_001)).await.unwrap().is_empty());
    assert_eq!(store.read.sightings(place).await.unwrap(), seen);
    let again = store.write(Lane::Station(place), move |work| {
        let of = of.clone();
        Box::pin(async move { work.challenge_begin(&of).await })
    });
    again.await.unwrap();
    let left = store.read.sightings(place).await.unwrap();
    assert!(left.is_empty(), "they were of the one before");
}

/// What people are told.
pub async fn notifications_stay(store: &Store) {
    let told = |n: u128, whose| Notification {
        id: NotificationId::from_uuid(id(n)),
        user: user(whose),
        org: org(),
        station: Some(StationId::from_uuid(id(7_200))),
        site: None,
        matter: Matter::LockPuk,
        sealed: Some("sealed".to_owned()),
        at: at(1) + TimeDelta::seconds(i64::try_from(n).unwrap()),
        acknowledged_at: None,
    };
    let first = store.write(Lane::Org(org()), move |work| {
        Box::pin(async move {
            for one in [told(7_401, 7_003), told(7_402, 7_003), told(7_403, 7_004)] {
                work.notify(&one).await?;
            }
            let foreign = NotificationId::from_uuid(id(7_403));
            let own = NotificationId::from_uuid(id(7_401));
            Ok((
                work.acknowledge(user(7_003), foreign, at(9)).await?,
                work.acknowledge(user(7_003), own, at(9)).await?,
                work.acknowledge(user(7_003), own, at(10)).await?,
            ))
        })
    });
    assert_eq!(first.await.unwrap(), (false, true, false));
    let page = PageRequest {
        limit: 1,
        cursor: None,
    };
    let read = &store.read;
    let open = read
        .notifications(user(7_003), org(), true, &page)
        .await
        .unwrap();
    assert_eq!((open.rows.len(), open.next), (1, None));
    assert_eq!(open.rows[0].notification, told(7_402, 7_003));
    let all = read
        .notifications(user(7_003), org(), false, &page)
        .await
        .unwrap();
    assert!(all.next.is_some());
    let next = PageRequest {
        limit: 1,
        cursor: all.next,
    };
    let rest = read
        .notifications(user(7_003), org(), false, &next)
        .await
        .unwrap();
    assert_eq!(rest.rows[0].notification.acknowledged_at, Some(at(9)));
    assert_eq!(
        rest.rows[0].notification.sealed, None,
        "a secret is told once"
    );
    assert_eq!(read.unseen(user(7_003), org()).await.unwrap(), 1);
}
