//! A lean station: one socket, one call in flight, polite answers to the server.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::LoadPlan;
use crate::Error;
use crate::charging::Template;
use crate::random::Dice;
use crate::station::link::{self, Link};
use crate::wire::frame::{self, Parsed};
use crate::wire::{self, Name, Say};

/// Requests a lean station accepts with a bare status.
const ACCEPTED: [&str; 9] = [
    "Reset",
    "ChangeAvailability",
    "ClearCache",
    "TriggerMessage",
    "RemoteStartTransaction",
    "RemoteStopTransaction",
    "RequestStartTransaction",
    "RequestStopTransaction",
    "ChangeConfiguration",
];

/// A lean station.
pub(super) struct Client {
    pub(super) plan: Arc<LoadPlan>,
    pub(super) identity: String,
    link: Option<Link>,
    ids: Dice,
}

impl Client {
    /// Connects and boots until accepted.
    pub(super) async fn boot(plan: Arc<LoadPlan>, n: usize) -> Result<Self, Error> {
        let identity = plan.identity(n);
        let process = u64::from(std::process::id());
        let ids = Dice::new(process, &identity, "message-ids");
        let mut client = Self {
            plan,
            identity,
            link: None,
            ids,
        };
        loop {
            match client.enrol().await {
                Ok(true) => return Ok(client),
                Ok(false) => tokio::time::sleep(Duration::from_secs(1)).await,
                // A refusal will not change; a full queue of connections will.
                Err(error @ (Error::Refused { .. } | Error::Url { .. } | Error::NoSubprotocol)) => {
                    return Err(error);
                }
                Err(_) => {
                    client.link = None;
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }

    async fn enrol(&mut self) -> Result<bool, Error> {
        self.open().await?;
        let say = Say::Boot {
            reason: "PowerUp",
            plate: Box::new(Template::ac22()),
            serial: format!("BP-{}", self.identity).chars().take(25).collect(),
        };
        let answer = self.tell(&say, None).await?;
        Ok(answer.get("status").and_then(Value::as_str) == Some("Accepted"))
    }

    pub(super) async fn open(&mut self) -> Result<(), Error> {
        if self.link.is_none() {
            let plan = &self.plan;
            let password = plan.passwords.of(&self.identity);
            let link = link::open(&plan.url, &self.identity, plan.version, password).await?;
            self.link = Some(link);
        }
        Ok(())
    }

    pub(super) fn is_open(&self) -> bool {
        self.link.is_some()
    }

    /// Sends a message and waits for its answer.
    pub(super) async fn tell(&mut self, say: &Say, name: Option<&Name>) -> Result<Value, Error> {
        let (action, payload) = wire::lower(self.plan.version, say, name)?;
        let id = self.ids.uuid().to_string();
        let text = frame::call(&id, &action, &payload);
        let patience = self.plan.patience;
        let exchange = self.exchange(&id, text);
        match tokio::time::timeout(patience, exchange).await {
            Ok(Err(error)) if !matches!(error, Error::Answered { .. }) => {
                self.link = None;
                Err(error)
            }
            Ok(answer) => answer,
            Err(_) => {
                self.link = None;
                Err(Error::Timeout {
                    what: "an answer".into(),
                })
            }
        }
    }

    async fn exchange(&mut self, wanted: &str, text: String) -> Result<Value, Error> {
        let link = self.link.as_mut().ok_or(Error::Offline)?;
        link.send(Message::text(text)).await?;
        loop {
            match next(link).await? {
                Parsed::Result { id, payload } if id == wanted => return Ok(payload),
                Parsed::Error { id, code, text } if id == wanted => {
                    return Err(Error::Answered { code, text });
                }
                Parsed::Call { id, action, .. } => answer(link, &id, &action).await?,
                _ => {}
            }
        }
    }

    /// Reads and answers until `end`; false when the connection broke off before.
    pub(super) async fn idle_until(&mut self, end: Instant) -> bool {
        let Some(link) = &mut self.link else {
            return false;
        };
        let reading = async {
            loop {
                match next(link).await {
                    Ok(Parsed::Call { id, action, .. }) => {
                        if answer(link, &id, &action).await.is_err() {
                            return;
                        }
                    }
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        };
        tokio::time::timeout_at(end, reading).await.is_err()
    }
}

async fn next(link: &mut Link) -> Result<Parsed, Error> {
    loop {
        match link.next().await {
            Some(Ok(Message::Text(text))) => return Ok(frame::parse(text.as_str())),
            Some(Ok(Message::Close(_))) | None => return Err(Error::Offline),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.into()),
        }
    }
}

async fn answer(link: &mut Link, id: &str, action: &str) -> Result<(), Error> {
    let text = if ACCEPTED.contains(&action) {
        frame::result(id, r#"{"status":"Accepted"}"#)
    } else {
        frame::error(id, "NotImplemented", "a load station does not do that")
    };
    Ok(link.send(Message::text(text)).await?)
}
