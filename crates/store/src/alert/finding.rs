//! What the store tells of the fleet for the watch: one question a condition, over all organisations,
//! however many stations there are.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use domain::alert::preview::Connection;
use domain::alert::rule::Place;
use domain::alert::sign::{Meaning, meaning};
use domain::alert::watch::{Finding, Sign};
use domain::alert::{AlertKind, Object};
use domain::clock::Moment;
use domain::id::{OrgId, SessionId, SiteId, StationId};
use domain::message::NoticeKind;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::entity::{
    connections, connectors, locks, notices, notifications, samples, sessions, sites, stations,
};
use crate::error::Error;
use crate::store::Read;
use crate::value::{from_word, moment, ms};

/// A session without power is no zombie before it ran for so long.
const LONG_HOURS: i64 = 24;
/// And had no power for so long.
const IDLE_HOURS: i64 = 3;
/// For how long what happened is looked back at.
const BACK_HOURS: i64 = 24;

/// Stations in use, with their site: the first three columns are the place.
fn places() -> SelectStatement {
    use {sites::Column as Site, stations::Column as Station};
    let same = Expr::col((sites::Entity, Site::Id)).equals((stations::Entity, Station::SiteId));
    let open = Condition::any()
        .add(Expr::col((sites::Entity, Site::AdminState)).is_null())
        .add(Expr::col((sites::Entity, Site::AdminState)).is_in(["in_service", "out_of_service"]));
    Query::select()
        .column((stations::Entity, Station::OrgId))
        .column((stations::Entity, Station::SiteId))
        .column((stations::Entity, Station::Id))
        .from(stations::Entity)
        .left_join(sites::Entity, same)
        .and_where(
            Expr::col((stations::Entity, Station::AdminState))
                .is_in(["in_service", "out_of_service"]),
        )
        .cond_where(open)
        .to_owned()
}

fn place(row: &QueryResult) -> Result<Place, Error> {
    Ok(Place {
        org: OrgId::from_uuid(row.try_get_by_index(0)?),
        site: row
            .try_get_by_index::<Option<Uuid>>(1)?
            .map(SiteId::from_uuid),
        station: Some(StationId::from_uuid(row.try_get_by_index(2)?)),
    })
}

fn station_of(place: &Place) -> Object {
    Object::Station(
        place
            .station
            .unwrap_or_else(|| StationId::from_uuid(Uuid::nil())),
    )
}

fn held(place: Place, object: Object, kind: AlertKind, since: Moment, measure: i64) -> Finding {
    Finding {
        place,
        object,
        kind,
        of: None,
        sign: Sign::Holds { since, measure },
    }
}

impl Read {
    /// Everything that is the case or happened, as of `now`. `flapping` is the least number of
    /// connections within an hour that any rule counts, and `skew_ms` the least deviation of a clock.
    pub async fn findings(
        &self,
        now: Moment,
        flapping: i64,
        quiet: TimeDelta,
        skew_ms: i64,
    ) -> Result<Vec<Finding>, Error> {
        let mut all = self.offline(now).await?;
        all.extend(self.faulted(now).await?);
        all.extend(self.connecting_often(now, flapping, quiet).await?);
        all.extend(self.clocks(skew_ms).await?);
        all.extend(self.drifting(now).await?);
        all.extend(self.zombies(now).await?);
        all.extend(self.unmetered().await?);
        all.extend(
            self.told_since(None, now - TimeDelta::hours(BACK_HOURS))
                .await?,
        );
        all.extend(self.unsealed(now).await?);
        Ok(all)
    }

    /// Stations that were connected once and are not now.
    async fn offline(&self, now: Moment) -> Result<Vec<Finding>, Error> {
        use stations::Column as C;
        let here = |column: C| Expr::col((stations::Entity, column));
        let since = Func::coalesce([here(C::OfflineSince), here(C::LastSeenAt)]);
        let query = places()
            .expr(since)
            .and_where(here(C::Online).eq(false))
            .and_where(here(C::Protocol).is_not_null())
            .to_owned();
        let rows = self.db.query_all(&query).await?;
        let found = rows.iter().map(|row| {
            let place = place(row)?;
            let since = row.try_get_by_index::<Option<i64>>(3)?;
            let since = since.map_or(Ok(now), moment)?;
            Ok(held(
                place,
                station_of(&place),
                AlertKind::Offline,
                since,
                0,
            ))
        });
        found.collect()
    }

