//! Rules by which alerts count, and the maintenance that keeps them quiet.

use domain::alert::rule::{Audience, Channels, Maintenance, Rule};
use domain::clock::Moment;
use domain::id::{AlertRuleId, MaintenanceId, OrgId, SiteId, StationId, UserId, WebhookId};
use domain::page::{Page, PageRequest};
use domain::role::RoleSet;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};

use crate::entity::{alert_rules, maintenance_windows, organisations};
use crate::error::{Error, corrupt};
use crate::page::{Cursor, cut};
use crate::sort::list_name;
use crate::store::Read;
use crate::value::{from_json, from_word, json, moment, ms, word};
use crate::work::Work;

/// Who is told, as it is kept.
#[derive(Serialize, Deserialize)]
struct AudienceRow {
    roles: u8,
    users: Vec<UserId>,
}

/// In which ways, as it is kept.
#[derive(Serialize, Deserialize)]
struct ChannelsRow {
    in_app: AudienceRow,
    mail: AudienceRow,
    webhooks: Vec<WebhookId>,
}

fn audience(row: AudienceRow) -> Audience {
    Audience {
        roles: RoleSet::from_bits(row.roles),
        users: row.users,
    }
}

fn audience_row(audience: &Audience) -> AudienceRow {
    AudienceRow {
        roles: audience.roles.bits(),
        users: audience.users.clone(),
    }
}

fn from_row(row: alert_rules::Model) -> Result<(Rule, i64), Error> {
    let channels: ChannelsRow = from_json(&row.channels)?;
    let rule = Rule {
        id: AlertRuleId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        name: row.name,
        kind: from_word(&row.kind)?,
        minutes: u32::try_from(row.minutes).map_err(corrupt)?,
        threshold: row.threshold,
        scope: from_json(&row.scope)?,
        hours: row.hours.as_deref().map(from_json).transpose()?,
        channels: Channels {
            in_app: audience(channels.in_app),
            mail: audience(channels.mail),
            webhooks: channels.webhooks,
        },
        enabled: row.enabled,
        created_at: moment(row.created_at)?,
    };
    Ok((rule, row.revision))
}

fn to_row(rule: &Rule, revision: i64) -> alert_rules::ActiveModel {
    let channels = ChannelsRow {
        in_app: audience_row(&rule.channels.in_app),
        mail: audience_row(&rule.channels.mail),
        webhooks: rule.channels.webhooks.clone(),
    };
    alert_rules::ActiveModel {
        id: Set(rule.id.uuid()),
        org_id: Set(rule.org.uuid()),
        name: Set(rule.name.clone()),
        kind: Set(word(&rule.kind)),
        minutes: Set(i32::try_from(rule.minutes).unwrap_or(i32::MAX)),
        threshold: Set(rule.threshold),
        scope: Set(json(&rule.scope)),
        hours: Set(rule.hours.as_ref().map(json)),
        channels: Set(json(&channels)),
        enabled: Set(rule.enabled),
        created_at: Set(ms(rule.created_at)),
        revision: Set(revision),
    }
}

fn window(row: maintenance_windows::Model) -> Result<Maintenance, Error> {
    Ok(Maintenance {
        id: MaintenanceId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        site: row.site_id.map(SiteId::from_uuid),
        station: row.station_id.map(StationId::from_uuid),
        from: moment(row.from_at)?,
        to: moment(row.to_at)?,
        note: row.note,
        created_at: moment(row.created_at)?,
    })
}

impl Work {
    /// Adds a rule.
    pub async fn alert_rule_insert(&mut self, rule: &Rule) -> Result<(), Error> {
        to_row(rule, 1).insert(&self.tx).await?;
        Ok(())
    }

