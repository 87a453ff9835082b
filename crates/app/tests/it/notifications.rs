//! Notifications: of the organisation in which one works, and secrets for those who are still owners.

use busbar_app::testing::TestApp;
use busbar_app::{Error, notifications};
use domain::id::{NotificationId, OrgId, StationId};
use domain::notification::{Matter, Notification};
use domain::page::PageRequest;
use store::{Lane, Store};

#[tokio::test]
async fn what_one_is_told_is_of_the_organisation_in_which_one_works() {
    let t = TestApp::new().await;
    let user = t.admin.member().unwrap().user;
    let told = |org: OrgId| Notification {
        id: NotificationId::from_uuid(t.app.draw()),
        user,
        org,
        site: None,
        station: Some(StationId::from_uuid(t.app.draw())),
        matter: Matter::LockPuk,
        sealed: Some("sealed".to_owned()),
        at: t.app.now(),
        acknowledged_at: None,
    };
    let own = told(t.org);
    let elsewhere = told(OrgId::from_uuid(t.app.draw()));
    let file = t.directory().join("test.db");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let store = Store::open(&url, store::Options::default()).await.unwrap();
    let both = [own.clone(), elsewhere.clone()];
    let written = store.write(Lane::Instance, move |work| {
        let both = both.clone();
        Box::pin(async move {
            for one in &both {
                work.notify(one).await?;
            }
            Ok(())
        })
    });
    written.await.unwrap();
    let page = PageRequest {
        limit: 50,
        cursor: None,
    };
    let seen = notifications::list(&t.app, &t.admin, true, &page).await;
    let seen: Vec<_> = seen
        .unwrap()
        .rows
        .iter()
        .map(|r| r.notification.id)
        .collect();
    assert_eq!(seen, [own.id]);
    assert_eq!(notifications::unseen(&t.app, &t.admin).await.unwrap(), 1);
    // Neither a PUK of another organisation is told, nor one of a station that is not theirs.
    for id in [elsewhere.id, own.id] {
        let refused = notifications::acknowledge(&t.app, &t.admin, id).await;
        assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
    }
    assert_eq!(notifications::unseen(&t.app, &t.admin).await.unwrap(), 1);
}
