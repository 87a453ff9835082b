//! Alerts: those the watch goes by, those people list, and how both change them.

mod finding;

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::alert::{Alert, AlertKind, AlertState, Object, Severity};
use domain::clock::Moment;
use domain::id::{AlertId, AlertRuleId, OrgId, SiteId, StationId, UserId};
use domain::page::{Page, PageRequest};
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait,
    QueryFilter, QuerySelect, Select,
};
use uuid::Uuid;

use crate::entity::alerts::{ActiveModel, Column as C, Entity, Model};
use crate::entity::{sites, stations, users};
use crate::error::{Error, corrupt};
use crate::page::{Cursor, cut};
use crate::sort::{Sort, at_number, list_name, sorted};
use crate::store::Read;
use crate::value::{from_json, from_word, json, maybe_moment, moment, ms, word};
use crate::work::Work;

/// By what alerts are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AlertSort {
    /// When they opened.
    #[default]
    Opened,
    /// How bad they are.
    Severity,
    /// When something last happened.
    Last,
}

/// Which alerts.
#[derive(Debug, Clone, Default)]
pub struct AlertFilter {
    /// Only at these sites.
    pub sites: Option<Vec<SiteId>>,
    /// Only of this station.
    pub station: Option<StationId>,
    /// Only in these states; in any when none is given.
    pub states: Vec<AlertState>,
    /// Only so bad.
    pub severities: Vec<Severity>,
    /// Only these conditions.
    pub kinds: Vec<AlertKind>,
    /// Only those somebody sees to; an inner none: those that nobody does.
    pub owner: Option<Option<UserId>>,
    /// In which order.
    pub sort: Sort<AlertSort>,
}

/// An alert with what a list shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    /// The alert.
    pub alert: Alert,
    /// The station's name on the wire.
    pub identity: Option<String>,
    /// Name of the site.
    pub site_name: Option<String>,
    /// Name of whoever sees to it.
    pub owner_name: Option<String>,
    /// Names on the wire of the stations in it.
    pub members: Vec<(StationId, String)>,
}

const fn rank(severity: Severity) -> i32 {
    match severity {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Critical => 2,
    }
}

fn from_row(row: Model) -> Result<Alert, Error> {
    Ok(Alert {
        id: AlertId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        site: row.site_id.map(SiteId::from_uuid),
        station: row.station_id.map(StationId::from_uuid),
        object: row.object.parse::<Object>().map_err(corrupt)?,
        kind: from_word(&row.kind)?,
        of: row.of_kind.as_deref().map(from_word).transpose()?,
        state: from_word(&row.state)?,
        snoozed_until: maybe_moment(row.snoozed_until)?,
        owner: row.owner_id.map(UserId::from_uuid),
        holds: row.holds,
        count: row.count,
        first_at: moment(row.first_at)?,
        last_at: moment(row.last_at)?,
        opened_at: moment(row.opened_at)?,
        resolved_at: maybe_moment(row.resolved_at)?,
        ending: row.ending.as_deref().map(from_word).transpose()?,
        resolved_by: row.resolved_by.map(UserId::from_uuid),
        previous: row.previous_id.map(AlertId::from_uuid),
        group: row.group_id.map(AlertId::from_uuid),
        members: from_json::<Vec<StationId>>(&row.members)?,
        muted: row.muted,
        told: from_json::<Vec<AlertRuleId>>(&row.told)?,
        revision: row.revision,
    })
}

fn to_row(alert: &Alert) -> ActiveModel {
    ActiveModel {
        id: Set(alert.id.uuid()),
        org_id: Set(alert.org.uuid()),
        site_id: Set(alert.site.map(SiteId::uuid)),
        station_id: Set(alert.station.map(StationId::uuid)),
        kind: Set(word(&alert.kind)),
        of_kind: Set(alert.of.as_ref().map(word)),
        object: Set(alert.object.to_string()),
        severity: Set(rank(alert.severity())),
        state: Set(word(&alert.state)),
        open_key: Set(alert.is_open().then(|| alert.key().to_string())),
        snoozed_until: Set(alert.snoozed_until.map(ms)),
        owner_id: Set(alert.owner.map(UserId::uuid)),
        holds: Set(alert.holds),
        count: Set(alert.count),
        first_at: Set(ms(alert.first_at)),
        last_at: Set(ms(alert.last_at)),
        opened_at: Set(ms(alert.opened_at)),
        resolved_at: Set(alert.resolved_at.map(ms)),
        ending: Set(alert.ending.as_ref().map(word)),
        resolved_by: Set(alert.resolved_by.map(UserId::uuid)),
        previous_id: Set(alert.previous.map(AlertId::uuid)),
        group_id: Set(alert.group.map(AlertId::uuid)),
        members: Set(json(&alert.members)),
        muted: Set(alert.muted),
        told: Set(json(&alert.told)),
        revision: Set(alert.revision),
    }
}

