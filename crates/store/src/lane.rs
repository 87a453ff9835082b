//! Write lanes: group commit. A lane runs units of work one after another inside one open
//! transaction, commits when its queue is empty or a bound is reached, and only then lets the
//! answers go.
//!
//! Units are re-runnable. When one fails, the batch is rolled back and its units run one by one,
//! so that only the faulty one fails. No savepoints: they cost half of the throughput.

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sea_orm::{DatabaseConnection, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::backend;
use crate::error::Error;
use crate::work::{Appends, Work};

/// How a store batches.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Write lanes of a PostgreSQL store; SQLite has one.
    pub lanes: usize,
    /// The most units in one commit; 1 commits every unit for itself.
    pub batch_units: usize,
    /// The longest a batch collects before it commits.
    pub batch_wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lanes: 4,
            batch_units: 256,
            batch_wait: Duration::from_millis(5),
        }
    }
}

/// Which lane a unit runs in: units of one lane run in the order they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// About one station.
    Station(domain::id::StationId),
    /// About an organisation's people and settings.
    Org(domain::id::OrgId),
    /// About the instance: numbering, sweeping, counters.
    Instance,
}

impl Lane {
    /// The place of the lane among `count`.
    pub(crate) fn place(self, count: usize) -> usize {
        let bits = match self {
            Self::Station(id) => id.uuid().as_u128(),
            Self::Org(id) => id.uuid().as_u128(),
            Self::Instance => 0,
        };
        // UUIDv7 has its randomness in the low bits.
        usize::try_from(bits % count.max(1) as u128).unwrap_or(0)
    }
}

/// A unit of work on its way through a lane, with the type of its result erased.
pub(crate) trait Job: Send {
    /// Runs the unit; can be called again after a rollback.
    fn run<'a>(&'a mut self, work: &'a mut Work) -> BoxFuture<'a, Result<(), Error>>;
    /// Lets the answer go, after the commit or with the failure.
    fn finish(self: Box<Self>, outcome: Result<(), Error>);
}

/// A unit with its result.
pub(crate) struct UnitJob<T, F> {
    pub unit: F,
    pub result: Option<T>,
    pub answer: oneshot::Sender<Result<T, Error>>,
}

impl<T, F> Job for UnitJob<T, F>
where
    T: Send,
    F: for<'a> Fn(&'a mut Work) -> BoxFuture<'a, Result<T, Error>> + Send,
{
    fn run<'a>(&'a mut self, work: &'a mut Work) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            self.result = None;
            self.result = Some((self.unit)(work).await?);
            Ok(())
        })
    }

    fn finish(self: Box<Self>, outcome: Result<(), Error>) {
        let answer = match outcome {
            Ok(()) => self.result.ok_or(Error::Closed),
            Err(error) => Err(error),
        };
        // The asker may have gone; what was committed stays committed.
        let _ = self.answer.send(answer);
    }
}

/// What arrives in a lane.
pub(crate) enum Input {
    /// A unit whose asker waits for the commit.
    Unit(Box<dyn Job>),
    /// Rows outside the durability promise: they ride with the next batch.
    Later(Appends),
    /// Answer when everything before is committed.
    Flush(oneshot::Sender<()>),
}

/// A batch of so many units means that more are on their way.
const CROWD: usize = 16;
/// For how long a batch waits for them.
const MOMENT: Duration = Duration::from_millis(1);
/// How many units may wait for one lane before askers wait too.
const QUEUE: usize = 20_000;

/// Starts a lane on a thread of its own: between the statements of a batch it must not stand in
/// line with thousands of stations that want a turn of the runtime.
pub(crate) async fn start(
    url: &str,
    place: usize,
    options: Options,
) -> Result<mpsc::Sender<Input>, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::Unavailable(e.to_string()))?;
    let (sender, inputs) = mpsc::channel(QUEUE);
    let (opened, outcome) = oneshot::channel();
    let url = url.to_owned();
    let lane = async move {
        match backend::writer(&url).await {
            Ok(db) => {
                let _ = opened.send(Ok(()));
                run(&db, inputs, options).await;
                if let Err(error) = db.close().await {
                    tracing::debug!("a lane's connection did not close: {error}");
                }
            }
            Err(error) => {
                let _ = opened.send(Err(error));
            }
        }
    };
    std::thread::Builder::new()
        .name(format!("lane-{place}"))
        .spawn(move || runtime.block_on(lane))
        .map_err(|e| Error::Unavailable(e.to_string()))?;
    outcome.await.map_err(|_| Error::Closed)??;
    Ok(sender)
}

