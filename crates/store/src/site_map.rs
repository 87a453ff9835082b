//! Sites as a map shows them: where they are and how their stations stand, for a whole fleet in one
//! question. Owns the counting; refuses to know who may see which site.

use domain::id::{OrgId, SiteId};
use sea_orm::sea_query::{
    Alias, CaseStatement, Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryResult,
};

use crate::entity::{connectors, evses, sites, stations};
use crate::error::Error;
use crate::store::Read;

/// A part of the world, in degrees times 1e7 (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Its western edge.
    pub west_e7: i64,
    /// Its southern edge.
    pub south_e7: i64,
    /// Its eastern edge; where it is smaller than the western one, the part lies over the 180th
    /// meridian.
    pub east_e7: i64,
    /// Its northern edge.
    pub north_e7: i64,
}

/// A site with a position, and how many of its stations stand how. Each station that is not archived
/// counts once: as offline, else as faulted, else as charging, else as idle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteOnMap {
    /// The site.
    pub id: SiteId,
    /// Its name.
    pub name: String,
    /// Town.
    pub city: Option<String>,
    /// Latitude and longitude in degrees times 1e7 (WGS 84).
    pub position_e7: (i64, i64),
    /// All of its stations.
    pub stations: i64,
    /// Those that are not connected.
    pub offline: i64,
    /// Those connected that have a faulted connector.
    pub faulted: i64,
    /// Those connected at which somebody charges.
    pub charging: i64,
    /// Watts, over the stations that are connected.
    pub power_w: i64,
}

const FAULTED: &str = "is_faulted";
const CHARGING: &str = "is_charging";
const POWER: &str = "watts";
const STATION: &str = "of_station";

/// 1 where it holds, else 0.
fn one_if(holds: SimpleExpr) -> SimpleExpr {
    CaseStatement::new()
        .case(holds, 1_i32)
        .finally(0_i32)
        .into()
}

/// The sum, as the 64 bit number that both databases can give.
fn total(of: SimpleExpr) -> SimpleExpr {
    let sum = Func::sum(of).cast_as("bigint");
    Func::coalesce([sum, Expr::value(0_i64)]).into()
}

/// Our stations that are there.
fn ours(org: OrgId) -> SimpleExpr {
    let column = |column: stations::Column| Expr::col((stations::Entity, column));
    column(stations::Column::OrgId)
        .eq(org.uuid())
        .and(column(stations::Column::AdminState).ne("archived"))
}

/// What the connectors of stations say, a row a station of which one is faulted or charges.
fn plugs(org: OrgId) -> SelectStatement {
    use connectors::Column as C;
    let says = |status: &str| {
        Func::max(one_if(
            Expr::col((connectors::Entity, C::Status)).eq(status),
        ))
    };
    let same = Expr::col((stations::Entity, stations::Column::Id))
        .equals((connectors::Entity, C::StationId));
    Query::select()
        .expr_as(Expr::col((connectors::Entity, C::StationId)), STATION)
        .expr_as(says("faulted"), FAULTED)
        .expr_as(says("charging"), CHARGING)
        .from(connectors::Entity)
        .inner_join(stations::Entity, same)
        .and_where(ours(org))
        .and_where(Expr::col((connectors::Entity, C::Status)).is_in(["faulted", "charging"]))
        .group_by_col((connectors::Entity, C::StationId))
        .to_owned()
}

/// The power of stations, a row a station that draws some.
fn powers(org: OrgId) -> SelectStatement {
    use evses::Column as C;
    let same =
        Expr::col((stations::Entity, stations::Column::Id)).equals((evses::Entity, C::StationId));
    Query::select()
        .expr_as(Expr::col((evses::Entity, C::StationId)), STATION)
        .expr_as(total(Expr::col((evses::Entity, C::PowerW))), POWER)
        .from(evses::Entity)
        .inner_join(stations::Entity, same)
        .and_where(ours(org))
        .and_where(Expr::col((evses::Entity, C::PowerW)).gt(0_i64))
        .group_by_col((evses::Entity, C::StationId))
        .to_owned()
}

fn within(bounds: Bounds) -> SimpleExpr {
    let column = |column: sites::Column| Expr::col((sites::Entity, column));
    let (lat, lon) = (sites::Column::LatitudeE7, sites::Column::LongitudeE7);
    let high = column(lat).between(bounds.south_e7, bounds.north_e7);
    let wide = if bounds.west_e7 <= bounds.east_e7 {
        column(lon).between(bounds.west_e7, bounds.east_e7)
    } else {
        column(lon)
            .gte(bounds.west_e7)
            .or(column(lon).lte(bounds.east_e7))
    };
    high.and(wide)
}

