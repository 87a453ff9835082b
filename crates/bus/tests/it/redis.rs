//! The bus over Redis: the same contract, and what only several nodes can show.

use busbar_bus::{Bus, Error, Health, Missed, Order, RequestError};

use crate::contract;
use crate::fixture::{
    PATIENCE, accepted, at, command, errand, node, order, prefix, redis_node, redis_url, reset,
    station, until,
};
use crate::proxy::Proxy;

#[tokio::test]
async fn the_contract_holds_on_one_redis_node() {
    let bus = redis_node(&redis_url(), &prefix()).await;
    assert_eq!(bus.health(), Health::Connected);
    contract::all(&bus, &bus.clone()).await;
}

#[tokio::test]
async fn the_contract_holds_between_two_redis_nodes() {
    let (url, prefix) = (redis_url(), prefix());
    let one = redis_node(&url, &prefix).await;
    let other = redis_node(&url, &prefix).await;
    contract::all(&one, &other).await;
}

#[tokio::test]
async fn installations_on_one_server_do_not_meet() {
    let url = redis_url();
    let one = redis_node(&url, &prefix()).await;
    let stranger = redis_node(&url, &prefix()).await;
    let epoch = one.claim(station(1), at(10)).await.unwrap();
    let _mailbox = one.attach(station(1), epoch);
    assert!(!stranger.is_online(station(1)).await);
}

#[tokio::test]
async fn claims_live_as_long_as_their_node_and_no_longer() {
    let (url, prefix) = (redis_url(), prefix());
    let one = redis_node(&url, &prefix).await;
    let dies = redis_node(&url, &prefix).await;
    let mine = one.claim(station(1), at(10)).await.unwrap();
    let _mine = one.attach(station(1), mine);
    let theirs = dies.claim(station(2), at(10)).await.unwrap();
    let _theirs = dies.attach(station(2), theirs);
    assert!(one.is_online(station(2)).await);
    drop(dies);
    until("the claim of a dead node ends", async || {
        !one.is_online(station(2)).await
    })
    .await;
    // By then the claims of the living were renewed more than once.
    let watcher = redis_node(&url, &prefix).await;
    assert!(watcher.is_online(station(1)).await);
    let again = one.claim(station(2), at(1)).await.unwrap();
    assert!(again > theirs, "the epoch outlives its node");
}

#[tokio::test]
async fn a_lost_server_leaves_the_stations_of_a_node_alone() {
    let (url, prefix) = (redis_url(), prefix());
    let host = url
        .trim_start_matches("redis://")
        .trim_end_matches('/')
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    let proxy = Proxy::to(host).await;
    let cut_off = redis_node(&format!("redis://{}", proxy.addr), &prefix).await;
    let far = redis_node(&url, &prefix).await;
    let epoch = cut_off.claim(station(1), at(10)).await.unwrap();
    let mut mailbox = cut_off.attach(station(1), epoch);
    let theirs = far.claim(station(2), at(10)).await.unwrap();
    let mut their_mailbox = far.attach(station(2), theirs);
    let moved = cut_off.claim(station(3), at(10)).await.unwrap();
    let mut moved_mailbox = cut_off.attach(station(3), moved);
    let mut news = cut_off.subscribe();

    proxy.cut();
    until("the loss is seen", async || {
        cut_off.health() == Health::Away
    })
    .await;
    // Its own station still gets its orders.
    let asking = cut_off.request(station(1), command(1), reset(), PATIENCE);
    let answering = async { errand(&mut mailbox).await.reply.send(accepted()) };
    assert_eq!(tokio::join!(asking, answering).0, Ok(accepted()));
    // What needs the others says so.
    let away = cut_off
        .request(station(2), command(2), reset(), PATIENCE)
        .await;
    assert_eq!(away, Err(RequestError::Unavailable));
    let refused = cut_off.claim(station(4), at(10)).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))));
    // A station moves to another node; the eviction cannot be heard.
    far.claim(station(3), at(20)).await.unwrap();
    assert!(moved_mailbox.try_recv().is_none());

    proxy.mend();
    until("the node comes back", async || {
        cut_off.health() == Health::Connected
    })
    .await;
    assert!(matches!(order(&mut moved_mailbox).await, Order::Evicted));
    let gap = tokio::time::timeout(PATIENCE, news.recv()).await.unwrap();
    assert_eq!(gap.unwrap_err(), Missed::Lagged, "listeners read again");
    until("orders reach the others again", async || {
        let asking = cut_off.request(station(2), command(2), reset(), PATIENCE);
        let answering = async { errand(&mut their_mailbox).await.reply.send(accepted()) };
        tokio::select! {
            asked = asking => asked == Ok(accepted()),
            () = async { answering.await; std::future::pending().await } => false,
        }
    })
    .await;
    until("its claims are known again", async || {
        far.is_online(station(1)).await
    })
    .await;
}

#[tokio::test]
async fn an_address_that_nobody_answers_is_told() {
    let bad = Bus::redis("no address at all", node(), "p").await;
    assert!(matches!(bad, Err(Error::Address(_))));
    let nobody = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let away = Bus::redis(&format!("redis://{nobody}"), node(), "p").await;
    assert!(matches!(away, Err(Error::Unavailable(_))));
}
