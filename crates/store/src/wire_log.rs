//! The wire log: every frame, word for word, with its personal spans; kept for a while.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::clock::Moment;
use domain::id::{LogId, OrgId, SessionId, SiteId, StationId};
use domain::page::{Page, PageRequest};
use domain::personal::Personal;
use domain::wire_log::{Direction, FrameKind, LogRow};
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};
use uuid::Uuid;

use crate::entity::{stations, wire_log};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::store::Read;
use crate::value::{containing, from_json, from_word, json, moment, ms, word};

/// Stations whose newest frames are read one after the other and merged. Of more stations the newest
/// frames of all are read instead, which are then likely theirs.
const FEW: u64 = 24;
/// How far the id of a frame can be from its moment, when a clock was set.
const CLOCK_SET: TimeDelta = TimeDelta::days(1);

/// Whose frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogOf {
    /// One station's.
    Station(StationId),
    /// Those of many.
    Fleet(LogFleet),
}

/// Stations of an organisation; archived ones too, for their history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFleet {
    /// The organisation.
    pub org: OrgId,
    /// Only at these sites.
    pub sites: Option<Vec<SiteId>>,
    /// With this in identity or name, without case.
    pub named: Option<String>,
}

impl LogFleet {
    fn condition(&self) -> Condition {
        use stations::Column as C;
        let of = |column: C| Expr::col((stations::Entity, column));
        let mut all = Condition::all().add(of(C::OrgId).eq(self.org.uuid()));
        if let Some(sites) = &self.sites {
            all = all.add(of(C::SiteId).is_in(sites.iter().map(|site| site.uuid())));
        }
        if let Some(named) = &self.named {
            let like = containing(named);
            let named = Condition::any()
                .add(of(C::IdentityKey).like(like.clone()))
                .add(Expr::expr(Func::lower(of(C::Name))).like(like));
            all = all.add(named);
        }
        all
    }
}

/// Which frames.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// Only these calls and the answers to them.
    pub actions: Vec<String>,
    /// Only of this sender.
    pub direction: Option<Direction>,
    /// Only the call of this message id and the answer to it.
    pub message_id: Option<String>,
    /// Only of this session.
    pub session: Option<SessionId>,
    /// Only refusals, unreadable frames and those with deviations.
    pub errors_only: bool,
    /// At or after.
    pub from: Option<Moment>,
    /// Before.
    pub to: Option<Moment>,
}

impl LogFilter {
    fn apply(&self, mut query: Select<wire_log::Entity>) -> Select<wire_log::Entity> {
        use wire_log::Column as C;
        if !self.actions.is_empty() {
            query = query.filter(C::Action.is_in(self.actions.clone()));
        }
        if let Some(direction) = self.direction {
            query = query.filter(C::Direction.eq(word(&direction)));
        }
        if let Some(message) = &self.message_id {
            query = query.filter(C::MessageId.eq(message.clone()));
        }
        if let Some(session) = self.session {
            query = query.filter(C::SessionId.eq(session.uuid()));
        }
        if self.errors_only {
            query = query.filter(
                Condition::any()
                    .add(C::ErrorCode.is_not_null())
                    .add(C::Deviations.is_not_null())
                    .add(C::Kind.eq(word(&FrameKind::Unreadable))),
            );
        }
        // Ids are in the order of time and have an index, which moments have not.
        if let Some(from) = self.from {
            query = query.filter(C::At.gte(ms(from)));
            query = query.filter(C::Id.gte(first_id(from - CLOCK_SET)));
        }
        if let Some(to) = self.to {
            query = query.filter(C::At.lt(ms(to)));
            query = query.filter(C::Id.lt(first_id(to + CLOCK_SET)));
        }
        query
    }
}

/// What no id drawn at or after this moment is below (RFC 9562, 5.7).
fn first_id(at: Moment) -> Uuid {
    let ms = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128(u128::from(ms & 0xffff_ffff_ffff) << 80)
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
    /// Frames, the newest first.
    pub async fn log(
        &self,
        of: &LogOf,
        filter: &LogFilter,
        page: &PageRequest,
    ) -> Result<Page<LogRow>, Error> {
        use wire_log::Column as C;
        let before = match &page.cursor {
            None => None,
            Some(cursor) => Some(Cursor::from_text(cursor, "log")?.id),
        };
        let newest = |whose: Condition| {
            let mut query = filter.apply(wire_log::Entity::find().filter(whose));
            if let Some(before) = before {
                query = query.filter(C::Id.lt(before));
            }
            query.order_by_desc(C::Id).limit(u64::from(page.limit) + 1)
        };
        let by = |station: Uuid| Condition::all().add(C::StationId.eq(station));
        let rows = match of {
            LogOf::Station(station) => newest(by(station.uuid())).all(&self.db).await?,
            LogOf::Fleet(fleet) => match self.few(fleet).await? {
                Some(stations) => {
                    let mut rows = Vec::new();
                    for station in stations {
                        rows.extend(newest(by(station)).all(&self.db).await?);
                    }
                    rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.id));
                    rows
                }
                None => newest(within(fleet)).all(&self.db).await?,
            },
        };
        let (rows, next) = cut(rows, page.limit, "log", |r| after(r.id));
        Ok(Page {
            rows: rows.into_iter().map(from_row).collect::<Result<_, _>>()?,
            next,
        })
    }

    /// The stations, where they are few.
    async fn few(&self, fleet: &LogFleet) -> Result<Option<Vec<Uuid>>, Error> {
        let found: Vec<Uuid> = stations::Entity::find()
            .select_only()
            .column(stations::Column::Id)
            .filter(fleet.condition())
            .limit(FEW + 1)
            .into_tuple()
            .all(&self.db)
            .await?;
        Ok((found.len() as u64 <= FEW).then_some(found))
    }

    /// What stations are called.
    pub async fn identities(
        &self,
        stations: &[StationId],
    ) -> Result<HashMap<StationId, String>, Error> {
        let found: Vec<(Uuid, String)> = stations::Entity::find()
            .select_only()
            .column(stations::Column::Id)
            .column(stations::Column::Identity)
            .filter(stations::Column::Id.is_in(stations.iter().map(|id| id.uuid())))
            .into_tuple()
            .all(&self.db)
            .await?;
        let found = found.into_iter();
        Ok(found
            .map(|(id, identity)| (StationId::from_uuid(id), identity))
            .collect())
    }
}

/// Asked of each frame, so that no database walks the frames by station and sorts them all.
fn within(fleet: &LogFleet) -> Condition {
    let whose = Expr::col((stations::Entity, stations::Column::Id))
        .equals((wire_log::Entity, wire_log::Column::StationId));
    let station = Query::select()
        .expr(Expr::val(1))
        .from(stations::Entity)
        .and_where(whose)
        .cond_where(fleet.condition())
        .to_owned();
    Condition::all().add(Expr::exists(station))
}
