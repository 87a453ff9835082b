//! Who has access to which site, beside the roles of its organisation.

use domain::clock::Moment;
use domain::id::{OrgId, SiteId, UserId};
use domain::page::{Page, PageRequest};
use domain::site_access::{Level, SiteAccess};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::site_access::{ActiveModel, Column, Entity, Model};
use crate::entity::{sites, users};
use crate::error::{Error, corrupt};
use crate::page::{Cursor, cut};
use crate::sort::{at_number, list_name, sorted};
use crate::store::Read;
use crate::value::{from_word, moment, ms, permissions, permissions_from, word};
use crate::work::Work;

/// What a person has at a site, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteAccessRow {
    /// The site.
    pub site: SiteId,
    /// The person.
    pub user: UserId,
    /// The organisation that the site belongs to.
    pub org: OrgId,
    /// What they have.
    pub access: SiteAccess,
    /// Since when.
    pub created_at: Moment,
    /// Counts its changes.
    pub revision: i64,
}

/// The same with the person's name and address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitePerson {
    /// What they have.
    pub row: SiteAccessRow,
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

fn from_row(row: Model) -> Result<SiteAccessRow, Error> {
    Ok(SiteAccessRow {
        site: SiteId::from_uuid(row.site_id),
        user: UserId::from_uuid(row.user_id),
        org: OrgId::from_uuid(row.org_id),
        access: SiteAccess {
            level: from_word(&row.level)?,
            grants: permissions_from(&row.grants)?,
            denials: permissions_from(&row.denials)?,
        },
        created_at: moment(row.created_at)?,
        revision: row.revision,
    })
}

impl Work {
    /// Everybody with access to a site, read inside the unit. Until it ends, no other unit that
    /// reads them goes on, not on other nodes either.
    pub async fn site_people(&mut self, site: SiteId) -> Result<Vec<SiteAccessRow>, Error> {
        sites::Entity::find_by_id(site.uuid())
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        let rows = Entity::find()
            .filter(Column::SiteId.eq(site.uuid()))
            .all(&self.tx)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Whether a site is there, read inside the unit.
    pub async fn site_is_there(&mut self, site: SiteId) -> Result<bool, Error> {
        let row = sites::Entity::find_by_id(site.uuid()).one(&self.tx).await?;
        Ok(row.is_some())
    }

    /// Whether a person has access to any site of an organisation, read inside the unit.
    pub async fn any_site_access(&mut self, user: UserId, org: OrgId) -> Result<bool, Error> {
        let some = Entity::find()
            .filter(Column::UserId.eq(user.uuid()))
            .filter(Column::OrgId.eq(org.uuid()))
            .one(&self.tx)
            .await?;
        Ok(some.is_some())
    }

    /// What a person has at the sites of an organisation, read inside the unit.
    pub async fn site_accesses(
        &mut self,
        org: OrgId,
        user: UserId,
    ) -> Result<Vec<SiteAccessRow>, Error> {
        let rows = Entity::find()
            .filter(Column::UserId.eq(user.uuid()))
            .filter(Column::OrgId.eq(org.uuid()))
            .order_by_asc(Column::SiteId)
            .all(&self.tx)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Gives a person access to a site, in place of what they had there.
    pub async fn site_access_put(&mut self, access: &SiteAccessRow) -> Result<(), Error> {
        let row = ActiveModel {
            site_id: Set(access.site.uuid()),
            user_id: Set(access.user.uuid()),
            org_id: Set(access.org.uuid()),
            level: Set(word(&access.access.level)),
            grants: Set(permissions(access.access.grants)),
            denials: Set(permissions(access.access.denials)),
            created_at: Set(ms(access.created_at)),
            revision: Set(access.revision),
        };
        let replace = OnConflict::columns([Column::SiteId, Column::UserId])
            .update_columns([
                Column::Level,
                Column::Grants,
                Column::Denials,
                Column::Revision,
            ])
            .to_owned();
        Entity::insert(row)
            .on_conflict(replace)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Ends everybody's access to a site that is no more.
    pub(crate) async fn site_access_end(&mut self, site: SiteId) -> Result<(), Error> {
        Entity::delete_many()
            .filter(Column::SiteId.eq(site.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Takes a person's access to a site away.
    pub async fn site_access_delete(&mut self, site: SiteId, user: UserId) -> Result<(), Error> {
        Entity::delete_by_id((site.uuid(), user.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}

impl Read {
    /// What a person has at single sites, in every organisation.
    pub async fn site_accesses(&self, user: UserId) -> Result<Vec<SiteAccessRow>, Error> {
        let rows = Entity::find()
            .filter(Column::UserId.eq(user.uuid()))
            .order_by_asc(Column::CreatedAt)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// What a person has at a site.
    pub async fn site_access(
        &self,
        site: SiteId,
        user: UserId,
    ) -> Result<Option<SiteAccessRow>, Error> {
        let row = Entity::find_by_id((site.uuid(), user.uuid()))
            .one(&self.db)
            .await?;
        row.map(from_row).transpose()
    }

    /// Who has access to a site, the oldest access first.
    pub async fn site_people(
        &self,
        site: SiteId,
        level: Option<Level>,
        page: &PageRequest,
    ) -> Result<Page<SitePerson>, Error> {
        let list = list_name("site_people", &(site, level));
        let after = match &page.cursor {
            None => None,
            Some(cursor) => Some(Cursor::from_text(cursor, &list)?),
        };
        let after = match after {
            None => None,
            Some(a) => Some((a.number()?, a.id)),
        };
        let mut query = Entity::find().filter(Column::SiteId.eq(site.uuid()));
        if let Some(level) = level {
            query = query.filter(Column::Level.eq(word(&level)));
        }
        let since = Expr::col((Entity, Column::CreatedAt));
        let query = sorted(query, since, Column::UserId, false, after);
        let rows = query.limit(u64::from(page.limit) + 1).all(&self.db).await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| {
            at_number(row.created_at, row.user_id)
        });
        let people = users::Entity::find()
            .filter(users::Column::Id.is_in(rows.iter().map(|row| row.user_id)))
            .all(&self.db)
            .await?;
        let person = |row: Model| {
            let user = people.iter().find(|user| user.id == row.user_id);
            let user = user.ok_or_else(|| corrupt(format!("{} is nobody", row.user_id)))?;
            Ok(SitePerson {
                name: user.name.clone(),
                email: user.email.clone(),
                row: from_row(row)?,
            })
        };
        Ok(Page {
            rows: rows.into_iter().map(person).collect::<Result<_, Error>>()?,
            next,
        })
    }
}
