//! What one node knows in memory: the connections it holds, and who listens to news.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::clock::Moment;
use domain::id::StationId;
use tokio::sync::broadcast;

use crate::mailbox::{Errand, Mailbox, Order, Slot, Unposted};
use crate::news::{Item, News, Subscription};

/// News that a slow listener may be behind before it misses some.
const BACKLOG: usize = 4_096;

#[derive(Debug, Default)]
struct Seat {
    /// The newest epoch known here, held by whomever.
    newest: i64,
    /// The connection of this node.
    held: Option<(i64, Arc<Slot>)>,
}

#[derive(Debug)]
pub(crate) struct Desk {
    seats: Mutex<HashMap<StationId, Seat>>,
    news: broadcast::Sender<Item>,
}

impl Desk {
    pub fn new() -> Self {
        Self {
            seats: Mutex::default(),
            news: broadcast::Sender::new(BACKLOG),
        }
    }

    fn seats(&self) -> MutexGuard<'_, HashMap<StationId, Seat>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn tell(&self, news: News) {
        // Without listeners there is nobody to tell.
        let _ = self.news.send(Item::News(Arc::new(news)));
    }

    pub fn tell_of_gap(&self) {
        let _ = self.news.send(Item::Gap);
    }

    pub fn subscribe(&self) -> Subscription {
        Subscription(self.news.subscribe())
    }

    /// The next epoch when this node is alone, and the eviction of whom it replaces.
    pub fn claim_next(&self, station: StationId, now: Moment) -> i64 {
        let newest = self.seats().get(&station).map_or(0, |seat| seat.newest);
        let epoch = now.timestamp_millis().max(newest + 1);
        self.superseded(station, epoch);
        epoch
    }

    /// Somebody claimed `station` with `epoch`: an older connection of this node ends.
    pub fn superseded(&self, station: StationId, epoch: i64) {
        let evicted = {
            let mut seats = self.seats();
            let seat = seats.entry(station).or_default();
            seat.newest = seat.newest.max(epoch);
            match &seat.held {
                Some((held, _)) if *held < epoch => seat.held.take(),
                _ => None,
            }
        };
        if let Some((_, slot)) = evicted {
            slot.evict();
        }
    }

    pub fn attach(&self, station: StationId, epoch: i64) -> Mailbox {
        let slot = Arc::new(Slot::default());
        let evicted = {
            let mut seats = self.seats();
            let seat = seats.entry(station).or_default();
            if epoch < seat.newest {
                Some((epoch, slot.clone()))
            } else {
                seat.newest = epoch;
                seat.held.replace((epoch, slot.clone()))
            }
        };
        if let Some((_, old)) = evicted {
            old.evict();
        }
        Mailbox(slot)
    }

    pub fn release(&self, station: StationId, epoch: i64) {
        if let Some(seat) = self.seats().get_mut(&station)
            && seat.held.as_ref().is_some_and(|(held, _)| *held == epoch)
        {
            seat.held = None;
        }
    }

    fn slot(&self, station: StationId) -> Option<Arc<Slot>> {
        let seats = self.seats();
        let (_, slot) = seats.get(&station)?.held.as_ref()?;
        slot.is_open().then(|| slot.clone())
    }

    pub fn holds(&self, station: StationId) -> bool {
        self.slot(station).is_some()
    }

    /// Every connection of this node, to be asserted again.
    pub fn held(&self) -> Vec<(StationId, i64)> {
        self.seats()
            .iter()
            .filter_map(|(station, seat)| {
                let (epoch, slot) = seat.held.as_ref()?;
                slot.is_open().then_some((*station, *epoch))
            })
            .collect()
    }

    pub fn deliver(&self, station: StationId, errand: Box<Errand>) -> Result<(), Unposted> {
        self.slot(station)
            .ok_or(Unposted::Closed)?
            .post(Order::Command(errand))
    }

    pub fn close(&self, station: StationId, why: String) -> bool {
        self.slot(station)
            .is_some_and(|slot| slot.post(Order::Close { why }).is_ok())
    }
}