    /// EVSEs with a broken connector, and stations that are broken as a whole.
    async fn faulted(&self, now: Moment) -> Result<Vec<Finding>, Error> {
        use connectors::Column as C;
        let here = |column: C| Expr::col((connectors::Entity, column));
        let theirs = here(C::StationId).equals((stations::Entity, stations::Column::Id));
        let query = places()
            .expr(here(C::Evse))
            .expr(here(C::StatusAt))
            .inner_join(connectors::Entity, theirs)
            .and_where(here(C::Status).eq("faulted"))
            .to_owned();
        let mut found: BTreeMap<Object, Finding> = BTreeMap::new();
        for row in self.db.query_all(&query).await? {
            let place = place(&row)?;
            let evse: i32 = row.try_get_by_index(3)?;
            let since = row.try_get_by_index::<Option<i64>>(4)?;
            let since = std::cmp::min(since.map_or(Ok(now), moment)?, now);
            let object = match (evse, place.station) {
                (1.., Some(station)) => Object::Evse(station, evse),
                _ => station_of(&place),
            };
            let one = held(place, object, AlertKind::Faulted, since, 0);
            found.entry(object).or_insert(one);
        }
        Ok(found.into_values().collect())
    }

    /// Stations that connected at least `least` times within the last hour, lately too.
    async fn connecting_often(
        &self,
        now: Moment,
        least: i64,
        quiet: TimeDelta,
    ) -> Result<Vec<Finding>, Error> {
        use connections::Column as C;
        let here = |column: C| Expr::col((connections::Entity, column));
        let theirs = here(C::StationId).equals((stations::Entity, stations::Column::Id));
        let query = places()
            .expr(here(C::StartedAt).count())
            .expr(here(C::StartedAt).max())
            .inner_join(connections::Entity, theirs)
            .and_where(here(C::StartedAt).gte(ms(now - TimeDelta::hours(1))))
            .group_by_columns([
                (stations::Entity, stations::Column::OrgId),
                (stations::Entity, stations::Column::SiteId),
                (stations::Entity, stations::Column::Id),
            ])
            .and_having(here(C::StartedAt).count().gte(least))
            .and_having(here(C::StartedAt).max().gt(ms(now - quiet)))
            .to_owned();
        let rows = self.db.query_all(&query).await?;
        let found = rows.iter().map(|row| {
            let place = place(row)?;
            let (count, last): (i64, i64) = (row.try_get_by_index(3)?, row.try_get_by_index(4)?);
            let (object, last) = (station_of(&place), moment(last)?);
            Ok(held(place, object, AlertKind::Flapping, last, count))
        });
        found.collect()
    }

    /// Stations whose clock is off by at least `least_ms`; the measure is in seconds.
    async fn clocks(&self, least_ms: i64) -> Result<Vec<Finding>, Error> {
        use stations::Column as C;
        let here = |column: C| Expr::col((stations::Entity, column));
        let far = Condition::any()
            .add(here(C::ClockSkewMs).gte(least_ms))
            .add(here(C::ClockSkewMs).lte(-least_ms));
        let query = places()
            .expr(here(C::ClockSkewMs))
            .expr(here(C::ClockSkewAt))
            .and_where(here(C::ClockSkewAt).is_not_null())
            .cond_where(far)
            .to_owned();
        let rows = self.db.query_all(&query).await?;
        let found = rows.iter().map(|row| {
            let place = place(row)?;
            let (skew, since): (i64, i64) = (row.try_get_by_index(3)?, row.try_get_by_index(4)?);
            let (object, since) = (station_of(&place), moment(since)?);
            let seconds = skew.abs() / 1_000;
            Ok(held(place, object, AlertKind::ClockSkew, since, seconds))
        });
        found.collect()
    }

    /// Locked stations whose frozen settings differ.
    async fn drifting(&self, now: Moment) -> Result<Vec<Finding>, Error> {
        use locks::Column as C;
        let here = |column: C| Expr::col((locks::Entity, column));
        let theirs = here(C::StationId).equals((stations::Entity, stations::Column::Id));
        // The station can have been taken into maintenance for it: that does not hide it.
        let query = Query::select()
            .column((stations::Entity, stations::Column::OrgId))
            .column((stations::Entity, stations::Column::SiteId))
            .column((stations::Entity, stations::Column::Id))
            .from(stations::Entity)
            .inner_join(locks::Entity, theirs)
            .and_where(here(C::Drifting).eq(true))
            .and_where(here(C::RemovedAt).is_null())
            .and_where(Expr::col((stations::Entity, stations::Column::AdminState)).ne("archived"))
            .to_owned();
        let rows = self.db.query_all(&query).await?;
        let found = rows.iter().map(|row| {
            let place = place(row)?;
            Ok(held(place, station_of(&place), AlertKind::Drift, now, 0))
        });
        found.collect()
    }

