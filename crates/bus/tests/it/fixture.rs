//! Names and values for the tests of the bus.

use std::time::Duration;

use busbar_bus::{Bus, Errand, Mailbox, Order, RedisOptions};
use chrono::DateTime;
use domain::clock::Moment;
use domain::command::{Command, CommandState, Outcome, ResetKind};
use domain::id::{CommandId, NodeId, StationId};
use uuid::Uuid;

pub const PATIENCE: Duration = Duration::from_secs(10);

pub fn station(n: u128) -> StationId {
    StationId::from_uuid(Uuid::from_u128(n))
}

pub fn command(n: u128) -> CommandId {
    CommandId::from_uuid(Uuid::from_u128(n))
}

pub fn node() -> NodeId {
    NodeId::from_uuid(Uuid::new_v4())
}

pub fn at(ms: i64) -> Moment {
    DateTime::from_timestamp_millis(ms).unwrap()
}

pub fn reset() -> Command {
    Command::Reset {
        kind: ResetKind::Hard,
        evse: None,
    }
}

pub fn accepted() -> Outcome {
    Outcome {
        state: CommandState::Accepted,
        answer: Some(r#"{"status":"Accepted"}"#.to_owned()),
        error: None,
        variables: Vec::new(),
        written: Vec::new(),
    }
}

/// The next order, in bounded time.
pub async fn order(mailbox: &mut Mailbox) -> Order {
    tokio::time::timeout(PATIENCE, mailbox.recv())
        .await
        .expect("an order in time")
}

/// The next order, which must be a command.
pub async fn errand(mailbox: &mut Mailbox) -> Errand {
    match order(mailbox).await {
        Order::Command(errand) => *errand,
        other => panic!("not a command: {other:?}"),
    }
}

pub fn redis_url() -> String {
    std::env::var("BUSBAR_TEST_REDIS").expect(
        "BUSBAR_TEST_REDIS is not set: give the address of a Redis server for tests, \
         such as redis://127.0.0.1:6379",
    )
}

/// A prefix nobody else uses.
pub fn prefix() -> String {
    format!("busbar-test-{}", Uuid::new_v4().simple())
}

/// Claims live this long in tests, so that the death of a node is seen soon.
pub const CLAIM_TTL: Duration = Duration::from_millis(900);

pub async fn redis_node(url: &str, prefix: &str) -> Bus {
    let options = RedisOptions {
        claim_ttl: CLAIM_TTL,
    };
    Bus::redis_with(url, node(), prefix, options).await.unwrap()
}

/// Looks again until it holds, in bounded time.
pub async fn until<F: AsyncFnMut() -> bool>(what: &str, mut holds: F) {
    let looked = tokio::time::timeout(PATIENCE, async {
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        while !holds().await {
            beat.tick().await;
        }
    });
    assert!(looked.await.is_ok(), "it never came true: {what}");
}
