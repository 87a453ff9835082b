//! Members: roles are given and taken by those who may, people are put away and back, and there is
//! always somebody who administers the organisation.

use busbar_app::Error;
use busbar_app::members::{self, MemberEdit, MemberFilter};
use busbar_app::revision::Precondition;
use busbar_app::testing::TestApp;
use domain::id::{SiteId, UserId};
use domain::page::PageRequest;
use domain::role::{Caller, Role};

fn user(caller: &Caller) -> UserId {
    caller.member().unwrap().user
}

fn roles(roles: &[Role]) -> MemberEdit {
    MemberEdit {
        roles: Some(roles.iter().copied().collect()),
        ..MemberEdit::default()
    }
}

fn why(error: &Error) -> &str {
    match error {
        Error::Denied { why, .. } => why,
        Error::Conflict { code, .. } => code,
        Error::Invalid { problems } => &problems[0].code,
        Error::NotFound => "not_found",
        _ => "other",
    }
}

#[tokio::test]
async fn roles_are_given_by_those_who_may_and_count_at_once() {
    let t = TestApp::new().await;
    let ada = t.signed_in("Ada", t.org).await;
    let bo = t.person("Bo", &[Role::DriverManager]).await;
    let cy = t.person("Cy", &[Role::Viewer]).await;
    let change = async |by: &Caller, of: &Caller, edit: MemberEdit| {
        members::change(&t.app, by, t.org, user(of), edit).await
    };
    let both = change(&bo, &cy, roles(&[Role::Viewer, Role::ChargingManager]))
        .await
        .unwrap();
    assert_eq!(both.membership.revision, 2);
    assert!(
        t.caller_of(user(&cy), t.org)
            .await
            .member()
            .unwrap()
            .roles
            .contains(Role::ChargingManager)
    );
    for wanted in [
        Role::Technician,
        Role::Administrator,
        Role::PaidModuleActivator,
    ] {
        let refused = change(&bo, &cy, roles(&[Role::Viewer, wanted]))
            .await
            .unwrap_err();
        assert_eq!(why(&refused), "beyond_own_rights", "{wanted:?}");
    }
    // Taking needs the same right as giving.
    change(&ada, &cy, roles(&[Role::Technician])).await.unwrap();
    let refused = change(&bo, &cy, roles(&[Role::Viewer])).await.unwrap_err();
    assert_eq!(why(&refused), "beyond_own_rights");
    let refused = change(&ada, &cy, roles(&[])).await.unwrap_err();
    assert_eq!(why(&refused), "required");
    let somewhere = MemberEdit {
        sites: Some(Some(vec![SiteId::from_uuid(uuid::Uuid::from_u128(7))])),
        ..MemberEdit::default()
    };
    assert_eq!(
        why(&change(&ada, &cy, somewhere).await.unwrap_err()),
        "not_found"
    );
    let stale = MemberEdit {
        when: Precondition::At(vec![1]),
        ..roles(&[Role::Viewer])
    };
    assert_eq!(
        why(&change(&ada, &cy, stale).await.unwrap_err()),
        "precondition_failed"
    );
    let nobody = UserId::from_uuid(uuid::Uuid::from_u128(7));
    let refused = members::change(&t.app, &ada, t.org, nobody, roles(&[Role::Viewer])).await;
    assert_eq!(why(&refused.unwrap_err()), "not_found");
}

#[tokio::test]
async fn whoever_gives_up_administration_is_asked_again_and_the_last_one_stays() {
    let t = TestApp::new().await;
    let ada = t.signed_in("Ada", t.org).await;
    let knowingly = |edit: MemberEdit| MemberEdit {
        confirm: Some("Ada".to_owned()),
        ..edit
    };
    let change = async |edit| members::change(&t.app, &ada, t.org, user(&ada), edit).await;
    let alone = change(knowingly(roles(&[Role::Viewer]))).await.unwrap_err();
    assert_eq!(why(&alone), "last_administrator");
    // An Administrator of one site would not keep the organisation either.
    let site = busbar_app::sites::create(
        &t.app,
        &ada,
        busbar_app::sites::SiteEdit {
            name: Some("A".to_owned()),
            ..Default::default()
        },
    );
    let narrowed = MemberEdit {
        sites: Some(Some(vec![site.await.unwrap().site.id])),
        ..MemberEdit::default()
    };
    let alone = change(knowingly(narrowed)).await.unwrap_err();
    assert_eq!(why(&alone), "last_administrator");
    let alone = members::archive(&t.app, &ada, t.org, user(&ada), Some("Ada")).await;
    assert_eq!(why(&alone.unwrap_err()), "last_administrator");
    let bo = t.person("Bo", &[Role::Administrator]).await;
    let Err(Error::Conflict { code, detail }) = change(roles(&[Role::Viewer])).await else {
        panic!("not asked");
    };
    assert_eq!(code, "confirm_own_demotion");
    assert!(detail.contains("Bo"), "{detail}");
    change(knowingly(roles(&[Role::Viewer]))).await.unwrap();
    // With the rights of a moment ago nothing goes any more.
    let late = members::change(&t.app, &ada, t.org, user(&bo), roles(&[Role::Viewer])).await;
    assert!(late.is_err());
}

