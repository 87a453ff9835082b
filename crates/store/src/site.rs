//! Sites.

use domain::id::{OrgId, SiteId};
use domain::page::{Page, PageRequest};
use domain::site::Site;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::{sites, stations};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::store::Read;
use crate::value::{from_word, moment, ms, word};
use crate::work::Work;

fn from_row(row: sites::Model) -> Result<Site, Error> {
    Ok(Site {
        id: SiteId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        name: row.name,
        address: row.address,
        city: row.city,
        country: row.country,
        time_zone: row.time_zone,
        position_e7: row.latitude_e7.zip(row.longitude_e7),
        admin_state: from_word(&row.admin_state)?,
        accessibility: from_word(&row.accessibility)?,
        created_at: moment(row.created_at)?,
    })
}

fn to_row(site: &Site) -> sites::ActiveModel {
    sites::ActiveModel {
        id: Set(site.id.uuid()),
        org_id: Set(site.org.uuid()),
        name: Set(site.name.clone()),
        address: Set(site.address.clone()),
        city: Set(site.city.clone()),
        country: Set(site.country.clone()),
        time_zone: Set(site.time_zone.clone()),
        latitude_e7: Set(site.position_e7.map(|p| p.0)),
        longitude_e7: Set(site.position_e7.map(|p| p.1)),
        admin_state: Set(word(&site.admin_state)),
        accessibility: Set(word(&site.accessibility)),
        created_at: Set(ms(site.created_at)),
    }
}

impl Work {
    /// Adds a site.
    pub async fn site_insert(&mut self, site: &Site) -> Result<(), Error> {
        to_row(site).insert(&self.tx).await?;
        Ok(())
    }

    /// Replaces a site.
    pub async fn site_update(&mut self, site: &Site) -> Result<(), Error> {
        to_row(site).reset_all().update(&self.tx).await?;
        Ok(())
    }

    /// Removes a site; false when stations still stand there.
    pub async fn site_delete(&mut self, id: SiteId) -> Result<bool, Error> {
        let used = stations::Entity::find()
            .filter(stations::Column::SiteId.eq(id.uuid()))
            .filter(stations::Column::AdminState.ne("archived"))
            .one(&self.tx)
            .await?;
        if used.is_some() {
            return Ok(false);
        }
        sites::Entity::delete_by_id(id.uuid())
            .exec(&self.tx)
            .await?;
        Ok(true)
    }
}

impl Read {
    /// A site of an organisation.
    pub async fn site(&self, org: OrgId, id: SiteId) -> Result<Option<Site>, Error> {
        let found = sites::Entity::find_by_id(id.uuid())
            .filter(sites::Column::OrgId.eq(org.uuid()))
            .one(&self.db)
            .await?;
        found.map(from_row).transpose()
    }

    /// How many stations stand at a site.
    pub async fn site_stations(&self, id: SiteId) -> Result<i64, Error> {
        let count = stations::Entity::find()
            .filter(stations::Column::SiteId.eq(id.uuid()))
            .filter(stations::Column::AdminState.ne("archived"))
            .count(&self.db)
            .await?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// Sites by name; `only` narrows to some.
    pub async fn sites(
        &self,
        org: OrgId,
        only: Option<&[SiteId]>,
        page: &PageRequest,
    ) -> Result<Page<Site>, Error> {
        let mut query = sites::Entity::find().filter(sites::Column::OrgId.eq(org.uuid()));
        if let Some(only) = only {
            query = query.filter(sites::Column::Id.is_in(only.iter().map(|s| s.uuid())));
        }
        if let Some(cursor) = &page.cursor {
            let after = Cursor::from_text(cursor, "sites")?;
            let tie = Condition::all()
                .add(sites::Column::Name.eq(after.value.clone()))
                .add(sites::Column::Id.gt(after.id));
            query = query.filter(
                Condition::any()
                    .add(sites::Column::Name.gt(after.value))
                    .add(tie),
            );
        }
        let rows = query
            .order_by_asc(sites::Column::Name)
            .order_by_asc(sites::Column::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, "sites", |r| Cursor {
            value: r.name.clone(),
            id: r.id,
        });
        Ok(Page {
            rows: rows.into_iter().map(from_row).collect::<Result<_, _>>()?,
            next,
        })
    }
}
