//! The store itself: lanes for writing, a pool for reading, sweeping and the overview.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::clock::Moment;
use domain::id::{OrgId, SiteId};
use domain::wire_log::LogRow;
use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DbBackend, EntityTrait, PaginatorTrait, QueryFilter,
    QuerySelect, QueryTrait,
};
use tokio::sync::{mpsc, oneshot};

use crate::backend;
use crate::entity::{connectors, evses, sessions, stations, unclaimed};
use crate::error::Error;
use crate::lane::{self, Input, Lane, Options, UnitJob};
use crate::value::ms;
use crate::work::{Appends, Work};

/// Reads, from a pool of their own.
#[derive(Clone)]
pub struct Read {
    pub(crate) db: DatabaseConnection,
}

/// Keeps and finds domain values.
#[derive(Clone)]
pub struct Store {
    /// Reads.
    pub read: Read,
    lanes: Arc<[mpsc::Sender<Input>]>,
    dropped: Arc<AtomicU64>,
}

/// The first glance at an organisation's fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// Stations that are not archived.
    pub stations: i64,
    /// Of those, connected.
    pub online: i64,
    /// EVSEs that charge.
    pub charging: i64,
    /// Connectors that are faulted.
    pub faulted: i64,
    /// Power over all EVSEs.
    pub power_w: i64,
    /// Energy of sessions begun since `since`.
    pub energy_wh: i64,
    /// Sessions that run.
    pub sessions_active: i64,
    /// Stations that nobody registered.
    pub unclaimed: i64,
}

impl Store {
    /// Opens a database and starts its lanes. A SQLite file is made and migrated when needed;
    /// PostgreSQL must have been migrated by [`Store::migrate`].
    pub async fn open(url: &str, options: Options) -> Result<Self, Error> {
        let (db, count) = backend::open(url, options.lanes).await?;
        let mut lanes = Vec::with_capacity(count);
        for place in 0..count {
            lanes.push(lane::start(url, place, options).await?);
        }
        Ok(Self {
            read: Read { db },
            lanes: lanes.into(),
            dropped: Arc::new(AtomicU64::new(0)),
        })
    }

    /// Brings a database to this version; tells how many steps were taken.
    pub async fn migrate(url: &str) -> Result<usize, Error> {
        backend::migrate(url).await
    }

    /// Takes back the last `steps` migrations.
    pub async fn migrate_down(url: &str, steps: u32) -> Result<(), Error> {
        backend::migrate_down(url, steps).await
    }

    /// Runs a unit of work in a lane and returns its result after the commit is on disk.
    ///
    /// The unit can be run again after a rollback, so it decides purely from what it captured and
    /// reads; ids and time are drawn before.
    pub async fn write<T, F>(&self, lane: Lane, unit: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Work) -> BoxFuture<'a, Result<T, Error>> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let job = Box::new(UnitJob {
            unit,
            result: None,
            answer,
        });
        let place = lane.place(self.lanes.len());
        self.lanes[place]
            .send(Input::Unit(job))
            .await
            .map_err(|_| Error::Closed)?;
        outcome.await.map_err(|_| Error::Closed)?
    }

    /// Keeps frames with a later batch, outside the durability promise. When the lane is full
    /// they are dropped and counted.
    pub fn log_later(&self, rows: &[LogRow]) {
        let Some(first) = rows.first() else { return };
        let place = Lane::Station(first.station).place(self.lanes.len());
        let later = Appends {
            log: rows.iter().map(crate::wire_log::to_row).collect(),
            ..Appends::default()
        };
        if self.lanes[place].try_send(Input::Later(later)).is_err() {
            self.dropped.fetch_add(rows.len() as u64, Ordering::Relaxed);
        }
    }

    /// How many log rows were dropped because a lane was full.
    #[must_use]
    pub fn dropped_log_rows(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Waits until everything handed over so far is committed.
    pub async fn flush(&self) {
        for lane in self.lanes.iter() {
            let (answer, done) = oneshot::channel();
            if lane.send(Input::Flush(answer)).await.is_ok() {
                let _ = done.await;
            }
        }
    }
}

impl Read {
    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }

    /// What kind of database this is.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.db.get_database_backend() {
            DbBackend::Postgres => "PostgreSQL",
            _ => "SQLite",
        }
    }

    /// The first glance; `sites` narrows to some.
    pub async fn overview(
        &self,
        org: OrgId,
        only: Option<&[SiteId]>,
        since: Moment,
    ) -> Result<Overview, Error> {
        let mut ours = stations::Entity::find()
            .filter(stations::Column::OrgId.eq(org.uuid()))
            .filter(stations::Column::AdminState.ne("archived"));
        if let Some(only) = only {
            ours = ours.filter(stations::Column::SiteId.is_in(only.iter().map(|s| s.uuid())));
        }
        let ids = || {
            ours.clone()
                .select_only()
                .column(stations::Column::Id)
                .into_query()
        };
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let connector = |status: &'static str| {
            connectors::Entity::find()
                .filter(connectors::Column::StationId.in_subquery(ids()))
                .filter(connectors::Column::Status.eq(status))
        };
        let power: Option<i64> = evses::Entity::find()
            .select_only()
            .column_as(
                Expr::col(evses::Column::PowerW).sum().cast_as("bigint"),
                "power",
            )
            .filter(evses::Column::StationId.in_subquery(ids()))
            .into_tuple::<Option<i64>>()
            .one(&self.db)
            .await?
            .flatten();
        let delivered = Expr::col(sessions::Column::LastRegister)
            .sub(Expr::col(sessions::Column::FirstRegister));
        let energy: Option<i64> = sessions::Entity::find()
            .select_only()
            .column_as(delivered.sum().cast_as("bigint"), "energy")
            .filter(sessions::Column::StationId.in_subquery(ids()))
            .filter(sessions::Column::OrgId.eq(org.uuid()))
            .filter(sessions::Column::StartedAt.gte(ms(since)))
            .into_tuple::<Option<i64>>()
            .one(&self.db)
            .await?
            .flatten();
        let active = sessions::Entity::find()
            .filter(sessions::Column::OrgId.eq(org.uuid()))
            .filter(sessions::Column::State.eq("active"))
            .filter(sessions::Column::StationId.in_subquery(ids()));
        Ok(Overview {
            stations: count(ours.clone().count(&self.db).await?),
            online: count(
                ours.clone()
                    .filter(stations::Column::Online.eq(true))
                    .count(&self.db)
                    .await?,
            ),
            charging: count(connector("charging").count(&self.db).await?),
            faulted: count(connector("faulted").count(&self.db).await?),
            power_w: power.unwrap_or(0),
            energy_wh: energy.unwrap_or(0),
            sessions_active: count(active.count(&self.db).await?),
            unclaimed: count(unclaimed::Entity::find().count(&self.db).await?),
        })
    }
}