/// Two who take each other's administration away at once, a thousand times.
#[tokio::test]
async fn two_administrators_who_demote_each_other_leave_one() {
    let t = TestApp::new().await;
    let ada = user(&t.admin);
    t.person("Bo", &[Role::Administrator]).await;
    let bo = t.signed_in("Bo", t.org).await;
    let (ada_now, bo_now) = (t.signed_in("Ada", t.org).await, bo);
    let bo = user(&bo_now);
    let mut won = [0, 0];
    for round in 0..1_000 {
        let demote = |by: &Caller, of| {
            let (app, by, org) = (t.app.clone(), by.clone(), t.org);
            tokio::spawn(async move {
                members::change(&app, &by, org, of, roles(&[Role::Viewer])).await
            })
        };
        let (one, two) = if round % 2 == 0 {
            let (a, b) = tokio::join!(demote(&ada_now, bo), demote(&bo_now, ada));
            (a.unwrap(), b.unwrap())
        } else {
            let (b, a) = tokio::join!(demote(&bo_now, ada), demote(&ada_now, bo));
            (a.unwrap(), b.unwrap())
        };
        assert!(one.is_ok() != two.is_ok(), "round {round}: {one:?} {two:?}");
        won[usize::from(two.is_ok())] += 1;
        let mut left = 0;
        for person in [ada, bo] {
            let now = t.caller_of(person, t.org).await;
            left += usize::from(now.member().unwrap().roles.contains(Role::Administrator));
        }
        assert_eq!(left, 1, "round {round}");
        for person in [ada, bo] {
            t.enrol(person, t.org, &[Role::Administrator]).await;
        }
    }
    assert_eq!(won[0] + won[1], 1_000);
}

