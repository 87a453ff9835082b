//! Meter readings: one wide row a point, only ever appended.

use domain::clock::Moment;
use domain::id::{SessionId, StationId};
use domain::meter::MeterPoint;
use domain::quantity::{MilliAmps, MilliVolts, PerMille, WattHours, Watts};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::entity::samples;
use crate::error::Error;
use crate::store::Read;
use crate::value::{from_json, from_word, json, moment, ms, word};

/// The most points one answer holds.
const MOST_POINTS: u64 = 20_000;

pub(crate) fn to_row(
    id: Uuid,
    station: StationId,
    session: Option<SessionId>,
    evse: i32,
    received_at: Moment,
    point: &MeterPoint,
) -> samples::ActiveModel {
    let current = point.current.map(|c| c.map(MilliAmps::get));
    let voltage = point.voltage.map(|v| v.map(MilliVolts::get));
    samples::ActiveModel {
        id: Set(id),
        station_id: Set(station.uuid()),
        session_id: Set(session.map(SessionId::uuid)),
        evse: Set(evse),
        at: Set(ms(point.at)),
        received_at: Set(ms(received_at)),
        context: Set(word(&point.context)),
        energy_wh: Set(point.energy.map(WattHours::get)),
        power_w: Set(point.power.map(Watts::get)),
        current_1: Set(current[0]),
        current_2: Set(current[1]),
        current_3: Set(current[2]),
        voltage_1: Set(voltage[0]),
        voltage_2: Set(voltage[1]),
        voltage_3: Set(voltage[2]),
        charge: Set(point.charge.map(PerMille::get)),
        offered_w: Set(point.offered.map(Watts::get)),
        others: Set((!point.others.is_empty()).then(|| json(&point.others))),
    }
}

fn from_row(row: samples::Model) -> Result<MeterPoint, Error> {
    let others = row
        .others
        .as_deref()
        .map(from_json)
        .transpose()?
        .unwrap_or_default();
    Ok(MeterPoint {
        at: moment(row.at)?,
        context: from_word(&row.context)?,
        energy: row.energy_wh.map(WattHours::new),
        power: row.power_w.map(Watts::new),
        current: [row.current_1, row.current_2, row.current_3].map(|c| c.map(MilliAmps::new)),
        voltage: [row.voltage_1, row.voltage_2, row.voltage_3].map(|v| v.map(MilliVolts::new)),
        charge: row.charge.map(PerMille::new),
        offered: row.offered_w.map(Watts::new),
        others,
    })
}

impl Read {
    /// The readings of a session, in the order of the station's clock.
    pub async fn session_points(&self, session: SessionId) -> Result<Vec<MeterPoint>, Error> {
        let rows = samples::Entity::find()
            .filter(samples::Column::SessionId.eq(session.uuid()))
            .order_by_asc(samples::Column::At)
            .order_by_asc(samples::Column::Id)
            .limit(MOST_POINTS)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// The readings of a station since `since`, with their EVSE.
    pub async fn station_points(
        &self,
        station: StationId,
        since: Moment,
    ) -> Result<Vec<(i32, MeterPoint)>, Error> {
        let rows = samples::Entity::find()
            .filter(samples::Column::StationId.eq(station.uuid()))
            .filter(samples::Column::At.gte(ms(since)))
            .order_by_asc(samples::Column::At)
            .order_by_asc(samples::Column::Id)
            .limit(MOST_POINTS)
            .all(&self.db)
            .await?;
        rows.into_iter()
            .map(|row| Ok((row.evse, from_row(row)?)))
            .collect()
    }
}
