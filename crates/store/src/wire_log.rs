//! The wire log: every frame, word for word, with its personal spans; kept for a while.

use domain::clock::Moment;
use domain::id::{LogId, SessionId, StationId};
use domain::page::{Page, PageRequest};
use domain::personal::Personal;
use domain::wire_log::{Direction, FrameKind, LogRow};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::wire_log;
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::store::Read;
use crate::value::{from_json, from_word, json, moment, ms, word};

/// Which frames.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// Only these calls and the answers to them.
    pub actions: Vec<String>,
    /// Only of this sender.
    pub direction: Option<Direction>,
    /// Only refusals, unreadable frames and those with deviations.
    pub errors_only: bool,
    /// At or after.
    pub from: Option<Moment>,
    /// Before.
    pub to: Option<Moment>,
}

pub(crate) fn to_row(row: &LogRow) -> wire_log::ActiveModel {
    wire_log::ActiveModel {
        id: Set(row.id.uuid()),
        station_id: Set(row.station.uuid()),
        at: Set(ms(row.at)),
        direction: Set(word(&row.direction)),
        kind: Set(word(&row.kind)),
        message_id: Set(row.message_id.clone()),
        action: Set(row.action.clone()),
        payload: Set(row.payload.sealed().clone()),
        personal: Set((!row.personal.is_empty()).then(|| json(&row.personal))),
        error_code: Set(row.error_code.clone()),
        latency_ms: Set(row.latency_ms),
        deviations: Set((!row.deviations.is_empty()).then(|| json(&row.deviations))),
        session_id: Set(row.session.map(SessionId::uuid)),
    }
}

fn from_row(row: wire_log::Model) -> Result<LogRow, Error> {
    Ok(LogRow {
        id: LogId::from_uuid(row.id),
        station: StationId::from_uuid(row.station_id),
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
        session: row.session_id.map(SessionId::from_uuid),
    })
}

fn after(id: uuid::Uuid) -> Cursor {
    Cursor {
        value: String::new(),
        id,
    }
}

/// The cursor by which [`Read::log`] goes on after a frame, for whoever took no more of a page.
#[must_use]
pub fn log_cursor(frame: LogId) -> String {
    after(frame.uuid()).to_text("log")
}

impl Read {
    /// Frames of a station, the newest first.
    pub async fn log(
        &self,
        station: StationId,
        filter: &LogFilter,
        page: &PageRequest,
    ) -> Result<Page<LogRow>, Error> {
        use wire_log::Column as C;
        let mut query = wire_log::Entity::find().filter(C::StationId.eq(station.uuid()));
        if !filter.actions.is_empty() {
            query = query.filter(C::Action.is_in(filter.actions.clone()));
        }
        if let Some(direction) = filter.direction {
            query = query.filter(C::Direction.eq(word(&direction)));
        }
        if filter.errors_only {
            query = query.filter(
                Condition::any()
                    .add(C::ErrorCode.is_not_null())
                    .add(C::Deviations.is_not_null())
                    .add(C::Kind.eq(word(&FrameKind::Unreadable))),
            );
        }
        if let Some(from) = filter.from {
            query = query.filter(C::At.gte(ms(from)));
        }
        if let Some(to) = filter.to {
            query = query.filter(C::At.lt(ms(to)));
        }
        if let Some(cursor) = &page.cursor {
            query = query.filter(C::Id.lt(Cursor::from_text(cursor, "log")?.id));
        }
        let rows = query
            .order_by_desc(C::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, "log", |r| after(r.id));
        Ok(Page {
            rows: rows.into_iter().map(from_row).collect::<Result<_, _>>()?,
            next,
        })
    }
}
