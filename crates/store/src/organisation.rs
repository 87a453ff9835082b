//! The tree of organisations and what each may use.

use domain::id::{OrgId, UserId};
use domain::module::ModuleSet;
use domain::organisation::Organisation;
use domain::page::{Page, PageRequest};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::entity::organisations::{ActiveModel, Column, Entity, Model};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::sort::{list_name, sorted};
use crate::store::Read;
use crate::value::{from_json, json, moment, ms};
use crate::work::Work;

/// How deep the tree may be: a chain of resellers is short, and a circle would have no end.
const DEEPEST: usize = 32;

/// An organisation as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationRow {
    /// Itself.
    pub organisation: Organisation,
    /// What it may use.
    pub modules: ModuleSet,
    /// Counts its changes.
    pub revision: i64,
}

fn from_row(row: Model) -> Result<OrganisationRow, Error> {
    let (modules, paid): (Vec<String>, Vec<String>) = from_json(&row.modules)?;
    let organisation = Organisation {
        id: OrgId::from_uuid(row.id),
        parent: row.parent.map(OrgId::from_uuid),
        name: row.name,
        profile: from_json(&row.profile)?,
        made_by: row.made_by.map(UserId::from_uuid),
        created_at: moment(row.created_at)?,
    };
    let modules = ModuleSet {
        modules: modules.into_iter().collect(),
        paid: paid.into_iter().collect(),
    };
    Ok(OrganisationRow {
        organisation,
        modules,
        revision: row.revision,
    })
}

fn to_row(organisation: &Organisation, modules: &ModuleSet) -> ActiveModel {
    ActiveModel {
        id: Set(organisation.id.uuid()),
        parent: Set(organisation.parent.map(OrgId::uuid)),
        name: Set(organisation.name.clone()),
        modules: Set(json(&(&modules.modules, &modules.paid))),
        created_at: Set(ms(organisation.created_at)),
        profile: Set(json(&organisation.profile)),
        made_by: Set(organisation.made_by.map(UserId::uuid)),
        revision: NotSet,
        ..Default::default()
    }
}

impl Work {
    /// Adds an organisation with its modules.
    pub async fn organisation_insert(
        &mut self,
        organisation: &Organisation,
        modules: &ModuleSet,
    ) -> Result<(), Error> {
        to_row(organisation, modules).insert(&self.tx).await?;
        Ok(())
    }

    /// Lets no other unit, on no node, change the tree or what anybody in it may use until this
    /// one ends: for acts that look at several organisations and then change one.
    pub async fn organisations_hold(&mut self) -> Result<(), Error> {
        Entity::find()
            .filter(Column::Parent.is_null())
            .lock_exclusive()
            .all(&self.tx)
            .await?;
        Ok(())
    }

    /// An organisation, read inside the unit.
    pub async fn organisation(&mut self, id: OrgId) -> Result<Option<OrganisationRow>, Error> {
        let row = Entity::find_by_id(id.uuid()).one(&self.tx).await?;
        row.map(from_row).transpose()
    }

    /// The organisations right below one, read inside the unit.
    pub async fn organisations_below(&mut self, id: OrgId) -> Result<Vec<OrganisationRow>, Error> {
        let rows = Entity::find()
            .filter(Column::Parent.eq(id.uuid()))
            .order_by_asc(Column::Id)
            .all(&self.tx)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// An organisation and all above it, as far as the root.
    pub async fn organisation_line(&mut self, id: OrgId) -> Result<Vec<OrgId>, Error> {
        let mut line = vec![id];
        while let Some(above) = line.last().copied() {
            let row = self.organisation(above).await?;
            match row.and_then(|r| r.organisation.parent) {
                Some(parent) if line.len() < DEEPEST => line.push(parent),
                Some(_) => return Err(Error::Corrupt(format!("{id} is too deep in its tree"))),
                None => break,
            }
        }
        Ok(line)
    }

    /// Puts an organisation that is at revision `from` in place of what it was; false when it is
    /// at another.
    pub async fn organisation_update(
        &mut self,
        organisation: &Organisation,
        modules: &ModuleSet,
        from: i64,
    ) -> Result<bool, Error> {
        let row = ActiveModel {
            id: NotSet,
            revision: Set(from + 1),
            ..to_row(organisation, modules)
        };
        let done = Entity::update_many()
            .set(row)
            .filter(Column::Id.eq(organisation.id.uuid()))
            .filter(Column::Revision.eq(from))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }
}

impl Read {
    /// An organisation and its modules.
    pub async fn organisation(
        &self,
        id: OrgId,
    ) -> Result<Option<(Organisation, ModuleSet)>, Error> {
        let row = self.organisation_row(id).await?;
        Ok(row.map(|row| (row.organisation, row.modules)))
    }

    /// An organisation as it is kept.
    pub async fn organisation_row(&self, id: OrgId) -> Result<Option<OrganisationRow>, Error> {
        let row = Entity::find_by_id(id.uuid()).one(&self.db).await?;
        row.map(from_row).transpose()
    }

    /// The first organisation: the root, to which unclaimed stations belong.
    pub async fn root_organisation(&self) -> Result<Option<(Organisation, ModuleSet)>, Error> {
        let row = Entity::find()
            .filter(Column::Parent.is_null())
            .order_by_asc(Column::CreatedAt)
            .one(&self.db)
            .await?;
        let row = row.map(from_row).transpose()?;
        Ok(row.map(|row| (row.organisation, row.modules)))
    }

    /// Every organisation of the instance, the oldest first: the root before all others.
    pub async fn organisations_everywhere(&self) -> Result<Vec<OrganisationRow>, Error> {
        let rows = Entity::find()
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Some organisations, by name.
    pub async fn organisations(&self, ids: &[OrgId]) -> Result<Vec<OrganisationRow>, Error> {
        let rows = Entity::find()
            .filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .order_by_asc(Column::Name)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// The organisations right below one, by name.
    pub async fn sub_organisations(
        &self,
        parent: OrgId,
        page: &PageRequest,
    ) -> Result<Page<OrganisationRow>, Error> {
        let list = list_name("sub_organisations", &parent);
        let after = match &page.cursor {
            None => None,
            Some(cursor) => Some(Cursor::from_text(cursor, &list)?),
        };
        let query = Entity::find().filter(Column::Parent.eq(parent.uuid()));
        let name = sea_orm::sea_query::Expr::col((Entity, Column::Name));
        let after = after.map(|a| (a.value, a.id));
        let query = sorted(query, name, Column::Id, false, after);
        let rows = query.limit(u64::from(page.limit) + 1).all(&self.db).await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| Cursor {
            value: row.name.clone(),
            id: row.id,
        });
        let rows = rows.into_iter().map(from_row);
        Ok(Page {
            rows: rows.collect::<Result<_, Error>>()?,
            next,
        })
    }
}
