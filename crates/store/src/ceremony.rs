//! Ceremonies: what somebody began at a passkey or at an identity provider and comes back from. Each
//! opens once.

use domain::clock::Moment;
use domain::id::UserId;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::entity::ceremonies;
use crate::error::{Error, corrupt};
use crate::store::Read;
use crate::value::{moment, ms};
use crate::work::Work;

/// Of what kind a ceremony is: one is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CeremonyKind {
    /// A passkey is made, or somebody signs in by one.
    Passkey,
    /// Somebody who is signed in shows again who they are by a passkey.
    PasskeyConfirm,
    /// The person is at the identity provider.
    Provider,
}

impl CeremonyKind {
    const ALL: [Self; 3] = [Self::Passkey, Self::PasskeyConfirm, Self::Provider];

    const fn key(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::PasskeyConfirm => "passkey_confirm",
            Self::Provider => "provider",
        }
    }
}

/// A ceremony that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CeremonyRow {
    /// Digest of what the browser holds.
    pub hash: String,
    /// Of what kind.
    pub kind: CeremonyKind,
    /// Whose, where somebody is signed in.
    pub user: Option<UserId>,
    /// What is expected, as JSON; never shown to the browser.
    pub state: String,
    /// Until when.
    pub expires_at: Moment,
}

impl Work {
    /// Begins a ceremony; those whose time was over at `now` go.
    pub async fn ceremony_begin(&mut self, row: &CeremonyRow, now: Moment) -> Result<(), Error> {
        ceremonies::Entity::delete_many()
            .filter(ceremonies::Column::ExpiresAt.lte(ms(now)))
            .exec(&self.tx)
            .await?;
        let row = ceremonies::ActiveModel {
            hash: Set(row.hash.clone()),
            user_id: Set(row.user.map(UserId::uuid)),
            state: Set(row.state.clone()),
            expires_at: Set(ms(row.expires_at)),
            kind: Set(row.kind.key().to_owned()),
        };
        ceremonies::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Uses up a ceremony: true once.
    pub async fn ceremony_take(&mut self, hash: &str) -> Result<bool, Error> {
        let done = ceremonies::Entity::delete_by_id(hash.to_owned())
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }
}

impl Read {
    /// A ceremony that is under way.
    pub async fn ceremony(&self, hash: &str, now: Moment) -> Result<Option<CeremonyRow>, Error> {
        let row = ceremonies::Entity::find_by_id(hash.to_owned())
            .filter(ceremonies::Column::ExpiresAt.gt(ms(now)))
            .one(&self.db)
            .await?;
        row.map(|row| {
            let mut kinds = CeremonyKind::ALL.into_iter();
            let kind = kinds.find(|kind| kind.key() == row.kind);
            Ok(CeremonyRow {
                kind: kind.ok_or_else(|| corrupt("no kind of ceremony"))?,
                hash: row.hash,
                user: row.user_id.map(UserId::from_uuid),
                state: row.state,
                expires_at: moment(row.expires_at)?,
            })
        })
        .transpose()
    }
}