#[tokio::test]
async fn people_are_put_away_and_back_by_their_peers() {
    let t = TestApp::new().await;
    let bo = t.person("Bo", &[Role::Technician, Role::Viewer]).await;
    t.person("Cy", &[Role::Technician]).await;
    let cy = t.signed_in("Cy", t.org).await;
    let di = t.person("Di", &[Role::FinancialSupport]).await;
    let archive = async |of: &Caller| members::archive(&t.app, &bo, t.org, user(of), None).await;
    assert_eq!(why(&archive(&di).await.unwrap_err()), "beyond_own_rights");
    let gone = archive(&cy).await.unwrap();
    assert!(gone.membership.archived_at.is_some());
    assert_eq!(why(&archive(&cy).await.unwrap_err()), "archived");
    // Nobody from now on, with open logins too.
    assert!(t.standing(&cy).await.is_none());
    let tried = busbar_app::logins::open(
        &t.app,
        "cy@example.org",
        busbar_app::testing::PASSWORD,
        busbar_app::logins::Visitor::default(),
    );
    let tried = tried.await.unwrap();
    assert!(matches!(
        tried,
        busbar_app::logins::SignIn::WrongCredentials
    ));
    let list = async |archived| {
        let filter = MemberFilter { archived, q: None };
        let page = PageRequest {
            limit: 50,
            cursor: None,
        };
        let found = members::list(&t.app, &bo, t.org, &filter, &page)
            .await
            .unwrap();
        found
            .rows
            .into_iter()
            .map(|row| row.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(list(true).await, ["Cy"]);
    assert_eq!(list(false).await, ["Ada", "Bo", "Di"]);
    let edited = members::change(&t.app, &t.admin, t.org, user(&cy), roles(&[Role::Viewer])).await;
    assert_eq!(why(&edited.unwrap_err()), "archived");
    let early = members::remove(&t.app, &bo, t.org, user(&di)).await;
    assert_eq!(why(&early.unwrap_err()), "not_archived");
    members::restore(&t.app, &bo, t.org, user(&cy))
        .await
        .unwrap();
    assert!(t.standing(&cy).await.is_some());
    archive(&cy).await.unwrap();
    members::remove(&t.app, &bo, t.org, user(&cy))
        .await
        .unwrap();
    assert_eq!(list(true).await, Vec::<String>::new());
    let viewer = t.person("Vi", &[Role::Viewer]).await;
    let refused = members::archive(&t.app, &viewer, t.org, user(&bo), None).await;
    assert_eq!(why(&refused.unwrap_err()), "permission_denied");
}

#[tokio::test]
async fn what_only_administrators_give_only_they_give_back() {
    let t = TestApp::new().await;
    let bo = t.person("Bo", &[Role::DriverManager]).await;
    let cy = t.person("Cy", &[Role::Administrator]).await;
    let ada = t.signed_in("Ada", t.org).await;
    members::archive(&t.app, &ada, t.org, user(&cy), None)
        .await
        .unwrap();
    for refused in [
        members::restore(&t.app, &bo, t.org, user(&cy))
            .await
            .map(|_| ()),
        members::remove(&t.app, &bo, t.org, user(&cy)).await,
    ] {
        assert_eq!(why(&refused.unwrap_err()), "beyond_own_rights");
    }
    members::restore(&t.app, &ada, t.org, user(&cy))
        .await
        .unwrap();
}

#[tokio::test]
async fn bringing_an_administrator_back_is_shown_to_be_meant() {
    let t = TestApp::new().await;
    let cy = t.person("Cy", &[Role::Administrator]).await;
    let vi = t.person("Vi", &[Role::Viewer]).await;
    let ada = t.signed_in("Ada", t.org).await;
    for who in [&cy, &vi] {
        members::archive(&t.app, &ada, t.org, user(who), None)
            .await
            .unwrap();
    }
    t.clock.advance(chrono::TimeDelta::minutes(11));
    let restore = async |of: &Caller| members::restore(&t.app, &ada, t.org, user(of)).await;
    assert_eq!(why(&restore(&cy).await.unwrap_err()), "step_up_needed");
    restore(&vi).await.unwrap();
    let ada = t.signed_in("Ada", t.org).await;
    members::restore(&t.app, &ada, t.org, user(&cy))
        .await
        .unwrap();
}

/// The rights of a moment ago: each deed looks again in its unit.
#[tokio::test]
async fn whoever_was_narrowed_meanwhile_does_nothing_any_more() {
    let t = TestApp::new().await;
    let site = busbar_app::sites::SiteEdit {
        name: Some("A".to_owned()),
        ..Default::default()
    };
    let site = busbar_app::sites::create(&t.app, &t.admin, site).await;
    let site = site.unwrap().site.id;
    t.person("Bo", &[Role::Technician, Role::Viewer]).await;
    let bo = t.signed_in("Bo", t.org).await;
    let vi = t.person("Vi", &[Role::Viewer]).await;
    let ol = t.person("Ol", &[Role::Viewer]).await;
    let ada = t.signed_in("Ada", t.org).await;
    members::archive(&t.app, &ada, t.org, user(&ol), None)
        .await
        .unwrap();
    let narrowed = MemberEdit {
        sites: Some(Some(vec![site])),
        ..MemberEdit::default()
    };
    members::change(&t.app, &ada, t.org, user(&bo), narrowed)
        .await
        .unwrap();
    let technician = roles(&[Role::Technician]);
    for refused in [
        members::change(&t.app, &bo, t.org, user(&vi), technician)
            .await
            .map(|_| ()),
        members::archive(&t.app, &bo, t.org, user(&vi), None)
            .await
            .map(|_| ()),
        members::restore(&t.app, &bo, t.org, user(&ol))
            .await
            .map(|_| ()),
        members::remove(&t.app, &bo, t.org, user(&ol)).await,
    ] {
        assert_eq!(why(&refused.unwrap_err()), "permission_denied");
    }
}