impl Work {
    /// Adds an alert.
    ///
    /// # Errors
    /// `Conflict` when another one about the same is open.
    pub async fn alert_insert(&mut self, alert: &Alert) -> Result<(), Error> {
        to_row(alert).insert(&self.tx).await?;
        Ok(())
    }

    /// Puts an alert in place of itself at revision `from`; false when it is at another.
    pub async fn alert_update(&mut self, alert: &Alert, from: i64) -> Result<bool, Error> {
        let done = Entity::update_many()
            .set(to_row(alert))
            .filter(C::Id.eq(alert.id.uuid()))
            .filter(C::Revision.eq(from))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// An alert of an organisation, read inside the unit.
    pub async fn alert(&mut self, org: OrgId, id: AlertId) -> Result<Option<Alert>, Error> {
        let row = Entity::find_by_id(id.uuid())
            .filter(C::OrgId.eq(org.uuid()))
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        row.map(from_row).transpose()
    }
}

impl Read {
    /// What the watch goes by: alerts that are open or hold, those that last and were resolved within
    /// the last hour, and those that happen and were within a day.
    pub async fn alerts_watched(&self, now: Moment) -> Result<Vec<Alert>, Error> {
        let since = |ago: TimeDelta| C::ResolvedAt.gte(ms(now - ago));
        let happen = AlertKind::ALL.iter().filter(|kind| !kind.lasts());
        let happened = Condition::all()
            .add(since(TimeDelta::days(1)))
            .add(C::Kind.is_in(happen.map(|kind| kind.word())));
        let watched = Condition::any()
            .add(C::State.is_in(["open", "acknowledged", "snoozed"]))
            .add(C::Holds.eq(true))
            .add(since(TimeDelta::hours(1)))
            .add(happened);
        let rows = Entity::find().filter(watched).all(&self.db).await?;
        rows.into_iter().map(from_row).collect()
    }

    /// The newest alert about something of an organisation.
    pub async fn alert_about(
        &self,
        org: OrgId,
        kind: AlertKind,
        object: Object,
    ) -> Result<Option<Alert>, Error> {
        let mine = Entity::find()
            .filter(C::OrgId.eq(org.uuid()))
            .filter(C::Kind.eq(kind.word()))
            .filter(C::Object.eq(object.to_string()));
        let newest = sorted(
            mine,
            Expr::col(C::OpenedAt),
            C::Id,
            true,
            None::<(i64, Uuid)>,
        );
        newest.one(&self.db).await?.map(from_row).transpose()
    }

    /// An alert of an organisation.
    pub async fn alert(&self, org: OrgId, id: AlertId) -> Result<Option<AlertRow>, Error> {
        let row = Entity::find_by_id(id.uuid())
            .filter(C::OrgId.eq(org.uuid()))
            .one(&self.db)
            .await?;
        match row {
            Some(row) => Ok(self.dress_alerts(vec![row]).await?.pop()),
            None => Ok(None),
        }
    }

    fn alerts_of(org: OrgId, filter: &AlertFilter) -> Select<Entity> {
        let mut query = Entity::find().filter(C::OrgId.eq(org.uuid()));
        if let Some(sites) = &filter.sites {
            query = query.filter(C::SiteId.is_in(sites.iter().map(|s| s.uuid())));
        }
        if let Some(station) = filter.station {
            // Those of its site name it among their members.
            let among = C::Members.contains(station.to_string());
            let of = Condition::any()
                .add(C::StationId.eq(station.uuid()))
                .add(among);
            query = query.filter(of);
        }
        if !filter.states.is_empty() {
            query = query.filter(C::State.is_in(filter.states.iter().map(word)));
        }
        if !filter.severities.is_empty() {
            let ranks = filter.severities.iter().map(|s| rank(*s));
            query = query.filter(C::Severity.is_in(ranks));
        }
        if !filter.kinds.is_empty() {
            query = query.filter(C::Kind.is_in(filter.kinds.iter().map(|k| k.word())));
        }
        match filter.owner {
            None => query,
            Some(None) => query.filter(C::OwnerId.is_null()),
            Some(Some(owner)) => query.filter(C::OwnerId.eq(owner.uuid())),
        }
    }