    /// Puts a rule in place of itself at revision `from`; false when it is at another.
    pub async fn alert_rule_update(&mut self, rule: &Rule, from: i64) -> Result<bool, Error> {
        use alert_rules::Column as C;
        let row = alert_rules::ActiveModel {
            id: NotSet,
            ..to_row(rule, from + 1)
        };
        let done = alert_rules::Entity::update_many()
            .set(row)
            .filter(C::Id.eq(rule.id.uuid()))
            .filter(C::Revision.eq(from))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Removes a rule that is at revision `from`; false when it is not.
    pub async fn alert_rule_delete(&mut self, id: AlertRuleId, from: i64) -> Result<bool, Error> {
        use alert_rules::Column as C;
        let done = alert_rules::Entity::delete_many()
            .filter(C::Id.eq(id.uuid()))
            .filter(C::Revision.eq(from))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Gives an organisation its first rules; false when it was given some before.
    pub async fn alert_rules_begin(&mut self, org: OrgId, rules: &[Rule]) -> Result<bool, Error> {
        use organisations::Column as C;
        let done = organisations::Entity::update_many()
            .col_expr(C::AlertRulesMade, Expr::value(true))
            .filter(C::Id.eq(org.uuid()))
            .filter(C::AlertRulesMade.eq(false))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 0 {
            return Ok(false);
        }
        for rule in rules {
            self.alert_rule_insert(rule).await?;
        }
        Ok(true)
    }

    /// Adds a time of maintenance.
    pub async fn maintenance_insert(&mut self, m: &Maintenance) -> Result<(), Error> {
        let row = maintenance_windows::ActiveModel {
            id: Set(m.id.uuid()),
            org_id: Set(m.org.uuid()),
            site_id: Set(m.site.map(SiteId::uuid)),
            station_id: Set(m.station.map(StationId::uuid)),
            from_at: Set(ms(m.from)),
            to_at: Set(ms(m.to)),
            note: Set(m.note.clone()),
            created_at: Set(ms(m.created_at)),
        };
        row.insert(&self.tx).await?;
        Ok(())
    }

    /// Removes one; false when it is not there.
    pub async fn maintenance_delete(
        &mut self,
        org: OrgId,
        id: MaintenanceId,
    ) -> Result<bool, Error> {
        use maintenance_windows::Column as C;
        let done = maintenance_windows::Entity::delete_many()
            .filter(C::Id.eq(id.uuid()))
            .filter(C::OrgId.eq(org.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }
}

impl Read {
    /// The rules of all organisations that are in use.
    pub async fn alert_rules_in_use(&self) -> Result<Vec<Rule>, Error> {
        let rows = alert_rules::Entity::find()
            .filter(alert_rules::Column::Enabled.eq(true))
            .all(&self.db)
            .await?;
        rows.into_iter().map(|row| Ok(from_row(row)?.0)).collect()
    }

    /// Organisations that were not given their first rules yet.
    pub async fn organisations_without_rules(&self) -> Result<Vec<OrgId>, Error> {
        let ids: Vec<uuid::Uuid> = organisations::Entity::find()
            .select_only()
            .column(organisations::Column::Id)
            .filter(organisations::Column::AlertRulesMade.eq(false))
            .into_tuple()
            .all(&self.db)
            .await?;
        Ok(ids.into_iter().map(OrgId::from_uuid).collect())
    }

    /// The rules of an organisation, the oldest first, with their revisions.
    pub async fn alert_rules(
        &self,
        org: OrgId,
        page: &PageRequest,
    ) -> Result<Page<(Rule, i64)>, Error> {
        use alert_rules::Column as C;
        let list = list_name("alert_rules", &org);
        let mut query = alert_rules::Entity::find().filter(C::OrgId.eq(org.uuid()));
        if let Some(cursor) = &page.cursor {
            query = query.filter(C::Id.gt(Cursor::from_text(cursor, &list)?.id));
        }
        let rows = query
            .order_by_asc(C::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| Cursor {
            value: String::new(),
            id: row.id,
        });
        let rows = rows.into_iter().map(from_row).collect::<Result<_, _>>()?;
        Ok(Page { rows, next })
    }

    /// A rule of an organisation, with its revision.
    pub async fn alert_rule(
        &self,
        org: OrgId,
        id: AlertRuleId,
    ) -> Result<Option<(Rule, i64)>, Error> {
        let row = alert_rules::Entity::find_by_id(id.uuid())
            .filter(alert_rules::Column::OrgId.eq(org.uuid()))
            .one(&self.db)
            .await?;
        row.map(from_row).transpose()
    }

    /// Maintenance that is not over, of all organisations or of one.
    pub async fn maintenance(
        &self,
        org: Option<OrgId>,
        now: Moment,
    ) -> Result<Vec<Maintenance>, Error> {
        use maintenance_windows::Column as C;
        let mut query = maintenance_windows::Entity::find().filter(C::ToAt.gt(ms(now)));
        if let Some(org) = org {
            query = query.filter(C::OrgId.eq(org.uuid()));
        }
        let rows = query.order_by_asc(C::Id).all(&self.db).await?;
        rows.into_iter().map(window).collect()
    }

    /// One of an organisation, also one that is over.
    pub async fn maintenance_one(
        &self,
        org: OrgId,
        id: MaintenanceId,
    ) -> Result<Option<Maintenance>, Error> {
        let row = maintenance_windows::Entity::find_by_id(id.uuid())
            .filter(maintenance_windows::Column::OrgId.eq(org.uuid()))
            .one(&self.db)
            .await?;
        row.map(window).transpose()
    }
}
