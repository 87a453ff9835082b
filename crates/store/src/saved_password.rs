//! Passwords of locks that an account saved: sealed, and for that account only.

use domain::clock::Moment;
use domain::id::{OrgId, StationId, UserId};
use domain::page::{Page, PageRequest};
use sea_orm::sea_query::{Expr, ExprTrait, Func, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QuerySelect,
};

use crate::entity::{locks, saved_passwords, stations};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::sort::{at_number, list_name, sorted};
use crate::store::Read;
use crate::value::{moment, ms};
use crate::work::Work;

/// A saved password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedRow {
    /// Whose.
    pub user: UserId,
    /// Of which station's lock.
    pub station: StationId,
    /// Of which epoch of it.
    pub epoch: i64,
    /// The password, sealed.
    pub sealed: String,
    /// When.
    pub saved_at: Moment,
}

/// A saved password as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedPassword {
    /// The row.
    pub row: SavedRow,
    /// The station's identity.
    pub identity: String,
    /// Its name for people.
    pub name: Option<String>,
    /// Its serial number.
    pub serial_number: Option<String>,
    /// Whether the lock has another password by now, or is no more.
    pub outdated: bool,
}

fn from_row(row: &saved_passwords::Model) -> Result<SavedRow, Error> {
    Ok(SavedRow {
        user: UserId::from_uuid(row.user_id),
        station: StationId::from_uuid(row.station_id),
        epoch: row.epoch,
        sealed: row.sealed.clone(),
        saved_at: moment(row.saved_at)?,
    })
}

impl Work {
    /// Saves a password in place of what the account had saved of that station.
    pub async fn saved_password_put(&mut self, saved: &SavedRow) -> Result<(), Error> {
        use saved_passwords::Column as C;
        let row = saved_passwords::ActiveModel {
            user_id: Set(saved.user.uuid()),
            station_id: Set(saved.station.uuid()),
            epoch: Set(saved.epoch),
            sealed: Set(saved.sealed.clone()),
            saved_at: Set(ms(saved.saved_at)),
        };
        let replace = OnConflict::columns([C::UserId, C::StationId])
            .update_columns([C::Epoch, C::Sealed, C::SavedAt])
            .to_owned();
        saved_passwords::Entity::insert(row)
            .on_conflict(replace)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Forgets a saved password; false when there was none.
    pub async fn saved_password_delete(
        &mut self,
        user: UserId,
        station: StationId,
    ) -> Result<bool, Error> {
        let done = saved_passwords::Entity::delete_by_id((user.uuid(), station.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }
}

impl Read {
    /// A password that an account saved.
    pub async fn saved_password(
        &self,
        user: UserId,
        station: StationId,
    ) -> Result<Option<SavedRow>, Error> {
        let row = saved_passwords::Entity::find_by_id((user.uuid(), station.uuid()))
            .one(&self.db)
            .await?;
        row.as_ref().map(from_row).transpose()
    }

    /// What an account saved in an organisation, the newest first; `q` is a part of a station's
    /// serial number, identity or name.
    pub async fn saved_passwords(
        &self,
        user: UserId,
        org: OrgId,
        q: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<SavedPassword>, Error> {
        use saved_passwords::Column as C;
        let list = list_name("saved_passwords", &(user, org, q));
        let after = match &page.cursor {
            None => None,
            Some(cursor) => {
                let cursor = Cursor::from_text(cursor, &list)?;
                Some((cursor.number()?, cursor.id))
            }
        };
        let station = saved_passwords::Entity::belongs_to(stations::Entity)
            .from(C::StationId)
            .to(stations::Column::Id)
            .into();
        let mut query = saved_passwords::Entity::find()
            .join(JoinType::InnerJoin, station)
            .filter(C::UserId.eq(user.uuid()))
            .filter(stations::Column::OrgId.eq(org.uuid()));
        if let Some(q) = q.map(str::trim).filter(|q| !q.is_empty()) {
            let part = format!("%{}%", q.to_lowercase());
            let lower = |column| {
                let column = Expr::col((stations::Entity, column));
                Expr::expr(Func::lower(column)).like(part.as_str())
            };
            query = query.filter(
                Condition::any()
                    .add(lower(stations::Column::SerialNumber))
                    .add(lower(stations::Column::Identity))
                    .add(lower(stations::Column::Name)),
            );
        }
        let since = Expr::col((saved_passwords::Entity, C::SavedAt));
        let rows = sorted(query, since, C::StationId, true, after)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| {
            at_number(row.saved_at, row.station_id)
        });
        let ids = || rows.iter().map(|row| row.station_id);
        let named = stations::Entity::find()
            .filter(stations::Column::Id.is_in(ids()))
            .all(&self.db)
            .await?;
        let current = locks::Entity::find()
            .filter(locks::Column::StationId.is_in(ids()))
            .filter(locks::Column::RemovedAt.is_null())
            .all(&self.db)
            .await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let of = |lock: &&locks::Model| lock.station_id == row.station_id;
            let lock = current.iter().find(of);
            let station = named.iter().find(|s| s.id == row.station_id);
            found.push(SavedPassword {
                row: from_row(row)?,
                identity: station.map(|s| s.identity.clone()).unwrap_or_default(),
                name: station.and_then(|s| s.name.clone()),
                serial_number: station.and_then(|s| s.serial_number.clone()),
                outdated: lock.is_none_or(|lock| lock.epoch != row.epoch),
            });
        }
        Ok(Page { rows: found, next })
    }
}
