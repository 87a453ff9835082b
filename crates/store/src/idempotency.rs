//! Requests that were given a key by whoever sent them: the first one with a key takes it, and
//! what it was answered is kept for those that follow.

use domain::clock::Moment;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::entity::idempotency;
use crate::error::{Error, corrupt};
use crate::value::{from_json, json, moment, ms};
use crate::work::Work;

/// A request with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Who sent it: an account in its organisation, or an address.
    pub owner: String,
    /// The sender's key.
    pub key: String,
    /// Keyed digest of what is asked for.
    pub fingerprint: String,
    /// Digest of what the sender may do.
    pub rights: String,
    /// When it began.
    pub started_at: Moment,
}

/// What a request was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// HTTP status.
    pub status: u16,
    /// Names and values of the headers that are kept.
    pub headers: Vec<(String, String)>,
    /// The body; none where it is not kept.
    pub body: Option<String>,
}

/// Whether a request was the first with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It was, and holds the key now.
    First,
    /// Another one holds the key; its answer, once it has one.
    Held(KeyedRequest, Option<KeptAnswer>),
}

fn from_row(row: idempotency::Model) -> Result<(KeyedRequest, Option<KeptAnswer>), Error> {
    let answer = match row.status {
        None => None,
        Some(status) => Some(KeptAnswer {
            status: u16::try_from(status).map_err(corrupt)?,
            headers: row
                .headers
                .as_deref()
                .map(from_json)
                .transpose()?
                .unwrap_or_default(),
            body: row.body,
        }),
    };
    let request = KeyedRequest {
        owner: row.owner,
        key: row.key,
        fingerprint: row.fingerprint,
        rights: row.rights,
        started_at: moment(row.started_at)?,
    };
    Ok((request, answer))
}

impl Work {
    /// Takes a key for `request`, unless one that began after `since` holds it.
    pub async fn idempotency_begin(
        &mut self,
        request: &KeyedRequest,
        since: Moment,
    ) -> Result<Begun, Error> {
        use idempotency::Column as C;
        idempotency::Entity::delete_many()
            .filter(C::Owner.eq(request.owner.as_str()))
            .filter(C::Key.eq(request.key.as_str()))
            .filter(C::StartedAt.lte(ms(since)))
            .exec(&self.tx)
            .await?;
        let row = idempotency::ActiveModel {
            owner: Set(request.owner.clone()),
            key: Set(request.key.clone()),
            fingerprint: Set(request.fingerprint.clone()),
            rights: Set(request.rights.clone()),
            started_at: Set(ms(request.started_at)),
            status: Set(None),
            headers: Set(None),
            body: Set(None),
        };
        let held = OnConflict::columns([C::Owner, C::Key])
            .do_nothing()
            .to_owned();
        let inserted = idempotency::Entity::insert(row)
            .on_conflict(held)
            .exec_without_returning(&self.tx)
            .await?;
        if inserted == 1 {
            return Ok(Begun::First);
        }
        let holder = idempotency::Entity::find_by_id((request.owner.clone(), request.key.clone()))
            .one(&self.tx)
            .await?;
        // Gone between the two statements: the next try takes it.
        let holder = holder.ok_or_else(|| Error::Conflict("idempotency key".to_owned()))?;
        let (request, answer) = from_row(holder)?;
        Ok(Begun::Held(request, answer))
    }

    /// Keeps what a request was answered.
    pub async fn idempotency_answered(
        &mut self,
        request: &KeyedRequest,
        answer: &KeptAnswer,
    ) -> Result<(), Error> {
        use idempotency::Column as C;
        idempotency::Entity::update_many()
            .col_expr(C::Status, Expr::value(i32::from(answer.status)))
            .col_expr(C::Headers, Expr::value(json(&answer.headers)))
            .col_expr(C::Body, Expr::value(answer.body.clone()))
            .filter(C::Owner.eq(request.owner.as_str()))
            .filter(C::Key.eq(request.key.as_str()))
            .filter(C::StartedAt.eq(ms(request.started_at)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Gives a key back: nothing was done under it.
    pub async fn idempotency_release(&mut self, request: &KeyedRequest) -> Result<(), Error> {
        use idempotency::Column as C;
        idempotency::Entity::delete_many()
            .filter(C::Owner.eq(request.owner.as_str()))
            .filter(C::Key.eq(request.key.as_str()))
            .filter(C::StartedAt.eq(ms(request.started_at)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Forgets requests that began before `until`; tells how many.
    pub async fn idempotency_sweep(&mut self, until: Moment) -> Result<u64, Error> {
        let gone = idempotency::Entity::delete_many()
            .filter(idempotency::Column::StartedAt.lt(ms(until)))
            .exec(&self.tx)
            .await?;
        Ok(gone.rows_affected)
    }
}
