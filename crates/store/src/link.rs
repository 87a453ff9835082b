//! Links that are mailed to people with an account: to prove the address, or to choose another
//! password. Of the secret only a digest is kept; a new link ends those before it.

use domain::clock::Moment;
use domain::id::UserId;
use domain::mail::MailKind;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::entity::links::{ActiveModel, Column, Entity, Model};
use crate::error::Error;
use crate::store::Read;
use crate::value::{from_word, moment, ms, word};
use crate::work::Work;

/// A link as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// Digest of its secret.
    pub hash: String,
    /// Whose.
    pub user: UserId,
    /// What the mail with it was about.
    pub purpose: MailKind,
    /// When it was sent.
    pub sent_at: Moment,
    /// Until when it opens something.
    pub expires_at: Moment,
}

fn from_row(row: Model) -> Result<LinkRow, Error> {
    Ok(LinkRow {
        hash: row.hash,
        user: UserId::from_uuid(row.user_id),
        purpose: from_word(&row.purpose)?,
        sent_at: moment(row.sent_at)?,
        expires_at: moment(row.expires_at)?,
    })
}

impl Work {
    /// Puts a link in place of those that the person had for the same.
    pub async fn link_put(&mut self, link: &LinkRow) -> Result<(), Error> {
        self.links_end(link.user, link.purpose).await?;
        let row = ActiveModel {
            hash: Set(link.hash.clone()),
            user_id: Set(link.user.uuid()),
            purpose: Set(word(&link.purpose)),
            sent_at: Set(ms(link.sent_at)),
            expires_at: Set(ms(link.expires_at)),
        };
        row.insert(&self.tx).await?;
        Ok(())
    }

    /// Ends a person's links for something.
    pub async fn links_end(&mut self, user: UserId, purpose: MailKind) -> Result<(), Error> {
        Entity::delete_many()
            .filter(Column::UserId.eq(user.uuid()))
            .filter(Column::Purpose.eq(word(&purpose)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Uses up a link: true once.
    pub async fn link_take(&mut self, hash: &str) -> Result<bool, Error> {
        let done = Entity::delete_by_id(hash.to_owned()).exec(&self.tx).await?;
        Ok(done.rows_affected == 1)
    }
}

impl Read {
    /// The link of a digest.
    pub async fn link(&self, hash: &str) -> Result<Option<LinkRow>, Error> {
        let row = Entity::find_by_id(hash.to_owned()).one(&self.db).await?;
        row.map(from_row).transpose()
    }

    /// The link that a person has for something.
    pub async fn link_of(&self, user: UserId, purpose: MailKind) -> Result<Option<LinkRow>, Error> {
        let row = Entity::find()
            .filter(Column::UserId.eq(user.uuid()))
            .filter(Column::Purpose.eq(word(&purpose)))
            .one(&self.db)
            .await?;
        row.map(from_row).transpose()
    }
}
