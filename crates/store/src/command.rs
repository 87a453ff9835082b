//! Commands: written down before they are sent, sent at most once, settled once.

use domain::clock::Moment;
use domain::command::{CommandRecord, CommandState, Outcome};
use domain::id::{CommandId, OrgId, StationId, UserId};
use domain::lock::Authority;
use domain::page::{Page, PageRequest};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::entity::commands;
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::store::Read;
use crate::value::{from_json, from_word, json, maybe_moment, moment, ms, word};
use crate::work::Work;

/// A command with its organisation.
#[derive(Debug, Clone)]
pub struct CommandRow {
    /// Whose station.
    pub org: OrgId,
    /// The command.
    pub record: CommandRecord,
}

pub(crate) fn from_row(row: commands::Model) -> Result<CommandRow, Error> {
    let org = OrgId::from_uuid(row.org_id);
    let record = CommandRecord {
        id: CommandId::from_uuid(row.id),
        station: StationId::from_uuid(row.station_id),
        command: from_json(&row.body)?,
        state: from_word(&row.state)?,
        outcome: row.outcome.as_deref().map(from_json).transpose()?,
        created_at: moment(row.created_at)?,
        sent_at: maybe_moment(row.sent_at)?,
        settled_at: maybe_moment(row.settled_at)?,
        issued_by: row.user_id.map(UserId::from_uuid).zip(row.user_name),
        authority: Authority {
            path: from_word(&row.path)?,
            account: row.account_id.map(UserId::from_uuid),
        },
    };
    Ok(CommandRow { org, record })
}

impl Work {
    /// Writes a command down.
    pub async fn command_insert(
        &mut self,
        org: OrgId,
        record: &CommandRecord,
    ) -> Result<(), Error> {
        let row = commands::ActiveModel {
            id: Set(record.id.uuid()),
            org_id: Set(org.uuid()),
            station_id: Set(record.station.uuid()),
            body: Set(json(&record.command)),
            state: Set(word(&record.state)),
            outcome: Set(None),
            epoch: Set(None),
            created_at: Set(ms(record.created_at)),
            sent_at: Set(None),
            settled_at: Set(None),
            user_id: Set(record.issued_by.as_ref().map(|(id, _)| id.uuid())),
            user_name: Set(record.issued_by.as_ref().map(|(_, name)| name.clone())),
            path: Set(word(&record.authority.path)),
            account_id: Set(record.authority.account.map(UserId::uuid)),
        };
        row.insert(&self.tx).await?;
        Ok(())
    }

    /// Marks a command as sent, before it is written to the socket: true once.
    pub async fn command_sent(
        &mut self,
        id: CommandId,
        epoch: i64,
        at: Moment,
    ) -> Result<bool, Error> {
        let done = commands::Entity::update_many()
            .col_expr(
                commands::Column::State,
                Expr::value(word(&CommandState::Sent)),
            )
            .col_expr(commands::Column::Epoch, Expr::value(epoch))
            .col_expr(commands::Column::SentAt, Expr::value(ms(at)))
            .filter(commands::Column::Id.eq(id.uuid()))
            .filter(commands::Column::State.eq(word(&CommandState::Queued)))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Records the one outcome of a command: true once, and never for an older connection than
    /// the one that sent it.
    pub async fn command_settle(
        &mut self,
        id: CommandId,
        epoch: i64,
        outcome: &Outcome,
        at: Moment,
    ) -> Result<bool, Error> {
        let open = [word(&CommandState::Queued), word(&CommandState::Sent)];
        let done = commands::Entity::update_many()
            .col_expr(commands::Column::State, Expr::value(word(&outcome.state)))
            .col_expr(commands::Column::Outcome, Expr::value(json(outcome)))
            .col_expr(commands::Column::SettledAt, Expr::value(ms(at)))
            .filter(commands::Column::Id.eq(id.uuid()))
            .filter(commands::Column::State.is_in(open))
            .filter(
                Condition::any()
                    .add(commands::Column::Epoch.is_null())
                    .add(Expr::col(commands::Column::Epoch).lte(epoch)),
            )
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }
}

impl Work {
    /// Records the outcome of a command that was not sent, so that it never is: true once.
    pub async fn command_take_back(
        &mut self,
        id: CommandId,
        outcome: &Outcome,
        at: Moment,
    ) -> Result<bool, Error> {
        let done = commands::Entity::update_many()
            .col_expr(commands::Column::State, Expr::value(word(&outcome.state)))
            .col_expr(commands::Column::Outcome, Expr::value(json(outcome)))
            .col_expr(commands::Column::SettledAt, Expr::value(ms(at)))
            .filter(commands::Column::Id.eq(id.uuid()))
            .filter(commands::Column::State.eq(word(&CommandState::Queued)))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }
}

impl Read {
    /// A command, whatever the organisation; the caller compares.
    pub async fn command(&self, id: CommandId) -> Result<Option<CommandRow>, Error> {
        let found = commands::Entity::find_by_id(id.uuid())
            .one(&self.db)
            .await?;
        found.map(from_row).transpose()
    }

    /// Commands to a station, the newest first.
    pub async fn commands(
        &self,
        station: StationId,
        page: &PageRequest,
    ) -> Result<Page<CommandRecord>, Error> {
        let mut query =
            commands::Entity::find().filter(commands::Column::StationId.eq(station.uuid()));
        if let Some(cursor) = &page.cursor {
            query =
                query.filter(commands::Column::Id.lt(Cursor::from_text(cursor, "commands")?.id));
        }
        let rows = query
            .order_by_desc(commands::Column::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, "commands", |r| Cursor {
            value: String::new(),
            id: r.id,
        });
        let rows = rows
            .into_iter()
            .map(|r| Ok(from_row(r)?.record))
            .collect::<Result<_, Error>>()?;
        Ok(Page { rows, next })
    }

    /// Commands without an outcome that were written down before `before`, at most 500.
    pub async fn stale_commands(&self, before: Moment) -> Result<Vec<CommandRow>, Error> {
        let open = [word(&CommandState::Queued), word(&CommandState::Sent)];
        let rows = commands::Entity::find()
            .filter(commands::Column::State.is_in(open))
            .filter(commands::Column::CreatedAt.lt(ms(before)))
            .limit(500)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }
}
