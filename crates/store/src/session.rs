//! Charging sessions, kept once however often they are told.

use std::collections::HashMap;

use domain::clock::Moment;
use domain::id::{DriverId, OrgId, SessionId, SiteId, StationId, TokenId};
use domain::page::{Page, PageRequest};
use domain::personal::Personal;
use domain::quantity::{WattHours, Watts};
use domain::session::{Session, SessionState};
use domain::token::TokenUid;
use sea_orm::sea_query::{Expr, ExprTrait, Func, OnConflict, SimpleExpr};
use sea_orm::{
    ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use crate::entity::{session_events, sessions, sites, stations};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::sort::{Sort, at_number, list_name, sorted};
use crate::store::Read;
use crate::value::{from_json, from_word, json, maybe_moment, moment, ms, word};
use crate::work::Work;

/// By what sessions are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SessionSort {
    /// When they began.
    #[default]
    Started,
    /// When they ended; those that run come after all others.
    Ended,
    /// What they delivered; those of which it is not known come before all others.
    Energy,
}

/// Which sessions.
#[derive(Debug, Clone)]
pub struct SessionFilter {
    /// Only at this station.
    pub station: Option<StationId>,
    /// Only at these sites.
    pub sites: Option<Vec<SiteId>>,
    /// Only in this state.
    pub state: Option<SessionState>,
    /// Only those a person should look at, or only the others.
    pub suspect: Option<bool>,
    /// Begun at or after.
    pub from: Option<Moment>,
    /// Begun before.
    pub to: Option<Moment>,
    /// Only of this token.
    pub token: Option<TokenUid>,
    /// Only of this driver.
    pub driver: Option<DriverId>,
    /// In which order.
    pub sort: Sort<SessionSort>,
}

impl Default for SessionFilter {
    fn default() -> Self {
        Self {
            station: None,
            sites: None,
            state: None,
            suspect: None,
            from: None,
            to: None,
            token: None,
            driver: None,
            sort: Sort::down(SessionSort::Started),
        }
    }
}

/// Greater than any moment that has come, and less than anything delivered. An index holds them: see
/// `m0035_large_fleets`.
const NOT_YET: i64 = 9_007_199_254_740_991;
const NOT_KNOWN: i64 = -9_007_199_254_740_991;

fn sort_value(by: SessionSort) -> SimpleExpr {
    use sessions::Column as C;
    let column = |column: C| -> SimpleExpr { Expr::col((sessions::Entity, column)) };
    match by {
        SessionSort::Started => column(C::StartedAt),
        SessionSort::Ended => or(column(C::EndedAt), NOT_YET),
        SessionSort::Energy => or(column(C::DeliveredWh), NOT_KNOWN),
    }
}

/// The number is written out, not bound: otherwise no index serves it.
fn or(column: SimpleExpr, number: i64) -> SimpleExpr {
    Func::coalesce([column, Expr::cust(number.to_string())]).into()
}

fn sort_number(by: SessionSort, row: &sessions::Model) -> i64 {
    match by {
        SessionSort::Started => row.started_at,
        SessionSort::Ended => row.ended_at.unwrap_or(NOT_YET),
        SessionSort::Energy => row.delivered_wh.unwrap_or(NOT_KNOWN),
    }
}

/// A session with what a list shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// The session.
    pub session: Session,
    /// The station's name on the wire.
    pub station_identity: String,
    /// Name of the site.
    pub site_name: Option<String>,
    /// Name of the driver; none once erased.
    pub driver_name: Option<Personal<String>>,
}

pub(crate) fn from_row(row: sessions::Model) -> Result<Session, Error> {
    Ok(Session {
        id: SessionId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        station: StationId::from_uuid(row.station_id),
        site: row.site_id.map(SiteId::from_uuid),
        evse: row.evse,
        connector: row.connector,
        wire: row.wire,
        fingerprint: row.fingerprint,
        token: row.token.map(|t| Personal::new(TokenUid::new(&t))),
        token_id: row.token_id.map(TokenId::from_uuid),
        driver: row.driver_id.map(DriverId::from_uuid),
        token_group: row.token_group,
        state: from_word(&row.state)?,
        started_at: moment(row.started_at)?,
        ended_at: maybe_moment(row.ended_at)?,
        first_register: row.first_register.map(WattHours::new),
        last_register: row.last_register.map(WattHours::new),
        power: row.power_w.map(Watts::new),
        charging: row.charging.as_deref().map(from_word).transpose()?,
        stop_reason: row.stop_reason,
        remote_start: row.remote_start,
        suspicions: from_json(&row.suspicions)?,
        updated_at: moment(row.updated_at)?,
    })
}

