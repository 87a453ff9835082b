//! What goes after its time, in portions small enough that stations are heard in between, and what
//! strangers can write, kept within bounds. Sessions and the audit trail stay.

use domain::clock::Moment;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, Iterable, PrimaryKeyToColumn, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select,
};
use uuid::Uuid;

use crate::entity::{
    attempts, commands, login_failures, logins, notices, outbox, samples, session_events,
    setup_links, wire_log,
};
use crate::error::Error;
use crate::lane::Lane;
use crate::store::{Read, Store};
use crate::value::ms;
use crate::work::Work;

/// How long records are kept, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The wire log.
    pub log_days: u32,
    /// Connection attempts and numbered facts.
    pub attempts_days: u32,
    /// What stations reported: security events, monitors, firmware and log status.
    pub notices_days: u32,
    /// Commands and their outcomes.
    pub commands_days: u32,
    /// Meter readings of sessions and stations. The energy of a session stays with the session.
    pub samples_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            log_days: 30,
            attempts_days: 7,
            notices_days: 365,
            commands_days: 365,
            samples_days: 730,
        }
    }
}

/// Rows that go in one unit of work.
const PORTION: u64 = 5_000;
/// Attempts that are kept in all, and from one address.
const MOST_ATTEMPTS: u64 = 100_000;
const MOST_OF_ONE: u64 = 2_000;
/// Failed sign-ins are forgotten after this long without another; what counts them looks back a day.
const FAILURES_MS: i64 = 2 * 86_400_000;

impl Store {
    /// Removes records whose time has come, some thousands at a time; tells how many went. When
    /// none did, there are no more.
    pub async fn sweep(&self, now: Moment, retention: Retention) -> Result<u64, Error> {
        let now = ms(now);
        let before = move |days: u32| now - i64::from(days) * 86_400_000;
        let log = before(retention.log_days);
        let attempt = before(retention.attempts_days);
        self.write(Lane::Instance, move |work| {
            Box::pin(async move {
                let mut gone = 0;
                let old = wire_log::Entity::find().filter(wire_log::Column::At.lt(log));
                gone += work.remove(old).await?;
                let old = attempts::Entity::find().filter(attempts::Column::At.lt(attempt));
                gone += work.remove(old).await?;
                let old = outbox::Entity::find()
                    .filter(outbox::Column::Seq.is_not_null())
                    .filter(outbox::Column::At.lt(attempt));
                gone += work.remove(old).await?;
                let first = first_id(before(retention.notices_days));
                let old = notices::Entity::find().filter(notices::Column::Id.lt(first));
                gone += work.remove(old).await?;
                let first = first_id(before(retention.commands_days));
                let old = commands::Entity::find()
                    .filter(commands::Column::Id.lt(first))
                    .filter(commands::Column::SettledAt.is_not_null());
                gone += work.remove(old).await?;
                let first = first_id(before(retention.samples_days));
                let old = samples::Entity::find().filter(samples::Column::Id.lt(first));
                gone += work.remove(old).await?;
                // What tells a repeated message of a session from a new one.
                let old = session_events::Entity::find()
                    .filter(session_events::Column::SessionId.lt(first));
                gone += work.remove(old).await?;
                let over = logins::Entity::find().filter(logins::Column::ExpiresAt.lt(now));
                gone += work.remove(over).await?;
                let over =
                    setup_links::Entity::find().filter(setup_links::Column::ExpiresAt.lt(now));
                gone += work.remove(over).await?;
                let forgotten = login_failures::Entity::find()
                    .filter(login_failures::Column::LastAt.lt(now - FAILURES_MS));
                gone += work.remove(forgotten).await?;
                Ok(gone)
            })
        })
        .await
    }

    /// Keeps the record of connection attempts within its bounds, in all and for each address;
    /// tells how many went.
    pub async fn trim_attempts(&self) -> Result<u64, Error> {
        let cuts = self.read.attempt_cuts().await?;
        let mut gone = 0;
        for (address, last) in cuts {
            loop {
                let address = address.clone();
                let portion = self.write(Lane::Instance, move |work| {
                    let mut old = attempts::Entity::find().filter(attempts::Column::Id.lte(last));
                    if let Some(address) = &address {
                        old = old.filter(attempts::Column::RemoteIp.eq(address));
                    }
                    Box::pin(async move { work.remove(old).await })
                });
                match portion.await? {
                    0 => break,
                    some => gone += some,
                }
            }
        }
        Ok(gone)
    }
}

/// The first id that can have been drawn at a time: ids are UUIDv7, so that records which are kept
/// by the time they came need no index beside their key.
fn first_id(at_ms: i64) -> Uuid {
    Uuid::from_u128(u128::from(u64::try_from(at_ms).unwrap_or(0)) << 80)
}

impl Work {
    /// Removes a portion of what a query finds.
    async fn remove<E: EntityTrait>(&self, old: Select<E>) -> Result<u64, Error> {
        let keys: Vec<E::Column> = E::PrimaryKey::iter().map(|k| k.into_column()).collect();
        let mut portion: SelectStatement = old.select_only().columns(keys.clone()).into_query();
        portion.limit(PORTION);
        let places = keys.iter().map(|key| Expr::col(*key));
        let mut delete = Query::delete();
        delete
            .from_table(E::default())
            .and_where(Expr::tuple(places.collect::<Vec<_>>()).in_subquery(portion));
        Ok(self.tx.execute(&delete).await?.rows_affected())
    }
}

impl Read {
    /// The newest attempts that are too many: in all, and of the addresses with the most.
    async fn attempt_cuts(&self) -> Result<Vec<(Option<String>, Uuid)>, Error> {
        let newest = || attempts::Entity::find().order_by_desc(attempts::Column::Id);
        let mut cuts = Vec::new();
        if let Some(row) = newest().offset(MOST_ATTEMPTS).one(&self.db).await? {
            cuts.push((None, row.id));
        }
        let busy: Vec<String> = attempts::Entity::find()
            .select_only()
            .column(attempts::Column::RemoteIp)
            .group_by(attempts::Column::RemoteIp)
            .having(attempts::Column::Id.count().gt(MOST_OF_ONE))
            .into_tuple()
            .all(&self.db)
            .await?;
        for address in busy {
            let theirs = newest().filter(attempts::Column::RemoteIp.eq(&address));
            if let Some(row) = theirs.offset(MOST_OF_ONE).one(&self.db).await? {
                cuts.push((Some(address), row.id));
            }
        }
        Ok(cuts)
    }
}
