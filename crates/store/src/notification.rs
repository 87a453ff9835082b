//! What operators are told until they have seen it.

use std::collections::HashMap;

use domain::clock::Moment;
use domain::id::{NotificationId, OrgId, SiteId, StationId, UserId};
use domain::notification::Notification;
use domain::page::{Page, PageRequest};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use uuid::Uuid;

use crate::entity::notifications::{ActiveModel, Column, Entity, Model};
use crate::entity::{sites, stations};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::sort::list_name;
use crate::store::Read;
use crate::value::{from_json, json, maybe_moment, moment, ms};
use crate::work::Work;

/// A notification as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// It.
    pub notification: Notification,
    /// The station's name on the wire, or the name of the site.
    pub identity: String,
}

fn from_row(row: Model) -> Result<Notification, Error> {
    Ok(Notification {
        id: NotificationId::from_uuid(row.id),
        user: UserId::from_uuid(row.user_id),
        org: OrgId::from_uuid(row.org_id),
        station: row.station_id.map(StationId::from_uuid),
        site: row.site_id.map(SiteId::from_uuid),
        matter: from_json(&row.matter)?,
        sealed: row.sealed,
        at: moment(row.created_at)?,
        acknowledged_at: maybe_moment(row.acknowledged_at)?,
    })
}

impl Work {
    /// Tells somebody something.
    pub async fn notify(&mut self, told: &Notification) -> Result<(), Error> {
        let row = ActiveModel {
            id: Set(told.id.uuid()),
            user_id: Set(told.user.uuid()),
            org_id: Set(told.org.uuid()),
            station_id: Set(told.station.map(StationId::uuid)),
            site_id: Set(told.site.map(SiteId::uuid)),
            matter: Set(json(&told.matter)),
            sealed: Set(told.sealed.clone()),
            created_at: Set(ms(told.at)),
            acknowledged_at: Set(told.acknowledged_at.map(ms)),
        };
        row.insert(&self.tx).await?;
        Ok(())
    }

    /// The person has seen it; its secret is forgotten. False when they had, or it is not theirs.
    pub async fn acknowledge(
        &mut self,
        user: UserId,
        id: NotificationId,
        at: Moment,
    ) -> Result<bool, Error> {
        let done = Entity::update_many()
            .col_expr(Column::AcknowledgedAt, Expr::value(ms(at)))
            .col_expr(Column::Sealed, Expr::value(None::<String>))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::UserId.eq(user.uuid()))
            .filter(Column::AcknowledgedAt.is_null())
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }
}

impl Read {
    /// What a person is told in an organisation, the newest first.
    pub async fn notifications(
        &self,
        user: UserId,
        org: OrgId,
        open: bool,
        page: &PageRequest,
    ) -> Result<Page<Told>, Error> {
        let list = list_name("notifications", &(user, org, open));
        let mut query = Entity::find()
            .filter(Column::UserId.eq(user.uuid()))
            .filter(Column::OrgId.eq(org.uuid()));
        if open {
            query = query.filter(Column::AcknowledgedAt.is_null());
        }
        if let Some(cursor) = &page.cursor {
            query = query.filter(Column::Id.lt(Cursor::from_text(cursor, &list)?.id));
        }
        let rows = query
            .order_by_desc(Column::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| Cursor {
            value: String::new(),
            id: row.id,
        });
        let ids = rows.iter().filter_map(|row| row.station_id);
        let mut named: HashMap<Uuid, String> = stations::Entity::find()
            .filter(stations::Column::Id.is_in(ids))
            .all(&self.db)
            .await?
            .into_iter()
            .map(|station| (station.id, station.identity))
            .collect();
        let ids = rows.iter().filter_map(|row| row.site_id);
        let places = sites::Entity::find()
            .filter(sites::Column::Id.is_in(ids))
            .all(&self.db)
            .await?;
        named.extend(places.into_iter().map(|site| (site.id, site.name)));
        let told = |row: Model| {
            let about = row.station_id.or(row.site_id);
            let name = about.and_then(|id| named.get(&id).cloned());
            Ok(Told {
                identity: name.unwrap_or_default(),
                notification: from_row(row)?,
            })
        };
        let rows = rows.into_iter().map(told).collect::<Result<_, Error>>()?;
        Ok(Page { rows, next })
    }

    /// One of them.
    pub async fn notification(
        &self,
        user: UserId,
        id: NotificationId,
    ) -> Result<Option<Notification>, Error> {
        let row = Entity::find_by_id(id.uuid())
            .filter(Column::UserId.eq(user.uuid()))
            .one(&self.db)
            .await?;
        row.map(from_row).transpose()
    }

    /// How many of an organisation a person has not seen yet.
    pub async fn unseen(&self, user: UserId, org: OrgId) -> Result<u64, Error> {
        Ok(Entity::find()
            .filter(Column::UserId.eq(user.uuid()))
            .filter(Column::OrgId.eq(org.uuid()))
            .filter(Column::AcknowledgedAt.is_null())
            .count(&self.db)
            .await?)
    }
}
