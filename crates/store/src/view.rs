//! Views of lists. Each is found for whoever owns it, and a shared one for the others.

use domain::id::{OrgId, UserId, ViewId};
use domain::page::{Page, PageRequest};
use domain::view::{View, ViewList};
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, Condition, EntityTrait,
    PaginatorTrait, QueryFilter, QuerySelect,
};

use crate::entity::views;
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::sort::{list_name, sorted};
use crate::store::Read;
use crate::value::{from_json, from_word, json, moment, ms, word};
use crate::work::Work;

/// Which views of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewFilter {
    /// Those of this person.
    pub owner: UserId,
    /// And those that others share.
    pub shared: bool,
    /// Of these lists.
    pub lists: Vec<ViewList>,
}

fn from_row(row: views::Model) -> Result<(View, i64), Error> {
    let view = View {
        id: ViewId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        owner: UserId::from_uuid(row.owner_id),
        owner_name: row.owner_name,
        name: row.name,
        list: from_word(&row.list)?,
        params: from_json(&row.params)?,
        shared: row.shared,
        created_at: moment(row.created_at)?,
    };
    Ok((view, row.revision))
}

fn to_row(view: &View, revision: i64) -> views::ActiveModel {
    views::ActiveModel {
        id: Set(view.id.uuid()),
        org_id: Set(view.org.uuid()),
        owner_id: Set(view.owner.uuid()),
        owner_name: Set(view.owner_name.clone()),
        name: Set(view.name.clone()),
        name_key: Set(view.name.to_lowercase()),
        list: Set(word(&view.list)),
        params: Set(json(&view.params)),
        shared: Set(view.shared),
        created_at: Set(ms(view.created_at)),
        revision: Set(revision),
    }
}

/// What somebody sees of an organisation's views.
fn seen(org: OrgId, filter: &ViewFilter) -> Condition {
    use views::Column as C;
    let mut whose = Condition::any().add(C::OwnerId.eq(filter.owner.uuid()));
    if filter.shared {
        whose = whose.add(C::Shared.eq(true));
    }
    Condition::all()
        .add(C::OrgId.eq(org.uuid()))
        .add(C::List.is_in(filter.lists.iter().map(word)))
        .add(whose)
}

impl Work {
    /// Adds a view.
    pub async fn view_insert(&mut self, view: &View) -> Result<(), Error> {
        to_row(view, 1).insert(&self.tx).await?;
        Ok(())
    }

    /// How many views a person has in an organisation, or how many are shared there.
    pub async fn views_count(&mut self, org: OrgId, owner: Option<UserId>) -> Result<u64, Error> {
        use views::Column as C;
        let whose = match owner {
            Some(owner) => C::OwnerId.eq(owner.uuid()),
            None => C::Shared.eq(true),
        };
        let query = views::Entity::find()
            .filter(C::OrgId.eq(org.uuid()))
            .filter(whose);
        Ok(query.count(&self.tx).await?)
    }

    /// Puts a view in place of itself at revision `from`; false when it is at another.
    pub async fn view_update(&mut self, view: &View, from: i64) -> Result<bool, Error> {
        use views::Column as C;
        let row = views::ActiveModel {
            id: NotSet,
            ..to_row(view, from + 1)
        };
        let done = views::Entity::update_many()
            .set(row)
            .filter(C::Id.eq(view.id.uuid()))
            .filter(C::Revision.eq(from))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Removes a view that is at revision `from`; false when it is not.
    pub async fn view_delete(&mut self, id: ViewId, from: i64) -> Result<bool, Error> {
        use views::Column as C;
        let done = views::Entity::delete_many()
            .filter(C::Id.eq(id.uuid()))
            .filter(C::Revision.eq(from))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }
}

impl Read {
    /// Views that somebody sees, by name, with their revisions.
    pub async fn views(
        &self,
        org: OrgId,
        filter: &ViewFilter,
        page: &PageRequest,
    ) -> Result<Page<(View, i64)>, Error> {
        use views::Column as C;
        let list = list_name("views", &(org, filter));
        let after = match &page.cursor {
            None => None,
            Some(cursor) => Some(Cursor::from_text(cursor, &list)?),
        };
        let name: SimpleExpr = Expr::col((views::Entity, C::NameKey));
        let query = views::Entity::find().filter(seen(org, filter));
        let query = sorted(query, name, C::Id, false, after.map(|a| (a.value, a.id)));
        let rows = query.limit(u64::from(page.limit) + 1).all(&self.db).await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| Cursor {
            value: row.name_key.clone(),
            id: row.id,
        });
        let rows = rows.into_iter().map(from_row).collect::<Result<_, _>>()?;
        Ok(Page { rows, next })
    }

    /// One of the views that somebody sees, with its revision.
    pub async fn view(
        &self,
        org: OrgId,
        filter: &ViewFilter,
        id: ViewId,
    ) -> Result<Option<(View, i64)>, Error> {
        let row = views::Entity::find_by_id(id.uuid())
            .filter(seen(org, filter))
            .one(&self.db)
            .await?;
        row.map(from_row).transpose()
    }
}
