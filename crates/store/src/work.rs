//! A unit of work: what it may read and write inside the lane's open transaction. Rows that are
//! only ever appended are collected and written as a few statements at the end of the batch.

use domain::clock::Moment;
use domain::event::Event;
use domain::id::{SessionId, StationId};
use domain::meter::MeterPoint;
use domain::wire_log::LogRow;
use sea_orm::{ActiveModelTrait, DatabaseTransaction, EntityTrait};

use crate::backend::most_bound_values;
use crate::entity::{audit, notices, outbox, samples, wire_log};
use crate::error::Error;
use crate::org::AuditRow;

/// Rows to append at the end of the batch.
#[derive(Default)]
pub(crate) struct Appends {
    pub samples: Vec<samples::ActiveModel>,
    pub log: Vec<wire_log::ActiveModel>,
    pub events: Vec<outbox::ActiveModel>,
    pub notices: Vec<notices::ActiveModel>,
    pub audit: Vec<audit::ActiveModel>,
}

impl Appends {
    pub fn join(&mut self, other: Self) {
        self.samples.extend(other.samples);
        self.log.extend(other.log);
        self.events.extend(other.events);
        self.notices.extend(other.notices);
        self.audit.extend(other.audit);
    }

    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
            && self.log.is_empty()
            && self.events.is_empty()
            && self.notices.is_empty()
            && self.audit.is_empty()
    }
}

/// What a unit of work reads and writes with. The verbs stand with their nouns, in the files of
/// this crate.
pub struct Work {
    pub(crate) tx: DatabaseTransaction,
    pub(crate) appends: Appends,
}

impl Work {
    pub(crate) fn new(tx: DatabaseTransaction) -> Self {
        Self {
            tx,
            appends: Appends::default(),
        }
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        let Self { tx, appends } = self;
        append::<samples::Entity, _>(&tx, appends.samples, 18).await?;
        append::<wire_log::Entity, _>(&tx, appends.log, 13).await?;
        append::<notices::Entity, _>(&tx, appends.notices, 7).await?;
        append::<outbox::Entity, _>(&tx, appends.events, 7).await?;
        append::<audit::Entity, _>(&tx, appends.audit, 11).await?;
        Ok(tx.commit().await?)
    }

    pub(crate) async fn roll_back(self) {
        if let Err(error) = self.tx.rollback().await {
            tracing::warn!("a rollback failed: {error}");
        }
    }

    /// Keeps readings of one EVSE.
    pub fn samples(
        &mut self,
        station: StationId,
        session: Option<SessionId>,
        evse: i32,
        received_at: Moment,
        points: &[(uuid::Uuid, MeterPoint)],
    ) {
        let rows = points.iter().map(|(id, point)| {
            crate::sample::to_row(*id, station, session, evse, received_at, point)
        });
        self.appends.samples.extend(rows);
    }

    /// Keeps a frame.
    pub fn log(&mut self, row: &LogRow) {
        self.appends.log.push(crate::wire_log::to_row(row));
    }

    /// Keeps a fact.
    pub fn event(&mut self, event: &Event) {
        self.appends.events.push(crate::outbox::to_row(event));
    }

    /// Keeps a deed.
    pub fn audit(&mut self, row: &AuditRow) {
        self.appends.audit.push(row.to_row());
    }
}

async fn append<E, A>(tx: &DatabaseTransaction, rows: Vec<A>, columns: usize) -> Result<(), Error>
where
    E: EntityTrait,
    A: ActiveModelTrait<Entity = E> + Send,
{
    let most = most_bound_values() / columns;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some: Vec<A> = rows.by_ref().take(most).collect();
        E::insert_many(some).exec_without_returning(tx).await?;
    }
    Ok(())
}
