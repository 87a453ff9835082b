//! What is taken over from another system. Each row has the name that it has there and an id made
//! of that name, so that it is taken over once, however often that is tried. Refuses to change what
//! is there, but for a session that was still running when it was taken over.

use std::collections::{HashMap, HashSet};

use domain::driver::Driver;
use domain::id::{DriverId, OrgId, SessionId, SiteId, StationId, TokenId};
use domain::meter::MeterPoint;
use domain::personal::Personal;
use domain::session::{Session, SessionState};
use domain::site::Site;
use domain::station::Station;
use domain::token::{Token, TokenUid};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
};
use uuid::Uuid;

use crate::entity::{counters, drivers, samples, sessions, sites, stations, tokens};
use crate::error::Error;
use crate::rows::{append, append_new};
use crate::store::Read;
use crate::value::ms;
use crate::work::Work;
use crate::{driver, sample, session, site, token};

/// A station to be taken over.
#[derive(Debug, Clone)]
pub struct CarriedStation {
    /// The station.
    pub station: Station,
    /// Keyed digest of its password; none lets it in without one.
    pub password_hash: Option<String>,
    /// What the other system calls it.
    pub external_ref: String,
}

/// A station that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownStation {
    /// The form in which its identity is compared.
    pub key: String,
    /// Its id.
    pub id: StationId,
    /// Whose it is.
    pub org: OrgId,
    /// Where it stands.
    pub site: Option<SiteId>,
}

/// A token that is there.
#[derive(Debug, Clone)]
pub struct KnownToken {
    /// The form in which its text is compared.
    pub key: Personal<String>,
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub driver: Option<DriverId>,
    /// Its group.
    pub group: Option<String>,
}

/// What became of sessions that were taken over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CarriedSessions {
    /// New here.
    pub made: u64,
    /// Here already, running, and over now.
    pub ended: u64,
    /// Here already.
    pub there: u64,
}

impl Work {
    /// Adds a site unless one of its id is there; whether it was added.
    pub async fn site_carry(&mut self, site: &Site, external_ref: &str) -> Result<bool, Error> {
        let row = sites::ActiveModel {
            external_ref: Set(Some(external_ref.to_owned())),
            ..site::to_row(site)
        };
        let there = OnConflict::column(sites::Column::Id)
            .do_nothing()
            .to_owned();
        let added = sites::Entity::insert(row)
            .on_conflict(there)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(added == 1)
    }

    /// Adds a station with what it said of itself there. One of the same identity is a conflict.
    pub async fn station_carry(&mut self, carried: &CarriedStation) -> Result<(), Error> {
        let station = &carried.station;
        self.station_insert(station, carried.password_hash.as_deref())
            .await?;
        let hardware = &station.hardware;
        let row = stations::ActiveModel {
            id: Set(station.id.uuid()),
            vendor: Set(hardware.vendor.clone()),
            model: Set(hardware.model.clone()),
            serial_number: Set(hardware.serial_number.clone()),
            firmware_version: Set(hardware.firmware_version.clone()),
            iccid: Set(hardware.iccid.clone()),
            imsi: Set(hardware.imsi.clone()),
            last_seen_at: Set(station.last_seen_at.map(ms)),
            external_ref: Set(Some(carried.external_ref.clone())),
            ..Default::default()
        };
        row.update(&self.tx).await?;
        Ok(())
    }

    /// Adds a token. The same text twice in an organisation is a conflict.
    pub async fn token_carry(&mut self, token: &Token, external_ref: &str) -> Result<(), Error> {
        let row = tokens::ActiveModel {
            external_ref: Set(Some(external_ref.to_owned())),
            ..token::to_row(token)
        };
        row.insert(&self.tx).await?;
        Ok(())
    }

    /// Adds a driver unless one of its id is there; whether it was added.
    pub async fn driver_carry(
        &mut self,
        driver: &Driver,
        external_ref: &str,
    ) -> Result<bool, Error> {
        let row = drivers::ActiveModel {
            external_ref: Set(Some(external_ref.to_owned())),
            ..driver::to_row(driver)
        };
        let there = OnConflict::column(drivers::Column::Id)
            .do_nothing()
            .to_owned();
        let added = drivers::Entity::insert(row)
            .on_conflict(there)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(added == 1)
    }

    /// Adds sessions, each with its name there. One whose id is here stays as it is, unless it runs
    /// here and is over there. One that the station calls as another one of its own is a conflict.
    pub async fn sessions_carry(
        &mut self,
        carried: &[(Session, String)],
    ) -> Result<CarriedSessions, Error> {
        let here = states(&self.tx, carried.iter().map(|(session, _)| session.id)).await?;
        let mut done = CarriedSessions::default();
        let mut rows = Vec::new();
        for (session, external_ref) in carried {
            match here.get(&session.id) {
                None => {
                    rows.push(sessions::ActiveModel {
                        external_ref: Set(Some(external_ref.clone())),
                        ..session::to_row(session)
                    });
                    done.made += 1;
                }
                Some(true) if session.state == SessionState::Ended => {
                    self.session_update(session);
                    done.ended += 1;
                }
                Some(_) => done.there += 1,
            }
        }
        append(&self.tx, rows, 25).await?;
        Ok(done)
    }

