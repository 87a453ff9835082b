//! One station that does again what it did.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite;

use super::mend::Mend;
use super::script::{Answer, Asked, Message, Script, Sent, Step};
use super::{Difference, ReplayPlan, Replayed};
use crate::Error;
use crate::station::link::{self, Link};
use crate::wire::Version;
use crate::wire::frame::{self, Parsed};

/// How often one message is sent again after its connection was lost.
const TRIES: usize = 3;

/// When what happens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    began: Instant,
    first: DateTime<Utc>,
    speed: Option<f64>,
}

impl Pace {
    /// From now on; `first` is the time of the first frame.
    pub(super) fn new(first: DateTime<Utc>, speed: Option<f64>) -> Self {
        Self {
            began: Instant::now(),
            first,
            speed,
        }
    }

    fn due(&self, at: DateTime<Utc>) -> Instant {
        let since = (at - self.first).to_std().unwrap_or_default();
        let wait = self.speed.map_or(Duration::ZERO, |speed| {
            Duration::try_from_secs_f64(since.as_secs_f64() / speed).unwrap_or(Duration::MAX)
        });
        self.began.checked_add(wait).unwrap_or(self.began)
    }
}

/// A station.
pub(super) struct Player {
    plan: Arc<ReplayPlan>,
    version: Version,
    link: Option<Link>,
    mend: Mend,
    script: Script,
    told: Replayed,
}

impl Player {
    pub(super) fn new(
        plan: Arc<ReplayPlan>,
        identity: String,
        version: Version,
        shift: TimeDelta,
    ) -> Self {
        Self {
            plan,
            version,
            link: None,
            mend: Mend::new(shift),
            script: Script::default(),
            told: Replayed {
                identity,
                version: version.to_string(),
                sent: 0,
                answered: 0,
                asked: 0,
                hidden: 0,
                reconnects: 0,
                differences: Vec::new(),
                failed: None,
            },
        }
    }

    /// Does everything of `script` in order, each thing not before its time.
    pub(super) async fn play(mut self, mut script: Script, pace: Pace) -> Replayed {
        self.told.hidden = script.hidden;
        let steps = std::mem::take(&mut script.steps);
        self.script = script;
        for step in steps {
            if let Err(error) = self.step(step, pace).await {
                self.told.failed = Some(words(&error));
                break;
            }
        }
        if let Some(link) = &mut self.link {
            // The other side may have gone first.
            let _gone = link.close(None).await;
        }
        self.told
    }

    async fn step(&mut self, step: Step, pace: Pace) -> Result<(), Error> {
        self.open().await?;
        self.listen_until(pace.due(step.at)).await;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.send(&step).await {
                Err(Error::Offline | Error::Socket(_)) if tries < TRIES => {
                    self.link = None;
                    self.told.reconnects += 1;
                    self.open().await?;
                }
                done => return done,
            }
        }
    }

    async fn open(&mut self) -> Result<(), Error> {
        if self.link.is_none() {
            let (plan, identity) = (&self.plan, &self.told.identity);
            let password = plan.passwords.of(identity);
            self.link = Some(link::open(&plan.url, identity, self.version, password).await?);
        }
        Ok(())
    }

    /// Answers the server until `end`. A connection that is lost is opened again by whoever sends.
    async fn listen_until(&mut self, end: Instant) {
        let listening = async { while self.hear().await.is_ok() {} };
        if timeout_at(end, listening).await.is_ok() {
            self.link = None;
            self.told.reconnects += 1;
            tokio::time::sleep_until(end).await;
        }
    }

    async fn send(&mut self, step: &Step) -> Result<(), Error> {
        self.open().await?;
        match &step.sent {
            Sent::Unreadable(text) => self.say(text.clone()).await?,
            Sent::Send(message) => {
                let payload = self.mend.mend(&message.payload);
                let text = frame::send(&message.id, &message.action, &payload);
                self.say(text).await?;
            }
            Sent::Call(message, logged) => {
                let payload = self.mend.mend(&message.payload);
                let text = frame::call(&message.id, &message.action, &payload);
                self.say(text).await?;
                let answer = self.answer_to(message).await?;
                self.told.answered += 1;
                self.compare(step.at, message, logged.as_ref(), &answer);
            }
        }
        self.told.sent += 1;
        Ok(())
    }

    async fn answer_to(&mut self, message: &Message) -> Result<Answer, Error> {
        let patience = self.plan.patience;
        let waiting = async {
            loop {
                match self.hear().await? {
                    Parsed::Result { id, payload } if id == message.id => {
                        return Ok(Answer::Result(payload));
                    }
                    Parsed::Error { id, code, .. } if id == message.id => {
                        return Ok(Answer::Error(code));
                    }
                    _ => {}
                }
            }
        };
        timeout(patience, waiting)
            .await
            .map_err(|_| Error::Timeout {
                what: format!("the answer to {} {}", message.action, message.id),
            })?
    }

    fn compare(
        &mut self,
        at: DateTime<Utc>,
        message: &Message,
        logged: Option<&Answer>,
        now: &Answer,
    ) {
        let Some(logged) = logged else { return };
        if let (Answer::Result(logged), Answer::Result(now)) = (logged, now) {
            self.mend.learn(logged, now);
        }
        if logged.gist() != now.gist() {
            self.told.differences.push(Difference {
                at,
                action: message.action.clone(),
                message_id: message.id.clone(),
                logged: logged.gist(),
                now: now.gist(),
            });
        }
    }

    /// The next frame; a call of the server is answered as the log has it.
    async fn hear(&mut self) -> Result<Parsed, Error> {
        let link = self.link.as_mut().ok_or(Error::Offline)?;
        let text = match link.next().await {
            Some(Ok(tungstenite::Message::Text(text))) => text,
            Some(Ok(tungstenite::Message::Close(_))) | None => return Err(Error::Offline),
            Some(Ok(_)) => return Ok(Parsed::Other),
            Some(Err(error)) => return Err(error.into()),
        };
        let heard = frame::parse(text.as_str());
        if let Parsed::Call {
            id,
            action,
            payload,
        } = &heard
        {
            self.told.asked += 1;
            let answer = self.answer(id, action, payload);
            self.say(answer).await?;
        }
        Ok(heard)
    }

    /// How the station answered this call the last time, then the time after that; the last answer
    /// stands for all that follow.
    fn answer(&mut self, id: &str, action: &str, now: &Value) -> String {
        let Some(answers) = self.script.asked.get_mut(action) else {
            return frame::error(id, "NotImplemented", "the log has no answer to this");
        };
        let last = answers.len() == 1;
        let asked = if last {
            answers.front().cloned()
        } else {
            answers.pop_front()
        };
        let Some(Asked { call, answer }) = asked else {
            return frame::error(id, "NotImplemented", "the log has no answer to this");
        };
        if let Some(call) = call {
            self.mend.learn(&call, now);
        }
        match answer {
            Answer::Result(payload) => frame::result(id, &self.mend.mend(&payload.to_string())),
            Answer::Error(code) => frame::error(id, &code, ""),
        }
    }

    async fn say(&mut self, text: String) -> Result<(), Error> {
        let link = self.link.as_mut().ok_or(Error::Offline)?;
        Ok(link.send(tungstenite::Message::text(text)).await?)
    }
}

/// An error with its causes.
fn words(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
