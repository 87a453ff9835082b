//! Members who are put away, invitations that are accepted once, and links that open once.

use busbar_store::{
    InvitationRow, Lane, LinkRow, MemberFilter, MembershipRow, Pending, Store, UserRow,
};
use domain::id::{InvitationId, MailId, OrgId, SiteId, UserId};
use domain::invitation::{Offer, Purpose};
use domain::mail::{Language, MailKind};
use domain::member::Assignment;
use domain::module::ModuleSet;
use domain::page::PageRequest;
use domain::role::{Permission, Role, RoleSet};
use domain::site_access::{Level, SiteAccess};

use crate::{at, id, org};

fn page(limit: u32, cursor: Option<String>) -> PageRequest {
    PageRequest { limit, cursor }
}

fn somebody(n: u128, email: &str) -> UserRow {
    UserRow {
        id: UserId::from_uuid(id(n)),
        email: email.to_owned(),
        name: format!("Person {n}"),
        password_hash: String::new(),
        created_at: at(1),
        proven_at: None,
    }
}

fn invitation(n: u128, purpose: Purpose) -> InvitationRow {
    InvitationRow {
        id: InvitationId::from_uuid(id(n)),
        org: org(),
        purpose,
        email: "New@Example.org".to_owned(),
        language: Language::De,
        hash: format!("hash {n}"),
        invited_by: Some(UserId::from_uuid(id(8_101))),
        inviter: "Ada".to_owned(),
        mail: MailId::from_uuid(id(1)),
        created_at: at(i64::try_from(n).unwrap()),
        sent_at: at(5),
        expires_at: at(1_000),
        accepted_at: None,
        revision: 1,
    }
}

pub async fn members_come_and_go(store: &Store) {
    let org = OrgId::from_uuid(id(8_100));
    let lane = Lane::Org(org);
    let unit = store.write(lane, move |work| {
        Box::pin(async move {
            for n in 8_101..8_106 {
                let person = somebody(n, &format!("P{n}@example.org"));
                work.user_insert(&person).await?;
                let since = at(i64::try_from(n).unwrap());
                let roles = RoleSet::EMPTY.with(Role::Viewer);
                work.membership_put(&MembershipRow {
                    sites: (n == 8_105).then(|| vec![SiteId::from_uuid(id(3))]),
                    archived_at: (n == 8_104).then(|| at(9)),
                    ..MembershipRow::new(person.id, org, roles, since)
                })
                .await?;
            }
            Ok(())
        })
    });
    unit.await.unwrap();
    let list = async |filter: MemberFilter, limit| {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let asked = page(limit, cursor);
            let next = store.read.members(org, &filter, &asked).await.unwrap();
            found.extend(next.rows.into_iter().map(|row| row.email));
            cursor = next.next;
            if cursor.is_none() {
                return found;
            }
        }
    };
    let mail = |n: u32| format!("P{n}@example.org");
    let here = list(MemberFilter::default(), 2).await;
    assert_eq!(here, [8_101, 8_102, 8_103, 8_105].map(mail));
    let archived = MemberFilter {
        archived: true,
        q: None,
    };
    assert_eq!(list(archived, 2).await, [mail(8_104)]);
    for (q, count) in [("PERSON 8102", 1), ("p810", 4), ("nobody", 0)] {
        let filter = MemberFilter {
            archived: false,
            q: Some(q.to_owned()),
        };
        assert_eq!(list(filter, 9).await.len(), count, "{q}");
    }
    let away = UserId::from_uuid(id(8_104));
    assert!(store.read.memberships(away).await.unwrap().is_empty());
    let row = store.read.member(org, away).await.unwrap().unwrap();
    assert!(!row.membership.counts() && !row.second_factor && row.seen_at.is_none());
    let gone = store.write(lane, move |work| {
        Box::pin(async move {
            work.membership_delete(org, away).await?;
            work.members(org).await
        })
    });
    assert_eq!(gone.await.unwrap().len(), 4);
}

