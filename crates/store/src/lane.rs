//! Write lanes: group commit. A lane runs units of work one after another inside one open
//! transaction, commits when its queue is empty or a bound is reached, and only then lets the
//! answers go.
//!
//! Units are re-runnable. When one fails, the batch is rolled back and its units run one by one,
//! so that only the faulty one fails. No savepoints: they cost half of the throughput.

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sea_orm::{DatabaseConnection, TransactionTrait};
use tokio::sync::{mpsc, oneshot};

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

/// Runs a lane until its senders are gone.
pub(crate) async fn run(
    db: DatabaseConnection,
    mut inputs: mpsc::Receiver<Input>,
    options: Options,
) {
    while let Some(first) = inputs.recv().await {
        let mut batch = Batch::default();
        let started = Instant::now();
        batch.take(first);
        let mut work = match Work::begin(&db).await {
            Ok(work) => work,
            Err(error) => {
                batch.fail(&error.to_string());
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
            match inputs.try_recv() {
                Ok(input) => batch.take(input),
                Err(_) => break,
            }
        }
        if failed {
            work.roll_back().await;
            run_one_by_one(&db, batch).await;
            continue;
        }
        work.appends.join(std::mem::take(&mut batch.later));
        match work.commit().await {
            Ok(()) => batch.finish(),
            Err(error) if batch.jobs.len() > 1 => {
                tracing::debug!("a batch did not commit, its units run one by one: {error}");
                run_one_by_one(&db, batch).await;
            }
            Err(error) => batch.fail(&error.to_string()),
        }
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

    fn fail(self, why: &str) {
        for job in self.jobs {
            job.finish(Err(Error::Unavailable(why.to_owned())));
        }
        for flush in self.flushes {
            let _ = flush.send(());
        }
    }
}

impl Work {
    async fn begin(db: &DatabaseConnection) -> Result<Self, Error> {
        Ok(Self::new(db.begin().await?))
    }
}
