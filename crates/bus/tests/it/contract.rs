//! What holds on every bus. `one` and `other` are two nodes of one bus, or the same node twice.

use std::time::Duration;

use busbar_bus::{Bus, Missed, News, Order, RequestError};
use domain::id::{AttemptId, UserId};
use uuid::Uuid;

use crate::fixture::{PATIENCE, accepted, at, command, errand, order, reset, station, until};

pub async fn all(one: &Bus, other: &Bus) {
    news_reaches_everybody_in_order(one, other).await;
    epochs_only_grow(one, other).await;
    the_newest_connection_wins(one, other).await;
    a_late_release_removes_nothing(one, other).await;
    an_order_is_carried_and_answered(one, other).await;
    a_station_that_is_away_is_offline(one, other).await;
    no_answer_is_a_timeout(one, other).await;
    a_dropped_order_is_lost(one, other).await;
    too_many_orders_are_refused(one, other).await;
    a_connection_can_be_closed(one, other).await;
    a_lease_has_one_holder_and_a_growing_fence(one, other).await;
}

async fn news_reaches_everybody_in_order(one: &Bus, other: &Bus) {
    let mut listeners = [one.subscribe(), other.subscribe()];
    let news = |n| News::Attempt(AttemptId::from_uuid(Uuid::from_u128(n)));
    for n in 0..10 {
        one.publish(news(n)).await;
    }
    for listener in &mut listeners {
        for n in 0..10 {
            let heard = tokio::time::timeout(PATIENCE, listener.recv())
                .await
                .unwrap();
            assert_eq!(*heard.unwrap(), news(n));
        }
    }
    let revoked = News::Revoked(UserId::from_uuid(Uuid::from_u128(1)));
    one.publish(revoked.clone()).await;
    for listener in &mut listeners {
        let heard = tokio::time::timeout(PATIENCE, listener.recv())
            .await
            .unwrap();
        assert_eq!(*heard.unwrap(), revoked);
    }
    let mut slow = one.subscribe();
    for n in 0..5_000 {
        one.publish(news(n)).await;
    }
    assert_eq!(slow.recv().await.unwrap_err(), Missed::Lagged);
    assert!(
        slow.recv().await.is_ok(),
        "it goes on after what was missed"
    );
}

async fn epochs_only_grow(one: &Bus, other: &Bus) {
    let s = station(1);
    let first = one.claim(s, at(1_000_000)).await.unwrap();
    assert_eq!(first, 1_000_000);
    let second = other.claim(s, at(1_000_000)).await.unwrap();
    assert_eq!(second, first + 1);
    other.release(s, second).await;
    // The clock went back, and nobody holds it: still greater.
    assert_eq!(one.claim(s, at(5)).await.unwrap(), second + 1);
    // Epochs of our time have 13 digits; none may be lost.
    let later = one.claim(s, at(1_795_000_000_123)).await.unwrap();
    assert_eq!(later, 1_795_000_000_123);
    one.release(s, later).await;
}

async fn the_newest_connection_wins(one: &Bus, other: &Bus) {
    let s = station(2);
    let old = one.claim(s, at(10)).await.unwrap();
    let mut old_box = one.attach(s, old);
    let new = other.claim(s, at(20)).await.unwrap();
    assert!(matches!(order(&mut old_box).await, Order::Evicted));
    assert!(
        matches!(order(&mut old_box).await, Order::Evicted),
        "and stays so"
    );
    let mut new_box = other.attach(s, new);
    assert!(new_box.try_recv().is_none());
    // A claim that was overtaken before it was attached is told so at once.
    let newest = one.claim(s, at(30)).await.unwrap();
    until("the overtaken one hears of it", async || {
        matches!(new_box.try_recv(), Some(Order::Evicted))
    })
    .await;
    let mut late = other.attach(s, new);
    assert!(matches!(order(&mut late).await, Order::Evicted));
    one.release(s, newest).await;
}

async fn a_late_release_removes_nothing(one: &Bus, other: &Bus) {
    let s = station(3);
    let old = one.claim(s, at(10)).await.unwrap();
    let old_box = one.attach(s, old);
    let new = other.claim(s, at(20)).await.unwrap();
    let mut new_box = other.attach(s, new);
    one.release(s, old).await;
    drop(old_box);
    until("the newer one is still there", async || {
        one.is_online(s).await
    })
    .await;
    let asking = one.request(s, command(1), reset(), PATIENCE);
    let answering = async { errand(&mut new_box).await.reply.send(accepted()) };
    assert_eq!(tokio::join!(asking, answering).0, Ok(accepted()));
    other.release(s, new).await;
    assert!(!one.is_online(s).await);
    assert!(!other.is_online(s).await);
}

