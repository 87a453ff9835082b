//! Stations, their EVSEs and connectors, and which connection is the newest.

use std::collections::HashMap;

use domain::clock::Moment;
use domain::id::{EvseId, NodeId, OrgId, SessionId, SiteId, StationId};
use domain::message::StatusReport;
use domain::page::{Page, PageRequest};
use domain::quantity::Watts;
use domain::station::{
    Connector, ConnectorStatus, Evse, Hardware, Identity, Registration, Station,
};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use crate::entity::{connectors, deviations, evses, sites, stations};
use crate::error::{Error, corrupt};
use crate::page::{Cursor, cut};
use crate::store::Read;
use crate::value::{from_word, maybe_moment, moment, ms, word};
use crate::work::Work;

/// Which stations.
#[derive(Debug, Clone, Default)]
pub struct StationFilter {
    /// Only at these sites; `scope` and the caller's own filter are both put here.
    pub sites: Option<Vec<SiteId>>,
    /// Only those connected, or only those not.
    pub online: Option<bool>,
    /// Only those with an EVSE in one of these states.
    pub statuses: Vec<ConnectorStatus>,
    /// With this in identity, name, model or serial number, without case.
    pub q: Option<String>,
}

/// What a station must prove when it connects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The station.
    pub station: Station,
    /// Keyed digest of its password; none lets it in without one.
    pub password_hash: Option<String>,
}

/// An EVSE with what it does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvseRow {
    /// The EVSE.
    pub evse: Evse,
    /// Its newest power.
    pub power: Option<Watts>,
}

/// A station with what a list shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StationRow {
    /// The station.
    pub station: Station,
    /// Name of its site.
    pub site_name: Option<String>,
    /// Its EVSEs, by number.
    pub evses: Vec<EvseRow>,
    /// How many kinds of departures were forgiven.
    pub deviations: i64,
}

/// What a connection begins with.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The station.
    pub station: Station,
    /// Its EVSEs.
    pub evses: Vec<Evse>,
}

fn from_row(row: stations::Model) -> Result<Station, Error> {
    Ok(Station {
        id: StationId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        site: row.site_id.map(SiteId::from_uuid),
        identity: Identity::parse(&row.identity).map_err(corrupt)?,
        name: row.name,
        admin_state: from_word(&row.admin_state)?,
        registration: from_word(&row.registration)?,
        lenient: row.lenient,
        protocol: row.protocol,
        hardware: Hardware {
            vendor: row.vendor,
            model: row.model,
            serial_number: row.serial_number,
            firmware_version: row.firmware_version,
            iccid: row.iccid,
            imsi: row.imsi,
        },
        online: row.online,
        connected_since: maybe_moment(row.connected_since)?,
        last_seen_at: maybe_moment(row.last_seen_at)?,
        created_at: moment(row.created_at)?,
    })
}

impl Work {
    /// Adds a station; a second one with the same identity is a conflict.
    pub async fn station_insert(
        &mut self,
        station: &Station,
        password_hash: Option<&str>,
    ) -> Result<(), Error> {
        let row = stations::ActiveModel {
            id: Set(station.id.uuid()),
            org_id: Set(station.org.uuid()),
            site_id: Set(station.site.map(SiteId::uuid)),
            identity: Set(station.identity.as_str().to_owned()),
            identity_key: Set(station.identity.key().to_owned()),
            name: Set(station.name.clone()),
            admin_state: Set(word(&station.admin_state)),
            registration: Set(word(&station.registration)),
            lenient: Set(station.lenient),
            protocol: Set(None),
            vendor: Set(None),
            model: Set(None),
            serial_number: Set(None),
            firmware_version: Set(None),
            iccid: Set(None),
            imsi: Set(None),
            online: Set(false),
            epoch: Set(0),
            node_id: Set(None),
            connected_since: Set(None),
            last_seen_at: Set(None),
            password_hash: Set(password_hash.map(str::to_owned)),
            created_at: Set(ms(station.created_at)),
        };
        row.insert(&self.tx).await?;
        Ok(())
    }

