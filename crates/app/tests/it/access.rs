//! Permissions and reach: what is not allowed is refused, what is elsewhere is not there.

use busbar_app::sessions::SessionQuery;
use busbar_app::sites::{self, SiteEdit};
use busbar_app::stations::{self, NewPassword, NewStation, StationEdit, StationQuery};
use busbar_app::testing::TestApp;
use busbar_app::tokens::{self, NewToken};
use busbar_app::{Error, attempts, logs, overview, roles, sessions};
use domain::page::PageRequest;
use domain::role::{Caller, Permission, Role};
use domain::token::{TokenKind, TokenUid};

fn page() -> PageRequest {
    PageRequest::default()
}

fn denied<T>(outcome: Result<T, Error>) -> Option<Permission> {
    match outcome {
        Err(Error::Denied { permission, .. }) => permission,
        Err(other) => panic!("{other}"),
        Ok(_) => None,
    }
}

fn missing<T>(outcome: Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::NotFound))
}

#[tokio::test]
async fn roles_do_what_the_table_says() {
    let t = TestApp::new().await;
    let id = t.station("CP-1", None).await;
    let app = &t.app;
    let new = || NewToken {
        uid: TokenUid::new("A"),
        kind: TokenKind::Iso14443,
        label: None,
        group: None,
        expires_at: None,
    };
    use Permission as P;
    for role in [Role::Viewer, Role::Technician, Role::ChargingManager] {
        let caller = t.caller(&[role], None);
        assert_eq!(
            denied(tokens::list(app, &caller, None, &page()).await),
            Some(P::DriversView)
        );
        assert_eq!(
            denied(tokens::create(app, &caller, new()).await),
            Some(P::TokensEdit)
        );
        let oracle = SessionQuery {
            token: Some(TokenUid::new("A")),
            ..SessionQuery::default()
        };
        let refused = sessions::list(app, &caller, &oracle, &page()).await;
        assert_eq!(
            denied(refused),
            Some(P::DriversView),
            "a filter is no oracle"
        );
        assert_eq!(denied(stations::find(app, &caller, id).await), None);
    }
    let viewer = t.caller(&[Role::Viewer], None);
    assert_eq!(
        denied(stations::archive(app, &viewer, id).await),
        Some(P::StationsEdit)
    );
    let edit = StationEdit::default();
    assert_eq!(
        denied(stations::edit(app, &viewer, id, edit).await),
        Some(P::StationsEdit)
    );
    assert_eq!(
        denied(attempts::unclaimed(app, &viewer).await),
        Some(P::StationsEdit)
    );
    let activator = t.caller(&[Role::PaidModuleActivator], None);
    let query = StationQuery::default();
    let refused = stations::list(app, &activator, &query, &page()).await;
    assert_eq!(denied(refused), Some(P::StationsList));
    assert_eq!(denied(overview::read(app, &activator).await), None);
    let matrix = roles::matrix(app, &activator).await.unwrap();
    assert!(matrix.grants(Role::DriverManager, P::TokensEdit));
    let station = Caller::Station(id);
    assert_eq!(
        denied(stations::find(app, &station, id).await),
        Some(P::StationsList)
    );
}

#[tokio::test]
async fn a_member_of_some_sites_reaches_only_those() {
    let t = TestApp::new().await;
    let site = |name: &str| SiteEdit {
        name: Some(name.to_owned()),
        ..SiteEdit::default()
    };
    let a = sites::create(&t.app, &t.admin, site("A"))
        .await
        .unwrap()
        .site
        .id;
    let b = sites::create(&t.app, &t.admin, site("B"))
        .await
        .unwrap()
        .site
        .id;
    let here = t.station("CP-A", Some(a)).await;
    let there = t.station("CP-B", Some(b)).await;
    t.station("CP-C", None).await;
    let bo = t.caller(&[Role::Technician], Some(vec![a]));
    let (app, everything) = (&t.app, StationQuery::default());
    let listed = stations::list(app, &bo, &everything, &page())
        .await
        .unwrap();
    assert_eq!(listed.rows.len(), 1);
    assert!(stations::find(app, &bo, here).await.is_ok());
    assert!(missing(stations::find(app, &bo, there).await));
    assert!(missing(stations::archive(app, &bo, there).await));
    assert!(missing(
        logs::list(
            app,
            &bo,
            &logs::Whose::Station(there),
            &logs::LogQuery::default(),
            &page(),
        )
        .await
    ));
    assert!(missing(sites::find(app, &bo, b).await));
    assert_eq!(sites::list(app, &bo, &page()).await.unwrap().rows.len(), 1);
    assert_eq!(
        denied(sites::create(app, &bo, site("D")).await),
        Some(Permission::SitesEdit)
    );
    let away = StationEdit {
        site: Some(Some(b)),
        ..StationEdit::default()
    };
    assert!(matches!(
        stations::edit(app, &bo, here, away).await,
        Err(Error::Invalid { .. })
    ));
    let new = |site| NewStation {
        identity: "CP-D".to_owned(),
        name: None,
        site,
        password: NewPassword::None,
    };
    assert!(matches!(
        stations::create(app, &bo, new(None)).await,
        Err(Error::Invalid { .. })
    ));
    assert!(matches!(
        stations::create(app, &bo, new(Some(b))).await,
        Err(Error::Invalid { .. })
    ));
    assert!(stations::create(app, &bo, new(Some(a))).await.is_ok());
    assert_eq!(overview::read(app, &bo).await.unwrap().stations, 2);
    assert!(matches!(
        stations::create(app, &t.admin, new(None)).await,
        Err(Error::Conflict {
            code: "identity_taken",
            ..
        })
    ));
    assert!(matches!(
        sites::remove(app, &t.admin, a).await,
        Err(Error::Conflict {
            code: "site_in_use",
            ..
        })
    ));
}