async fn an_order_is_carried_and_answered(one: &Bus, other: &Bus) {
    let s = station(4);
    let epoch = other.claim(s, at(10)).await.unwrap();
    let mut mailbox = other.attach(s, epoch);
    for n in 0..3 {
        let asking = one.request(s, command(n), reset(), PATIENCE);
        let answering = async {
            let errand = errand(&mut mailbox).await;
            assert_eq!(errand.id, command(n));
            assert_eq!(errand.command, reset());
            errand.reply.send(accepted());
        };
        assert_eq!(tokio::join!(asking, answering).0, Ok(accepted()));
    }
    other.release(s, epoch).await;
}

async fn a_station_that_is_away_is_offline(one: &Bus, other: &Bus) {
    let s = station(5);
    let ask = || one.request(s, command(1), reset(), PATIENCE);
    assert_eq!(ask().await, Err(RequestError::Offline));
    let epoch = other.claim(s, at(10)).await.unwrap();
    let mailbox = other.attach(s, epoch);
    // Its actor ended without a word.
    drop(mailbox);
    assert_eq!(ask().await, Err(RequestError::Offline));
    other.release(s, epoch).await;
    assert_eq!(ask().await, Err(RequestError::Offline));
}

async fn no_answer_is_a_timeout(one: &Bus, other: &Bus) {
    let s = station(6);
    let epoch = other.claim(s, at(10)).await.unwrap();
    let mut mailbox = other.attach(s, epoch);
    let asked = one
        .request(s, command(1), reset(), Duration::from_millis(50))
        .await;
    assert_eq!(asked, Err(RequestError::Timeout));
    // Its late answer disturbs nobody.
    errand(&mut mailbox).await.reply.send(accepted());
    other.release(s, epoch).await;
}

async fn a_dropped_order_is_lost(one: &Bus, other: &Bus) {
    let s = station(7);
    let epoch = other.claim(s, at(10)).await.unwrap();
    let mut mailbox = other.attach(s, epoch);
    let asking = one.request(s, command(1), reset(), PATIENCE);
    let dropping = async { drop(errand(&mut mailbox).await) };
    assert_eq!(tokio::join!(asking, dropping).0, Err(RequestError::Lost));
    other.release(s, epoch).await;
}

async fn too_many_orders_are_refused(one: &Bus, other: &Bus) {
    let s = station(8);
    let epoch = other.claim(s, at(10)).await.unwrap();
    let mailbox = other.attach(s, epoch);
    let asks = (0..80).map(|n| {
        let bus = one.clone();
        tokio::spawn(async move { bus.request(s, command(n), reset(), PATIENCE).await })
    });
    let asks: Vec<_> = asks.collect();
    let mut asks = asks.into_iter();
    let mut refused = 0;
    // Sixteen of eighty find no room; the others are lost with the mailbox.
    let mut waiting = Vec::new();
    until("those without room are refused", async || {
        waiting.extend(asks.by_ref());
        let mut still = Vec::new();
        for ask in waiting.drain(..) {
            if ask.is_finished() {
                assert_eq!(ask.await.unwrap(), Err(RequestError::Unavailable));
                refused += 1;
            } else {
                still.push(ask);
            }
        }
        waiting = still;
        refused == 16
    })
    .await;
    drop(mailbox);
    for ask in waiting {
        assert_eq!(ask.await.unwrap(), Err(RequestError::Lost));
    }
    other.release(s, epoch).await;
}

async fn a_connection_can_be_closed(one: &Bus, other: &Bus) {
    let s = station(9);
    one.close(s, "nobody is there").await;
    let epoch = other.claim(s, at(10)).await.unwrap();
    let mut mailbox = other.attach(s, epoch);
    one.close(s, "archived").await;
    match order(&mut mailbox).await {
        Order::Close { why } => assert_eq!(why, "archived"),
        other => panic!("not a close: {other:?}"),
    }
    other.release(s, epoch).await;
}

async fn a_lease_has_one_holder_and_a_growing_fence(one: &Bus, other: &Bus) {
    let ttl = Duration::from_secs(30);
    let first = one.lease("publisher", ttl).await.unwrap().unwrap();
    assert!(other.lease("publisher", ttl).await.unwrap().is_none());
    assert!(other.lease("another duty", ttl).await.unwrap().is_some());
    assert!(first.renew().await.unwrap());
    let fence = first.fence();
    first.give_back().await;
    let short = Duration::from_millis(30);
    let second = other.lease("publisher", short).await.unwrap().unwrap();
    assert!(second.fence() > fence);
    let mut third = None;
    until("a lease that is not renewed ends", async || {
        third = one.lease("publisher", ttl).await.unwrap();
        third.is_some()
    })
    .await;
    assert!(third.as_ref().unwrap().fence() > second.fence());
    assert!(!second.renew().await.unwrap(), "it is another's by now");
    drop(second);
    assert!(
        third.as_ref().unwrap().renew().await.unwrap(),
        "and stays another's"
    );
    drop(third);
    until("a dropped lease is free", async || {
        one.lease("publisher", ttl).await.unwrap().is_some()
    })
    .await;
}
