//! Several nodes on one database: one that says nothing any more is given up.

use busbar_app::testing::TestApp;
use busbar_app::{jobs, stations};
use chrono::TimeDelta;
use domain::event::Change;
use domain::id::{NodeId, StationId};
use store::{Lane, Store};

/// Another node, as far as the database shows it.
struct Other {
    store: Store,
    node: NodeId,
}

impl Other {
    async fn of(t: &TestApp) -> Self {
        let url = format!("sqlite://{}", t.directory().join("test.db").display());
        let store = Store::open(&url, store::Options::default()).await.unwrap();
        let node = NodeId::from_uuid(t.app.draw());
        let at = t.app.now();
        let begun = store.write(Lane::Instance, move |work| {
            Box::pin(async move { work.node_back(node, at).await })
        });
        begun.await.unwrap();
        Self { store, node }
    }

    async fn connect(&self, t: &TestApp, station: StationId) {
        let (node, at) = (self.node, t.app.now());
        let connected = self.store.write(Lane::Station(station), move |work| {
            Box::pin(async move { work.connected(station, 50, node, "ocpp", at).await })
        });
        assert!(connected.await.unwrap());
    }

    /// False when it was given up.
    async fn seen(&self, t: &TestApp) -> bool {
        let (node, at) = (self.node, t.app.now());
        let seen = self.store.write(Lane::Instance, move |work| {
            Box::pin(async move { work.node_seen(node, at).await })
        });
        seen.await.unwrap()
    }

    /// How many facts of this kind there are.
    async fn facts(&self, change: &Change) -> usize {
        let facts = self.store.read.events_since(0, 1_000).await.unwrap();
        facts
            .iter()
            .filter(|(_, fact)| fact.change == *change)
            .count()
    }
}

async fn online(t: &TestApp, station: StationId) -> bool {
    let view = stations::find(&t.app, &t.admin, station).await.unwrap();
    assert_eq!(view.station.online, view.station.connected_since.is_some());
    view.station.online
}

async fn later(t: &TestApp, seconds: i64) {
    t.clock.advance(TimeDelta::seconds(seconds));
    jobs::beat(&t.app).await;
    jobs::publish_outbox(&t.app).await.unwrap();
}

#[tokio::test]
async fn stations_of_a_node_that_died_are_away_and_those_of_the_others_are_not() {
    let t = TestApp::new().await;
    let mine = t.booted("CP-1", None).await;
    let theirs = t.station("CP-2", None).await;
    let other = Other::of(&t).await;
    other.connect(&t, theirs).await;
    for _ in 0..3 {
        later(&t, 20).await;
        assert!(other.seen(&t).await);
    }
    assert!(online(&t, theirs).await);
    later(&t, 20).await;
    assert!(online(&t, theirs).await, "it can be late");
    later(&t, 20).await;
    assert!(!online(&t, theirs).await);
    assert!(online(&t, mine.id()).await);
    assert_eq!(other.facts(&Change::StationDisconnected).await, 1);
    later(&t, 60).await;
    assert_eq!(other.facts(&Change::StationDisconnected).await, 1);
}

/// A process that stood still for a minute has lost no connection.
#[tokio::test]
async fn a_node_that_was_held_up_finds_its_stations_again() {
    let t = TestApp::new().await;
    let held = t.booted("CP-1", None).await;
    let gone = t.booted("CP-2", None).await;
    jobs::beat(&t.app).await;
    let other = Other::of(&t).await;
    t.clock.advance(TimeDelta::seconds(60));
    assert!(other.seen(&t).await);
    let (node, before) = (t.app.node(), t.app.now() - TimeDelta::seconds(30));
    let given_up = other.store.write(Lane::Instance, move |work| {
        Box::pin(async move { work.node_given_up(node, before).await })
    });
    assert!(given_up.await.unwrap());
    assert!(!online(&t, held.id()).await);
    // One of them hung up while nobody heard.
    let lost = gone.id();
    busbar_app::connections::close(&t.app, gone, busbar_app::connections::Closing::Silent).await;
    jobs::publish_outbox(&t.app).await.unwrap();
    let connected = other.facts(&Change::StationConnected).await;
    later(&t, 1).await;
    assert!(online(&t, held.id()).await);
    assert!(!online(&t, lost).await);
    assert_eq!(other.facts(&Change::StationConnected).await, connected + 1);
}
