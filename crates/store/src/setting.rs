//! Wishes: what stations should be set to, and how far each is.

use std::collections::HashMap;

use domain::command::VariableName;
use domain::id::{OrgId, SiteId, StationId, TemplateId, UserId};
use domain::page::{Page, PageRequest};
use domain::setting::{Setting, SettingOrigin, SettingState, Wish, folded};
use domain::station::Identity;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, JoinType, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::entity::{settings, stations};
use crate::error::{Error, corrupt};
use crate::page::{Cursor, cut};
use crate::sort::{by_station, list_name};
use crate::store::Read;
use crate::value::{from_json, from_word, json, maybe_moment, moment, ms, word};
use crate::work::Work;

/// Rows in one statement: each has many values.
const AT_ONCE: usize = 40;

/// Which drift.
#[derive(Debug, Clone, Default)]
pub struct DriftFilter {
    /// Only at these sites; `scope` and the caller's own filter are both put here.
    pub sites: Option<Vec<SiteId>>,
    /// Only of this template.
    pub template: Option<TemplateId>,
    /// Only in this state.
    pub state: Option<SettingState>,
    /// With this in the name of the setting or of the station, without case.
    pub q: Option<String>,
}

/// A setting that is not as wished, and where.
#[derive(Debug, Clone)]
pub struct DriftRow {
    /// The station.
    pub station: StationId,
    /// Its name on the wire.
    pub identity: Identity,
    /// Its site.
    pub site: Option<SiteId>,
    /// Whether it is connected.
    pub online: bool,
    /// The wish.
    pub setting: Setting,
}

/// By which a wish is found again: names are compared without case.
fn key_of(name: &VariableName) -> String {
    json(&folded(name))
}

fn from_row(row: settings::Model) -> Result<Setting, Error> {
    let origin = row.template_id.map_or(SettingOrigin::Hand, |id| {
        SettingOrigin::Template(TemplateId::from_uuid(id))
    });
    Ok(Setting {
        wish: Wish {
            name: from_json(&row.name)?,
            value: row.value,
            reaction: from_word(&row.reaction)?,
        },
        origin,
        account: row.account_id.map(UserId::from_uuid),
        by: row.by_name,
        set_at: moment(row.set_at)?,
        state: from_word(&row.state)?,
        found: row.found,
        drift: row.drift,
        outcome: row.outcome.as_deref().map(from_word).transpose()?,
        reason: row.reason,
        outcome_at: maybe_moment(row.outcome_at)?,
        firmware: row.firmware,
        applied: row.applied,
        reboots: row.reboots,
        reverts: from_json(&row.reverts)?,
    })
}

fn to_row(org: OrgId, station: StationId, one: &Setting) -> settings::ActiveModel {
    settings::ActiveModel {
        station_id: Set(station.uuid()),
        key: Set(key_of(&one.wish.name)),
        org_id: Set(org.uuid()),
        name: Set(json(&one.wish.name)),
        value: Set(one.wish.value.clone()),
        reaction: Set(word(&one.wish.reaction)),
        template_id: Set(match one.origin {
            SettingOrigin::Hand => None,
            SettingOrigin::Template(id) => Some(id.uuid()),
        }),
        account_id: Set(one.account.map(UserId::uuid)),
        by_name: Set(one.by.clone()),
        set_at: Set(ms(one.set_at)),
        state: Set(word(&one.state)),
        found: Set(one.found.clone()),
        drift: Set(one.drift),
        outcome: Set(one.outcome.as_ref().map(word)),
        reason: Set(one.reason.clone()),
        outcome_at: Set(one.outcome_at.map(ms)),
        firmware: Set(one.firmware.clone()),
        applied: Set(one.applied),
        reboots: Set(one.reboots),
        reverts: Set(json(&one.reverts)),
    }
}

