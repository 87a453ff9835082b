//! Connection attempts in a bounded ring, and the stations that called without being known.

use domain::attempt::{Attempt, Unclaimed};
use domain::clock::Moment;
use domain::id::AttemptId;
use domain::page::{Page, PageRequest};
use domain::station::Identity;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::{attempts, unclaimed};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::store::Read;
use crate::value::{from_json, from_word, json, moment, ms, word};
use crate::work::Work;

/// A call of a station that nobody registered.
#[derive(Debug, Clone)]
pub struct Unknown {
    /// By which identity.
    pub identity: Identity,
    /// When.
    pub at: Moment,
    /// What it would speak.
    pub protocol: Option<String>,
    /// From where.
    pub remote_ip: String,
}

fn from_row(row: attempts::Model) -> Result<Attempt, Error> {
    Ok(Attempt {
        id: AttemptId::from_uuid(row.id),
        at: moment(row.at)?,
        remote_ip: row.remote_ip,
        path: row.path,
        identity: row.identity,
        subprotocols: from_json(&row.subprotocols)?,
        user_agent: row.user_agent,
        username: row.username,
        outcome: from_word(&row.outcome)?,
        detail: row.detail,
    })
}

impl Work {
    /// Keeps an attempt.
    pub async fn attempt(&mut self, attempt: &Attempt) -> Result<(), Error> {
        let row = attempts::ActiveModel {
            id: Set(attempt.id.uuid()),
            at: Set(ms(attempt.at)),
            remote_ip: Set(attempt.remote_ip.clone()),
            path: Set(attempt.path.clone()),
            identity_key: Set(attempt.identity.as_ref().map(|i| i.to_lowercase())),
            identity: Set(attempt.identity.clone()),
            subprotocols: Set(json(&attempt.subprotocols)),
            user_agent: Set(attempt.user_agent.clone()),
            username: Set(attempt.username.clone()),
            outcome: Set(word(&attempt.outcome)),
            detail: Set(attempt.detail.clone()),
        };
        attempts::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Notes that an unknown station called.
    pub async fn unknown_called(&mut self, call: &Unknown) -> Result<(), Error> {
        let row = unclaimed::ActiveModel {
            identity_key: Set(call.identity.key().to_owned()),
            identity: Set(call.identity.as_str().to_owned()),
            first_seen_at: Set(ms(call.at)),
            last_seen_at: Set(ms(call.at)),
            attempts: Set(1),
            vendor: Set(None),
            model: Set(None),
            protocol: Set(call.protocol.clone()),
            remote_ip: Set(call.remote_ip.clone()),
        };
        let again = OnConflict::column(unclaimed::Column::IdentityKey)
            .update_columns([
                unclaimed::Column::LastSeenAt,
                unclaimed::Column::Protocol,
                unclaimed::Column::RemoteIp,
            ])
            .value(
                unclaimed::Column::Attempts,
                Expr::col((unclaimed::Entity, unclaimed::Column::Attempts)).add(1),
            )
            .to_owned();
        unclaimed::Entity::insert(row)
            .on_conflict(again)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Keeps what an unclaimed station said of its make.
    pub async fn unknown_booted(
        &mut self,
        identity: &Identity,
        vendor: Option<&str>,
        model: Option<&str>,
    ) -> Result<(), Error> {
        unclaimed::Entity::update_many()
            .col_expr(unclaimed::Column::Vendor, Expr::value(vendor))
            .col_expr(unclaimed::Column::Model, Expr::value(model))
            .filter(unclaimed::Column::IdentityKey.eq(identity.key()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Forgets that a station was unclaimed.
    pub async fn unclaimed_delete(&mut self, identity: &Identity) -> Result<(), Error> {
        unclaimed::Entity::delete_by_id(identity.key().to_owned())
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}

impl Read {
    /// Attempts, the newest first; of one identity, or of all.
    pub async fn attempts(
        &self,
        identity: Option<&Identity>,
        page: &PageRequest,
    ) -> Result<Page<Attempt>, Error> {
        let mut query = attempts::Entity::find();
        if let Some(identity) = identity {
            query = query.filter(attempts::Column::IdentityKey.eq(identity.key()));
        }
        if let Some(cursor) = &page.cursor {
            query =
                query.filter(attempts::Column::Id.lt(Cursor::from_text(cursor, "attempts")?.id));
        }
        let rows = query
            .order_by_desc(attempts::Column::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, "attempts", |r| Cursor {
            value: String::new(),
            id: r.id,
        });
        Ok(Page {
            rows: rows.into_iter().map(from_row).collect::<Result<_, _>>()?,
            next,
        })
    }

    /// Stations that nobody registered, the newest caller first, at most 200.
    pub async fn unclaimed(&self) -> Result<Vec<Unclaimed>, Error> {
        let rows = unclaimed::Entity::find()
            .order_by_desc(unclaimed::Column::LastSeenAt)
            .limit(200)
            .all(&self.db)
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Unclaimed {
                    identity: row.identity,
                    first_seen_at: moment(row.first_seen_at)?,
                    last_seen_at: moment(row.last_seen_at)?,
                    attempts: row.attempts,
                    vendor: row.vendor,
                    model: row.model,
                    protocol: row.protocol,
                    remote_ip: row.remote_ip,
                })
            })
            .collect()
    }
}