    /// Adds readings, each with its id, session and EVSE, unless they are there; how many were.
    pub async fn samples_carry(
        &mut self,
        carried: &[(Uuid, StationId, Option<SessionId>, i32, MeterPoint)],
    ) -> Result<u64, Error> {
        let rows = carried.iter().map(|(id, station, session, evse, point)| {
            sample::to_row(*id, *station, *session, *evse, point.at, point)
        });
        let rows: Vec<samples::ActiveModel> = rows.collect();
        append_new(&self.tx, rows, 18, samples::Column::Id).await
    }

    /// Lets no transaction number be given from now on that is not above `number`.
    pub async fn numbers_above(&mut self, number: i64) -> Result<(), Error> {
        let next = self.numbers_take(0).await?;
        if next <= number {
            counters::Entity::update_many()
                .col_expr(counters::Column::Value, Expr::value(number + 1))
                .filter(counters::Column::Name.eq("transaction_number"))
                .filter(counters::Column::Value.lte(number))
                .exec(&self.tx)
                .await?;
        }
        Ok(())
    }
}

/// Which of some sessions are here, and whether they run.
async fn states(
    db: &impl sea_orm::ConnectionTrait,
    ids: impl Iterator<Item = SessionId>,
) -> Result<HashMap<SessionId, bool>, Error> {
    let rows: Vec<(Uuid, String)> = sessions::Entity::find()
        .select_only()
        .column(sessions::Column::Id)
        .column(sessions::Column::State)
        .filter(sessions::Column::Id.is_in(ids.map(SessionId::uuid)))
        .into_tuple()
        .all(db)
        .await?;
    let states = rows.into_iter();
    Ok(states
        .map(|(id, state)| (SessionId::from_uuid(id), state == "active"))
        .collect())
}

impl Read {
    /// Which of some sessions are here, and whether they run.
    pub async fn sessions_here(
        &self,
        ids: &[SessionId],
    ) -> Result<HashMap<SessionId, bool>, Error> {
        states(&self.db, ids.iter().copied()).await
    }

    /// Which of some sites are here.
    pub async fn sites_here(&self, ids: &[SiteId]) -> Result<HashSet<SiteId>, Error> {
        let rows: Vec<Uuid> = sites::Entity::find()
            .select_only()
            .column(sites::Column::Id)
            .filter(sites::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .into_tuple()
            .all(&self.db)
            .await?;
        Ok(rows.into_iter().map(SiteId::from_uuid).collect())
    }

    /// Which of some drivers are here, and whether they were erased.
    pub async fn drivers_here(&self, ids: &[DriverId]) -> Result<HashMap<DriverId, bool>, Error> {
        let rows: Vec<(Uuid, Option<i64>)> = drivers::Entity::find()
            .select_only()
            .column(drivers::Column::Id)
            .column(drivers::Column::ErasedAt)
            .filter(drivers::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .into_tuple()
            .all(&self.db)
            .await?;
        let here = rows.into_iter();
        Ok(here
            .map(|(id, erased)| (DriverId::from_uuid(id), erased.is_some()))
            .collect())
    }

    /// The stations of the whole instance with one of some identities, by the form in which these
    /// are compared.
    pub async fn stations_named(&self, keys: &[String]) -> Result<Vec<KnownStation>, Error> {
        let rows = stations::Entity::find()
            .filter(stations::Column::IdentityKey.is_in(keys.iter().map(String::as_str)))
            .all(&self.db)
            .await?;
        let known = rows.into_iter().map(|row| KnownStation {
            key: row.identity_key,
            id: StationId::from_uuid(row.id),
            org: OrgId::from_uuid(row.org_id),
            site: row.site_id.map(SiteId::from_uuid),
        });
        Ok(known.collect())
    }

    /// The tokens of an organisation with one of some texts.
    pub async fn tokens_named(
        &self,
        org: OrgId,
        uids: &[&TokenUid],
    ) -> Result<Vec<KnownToken>, Error> {
        let rows = tokens::Entity::find()
            .filter(tokens::Column::OrgId.eq(org.uuid()))
            .filter(tokens::Column::UidKey.is_in(uids.iter().map(|uid| uid.key())))
            .all(&self.db)
            .await?;
        let known = rows.into_iter().map(|row| KnownToken {
            key: Personal::new(row.uid_key),
            id: TokenId::from_uuid(row.id),
            driver: row.driver_id.map(DriverId::from_uuid),
            group: row.group_id,
        });
        Ok(known.collect())
    }
}
