//! The audit trail: every deed tells who, by which way and why; it is read by Administrators only;
//! and taking a list away is a deed too.

use busbar_app::audit::{self, AuditFilter, Origin};
use busbar_app::exports::{self, Export};
use busbar_app::sites::{self, SiteEdit};
use busbar_app::testing::{TestApp, noon};
use busbar_app::{Error, jobs};
use domain::audit::{Link, Via};
use domain::page::PageRequest;
use domain::role::{Caller, Role};

async fn told(t: &TestApp, filter: AuditFilter) -> Vec<Link> {
    jobs::chain_deeds(&t.app).await;
    let page = PageRequest {
        limit: 200,
        cursor: None,
    };
    let listed = audit::list(&t.app, &t.admin, &filter, &page).await;
    listed.unwrap().rows
}

fn site(name: &str) -> SiteEdit {
    SiteEdit {
        name: Some(name.to_owned()),
        ..SiteEdit::default()
    }
}

#[tokio::test]
async fn a_deed_tells_where_it_came_from() {
    let t = TestApp::new().await;
    let origin = Origin {
        via: Via::Page,
        request_id: Some("req_7".to_owned()),
        ip: Some("192.0.2.7".to_owned()),
        reason: Some("Neuer Standort".to_owned()),
    };
    let made = audit::within(origin, sites::create(&t.app, &t.admin, site("A"))).await;
    let made = made.unwrap();
    sites::create(&t.app, &t.admin, site("B")).await.unwrap();
    let filter = AuditFilter {
        request_id: Some("req_7".to_owned()),
        ..AuditFilter::default()
    };
    let [link] = &told(&t, filter).await[..] else {
        panic!("not one deed");
    };
    let (deed, ada) = (&link.deed, t.admin.member().unwrap());
    assert_eq!(deed.actor, Some(ada.user));
    assert_eq!(deed.actor_name, "Ada");
    assert_eq!(
        (deed.action.as_str(), deed.via),
        ("sites.create", Via::Page)
    );
    assert_eq!(deed.object, made.site.id.to_string());
    assert_eq!(deed.at, noon());
    assert_eq!(deed.ip.as_deref(), Some("192.0.2.7"));
    assert_eq!(deed.reason.as_deref(), Some("Neuer Standort"));
    assert!(deed.after.as_ref().unwrap().starts_with('{'));
    // Outside of a request nothing is told of one.
    let all = told(&t, AuditFilter::default()).await;
    let last = &all[0];
    assert_eq!((last.deed.via, &last.deed.request_id), (Via::Api, &None));
    let numbers: Vec<i64> = all.iter().map(|link| link.head.seq).collect();
    let count = i64::try_from(all.len()).unwrap();
    assert_eq!(numbers, (1..=count).rev().collect::<Vec<_>>());
    // The sign-in of the setup is that person's.
    assert!(all.iter().any(|link| link.deed.action == "setup.finish"));
}

#[tokio::test]
async fn the_request_of_a_fault_is_the_request_of_its_deeds() {
    let origin = Origin {
        request_id: Some("req_9".to_owned()),
        ..Origin::cli()
    };
    let fault = audit::within(origin, async { Error::internal("a test") }).await;
    let Error::Internal { id } = fault else {
        panic!("{fault:?}");
    };
    assert_eq!(id, "req_9");
    assert_eq!(audit::origin(), None);
}

#[tokio::test]
async fn only_administrators_read_the_trail() {
    let t = TestApp::new().await;
    let page = PageRequest {
        limit: 10,
        cursor: None,
    };
    let list = async |caller: &Caller| {
        let filter = AuditFilter::default();
        audit::list(&t.app, caller, &filter, &page).await.is_ok()
    };
    assert!(list(&t.admin).await);
    for role in Role::ALL {
        let may = *role == Role::Administrator;
        assert_eq!(list(&t.caller(&[*role], None)).await, may, "{role:?}");
        // Of some sites, nobody sees what was done in the whole organisation.
        assert!(!list(&t.caller(&[*role], Some(Vec::new()))).await);
    }
}

#[tokio::test]
async fn taking_a_list_away_is_a_deed_and_tells_of_driver_data() {
    let t = TestApp::new().await;
    let charging = t.caller(&[Role::ChargingManager], None);
    for (caller, export) in [
        (&t.admin, Export::Sessions),
        (&charging, Export::Sessions),
        (&t.admin, Export::Stations),
    ] {
        exports::permit(&t.app, caller, export).await.unwrap();
        exports::begin(&t.app, caller, export).await.unwrap();
    }
    let filter = AuditFilter {
        actions: vec!["exports.begin".to_owned()],
        ..AuditFilter::default()
    };
    let told: Vec<_> = told(&t, filter)
        .await
        .into_iter()
        .map(|link| link.deed.after.unwrap())
        .collect();
    assert_eq!(
        told,
        [
            r#"{"driver_data":false,"list":"stations"}"#,
            r#"{"driver_data":false,"list":"sessions"}"#,
            r#"{"driver_data":true,"list":"sessions"}"#,
        ]
    );
    let viewer = t.caller(&[Role::Viewer], None);
    let refused = exports::begin(&t.app, &viewer, Export::Sessions).await;
    assert!(matches!(refused, Err(Error::Denied { .. })));
}