/// Every purpose reads back as it was written; one of many accepts.
pub async fn an_invitation_is_accepted_once(store: &Store) {
    let site = SiteId::from_uuid(id(3));
    let access = SiteAccess {
        level: Level::User,
        grants: [Permission::StationsControl].into_iter().collect(),
        denials: [Permission::HistoryView].into_iter().collect(),
    };
    let modules = ModuleSet::everything();
    let purposes = [
        Purpose::Member(Assignment {
            roles: RoleSet::EMPTY.with(Role::Viewer).with(Role::Technician),
            sites: Some(vec![site]),
        }),
        Purpose::Site { site, access },
        Purpose::Organisation(Offer::Similar),
        Purpose::Organisation(Offer::Custom(modules)),
    ];
    let rows: Vec<_> = (8_200..)
        .zip(purposes)
        .map(|(n, p)| invitation(n, p))
        .collect();
    let written = rows.clone();
    let unit = store.write(Lane::Org(org()), move |work| {
        let rows = written.clone();
        Box::pin(async move {
            for row in &rows {
                work.invitation_insert(row).await?;
            }
            Ok(())
        })
    });
    unit.await.unwrap();
    let read = &store.read;
    assert_eq!(read.invitations_to("new@example.ORG").await.unwrap(), rows);
    for (which, count) in [
        (Pending::Members, 1),
        (Pending::Site(site), 1),
        (Pending::Organisations, 2),
    ] {
        let found = read
            .invitations(org(), which, &page(9, None))
            .await
            .unwrap();
        assert_eq!(found.rows.len(), count, "{which:?}");
        assert!(
            found
                .rows
                .iter()
                .all(|row| !row.registered && row.delivery.is_none())
        );
    }
    let first = rows[0].clone();
    let mut changed = first.clone();
    (changed.hash, changed.revision) = ("another".to_owned(), 2);
    let (again, late) = (changed.clone(), first.clone());
    let unit = store.write(Lane::Org(org()), move |work| {
        let (again, late) = (again.clone(), late.clone());
        Box::pin(async move {
            let done = work.invitation_update(&again, 1).await?;
            let stale = work.invitation_update(&late, 1).await?;
            let dead = work.invitation_accept(&late, at(7)).await?;
            // The same link, read before it was edited.
            let mut unread = again.clone();
            unread.revision = 1;
            let dead = dead || work.invitation_accept(&unread, at(7)).await?;
            Ok((done, stale, dead))
        })
    });
    assert_eq!(unit.await.unwrap(), (true, false, false));
    let tries = (0..8).map(|n| {
        let (lane, row) = (Lane::Org(OrgId::from_uuid(id(n))), changed.clone());
        store.write(lane, move |work| {
            let row = row.clone();
            Box::pin(async move { work.invitation_accept(&row, at(7)).await })
        })
    });
    let accepted = futures_util::future::join_all(tries).await;
    let accepted = accepted.into_iter().filter(|done| *done.as_ref().unwrap());
    assert_eq!(accepted.count(), 1);
    assert!(read.invitation(org(), first.id).await.unwrap().is_none());
    let known = read.invitation_by_hash("another").await.unwrap().unwrap();
    assert_eq!(known.accepted_at, Some(at(7)));
    let (used, open) = (first.id, rows[1].id);
    let unit = store.write(Lane::Org(org()), move |work| {
        Box::pin(async move {
            let used = work.invitation_delete(used).await?;
            Ok((used, work.invitation_delete(open).await?))
        })
    });
    assert_eq!(unit.await.unwrap(), (false, true));
}

pub async fn a_link_opens_once(store: &Store) {
    let user = UserId::from_uuid(id(8_101));
    let link = |hash: &str| LinkRow {
        hash: hash.to_owned(),
        user,
        purpose: MailKind::PasswordReset,
        sent_at: at(1),
        expires_at: at(9),
    };
    for hash in ["first", "second"] {
        let link = link(hash);
        let unit = store.write(Lane::Instance, move |work| {
            let link = link.clone();
            Box::pin(async move { work.link_put(&link).await })
        });
        unit.await.unwrap();
    }
    assert!(store.read.link("first").await.unwrap().is_none());
    let found = store.read.link("second").await.unwrap();
    assert_eq!(found, Some(link("second")));
    let of = store.read.link_of(user, MailKind::PasswordReset).await;
    assert_eq!(of.unwrap(), found);
    let unit = store.write(Lane::Instance, |work| {
        Box::pin(async move {
            Ok((
                work.link_take("second").await?,
                work.link_take("second").await?,
            ))
        })
    });
    assert_eq!(unit.await.unwrap(), (true, false));
}
