//! The queue of a station: one call in flight, messages in order, markers between them.

use std::time::Duration;

use futures_util::SinkExt;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message as Text;
use tracing::warn;

use super::actor::Actor;
use super::manners::{Manner, spoil};
use super::view::{Direction, Registration};
use crate::wire::{Moment, Name, Say, frame};
use crate::{Error, wire};

/// Something in the queue.
#[derive(Debug)]
pub(super) enum Item {
    /// A call to send.
    Message(Message),
    /// Tells a waiting act that all before it is done.
    Marker {
        done: oneshot::Sender<Result<(), Error>>,
        /// The act makes no sense offline.
        needs_link: bool,
    },
    /// Restart here.
    Reboot(&'static str),
}

/// A call to send.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) say: Say,
    /// Failures so far.
    pub(super) failures: u32,
    /// A deliberate repetition.
    pub(super) echo: bool,
    /// Connector a token is meant for.
    pub(super) connector: Option<u32>,
    /// Who wants the answer.
    pub(super) reply: Option<oneshot::Sender<Result<Value, Error>>>,
}

impl Message {
    pub(super) fn new(say: Say) -> Self {
        Self {
            say,
            failures: 0,
            echo: false,
            connector: None,
            reply: None,
        }
    }
}

/// The call that waits for its answer.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) id: String,
    pub(super) message: Message,
    pub(super) deadline: Instant,
}

impl Actor {
    /// Queues a message; what is worthless later is dropped when offline.
    pub(super) fn push(&mut self, say: Say) {
        if let Some(say) = self.prepare(say) {
            self.outbox.push_back(Item::Message(Message::new(say)));
        }
    }

    /// Queues messages before everything else, in their order.
    pub(super) fn push_first(&mut self, says: Vec<Say>) {
        for say in says.into_iter().rev() {
            if let Some(say) = self.prepare(say) {
                self.outbox.push_front(Item::Message(Message::new(say)));
            }
        }
    }

    /// Queues what came of an errand: before the sessions that are still to be told, after what
    /// came of it before.
    pub(super) fn push_news(&mut self, news: Vec<Item>) {
        let of_errand = |item: &Item| match item {
            Item::Reboot(_) => true,
            Item::Message(message) => {
                matches!(message.say, Say::Firmware { .. } | Say::Log { .. })
            }
            Item::Marker { .. } => false,
        };
        let at = self
            .outbox
            .iter()
            .take_while(|item| of_errand(item))
            .count();
        for (n, item) in news.into_iter().enumerate() {
            self.outbox.insert(at + n, item);
        }
    }

    /// Queues consequences of an answer: after all messages, before the marker of the act that
    /// caused them.
    pub(super) fn push_consequences(&mut self, says: Vec<Say>) {
        let last = self
            .outbox
            .iter()
            .rposition(|item| matches!(item, Item::Message(_)));
        let mut at = last.map_or(0, |last| last + 1);
        for say in says {
            if let Some(say) = self.prepare(say) {
                self.outbox.insert(at, Item::Message(Message::new(say)));
                at += 1;
            }
        }
    }

    fn prepare(&mut self, mut say: Say) -> Option<Say> {
        let offline = self.link.is_none();
        if let Say::Session(message) = &mut say {
            message.offline = offline;
            if message.moment == Moment::Started && !self.plant.version.is_v16() {
                let name = Name::Text(self.transactions.uuid().to_string());
                self.names.insert(message.session, name);
            }
        }
        (!offline || say.is_kept()).then_some(say)
    }

    /// Sends what may be sent now.
    pub(super) async fn pump(&mut self) {
        while self.in_flight.is_none() {
            if self.link.is_none() {
                return self.release_markers();
            }
            if self.hold_until.is_some() {
                return;
            }
            if !self.next_is_allowed() {
                let allowed =
                    |item: &Item| matches!(item, Item::Message(m) if m.say.precedes_acceptance());
                match self.outbox.iter().position(allowed) {
                    Some(at) => {
                        if let Some(item) = self.outbox.remove(at) {
                            self.outbox.push_front(item);
                        }
                    }
                    None => return self.release_markers(),
                }
            }
            match self.outbox.pop_front() {
                None => return,
                Some(Item::Marker { done, .. }) => {
                    self.publish();
                    let _ = done.send(Ok(()));
                }
                Some(Item::Reboot(reason)) => self.restart(reason),
                Some(Item::Message(message)) => self.send(message).await,
            }
        }
    }

