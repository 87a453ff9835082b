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
    alerts, attempts, challenges, commands, connections, devices, invitations, links,
    login_failures, logins, mails, maintenance_windows, notices, outbox, samples, session_events,
    sessions, setup_links, stranger_frames, webhook_deliveries, wire_log,
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
const PORTION: u64 = 2_000;
const DAY_MS: i64 = 86_400_000;
/// What tells a repeated report of an ended session from a new one is kept so long.
const REPORTS_DAYS: u32 = 365;
/// To whom mails went is personal, and nobody asks for longer.
const MAILS_DAYS: u32 = 90;
/// When stations were connected is asked for two years back; alerts that are over and what went to
/// webhooks, for as long as notices and a month.
const CONNECTIONS_MS: i64 = 730 * DAY_MS;
const DELIVERIES_DAYS: u32 = 30;
/// Attempts that are kept in all, and from one address.
const MOST_ATTEMPTS: u64 = 100_000;
const MOST_OF_ONE: u64 = 2_000;
/// How long it is remembered that a link was used, to say so to whoever opens it again.
const INVITATIONS_MS: i64 = 90 * DAY_MS;
/// Failed sign-ins are forgotten after this long without another; what counts them looks back a day.
const FAILURES_MS: i64 = 2 * 86_400_000;

impl Store {
    /// Removes records whose time has come, each kind in a unit of its own and some thousands at a
    /// time; tells how many went. When none did, there are no more.
    pub async fn sweep(&self, now: Moment, retention: Retention) -> Result<u64, Error> {
        let now = ms(now);
        let since = |days: u32| first_id(now - i64::from(days) * DAY_MS);
        let log = since(retention.log_days);
        let attempts = since(retention.attempts_days);
        let notices = since(retention.notices_days);
        let commands = since(retention.commands_days);
        let samples = since(retention.samples_days);
        let told = since(REPORTS_DAYS);
        let facts = now - i64::from(retention.attempts_days) * DAY_MS;
        let facts = self.read.first_fact_since(facts).await?;

        let mut gone = self
            .remove(wire_log::Entity::find().filter(wire_log::Column::Id.lt(log)))
            .await?;
        let old = attempts::Entity::find().filter(attempts::Column::Id.lt(attempts));
        gone += self.remove(old).await?;
        let old = stranger_frames::Entity::find().filter(stranger_frames::Column::Id.lt(attempts));
        gone += self.remove(old).await?;
        // From the oldest on, so that the numbers that stay have no hole.
        let old = outbox::Entity::find()
            .filter(outbox::Column::Seq.lt(facts))
            .order_by_asc(outbox::Column::Seq);
        gone += self.remove(old).await?;
        gone += self
            .remove(notices::Entity::find().filter(notices::Column::Id.lt(notices)))
            .await?;
        let old = commands::Entity::find()
            .filter(commands::Column::Id.lt(commands))
            .filter(commands::Column::SettledAt.is_not_null());
        gone += self.remove(old).await?;
        gone += self
            .remove(samples::Entity::find().filter(samples::Column::Id.lt(samples)))
            .await?;
        let over = sessions::Entity::find()
            .select_only()
            .column(sessions::Column::Id)
            .filter(sessions::Column::Id.lt(told))
            .filter(sessions::Column::State.ne("active"))
            .into_query();
        let old = session_events::Entity::find()
            .filter(session_events::Column::SessionId.in_subquery(over));
        gone += self.remove(old).await?;
        gone += self
            .remove(logins::Entity::find().filter(logins::Column::ExpiresAt.lt(now)))
            .await?;
        let over = setup_links::Entity::find().filter(setup_links::Column::ExpiresAt.lt(now));
        gone += self.remove(over).await?;
        let over = challenges::Entity::find().filter(challenges::Column::ExpiresAt.lt(now));
        gone += self.remove(over).await?;
        let over = links::Entity::find().filter(links::Column::ExpiresAt.lt(now));
        gone += self.remove(over).await?;
        let told = now - INVITATIONS_MS;
        let old = invitations::Entity::find().filter(invitations::Column::AcceptedAt.lt(told));
        gone += self.remove(old).await?;
        let over = devices::Entity::find().filter(devices::Column::ExpiresAt.lt(now));
        gone += self.remove(over).await?;
        let forgotten = login_failures::Entity::find()
            .filter(login_failures::Column::LastAt.lt(now - FAILURES_MS));
        gone += self.remove(forgotten).await?;
        let old = mails::Entity::find().filter(mails::Column::Id.lt(since(MAILS_DAYS)));
        gone += self.remove(old).await?;
        let old = connections::Entity::find()
            .filter(connections::Column::EndedAt.lt(now - CONNECTIONS_MS));
        gone += self.remove(old).await?;
        let kept = now - i64::from(retention.notices_days) * DAY_MS;
        let old = alerts::Entity::find()
            .filter(alerts::Column::ResolvedAt.lt(kept))
            .filter(alerts::Column::Holds.eq(false));
        gone += self.remove(old).await?;
        let over =
            maintenance_windows::Entity::find().filter(maintenance_windows::Column::ToAt.lt(kept));
        gone += self.remove(over).await?;
        let old = webhook_deliveries::Entity::find()
            .filter(
                webhook_deliveries::Column::CreatedAt.lt(now - i64::from(DELIVERIES_DAYS) * DAY_MS),
            )
            .filter(webhook_deliveries::Column::State.is_in(["delivered", "failed"]));
        gone += self.remove(old).await?;
        Ok(gone)
    }

    /// Removes a portion of what a query finds.
    async fn remove<E>(&self, old: Select<E>) -> Result<u64, Error>
    where
        E: EntityTrait,
        Select<E>: Clone + Send + Sync + 'static,
    {
        self.write(Lane::Instance, move |work| {
            let old = old.clone();
            Box::pin(async move { work.remove(old).await })
        })
        .await
    }

    /// Keeps the record of connection attempts within its bounds, in all and for each address;
    /// tells how many went.
    pub async fn trim_attempts(&self) -> Result<u64, Error> {
        let cuts = self.read.attempt_cuts().await?;
        let mut gone = 0;
        for (address, last) in cuts {
            let mut old = attempts::Entity::find().filter(attempts::Column::Id.lte(last));
            if let Some(address) = &address {
                old = old.filter(attempts::Column::RemoteIp.eq(address));
            }
            loop {
                match self.remove(old.clone()).await? {
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
    /// The number of the first fact since a time, or that of the newest: numbers go on from it.
    async fn first_fact_since(&self, at: i64) -> Result<i64, Error> {
        let numbered = || outbox::Entity::find().filter(outbox::Column::Seq.is_not_null());
        let first = numbered()
            .filter(outbox::Column::At.gte(at))
            .order_by_asc(outbox::Column::Seq);
        let newest = numbered().order_by_desc(outbox::Column::Seq);
        let found = match first.one(&self.db).await? {
            Some(first) => Some(first),
            None => newest.one(&self.db).await?,
        };
        Ok(found.and_then(|row| row.seq).unwrap_or(0))
    }

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
