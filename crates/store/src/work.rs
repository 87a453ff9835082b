//! A unit of work: what it may read and write inside the lane's open transaction. Rows that are
//! appended, and changes that a station's messages make in rows that exist, are collected and
//! written as a few statements at the end of the batch: a message costs no statement of its own.

use domain::audit::Deed;
use domain::clock::Moment;
use domain::event::Event;
use domain::id::{SessionId, StationId};
use domain::meter::MeterPoint;
use domain::wire_log::LogRow;
use sea_orm::DatabaseTransaction;

use crate::changes::Changes;
use crate::entity::{audit, notices, outbox, samples, session_events, sessions, wire_log};
use crate::error::Error;
use crate::rows::append;

/// Rows to append at the end of the batch.
#[derive(Default)]
pub(crate) struct Appends {
    pub sessions: Vec<sessions::ActiveModel>,
    pub session_events: Vec<session_events::ActiveModel>,
    pub samples: Vec<samples::ActiveModel>,
    pub log: Vec<wire_log::ActiveModel>,
    pub events: Vec<outbox::ActiveModel>,
    pub notices: Vec<notices::ActiveModel>,
    pub audit: Vec<audit::ActiveModel>,
}

impl Appends {
    pub fn join(&mut self, other: Self) {
        self.sessions.extend(other.sessions);
        self.session_events.extend(other.session_events);
        self.samples.extend(other.samples);
        self.log.extend(other.log);
        self.events.extend(other.events);
        self.notices.extend(other.notices);
        self.audit.extend(other.audit);
    }

    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
            && self.session_events.is_empty()
            && self.samples.is_empty()
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
    pub(crate) changes: Changes,
}

impl Work {
    pub(crate) fn new(tx: DatabaseTransaction) -> Self {
        Self {
            tx,
            appends: Appends::default(),
            changes: Changes::default(),
        }
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        let Self {
            tx,
            appends,
            changes,
        } = self;
        append(&tx, appends.sessions, 24).await?;
        append(&tx, appends.session_events, 4).await?;
        changes.write(&tx).await?;
        append(&tx, appends.samples, 18).await?;
        append(&tx, appends.log, 13).await?;
        append(&tx, appends.notices, 7).await?;
        append(&tx, appends.events, 7).await?;
        append(&tx, appends.audit, 15).await?;
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
    pub fn audit(&mut self, deed: &Deed) {
        self.appends.audit.push(crate::audit::to_row(deed));
    }
}