fn select(
    org: OrgId,
    only: Option<&[SiteId]>,
    bounds: Option<Bounds>,
    most: u64,
) -> SelectStatement {
    use sites::Column as S;
    let (plug, watt) = (Alias::new("plug"), Alias::new("watt"));
    let site = |column: S| Expr::col((sites::Entity, column));
    let station = |column: stations::Column| Expr::col((stations::Entity, column));
    let is = |name: &'static str| Expr::col((plug.clone(), Alias::new(name))).eq(1_i32);
    let online = || station(stations::Column::Online).eq(true);
    let faulted = online().and(is(FAULTED));
    // A station without connectors says nothing of faults, which is no fault.
    let sound = Func::coalesce([
        Expr::col((plug.clone(), Alias::new(FAULTED))),
        Expr::value(0_i32),
    ]);
    let charging = online().and(Expr::expr(sound).eq(0_i32)).and(is(CHARGING));
    let power = CaseStatement::new()
        .case(online(), Expr::col((watt.clone(), Alias::new(POWER))))
        .finally(0_i64);
    let here = station(stations::Column::SiteId)
        .equals((sites::Entity, S::Id))
        .and(ours(org));
    let of = |join: &Alias| {
        Expr::col((join.clone(), Alias::new(STATION)))
            .equals((stations::Entity, stations::Column::Id))
    };
    let mut query = Query::select();
    for column in [S::Id, S::Name, S::City, S::LatitudeE7, S::LongitudeE7] {
        query
            .column((sites::Entity, column))
            .group_by_col((sites::Entity, column));
    }
    query
        .expr_as(Func::count(station(stations::Column::Id)), "stations")
        .expr_as(
            total(one_if(station(stations::Column::Online).eq(false))),
            "offline",
        )
        .expr_as(total(one_if(faulted)), "faulted")
        .expr_as(total(one_if(charging)), "charging")
        .expr_as(total(power.into()), "power_w")
        .from(sites::Entity)
        .left_join(stations::Entity, here)
        .join_subquery(
            sea_orm::sea_query::JoinType::LeftJoin,
            plugs(org),
            plug.clone(),
            of(&plug),
        )
        .join_subquery(
            sea_orm::sea_query::JoinType::LeftJoin,
            powers(org),
            watt.clone(),
            of(&watt),
        )
        .and_where(site(S::OrgId).eq(org.uuid()))
        .and_where(site(S::LatitudeE7).is_not_null())
        .and_where(site(S::LongitudeE7).is_not_null())
        .order_by((sites::Entity, S::Name), Order::Asc)
        .order_by((sites::Entity, S::Id), Order::Asc)
        .limit(most);
    if let Some(only) = only {
        query.and_where(site(S::Id).is_in(only.iter().map(|s| s.uuid())));
    }
    if let Some(bounds) = bounds {
        query.and_where(within(bounds));
    }
    query.to_owned()
}

fn from_row(row: &QueryResult) -> Result<SiteOnMap, Error> {
    Ok(SiteOnMap {
        id: SiteId::from_uuid(row.try_get_by_index(0)?),
        name: row.try_get_by_index(1)?,
        city: row.try_get_by_index(2)?,
        position_e7: (row.try_get_by_index(3)?, row.try_get_by_index(4)?),
        stations: row.try_get_by_index(5)?,
        offline: row.try_get_by_index(6)?,
        faulted: row.try_get_by_index(7)?,
        charging: row.try_get_by_index(8)?,
        power_w: row.try_get_by_index(9)?,
    })
}

impl Read {
    /// At most `most` sites with a position, by name, and how their stations stand; `only` narrows to
    /// some, `bounds` to a part of the world.
    pub async fn site_map(
        &self,
        org: OrgId,
        only: Option<&[SiteId]>,
        bounds: Option<Bounds>,
        most: u64,
    ) -> Result<Vec<SiteOnMap>, Error> {
        let rows = self.db.query_all(&select(org, only, bounds, most)).await?;
        rows.iter().map(from_row).collect()
    }

    /// How many sites have no position; `only` narrows to some.
    pub async fn sites_without_position(
        &self,
        org: OrgId,
        only: Option<&[SiteId]>,
    ) -> Result<i64, Error> {
        use sites::Column as C;
        let mut query = sites::Entity::find()
            .filter(C::OrgId.eq(org.uuid()))
            .filter(C::LatitudeE7.is_null().or(C::LongitudeE7.is_null()));
        if let Some(only) = only {
            query = query.filter(C::Id.is_in(only.iter().map(|s| s.uuid())));
        }
        let count = query.count(&self.db).await?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }
}
