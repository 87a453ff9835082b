//! Readings outside a transaction report.

use domain::event::Telemetry;
use domain::message::{MeterReport, TransactionName};
use domain::meter::MeterPoint;
use domain::session::{Session, SessionState};
use store::Error;

use super::scene::Scene;

impl Scene<'_> {
    /// Keeps readings with the session they name, as far as it is one of this station and they
    /// are not from after its end; else with the EVSE alone.
    pub async fn meter(&mut self, report: &MeterReport) -> Result<(), Error> {
        let session = self.metered(report);
        let (mut inside, mut outside) = (report.points.clone(), Vec::new());
        let mut energy = None;
        let mut evse = report.evse;
        match session {
            None => std::mem::swap(&mut inside, &mut outside),
            Some(mut session) => {
                if let Some(end) = session.ended_at.filter(|_| session.end_was_reported()) {
                    (inside, outside) = inside.into_iter().partition(|p| p.at <= end);
                }
                let before = session.clone();
                session.absorb_points(&inside);
                session.updated_at = self.task.heard.at;
                if session != before && !inside.is_empty() {
                    self.work.session_progress(&session);
                }
                self.about = Some(session.id);
                if session.state == SessionState::Active {
                    energy = session.energy();
                    evse = if session.evse > 0 { session.evse } else { evse };
                }
                self.samples(Some(session.id), report.evse, &inside);
                self.remember(session);
            }
        }
        self.samples(None, report.evse, &outside);
        let newest = newest(&report.points);
        let power = newest.and_then(|p| p.power);
        if power.is_some() {
            self.evse_now(evse, power).await?;
        }
        if let Some(point) =
            newest.filter(|p| self.is_live(p.at) && (p.power.is_some() || energy.is_some()))
        {
            self.telemetry.push(Telemetry {
                org: self.known.org,
                site: self.known.site,
                station: self.task.station,
                evse,
                at: point.at,
                power,
                energy,
            });
        }
        Ok(())
    }

    /// The session that readings belong to. A number that nobody gave counts only where one
    /// session runs on that EVSE.
    fn metered(&self, report: &MeterReport) -> Option<Session> {
        match &report.transaction {
            Some(TransactionName::Given(wire)) => {
                let open = self.known.open.iter().find(|s| s.wire == *wire);
                open.or(self.task.on_record.as_ref()).cloned()
            }
            Some(TransactionName::Lost(_)) => {
                let since = report.points.iter().map(|p| p.at).min();
                let mut running = self.known.open.iter().filter(|s| {
                    s.evse == report.evse && since.is_some_and(|at| s.started_at <= at)
                });
                let only = running.next().filter(|_| running.next().is_none());
                only.cloned()
            }
            Some(TransactionName::Asked) | None => None,
        }
    }

    /// Keeps a session among the running ones, or takes it out.
    pub fn remember(&mut self, session: Session) {
        self.known.open.retain(|s| s.id != session.id);
        if session.state == SessionState::Active {
            self.known.open.push(session);
        } else {
            self.known.newest.remove(&session.id);
        }
    }
}

/// The newest point by the station's clock, merged with a power told at the same moment.
pub(super) fn newest(points: &[MeterPoint]) -> Option<&MeterPoint> {
    points.iter().max_by_key(|p| (p.at, p.power.is_some()))
}