pub(crate) fn to_row(session: &Session) -> sessions::ActiveModel {
    let token = session.token.as_ref().map(Personal::sealed);
    sessions::ActiveModel {
        id: Set(session.id.uuid()),
        org_id: Set(session.org.uuid()),
        station_id: Set(session.station.uuid()),
        site_id: Set(session.site.map(SiteId::uuid)),
        evse: Set(session.evse),
        connector: Set(session.connector),
        wire: Set(session.wire.clone()),
        fingerprint: Set(session.fingerprint.clone()),
        token: Set(token.map(|t| t.as_str().to_owned())),
        token_key: Set(token.map(TokenUid::key)),
        token_id: Set(session.token_id.map(TokenId::uuid)),
        driver_id: Set(session.driver.map(DriverId::uuid)),
        token_group: Set(session.token_group.clone()),
        state: Set(word(&session.state)),
        started_at: Set(ms(session.started_at)),
        ended_at: Set(session.ended_at.map(ms)),
        first_register: Set(session.first_register.map(WattHours::get)),
        last_register: Set(session.last_register.map(WattHours::get)),
        delivered_wh: Set(delivered(session)),
        power_w: Set(session.power.map(Watts::get)),
        charging: Set(session.charging.as_ref().map(word)),
        stop_reason: Set(session.stop_reason.clone()),
        remote_start: Set(session.remote_start),
        suspicions: Set(json(&session.suspicions)),
        updated_at: Set(ms(session.updated_at)),
        external_ref: NotSet,
    }
}

/// What a session delivered, once it is over.
fn delivered(session: &Session) -> Option<i64> {
    let (first, last) = session.first_register.zip(session.last_register)?;
    (session.state != SessionState::Active).then(|| last.get().wrapping_sub(first.get()))
}

impl Work {
    /// Adds a session. When the station told of it before, by its wire name or by the digest of a
    /// start that waits for a name, the unit fails with a conflict.
    pub fn session_insert(&mut self, session: &Session) {
        self.appends.sessions.push(to_row(session));
    }

    /// Replaces a session that is on record.
    pub fn session_update(&mut self, session: &Session) {
        let id = session.id.uuid();
        self.changes.progress.remove(&id);
        self.changes.sessions.insert(id, to_row(session));
    }

    /// Replaces what readings change in a session: registers, power, suspicions; of one that is over
    /// also what it delivered.
    pub fn session_progress(&mut self, session: &Session) {
        let id = session.id.uuid();
        let whole = session.state != SessionState::Active;
        let changes = match whole || self.changes.sessions.contains_key(&id) {
            true => &mut self.changes.sessions,
            false => &mut self.changes.progress,
        };
        changes.insert(id, to_row(session));
    }

    /// Notes that a numbered report of a session was heard. When it was heard before, the unit
    /// fails with a conflict.
    pub fn session_event(&mut self, session: SessionId, seq: i64, phase: &str, at: Moment) {
        self.appends
            .session_events
            .push(session_events::ActiveModel {
                session_id: Set(session.uuid()),
                seq: Set(seq),
                phase: Set(phase.to_owned()),
                at: Set(ms(at)),
            });
    }

    /// Takes the next `count` transaction numbers of the instance; returns the first.
    pub async fn numbers_take(&mut self, count: i64) -> Result<i64, Error> {
        use crate::entity::counters;
        const NAME: &str = "transaction_number";
        let row = counters::ActiveModel {
            name: Set(NAME.to_owned()),
            value: Set(1),
        };
        counters::Entity::insert(row)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.tx)
            .await?;
        counters::Entity::update_many()
            .col_expr(
                counters::Column::Value,
                Expr::col(counters::Column::Value).add(count),
            )
            .filter(counters::Column::Name.eq(NAME))
            .exec(&self.tx)
            .await?;
        let now = counters::Entity::find_by_id(NAME.to_owned())
            .one(&self.tx)
            .await?;
        Ok(now.map_or(1, |c| c.value - count))
    }
}

impl Read {
    /// A session by the station's name for it.
    pub async fn session_by_wire(
        &self,
        station: StationId,
        wire: &str,
    ) -> Result<Option<Session>, Error> {
        self.session_where(station, sessions::Column::Wire.eq(wire))
            .await
    }

    /// A session by the digest of the start that waited for a name.
    pub async fn session_by_fingerprint(
        &self,
        station: StationId,
        fingerprint: &str,
    ) -> Result<Option<Session>, Error> {
        self.session_where(station, sessions::Column::Fingerprint.eq(fingerprint))
            .await
    }

