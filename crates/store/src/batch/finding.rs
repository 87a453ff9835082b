//! Finding batches and their items, for people.

use domain::batch::{Batch, BatchState, ItemState};
use domain::id::{BatchId, BatchItemId, OrgId, SiteId, UserId};
use domain::page::{Page, PageRequest};
use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};
use uuid::Uuid;

use super::{ItemRow, batch, item};
use crate::entity::{batch_items, batches, stations};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::sort::list_name;
use crate::store::Read;
use crate::value::word;

/// Which batches are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchFilter {
    /// Only those in one of these states.
    pub states: Vec<BatchState>,
    /// Only those that this person made.
    pub maker: Option<UserId>,
}

impl Read {
    /// Batches of an organisation, the newest first.
    pub async fn batches(
        &self,
        org: OrgId,
        filter: &BatchFilter,
        page: &PageRequest,
    ) -> Result<Page<Batch>, Error> {
        use batches::Column as C;
        let list = list_name("batches", &(org, filter));
        let mut query = batches::Entity::find().filter(C::OrgId.eq(org.uuid()));
        if !filter.states.is_empty() {
            query = query.filter(C::State.is_in(filter.states.iter().map(word)));
        }
        if let Some(maker) = filter.maker {
            query = query.filter(C::UserId.eq(maker.uuid()));
        }
        if let Some(cursor) = &page.cursor {
            query = query.filter(C::Id.lt(Cursor::from_text(cursor, &list)?.id));
        }
        let rows = query
            .order_by_desc(C::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| Cursor {
            value: String::new(),
            id: row.id,
        });
        let rows = rows.into_iter().map(batch).collect::<Result<_, _>>()?;
        Ok(Page { rows, next })
    }

    /// A batch of an organisation.
    pub async fn batch(&self, org: OrgId, id: BatchId) -> Result<Option<Batch>, Error> {
        let row = batches::Entity::find_by_id(id.uuid())
            .filter(batches::Column::OrgId.eq(org.uuid()))
            .one(&self.db)
            .await?;
        row.map(batch).transpose()
    }

    /// Items of a batch in the order in which they begin; `sites` narrows to some.
    pub async fn batch_items(
        &self,
        id: BatchId,
        states: &[ItemState],
        sites: Option<&[SiteId]>,
        page: &PageRequest,
    ) -> Result<Page<ItemRow>, Error> {
        use batch_items::Column as C;
        let list = list_name("batch_items", &(id, states, sites));
        let mut query = batch_items::Entity::find()
            .join(JoinType::InnerJoin, batch_items::Relation::Station.def())
            .select_also(stations::Entity)
            .filter(C::BatchId.eq(id.uuid()));
        if !states.is_empty() {
            query = query.filter(C::State.is_in(states.iter().map(word)));
        }
        if let Some(sites) = sites {
            let uuids: Vec<Uuid> = sites.iter().map(|site| site.uuid()).collect();
            query = query.filter(stations::Column::SiteId.is_in(uuids));
        }
        if let Some(cursor) = &page.cursor {
            query = query.filter(C::Id.gt(Cursor::from_text(cursor, &list)?.id));
        }
        // Ids are drawn in the order of the items.
        let rows = query
            .order_by_asc(C::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| Cursor {
            value: String::new(),
            id: row.0.id,
        });
        let rows = rows.into_iter().map(dressed).collect::<Result<_, _>>()?;
        Ok(Page { rows, next })
    }

    /// The organisation and batch of an item.
    pub async fn batch_item(&self, id: BatchItemId) -> Result<Option<ItemRow>, Error> {
        let row = batch_items::Entity::find_by_id(id.uuid())
            .join(JoinType::InnerJoin, batch_items::Relation::Station.def())
            .select_also(stations::Entity)
            .one(&self.db)
            .await?;
        row.map(dressed).transpose()
    }
}

pub(super) fn dressed(
    (row, station): (batch_items::Model, Option<stations::Model>),
) -> Result<ItemRow, Error> {
    let station = station.ok_or_else(|| crate::error::corrupt("an item without a station"))?;
    Ok(ItemRow {
        item: item(row)?,
        identity: station.identity,
        site: station.site_id.map(SiteId::from_uuid),
        online: station.online,
    })
}
