//! What is to be done for batches now: which are open, how they stand, which items are ready and
//! what came of those that run.

use std::collections::HashMap;

use domain::batch::{Batch, BatchState, ItemState, Pace, Tally, Task};
use domain::clock::Moment;
use domain::id::{BatchId, StationId};
use domain::message::NoticeKind;
use domain::site::AdminState;
use sea_orm::sea_query::{Alias, CaseStatement, Expr, ExprTrait, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};
use uuid::Uuid;

use super::{ItemRow, batch, finding::dressed, item};
use crate::command::{self, CommandRow};
use crate::entity::{batch_items, batches, commands, evses, notices, stations};
use crate::error::{Error, corrupt};
use crate::store::Read;
use crate::value::{from_word, moment, ms, word};

/// An item under way with its command.
#[derive(Debug, Clone)]
pub struct RunningRow {
    /// The item.
    pub item: domain::batch::BatchItem,
    /// Its command; none for what is done without one.
    pub command: Option<CommandRow>,
    /// The firmware that the station told at its newest boot.
    pub firmware_version: Option<String>,
}

/// What a station told of its firmware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmwareWord {
    /// Which station.
    pub station: StationId,
    /// Its word.
    pub word: String,
    /// When it arrived.
    pub at: Moment,
}

/// 1 for an item whose station can be begun with now, else 0.
fn readiness(task: &Task, pace: &Pace) -> SimpleExpr {
    let mut ready: SimpleExpr = match task.needs_connection() {
        true => stations::Column::Online.eq(true),
        false => Expr::value(1).eq(1),
    };
    if pace.wait_for_idle {
        let charges = Query::select()
            .expr(Expr::value(1))
            .from(evses::Entity)
            .and_where(
                Expr::col((evses::Entity, evses::Column::StationId))
                    .equals((stations::Entity, stations::Column::Id)),
            )
            .and_where(Expr::col((evses::Entity, evses::Column::SessionId)).is_not_null())
            .to_owned();
        ready = ready.and(Expr::exists(charges).not());
    }
    // What was put away never comes again: it is begun with, and skipped then.
    let archived = stations::Column::AdminState.eq(word(&AdminState::Archived));
    let ready = ready.or(archived);
    CaseStatement::new().case(ready, 1).finally(0).into()
}

