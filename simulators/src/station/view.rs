//! What others may see of a station: its frames, its state, the calls it received.

use std::sync::Mutex;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::sync::watch;

use crate::wire::Status;

/// Which way a frame went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the station.
    Sent,
    /// From the server.
    Received,
}

/// A frame as it went over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its text.
    pub text: String,
    /// Which way it went.
    pub direction: Direction,
    /// The station's simulated clock at that moment.
    pub at: DateTime<Utc>,
}

/// A call received from the server.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedCall {
    /// Message id.
    pub id: String,
    /// Action.
    pub action: String,
    /// Payload.
    pub payload: Value,
}

/// Answer to a BootNotification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Welcome.
    Accepted,
    /// Wait, and answer questions.
    Pending,
    /// Go away, try later.
    Rejected,
}

/// State of a station, as of its last step.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// A connection is open.
    pub online: bool,
    /// Last answer to a boot; none before the first.
    pub registration: Option<Registration>,
    /// Simulated time.
    pub now: DateTime<Utc>,
    /// Connectors in order.
    pub connectors: Vec<ConnectorView>,
    /// Messages that wait to be sent.
    pub queued: usize,
    /// Status word of the last answer to a token.
    pub last_authorization: Option<String>,
    /// The firmware that it runs.
    pub firmware: String,
    /// CALLERRORs received in answer to our calls.
    pub call_errors: usize,
}

impl View {
    /// A connector by number, from 1.
    #[must_use]
    pub fn connector(&self, number: u32) -> Option<&ConnectorView> {
        self.connectors.iter().find(|c| c.number == number)
    }
}

/// State of one connector.
#[derive(Debug, Clone)]
pub struct ConnectorView {
    /// Number, from 1.
    pub number: u32,
    /// State.
    pub status: Status,
    /// A vehicle is on the cable.
    pub plugged: bool,
    /// A started session waits for the cable.
    pub awaiting_cable: bool,
    /// Running session.
    pub session: Option<SessionView>,
    /// Import register in watt-hours.
    pub register_wh: i64,
    /// Power in watts.
    pub watts: u32,
    /// Limit in watts, when a profile speaks.
    pub limit_w: Option<u32>,
    /// State of charge in percent.
    pub soc_percent: Option<u8>,
}

/// A running session.
#[derive(Debug, Clone)]
pub struct SessionView {
    /// Token uid.
    pub uid: String,
    /// The wire's name, once known.
    pub transaction: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Energy so far in watt-hours.
    pub energy_wh: i64,
}

/// What the station's task and its handles share.
#[derive(Debug)]
pub(super) struct Shared {
    keep_frames: bool,
    frames: Mutex<Vec<Frame>>,
    calls: Mutex<Vec<ReceivedCall>>,
    view: watch::Sender<View>,
}

impl Shared {
    pub(super) fn new(keep_frames: bool) -> Self {
        Self {
            keep_frames,
            frames: Mutex::default(),
            calls: Mutex::default(),
            view: watch::Sender::new(View::default()),
        }
    }

    pub(super) fn record(&self, text: &str, direction: Direction, at: DateTime<Utc>) {
        if self.keep_frames {
            lock(&self.frames).push(Frame {
                text: text.to_owned(),
                direction,
                at,
            });
        }
    }

    pub(super) fn received(&self, call: ReceivedCall) {
        if self.keep_frames {
            lock(&self.calls).push(call);
        }
    }

    pub(super) fn publish(&self, view: View) {
        self.view.send_replace(view);
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<View> {
        self.view.subscribe()
    }

    pub(super) fn view(&self) -> View {
        self.view.borrow().clone()
    }

    pub(super) fn frames(&self) -> Vec<Frame> {
        lock(&self.frames).clone()
    }

    /// Takes the oldest call of this action that nobody has taken yet.
    pub(super) fn take_call(&self, action: &str) -> Option<ReceivedCall> {
        let mut calls = lock(&self.calls);
        let at = calls.iter().position(|call| call.action == action)?;
        Some(calls.remove(at))
    }
}

/// A lock whose holder panicked still guards whole values here: pushes and clones only.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
