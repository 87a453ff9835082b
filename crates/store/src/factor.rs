//! Second factors: authenticator apps, recovery codes, and sign-ins that wait for one.

use domain::clock::Moment;
use domain::id::{OrgId, UserId};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::entity::{authenticators, challenges, recovery_codes};
use crate::error::Error;
use crate::store::Read;
use crate::value::{maybe_moment, moment, ms};
use crate::work::Work;

/// The authenticator app of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticatorRow {
    /// Whose.
    pub user: UserId,
    /// The seed, sealed.
    pub seed: String,
    /// When it was drawn.
    pub created_at: Moment,
    /// Since when it counts: when the person first gave a code of it.
    pub confirmed_at: Option<Moment>,
    /// The last time step that was used (RFC 6238 section 5.2: one code opens one door).
    pub last_step: i64,
}

/// A sign-in whose password was right and that waits for the second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeRow {
    /// Digest of what the browser holds.
    pub hash: String,
    /// Whose.
    pub user: UserId,
    /// To which organisation.
    pub org: OrgId,
    /// Until when.
    pub expires_at: Moment,
}

impl Work {
    /// Puts an authenticator app that does not count yet in place of another such.
    pub async fn authenticator_put(&mut self, row: &AuthenticatorRow) -> Result<(), Error> {
        use authenticators::Column as C;
        let new = authenticators::ActiveModel {
            user_id: Set(row.user.uuid()),
            seed: Set(row.seed.clone()),
            created_at: Set(ms(row.created_at)),
            confirmed_at: Set(row.confirmed_at.map(ms)),
            last_step: Set(row.last_step),
        };
        let replace = OnConflict::column(C::UserId)
            .update_columns([C::Seed, C::CreatedAt, C::LastStep])
            .action_and_where(Expr::col((authenticators::Entity, C::ConfirmedAt)).is_null())
            .to_owned();
        authenticators::Entity::insert(new)
            .on_conflict(replace)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// From now on the authenticator app with this seed counts; false when there is none that
    /// waits for it.
    pub async fn authenticator_confirm(
        &mut self,
        user: UserId,
        seed: &str,
        at: Moment,
        step: i64,
    ) -> Result<bool, Error> {
        use authenticators::Column as C;
        let done = authenticators::Entity::update_many()
            .col_expr(C::ConfirmedAt, Expr::value(ms(at)))
            .col_expr(C::LastStep, Expr::value(step))
            .filter(C::UserId.eq(user.uuid()))
            .filter(C::Seed.eq(seed))
            .filter(C::ConfirmedAt.is_null())
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Uses up a time step of a person's authenticator app; false when it or a later one was used.
    pub async fn authenticator_use(&mut self, user: UserId, step: i64) -> Result<bool, Error> {
        use authenticators::Column as C;
        let done = authenticators::Entity::update_many()
            .col_expr(C::LastStep, Expr::value(step))
            .filter(C::UserId.eq(user.uuid()))
            .filter(C::ConfirmedAt.is_not_null())
            .filter(C::LastStep.lt(step))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Removes a person's authenticator app and recovery codes; false when there was no app.
    pub async fn authenticator_delete(&mut self, user: UserId) -> Result<bool, Error> {
        let done = authenticators::Entity::delete_by_id(user.uuid())
            .exec(&self.tx)
            .await?;
        self.recovery_codes_put(user, &[]).await?;
        Ok(done.rows_affected == 1)
    }

    /// Puts recovery codes, by their digests, in place of all earlier ones.
    pub async fn recovery_codes_put(
        &mut self,
        user: UserId,
        hashes: &[String],
    ) -> Result<(), Error> {
        recovery_codes::Entity::delete_many()
            .filter(recovery_codes::Column::UserId.eq(user.uuid()))
            .exec(&self.tx)
            .await?;
        let rows = hashes.iter().map(|hash| recovery_codes::ActiveModel {
            user_id: Set(user.uuid()),
            hash: Set(hash.clone()),
        });
        crate::rows::append(&self.tx, rows.collect(), 2).await
    }

    /// Uses up a recovery code: true once.
    pub async fn recovery_code_take(&mut self, user: UserId, hash: &str) -> Result<bool, Error> {
        let done = recovery_codes::Entity::delete_many()
            .filter(recovery_codes::Column::UserId.eq(user.uuid()))
            .filter(recovery_codes::Column::Hash.eq(hash))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Keeps a sign-in that waits for its second factor.
    pub async fn challenge_insert(&mut self, row: &ChallengeRow) -> Result<(), Error> {
        let row = challenges::ActiveModel {
            hash: Set(row.hash.clone()),
            user_id: Set(row.user.uuid()),
            org_id: Set(row.org.uuid()),
            tries: Set(0),
            expires_at: Set(ms(row.expires_at)),
        };
        challenges::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Counts a try at a sign-in that waits; none when it is over, or had `most` tries.
    pub async fn challenge_try(
        &mut self,
        hash: &str,
        now: Moment,
        most: i32,
    ) -> Result<Option<ChallengeRow>, Error> {
        use challenges::Column as C;
        let done = challenges::Entity::update_many()
            .col_expr(C::Tries, Expr::col(C::Tries).add(1))
            .filter(C::Hash.eq(hash))
            .filter(C::ExpiresAt.gt(ms(now)))
            .filter(C::Tries.lt(most))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 0 {
            return Ok(None);
        }
        let found = challenges::Entity::find_by_id(hash.to_owned())
            .one(&self.tx)
            .await?;
        found
            .map(|row| {
                Ok(ChallengeRow {
                    hash: row.hash,
                    user: UserId::from_uuid(row.user_id),
                    org: OrgId::from_uuid(row.org_id),
                    expires_at: moment(row.expires_at)?,
                })
            })
            .transpose()
    }

    /// Uses up a sign-in that waits: true once.
    pub async fn challenge_take(&mut self, hash: &str) -> Result<bool, Error> {
        let done = challenges::Entity::delete_by_id(hash.to_owned())
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }
}

impl Read {
    /// The authenticator app of a person, also one that does not count yet.
    pub async fn authenticator(&self, user: UserId) -> Result<Option<AuthenticatorRow>, Error> {
        let found = authenticators::Entity::find_by_id(user.uuid())
            .one(&self.db)
            .await?;
        found
            .map(|row| {
                Ok(AuthenticatorRow {
                    user: UserId::from_uuid(row.user_id),
                    seed: row.seed,
                    created_at: moment(row.created_at)?,
                    confirmed_at: maybe_moment(row.confirmed_at)?,
                    last_step: row.last_step,
                })
            })
            .transpose()
    }

    /// How many recovery codes a person has left.
    pub async fn recovery_codes(&self, user: UserId) -> Result<u64, Error> {
        Ok(recovery_codes::Entity::find()
            .filter(recovery_codes::Column::UserId.eq(user.uuid()))
            .count(&self.db)
            .await?)
    }
}
