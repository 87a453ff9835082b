//! Connection attempts in a bounded ring, and the stations that called without being known.

use domain::attempt::{Attempt, Unclaimed};
use domain::clock::Moment;
use domain::id::AttemptId;
use domain::page::{Page, PageRequest};
use domain::station::Identity;
use std::collections::BTreeSet;

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};

use crate::entity::{attempts, stations, unclaimed};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::sort::list_name;
use crate::store::Read;
use crate::value::{from_json, from_word, json, moment, ms, word};
use crate::work::Work;

/// Calls of a station that nobody registered.
#[derive(Debug, Clone)]
pub struct Unknown {
    /// By which identity.
    pub identity: Identity,
    /// When it called last.
    pub at: Moment,
    /// How often since the last time this was told; a boot is no call.
    pub calls: i64,
    /// What it would speak.
    pub protocol: Option<String>,
    /// From where.
    pub remote_ip: String,
    /// What it said of its make, if it booted.
    pub vendor: Option<String>,
    /// The same.
    pub model: Option<String>,
}

/// Which attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttemptFilter {
    /// By this name, without case.
    pub identity: Option<String>,
    /// From this address.
    pub remote_ip: Option<String>,
}

/// Stations that wait to be claimed, in all and from one address: anybody can invent them.
const MOST_UNCLAIMED: u64 = 1_000;
const MOST_OF_ONE: u64 = 200;

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
            attempts: Set(call.calls),
            vendor: Set(call.vendor.clone()),
            model: Set(call.model.clone()),
            protocol: Set(call.protocol.clone()),
            remote_ip: Set(call.remote_ip.clone()),
        };
        let own = |column| Expr::col((unclaimed::Entity, column));
        let told = |column| Expr::col((Alias::new("excluded"), column));
        let kept = |column| Func::coalesce([told(column), own(column)]);
        let again = OnConflict::column(unclaimed::Column::IdentityKey)
            .update_columns([unclaimed::Column::LastSeenAt, unclaimed::Column::RemoteIp])
            .values([
                (
                    unclaimed::Column::Attempts,
                    own(unclaimed::Column::Attempts).add(call.calls),
                ),
                (
                    unclaimed::Column::Vendor,
                    kept(unclaimed::Column::Vendor).into(),
                ),
                (
                    unclaimed::Column::Model,
                    kept(unclaimed::Column::Model).into(),
                ),
                (
                    unclaimed::Column::Protocol,
                    kept(unclaimed::Column::Protocol).into(),
                ),
            ])
            .to_owned();
        unclaimed::Entity::insert(row)
            .on_conflict(again)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Forgets unknown stations that were registered meanwhile, and those beyond the bounds, of
    /// these addresses and of all: those first that called longest ago.
    pub async fn unclaimed_trim(&mut self, addresses: &BTreeSet<String>) -> Result<(), Error> {
        let registered = stations::Entity::find()
            .select_only()
            .column(stations::Column::Id)
            .filter(
                Expr::col((stations::Entity, stations::Column::IdentityKey))
                    .equals((unclaimed::Entity, unclaimed::Column::IdentityKey)),
            )
            .into_query();
        unclaimed::Entity::delete_many()
            .filter(Expr::exists(registered))
            .exec(&self.tx)
            .await?;
        for address in addresses {
            let theirs = unclaimed::Column::RemoteIp.eq(address);
            self.unclaimed_keep(Some(theirs), MOST_OF_ONE).await?;
        }
        self.unclaimed_keep(None, MOST_UNCLAIMED).await
    }

    async fn unclaimed_keep(&mut self, which: Option<Expr>, most: u64) -> Result<(), Error> {
        let beyond = unclaimed::Entity::find()
            .select_only()
            .column(unclaimed::Column::IdentityKey)
            .filter(which.map_or_else(Condition::all, |w| Condition::all().add(w)))
            .order_by_desc(unclaimed::Column::LastSeenAt)
            .order_by_desc(unclaimed::Column::IdentityKey)
            // An offset needs a limit in SQLite.
            .limit(u64::from(u32::MAX))
            .offset(most)
            .into_query();
        unclaimed::Entity::delete_many()
            .filter(unclaimed::Column::IdentityKey.in_subquery(beyond))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}

impl Read {
    /// Attempts, the newest first.
    pub async fn attempts(
        &self,
        filter: &AttemptFilter,
        page: &PageRequest,
    ) -> Result<Page<Attempt>, Error> {
        let list = list_name("attempts", filter);
        let mut query = attempts::Entity::find();
        if let Some(identity) = &filter.identity {
            query = query.filter(attempts::Column::IdentityKey.eq(identity.to_lowercase()));
        }
        if let Some(address) = &filter.remote_ip {
            query = query.filter(attempts::Column::RemoteIp.eq(address.clone()));
        }
        if let Some(cursor) = &page.cursor {
            query = query.filter(attempts::Column::Id.lt(Cursor::from_text(cursor, &list)?.id));
        }
        let rows = query
            .order_by_desc(attempts::Column::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |r| Cursor {
            value: String::new(),
            id: r.id,
        });
        Ok(Page {
            rows: rows.into_iter().map(from_row).collect::<Result<_, _>>()?,
            next,
        })
    }

    /// Stations that nobody registered, the newest caller first. There are not many: see
    /// [`Work::unclaimed_trim`].
    pub async fn unclaimed(&self) -> Result<Vec<Unclaimed>, Error> {
        let rows = unclaimed::Entity::find()
            .order_by_desc(unclaimed::Column::LastSeenAt)
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
