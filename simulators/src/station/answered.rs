//! What a station makes of frames: answers to its calls, and calls of the server.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{self, Message as Text};
use tracing::warn;

use super::actor::Actor;
use super::manners::Manner;
use super::obey::{Then, obey};
use super::outbox::{Item, Message};
use super::settings::{HEARTBEAT_INTERVAL, Taking};
use super::view::{Direction, ReceivedCall, Registration};
use crate::wire::frame::{self, Parsed};
use crate::wire::{Moment, Name, Reply, Say, StopReason, Transaction, Trigger};
use crate::{Error, wire};

impl Actor {
    /// A frame, or the end of the connection.
    pub(super) async fn heard(
        &mut self,
        frame: Option<Result<tungstenite::Message, tungstenite::Error>>,
    ) {
        match frame {
            Some(Ok(Text::Text(text))) => {
                self.shared
                    .record(text.as_str(), Direction::Received, self.plant.now);
                match frame::parse(text.as_str()) {
                    Parsed::Call {
                        id,
                        action,
                        payload,
                    } => {
                        self.called(id, action, payload, text.len()).await;
                    }
                    Parsed::Result { id, payload } => self.answered(&id, payload),
                    Parsed::Error { id, code, text } if self.awaits(&id) => {
                        self.call_errors += 1;
                        self.failed(Error::Answered { code, text });
                    }
                    Parsed::Error { .. } | Parsed::Other => {}
                }
            }
            Some(Ok(Text::Close(_)) | Err(_)) | None => self.lost(),
            Some(Ok(_)) => {}
        }
    }

    fn awaits(&self, id: &str) -> bool {
        self.in_flight.as_ref().is_some_and(|f| f.id == id)
    }

    async fn called(&mut self, id: String, action: String, payload: Value, bytes: usize) {
        if self.manners.contains(&Manner::Unanswering) {
            return;
        }
        let all = asks_for_all(&action, &payload);
        if all && self.manners.contains(&Manner::CrashesOnFullRead) {
            self.restart("Watchdog");
            self.shared.received(ReceivedCall {
                id,
                action,
                payload,
            });
            return;
        }
        if let Some(why) = self.too_much(&action, &payload, bytes) {
            let code = if self.plant.version.is_v16() {
                "OccurenceConstraintViolation"
            } else {
                "OccurrenceConstraintViolation"
            };
            self.write(frame::error(&id, code, &why)).await;
            self.shared.received(ReceivedCall {
                id,
                action,
                payload,
            });
            return;
        }
        self.plant.taking = Taking {
            declines: self.manners.contains(&Manner::DeclinesSettings),
            later: self.manners.contains(&Manner::TakesLater),
        };
        let version = self.plant.version;
        let ask = wire::lift(version, &action, &payload);
        let names = &self.names;
        let session_of = |wanted: &str| {
            names
                .iter()
                .find(|(_, name)| name.to_string() == wanted)
                .map(|(key, _)| *key)
        };
        let name_of = |key: u64| names.get(&key).map(Name::to_string);
        let (reply, then) = obey(&mut self.plant, &self.manners, ask, session_of, name_of);
        let text = match reply {
            Reply::Error { code, text } => frame::error(&id, code, &text),
            reply => match wire::lower_reply(version, &action, &reply) {
                Ok(payload) => frame::result(&id, &payload),
                Err(error) => frame::error(&id, "InternalError", &error.to_string()),
            },
        };
        match self.manners.contains(&Manner::HoldingAnswers) {
            true => self.held.push(text),
            false => self.write(text).await,
        }
        let written = matches!(action.as_str(), "ChangeConfiguration" | "SetVariables");
        if written && self.manners.remove(&Manner::RebootsBetweenKeys) {
            self.restart("Watchdog");
        }
        self.follow(then);
        self.shared.received(ReceivedCall {
            id,
            action,
            payload,
        });
    }

    /// Why a message about settings is more than the station takes.
    fn too_much(&self, action: &str, payload: &Value, bytes: usize) -> Option<String> {
        let bounds = self.plan.bounds?;
        let list = match action {
            "GetVariables" => "getVariableData",
            "SetVariables" => "setVariableData",
            "GetConfiguration" => "key",
            _ => return None,
        };
        let items = payload
            .get(list)
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        if items > bounds.items {
            return Some(format!("{items} items where {} are taken", bounds.items));
        }
        let long = !self.plant.version.is_v16() && bytes > bounds.bytes;
        long.then(|| format!("{bytes} bytes where {} are taken", bounds.bytes))
    }

    fn follow(&mut self, then: Vec<Then>) {
        let pace = self.plan.pace;
        let mut delay = Duration::ZERO;
        for step in then {
            match step {
                Then::Say(say) => self.schedule(delay, Item::Message(Message::new(say))),
                Then::Reboot(reason) => {
                    delay += pace;
                    self.schedule(delay, Item::Reboot(reason));
                }
                Then::Boot => self.boot("Triggered"),
                Then::SetOut(errand) => self.set_out(errand),
            }
        }
    }