    /// Sessions that run although the station says that nothing is plugged in, or that run for days
    /// without any power.
    async fn zombies(&self, now: Moment) -> Result<Vec<Finding>, Error> {
        use {connectors::Column as K, samples::Column as P, sessions::Column as C};
        let here = |column: C| Expr::col((sessions::Entity, column));
        let theirs = || here(C::StationId).equals((stations::Entity, stations::Column::Id));
        let free = Expr::col((connectors::Entity, K::StatusAt));
        let connected = Expr::col((stations::Entity, stations::Column::ConnectedSince));
        let plug = Expr::col((connectors::Entity, K::StationId))
            .equals((sessions::Entity, C::StationId))
            .and(Expr::col((connectors::Entity, K::Evse)).equals((sessions::Entity, C::Evse)))
            .and(here(C::Connector).is_null().or(
                Expr::col((connectors::Entity, K::Number)).equals((sessions::Entity, C::Connector)),
            ));
        let unplugged = places()
            .expr(here(C::Id))
            .expr(free.clone().max())
            .expr(connected.clone())
            .inner_join(sessions::Entity, theirs())
            .inner_join(connectors::Entity, plug)
            .and_where(here(C::State).eq("active"))
            .and_where(Expr::col((connectors::Entity, K::Status)).eq("available"))
            .and_where(free.gt(here(C::StartedAt)))
            .and_where(Expr::col((stations::Entity, stations::Column::Online)).eq(true))
            .group_by_columns([
                (stations::Entity, stations::Column::OrgId),
                (stations::Entity, stations::Column::SiteId),
                (stations::Entity, stations::Column::Id),
            ])
            .add_group_by([here(C::Id), connected.clone()])
            .to_owned();
        let powered = Query::select()
            .expr(Expr::value(1))
            .from(samples::Entity)
            .and_where(Expr::col((samples::Entity, P::SessionId)).equals((sessions::Entity, C::Id)))
            .and_where(P::At.gte(ms(now - TimeDelta::hours(IDLE_HOURS))))
            .and_where(P::PowerW.gt(0))
            .to_owned();
        let idle = places()
            .expr(here(C::Id))
            .expr(here(C::StartedAt))
            .expr(connected)
            .inner_join(sessions::Entity, theirs())
            .and_where(here(C::State).eq("active"))
            .and_where(here(C::StartedAt).lt(ms(now - TimeDelta::hours(LONG_HOURS))))
            .and_where(here(C::PowerW).is_null().or(here(C::PowerW).eq(0)))
            .and_where(Expr::exists(powered).not())
            .to_owned();
        let mut found: BTreeMap<Object, Finding> = BTreeMap::new();
        for query in [unplugged, idle] {
            for row in self.db.query_all(&query).await? {
                let place = place(&row)?;
                let object = Object::Session(SessionId::from_uuid(row.try_get_by_index(3)?));
                let came: i64 = row.try_get_by_index(4)?;
                // A station that is back first tells what it kept, ends of sessions among it.
                let back: Option<i64> = row.try_get_by_index(5)?;
                let since = std::cmp::min(
                    moment(back.map_or(came, |at| std::cmp::max(at, came)))?,
                    now,
                );
                let one = held(place, object, AlertKind::ZombieSession, since, 0);
                found.entry(object).or_insert(one);
            }
        }
        Ok(found.into_values().collect())
    }

    /// Sessions that charge, by the word of the station, and since when they told nothing.
    async fn unmetered(&self) -> Result<Vec<Finding>, Error> {
        use {connectors::Column as K, sessions::Column as C, stations::Column as S};
        let here = |column: C| Expr::col((sessions::Entity, column));
        let theirs = here(C::StationId).equals((stations::Entity, S::Id));
        let plug = Expr::col((connectors::Entity, K::StationId))
            .equals((sessions::Entity, C::StationId))
            .and(Expr::col((connectors::Entity, K::Evse)).equals((sessions::Entity, C::Evse)));
        let query = places()
            .expr(here(C::Id))
            .expr(here(C::UpdatedAt))
            .expr(Expr::col((stations::Entity, S::ConnectedSince)))
            .inner_join(sessions::Entity, theirs)
            .inner_join(connectors::Entity, plug)
            .and_where(here(C::State).eq("active"))
            .and_where(Expr::col((stations::Entity, S::Online)).eq(true))
            .and_where(Expr::col((connectors::Entity, K::Status)).eq("charging"))
            .to_owned();
        let mut found: BTreeMap<Object, Finding> = BTreeMap::new();
        for row in self.db.query_all(&query).await? {
            let place = place(&row)?;
            let object = Object::Session(SessionId::from_uuid(row.try_get_by_index(3)?));
            let told: i64 = row.try_get_by_index(4)?;
            let connected = row.try_get_by_index::<Option<i64>>(5)?.unwrap_or(told);
            let since = moment(std::cmp::max(told, connected))?;
            let one = held(place, object, AlertKind::NoMeterValues, since, 0);
            found.entry(object).or_insert(one);
        }
        Ok(found.into_values().collect())
    }

