//! The tree of organisations: who is capped in what they made, and that what is held in a unit is
//! not changed by another.

use busbar_store::{Lane, MembershipRow, Store};
use domain::id::{OrgId, UserId};
use domain::module::ModuleSet;
use domain::organisation::{Organisation, Profile};
use domain::role::{Role, RoleSet};

use crate::{at, id, org};

fn made(n: u128, under: OrgId, by: UserId) -> Organisation {
    Organisation {
        id: OrgId::from_uuid(id(n)),
        parent: Some(under),
        name: format!("Made {n}"),
        profile: Profile::default(),
        made_by: Some(by),
        made_under: Some(under),
        created_at: at(2),
    }
}

async fn insert(store: &Store, organisation: &Organisation) {
    let organisation = organisation.clone();
    let unit = store.write(Lane::Org(organisation.id), move |work| {
        let organisation = organisation.clone();
        Box::pin(async move {
            let modules = ModuleSet::default();
            work.organisation_insert(&organisation, &modules).await
        })
    });
    unit.await.unwrap();
}

async fn enrol(store: &Store, user: UserId, org: OrgId, role: Role) {
    let row = MembershipRow::new(user, org, RoleSet::EMPTY.with(role), at(3));
    let unit = store.write(Lane::Org(org), move |work| {
        let row = row.clone();
        Box::pin(async move { work.membership_put(&row).await })
    });
    unit.await.unwrap();
}

async fn capped(store: &Store, org: OrgId) -> Option<UserId> {
    let unit = store.write(Lane::Org(org), move |work| {
        Box::pin(async move { work.capped_maker(org).await })
    });
    unit.await.unwrap()
}

/// Who made a line of organisations is capped in each by those above, also after a move.
pub async fn makers_are_capped(store: &Store) {
    let mia = UserId::from_uuid(id(9_001));
    let a = made(9_010, org(), mia);
    let b = made(9_011, a.id, mia);
    // A sibling that somebody else made.
    let elsewhere = made(9_012, org(), UserId::from_uuid(id(9_002)));
    for organisation in [&a, &b, &elsewhere] {
        insert(store, organisation).await;
        enrol(store, mia, organisation.id, Role::Administrator).await;
    }
    enrol(store, mia, org(), Role::ChargingManager).await;
    let names = async |org, user| {
        let rows = store.read.capping(org, user).await.unwrap();
        let mut ids: Vec<OrgId> = rows.into_iter().map(|r| r.organisation.id).collect();
        ids.sort_unstable();
        ids
    };
    let line = |orgs: &[OrgId]| {
        let mut ids = orgs.to_vec();
        ids.sort_unstable();
        ids
    };
    assert_eq!(names(b.id, mia).await, line(&[org(), a.id]));
    assert_eq!(names(elsewhere.id, mia).await, []);
    for id in [a.id, b.id] {
        assert_eq!(capped(store, id).await, Some(mia));
        assert!(store.read.administrators(id).await.unwrap().is_empty());
    }
    assert_eq!(
        capped(store, elsewhere.id).await,
        Some(UserId::from_uuid(id(9_002)))
    );
    // Put below one in which she is a whole Administrator, it is still the one that she made.
    let moved = Organisation {
        parent: Some(elsewhere.id),
        ..a.clone()
    };
    let unit = store.write(Lane::Org(a.id), move |work| {
        let moved = moved.clone();
        Box::pin(async move {
            let modules = ModuleSet::default();
            work.organisation_update(&moved, &modules, 1).await
        })
    });
    assert!(unit.await.unwrap());
    assert_eq!(names(a.id, mia).await, line(&[org(), elsewhere.id]));
    assert_eq!(capped(store, a.id).await, Some(mia));
    // Whoever administers all of them is not.
    enrol(store, mia, org(), Role::Administrator).await;
    assert_eq!(capped(store, a.id).await, None);
    assert_eq!(capped(store, b.id).await, None);
}

/// Some edit what an organisation tells of itself, as they have read it; others hold it and change
/// what it may use: none of these is lost.
pub async fn what_is_held_is_changed_by_nobody_else(store: &Store) {
    let held = made(9_020, org(), UserId::from_uuid(id(9_002)));
    insert(store, &held).await;
    let target = held.id;
    let edit = async |n: u128| {
        let row = store.read.organisation_row(target).await.unwrap().unwrap();
        let lane = Lane::Org(OrgId::from_uuid(id(n)));
        let unit = store.write(lane, move |work| {
            let row = row.clone();
            Box::pin(async move {
                let (organisation, modules) = (&row.organisation, &row.modules);
                work.organisation_update(organisation, modules, row.revision)
                    .await
            })
        });
        unit.await.unwrap()
    };
    let change = async |n: u128| {
        let lane = Lane::Org(OrgId::from_uuid(id(n)));
        let unit = store.write(lane, move |work| {
            Box::pin(async move {
                work.organisations_hold().await?;
                let row = work.organisation_to_change(target).await?.unwrap();
                let mut modules = row.modules.clone();
                modules.modules.insert(format!("Module/{n}"));
                work.organisation_update(&row.organisation, &modules, row.revision)
                    .await
            })
        });
        unit.await.unwrap()
    };
    let edits = futures_util::future::join_all((0..40).map(|n| edit(100 + n)));
    let changes = futures_util::future::join_all((0..40).map(|n| change(200 + n)));
    let (edits, changes) = tokio::join!(edits, changes);
    assert!(changes.iter().all(|done| *done), "{changes:?}");
    let done = edits.iter().chain(&changes).filter(|done| **done).count();
    let row = store.read.organisation_row(target).await.unwrap().unwrap();
    assert_eq!(row.revision, 1 + i64::try_from(done).unwrap());
    assert_eq!(row.modules.modules.len(), 40);
}
