//! Sites.

use domain::id::{OrgId, SiteId};
use domain::page::{Page, PageRequest};
use domain::site::Site;
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait,
    PaginatorTrait, QueryFilter, QuerySelect,
};

use crate::entity::{sites, stations};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::sort::{Sort, at_number, list_name, sorted};
use crate::store::Read;
use crate::value::{from_word, moment, ms, word};
use crate::work::Work;

/// By what sites are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SiteSort {
    /// Their names.
    #[default]
    Name,
    /// When they were made.
    Created,
}

/// What became of a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteRemoval {
    /// The site is gone.
    Removed,
    /// Stations still stand there.
    InUse,
    /// It is not at that revision any more.
    Stale,
}

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

pub(crate) fn to_row(site: &Site) -> sites::ActiveModel {
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
        revision: NotSet,
        external_ref: NotSet,
    }
}

impl Work {
    /// Adds a site.
    pub async fn site_insert(&mut self, site: &Site) -> Result<(), Error> {
        to_row(site).insert(&self.tx).await?;
        Ok(())
    }

    /// Replaces a site that is at revision `from`; false when it is not.
    pub async fn site_update(&mut self, site: &Site, from: i64) -> Result<bool, Error> {
        let row = sites::ActiveModel {
            id: NotSet,
            revision: Set(from + 1),
            ..to_row(site)
        };
        let done = sites::Entity::update_many()
            .set(row)
            .filter(sites::Column::Id.eq(site.id.uuid()))
            .filter(sites::Column::Revision.eq(from))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Removes a site where no station stands; where `from` is given, only at that revision.
    pub async fn site_delete(
        &mut self,
        id: SiteId,
        from: Option<i64>,
    ) -> Result<SiteRemoval, Error> {
        let used = stations::Entity::find()
            .filter(stations::Column::SiteId.eq(id.uuid()))
            .filter(stations::Column::AdminState.ne("archived"))
            .one(&self.tx)
            .await?;
        if used.is_some() {
            return Ok(SiteRemoval::InUse);
        }
        let mut delete = sites::Entity::delete_many().filter(sites::Column::Id.eq(id.uuid()));
        if let Some(from) = from {
            delete = delete.filter(sites::Column::Revision.eq(from));
        }
        let done = delete.exec(&self.tx).await?;
        if done.rows_affected == 1 {
            self.site_access_end(id).await?;
        }
        Ok(match (done.rows_affected, from) {
            (0, Some(_)) => SiteRemoval::Stale,
            _ => SiteRemoval::Removed,
        })
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

    /// A site of an organisation, and its revision.
    pub async fn site_revised(&self, org: OrgId, id: SiteId) -> Result<Option<(Site, i64)>, Error> {
        let found = sites::Entity::find_by_id(id.uuid())
            .filter(sites::Column::OrgId.eq(org.uuid()))
            .one(&self.db)
            .await?;
        found
            .map(|row| {
                let revision = row.revision;
                Ok((from_row(row)?, revision))
            })
            .transpose()
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

    /// Sites and their revisions, sorted; `only` narrows to some.
    pub async fn sites(
        &self,
        org: OrgId,
        only: Option<&[SiteId]>,
        sort: Sort<SiteSort>,
        page: &PageRequest,
    ) -> Result<Page<(Site, i64)>, Error> {
        use sites::Column as C;
        let list = list_name("sites", &(org, only, sort));
        let mut query = sites::Entity::find().filter(C::OrgId.eq(org.uuid()));
        if let Some(only) = only {
            query = query.filter(C::Id.is_in(only.iter().map(|s| s.uuid())));
        }
        let after = match &page.cursor {
            None => None,
            Some(cursor) => Some(Cursor::from_text(cursor, &list)?),
        };
        let column = |column: C| -> SimpleExpr { Expr::col((sites::Entity, column)) };
        let query = match sort.by {
            SiteSort::Name => {
                let after = after.map(|a| (a.value, a.id));
                sorted(query, column(C::Name), C::Id, sort.descending, after)
            }
            SiteSort::Created => {
                let after = match after {
                    None => None,
                    Some(a) => Some((a.number()?, a.id)),
                };
                sorted(query, column(C::CreatedAt), C::Id, sort.descending, after)
            }
        };
        let rows = query.limit(u64::from(page.limit) + 1).all(&self.db).await?;
        let (rows, next) = cut(rows, page.limit, &list, |r| match sort.by {
            SiteSort::Name => Cursor {
                value: r.name.clone(),
                id: r.id,
            },
            SiteSort::Created => at_number(r.created_at, r.id),
        });
        let rows = rows.into_iter().map(|row| {
            let revision = row.revision;
            Ok((from_row(row)?, revision))
        });
        Ok(Page {
            rows: rows.collect::<Result<_, Error>>()?,
            next,
        })
    }
}
