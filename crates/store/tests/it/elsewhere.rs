//! Who people are at an identity provider, and the ceremonies of going there.

use busbar_store::{CeremonyKind, CeremonyRow, Error, Lane, Store};
use domain::id::UserId;

use super::{at, id};

pub async fn people_are_known_elsewhere(store: &Store) {
    let (kim, lee) = (UserId::from_uuid(id(9_201)), UserId::from_uuid(id(9_202)));
    let made = async |subject: &'static str, user| {
        let unit = store.write(Lane::Instance, move |work| {
            Box::pin(async move {
                work.identity_insert("https://a", subject, user, at(1))
                    .await
            })
        });
        unit.await
    };
    let used = async |issuer: &'static str, subject: &'static str| {
        let unit = store.write(Lane::Instance, move |work| {
            Box::pin(async move { work.identity_use(issuer, subject, at(2)).await })
        });
        unit.await.unwrap()
    };
    assert_eq!(used("https://a", "1").await, None);
    made("1", kim).await.unwrap();
    made("2", kim).await.unwrap();
    assert_eq!(used("https://a", "1").await, Some(kim));
    // A name at one provider is not one at another, nor in other letters.
    assert_eq!(used("https://b", "1").await, None);
    assert_eq!(used("https://a", "1 ").await, None);
    assert!(matches!(made("1", lee).await, Err(Error::Conflict(_))));
    assert!(store.read.has_identity(kim, "https://a").await.unwrap());
    assert!(!store.read.has_identity(kim, "https://b").await.unwrap());
    assert!(!store.read.has_identity(lee, "https://a").await.unwrap());
}

pub async fn a_ceremony_opens_once_and_in_time(store: &Store) {
    let row = |hash: &str, kind, until| CeremonyRow {
        hash: hash.to_owned(),
        kind,
        user: None,
        state: "{}".to_owned(),
        expires_at: at(until),
    };
    for row in [
        row("c1", CeremonyKind::Provider, 50),
        row("c2", CeremonyKind::Passkey, 90),
    ] {
        let begun = store.write(Lane::Instance, move |work| {
            let row = row.clone();
            Box::pin(async move { work.ceremony_begin(&row, at(10)).await })
        });
        begun.await.unwrap();
    }
    let found = async |hash, now| store.read.ceremony(hash, at(now)).await.unwrap();
    assert_eq!(
        found("c1", 49).await,
        Some(row("c1", CeremonyKind::Provider, 50))
    );
    assert_eq!(found("c1", 50).await, None);
    assert_eq!(
        found("c2", 50).await.map(|row| row.kind),
        Some(CeremonyKind::Passkey)
    );
    let taken = async || {
        let unit = store.write(Lane::Instance, |work| {
            Box::pin(async move { work.ceremony_take("c2").await })
        });
        unit.await.unwrap()
    };
    assert!(taken().await);
    assert!(!taken().await);
    assert_eq!(found("c2", 50).await, None);
}
