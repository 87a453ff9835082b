//! What a person sees and ends of their web sessions, and devices that have signed in before.

use domain::clock::Moment;
use domain::id::{LoginId, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::entity::{challenges, devices, logins};
use crate::error::Error;
use crate::store::Read;
use crate::user::{LoginRow, login};
use crate::value::{moment, ms};
use crate::work::Work;

impl Work {
    /// A web session was used.
    pub async fn login_seen(&mut self, id: LoginId, at: Moment) -> Result<(), Error> {
        logins::Entity::update_many()
            .col_expr(logins::Column::SeenAt, Expr::value(ms(at)))
            .filter(logins::Column::Id.eq(id.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// The person of a web session showed again who they are.
    pub async fn login_confirmed(&mut self, id: LoginId, at: Moment) -> Result<(), Error> {
        logins::Entity::update_many()
            .col_expr(logins::Column::ConfirmedAt, Expr::value(ms(at)))
            .filter(logins::Column::Id.eq(id.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Ends a web session of a person; false when there is none such.
    pub async fn own_login_delete(&mut self, user: UserId, id: LoginId) -> Result<bool, Error> {
        let done = logins::Entity::delete_by_id(id.uuid())
            .filter(logins::Column::UserId.eq(user.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Ends all web sessions of a person but one; tells how many.
    pub async fn other_logins_delete(&mut self, user: UserId, but: LoginId) -> Result<u64, Error> {
        let done = logins::Entity::delete_many()
            .filter(logins::Column::UserId.eq(user.uuid()))
            .filter(logins::Column::Id.ne(but.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected)
    }

    /// Ends what rests on a person's password beside web sessions: sign-ins half done, and trusted
    /// devices but the one of this digest.
    pub async fn trust_delete(&mut self, user: UserId, but: Option<&str>) -> Result<(), Error> {
        challenges::Entity::delete_many()
            .filter(challenges::Column::UserId.eq(user.uuid()))
            .exec(&self.tx)
            .await?;
        let mut devices =
            devices::Entity::delete_many().filter(devices::Column::UserId.eq(user.uuid()));
        if let Some(stays) = but {
            devices = devices.filter(devices::Column::Hash.ne(stays));
        }
        devices.exec(&self.tx).await?;
        Ok(())
    }

    /// From now on a device is one that has signed in before.
    pub async fn device_insert(
        &mut self,
        user: UserId,
        hash: &str,
        created_at: Moment,
        expires_at: Moment,
    ) -> Result<(), Error> {
        let row = devices::ActiveModel {
            hash: Set(hash.to_owned()),
            user_id: Set(user.uuid()),
            created_at: Set(ms(created_at)),
            expires_at: Set(ms(expires_at)),
        };
        devices::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }
}

impl Read {
    /// The web sessions of a person that are not over, the newest first.
    pub async fn logins(&self, user: UserId, now: Moment) -> Result<Vec<LoginRow>, Error> {
        let rows = logins::Entity::find()
            .filter(logins::Column::UserId.eq(user.uuid()))
            .filter(logins::Column::ExpiresAt.gt(ms(now)))
            .order_by_desc(logins::Column::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(login).collect()
    }

    /// Whose device it is, and until when it counts.
    pub async fn device(&self, hash: &str) -> Result<Option<(UserId, Moment)>, Error> {
        let found = devices::Entity::find_by_id(hash.to_owned())
            .one(&self.db)
            .await?;
        found
            .map(|row| Ok((UserId::from_uuid(row.user_id), moment(row.expires_at)?)))
            .transpose()
    }
}