    /// What stations reported since a time that means something, in the order of its arrival.
    pub async fn told_since(
        &self,
        org: Option<OrgId>,
        since: Moment,
    ) -> Result<Vec<Finding>, Error> {
        use notices::Column as C;
        let here = |column: C| Expr::col((notices::Entity, column));
        let theirs = here(C::StationId).equals((stations::Entity, stations::Column::Id));
        let mut query = places()
            .expr(here(C::Kind))
            .expr(here(C::Title))
            .expr(here(C::ReceivedAt))
            .inner_join(notices::Entity, theirs)
            .and_where(here(C::Kind).is_in(["firmware_status", "security_event"]))
            .and_where(here(C::ReceivedAt).gte(ms(since)))
            .order_by((notices::Entity, C::ReceivedAt), sea_orm::Order::Asc)
            .order_by((notices::Entity, C::Id), sea_orm::Order::Asc)
            .to_owned();
        if let Some(org) = org {
            let owner = Expr::col((stations::Entity, stations::Column::OrgId));
            query.and_where(owner.eq(org.uuid()));
        }
        let mut found = Vec::new();
        for row in self.db.query_all(&query).await? {
            let kind: NoticeKind = from_word(&row.try_get_by_index::<String>(3)?)?;
            let title: String = row.try_get_by_index(4)?;
            let at = moment(row.try_get_by_index(5)?)?;
            let (kind, sign) = match meaning(kind, &title) {
                Some(Meaning::Happened(kind)) => (kind, Sign::Happened { at }),
                Some(Meaning::Over(kind)) => (kind, Sign::Over { at }),
                None => continue,
            };
            let place = place(&row)?;
            found.push(Finding {
                place,
                object: station_of(&place),
                kind,
                of: None,
                sign,
            });
        }
        Ok(found)
    }

    /// When stations of an organisation were connected, as far as that reaches into the time since
    /// `since`.
    pub async fn connections_since(
        &self,
        org: OrgId,
        since: Moment,
    ) -> Result<Vec<Connection>, Error> {
        use connections::Column as C;
        let here = |column: C| Expr::col((connections::Entity, column));
        let theirs = here(C::StationId).equals((stations::Entity, stations::Column::Id));
        let query = places()
            .expr(here(C::StartedAt))
            .expr(here(C::EndedAt))
            .inner_join(connections::Entity, theirs)
            .and_where(here(C::OrgId).eq(org.uuid()))
            .and_where(
                here(C::EndedAt)
                    .is_null()
                    .or(here(C::EndedAt).gte(ms(since))),
            )
            .to_owned();
        let rows = self.db.query_all(&query).await?;
        let found = rows.iter().map(|row| {
            let ended: Option<i64> = row.try_get_by_index(4)?;
            Ok(Connection {
                place: place(row)?,
                from: moment(row.try_get_by_index(3)?)?,
                to: ended.map(moment).transpose()?,
            })
        });
        found.collect()
    }

    /// Stations whose lock was removed within the last day: that shows like a broken seal.
    async fn unsealed(&self, now: Moment) -> Result<Vec<Finding>, Error> {
        use notifications::Column as C;
        let here = |column: C| Expr::col((notifications::Entity, column));
        let theirs = here(C::StationId).equals((stations::Entity, stations::Column::Id));
        let query = places()
            .expr(here(C::CreatedAt).max())
            .inner_join(notifications::Entity, theirs)
            .and_where(here(C::CreatedAt).gte(ms(now - TimeDelta::hours(BACK_HOURS))))
            .and_where(here(C::Matter).like("%\"kind\":\"lock_removed\"%"))
            // Each person has a row of it.
            .group_by_columns([
                (stations::Entity, stations::Column::OrgId),
                (stations::Entity, stations::Column::SiteId),
                (stations::Entity, stations::Column::Id),
            ])
            .to_owned();
        let mut found = Vec::new();
        for row in self.db.query_all(&query).await? {
            let place = place(&row)?;
            let at = moment(row.try_get_by_index(3)?)?;
            found.push(Finding {
                place,
                object: station_of(&place),
                kind: AlertKind::Tamper,
                of: None,
                sign: Sign::Happened { at },
            });
        }
        Ok(found)
    }
}
