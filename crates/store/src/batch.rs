//! Batches and their items: made as a whole, moved on item by item, each step once.

mod finding;
mod work_list;

use domain::batch::{Batch, BatchItem, FirmwarePhase, ItemState, Maker, Reason};
use domain::clock::Moment;
use domain::command::CommandState;
use domain::id::{BatchId, BatchItemId, CommandId, KeyId, OrgId, SiteId, StationId, UserId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, JoinType, QueryFilter,
    QuerySelect, RelationTrait,
};

use crate::entity::{batch_items, batches, commands};
use crate::error::{Error, corrupt};
use crate::rows::append;
use crate::value::{from_json, from_word, json, maybe_moment, moment, ms, word};
use crate::work::Work;

pub use finding::BatchFilter;
pub use work_list::{FirmwareWord, RunningRow};

/// An item with what people know its station by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// The item.
    pub item: BatchItem,
    /// The station's name on the wire.
    pub identity: String,
    /// Where it stands now.
    pub site: Option<SiteId>,
    /// Whether it is connected now.
    pub online: bool,
}

fn batch(row: batches::Model) -> Result<Batch, Error> {
    Ok(Batch {
        id: BatchId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        title: row.title,
        task: from_json(&row.task)?,
        pace: from_json(&row.pace)?,
        state: from_word(&row.state)?,
        maker: Maker {
            user: UserId::from_uuid(row.user_id),
            name: row.user_name,
            key: row.key_id.map(KeyId::from_uuid),
        },
        created_at: moment(row.created_at)?,
        ended_at: maybe_moment(row.ended_at)?,
    })
}

fn item(row: batch_items::Model) -> Result<BatchItem, Error> {
    let count = |n: i32| u32::try_from(n).map_err(corrupt);
    Ok(BatchItem {
        id: BatchItemId::from_uuid(row.id),
        batch: BatchId::from_uuid(row.batch_id),
        station: StationId::from_uuid(row.station_id),
        wave: count(row.wave)?,
        state: from_word(&row.state)?,
        phase: row.phase.as_deref().map(from_word).transpose()?,
        reason: row.reason.map(|code| Reason {
            code,
            text: row.reason_text.unwrap_or_default(),
        }),
        command: row.command_id.map(CommandId::from_uuid),
        tries: count(row.tries)?,
        begun_at: maybe_moment(row.begun_at)?,
        settled_at: maybe_moment(row.settled_at)?,
    })
}

fn to_row(item: &BatchItem) -> batch_items::ActiveModel {
    let count = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    batch_items::ActiveModel {
        id: Set(item.id.uuid()),
        batch_id: Set(item.batch.uuid()),
        station_id: Set(item.station.uuid()),
        wave: Set(count(item.wave)),
        state: Set(word(&item.state)),
        phase: Set(item.phase.as_ref().map(word)),
        reason: Set(item.reason.as_ref().map(|r| r.code.clone())),
        reason_text: Set(item.reason.as_ref().map(|r| r.text.clone())),
        command_id: Set(item.command.map(CommandId::uuid)),
        tries: Set(count(item.tries)),
        begun_at: Set(item.begun_at.map(ms)),
        settled_at: Set(item.settled_at.map(ms)),
    }
}

/// Items of one batch in one of some states.
fn those(id: BatchId, states: &[ItemState]) -> sea_orm::UpdateMany<batch_items::Entity> {
    batch_items::Entity::update_many()
        .filter(batch_items::Column::BatchId.eq(id.uuid()))
        .filter(batch_items::Column::State.is_in(states.iter().map(word)))
}

/// Items whose newest try is this command.
fn about(command: Option<CommandId>) -> sea_orm::Condition {
    let about = command.map(|id| batch_items::Column::CommandId.eq(id.uuid()));
    sea_orm::Condition::all().add_option(about)
}

impl Work {
    /// Keeps a new batch with all its items.
    pub async fn batch_insert(&mut self, batch: &Batch, items: &[BatchItem]) -> Result<(), Error> {
        let row = batches::ActiveModel {
            id: Set(batch.id.uuid()),
            org_id: Set(batch.org.uuid()),
            title: Set(batch.title.clone()),
            kind: Set(batch.task.kind().to_owned()),
            task: Set(json(&batch.task)),
            pace: Set(json(&batch.pace)),
            state: Set(word(&batch.state)),
            user_id: Set(batch.maker.user.uuid()),
            user_name: Set(batch.maker.name.clone()),
            key_id: Set(batch.maker.key.map(KeyId::uuid)),
            created_at: Set(ms(batch.created_at)),
            ended_at: Set(batch.ended_at.map(ms)),
        };
        row.insert(&self.tx).await?;
        append(&self.tx, items.iter().map(to_row).collect(), 12).await
    }

    /// A batch, read inside the unit. Until it ends, no other unit that reads it so goes on, not on
    /// other nodes either.
    pub async fn batch(&mut self, id: BatchId) -> Result<Option<Batch>, Error> {
        let row = batches::Entity::find_by_id(id.uuid())
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        row.map(batch).transpose()
    }

