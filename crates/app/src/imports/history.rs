//! Sessions and readings that are taken over, a portion at a time: there may be millions. A portion
//! is one unit of work; where one of its rows cannot be kept, the rest is.

use std::sync::Arc;

use domain::id::{SessionId, StationId};
use domain::meter::MeterPoint;
use domain::role::Caller;
use domain::session::{Session, SessionState};
use store::{CarriedSessions, Lane};
use uuid::Uuid;

use super::Destination;
use crate::app::App;
use crate::error::Error;
use crate::gate;

/// What became of a portion of sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sessions {
    /// New here.
    pub made: u64,
    /// Here already, running, and over now.
    pub ended: u64,
    /// Here already.
    pub there: u64,
    /// The places in the portion of those that cannot be kept: the station has another session of
    /// the same name on the wire.
    pub refused: Vec<usize>,
}

/// A reading to be taken over.
#[derive(Debug, Clone)]
pub struct CarriedPoint {
    /// Its id.
    pub id: Uuid,
    /// Where it was taken.
    pub station: StationId,
    /// In which session.
    pub session: Option<SessionId>,
    /// At which EVSE.
    pub evse: i32,
    /// The reading.
    pub point: MeterPoint,
}

/// Lets no transaction number be given from now on that is not above `number`: stations know these
/// numbers. Numbers above the 31 bits that a station may be given stay out of it.
pub async fn numbers_above(
    app: &App,
    caller: &Caller,
    to: &Destination,
    number: u64,
) -> Result<(), Error> {
    gate::permit_system(caller)?;
    let number = i64::from(i32::try_from(number).unwrap_or(0));
    if to.is_dry() || number == 0 {
        return Ok(());
    }
    let written = app.store().write(Lane::Instance, move |work| {
        Box::pin(async move { work.numbers_above(number).await })
    });
    Ok(written.await?)
}

/// Takes over a portion of sessions, each with its name there.
pub async fn sessions(
    app: &App,
    caller: &Caller,
    to: &Destination,
    rows: Vec<(Session, String)>,
) -> Result<Sessions, Error> {
    gate::permit_system(caller)?;
    if to.is_dry() {
        return counted(app, &rows).await;
    }
    let rows = Arc::new(rows);
    let mut done = Sessions::default();
    // Halves of what could not be kept as a whole, until the row is found that cannot.
    let whole = 0..rows.len();
    let mut open = Vec::from([whole]);
    while let Some(range) = open.pop() {
        let (all, some) = (rows.clone(), range.clone());
        let written = app.store().write(Lane::Org(to.org()), move |work| {
            let (all, some) = (all.clone(), some.clone());
            Box::pin(async move {
                let some = all.get(some).unwrap_or_default();
                work.sessions_carry(some).await
            })
        });
        match written.await {
            Ok(CarriedSessions { made, ended, there }) => {
                done.made += made;
                done.ended += ended;
                done.there += there;
            }
            Err(store::Error::Conflict(_) | store::Error::Value(_)) => {
                let half = range.start + range.len() / 2;
                match range.len() {
                    0 | 1 => done.refused.push(range.start),
                    _ => open.extend([half..range.end, range.start..half]),
                }
            }
            Err(other) => return Err(other.into()),
        }
    }
    Ok(done)
}

/// What would become of a portion.
async fn counted(app: &App, rows: &[(Session, String)]) -> Result<Sessions, Error> {
    let ids: Vec<SessionId> = rows.iter().map(|(session, _)| session.id).collect();
    let here = app.store().read.sessions_here(&ids).await?;
    let mut done = Sessions::default();
    for (session, _) in rows {
        match here.get(&session.id) {
            None => done.made += 1,
            Some(true) if session.state == SessionState::Ended => done.ended += 1,
            Some(_) => done.there += 1,
        }
    }
    Ok(done)
}

/// Takes over a portion of readings; how many were new here. A dry run counts none.
pub async fn samples(
    app: &App,
    caller: &Caller,
    to: &Destination,
    rows: Vec<CarriedPoint>,
) -> Result<u64, Error> {
    gate::permit_system(caller)?;
    if to.is_dry() {
        return Ok(0);
    }
    let rows = rows.into_iter();
    let rows = rows.map(|row| (row.id, row.station, row.session, row.evse, row.point));
    let rows: Arc<Vec<_>> = Arc::new(rows.collect());
    let written = app.store().write(Lane::Org(to.org()), move |work| {
        let rows = rows.clone();
        Box::pin(async move { work.samples_carry(&rows).await })
    });
    Ok(written.await?)
}