    async fn session_where(
        &self,
        station: StationId,
        is: SimpleExpr,
    ) -> Result<Option<Session>, Error> {
        let found = sessions::Entity::find()
            .filter(sessions::Column::StationId.eq(station.uuid()))
            .filter(is)
            .one(&self.db)
            .await?;
        found.map(from_row).transpose()
    }

    /// Whether a numbered report of a session was heard.
    pub async fn session_event(&self, session: SessionId, seq: i64) -> Result<bool, Error> {
        let found = session_events::Entity::find_by_id((session.uuid(), seq))
            .one(&self.db)
            .await?;
        Ok(found.is_some())
    }

    /// The sessions that run at a station.
    pub async fn open_sessions(&self, station: StationId) -> Result<Vec<Session>, Error> {
        let rows = sessions::Entity::find()
            .filter(sessions::Column::StationId.eq(station.uuid()))
            .filter(sessions::Column::State.eq("active"))
            .order_by_asc(sessions::Column::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// A session of an organisation.
    pub async fn session(&self, org: OrgId, id: SessionId) -> Result<Option<SessionRow>, Error> {
        let row = sessions::Entity::find_by_id(id.uuid())
            .filter(sessions::Column::OrgId.eq(org.uuid()))
            .one(&self.db)
            .await?;
        match row {
            Some(row) => Ok(self.dress_sessions(vec![row]).await?.pop()),
            None => Ok(None),
        }
    }

    /// Sessions, sorted.
    pub async fn sessions(
        &self,
        org: OrgId,
        filter: &SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<SessionRow>, Error> {
        use sessions::Column as C;
        let mut query = sessions::Entity::find().filter(C::OrgId.eq(org.uuid()));
        if let Some(station) = filter.station {
            query = query.filter(C::StationId.eq(station.uuid()));
        }
        if let Some(sites) = &filter.sites {
            query = query.filter(C::SiteId.is_in(sites.iter().map(|s| s.uuid())));
        }
        if let Some(state) = filter.state {
            query = query.filter(C::State.eq(word(&state)));
        }
        if let Some(suspect) = filter.suspect {
            query = query.filter(if suspect {
                C::Suspicions.ne("[]")
            } else {
                C::Suspicions.eq("[]")
            });
        }
        if let Some(from) = filter.from {
            query = query.filter(C::StartedAt.gte(ms(from)));
        }
        if let Some(to) = filter.to {
            query = query.filter(C::StartedAt.lt(ms(to)));
        }
        if let Some(token) = &filter.token {
            query = query.filter(C::TokenKey.eq(token.key()));
        }
        if let Some(driver) = filter.driver {
            query = query.filter(C::DriverId.eq(driver.uuid()));
        }
        // The token does not print itself, so it is named for itself.
        let token = filter.token.as_ref().map(TokenUid::key);
        let list = list_name("sessions", &(org, filter, token));
        let after = match &page.cursor {
            None => None,
            Some(cursor) => {
                let after = Cursor::from_text(cursor, &list)?;
                Some((after.number()?, after.id))
            }
        };
        let (by, descending) = (filter.sort.by, filter.sort.descending);
        let rows = sorted(query, sort_value(by), C::Id, descending, after)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |r| {
            at_number(sort_number(by, r), r.id)
        });
        Ok(Page {
            rows: self.dress_sessions(rows).await?,
            next,
        })
    }

    async fn dress_sessions(&self, rows: Vec<sessions::Model>) -> Result<Vec<SessionRow>, Error> {
        let of = |ids: Vec<Uuid>| stations::Entity::find().filter(stations::Column::Id.is_in(ids));
        let identities: HashMap<Uuid, String> = of(rows.iter().map(|r| r.station_id).collect())
            .all(&self.db)
            .await?
            .into_iter()
            .map(|s| (s.id, s.identity))
            .collect();
        let names: HashMap<Uuid, String> = sites::Entity::find()
            .filter(sites::Column::Id.is_in(rows.iter().filter_map(|r| r.site_id)))
            .all(&self.db)
            .await?
            .into_iter()
            .map(|s| (s.id, s.name))
            .collect();
        let drivers = rows.iter().filter_map(|r| r.driver_id).collect();
        let drivers = crate::driver::names(&self.db, drivers).await?;
        rows.into_iter()
            .map(|row| {
                Ok(SessionRow {
                    driver_name: row.driver_id.and_then(|d| drivers.get(&d).cloned()),
                    station_identity: identities.get(&row.station_id).cloned().unwrap_or_default(),
                    site_name: row.site_id.and_then(|s| names.get(&s).cloned()),
                    session: from_row(row)?,
                })
            })
            .collect()
    }
}
