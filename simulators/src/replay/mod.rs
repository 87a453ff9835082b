//! Stations that do again what a log says they did, against a server of one's choice: the way to
//! take a fault from a fleet to a test instance. Owns the pace and the report; [`script`] reads the
//! log, [`play`] is one station, [`mend`] what cannot be sent again as it was.
//!
//! A connection is opened once a station, and again when it is lost: the log does not tell of
//! connections. Calls go out one at a time, as OCPP-J wants it, each once the one before has its
//! answer, and not before its time.

mod mend;
mod play;
mod script;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use tokio::task::JoinSet;

use crate::wire::Version;
use crate::{Error, Passwords};

/// How a log is to be replayed.
#[derive(Debug, Clone)]
pub struct ReplayPlan {
    /// Endpoint without the identity, for example `ws://127.0.0.1:9000/ocpp`.
    pub url: String,
    /// Passwords of the stations there.
    pub passwords: Passwords,
    /// Only these stations; all of the file when empty.
    pub only: Vec<String>,
    /// Seconds of the log in a second; none sends as fast as it is answered.
    pub speed: Option<f64>,
    /// Moves every time in the messages, so that the first frame is now.
    pub as_now: bool,
    /// Version of stations whose frames do not tell it.
    pub version: Option<Version>,
    /// How long an answer may take.
    pub patience: Duration,
}

impl ReplayPlan {
    /// A plan for all stations of a file, at the pace of the log.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            passwords: Passwords::None,
            only: Vec::new(),
            speed: Some(1.0),
            as_now: false,
            version: None,
            patience: Duration::from_secs(30),
        }
    }
}

/// An answer that differs from the one in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// When the log has the call.
    pub at: DateTime<Utc>,
    /// Name of the call.
    pub action: String,
    /// Its message id.
    pub message_id: String,
    /// The answer in the log: its status, or `error` and its code.
    pub logged: String,
    /// The answer now.
    pub now: String,
}

/// How it went with one station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Which.
    pub identity: String,
    /// The version it spoke.
    pub version: String,
    /// Messages sent.
    pub sent: u64,
    /// Calls answered.
    pub answered: u64,
    /// Calls of the server.
    pub asked: u64,
    /// Frames of the log that were not sent, because it hides them whole.
    pub hidden: u64,
    /// How often the connection was lost and opened again.
    pub reconnects: u64,
    /// Answers that differ.
    pub differences: Vec<Difference>,
    /// Why it did not come to its end.
    pub failed: Option<String>,
}

/// Replays an export of the message log (JSON Lines). The stations, by identity.
///
/// # Errors
/// [`Error::File`] when it cannot be read; [`Error::Plan`] for a line that is no frame, a station
/// that is not in the file, or one whose version is not known: nothing was sent then.
pub async fn replay(path: &Path, plan: ReplayPlan) -> Result<Vec<Replayed>, Error> {
    let file = File::open(path).map_err(|source| Error::File {
        path: path.display().to_string(),
        source,
    })?;
    let mut scripts = script::read(BufReader::new(file))?;
    if let Some(missing) = plan.only.iter().find(|one| !scripts.contains_key(*one)) {
        return Err(Error::Plan(format!("{missing} is not in the file")));
    }
    if !plan.only.is_empty() {
        scripts.retain(|identity, _| plan.only.contains(identity));
    }
    let steps = scripts.values().flat_map(|script| &script.steps);
    let Some(first) = steps.map(|step| step.at).min() else {
        return Err(Error::Plan(
            "the file has nothing that a station sent".into(),
        ));
    };
    let mut stations = Vec::new();
    for (identity, script) in scripts {
        let version = script.version(plan.version).ok_or_else(|| {
            Error::Plan(format!(
                "the frames of {identity} do not tell its version: name it"
            ))
        })?;
        stations.push((identity, version, script));
    }
    let shift = if plan.as_now {
        Utc::now() - first
    } else {
        TimeDelta::zero()
    };
    let pace = play::Pace::new(first, plan.speed);
    let plan = Arc::new(plan);
    let mut playing = JoinSet::new();
    for (identity, version, script) in stations {
        let player = play::Player::new(Arc::clone(&plan), identity, version, shift);
        playing.spawn(player.play(script, pace));
    }
    let mut all = playing.join_all().await;
    all.sort_by(|a, b| a.identity.cmp(&b.identity));
    Ok(all)
}