    /// Moves a batch on, and tells its new deadline where it has another.
    pub async fn batch_update(&mut self, batch: &Batch) -> Result<(), Error> {
        batches::Entity::update_many()
            .col_expr(batches::Column::State, Expr::value(word(&batch.state)))
            .col_expr(batches::Column::Pace, Expr::value(json(&batch.pace)))
            .col_expr(
                batches::Column::EndedAt,
                Expr::value(batch.ended_at.map(ms)),
            )
            .filter(batches::Column::Id.eq(batch.id.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Begins with an item: true once for each try.
    pub async fn item_begin(
        &mut self,
        id: BatchItemId,
        command: Option<CommandId>,
        at: Moment,
    ) -> Result<bool, Error> {
        use batch_items::Column as C;
        let tries = Expr::col(C::Tries).add(1);
        let done = batch_items::Entity::update_many()
            .col_expr(C::State, Expr::value(word(&ItemState::Running)))
            .col_expr(C::CommandId, Expr::value(command.map(CommandId::uuid)))
            .col_expr(C::Tries, tries)
            .col_expr(C::BegunAt, Expr::value(ms(at)))
            .col_expr(C::Phase, Expr::value(None::<String>))
            .col_expr(C::Reason, Expr::value(None::<String>))
            .col_expr(C::ReasonText, Expr::value(None::<String>))
            .filter(C::Id.eq(id.uuid()))
            .filter(C::State.eq(word(&ItemState::Waiting)))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Gives an item its outcome, once: it must still be waiting or running, and be about `command`.
    pub async fn item_settle(
        &mut self,
        id: BatchItemId,
        command: Option<CommandId>,
        state: ItemState,
        reason: Option<&Reason>,
        at: Moment,
    ) -> Result<bool, Error> {
        use batch_items::Column as C;
        let open = [ItemState::Waiting, ItemState::Running];
        let done = batch_items::Entity::update_many()
            .col_expr(C::State, Expr::value(word(&state)))
            .col_expr(C::Reason, Expr::value(reason.map(|r| r.code.clone())))
            .col_expr(C::ReasonText, Expr::value(reason.map(|r| r.text.clone())))
            .col_expr(C::SettledAt, Expr::value(ms(at)))
            .filter(C::Id.eq(id.uuid()))
            .filter(C::State.is_in(open.iter().map(word)))
            .filter(about(command))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// How far the update of a running item is.
    pub async fn item_phase(&mut self, id: BatchItemId, phase: FirmwarePhase) -> Result<(), Error> {
        use batch_items::Column as C;
        batch_items::Entity::update_many()
            .col_expr(C::Phase, Expr::value(word(&phase)))
            .filter(C::Id.eq(id.uuid()))
            .filter(C::State.eq(word(&ItemState::Running)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// A running item whose `command` never left waits again; the try does not count.
    pub async fn item_again(
        &mut self,
        id: BatchItemId,
        command: Option<CommandId>,
    ) -> Result<bool, Error> {
        use batch_items::Column as C;
        let done = batch_items::Entity::update_many()
            .col_expr(C::State, Expr::value(word(&ItemState::Waiting)))
            .col_expr(C::CommandId, Expr::value(None::<uuid::Uuid>))
            .col_expr(C::Tries, Expr::col(C::Tries).sub(1))
            .filter(C::Id.eq(id.uuid()))
            .filter(C::State.eq(word(&ItemState::Running)))
            .filter(about(command))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Commands of running items that no station was told yet.
    pub async fn batch_unsent(
        &mut self,
        id: BatchId,
    ) -> Result<Vec<(BatchItemId, CommandId, StationId)>, Error> {
        use batch_items::Column as C;
        let rows: Vec<(uuid::Uuid, uuid::Uuid, uuid::Uuid)> = batch_items::Entity::find()
            .select_only()
            .column(C::Id)
            .column(C::CommandId)
            .column(C::StationId)
            .join(JoinType::InnerJoin, batch_items::Relation::Command.def())
            .filter(C::BatchId.eq(id.uuid()))
            .filter(C::State.eq(word(&ItemState::Running)))
            .filter(commands::Column::State.eq(word(&CommandState::Queued)))
            .into_tuple()
            .all(&self.tx)
            .await?;
        let ids = |(item, command, station)| {
            (
                BatchItemId::from_uuid(item),
                CommandId::from_uuid(command),
                StationId::from_uuid(station),
            )
        };
        Ok(rows.into_iter().map(ids).collect())
    }

    /// Gives every waiting item of a batch the same outcome; tells how many there were.
    pub async fn items_end(
        &mut self,
        id: BatchId,
        state: ItemState,
        reason: &Reason,
        at: Moment,
    ) -> Result<u64, Error> {
        use batch_items::Column as C;
        let done = those(id, &[ItemState::Waiting])
            .col_expr(C::State, Expr::value(word(&state)))
            .col_expr(C::Reason, Expr::value(reason.code.clone()))
            .col_expr(C::ReasonText, Expr::value(reason.text.clone()))
            .col_expr(C::SettledAt, Expr::value(ms(at)))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected)
    }

    /// Lets items in some states wait again; tells how many there were.
    pub async fn items_again(&mut self, id: BatchId, states: &[ItemState]) -> Result<u64, Error> {
        use batch_items::Column as C;
        let done = those(id, states)
            .col_expr(C::State, Expr::value(word(&ItemState::Waiting)))
            .col_expr(C::Phase, Expr::value(None::<String>))
            .col_expr(C::Reason, Expr::value(None::<String>))
            .col_expr(C::ReasonText, Expr::value(None::<String>))
            .col_expr(C::SettledAt, Expr::value(None::<i64>))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected)
    }
}