impl Read {
    /// Batches that can still begin something or have something under way, of all organisations.
    pub async fn batches_open(&self) -> Result<Vec<Batch>, Error> {
        use batches::Column as C;
        let open = [BatchState::Running, BatchState::Paused, BatchState::Stopped];
        let running = batch_items::Entity::find()
            .select_only()
            .column(batch_items::Column::BatchId)
            .filter(batch_items::Column::State.eq(word(&ItemState::Running)));
        let rows = batches::Entity::find()
            .filter(
                C::State
                    .is_in(open.iter().map(word))
                    .or(C::Id.in_subquery(sea_orm::QueryTrait::into_query(running))),
            )
            .order_by_asc(C::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(batch).collect()
    }

    /// How the items of a batch stand.
    pub async fn batch_tally(&self, of: &Batch) -> Result<Tally, Error> {
        use batch_items::Column as C;
        let ready = readiness(&of.task, &of.pace);
        // Grouped by the readiness of what waits only: of the rest nobody asks.
        let waiting = C::State.eq(word(&ItemState::Waiting));
        let place: SimpleExpr = CaseStatement::new().case(waiting, ready).finally(0).into();
        let rows: Vec<(i32, String, i32, i64)> = batch_items::Entity::find()
            .select_only()
            .column(C::Wave)
            .column(C::State)
            .column_as(place, "ready")
            .column_as(C::Id.count(), "items")
            .join(JoinType::InnerJoin, batch_items::Relation::Station.def())
            .filter(C::BatchId.eq(of.id.uuid()))
            .group_by(C::Wave)
            .group_by(C::State)
            .group_by(Expr::col(Alias::new("ready")))
            .into_tuple()
            .all(&self.db)
            .await?;
        let mut tally = Tally::default();
        for (wave, state, ready, items) in rows {
            let wave = usize::try_from(wave).map_err(corrupt)?;
            let items = u32::try_from(items).map_err(corrupt)?;
            if tally.waves.len() <= wave {
                tally
                    .waves
                    .resize(wave + 1, domain::batch::WaveTally::default());
            }
            let of = &mut tally.waves[wave];
            let count = match from_word::<ItemState>(&state)? {
                ItemState::Waiting if ready == 1 => &mut of.ready,
                ItemState::Waiting => &mut of.held_up,
                ItemState::Running => &mut of.running,
                ItemState::Succeeded => &mut of.succeeded,
                ItemState::Failed => &mut of.failed,
                ItemState::Skipped => &mut of.skipped,
                ItemState::Cancelled => &mut of.cancelled,
            };
            *count += items;
        }
        Ok(tally)
    }

    /// Up to `most` items of the waves up to `wave` whose stations can be begun with now.
    pub async fn batch_ready(
        &self,
        of: &Batch,
        wave: u32,
        most: u32,
    ) -> Result<Vec<ItemRow>, Error> {
        use batch_items::Column as C;
        let rows = batch_items::Entity::find()
            .join(JoinType::InnerJoin, batch_items::Relation::Station.def())
            .select_also(stations::Entity)
            .filter(C::BatchId.eq(of.id.uuid()))
            .filter(C::State.eq(word(&ItemState::Waiting)))
            .filter(C::Wave.lte(i32::try_from(wave).unwrap_or(i32::MAX)))
            .filter(readiness(&of.task, &of.pace).eq(1))
            .order_by_asc(C::Wave)
            .order_by_asc(C::Id)
            .limit(u64::from(most))
            .all(&self.db)
            .await?;
        rows.into_iter().map(dressed).collect()
    }

    /// The items of a batch that are under way.
    pub async fn batch_running(&self, id: BatchId) -> Result<Vec<RunningRow>, Error> {
        use batch_items::Column as C;
        let rows = batch_items::Entity::find()
            .join(JoinType::LeftJoin, batch_items::Relation::Command.def())
            .select_also(commands::Entity)
            .filter(C::BatchId.eq(id.uuid()))
            .filter(C::State.eq(word(&ItemState::Running)))
            .all(&self.db)
            .await?;
        let running = batch_items::Entity::find()
            .select_only()
            .column(C::StationId)
            .filter(C::BatchId.eq(id.uuid()))
            .filter(C::State.eq(word(&ItemState::Running)));
        let told: Vec<(Uuid, Option<String>)> = stations::Entity::find()
            .select_only()
            .columns([stations::Column::Id, stations::Column::FirmwareVersion])
            .filter(stations::Column::Id.in_subquery(sea_orm::QueryTrait::into_query(running)))
            .into_tuple()
            .all(&self.db)
            .await?;
        let mut told: HashMap<Uuid, Option<String>> = told.into_iter().collect();
        rows.into_iter()
            .map(|(row, order)| {
                let firmware_version = told.remove(&row.station_id).flatten();
                Ok(RunningRow {
                    item: item(row)?,
                    command: order.map(command::from_row).transpose()?,
                    firmware_version,
                })
            })
            .collect()
    }

    /// What stations told of their firmware since `since`, in the order in which it arrived.
    pub async fn firmware_words(
        &self,
        of: &[StationId],
        since: Moment,
    ) -> Result<Vec<FirmwareWord>, Error> {
        use notices::Column as C;
        if of.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = of.iter().map(|id| id.uuid()).collect();
        let rows: Vec<(Uuid, String, i64)> = notices::Entity::find()
            .select_only()
            .columns([C::StationId, C::Title, C::ReceivedAt])
            .filter(C::StationId.is_in(ids))
            .filter(C::Kind.eq(word(&NoticeKind::FirmwareStatus)))
            .filter(C::ReceivedAt.gte(ms(since)))
            .order_by_asc(C::Id)
            .into_tuple()
            .all(&self.db)
            .await?;
        rows.into_iter()
            .map(|(station, word, at)| {
                Ok(FirmwareWord {
                    station: StationId::from_uuid(station),
                    word,
                    at: moment(at)?,
                })
            })
            .collect()
    }
}
