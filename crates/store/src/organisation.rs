//! The tree of organisations and what each may use.

use domain::id::{OrgId, UserId};
use domain::module::ModuleSet;
use domain::organisation::Organisation;
use domain::page::{Page, PageRequest};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, ConnectionTrait,
    EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::organisations::{ActiveModel, Column, Entity, Model};
use crate::error::{Error, corrupt};
use crate::member::administers;
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
        made_under: row.made_under.map(OrgId::from_uuid),
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
        made_under: Set(organisation.made_under.map(OrgId::uuid)),
        revision: NotSet,
        ..Default::default()
    }
}

/// The organisations that cap a person in `org`: the one above it and the one below which it was
/// made, where that person made it; and those that cap them there in turn.
async fn capping<C: ConnectionTrait>(
    db: &C,
    org: OrgId,
    user: UserId,
) -> Result<Vec<OrganisationRow>, Error> {
    let (mut open, mut found) = (vec![org], Vec::<OrganisationRow>::new());
    while let Some(id) = open.pop() {
        let row = Entity::find_by_id(id.uuid()).one(db).await?;
        let row = from_row(row.ok_or_else(|| corrupt(format!("{id} is gone")))?)?;
        let at = &row.organisation;
        if at.made_by == Some(user) {
            let above = [at.parent, at.made_under].into_iter().flatten();
            let new = |id: &OrgId| *id != org && found.iter().all(|f| f.organisation.id != *id);
            open.extend(above.filter(new));
        }
        if id != org && found.iter().all(|f| f.organisation.id != id) {
            found.push(row);
        }
    }
    Ok(found)
}

/// Who made an organisation and administers not every one that caps them there: in it, their
/// administration does not count.
pub(crate) async fn capped_maker<C: ConnectionTrait>(
    db: &C,
    org: OrgId,
) -> Result<Option<UserId>, Error> {
    let row = Entity::find_by_id(org.uuid()).one(db).await?;
    let Some(maker) = row.and_then(|row| row.made_by).map(UserId::from_uuid) else {
        return Ok(None);
    };
    for above in capping(db, org, maker).await? {
        if !administers(db, maker, above.organisation.id).await? {
            return Ok(Some(maker));
        }
    }
    Ok(None)
}

impl Work {
    /// Who made an organisation without administering what caps them there, read inside the unit.
    pub async fn capped_maker(&mut self, org: OrgId) -> Result<Option<UserId>, Error> {
        capped_maker(&self.tx, org).await
    }

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

    /// An organisation that is going to be changed, read inside the unit: until it ends, no other
    /// unit changes it, on no node. Those above are asked for before those below.
    pub async fn organisation_to_change(
        &mut self,
        id: OrgId,
    ) -> Result<Option<OrganisationRow>, Error> {
        let query = Entity::find_by_id(id.uuid()).lock_exclusive();
        query.one(&self.tx).await?.map(from_row).transpose()
    }

    /// The organisations right below one, read inside the unit. Until it ends, no other unit
    /// changes them, on no node.
    pub async fn organisations_below(&mut self, id: OrgId) -> Result<Vec<OrganisationRow>, Error> {
        let rows = Entity::find()
            .filter(Column::Parent.eq(id.uuid()))
            .order_by_asc(Column::Id)
            .lock_exclusive()
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
    /// The organisations that cap a person in one: of those that they made, the one above and the
    /// one below which it was made, as far up as they made them.
    pub async fn capping(&self, org: OrgId, user: UserId) -> Result<Vec<OrganisationRow>, Error> {
        capping(&self.db, org, user).await
    }

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
