//! Finding stations: one, all of a list in its order, and what is shown beside them.

use std::collections::HashMap;

use domain::id::{EvseId, OrgId, SessionId, StationId};
use domain::page::{Page, PageRequest};
use domain::quantity::Watts;
use domain::station::{Connector, Evse, Identity};
use sea_orm::sea_query::{Expr, ExprTrait, Func, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};
use uuid::Uuid;

use super::{Credential, EvseRow, Opened, StationFilter, StationRow, StationSort, from_row};
use crate::entity::{connectors, deviations, evses, sessions, sites, stations};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::sort::{Sort, at_number, list_name, sorted};
use crate::store::Read;
use crate::value::{containing, from_word, maybe_moment, word};

/// The order of a list, from `after` on.
fn in_order(
    query: Select<stations::Entity>,
    sort: Sort<StationSort>,
    after: Option<Cursor>,
) -> Result<Select<stations::Entity>, Error> {
    use stations::Column as C;
    let column = |column: C| -> SimpleExpr { Expr::col((stations::Entity, column)) };
    let value = match sort.by {
        StationSort::Identity => {
            let after = after.map(|a| (a.value, a.id));
            let key = column(C::IdentityKey);
            return Ok(sorted(query, key, C::Id, sort.descending, after));
        }
        StationSort::LastSeen => Func::coalesce([column(C::LastSeenAt), Expr::value(0_i64)]).into(),
        StationSort::Created => column(C::CreatedAt),
    };
    let after = match after {
        None => None,
        Some(a) => Some((a.number()?, a.id)),
    };
    Ok(sorted(query, value, C::Id, sort.descending, after))
}

impl Read {
    /// What a station of this identity must prove. Archived ones are found too.
    pub async fn credential(&self, identity: &Identity) -> Result<Option<Credential>, Error> {
        let found = stations::Entity::find()
            .filter(stations::Column::IdentityKey.eq(identity.key()))
            .one(&self.db)
            .await?;
        found
            .map(|row| {
                let password_hash = row.password_hash.clone();
                Ok(Credential {
                    station: from_row(row)?,
                    password_hash,
                })
            })
            .transpose()
    }

    /// A station, for the machines' door: whatever its organisation.
    pub async fn opened(&self, id: StationId) -> Result<Option<Opened>, Error> {
        let Some(row) = stations::Entity::find_by_id(id.uuid())
            .one(&self.db)
            .await?
        else {
            return Ok(None);
        };
        let mut evses = self.evses_of(&[row.id]).await?;
        let evses = evses.remove(&row.id).unwrap_or_default();
        Ok(Some(Opened {
            clock_skew_ms: row.clock_skew_ms,
            station: from_row(row)?,
            evses: evses.into_iter().map(|e| e.evse).collect(),
        }))
    }

    /// A station of an organisation.
    pub async fn station(&self, org: OrgId, id: StationId) -> Result<Option<StationRow>, Error> {
        let row = stations::Entity::find_by_id(id.uuid())
            .filter(stations::Column::OrgId.eq(org.uuid()))
            .one(&self.db)
            .await?;
        match row {
            Some(row) => Ok(self.dress(vec![row]).await?.pop()),
            None => Ok(None),
        }
    }

    /// Those of some stations that an organisation has, archived ones among them, in no order.
    pub async fn stations_of(
        &self,
        org: OrgId,
        ids: &[StationId],
    ) -> Result<Vec<StationRow>, Error> {
        let mut found = Vec::with_capacity(ids.len());
        // A list of ids in a statement has its bounds.
        for some in ids.chunks(200) {
            let rows = stations::Entity::find()
                .filter(stations::Column::OrgId.eq(org.uuid()))
                .filter(stations::Column::Id.is_in(some.iter().map(|id| id.uuid())))
                .all(&self.db)
                .await?;
            found.extend(self.dress(rows).await?);
        }
        Ok(found)
    }