    fn schedule(&mut self, delay: Duration, item: Item) {
        match item {
            item if !delay.is_zero() => self.later.push((Instant::now() + delay, item)),
            Item::Message(message) => self.push(message.say),
            other => self.outbox.push_back(other),
        }
    }

    fn answered(&mut self, id: &str, payload: Value) {
        if !self.awaits(id) {
            return;
        }
        let Some(in_flight) = self.in_flight.take() else {
            return;
        };
        let mut message = in_flight.message;
        if let Some(reply) = message.reply.take() {
            let _ = reply.send(Ok(payload));
            return;
        }
        match &message.say {
            Say::Boot { reason, .. } => self.registered(reason, &payload),
            Say::Authorize { uid } => {
                let status = status_of(&payload);
                self.last_authorization = Some(status.clone());
                if status == "Accepted" {
                    let says = self.authorized(message.connector, uid);
                    self.push_consequences(says);
                }
            }
            Say::Session(session) if !message.echo => {
                let session = session.clone();
                self.session_told(&session, &payload);
            }
            _ => {}
        }
    }

    fn registered(&mut self, reason: &'static str, payload: &Value) {
        let seconds = payload.get("interval").and_then(Value::as_i64).unwrap_or(0);
        let registration = match payload.get("status").and_then(Value::as_str) {
            Some("Accepted") => Registration::Accepted,
            Some("Pending") => Registration::Pending,
            _ => Registration::Rejected,
        };
        self.registration = Some(registration);
        if registration == Registration::Accepted {
            if seconds > 0 {
                self.plant
                    .settings
                    .put(HEARTBEAT_INTERVAL, &seconds.to_string());
            }
            self.plant.restart_heartbeat();
            let says = self.plant.all_statuses();
            self.push_first(says);
        } else {
            let wait = if seconds > 0 {
                Duration::from_secs(seconds.unsigned_abs())
            } else {
                self.plan.retry_after
            };
            self.boot_at = Some((Instant::now() + wait, reason));
        }
    }

    /// The server knows of a session message.
    fn session_told(&mut self, told: &Transaction, payload: &Value) {
        if told.moment == Moment::Ended {
            self.names.remove(&told.session);
            return;
        }
        let number = payload.get("transactionId").and_then(Value::as_i64);
        if let (Some(number), true) = (number, self.plant.version.is_v16()) {
            self.names.insert(told.session, Name::Number(number));
        }
        if told.moment == Moment::Started && self.manners.contains(&Manner::DuplicateStart) {
            let say = Say::Session(Box::new(told.clone()));
            let echo = Message {
                echo: true,
                ..Message::new(say)
            };
            self.outbox.push_front(Item::Message(echo));
        }
        let status = status_of(payload);
        if status.is_empty() || status == "Accepted" {
            return;
        }
        // The token is not accepted: 1.6 section 4.8, StopTransactionOnInvalidId; 2.x E05.
        let running = self
            .plant
            .connectors
            .iter()
            .position(|c| c.session.as_ref().is_some_and(|s| s.key == told.session));
        if let Some(index) = running {
            let says = self
                .plant
                .stop(index, StopReason::DeAuthorized, Trigger::Deauthorized);
            self.push_consequences(says);
        }
    }

    /// A call got no answer, or an error: session messages are tried again, each time later.
    pub(super) fn failed(&mut self, error: Error) {
        let Some(in_flight) = self.in_flight.take() else {
            return;
        };
        let mut message = in_flight.message;
        if let Some(reply) = message.reply.take() {
            let _ = reply.send(Err(error));
            return;
        }
        if let Say::Boot { reason, .. } = message.say {
            self.boot_at = Some((Instant::now() + self.plan.retry_after, reason));
            return;
        }
        if let Say::Authorize { .. } = message.say {
            self.last_authorization = Some("Invalid".into());
        }
        message.failures += 1;
        if !message.say.is_kept() || message.echo {
            return;
        }
        if message.failures >= self.plan.retries {
            warn!(station.id = %self.plan.identity, %error, "a session message was given up");
            return;
        }
        self.hold_until = Some(Instant::now() + self.plan.retry_after * message.failures);
        self.outbox.push_front(Item::Message(message));
    }
}

/// Whether a call asks for all settings at once.
fn asks_for_all(action: &str, payload: &Value) -> bool {
    match action {
        "GetBaseReport" => true,
        "GetConfiguration" => payload
            .get("key")
            .and_then(Value::as_array)
            .is_none_or(Vec::is_empty),
        _ => false,
    }
}

/// Status word about the token in an answer; empty when it says nothing.
fn status_of(payload: &Value) -> String {
    let info = payload
        .get("idTagInfo")
        .or_else(|| payload.get("idTokenInfo"));
    let status = info
        .and_then(|info| info.get("status"))
        .and_then(Value::as_str);
    status.unwrap_or_default().to_owned()
}
