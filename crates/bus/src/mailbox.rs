//! The mailbox of one connection: orders wait in it until the station's actor takes them.
//! Small when empty, because every idle station has one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::command::{Command, Outcome};
use domain::id::CommandId;
use tokio::sync::{Notify, oneshot};

/// The most orders that wait for one station.
const MOST: usize = 64;

/// A command on its way to the station.
#[derive(Debug)]
pub struct Errand {
    /// The row of the command.
    pub id: CommandId,
    /// What to do.
    pub command: Command,
    /// Where the outcome goes.
    pub reply: Reply,
}

/// Where an outcome goes: a wake-up for whoever waits. Dropped without a word it says that the
/// connection was lost.
#[derive(Debug)]
pub struct Reply(oneshot::Sender<Outcome>);

impl Reply {
    pub(crate) fn pair() -> (Self, oneshot::Receiver<Outcome>) {
        let (sender, receiver) = oneshot::channel();
        (Self(sender), receiver)
    }

    /// Tells the outcome; nobody may be waiting any more.
    pub fn send(self, outcome: Outcome) {
        let _ = self.0.send(outcome);
    }
}

/// What the holder of a connection is told.
#[derive(Debug)]
pub enum Order {
    /// Send a command.
    Command(Box<Errand>),
    /// A newer connection of the station took over: close, and write nothing any more.
    Evicted,
    /// Close the connection.
    Close {
        /// Why, for the log and the close frame.
        why: String,
    },
}

#[derive(Debug, Default)]
struct Inside {
    waiting: VecDeque<Order>,
    evicted: bool,
    closed: bool,
}

/// The side of the mailbox that takes orders in.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    inner: Mutex<Inside>,
    bell: Notify,
}

/// Why an order was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unposted {
    Closed,
    Full,
}

impl Slot {
    fn inner(&self) -> MutexGuard<'_, Inside> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn post(&self, order: Order) -> Result<(), Unposted> {
        {
            let mut inner = self.inner();
            if inner.closed || inner.evicted {
                return Err(Unposted::Closed);
            }
            if inner.waiting.len() >= MOST {
                return Err(Unposted::Full);
            }
            inner.waiting.push_back(order);
        }
        self.bell.notify_one();
        Ok(())
    }

    /// Eviction overtakes whatever waits; that is dropped, and its senders hear of the loss.
    pub fn evict(&self) {
        let dropped = {
            let mut inner = self.inner();
            inner.evicted = true;
            std::mem::take(&mut inner.waiting)
        };
        drop(dropped);
        self.bell.notify_one();
    }

    pub fn is_open(&self) -> bool {
        let inner = self.inner();
        !inner.closed && !inner.evicted
    }
}

/// Where the orders to one connection arrive.
#[derive(Debug)]
pub struct Mailbox(pub(crate) Arc<Slot>);

impl Mailbox {
    /// The next order. Nothing is lost when the future is dropped. After an eviction it only ever
    /// says that.
    pub async fn recv(&mut self) -> Order {
        loop {
            if let Some(order) = self.try_recv() {
                return order;
            }
            self.0.bell.notified().await;
        }
    }

    /// The next order, if one waits.
    pub fn try_recv(&mut self) -> Option<Order> {
        let mut inner = self.0.inner();
        if inner.evicted {
            return Some(Order::Evicted);
        }
        let order = inner.waiting.pop_front();
        if inner.waiting.is_empty() {
            inner.waiting = VecDeque::new();
        }
        order
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let dropped = {
            let mut inner = self.0.inner();
            inner.closed = true;
            std::mem::take(&mut inner.waiting)
        };
        drop(dropped);
    }
}
