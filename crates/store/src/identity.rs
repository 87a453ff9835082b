//! Who people are at an identity provider.

use domain::clock::Moment;
use domain::id::UserId;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::entity::identities;
use crate::error::Error;
use crate::store::Read;
use crate::value::ms;
use crate::work::Work;

impl Work {
    /// The person behind a provider's name for somebody, noting that it was used.
    pub async fn identity_use(
        &mut self,
        issuer: &str,
        subject: &str,
        at: Moment,
    ) -> Result<Option<UserId>, Error> {
        let key = (issuer.to_owned(), subject.to_owned());
        identities::Entity::update_many()
            .col_expr(identities::Column::UsedAt, Expr::value(ms(at)))
            .filter(identities::Column::Issuer.eq(issuer))
            .filter(identities::Column::Subject.eq(subject))
            .exec(&self.tx)
            .await?;
        let row = identities::Entity::find_by_id(key).one(&self.tx).await?;
        Ok(row.map(|row| UserId::from_uuid(row.user_id)))
    }

    /// Notes whom a provider's name for somebody means; a name that is known is a conflict.
    pub async fn identity_insert(
        &mut self,
        issuer: &str,
        subject: &str,
        user: UserId,
        at: Moment,
    ) -> Result<(), Error> {
        let row = identities::ActiveModel {
            issuer: Set(issuer.to_owned()),
            subject: Set(subject.to_owned()),
            user_id: Set(user.uuid()),
            created_at: Set(ms(at)),
            used_at: Set(ms(at)),
        };
        row.insert(&self.tx).await?;
        Ok(())
    }
}

impl Work {
    /// Forgets whom a provider's names mean for a person; tells how many there were.
    pub async fn identities_delete(&mut self, user: UserId, issuer: &str) -> Result<u64, Error> {
        let done = identities::Entity::delete_many()
            .filter(identities::Column::UserId.eq(user.uuid()))
            .filter(identities::Column::Issuer.eq(issuer))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected)
    }
}

impl Read {
    /// Whether a person is known at a provider.
    pub async fn has_identity(&self, user: UserId, issuer: &str) -> Result<bool, Error> {
        let row = identities::Entity::find()
            .filter(identities::Column::UserId.eq(user.uuid()))
            .filter(identities::Column::Issuer.eq(issuer))
            .one(&self.db)
            .await?;
        Ok(row.is_some())
    }
}
