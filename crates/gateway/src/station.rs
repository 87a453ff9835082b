//! The actor of one connection. It waits for one of a closed list of inputs, deals with it, and
//! waits again: what the station says is answered in the order of arrival, and at most one call of
//! ours is outstanding.

use std::sync::Arc;
use std::time::Instant;

use app::App;
use app::StationLink;
use app::connections::Closing;
use bus::{Mailbox, Order};
use ocpp::dialect::Dialect;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::asking::Job;
use crate::calls::Calls;
use crate::listener::Shared;
use crate::requested::Requested;
use crate::settings::Settings;
use crate::socket::{Incoming, Socket, Unwritten, code};

/// Everything that can happen to a connection.
enum Input {
    /// A text frame.
    Text(Utf8Bytes),
    /// A sign of life without content.
    Life,
    /// The connection is over, one way or another.
    Over(Ending),
    /// From the bus.
    Order(Order),
    /// Time for a ping, or over for a call.
    Tick,
    /// The process ends.
    Shutdown,
}

/// Why and how a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    pub closing: Closing,
    /// The code and words of our close frame; none when the peer is gone or has closed.
    pub frame: Option<(u16, String)>,
}

impl Ending {
    fn by_station() -> Self {
        Self {
            closing: Closing::ByStation,
            frame: None,
        }
    }

    pub fn by_us(code: u16, why: &str) -> Self {
        Self {
            closing: Closing::ByUs,
            frame: Some((code, why.to_owned())),
        }
    }

    pub fn fault(why: &str) -> Self {
        Self::by_us(code::FAULT, why)
    }
}

impl From<Unwritten> for Ending {
    fn from(unwritten: Unwritten) -> Self {
        Self {
            closing: match unwritten {
                Unwritten::Stuck => Closing::Silent,
                Unwritten::Gone => Closing::ByStation,
            },
            frame: None,
        }
    }
}

/// Unreadable frames that leave a row, in one stretch of time.
const UNREADABLE_ROWS: u32 = 20;
/// That stretch.
const STRETCH_S: u64 = 60;

/// Keeps a flood of rubbish from becoming a flood of rows.
struct Budget {
    since: Instant,
    spent: u32,
}

/// One connection.
pub(crate) struct Station<'a> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) link: &'a mut StationLink,
    pub(crate) socket: &'a mut Socket,
    pub(crate) dialect: Dialect,
    mailbox: Option<Mailbox>,
    closing: watch::Receiver<bool>,
    pub(crate) calls: Calls<Box<Job>>,
    pub(crate) requested: Requested,
    /// The number of the next request that is answered by later reports.
    pub(crate) request_number: i32,
    budget: Budget,
    /// The last sign of life, and the next ping.
    heard: Instant,
    ping: Instant,
}

impl<'a> Station<'a> {
    pub fn new(
        shared: &Arc<Shared>,
        link: &'a mut StationLink,
        socket: &'a mut Socket,
        dialect: Dialect,
    ) -> Self {
        let now = Instant::now();
        // Numbers of two connections of a station should not meet: a late report would be taken
        // for an answer to the newer request.
        let seconds = (link.epoch() / 1_000) & 0x3fff_ffff;
        Self {
            mailbox: link.take_mailbox(),
            closing: shared.closing.subscribe(),
            shared: shared.clone(),
            link,
            socket,
            dialect,
            calls: Calls::new(),
            requested: Requested::default(),
            request_number: i32::try_from(seconds).unwrap_or(0) + 1,
            budget: Budget {
                since: now,
                spent: 0,
            },
            heard: now,
            ping: now + shared.settings.ping_interval,
        }
    }

    pub(crate) fn app(&self) -> &App {
        &self.shared.app
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// Serves the connection to its end.
    pub async fn run(&mut self) -> Ending {
        loop {
            let input = self.wait().await;
            if let Err(ending) = Box::pin(self.take(input)).await {
                return ending;
            }
        }
    }

    async fn wait(&mut self) -> Input {
        let deadline = self.calls.deadline();
        let wake = deadline.map_or(self.ping, |deadline| deadline.min(self.ping));
        let mailbox = &mut self.mailbox;
        tokio::select! {
            incoming = self.socket.next() => match incoming {
                Incoming::Text(text) => Input::Text(text),
                Incoming::Life => Input::Life,
                Incoming::Binary => {
                    Input::Over(Ending::by_us(code::NOT_TEXT, "OCPP-J is written in text frames"))
                }
                Incoming::Closed => Input::Over(Ending::by_station()),
                Incoming::Broken(code, why) => Input::Over(Ending::by_us(code, why)),
            },
            order = async {
                match mailbox {
                    Some(mailbox) => mailbox.recv().await,
                    None => std::future::pending().await,
                }
            } => Input::Order(order),
            () = tokio::time::sleep_until(wake.into()) => Input::Tick,
            _ = self.closing.wait_for(|closing| *closing) => Input::Shutdown,
        }
    }

    async fn take(&mut self, input: Input) -> Result<(), Ending> {
        match input {
            Input::Text(text) => {
                self.heard = Instant::now();
                self.hear(&text).await?;
            }
            Input::Life => self.heard = Instant::now(),
            Input::Over(ending) => {
                if let Some((code, why)) = &ending.frame {
                    self.note_broken(*code, why).await;
                }
                return Err(ending);
            }
            Input::Order(Order::Command(errand)) => self.accept(*errand).await?,
            Input::Order(Order::Evicted) => {
                return Err(Ending {
                    closing: Closing::Evicted,
                    frame: Some((code::POLICY, "replaced by a newer connection".to_owned())),
                });
            }
            Input::Order(Order::Close { why }) => {
                return Err(Ending::by_us(code::POLICY, &why));
            }
            Input::Tick => self.tick().await?,
            Input::Shutdown => return Err(Ending::by_us(code::RESTART, "service restart")),
        }
        self.send_next().await
    }

    async fn tick(&mut self) -> Result<(), Ending> {
        let now = Instant::now();
        if let Some(job) = self.calls.expired(now) {
            self.give_up(job).await;
        }
        if self.ping > now {
            return Ok(());
        }
        let every = self.settings().ping_interval;
        // Two pings in a row brought nothing back, and nothing else came either.
        if now.duration_since(self.heard) >= every * 2 {
            return Err(Ending {
                closing: Closing::Silent,
                frame: None,
            });
        }
        self.ping = now + every;
        Ok(self.socket.ping().await?)
    }

    /// Whether one more unreadable frame may leave a row.
    pub(crate) fn may_note(&mut self) -> bool {
        let now = Instant::now();
        if now.duration_since(self.budget.since).as_secs() >= STRETCH_S {
            if self.budget.spent > UNREADABLE_ROWS {
                let more = self.budget.spent - UNREADABLE_ROWS;
                tracing::warn!(station.id = %self.link.id(), frames.dropped = more, "unreadable frames were not kept");
            }
            self.budget = Budget {
                since: now,
                spent: 0,
            };
        }
        self.budget.spent = self.budget.spent.saturating_add(1);
        self.budget.spent <= UNREADABLE_ROWS
    }
}