    /// False when the front message must wait for acceptance; worthless ones are dropped.
    fn next_is_allowed(&mut self) -> bool {
        if !matches!(
            self.registration,
            Some(Registration::Pending | Registration::Rejected)
        ) {
            return true;
        }
        while let Some(Item::Message(message)) = self.outbox.front() {
            if message.say.precedes_acceptance() {
                return true;
            }
            if message.say.is_kept() {
                return false;
            }
            self.outbox.pop_front();
        }
        true
    }

    pub(super) fn release_markers(&mut self) {
        if !self
            .outbox
            .iter()
            .any(|item| matches!(item, Item::Marker { .. }))
        {
            return;
        }
        self.publish();
        let (markers, rest): (Vec<Item>, Vec<Item>) = self
            .outbox
            .drain(..)
            .partition(|item| matches!(item, Item::Marker { .. }));
        self.outbox.extend(rest);
        for item in markers {
            if let Item::Marker { done, needs_link } = item {
                let offline = needs_link && self.link.is_none();
                let _ = done.send(if offline { Err(Error::Offline) } else { Ok(()) });
            }
        }
    }

    async fn send(&mut self, message: Message) {
        let version = self.plant.version;
        let name = match &message.say {
            Say::Session(session) => self.names.get(&session.session),
            _ => None,
        };
        let (action, payload) = match wire::lower(version, &message.say, name) {
            Ok(lowered) => lowered,
            Err(error) => {
                warn!(station.id = %self.plan.identity, %error, "message cannot be written");
                if let Some(reply) = message.reply {
                    let _ = reply.send(Err(error));
                }
                return;
            }
        };
        let payload = spoil(&self.manners, &action, payload, self.since);
        let id = if self.manners.contains(&Manner::ReusedMessageIds) {
            "1".to_owned()
        } else {
            self.ids.uuid().to_string()
        };
        let text = frame::call(&id, &action, &payload);
        let deadline = Instant::now() + self.plan.answer_timeout;
        self.in_flight = Some(InFlight {
            id,
            message,
            deadline,
        });
        if self.manners.remove(&Manner::HalfFrame) {
            self.break_off(&text).await;
            return self.lost();
        }
        if self.manners.contains(&Manner::HalfJson) {
            let half: String = text.chars().take(text.chars().count() / 2).collect();
            self.write(half).await;
        }
        self.write(text).await;
        if self.manners.remove(&Manner::SilentDeath) {
            self.fall_silent();
        }
    }

    /// Writes a text frame; a failure is a lost connection.
    pub(super) async fn write(&mut self, text: String) {
        let Some(link) = &mut self.link else { return };
        self.shared.record(&text, Direction::Sent, self.plant.now);
        let limit = self.plan.answer_timeout.max(Duration::from_millis(1));
        let sent = tokio::time::timeout(limit, link.send(Text::text(text))).await;
        if !matches!(sent, Ok(Ok(()))) {
            self.lost();
        }
    }

    /// Writes the head and half the body of a frame, unmasked by a zero mask.
    async fn break_off(&mut self, text: &str) {
        let Some(link) = &mut self.link else { return };
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        let mut bytes = vec![0x81, 0x80 | 126];
        bytes.extend(length.to_be_bytes());
        bytes.extend([0; 4]);
        let half = text.len().min(usize::from(length)) / 2;
        bytes.extend(text.as_bytes().get(..half).unwrap_or_default());
        let stream = link.get_mut();
        let _ = stream.write_all(&bytes).await;
        let _ = stream.flush().await;
    }
}