/// Runs a lane until its senders are gone.
async fn run(db: &DatabaseConnection, mut inputs: mpsc::Receiver<Input>, options: Options) {
    let mut crowded = false;
    while let Some(first) = inputs.recv().await {
        let mut batch = Batch::default();
        let started = Instant::now();
        batch.take(first);
        let mut work = match Work::begin(db).await {
            Ok(work) => work,
            Err(error) => {
                batch.fail(error);
                continue;
            }
        };
        let mut ran = 0;
        let mut failed = false;
        loop {
            while ran < batch.jobs.len() && !failed {
                failed = batch.jobs[ran].run(&mut work).await.is_err();
                ran += 1;
            }
            let full =
                batch.jobs.len() >= options.batch_units || started.elapsed() >= options.batch_wait;
            if failed || full {
                break;
            }
            match next(&mut inputs, crowded).await {
                Some(input) => batch.take(input),
                None => break,
            }
        }
        crowded = batch.jobs.len() >= CROWD;
        if failed {
            work.roll_back().await;
            run_one_by_one(db, batch).await;
            continue;
        }
        work.appends.join(std::mem::take(&mut batch.later));
        match work.commit().await {
            Ok(()) => batch.finish(),
            Err(error) if batch.jobs.len() > 1 => {
                tracing::debug!("a batch did not commit, its units run one by one: {error}");
                run_one_by_one(db, batch).await;
            }
            Err(error) => batch.fail(error),
        }
    }
}

/// What else goes into a batch: what waits, and in a crowd what comes in a moment, since a batch
/// of many costs little more than one of few.
async fn next(inputs: &mut mpsc::Receiver<Input>, crowded: bool) -> Option<Input> {
    match inputs.try_recv() {
        Ok(input) => Some(input),
        Err(_) if crowded => timeout(MOMENT, inputs.recv()).await.ok().flatten(),
        Err(_) => None,
    }
}

async fn run_one_by_one(db: &DatabaseConnection, mut batch: Batch) {
    for mut job in std::mem::take(&mut batch.jobs) {
        let outcome = run_alone(db, job.as_mut()).await;
        job.finish(outcome);
    }
    let later = std::mem::take(&mut batch.later);
    if !later.is_empty() {
        let kept = async {
            let mut work = Work::begin(db).await?;
            work.appends = later;
            work.commit().await
        };
        if let Err(error) = kept.await {
            tracing::warn!("log rows were lost: {error}");
        }
    }
    batch.finish();
}

async fn run_alone(db: &DatabaseConnection, job: &mut dyn Job) -> Result<(), Error> {
    let mut work = Work::begin(db).await?;
    match job.run(&mut work).await {
        Ok(()) => work.commit().await,
        Err(error) => {
            work.roll_back().await;
            Err(error)
        }
    }
}

#[derive(Default)]
struct Batch {
    jobs: Vec<Box<dyn Job>>,
    later: Appends,
    flushes: Vec<oneshot::Sender<()>>,
}

impl Batch {
    fn take(&mut self, input: Input) {
        match input {
            Input::Unit(job) => self.jobs.push(job),
            Input::Later(rows) => self.later.join(rows),
            Input::Flush(answer) => self.flushes.push(answer),
        }
    }

    fn finish(self) {
        for job in self.jobs {
            job.finish(Ok(()));
        }
        for flush in self.flushes {
            let _ = flush.send(());
        }
    }

    /// Lets the first asker know what went wrong, and the others that nothing was kept.
    fn fail(self, error: Error) {
        let why = error.to_string();
        let mut first = Some(error);
        for job in self.jobs {
            let error = first.take();
            job.finish(Err(error.unwrap_or_else(|| Error::Unavailable(why.clone()))));
        }
        for flush in self.flushes {
            let _ = flush.send(());
        }
    }
}

impl Work {
    /// Begins as a writer. A SQLite transaction that first reads is refused its first write at once,
    /// without waiting, when another program writes to the file at that moment, such as a command
    /// beside the server; one that begins as a writer waits for its turn.
    async fn begin(db: &DatabaseConnection) -> Result<Self, Error> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Self::new(db.begin_with_options(options).await?))
    }
}
