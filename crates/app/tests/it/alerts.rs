//! Alerts that others in the program raise, and what people and the next look make of them.

use busbar_app::alerts::{self, AlertQuery};
use busbar_app::jobs;
use busbar_app::testing::TestApp;
use chrono::TimeDelta;
use domain::alert::rule::Place;
use domain::alert::{Act, AlertKind, AlertState, Object};
use domain::page::PageRequest;

async fn all(t: &TestApp) -> Vec<domain::alert::Alert> {
    let page = PageRequest {
        limit: 10,
        cursor: None,
    };
    let found = alerts::list(&t.app, &t.admin, &AlertQuery::default(), &page).await;
    found
        .unwrap()
        .rows
        .into_iter()
        .map(|row| row.alert)
        .collect()
}

#[tokio::test]
async fn what_is_raised_twice_is_one_alert_that_came_twice() {
    let t = TestApp::new().await;
    let station = t.station("CP-1", None).await;
    let place = Place {
        org: t.org,
        site: None,
        station: Some(station),
    };
    let raise = || {
        alerts::raise(
            &t.app,
            place,
            AlertKind::LoadLimit,
            Object::Station(station),
        )
    };
    raise().await.unwrap();
    assert!(all(&t).await.is_empty(), "no rule is about it yet");
    jobs::look_at_fleet(&t.app).await;
    raise().await.unwrap();
    t.clock.advance(TimeDelta::seconds(1));
    raise().await.unwrap();
    let open = all(&t).await;
    assert_eq!((open.len(), open[0].count), (1, 2));
    // Nothing says that it is over, so no look ends it; whoever resolves it does.
    jobs::look_at_fleet(&t.app).await;
    assert_eq!(all(&t).await, open);
    let resolve = Act::Resolve { by: None };
    let over = alerts::act(&t.app, &t.admin, open[0].id, resolve).await;
    assert_eq!(over.unwrap().alert.state, AlertState::Resolved);
    t.clock.advance(TimeDelta::seconds(1));
    raise().await.unwrap();
    let again = all(&t).await;
    assert_eq!((again.len(), again[0].previous), (2, Some(open[0].id)));
}
