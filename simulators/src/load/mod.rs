//! Benchmarks: thousands of lean stations in one process, and a log of every acknowledgement.
//!
//! A lean station has no physics and no queue: it boots, then either idles or sends as fast as
//! it is acknowledged, one call in flight.

mod ack_log;
mod client;
mod report;
mod traffic;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

pub use ack_log::{AckLog, Acknowledged};
pub use report::{BootReport, TrafficReport};
pub use traffic::Mix;

use crate::Error;
use crate::fleet::Passwords;
use crate::wire::Version;
use client::Client;

/// How a benchmark is to run.
#[derive(Debug, Clone)]
pub struct LoadPlan {
    /// Endpoint without the identity.
    pub url: String,
    /// Number of stations.
    pub stations: usize,
    /// Identities are `PREFIX-00001` and so on.
    pub prefix: String,
    /// Protocol version.
    pub version: Version,
    /// Passwords.
    pub passwords: Passwords,
    /// Token uid used in sessions.
    pub token: String,
    /// Stations that may be opening at the same time; 0 is all at once.
    pub parallel: usize,
    /// Real time a station may take to be accepted, and to get an answer.
    pub patience: Duration,
    /// Where acknowledgements are logged.
    pub ack_log: Option<PathBuf>,
    /// A lost connection is opened again and the unanswered message repeated.
    pub reconnect: bool,
}

impl LoadPlan {
    /// A plan of `stations` stations speaking 1.6.
    #[must_use]
    pub fn new(url: &str, stations: usize) -> Self {
        Self {
            url: url.to_owned(),
            stations,
            prefix: "LOAD".into(),
            version: Version::V16,
            passwords: Passwords::None,
            token: "04AABBCCDDEEFF".into(),
            parallel: 0,
            patience: Duration::from_secs(120),
            ack_log: None,
            reconnect: false,
        }
    }

    /// Identity of the n-th station, from 1.
    #[must_use]
    pub fn identity(&self, n: usize) -> String {
        format!("{}-{n:05}", self.prefix)
    }
}

/// Booted stations, waiting for what to do.
pub struct Herd {
    plan: Arc<LoadPlan>,
    clients: Vec<Client>,
    /// How booting went.
    pub report: BootReport,
}

/// Connects all stations and boots each; those that fail within the plan's patience are counted.
///
/// # Errors
/// [`Error::Plan`] when not a single station was accepted.
pub async fn connect(plan: LoadPlan) -> Result<Herd, Error> {
    let plan = Arc::new(plan);
    let began = Instant::now();
    let permits = if plan.parallel == 0 {
        plan.stations.max(1)
    } else {
        plan.parallel
    };
    let gate = Arc::new(tokio::sync::Semaphore::new(permits));
    let mut tasks = JoinSet::new();
    for n in 1..=plan.stations {
        let (plan, gate) = (Arc::clone(&plan), Arc::clone(&gate));
        tasks.spawn(async move {
            let _permit = gate.acquire().await.map_err(|_| Error::Gone)?;
            let patience = plan.patience;
            let booting = Client::boot(Arc::clone(&plan), n);
            let late = |_| Error::Timeout {
                what: "acceptance".into(),
            };
            let client = tokio::time::timeout(patience, booting)
                .await
                .map_err(late)??;
            Ok::<_, Error>((client, began.elapsed()))
        });
    }
    let (mut clients, mut times, mut failure) = (Vec::new(), Vec::new(), None);
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(Ok((client, took))) => {
                clients.push(client);
                times.push(took);
            }
            Ok(Err(error)) => failure = Some(error),
            Err(error) => failure = Some(Error::Plan(format!("a task failed: {error}"))),
        }
    }
    if clients.is_empty() {
        return Err(failure.unwrap_or_else(|| Error::Plan("there are no stations".into())));
    }
    let report = BootReport::new(plan.stations, times);
    Ok(Herd {
        plan,
        clients,
        report,
    })
}

impl Herd {
    /// Keeps all connections open and silent (calls of the server are answered); returns how many
    /// broke off.
    pub async fn hold(self, duration: Duration) -> usize {
        let end = Instant::now() + duration;
        let mut tasks = JoinSet::new();
        for mut client in self.clients {
            tasks.spawn(async move { client.idle_until(end).await });
        }
        let mut lost = 0;
        while let Some(ended) = tasks.join_next().await {
            lost += usize::from(!ended.unwrap_or(false));
        }
        lost
    }

    /// Every station sends as fast as it is acknowledged, for `duration`.
    ///
    /// # Errors
    /// [`Error::File`] when the log of acknowledgements cannot be opened.
    pub async fn send(self, mix: Mix, duration: Duration) -> Result<TrafficReport, Error> {
        let log = match &self.plan.ack_log {
            Some(path) => Some(Arc::new(AckLog::open(path)?)),
            None => None,
        };
        let began = Instant::now();
        let end = began + duration;
        let lost = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        for client in self.clients {
            let (log, lost) = (log.clone(), Arc::clone(&lost));
            tasks.spawn(traffic::send(client, mix, end, log, lost));
        }
        let mut latencies = Vec::new();
        let mut call_errors = 0;
        while let Some(ended) = tasks.join_next().await {
            if let Ok(tally) = ended {
                latencies.extend(tally.latencies_us);
                call_errors += tally.call_errors;
            }
        }
        let lost = lost.load(Ordering::Relaxed);
        Ok(TrafficReport::new(
            began.elapsed(),
            latencies,
            call_errors,
            lost,
        ))
    }
}