    /// Stations, sorted; archived ones are not listed.
    pub async fn stations(
        &self,
        org: OrgId,
        filter: &StationFilter,
        page: &PageRequest,
    ) -> Result<Page<StationRow>, Error> {
        let mut query = stations::Entity::find()
            .filter(stations::Column::OrgId.eq(org.uuid()))
            .filter(stations::Column::AdminState.ne("archived"));
        if let Some(sites) = &filter.sites {
            query = query.filter(stations::Column::SiteId.is_in(sites.iter().map(|s| s.uuid())));
        }
        if let Some(online) = filter.online {
            query = query.filter(stations::Column::Online.eq(online));
        }
        if !filter.statuses.is_empty() {
            let matching = connectors::Entity::find()
                .select_only()
                .column(connectors::Column::StationId)
                .filter(connectors::Column::Status.is_in(filter.statuses.iter().map(word)))
                .into_query();
            query = query.filter(stations::Column::Id.in_subquery(matching));
        }
        for (column, texts) in [
            (stations::Column::Vendor, &filter.vendors),
            (stations::Column::Model, &filter.models),
            (stations::Column::FirmwareVersion, &filter.firmware_versions),
        ] {
            if !texts.is_empty() {
                let told = Func::lower(Expr::col((stations::Entity, column)));
                let wanted = texts.iter().map(|text| text.trim().to_lowercase());
                query = query.filter(Expr::expr(told).is_in(wanted));
            }
        }
        if let Some(q) = &filter.q {
            let like = containing(q);
            let lower = |column: stations::Column| {
                let column = Expr::col((stations::Entity, column));
                Expr::expr(Func::lower(column)).like(like.clone())
            };
            query = query.filter(
                Condition::any()
                    .add(lower(stations::Column::IdentityKey))
                    .add(lower(stations::Column::Name))
                    .add(lower(stations::Column::Model))
                    .add(lower(stations::Column::SerialNumber)),
            );
        }
        let list = list_name("stations", &(org, filter));
        let after = match &page.cursor {
            None => None,
            Some(cursor) => Some(Cursor::from_text(cursor, &list)?),
        };
        let rows = in_order(query, filter.sort, after)?
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |r| match filter.sort.by {
            StationSort::Identity => Cursor {
                value: r.identity_key.clone(),
                id: r.id,
            },
            StationSort::LastSeen => at_number(r.last_seen_at.unwrap_or(0), r.id),
            StationSort::Created => at_number(r.created_at, r.id),
        });
        Ok(Page {
            rows: self.dress(rows).await?,
            next,
        })
    }

    async fn dress(&self, rows: Vec<stations::Model>) -> Result<Vec<StationRow>, Error> {
        let ids: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
        let site_ids: Vec<Uuid> = rows.iter().filter_map(|r| r.site_id).collect();
        let names: HashMap<Uuid, String> = sites::Entity::find()
            .filter(sites::Column::Id.is_in(site_ids))
            .all(&self.db)
            .await?
            .into_iter()
            .map(|s| (s.id, s.name))
            .collect();
        let mut counts: HashMap<Uuid, i64> = HashMap::new();
        for row in deviations::Entity::find()
            .filter(deviations::Column::StationId.is_in(ids.clone()))
            .all(&self.db)
            .await?
        {
            *counts.entry(row.station_id).or_default() += 1;
        }
        let mut evses = self.evses_of(&ids).await?;
        self.since(&mut evses).await?;
        rows.into_iter()
            .map(|row| {
                let id = row.id;
                let site_name = row.site_id.and_then(|s| names.get(&s).cloned());
                Ok(StationRow {
                    revision: row.revision,
                    station: from_row(row)?,
                    site_name,
                    evses: evses.remove(&id).unwrap_or_default(),
                    deviations: counts.get(&id).copied().unwrap_or(0),
                })
            })
            .collect()
    }

    /// Adds since when the sessions of these EVSEs run.
    async fn since(&self, evses: &mut HashMap<Uuid, Vec<EvseRow>>) -> Result<(), Error> {
        let running = || evses.values().flatten().filter_map(|row| row.evse.session);
        let ids: Vec<Uuid> = running().map(SessionId::uuid).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let begun: Vec<(Uuid, i64)> = sessions::Entity::find()
            .select_only()
            .columns([sessions::Column::Id, sessions::Column::StartedAt])
            .filter(sessions::Column::Id.is_in(ids))
            .into_tuple()
            .all(&self.db)
            .await?;
        let begun: HashMap<Uuid, i64> = begun.into_iter().collect();
        for row in evses.values_mut().flatten() {
            let at = row.evse.session.and_then(|id| begun.get(&id.uuid()));
            row.session_since = maybe_moment(at.copied())?;
        }
        Ok(())
    }

    async fn evses_of(&self, stations: &[Uuid]) -> Result<HashMap<Uuid, Vec<EvseRow>>, Error> {
        let mut plugs: HashMap<(Uuid, i32), Vec<Connector>> = HashMap::new();
        for row in connectors::Entity::find()
            .filter(connectors::Column::StationId.is_in(stations.to_vec()))
            .order_by_asc(connectors::Column::Number)
            .all(&self.db)
            .await?
        {
            plugs
                .entry((row.station_id, row.evse))
                .or_default()
                .push(Connector {
                    number: row.number,
                    status: from_word(&row.status)?,
                    error_code: row.error_code,
                    error_info: row.error_info,
                    status_at: maybe_moment(row.status_at)?,
                });
        }
        let mut found: HashMap<Uuid, Vec<EvseRow>> = HashMap::new();
        for row in evses::Entity::find()
            .filter(evses::Column::StationId.is_in(stations.to_vec()))
            .order_by_asc(evses::Column::Number)
            .all(&self.db)
            .await?
        {
            let connectors = plugs
                .remove(&(row.station_id, row.number))
                .unwrap_or_default();
            found.entry(row.station_id).or_default().push(EvseRow {
                evse: Evse {
                    id: EvseId::from_uuid(row.id),
                    station: StationId::from_uuid(row.station_id),
                    number: row.number,
                    connectors,
                    session: row.session_id.map(SessionId::from_uuid),
                },
                power: row.power_w.map(Watts::new),
                session_since: None,
            });
        }
        Ok(found)
    }
}
