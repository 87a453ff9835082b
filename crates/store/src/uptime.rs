//! When stations were connected: a row for each connection, kept when the facts about it are swept.
//! And how many tries to charge came to energy.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::clock::Moment;
use domain::id::{NodeId, OrgId, SiteId, StationId};
use domain::uptime::{PlugIns, Uptime};
use sea_orm::sea_query::{
    CaseStatement, Expr, ExprTrait, Func, OnConflict, Query, SelectStatement, SimpleExpr,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::entity::{commands, connections, sessions, stations};
use crate::error::Error;
use crate::store::Read;
use crate::value::{moment, ms};
use crate::work::Work;

/// A session without energy is no failure before it is so old.
const EARLY_MINUTES: i64 = 10;

/// Whose connections and sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UptimeOf<'a> {
    /// One station's.
    Station(StationId),
    /// Those at a site.
    Site(SiteId),
    /// Those at some sites, or all of the organisation, without archived ones.
    Sites(Option<&'a [SiteId]>),
}

/// The stations of an organisation that are asked for, by their ids.
fn theirs(org: OrgId, of: UptimeOf<'_>) -> SelectStatement {
    use stations::Column as C;
    let mut query = Query::select();
    query
        .column(C::Id)
        .from(stations::Entity)
        .and_where(C::OrgId.eq(org.uuid()));
    match of {
        UptimeOf::Station(id) => query.and_where(C::Id.eq(id.uuid())),
        UptimeOf::Site(id) => query
            .and_where(C::SiteId.eq(id.uuid()))
            .and_where(C::AdminState.ne("archived")),
        UptimeOf::Sites(None) => query.and_where(C::AdminState.ne("archived")),
        UptimeOf::Sites(Some(sites)) => query
            .and_where(C::SiteId.is_in(sites.iter().map(|s| s.uuid())))
            .and_where(C::AdminState.ne("archived")),
    };
    query
}

fn either(when: SimpleExpr, then: SimpleExpr, other: SimpleExpr) -> SimpleExpr {
    CaseStatement::new().case(when, then).finally(other).into()
}

impl Work {
    /// A station connected; an earlier connection of it ended with that.
    pub(crate) async fn connection_begin(
        &mut self,
        station: StationId,
        at: Moment,
    ) -> Result<(), Error> {
        self.connection_end(station, at).await?;
        let owner = Query::select()
            .column(stations::Column::Id)
            .expr(Expr::value(ms(at)))
            .column(stations::Column::OrgId)
            .from(stations::Entity)
            .and_where(stations::Column::Id.eq(station.uuid()))
            .to_owned();
        let mut row = Query::insert();
        row.into_table(connections::Entity).columns([
            connections::Column::StationId,
            connections::Column::StartedAt,
            connections::Column::OrgId,
        ]);
        let key = [
            connections::Column::StationId,
            connections::Column::StartedAt,
        ];
        let again = OnConflict::columns(key)
            .value(connections::Column::EndedAt, Expr::value(None::<i64>))
            .to_owned();
        row.on_conflict(again);
        row.select_from(owner)
            .map_err(|error| Error::Corrupt(error.to_string()))?;
        self.tx.execute(&row).await?;
        Ok(())
    }

    /// Its connection ended.
    pub(crate) async fn connection_end(
        &mut self,
        station: StationId,
        at: Moment,
    ) -> Result<(), Error> {
        use connections::Column as C;
        connections::Entity::update_many()
            .col_expr(C::EndedAt, Expr::value(ms(at)))
            .filter(C::StationId.eq(station.uuid()))
            .filter(C::EndedAt.is_null())
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// The connections of a node, or all, ended without anybody seeing it: each with the last sign of
    /// life of its station.
    pub(crate) async fn connections_end(&mut self, node: Option<NodeId>) -> Result<(), Error> {
        use {connections::Column as C, stations::Column as S};
        let seen = Query::select()
            .column(S::LastSeenAt)
            .from(stations::Entity)
            .and_where(
                Expr::col((stations::Entity, S::Id)).equals((connections::Entity, C::StationId)),
            )
            .to_owned();
        let seen = || SimpleExpr::from(Expr::SubQuery(None, Box::new(seen.clone().into())));
        let started = || Expr::col((connections::Entity, C::StartedAt));
        let last = Func::coalesce([seen(), started()]);
        let ended = either(
            Expr::expr(last.clone()).gt(started()),
            last.into(),
            started(),
        );
        let mut update = connections::Entity::update_many()
            .col_expr(C::EndedAt, ended)
            .filter(C::EndedAt.is_null());
        if let Some(node) = node {
            let its = Query::select()
                .column(S::Id)
                .from(stations::Entity)
                .and_where(S::NodeId.eq(node.uuid()))
                .and_where(S::Online.eq(true))
                .to_owned();
            update = update.filter(C::StationId.in_subquery(its));
        }
        update.exec(&self.tx).await?;
        Ok(())
    }

    /// A node that was given up is there after all: the newest connection of each of its stations
    /// goes on.
    pub(crate) async fn connections_back(&mut self, node: NodeId) -> Result<(), Error> {
        use {connections::Column as C, stations::Column as S};
        let same = Query::select()
            .expr(Expr::value(1))
            .from(stations::Entity)
            .and_where(
                Expr::col((stations::Entity, S::Id)).equals((connections::Entity, C::StationId)),
            )
            .and_where(
                Expr::col((stations::Entity, S::ConnectedSince))
                    .equals((connections::Entity, C::StartedAt)),
            )
            .and_where(Expr::col((stations::Entity, S::NodeId)).eq(node.uuid()))
            .and_where(Expr::col((stations::Entity, S::Online)).eq(true))
            .to_owned();
        // Only those of its stations are looked at, not two years of everybody's.
        let its = Query::select()
            .column(S::Id)
            .from(stations::Entity)
            .and_where(S::NodeId.eq(node.uuid()))
            .to_owned();
        connections::Entity::update_many()
            .col_expr(C::EndedAt, Expr::value(None::<i64>))
            .filter(C::StationId.in_subquery(its))
            .filter(Expr::exists(same))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}

impl Read {
    /// For how much of a time the stations asked for were connected; each counts since it first was.
    pub async fn uptime(
        &self,
        org: OrgId,
        of: UptimeOf<'_>,
        from: Moment,
        to: Moment,
    ) -> Result<Uptime, Error> {
        use connections::Column as C;
        let (low, high) = (ms(from), ms(to));
        let end = || Expr::expr(Func::coalesce([Expr::col(C::EndedAt), Expr::value(high)]));
        let last = either(end().gt(high), Expr::value(high), end());
        let start = || Expr::col(C::StartedAt);
        let first = either(start().lt(low), Expr::value(low), start());
        let part = last.sub(first);
        let up: Vec<(Uuid, Option<i64>)> = connections::Entity::find()
            .select_only()
            .column(C::StationId)
            .column_as(part.sum().cast_as("bigint"), "up")
            .filter(C::StationId.in_subquery(theirs(org, of)))
            .filter(C::StartedAt.lt(high))
            .filter(
                Condition::any()
                    .add(C::EndedAt.is_null())
                    .add(C::EndedAt.gt(low)),
            )
            .group_by(C::StationId)
            .into_tuple()
            .all(&self.db)
            .await?;
        let up: HashMap<Uuid, i64> = up
            .into_iter()
            .map(|(id, up)| (id, up.unwrap_or(0)))
            .collect();
        let begun: Vec<(Uuid, Option<i64>)> = connections::Entity::find()
            .select_only()
            .column(C::StationId)
            .column_as(C::StartedAt.min(), "first")
            .filter(C::StationId.in_subquery(theirs(org, of)))
            .filter(C::StartedAt.lt(high))
            .group_by(C::StationId)
            .into_tuple()
            .all(&self.db)
            .await?;
        let mut all = Uptime::default();
        for (id, first) in begun {
            let first = first.map(moment).transpose()?;
            let up = TimeDelta::milliseconds(up.get(&id).copied().unwrap_or(0));
            all = all.and(Uptime::of(from, to, first, up));
        }
        Ok(all)
    }

    /// How many tries to charge there were since `from`, and how many of them came to energy: the
    /// sessions that began, but for those that only just did, and remote starts that were refused or
    /// not answered.
    pub async fn plug_ins(
        &self,
        org: OrgId,
        of: UptimeOf<'_>,
        from: Moment,
        to: Moment,
    ) -> Result<PlugIns, Error> {
        use {commands::Column as K, sessions::Column as C};
        let more = Expr::col(C::LastRegister).gt(Expr::col(C::FirstRegister));
        let charged = either(more.clone(), Expr::value(1_i64), Expr::value(0_i64));
        let early = ms(to - TimeDelta::minutes(EARLY_MINUTES));
        let decided = Condition::any()
            .add(C::State.ne("active"))
            .add(C::StartedAt.lt(early))
            .add(more);
        let found: Option<(i64, Option<i64>)> = sessions::Entity::find()
            .select_only()
            .column_as(C::Id.count(), "tries")
            .column_as(charged.sum().cast_as("bigint"), "charged")
            .filter(C::OrgId.eq(org.uuid()))
            .filter(C::StationId.in_subquery(theirs(org, of)))
            .filter(C::StartedAt.gte(ms(from)))
            .filter(C::StartedAt.lt(ms(to)))
            .filter(decided)
            .into_tuple()
            .one(&self.db)
            .await?;
        let (tries, charged) = found.unwrap_or_default();
        let refused: Option<i64> = commands::Entity::find()
            .select_only()
            .column_as(K::Id.count(), "refused")
            .filter(K::StationId.in_subquery(theirs(org, of)))
            .filter(K::CreatedAt.gte(ms(from)))
            .filter(K::CreatedAt.lt(ms(to)))
            .filter(K::State.is_in(["rejected", "error", "timeout"]))
            .filter(K::Body.contains("start_session"))
            .into_tuple()
            .one(&self.db)
            .await?;
        Ok(PlugIns {
            tries: tries + refused.unwrap_or(0),
            charged: charged.unwrap_or(0),
        })
    }
}
