//! Who may come in, and which of two connections counts.

use bus::Order;
use busbar_app::connections::{self, Admission, Closing, Presented, read_basic};
use busbar_app::stations::{self, NewPassword, NewStation};
use busbar_app::testing::TestApp;
use domain::attempt::AttemptOutcome;

async fn refused(
    t: &TestApp,
    identity: &str,
    credential: Option<(&str, &[u8])>,
) -> Option<AttemptOutcome> {
    let presented = credential.map(|(user, password)| Presented {
        username: user.as_bytes(),
        password,
    });
    let admitted = connections::admit(&t.app, identity, presented, "test", "192.0.2.1").await;
    match admitted.unwrap() {
        Admission::Refused(why) => Some(why),
        Admission::Known(_) | Admission::Pending(_) => None,
    }
}

#[tokio::test]
async fn a_password_is_taken_in_every_shape_that_stations_send() {
    let t = TestApp::new().await;
    let new = |identity: &str, password| NewStation {
        identity: identity.to_owned(),
        name: None,
        site: None,
        password,
    };
    let (_, password) = stations::create(&t.app, &t.admin, new("CP-1", NewPassword::Drawn))
        .await
        .unwrap();
    let password = password.unwrap();
    let bytes = password.as_bytes();
    let hex: String = bytes.iter().map(|b| format!("{b:02X}")).collect();
    assert_eq!(refused(&t, "cp-1", Some(("CP-1", bytes))).await, None);
    assert_eq!(
        refused(&t, "CP-1", Some(("CP-1", hex.as_bytes()))).await,
        None
    );
    let lower = hex.to_lowercase();
    assert_eq!(
        refused(&t, "CP-1", Some(("CP-1", lower.as_bytes()))).await,
        None
    );

    // The operator typed the 40 hexadecimal digits; the station sends the 20 bytes they mean.
    let key = "00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff";
    let chosen = new("CP-2", NewPassword::Chosen(key.to_owned()));
    stations::create(&t.app, &t.admin, chosen).await.unwrap();
    assert_eq!(
        refused(&t, "CP-2", Some(("CP-2", &[0, 255].repeat(10)))).await,
        None
    );

    use AttemptOutcome as O;
    assert_eq!(refused(&t, "CP-1", None).await, Some(O::AuthMissing));
    assert_eq!(
        refused(&t, "CP-1", Some(("CP-2", bytes))).await,
        Some(O::UserMismatch)
    );
    assert_eq!(
        refused(&t, "CP-1", Some(("CP-1", b"wrong"))).await,
        Some(O::BadPassword)
    );
    assert_eq!(
        refused(&t, "CP-2", Some(("CP-2", bytes))).await,
        Some(O::BadPassword)
    );
    assert_eq!(refused(&t, "a:b", None).await, Some(O::IdMissing));

    let id = stations::list(
        &t.app,
        &t.admin,
        &stations::StationQuery::default(),
        &domain::page::PageRequest::default(),
    )
    .await
    .unwrap()
    .rows[0]
        .station
        .id;
    let renewed = stations::renew_password(&t.app, &t.admin, id)
        .await
        .unwrap();
    assert_eq!(
        refused(&t, "CP-1", Some(("CP-1", bytes))).await,
        Some(O::BadPassword)
    );
    assert_eq!(
        refused(&t, "CP-1", Some(("CP-1", renewed.as_bytes()))).await,
        None
    );
    stations::archive(&t.app, &t.admin, id).await.unwrap();
    assert_eq!(
        refused(&t, "CP-1", Some(("CP-1", renewed.as_bytes()))).await,
        Some(O::Blocked)
    );
}

#[tokio::test]
async fn the_newest_connection_wins_and_the_late_end_of_the_old_one_changes_nothing() {
    let t = TestApp::new().await;
    let mut old = t.booted("CP-1", None).await;
    let mut mailbox = old.take_mailbox().unwrap();
    let new = t.connect("CP-1").await;
    assert!(new.epoch() > old.epoch());
    assert!(matches!(mailbox.recv().await, Order::Evicted));
    let id = new.id();
    connections::close(&t.app, old, Closing::Evicted).await;
    let online = async || {
        stations::find(&t.app, &t.admin, id)
            .await
            .unwrap()
            .station
            .online
    };
    assert!(online().await);
    connections::close(&t.app, new, Closing::ByStation).await;
    assert!(!online().await);
    let finding = stations::find(&t.app, &t.admin, id).await.unwrap().finding;
    assert_eq!(finding.unwrap().code, "offline");
}

#[test]
fn basic_credentials_are_bytes_and_split_at_the_first_colon() {
    assert_eq!(
        read_basic(b"Basic Q1A6YTpi"),
        Some((b"CP".to_vec(), b"a:b".to_vec()))
    );
    assert_eq!(read_basic(b"Bearer abc"), None);
    assert_eq!(read_basic(b"Basic !!!"), None);
    assert_eq!(read_basic(b"Bas"), None);
}
