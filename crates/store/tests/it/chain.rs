//! The audit trail: numbered without a hole, and one chain however many lanes write and however
//! many publishers there are.

use std::collections::BTreeSet;

use busbar_store::{AuditFilter, Inspection, Lane, Options, Store};
use domain::audit::{Deed, Head, Link, Via};
use domain::id::{AuditId, OrgId, UserId};
use domain::page::PageRequest;

use crate::{Place, at, id, org};

fn deed(n: u128) -> Deed {
    Deed {
        id: AuditId::from_uuid(id(n)),
        org: org(),
        at: at(1_000),
        actor: n.is_multiple_of(2).then(|| UserId::from_uuid(id(7))),
        actor_name: "Änne".to_owned(),
        action: if n.is_multiple_of(3) {
            "sites.edit"
        } else {
            "sites.create"
        }
        .to_owned(),
        object: format!("sit_{n}"),
        before: None,
        after: Some("{\"a\": 1}".to_owned()),
        via: Via::Page,
        request_id: Some(format!("req_{n}")),
        ip: None,
        reason: n.is_multiple_of(5).then(|| "because".to_owned()),
    }
}

async fn done(store: &Store, numbers: std::ops::Range<u128>) {
    let write = |n: u128| {
        let lane = Lane::Org(OrgId::from_uuid(id(n)));
        store.write(lane, move |work| {
            work.audit(&deed(n));
            Box::pin(async { Ok(()) })
        })
    };
    for written in futures_util::future::join_all(numbers.map(write)).await {
        written.unwrap();
    }
}

async fn chained(store: &Store, most: u64) -> usize {
    let chain = store.write(Lane::Instance, move |work| {
        Box::pin(async move {
            work.audit_chain(most, |head| format!("seal {}", head.seq))
                .await
        })
    });
    chain.await.unwrap()
}

/// The whole chain, as the doctor walks it.
async fn walked(place: &Place) -> Vec<Link> {
    let database = Inspection::open(&place.url).await.unwrap();
    let links = database.links(i64::MIN, 10_000).await.unwrap();
    let (head, seal) = database.head().await.unwrap().unwrap();
    let mut walked = Head::genesis();
    for link in &links {
        walked = walked.followed_by(link).unwrap();
    }
    assert_eq!((&walked, seal), (&head, format!("seal {}", head.seq)));
    links
}

/// Two stores write and publish at once.
pub async fn deeds_form_one_chain(store: &Store, place: &Place) {
    let other = Store::open(&place.url, Options::default()).await.unwrap();
    assert!(!store.read.audit_waiting().await.unwrap());
    tokio::join!(done(store, 10_000..10_100), done(&other, 20_000..20_100));
    assert!(store.read.audit_waiting().await.unwrap());
    while store.read.audit_waiting().await.unwrap() {
        tokio::join!(chained(store, 7), chained(&other, 11), done(store, 0..0));
    }
    done(&other, 20_100..20_120).await;
    assert_eq!(chained(store, 500).await, 20);
    assert_eq!(chained(store, 500).await, 0);
    let links = walked(place).await;
    let told: BTreeSet<_> = links.iter().map(|link| link.deed.id).collect();
    assert_eq!((links.len(), told.len()), (220, 220));
    // What is read back is what was written.
    for link in &links {
        assert_eq!(link.deed, deed(link.deed.id.uuid().as_u128()));
    }
}

/// Filters, and pages by number, the newest first.
pub async fn deeds_are_found(store: &Store) {
    let list = async |filter: AuditFilter, limit: u32| {
        let (mut seqs, mut cursor) = (Vec::new(), None);
        loop {
            let page = PageRequest { limit, cursor };
            let page = store.read.audit(org(), &filter, &page).await.unwrap();
            seqs.extend(page.rows.iter().map(|link| link.head.seq));
            cursor = page.next;
            if cursor.is_none() {
                return seqs;
            }
        }
    };
    let all = list(AuditFilter::default(), 50).await;
    assert_eq!(all, (1..=220).rev().collect::<Vec<_>>());
    let count = async |filter: AuditFilter| list(filter, 200).await.len();
    let some = |change: fn(&mut AuditFilter)| {
        let mut filter = AuditFilter::default();
        change(&mut filter);
        filter
    };
    assert_eq!(
        count(some(|f| f.object = Some("sit_10007".to_owned()))).await,
        1
    );
    assert_eq!(
        count(some(|f| f.request_id = Some("req_20001".to_owned()))).await,
        1
    );
    assert_eq!(
        count(some(|f| f.actor = Some(UserId::from_uuid(id(7))))).await,
        110
    );
    assert_eq!(
        count(some(|f| f.actions = vec!["sites.edit".to_owned()])).await,
        73
    );
    assert_eq!(count(some(|f| f.via = Some(Via::Page))).await, 220);
    assert_eq!(count(some(|f| f.via = Some(Via::Cli))).await, 0);
    assert_eq!(count(some(|f| f.from = Some(at(1_000)))).await, 220);
    assert_eq!(count(some(|f| f.to = Some(at(1_000)))).await, 0);
    let foreign = OrgId::from_uuid(id(2));
    let page = PageRequest {
        limit: 10,
        cursor: None,
    };
    let foreign = store
        .read
        .audit(foreign, &AuditFilter::default(), &page)
        .await;
    assert!(foreign.unwrap().rows.is_empty());
}
