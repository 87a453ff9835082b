//! What a batch changes in rows that exist: the last word about each row counts, and goes to the
//! database at the end of the batch, one statement a kind.

use std::collections::HashMap;

use sea_orm::{ActiveValue::Set, DatabaseTransaction};
use uuid::Uuid;

use crate::entity::{evses, sessions, stations, tokens};
use crate::error::Error;
use crate::rows::change;

/// Changes to come.
#[derive(Default)]
pub(crate) struct Changes {
    /// Sessions of which more than readings changed.
    pub sessions: HashMap<Uuid, sessions::ActiveModel>,
    /// Sessions that only went on: no index has to be touched for them.
    pub progress: HashMap<Uuid, sessions::ActiveModel>,
    /// What EVSEs do now: power and session, by station and number.
    pub evses: HashMap<(Uuid, i32), (Option<i64>, Option<Uuid>)>,
    /// When tokens were last presented.
    pub tokens: HashMap<Uuid, i64>,
    /// How far clocks of stations are off, in milliseconds, and when that was told.
    pub clocks: HashMap<Uuid, (i64, i64)>,
}

/// What readings change in a session.
const PROGRESS: [sessions::Column; 5] = {
    use sessions::Column as C;
    [
        C::FirstRegister,
        C::LastRegister,
        C::PowerW,
        C::Suspicions,
        C::UpdatedAt,
    ]
};

/// What anything else may change in one.
const WHOLE: [sessions::Column; 19] = {
    use sessions::Column as C;
    [
        C::Evse,
        C::Connector,
        C::Token,
        C::TokenKey,
        C::TokenId,
        C::DriverId,
        C::TokenGroup,
        C::State,
        C::StartedAt,
        C::EndedAt,
        C::Charging,
        C::StopReason,
        C::RemoteStart,
        C::FirstRegister,
        C::LastRegister,
        C::DeliveredWh,
        C::PowerW,
        C::Suspicions,
        C::UpdatedAt,
    ]
};

impl Changes {
    /// Writes everything.
    ///
    /// # Errors
    /// `Conflict` when a session is not on record.
    pub async fn write(self, tx: &DatabaseTransaction) -> Result<(), Error> {
        let key = [sessions::Column::Id];
        for (rows, set) in [(self.sessions, &WHOLE[..]), (self.progress, &PROGRESS[..])] {
            let rows: Vec<_> = rows.into_values().collect();
            if change(tx, &key, set, &rows).await? < rows.len() as u64 {
                return Err(Error::Conflict("a session is not on record".to_owned()));
            }
        }
        let rows = self.evses.into_iter().map(|((station, number), now)| {
            let (power, session) = now;
            evses::ActiveModel {
                station_id: Set(station),
                number: Set(number),
                power_w: Set(power),
                session_id: Set(session),
                ..Default::default()
            }
        });
        let rows: Vec<_> = rows.collect();
        let key = [evses::Column::StationId, evses::Column::Number];
        let set = [evses::Column::PowerW, evses::Column::SessionId];
        change(tx, &key, &set, &rows).await?;
        let rows = self.tokens.into_iter().map(|(id, at)| tokens::ActiveModel {
            id: Set(id),
            last_used_at: Set(Some(at)),
            ..Default::default()
        });
        let rows: Vec<_> = rows.collect();
        let set = [tokens::Column::LastUsedAt];
        change(tx, &[tokens::Column::Id], &set, &rows).await?;
        let rows = self
            .clocks
            .into_iter()
            .map(|(id, (skew, at))| stations::ActiveModel {
                id: Set(id),
                clock_skew_ms: Set(Some(skew)),
                clock_skew_at: Set(Some(at)),
                ..Default::default()
            });
        let rows: Vec<_> = rows.collect();
        let set = [stations::Column::ClockSkewMs, stations::Column::ClockSkewAt];
        change(tx, &[stations::Column::Id], &set, &rows).await?;
        Ok(())
    }
}
