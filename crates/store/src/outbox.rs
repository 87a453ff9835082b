//! The outbox: facts, written with what they tell of, and numbered after their commit by one
//! publisher, so that a live stream can resume without a hole although lanes commit out of order.

use domain::event::Event;
use domain::id::{EventId, OrgId, SiteId, StationId};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::outbox;
use crate::error::Error;
use crate::rows::change;
use crate::store::Read;
use crate::value::{from_json, json, moment, ms};
use crate::work::Work;

pub(crate) fn to_row(event: &Event) -> outbox::ActiveModel {
    outbox::ActiveModel {
        id: Set(event.id.uuid()),
        seq: Set(None),
        org_id: Set(event.org.uuid()),
        site_id: Set(event.site.map(SiteId::uuid)),
        station_id: Set(event.station.map(StationId::uuid)),
        at: Set(ms(event.at)),
        change: Set(json(&event.change)),
    }
}

fn from_row(row: outbox::Model) -> Result<Event, Error> {
    Ok(Event {
        id: EventId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        site: row.site_id.map(SiteId::from_uuid),
        station: row.station_id.map(StationId::from_uuid),
        at: moment(row.at)?,
        change: from_json(&row.change)?,
    })
}

impl Work {
    /// Numbers facts that have none yet, in the order of their ids, without a hole. Only one
    /// publisher may do this at a time.
    pub async fn outbox_number(&mut self, most: u64) -> Result<Vec<(i64, Event)>, Error> {
        let rows = outbox::Entity::find()
            .filter(outbox::Column::Seq.is_null())
            .order_by_asc(outbox::Column::Id)
            .limit(most)
            .all(&self.tx)
            .await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let last = outbox::Entity::find()
            .filter(outbox::Column::Seq.is_not_null())
            .order_by_desc(outbox::Column::Seq)
            .one(&self.tx)
            .await?;
        let mut seq = last.and_then(|l| l.seq).unwrap_or(0);
        let mut numbered = Vec::with_capacity(rows.len());
        let mut numbers = Vec::with_capacity(rows.len());
        for row in rows {
            seq += 1;
            numbers.push(outbox::ActiveModel {
                id: Set(row.id),
                seq: Set(Some(seq)),
                ..Default::default()
            });
            numbered.push((seq, from_row(row)?));
        }
        let (key, set) = ([outbox::Column::Id], [outbox::Column::Seq]);
        change(&self.tx, &key, &set, &numbers).await?;
        Ok(numbered)
    }
}

impl Read {
    /// Facts after a number, in order.
    pub async fn events_since(&self, seq: i64, most: u64) -> Result<Vec<(i64, Event)>, Error> {
        let rows = outbox::Entity::find()
            .filter(outbox::Column::Seq.gt(seq))
            .order_by_asc(outbox::Column::Seq)
            .limit(most)
            .all(&self.db)
            .await?;
        rows.into_iter()
            .map(|row| Ok((row.seq.unwrap_or(0), from_row(row)?)))
            .collect()
    }

    /// The first and the newest number on record.
    pub async fn outbox_range(&self) -> Result<(i64, i64), Error> {
        let numbered = || outbox::Entity::find().filter(outbox::Column::Seq.is_not_null());
        let first = numbered()
            .order_by_asc(outbox::Column::Seq)
            .one(&self.db)
            .await?;
        let last = numbered()
            .order_by_desc(outbox::Column::Seq)
            .one(&self.db)
            .await?;
        let seq = |row: Option<outbox::Model>| row.and_then(|r| r.seq).unwrap_or(0);
        Ok((seq(first), seq(last)))
    }
}
