//! API keys: a digest of the secret, whose it is, what it may at most, and until when.

use domain::clock::Moment;
use domain::id::{KeyId, OrgId, UserId};
use domain::page::{Page, PageRequest};
use domain::role::PermissionSet;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
};

use crate::entity::keys::{ActiveModel, Column, Entity, Model};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::sort::{at_number, list_name, sorted};
use crate::store::Read;
use crate::value::{maybe_moment, moment, ms, permissions, permissions_from};
use crate::work::Work;

/// A key as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Its id.
    pub id: KeyId,
    /// Digest of its secret.
    pub hash: String,
    /// The organisation it works in.
    pub org: OrgId,
    /// Who made it, and beyond whose rights it never goes.
    pub user: UserId,
    /// For people.
    pub name: String,
    /// What it may at most.
    pub permissions: PermissionSet,
    /// Since when.
    pub created_at: Moment,
    /// Until when.
    pub expires_at: Moment,
    /// When it was last used, to the minute.
    pub used_at: Option<Moment>,
}

fn from_row(row: Model) -> Result<KeyRow, Error> {
    Ok(KeyRow {
        id: KeyId::from_uuid(row.id),
        hash: row.hash,
        org: OrgId::from_uuid(row.org_id),
        user: UserId::from_uuid(row.user_id),
        name: row.name,
        permissions: permissions_from(&row.permissions)?,
        created_at: moment(row.created_at)?,
        expires_at: moment(row.expires_at)?,
        used_at: maybe_moment(row.used_at)?,
    })
}

impl Work {
    /// Adds a key.
    pub async fn key_insert(&mut self, key: &KeyRow) -> Result<(), Error> {
        let row = ActiveModel {
            id: Set(key.id.uuid()),
            hash: Set(key.hash.clone()),
            org_id: Set(key.org.uuid()),
            user_id: Set(key.user.uuid()),
            name: Set(key.name.clone()),
            permissions: Set(permissions(key.permissions)),
            created_at: Set(ms(key.created_at)),
            expires_at: Set(ms(key.expires_at)),
            used_at: Set(key.used_at.map(ms)),
        };
        row.insert(&self.tx).await?;
        Ok(())
    }

    /// Notes that a key was used.
    pub async fn key_used(&mut self, id: KeyId, at: Moment) -> Result<(), Error> {
        Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(ms(at)))
            .filter(Column::Id.eq(id.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Ends a key; false when it is gone already.
    pub async fn key_delete(&mut self, id: KeyId) -> Result<bool, Error> {
        let done = Entity::delete_by_id(id.uuid()).exec(&self.tx).await?;
        Ok(done.rows_affected == 1)
    }
}

impl Read {
    /// The key of a secret's digest.
    pub async fn key_by_hash(&self, hash: &str) -> Result<Option<KeyRow>, Error> {
        let row = Entity::find()
            .filter(Column::Hash.eq(hash))
            .one(&self.db)
            .await?;
        row.map(from_row).transpose()
    }

    /// A key.
    pub async fn key(&self, id: KeyId) -> Result<Option<KeyRow>, Error> {
        let row = Entity::find_by_id(id.uuid()).one(&self.db).await?;
        row.map(from_row).transpose()
    }

    /// The keys of an organisation, the newest first.
    pub async fn keys(&self, org: OrgId, page: &PageRequest) -> Result<Page<KeyRow>, Error> {
        let list = list_name("keys", &org);
        let after = match &page.cursor {
            None => None,
            Some(cursor) => {
                let cursor = Cursor::from_text(cursor, &list)?;
                Some((cursor.number()?, cursor.id))
            }
        };
        let query = Entity::find().filter(Column::OrgId.eq(org.uuid()));
        let made = Expr::col((Entity, Column::CreatedAt));
        let query = sorted(query, made, Column::Id, true, after);
        let rows = query.limit(u64::from(page.limit) + 1).all(&self.db).await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| {
            at_number(row.created_at, row.id)
        });
        let rows = rows.into_iter().map(from_row);
        Ok(Page {
            rows: rows.collect::<Result<_, Error>>()?,
            next,
        })
    }
}
