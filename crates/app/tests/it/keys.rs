//! API keys: never more than their maker at that moment, and over at once.

use busbar_app::keys::{self, NewKey};
use busbar_app::testing::TestApp;
use busbar_app::tokens::{self, NewToken};
use busbar_app::{Error, live, me, stations};
use chrono::TimeDelta;
use domain::page::PageRequest;
use domain::role::{Caller, Permission, PermissionSet, Role};
use domain::token::{TokenKind, TokenUid};

fn set(permissions: &[Permission]) -> PermissionSet {
    permissions.iter().copied().collect()
}

fn new(t: &TestApp, permissions: &[Permission]) -> NewKey {
    NewKey {
        name: "Reports".to_owned(),
        permissions: set(permissions),
        expires_at: t.app.now() + TimeDelta::days(30),
    }
}

fn problems<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Vec<String> {
    match outcome {
        Err(Error::Invalid { problems }) => problems.into_iter().map(|p| p.pointer).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_and_no_more_than_its_maker() {
    let t = TestApp::new().await;
    let (app, id) = (&t.app, t.station("CP-1", None).await);
    let wanted = [Permission::StationsList, Permission::DriversView];
    let (row, text) = keys::create(app, &t.admin, new(&t, &wanted)).await.unwrap();
    assert!(text.starts_with("bsb_") && !row.hash.contains(&text[4..]));
    let key = keys::caller(app, &text).await.unwrap().unwrap();
    assert!(stations::find(app, &key, id).await.is_ok());
    assert!(busbar_app::driver_data(app, &key).is_some());
    let refused = stations::archive(app, &key, id).await;
    assert!(matches!(refused, Err(Error::Denied { .. })));
    let made = keys::create(app, &key, new(&t, &wanted[..1])).await;
    assert!(matches!(made, Err(Error::Denied { .. })));
    // Its maker loses rights, and with that the key, at once.
    let user = t.admin.member().unwrap().user;
    let org = t.org;
    t.join(user, org, &[Role::Technician]).await;
    let key = keys::caller(app, &text).await.unwrap().unwrap();
    assert!(stations::find(app, &key, id).await.is_ok());
    assert!(busbar_app::driver_data(app, &key).is_none());
    t.enrol(user, org, &[]).await;
    assert!(keys::caller(app, &text).await.unwrap().is_none());
}

#[tokio::test]
async fn a_key_that_may_not_know_drivers_changes_no_token_of_theirs() {
    let t = TestApp::new().await;
    let app = &t.app;
    let wanted = [Permission::TokensEdit];
    let (_, text) = keys::create(app, &t.admin, new(&t, &wanted)).await.unwrap();
    let key = keys::caller(app, &text).await.unwrap().unwrap();
    let token = || NewToken {
        uid: TokenUid::new("04A1B2C3"),
        kind: TokenKind::Iso14443,
        label: None,
        group: None,
        expires_at: None,
    };
    let refused = tokens::create(app, &key, token()).await;
    assert!(matches!(refused, Err(Error::Denied { .. })), "{refused:?}");
    // Nothing was made, and another try tells no difference.
    let made = tokens::create(app, &t.admin, token()).await.unwrap();
    let refused = tokens::create(app, &key, token()).await;
    assert!(matches!(refused, Err(Error::Denied { .. })), "{refused:?}");
    let removed = tokens::remove(app, &key, made.id).await;
    assert!(matches!(removed, Err(Error::Denied { .. })), "{removed:?}");
}

#[tokio::test]
async fn a_key_always_ends_and_its_streams_with_it() {
    let t = TestApp::new().await;
    let app = &t.app;
    let wanted = [Permission::StationsList];
    let (row, text) = keys::create(app, &t.admin, new(&t, &wanted)).await.unwrap();
    let key = keys::caller(app, &text).await.unwrap().unwrap();
    let topics = [live::Topic::Station];
    let open = async |caller: &Caller| match live::subscribe(app, caller, &topics, None).await {
        Ok(live::Subscribed::Stream(stream)) => stream,
        _ => panic!("no stream"),
    };
    let mut stream = open(&key).await;
    t.clock.advance(TimeDelta::seconds(10));
    t.station("CP-1", None).await;
    busbar_app::jobs::publish_outbox(app).await.unwrap();
    assert_eq!(stream.next().await.unwrap().name, "station.edited");
    let read = keys::list(app, &t.admin, &PageRequest::default())
        .await
        .unwrap();
    assert!(read.rows[0].used_at.is_some());
    keys::remove(app, &t.admin, row.id).await.unwrap();
    assert!(stream.next().await.is_none());
    assert!(keys::caller(app, &text).await.unwrap().is_none());
    assert!(matches!(
        keys::remove(app, &t.admin, row.id).await,
        Err(Error::NotFound)
    ));
    let (_, text) = keys::create(app, &t.admin, new(&t, &wanted)).await.unwrap();
    t.clock.advance(TimeDelta::minutes(11));
    let late = keys::create(app, &t.admin, new(&t, &wanted)).await;
    assert!(matches!(
        late,
        Err(Error::Denied {
            why: "step_up_needed",
            ..
        })
    ));
    t.clock.advance(TimeDelta::days(30));
    assert!(keys::caller(app, &text).await.unwrap().is_none());
}

#[tokio::test]
async fn what_a_key_cannot_be_is_told() {
    let t = TestApp::new().await;
    let app = &t.app;
    let made = |new: NewKey| keys::create(app, &t.admin, new);
    let mut wrong = new(&t, &[]);
    wrong.name = "  ".to_owned();
    wrong.expires_at = t.app.now();
    let expected = ["/name", "/permissions", "/expires_at"];
    assert_eq!(problems(made(wrong).await), expected);
    let operator = new(&t, &[Permission::SystemManage]);
    assert_eq!(problems(made(operator).await), ["/permissions"]);
    let mut late = new(&t, &[Permission::StationsList]);
    late.expires_at = t.app.now() + TimeDelta::days(400);
    assert_eq!(problems(made(late).await), ["/expires_at"]);
    for text in ["", "bsb_", "bsb_nothing", "nothing"] {
        assert!(keys::caller(app, text).await.unwrap().is_none(), "{text}");
    }
    // A key is not asked who it is in words of a person's account.
    let (_, text) = made(new(&t, &[Permission::StationsList])).await.unwrap();
    let key = keys::caller(app, &text).await.unwrap().unwrap();
    let told = me::describe(app, &key).await.unwrap();
    assert_eq!(told.permissions, set(&[Permission::StationsList]));
    let role = t.caller(&[Role::Technician], None);
    let refused = keys::create(app, &role, new(&t, &[Permission::StationsList])).await;
    assert!(matches!(refused, Err(Error::Denied { .. })));
}
