//! What is on record of the session that a message is about, read before its unit of work runs.
//! Nothing is read for what the link knows: a session that runs, a report with a greater number
//! than any before.

use domain::message::{Message, Phase, TransactionName, TransactionReport};
use domain::page::PageRequest;
use domain::session::{Session, Suspicion};
use store::{Error, SessionFilter};

use super::transaction::{fingerprint, lost_name};
use crate::app::App;
use crate::link::{Known, StationLink};

/// What is on record.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The session, when it does not run.
    pub session: Option<Session>,
    /// Whether the numbered report is on record.
    pub told: bool,
    /// A fresh number, for a start that waits for one.
    pub number: Option<i32>,
    /// Sessions that ended under a number never given.
    pub recent: Vec<Session>,
}

impl Record {
    /// Reads what a unit about `message` needs.
    pub async fn of(
        app: &App,
        link: &StationLink,
        known: &Known,
        message: &Message,
    ) -> Result<Self, Error> {
        let mut record = Self::default();
        match message {
            Message::Meter(report) => {
                if let Some(TransactionName::Given(wire)) = &report.transaction {
                    record.session = not_running(app, link, known, wire).await?;
                }
            }
            Message::Transaction(report) => record.read(app, link, known, report).await?,
            _ => {}
        }
        Ok(record)
    }

    async fn read(
        &mut self,
        app: &App,
        link: &StationLink,
        known: &Known,
        report: &TransactionReport,
    ) -> Result<(), Error> {
        let read = &app.store().read;
        match &report.name {
            TransactionName::Asked => {
                let start = fingerprint(report);
                let mut open = known.open.iter();
                if !open.any(|s| s.fingerprint.as_deref() == Some(&*start)) {
                    self.session = read.session_by_fingerprint(link.station, &start).await?;
                }
                if self.session.is_none() {
                    self.number = Some(app.transaction_number().await?);
                }
            }
            TransactionName::Given(wire) => {
                self.session = not_running(app, link, known, wire).await?;
                let running = known.open.iter().find(|s| s.wire == *wire);
                if let (Some(session), Some(seq)) = (running.or(self.session.as_ref()), report.seq)
                {
                    let newer = known.newest.get(&session.id).is_some_and(|n| seq > *n);
                    self.told = !newer && read.session_event(session.id, seq).await?;
                }
            }
            TransactionName::Lost(_) => {
                self.session = not_running(app, link, known, &lost_name(report)).await?;
                if report.phase == Phase::Ended {
                    self.recent = recently_lost(app, link, known).await?;
                }
            }
        }
        Ok(())
    }
}

/// The session that the station calls `wire`, unless it runs.
async fn not_running(
    app: &App,
    link: &StationLink,
    known: &Known,
    wire: &str,
) -> Result<Option<Session>, Error> {
    if known.open.iter().any(|s| s.wire == wire) {
        return Ok(None);
    }
    app.store().read.session_by_wire(link.station, wire).await
}

/// Sessions of the station that ended under a number which was never given.
async fn recently_lost(
    app: &App,
    link: &StationLink,
    known: &Known,
) -> Result<Vec<Session>, Error> {
    let filter = SessionFilter {
        station: Some(link.station),
        suspect: Some(true),
        ..SessionFilter::default()
    };
    let page = PageRequest {
        limit: 200,
        cursor: None,
    };
    let found = app.store().read.sessions(known.org, &filter, &page).await?;
    let sessions = found.rows.into_iter().map(|row| row.session);
    Ok(sessions
        .filter(|s| s.suspicions.contains(&Suspicion::LostNumber))
        .collect())
}
