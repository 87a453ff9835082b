//! Passkeys, and the ceremonies by which one is made or used: each ceremony opens once.

use domain::clock::Moment;
use domain::id::{PasskeyId, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
};

use crate::entity::{passkey_ceremonies, passkeys};
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

/// A ceremony that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CeremonyRow {
    /// Digest of what the browser holds.
    pub hash: String,
    /// Whose, where somebody is signed in.
    pub user: Option<UserId>,
    /// What is expected, as JSON; never shown to the browser.
    pub state: String,
    /// Until when.
    pub expires_at: Moment,
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

    /// Begins a ceremony; those whose time was over at `now` go.
    pub async fn ceremony_begin(&mut self, row: &CeremonyRow, now: Moment) -> Result<(), Error> {
        passkey_ceremonies::Entity::delete_many()
            .filter(passkey_ceremonies::Column::ExpiresAt.lte(ms(now)))
            .exec(&self.tx)
            .await?;
        let row = passkey_ceremonies::ActiveModel {
            hash: Set(row.hash.clone()),
            user_id: Set(row.user.map(UserId::uuid)),
            state: Set(row.state.clone()),
            expires_at: Set(ms(row.expires_at)),
        };
        passkey_ceremonies::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Uses up a ceremony: true once.
    pub async fn ceremony_take(&mut self, hash: &str) -> Result<bool, Error> {
        let done = passkey_ceremonies::Entity::delete_by_id(hash.to_owned())
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
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

    /// A ceremony that is under way.
    pub async fn ceremony(&self, hash: &str, now: Moment) -> Result<Option<CeremonyRow>, Error> {
        let row = passkey_ceremonies::Entity::find_by_id(hash.to_owned())
            .filter(passkey_ceremonies::Column::ExpiresAt.gt(ms(now)))
            .one(&self.db)
            .await?;
        row.map(|row| {
            Ok(CeremonyRow {
                hash: row.hash,
                user: row.user_id.map(UserId::from_uuid),
                state: row.state,
                expires_at: moment(row.expires_at)?,
            })
        })
        .transpose()
    }
}
