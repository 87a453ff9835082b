//! Passkeys.

use domain::clock::Moment;
use domain::id::{PasskeyId, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
};

use crate::entity::passkeys;
use crate::error::Error;
use crate::store::Read;
use crate::value::{maybe_moment, moment, ms};
use crate::work::Work;

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyRow {
    /// Its id.
    pub id: PasskeyId,
    /// Whose.
    pub user: UserId,
    /// The authenticator's name for it, in base64url.
    pub credential_id: String,
    /// For people.
    pub name: String,
    /// Its public key and what belongs to it, as JSON.
    pub credential: String,
    /// When it was made.
    pub created_at: Moment,
    /// When it was last used.
    pub used_at: Option<Moment>,
}

fn from_row(row: passkeys::Model) -> Result<PasskeyRow, Error> {
    Ok(PasskeyRow {
        id: PasskeyId::from_uuid(row.id),
        user: UserId::from_uuid(row.user_id),
        credential_id: row.credential_id,
        name: row.name,
        credential: row.credential,
        created_at: moment(row.created_at)?,
        used_at: maybe_moment(row.used_at)?,
    })
}

impl Work {
    /// Adds a passkey; one that is there already, anybody's, is a conflict.
    pub async fn passkey_insert(&mut self, row: &PasskeyRow) -> Result<(), Error> {
        let row = passkeys::ActiveModel {
            id: Set(row.id.uuid()),
            user_id: Set(row.user.uuid()),
            credential_id: Set(row.credential_id.clone()),
            name: Set(row.name.clone()),
            credential: Set(row.credential.clone()),
            created_at: Set(ms(row.created_at)),
            used_at: Set(row.used_at.map(ms)),
        };
        row.insert(&self.tx).await?;
        Ok(())
    }

    /// Notes that a passkey was used, with its new counter; false when it is no more.
    pub async fn passkey_used(
        &mut self,
        id: PasskeyId,
        credential: &str,
        at: Moment,
    ) -> Result<bool, Error> {
        let done = passkeys::Entity::update_many()
            .col_expr(passkeys::Column::Credential, Expr::value(credential))
            .col_expr(passkeys::Column::UsedAt, Expr::value(ms(at)))
            .filter(passkeys::Column::Id.eq(id.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Removes a passkey of a person; false when it is not theirs.
    pub async fn passkey_delete(&mut self, user: UserId, id: PasskeyId) -> Result<bool, Error> {
        let done = passkeys::Entity::delete_by_id(id.uuid())
            .filter(passkeys::Column::UserId.eq(user.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Removes every passkey of a person; tells how many there were.
    pub async fn passkeys_delete(&mut self, user: UserId) -> Result<u64, Error> {
        let done = passkeys::Entity::delete_many()
            .filter(passkeys::Column::UserId.eq(user.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected)
    }
}

impl Read {
    /// The passkeys of a person, the oldest first.
    pub async fn passkeys(&self, user: UserId) -> Result<Vec<PasskeyRow>, Error> {
        let rows = passkeys::Entity::find()
            .filter(passkeys::Column::UserId.eq(user.uuid()))
            .order_by_asc(passkeys::Column::CreatedAt)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }
}