impl Work {
    /// The wishes for a station, read inside the unit.
    pub async fn settings(&mut self, station: StationId) -> Result<Vec<Setting>, Error> {
        let rows = settings::Entity::find()
            .filter(settings::Column::StationId.eq(station.uuid()))
            .order_by_asc(settings::Column::Key)
            .all(&self.tx)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Keeps wishes, each in place of the one for the same variable.
    pub async fn settings_put(
        &mut self,
        org: OrgId,
        station: StationId,
        all: &[Setting],
    ) -> Result<(), Error> {
        use settings::Column as C;
        let columns = [
            C::OrgId,
            C::Name,
            C::Value,
            C::Reaction,
            C::TemplateId,
            C::AccountId,
            C::ByName,
            C::SetAt,
            C::State,
            C::Found,
            C::Drift,
            C::Outcome,
            C::Reason,
            C::OutcomeAt,
            C::Firmware,
            C::Applied,
            C::Reboots,
            C::Reverts,
        ];
        let replace = OnConflict::columns([C::StationId, C::Key])
            .update_columns(columns)
            .to_owned();
        for some in all.chunks(AT_ONCE) {
            settings::Entity::insert_many(some.iter().map(|one| to_row(org, station, one)))
                .on_conflict(replace.clone())
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// Forgets a wish; false when there is none.
    pub async fn setting_delete(
        &mut self,
        station: StationId,
        name: &VariableName,
    ) -> Result<bool, Error> {
        let done = settings::Entity::delete_by_id((station.uuid(), key_of(name)))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }
}

impl Read {
    /// The wishes for a station.
    pub async fn settings(&self, station: StationId) -> Result<Vec<Setting>, Error> {
        let rows = settings::Entity::find()
            .filter(settings::Column::StationId.eq(station.uuid()))
            .order_by_asc(settings::Column::Key)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// How many settings are not as wished, by template.
    pub async fn drift_by_template(&self, org: OrgId) -> Result<HashMap<TemplateId, i64>, Error> {
        use settings::Column as C;
        let rows: Vec<(Option<uuid::Uuid>, i64)> = settings::Entity::find()
            .select_only()
            .column(C::TemplateId)
            .column_as(C::Key.count(), "count")
            .filter(C::OrgId.eq(org.uuid()))
            .filter(C::Drift.eq(true))
            .filter(C::TemplateId.is_not_null())
            .group_by(C::TemplateId)
            .into_tuple()
            .all(&self.db)
            .await?;
        let counted = rows
            .into_iter()
            .filter_map(|(id, count)| Some((TemplateId::from_uuid(id?), count)));
        Ok(counted.collect())
    }

    /// Whether any wish of a template is left.
    pub async fn template_in_use(&self, template: TemplateId) -> Result<u64, Error> {
        let rows =
            settings::Entity::find().filter(settings::Column::TemplateId.eq(template.uuid()));
        Ok(rows.count(&self.db).await?)
    }

    /// Settings of an organisation that are not as wished, by station and name.
    pub async fn drift(
        &self,
        org: OrgId,
        filter: &DriftFilter,
        page: &PageRequest,
    ) -> Result<Page<DriftRow>, Error> {
        use settings::Column as C;
        let station = settings::Entity::belongs_to(stations::Entity)
            .from(C::StationId)
            .to(stations::Column::Id)
            .into();
        let list = list_name("drift", &(org, filter));
        let mut query = settings::Entity::find()
            .select_also(stations::Entity)
            .join(JoinType::InnerJoin, station)
            .filter(C::OrgId.eq(org.uuid()))
            .filter(stations::Column::OrgId.eq(org.uuid()))
            .filter(C::Drift.eq(true));
        if let Some(sites) = &filter.sites {
            let sites = sites.iter().map(|site| site.uuid());
            query = query.filter(stations::Column::SiteId.is_in(sites));
        }
        if let Some(template) = filter.template {
            query = query.filter(C::TemplateId.eq(template.uuid()));
        }
        if let Some(state) = filter.state {
            query = query.filter(C::State.eq(word(&state)));
        }
        if let Some(q) = filter.q.as_ref().map(|q| q.trim().to_lowercase()) {
            let found = Condition::any()
                .add(C::Key.contains(q.as_str()))
                .add(stations::Column::IdentityKey.contains(q.as_str()));
            query = query.filter(found);
        }
        let rows = by_station(query, (C::StationId, C::Key), page, &list)?
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |(row, _)| Cursor {
            value: row.key.clone(),
            id: row.station_id,
        });
        let rows = rows.into_iter().map(|(row, station)| {
            let station = station.ok_or_else(|| corrupt("a wish for no station"))?;
            Ok(DriftRow {
                station: StationId::from_uuid(row.station_id),
                identity: Identity::parse(&station.identity).map_err(corrupt)?,
                site: station.site_id.map(SiteId::from_uuid),
                online: station.online,
                setting: from_row(row)?,
            })
        });
        Ok(Page {
            rows: rows.collect::<Result<_, Error>>()?,
            next,
        })
    }
}
