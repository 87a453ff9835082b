//! What the database refuses for its value, here by a rule of its own: it is answered, so that the
//! station does not say it for ever; its frame is kept, and the station's page says so.

use busbar_app::ingest::Failure;
use busbar_app::logs::{self, LogQuery};
use busbar_app::stations;
use busbar_app::testing::TestApp;
use domain::message::{Boot, Message, Reply};
use domain::page::PageRequest;
use domain::station::Hardware;
use domain::token::VerdictWord;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

use crate::told::{ago, sessions_of, start};

async fn rule(t: &TestApp, sql: &str) -> DatabaseConnection {
    let url = format!("sqlite://{}", t.directory().join("test.db").display());
    let database = Database::connect(&url).await.unwrap();
    database.execute_unprepared(sql).await.unwrap();
    database
}

#[tokio::test]
async fn what_cannot_be_stored_is_answered_and_its_frame_is_kept() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let station = link.id();
    let odd = "BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'odd'); END";
    rule(&t, &format!("CREATE TRIGGER odd {odd}")).await;
    let told = || start(1, "A", ago(&t, 60), 0);
    let Reply::Transaction { number, verdict } = t.say(&mut link, told()).await.unwrap() else {
        panic!("another answer");
    };
    assert!(number.is_some_and(|n| n > 0));
    assert_eq!(verdict.map(|v| v.word), Some(VerdictWord::Unknown));
    assert!(sessions_of(&t, station).await.is_empty());
    let page = PageRequest {
        limit: 200,
        cursor: None,
    };
    let query = LogQuery::default();
    let log = logs::list(&t.app, &t.admin, station, &query, &page).await;
    let log = log.unwrap().rows;
    let parked = log.iter().filter(|view| {
        let mut found = view.row.deviations.iter();
        found.any(|d| d.code == "not_stored")
    });
    assert_eq!(parked.count(), 1);
    let counted = stations::deviations(&t.app, &t.admin, station).await;
    assert!(counted.unwrap().iter().any(|d| d.code == "not_stored"));

    // The connection goes on, with a session that can be stored.
    rule(&t, "DROP TRIGGER odd").await;
    t.say(&mut link, told()).await.unwrap();
    assert_eq!(sessions_of(&t, station).await.len(), 1);
}

/// What bills nothing may be refused: the station can say it again.
#[tokio::test]
async fn a_boot_that_cannot_be_stored_is_refused() {
    let t = TestApp::new().await;
    let mut link = t.booted("CP-1", None).await;
    let odd = "BEFORE UPDATE ON stations BEGIN SELECT RAISE(ABORT, 'odd'); END";
    rule(&t, &format!("CREATE TRIGGER odd {odd}")).await;
    let boot = Message::Boot(Boot {
        hardware: Hardware::default(),
        reason: None,
    });
    assert_eq!(t.say(&mut link, boot).await, Err(Failure::Broken));
}