    /// Changes what people say of a station: site, name, administrative state, leniency.
    pub async fn station_update(&mut self, station: &Station) -> Result<(), Error> {
        let row = stations::ActiveModel {
            id: Set(station.id.uuid()),
            site_id: Set(station.site.map(SiteId::uuid)),
            name: Set(station.name.clone()),
            admin_state: Set(word(&station.admin_state)),
            lenient: Set(station.lenient),
            ..Default::default()
        };
        row.update(&self.tx).await?;
        Ok(())
    }

    /// Gives a station another password.
    pub async fn station_password(&mut self, id: StationId, hash: &str) -> Result<(), Error> {
        let row = stations::ActiveModel {
            id: Set(id.uuid()),
            password_hash: Set(Some(hash.to_owned())),
            ..Default::default()
        };
        row.update(&self.tx).await?;
        Ok(())
    }

    /// Notes a connection. An older epoch than the one on record changes nothing: false.
    pub async fn connected(
        &mut self,
        id: StationId,
        epoch: i64,
        node: NodeId,
        protocol: &str,
        at: Moment,
    ) -> Result<bool, Error> {
        let done = stations::Entity::update_many()
            .col_expr(stations::Column::Online, Expr::value(true))
            .col_expr(stations::Column::Epoch, Expr::value(epoch))
            .col_expr(stations::Column::NodeId, Expr::value(node.uuid()))
            .col_expr(stations::Column::Protocol, Expr::value(protocol))
            .col_expr(stations::Column::ConnectedSince, Expr::value(ms(at)))
            .col_expr(stations::Column::LastSeenAt, Expr::value(ms(at)))
            .filter(stations::Column::Id.eq(id.uuid()))
            .filter(stations::Column::Epoch.lt(epoch))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Notes the end of a connection; of any but the newest it changes nothing: false.
    pub async fn disconnected(
        &mut self,
        id: StationId,
        epoch: i64,
        at: Moment,
    ) -> Result<bool, Error> {
        let done = stations::Entity::update_many()
            .col_expr(stations::Column::Online, Expr::value(false))
            .col_expr(
                stations::Column::ConnectedSince,
                Expr::value(Option::<i64>::None),
            )
            .col_expr(stations::Column::LastSeenAt, Expr::value(ms(at)))
            .filter(stations::Column::Id.eq(id.uuid()))
            .filter(stations::Column::Epoch.eq(epoch))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Notes that all stations of a node that died or has just started are away.
    pub async fn all_disconnected(&mut self, node: Option<NodeId>) -> Result<u64, Error> {
        let mut update = stations::Entity::update_many()
            .col_expr(stations::Column::Online, Expr::value(false))
            .col_expr(
                stations::Column::ConnectedSince,
                Expr::value(Option::<i64>::None),
            )
            .filter(stations::Column::Online.eq(true));
        if let Some(node) = node {
            update = update.filter(stations::Column::NodeId.eq(node.uuid()));
        }
        Ok(update.exec(&self.tx).await?.rows_affected)
    }

    /// Notes signs of life, in one statement for many stations.
    pub async fn seen(&mut self, ids: &[StationId], at: Moment) -> Result<(), Error> {
        stations::Entity::update_many()
            .col_expr(stations::Column::LastSeenAt, Expr::value(ms(at)))
            .filter(stations::Column::Id.is_in(ids.iter().map(|s| s.uuid())))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Notes a boot: what the station says of its make, and what it was given.
    pub async fn booted(
        &mut self,
        id: StationId,
        hardware: &Hardware,
        registration: Registration,
        at: Moment,
    ) -> Result<(), Error> {
        let row = stations::ActiveModel {
            id: Set(id.uuid()),
            registration: Set(word(&registration)),
            vendor: Set(hardware.vendor.clone()),
            model: Set(hardware.model.clone()),
            serial_number: Set(hardware.serial_number.clone()),
            firmware_version: Set(hardware.firmware_version.clone()),
            iccid: Set(hardware.iccid.clone()),
            imsi: Set(hardware.imsi.clone()),
            last_seen_at: Set(Some(ms(at))),
            ..Default::default()
        };
        row.update(&self.tx).await?;
        Ok(())
    }

    /// Makes sure an EVSE is there.
    pub async fn evse_ensure(
        &mut self,
        id: EvseId,
        station: StationId,
        number: i32,
    ) -> Result<(), Error> {
        let row = evses::ActiveModel {
            id: Set(id.uuid()),
            station_id: Set(station.uuid()),
            number: Set(number),
            power_w: Set(None),
            session_id: Set(None),
        };
        let there = OnConflict::columns([evses::Column::StationId, evses::Column::Number])
            .do_nothing()
            .to_owned();
        evses::Entity::insert(row)
            .on_conflict(there)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Notes what an EVSE does now.
    pub async fn evse_now(
        &mut self,
        station: StationId,
        number: i32,
        power: Option<Watts>,
        session: Option<SessionId>,
    ) -> Result<(), Error> {
        evses::Entity::update_many()
            .col_expr(evses::Column::PowerW, Expr::value(power.map(Watts::get)))
            .col_expr(
                evses::Column::SessionId,
                Expr::value(session.map(SessionId::uuid)),
            )
            .filter(evses::Column::StationId.eq(station.uuid()))
            .filter(evses::Column::Number.eq(number))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Notes a connector's state. A report that is older by the station's clock than the one on
    /// record does not overwrite it: reports may arrive out of order (OCPP 2.x G01).
    pub async fn connector_status(
        &mut self,
        station: StationId,
        report: &StatusReport,
        at: Moment,
    ) -> Result<(), Error> {
        let row = connectors::ActiveModel {
            station_id: Set(station.uuid()),
            evse: Set(report.evse),
            number: Set(report.connector),
            status: Set(word(&report.status)),
            error_code: Set(report.error_code.clone()),
            error_info: Set(report.error_info.clone()),
            status_at: Set(Some(ms(at))),
        };
        let newer = OnConflict::columns([
            connectors::Column::StationId,
            connectors::Column::Evse,
            connectors::Column::Number,
        ])
        .update_columns([
            connectors::Column::Status,
            connectors::Column::ErrorCode,
            connectors::Column::ErrorInfo,
            connectors::Column::StatusAt,
        ])
        .action_and_where(Expr::col((connectors::Entity, connectors::Column::StatusAt)).lte(ms(at)))
        .to_owned();
        connectors::Entity::insert(row)
            .on_conflict(newer)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }
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

    /// Stations by identity; archived ones are not listed.
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
        if let Some(q) = &filter.q {
            let pattern = format!(
                "%{}%",
                q.to_lowercase().replace('%', "\\%").replace('_', "\\_")
            );
            let lower = |column: stations::Column| {
                Expr::expr(sea_orm::sea_query::Func::lower(Expr::col((
                    stations::Entity,
                    column,
                ))))
                .like(sea_orm::sea_query::LikeExpr::new(pattern.clone()).escape('\\'))
            };
            query = query.filter(
                Condition::any()
                    .add(lower(stations::Column::IdentityKey))
                    .add(lower(stations::Column::Name))
                    .add(lower(stations::Column::Model))
                    .add(lower(stations::Column::SerialNumber)),
            );
        }
        if let Some(cursor) = &page.cursor {
            let after = Cursor::from_text(cursor, "stations")?;
            query = query.filter(stations::Column::IdentityKey.gt(after.value));
        }
        let rows = query
            .order_by_asc(stations::Column::IdentityKey)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, "stations", |r| Cursor {
            value: r.identity_key.clone(),
            id: r.id,
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
        rows.into_iter()
            .map(|row| {
                let id = row.id;
                let site_name = row.site_id.and_then(|s| names.get(&s).cloned());
                Ok(StationRow {
                    station: from_row(row)?,
                    site_name,
                    evses: evses.remove(&id).unwrap_or_default(),
                    deviations: counts.get(&id).copied().unwrap_or(0),
                })
            })
            .collect()
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
            });
        }
        Ok(found)
    }
}
