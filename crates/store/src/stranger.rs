//! What stations said before anybody registered them: a bounded ring, since anybody can be such a
//! station. With the registration it becomes the beginning of the station's log.

use std::collections::BTreeSet;

use domain::attempt::StrangerFrame;
use domain::id::{LogId, StationId};
use domain::page::{Page, PageRequest};
use domain::personal::Personal;
use domain::station::Identity;
use domain::wire_log::LogRow;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use crate::attempt::AttemptFilter;
use crate::entity::stranger_frames::{ActiveModel, Column, Entity, Model};
use crate::entity::{unclaimed, wire_log};
use crate::error::{Error, corrupt};
use crate::page::{Cursor, cut};
use crate::sort::list_name;
use crate::store::Read;
use crate::value::{from_json, from_word, json, moment, ms, word};
use crate::work::Work;

/// Frames that are kept, in all and by one identity.
const MOST: u64 = 10_000;
const MOST_OF_ONE: u64 = 200;

/// What a frame has here and in the log of a station.
const SAME: [(Column, wire_log::Column); 11] = {
    use wire_log::Column as Log;
    [
        (Column::Id, Log::Id),
        (Column::At, Log::At),
        (Column::Direction, Log::Direction),
        (Column::Kind, Log::Kind),
        (Column::MessageId, Log::MessageId),
        (Column::Action, Log::Action),
        (Column::Payload, Log::Payload),
        (Column::Personal, Log::Personal),
        (Column::ErrorCode, Log::ErrorCode),
        (Column::LatencyMs, Log::LatencyMs),
        (Column::Deviations, Log::Deviations),
    ]
};

fn from_row(row: Model) -> Result<StrangerFrame, Error> {
    Ok(StrangerFrame {
        frame: LogRow {
            id: LogId::from_uuid(row.id),
            // Of no station yet.
            station: StationId::from_uuid(Uuid::nil()),
            at: moment(row.at)?,
            direction: from_word(&row.direction)?,
            kind: from_word(&row.kind)?,
            message_id: row.message_id,
            action: row.action,
            payload: Personal::new(row.payload),
            personal: row
                .personal
                .as_deref()
                .map(from_json)
                .transpose()?
                .unwrap_or_default(),
            error_code: row.error_code,
            latency_ms: row.latency_ms,
            deviations: row
                .deviations
                .as_deref()
                .map(from_json)
                .transpose()?
                .unwrap_or_default(),
            session: None,
        },
        identity: row.identity,
        remote_ip: row.remote_ip,
    })
}

impl Work {
    /// Keeps frames of stations that nobody registered, and forgets the oldest beyond the bounds.
    pub async fn stranger_frames(&mut self, frames: &[StrangerFrame]) -> Result<(), Error> {
        let rows: Vec<ActiveModel> = frames.iter().map(to_row).collect();
        if rows.is_empty() {
            return Ok(());
        }
        Entity::insert_many(rows)
            .exec_without_returning(&self.tx)
            .await?;
        let keys: BTreeSet<String> = frames.iter().map(|f| f.identity.to_lowercase()).collect();
        for key in keys {
            let theirs = Condition::all().add(Column::IdentityKey.eq(key));
            self.keep_newest(theirs, MOST_OF_ONE).await?;
        }
        self.keep_newest(Condition::all(), MOST).await
    }

    async fn keep_newest(&mut self, which: Condition, most: u64) -> Result<(), Error> {
        let beyond = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(which)
            .order_by_desc(Column::Id)
            // An offset needs a limit in SQLite.
            .limit(u64::from(u32::MAX))
            .offset(most)
            .into_query();
        Entity::delete_many()
            .filter(Column::Id.in_subquery(beyond))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// A station that was unclaimed is registered: it waits no longer, and what it said begins its
    /// log.
    pub async fn claimed(&mut self, identity: &Identity, station: StationId) -> Result<(), Error> {
        unclaimed::Entity::delete_by_id(identity.key().to_owned())
            .exec(&self.tx)
            .await?;
        let theirs = Column::IdentityKey.eq(identity.key());
        let mut said = Query::select();
        said.columns(SAME.map(|(from, _)| from))
            .expr(Expr::val(station.uuid()))
            .from(Entity)
            .and_where(theirs.clone());
        let mut kept = Query::insert();
        let columns = SAME.map(|(_, to)| to).into_iter();
        kept.into_table(wire_log::Entity)
            .columns(columns.chain([wire_log::Column::StationId]))
            .select_from(said)
            .map_err(corrupt)?;
        self.tx.execute(&kept).await?;
        Entity::delete_many().filter(theirs).exec(&self.tx).await?;
        Ok(())
    }
}

fn to_row(one: &StrangerFrame) -> ActiveModel {
    let frame = &one.frame;
    ActiveModel {
        id: Set(frame.id.uuid()),
        identity_key: Set(one.identity.to_lowercase()),
        identity: Set(one.identity.clone()),
        remote_ip: Set(one.remote_ip.clone()),
        at: Set(ms(frame.at)),
        direction: Set(word(&frame.direction)),
        kind: Set(word(&frame.kind)),
        message_id: Set(frame.message_id.clone()),
        action: Set(frame.action.clone()),
        payload: Set(frame.payload.sealed().clone()),
        personal: Set((!frame.personal.is_empty()).then(|| json(&frame.personal))),
        error_code: Set(frame.error_code.clone()),
        latency_ms: Set(frame.latency_ms),
        deviations: Set((!frame.deviations.is_empty()).then(|| json(&frame.deviations))),
    }
}

impl Read {
    /// Frames of stations that nobody registered, the newest first.
    pub async fn stranger_frames(
        &self,
        filter: &AttemptFilter,
        page: &PageRequest,
    ) -> Result<Page<StrangerFrame>, Error> {
        let list = list_name("strangers", filter);
        let mut query = Entity::find();
        if let Some(identity) = &filter.identity {
            query = query.filter(Column::IdentityKey.eq(identity.to_lowercase()));
        }
        if let Some(address) = &filter.remote_ip {
            query = query.filter(Column::RemoteIp.eq(address.clone()));
        }
        if let Some(cursor) = &page.cursor {
            query = query.filter(Column::Id.lt(Cursor::from_text(cursor, &list)?.id));
        }
        let rows = query
            .order_by_desc(Column::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |r| Cursor {
            value: String::new(),
            id: r.id,
        });
        Ok(Page {
            rows: rows.into_iter().map(from_row).collect::<Result<_, _>>()?,
            next,
        })
    }
}
