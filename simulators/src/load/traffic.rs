//! What a load station sends: sessions, each message only after the last was acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use serde_json::Value;
use tokio::time::Instant;

use super::client::Client;
use super::{AckLog, Acknowledged};
use crate::Error;
use crate::charging::Reading;
use crate::random::Dice;
use crate::wire::{ChargingState, Context, Moment, Name, Say, StopReason, Transaction, Trigger};

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// One session a station, then MeterValues only (2.x: MeterValues outside any session).
    MeterValues,
    /// Sessions of a start, four samples and a stop, one after another.
    Transactions,
}

/// Messages of a session in [`Mix::Transactions`].
const SESSION: i64 = 6;

/// What one station counted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) latencies_us: Vec<u32>,
    pub(super) call_errors: u64,
}

/// The story a station tells: each step is later, and its register higher, than the last.
struct Story {
    mix: Mix,
    v16: bool,
    uid: String,
    session: u64,
    seq: i64,
    at: DateTime<Utc>,
    register_wh: i64,
    name: Option<Name>,
    ids: Dice,
}

impl Story {
    fn new(client: &Client, mix: Mix) -> Self {
        let now = Utc::now().trunc_subsecs(0);
        let salt = now.timestamp().unsigned_abs();
        Self {
            mix,
            v16: client.plan.version.is_v16(),
            uid: client.plan.token.clone(),
            session: 0,
            seq: 0,
            at: now,
            register_wh: 1_000,
            name: None,
            ids: Dice::new(salt, &client.identity, "load-sessions"),
        }
    }

    fn reading(&self) -> Reading {
        Reading {
            at: self.at,
            register_wh: self.register_wh,
            watts: 11_040,
            current_ma: [16_000; 3],
            phases: 3,
            voltage_dv: 2_301,
            soc_percent: None,
            offered_ma: 32_000,
        }
    }

    /// The present step.
    fn say(&mut self) -> Say {
        let reading = self.reading();
        if self.mix == Mix::MeterValues && !self.v16 {
            return Say::Meter {
                connector: 1,
                reading,
                context: Context::Periodic,
            };
        }
        let moment = match self.seq {
            0 => Moment::Started,
            n if self.mix == Mix::Transactions && n == SESSION - 1 => Moment::Ended,
            _ => Moment::Updated,
        };
        if moment == Moment::Started && !self.v16 && self.name.is_none() {
            self.name = Some(Name::Text(self.ids.uuid().to_string()));
        }
        let ended = moment == Moment::Ended;
        Say::Session(Box::new(Transaction {
            session: self.session,
            seq: self.seq,
            moment,
            connector: 1,
            uid: (moment != Moment::Updated).then(|| self.uid.clone()),
            reading,
            trigger: match moment {
                Moment::Started => Trigger::Authorized,
                Moment::Updated => Trigger::MeterValuePeriodic,
                Moment::Ended => Trigger::StopAuthorized,
            },
            charging: ChargingState::Charging,
            reason: ended.then_some(StopReason::Local),
            remote_start_id: None,
            offline: false,
        }))
    }

    /// The present step was acknowledged.
    fn learn(&mut self, payload: &Value) {
        if let (true, Some(number)) = (
            self.v16,
            payload.get("transactionId").and_then(Value::as_i64),
        ) {
            self.name = Some(Name::Number(number));
        }
    }

    fn key(&self, station: &str) -> Acknowledged {
        let kind = match (self.v16, self.mix, self.seq) {
            (true, _, 0) => "StartTransaction",
            (true, Mix::Transactions, n) if n == SESSION - 1 => "StopTransaction",
            (true, ..) | (false, Mix::MeterValues, _) => "MeterValues",
            (false, _, 0) => "TransactionEvent.Started",
            (false, _, n) if n == SESSION - 1 => "TransactionEvent.Ended",
            (false, ..) => "TransactionEvent.Updated",
        };
        Acknowledged {
            station: station.to_owned(),
            transaction: self.name.as_ref().map(Name::to_string).unwrap_or_default(),
            kind: kind.to_owned(),
            seq: self.seq,
            timestamp: self.at.to_rfc3339_opts(SecondsFormat::Secs, true),
            register_wh: self.register_wh,
        }
    }

    /// Goes on to the next step.
    fn turn(&mut self) {
        self.at += chrono::Duration::seconds(1);
        self.register_wh += 3;
        self.seq += 1;
        if self.mix == Mix::Transactions && self.seq == SESSION {
            self.seq = 0;
            self.session += 1;
            self.name = None;
        }
    }
}

/// Sends until `end`; a lost connection is opened again if the plan says so, and the message that
/// had no answer is repeated with the same content.
pub(super) async fn send(
    mut client: Client,
    mix: Mix,
    end: Instant,
    log: Option<Arc<AckLog>>,
    lost: Arc<AtomicU64>,
) -> Tally {
    let mut tally = Tally::default();
    let mut story = Story::new(&client, mix);
    let mut wait = Duration::from_millis(50);
    while Instant::now() < end {
        if !client.is_open() {
            if client.open().await.is_err() {
                tokio::time::sleep_until((Instant::now() + wait).min(end)).await;
                wait = (wait * 2).min(Duration::from_secs(2));
                continue;
            }
            wait = Duration::from_millis(50);
        }
        let say = story.say();
        let began = Instant::now();
        let told = tokio::time::timeout_at(end, client.tell(&say, story.name.as_ref())).await;
        match told {
            // Time is up: whether this one was taken, nobody has told us.
            Err(_) => break,
            Ok(Ok(payload)) => {
                let took = began.elapsed().as_micros();
                tally
                    .latencies_us
                    .push(u32::try_from(took).unwrap_or(u32::MAX));
                story.learn(&payload);
                let noted = log
                    .as_ref()
                    .map_or(Ok(()), |log| log.note(&story.key(&client.identity)));
                if let Err(error) = noted {
                    tracing::error!(%error, "the log of acknowledgements has ended");
                    break;
                }
                story.turn();
            }
            Ok(Err(Error::Answered { .. })) => {
                tally.call_errors += 1;
                // An error answer is no acknowledgement: the same again, a little later.
                tokio::time::sleep_until((Instant::now() + wait).min(end)).await;
            }
            Ok(Err(_)) => {
                lost.fetch_add(1, Ordering::Relaxed);
                if !client.plan.reconnect {
                    break;
                }
            }
        }
    }
    tally
}
