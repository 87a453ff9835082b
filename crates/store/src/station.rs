//! Stations, their EVSEs and connectors, and which connection is the newest.

mod finding;

use domain::clock::Moment;
use domain::id::{EvseId, NodeId, OrgId, SessionId, SiteId, StationId};
use domain::message::StatusReport;
use domain::quantity::Watts;
use domain::station::{ConnectorStatus, Evse, Hardware, Identity, Registration, Station};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter,
    QuerySelect,
};

use crate::entity::{connectors, evses, stations};
use crate::error::{Error, corrupt};
use crate::sort::Sort;
use crate::value::{from_word, maybe_moment, moment, ms, word};
use crate::work::Work;

/// By what stations are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StationSort {
    /// Their names on the wire, without case.
    #[default]
    Identity,
    /// The newest sign of life; those that never gave one come before all others.
    LastSeen,
    /// When they were made.
    Created,
}

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
    /// Only of these makers, without case.
    pub vendors: Vec<String>,
    /// Only these models, without case.
    pub models: Vec<String>,
    /// Only with one of these firmware versions, without case.
    pub firmware_versions: Vec<String>,
    /// In which order.
    pub sort: Sort<StationSort>,
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
    /// Since when its session runs; none in what is read for the machines' door.
    pub session_since: Option<Moment>,
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
    /// How often people changed it, from 1 on.
    pub revision: i64,
}

/// What a connection begins with.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The station.
    pub station: Station,
    /// Its EVSEs.
    pub evses: Vec<Evse>,
    /// How far its clock was from ours when it last told, in milliseconds.
    pub clock_skew_ms: Option<i64>,
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
        assume_protocol: row.assume_protocol,
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
        connected_since: maybe_moment(row.connected_since.filter(|_| row.online))?,
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
            assume_protocol: Set(station.assume_protocol),
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
            booted_at: Set(None),
            password_hash: Set(password_hash.map(str::to_owned)),
            created_at: Set(ms(station.created_at)),
            revision: NotSet,
            ..Default::default()
        };
        row.insert(&self.tx).await?;
        Ok(())
    }

    /// Changes what people say of a station that is at revision `from`: site, name,
    /// administrative state, leniency. False when it is at another revision.
    pub async fn station_update(&mut self, station: &Station, from: i64) -> Result<bool, Error> {
        let row = stations::ActiveModel {
            site_id: Set(station.site.map(SiteId::uuid)),
            name: Set(station.name.clone()),
            admin_state: Set(word(&station.admin_state)),
            lenient: Set(station.lenient),
            assume_protocol: Set(station.assume_protocol),
            revision: Set(from + 1),
            ..Default::default()
        };
        let done = stations::Entity::update_many()
            .set(row)
            .filter(stations::Column::Id.eq(station.id.uuid()))
            .filter(stations::Column::Revision.eq(from))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
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
            .col_expr(stations::Column::OfflineSince, Expr::value(None::<i64>))
            .filter(stations::Column::Epoch.lt(epoch))
            .exec(&self.tx)
            .await?;
        let newest = done.rows_affected == 1;
        if newest {
            self.connection_begin(id, at).await?;
        }
        Ok(newest)
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
            .col_expr(stations::Column::OfflineSince, Expr::value(ms(at)))
            .filter(stations::Column::Id.eq(id.uuid()))
            .filter(stations::Column::Epoch.eq(epoch))
            .exec(&self.tx)
            .await?;
        let newest = done.rows_affected == 1;
        if newest {
            self.connection_end(id, at).await?;
        }
        Ok(newest)
    }

    /// Notes that all stations are away: nobody knew whether they were there until `at`.
    pub async fn all_disconnected(&mut self, at: Moment) -> Result<u64, Error> {
        self.connections_end(None).await?;
        let done = stations::Entity::update_many()
            .col_expr(stations::Column::OfflineSince, Expr::value(ms(at)))
            .col_expr(stations::Column::Online, Expr::value(false))
            .col_expr(
                stations::Column::ConnectedSince,
                Expr::value(Option::<i64>::None),
            )
            .filter(stations::Column::Online.eq(true))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected)
    }

    /// Notes how far the clock of a station is from ours.
    pub fn clock_skew(&mut self, id: StationId, skew_ms: i64, at: Moment) {
        self.changes.clocks.insert(id.uuid(), (skew_ms, ms(at)));
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
            booted_at: Set(Some(ms(at))),
            ..Default::default()
        };
        row.update(&self.tx).await?;
        Ok(())
    }

    /// Until the unit ends, no other unit that holds the station goes on, not on other nodes either.
    pub async fn station_hold(&mut self, id: StationId) -> Result<(), Error> {
        let found = stations::Entity::find_by_id(id.uuid()).lock_exclusive();
        found.one(&self.tx).await?;
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
    pub fn evse_now(
        &mut self,
        station: StationId,
        number: i32,
        power: Option<Watts>,
        session: Option<SessionId>,
    ) {
        let now = (power.map(Watts::get), session.map(SessionId::uuid));
        self.changes.evses.insert((station.uuid(), number), now);
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