    /// Alerts, sorted.
    pub async fn alerts(
        &self,
        org: OrgId,
        filter: &AlertFilter,
        page: &PageRequest,
    ) -> Result<Page<AlertRow>, Error> {
        let list = list_name("alerts", &(org, filter));
        let after = match &page.cursor {
            None => None,
            Some(cursor) => {
                let cursor = Cursor::from_text(cursor, &list)?;
                Some((cursor.number()?, cursor.id))
            }
        };
        let by = filter.sort.by;
        let column: SimpleExpr = match by {
            AlertSort::Opened => Expr::col((Entity, C::OpenedAt)),
            AlertSort::Severity => Expr::col((Entity, C::Severity)),
            AlertSort::Last => Expr::col((Entity, C::LastAt)),
        };
        let query = Self::alerts_of(org, filter);
        let rows = sorted(query, column, C::Id, filter.sort.descending, after)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| {
            let value = match by {
                AlertSort::Opened => row.opened_at,
                AlertSort::Severity => i64::from(row.severity),
                AlertSort::Last => row.last_at,
            };
            at_number(value, row.id)
        });
        Ok(Page {
            rows: self.dress_alerts(rows).await?,
            next,
        })
    }

    /// How many there are.
    pub async fn alerts_count(&self, org: OrgId, filter: &AlertFilter) -> Result<u64, Error> {
        Ok(Self::alerts_of(org, filter).count(&self.db).await?)
    }

    async fn dress_alerts(&self, rows: Vec<Model>) -> Result<Vec<AlertRow>, Error> {
        let alerts: Vec<Alert> = rows.into_iter().map(from_row).collect::<Result<_, _>>()?;
        let own = alerts.iter().filter_map(|a| a.station);
        let members = alerts.iter().flat_map(|a| a.members.iter().copied());
        let ids: Vec<Uuid> = own.chain(members).map(StationId::uuid).collect();
        let named: Vec<(Uuid, String)> = stations::Entity::find()
            .select_only()
            .columns([stations::Column::Id, stations::Column::Identity])
            .filter(stations::Column::Id.is_in(ids))
            .into_tuple()
            .all(&self.db)
            .await?;
        let identities: HashMap<Uuid, String> = named.into_iter().collect();
        let ids = alerts.iter().filter_map(|a| a.site).map(SiteId::uuid);
        let named: Vec<(Uuid, String)> = sites::Entity::find()
            .select_only()
            .columns([sites::Column::Id, sites::Column::Name])
            .filter(sites::Column::Id.is_in(ids))
            .into_tuple()
            .all(&self.db)
            .await?;
        let places: HashMap<Uuid, String> = named.into_iter().collect();
        let ids = alerts.iter().filter_map(|a| a.owner).map(UserId::uuid);
        let named: Vec<(Uuid, String)> = users::Entity::find()
            .select_only()
            .columns([users::Column::Id, users::Column::Name])
            .filter(users::Column::Id.is_in(ids))
            .into_tuple()
            .all(&self.db)
            .await?;
        let people: HashMap<Uuid, String> = named.into_iter().collect();
        let dressed = alerts.into_iter().map(|alert| AlertRow {
            identity: alert
                .station
                .and_then(|id| identities.get(&id.uuid()).cloned()),
            site_name: alert.site.and_then(|id| places.get(&id.uuid()).cloned()),
            owner_name: alert.owner.and_then(|id| people.get(&id.uuid()).cloned()),
            members: alert
                .members
                .iter()
                .filter_map(|id| Some((*id, identities.get(&id.uuid())?.clone())))
                .collect(),
            alert,
        });
        Ok(dressed.collect())
    }
}
