//! What people are in organisations. Somebody archived is nobody there, and can be brought back.

use domain::clock::Moment;
use domain::id::{OrgId, SiteId, UserId};
use domain::member::Assignment;
use domain::page::{Page, PageRequest};
use domain::role::RoleSet;
use sea_orm::sea_query::{Expr, ExprTrait, Func, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use crate::entity::{authenticators, keys, logins, memberships, organisations, users};
use crate::error::{Error, corrupt};
use crate::organisation::capped_maker;
use crate::page::{Cursor, cut};
use crate::sort::{at_number, list_name, sorted};
use crate::store::Read;
use crate::value::{from_json, json, maybe_moment, moment, ms};
use crate::work::Work;

/// A person in an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipRow {
    /// The person.
    pub user: UserId,
    /// The organisation.
    pub org: OrgId,
    /// The roles there.
    pub roles: RoleSet,
    /// Only these sites; all when none.
    pub sites: Option<Vec<SiteId>>,
    /// Since when.
    pub created_at: Moment,
    /// Since when they are put away.
    pub archived_at: Option<Moment>,
    /// Counts its changes.
    pub revision: i64,
    /// Whether the roles are those that the identity provider tells at each sign-in.
    pub provided: bool,
}

impl MembershipRow {
    /// A new one, in the whole organisation.
    #[must_use]
    pub const fn new(user: UserId, org: OrgId, roles: RoleSet, created_at: Moment) -> Self {
        Self {
            user,
            org,
            roles,
            sites: None,
            created_at,
            archived_at: None,
            revision: 1,
            provided: false,
        }
    }

    /// Whether the person is anybody there at present.
    #[must_use]
    pub const fn counts(&self) -> bool {
        self.archived_at.is_none() && !self.roles.is_empty()
    }

    /// Roles and where they reach.
    #[must_use]
    pub fn assignment(&self) -> Assignment {
        Assignment {
            roles: self.roles,
            sites: self.sites.clone(),
        }
    }

    /// Whether the person has the administration of the organisation at present. It does not count
    /// when they are capped there (`capped_maker`).
    #[must_use]
    pub fn administers(&self) -> bool {
        self.counts() && self.assignment().administers()
    }
}

/// A member as a list shows one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// What they are.
    pub membership: MembershipRow,
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// Whether they sign in with a second factor.
    pub second_factor: bool,
    /// When one of their logins was last used.
    pub seen_at: Option<Moment>,
}

/// Which members.
#[derive(Debug, Clone, Default)]
pub struct MemberFilter {
    /// Those who are put away instead of those who are not.
    pub archived: bool,
    /// With this in the name or the address, without case.
    pub q: Option<String>,
}

fn from_row(row: memberships::Model) -> Result<MembershipRow, Error> {
    let bits = u8::try_from(row.roles).map_err(|_| corrupt("roles are not a set"))?;
    let sites: Option<Vec<SiteId>> = row.sites.as_deref().map(from_json).transpose()?;
    Ok(MembershipRow {
        user: UserId::from_uuid(row.user_id),
        org: OrgId::from_uuid(row.org_id),
        roles: RoleSet::from_bits(bits),
        sites,
        created_at: moment(row.created_at)?,
        archived_at: maybe_moment(row.archived_at)?,
        revision: row.revision,
        provided: row.provided,
    })
}

/// Whether somebody has the administration of an organisation at present, capped or not.
pub(crate) async fn administers<C: ConnectionTrait>(
    db: &C,
    user: UserId,
    org: OrgId,
) -> Result<bool, Error> {
    let row = memberships::Entity::find_by_id((user.uuid(), org.uuid()));
    let row = row.one(db).await?.map(from_row).transpose()?;
    Ok(row.is_some_and(|member| member.administers()))
}

impl Work {
    /// Makes a person a member, or replaces what the person is there.
    pub async fn membership_put(&mut self, m: &MembershipRow) -> Result<(), Error> {
        use memberships::Column as C;
        let row = memberships::ActiveModel {
            user_id: Set(m.user.uuid()),
            org_id: Set(m.org.uuid()),
            roles: Set(i32::from(m.roles.bits())),
            sites: Set(m.sites.as_ref().map(json)),
            created_at: Set(ms(m.created_at)),
            archived_at: Set(m.archived_at.map(ms)),
            revision: Set(m.revision),
            provided: Set(m.provided),
        };
        let replace = OnConflict::columns([C::UserId, C::OrgId])
            .update_columns([C::Roles, C::Sites, C::ArchivedAt, C::Revision, C::Provided])
            .to_owned();
        memberships::Entity::insert(row)
            .on_conflict(replace)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Ends a membership, and the person's keys in the organisation with it.
    pub async fn membership_delete(&mut self, org: OrgId, user: UserId) -> Result<(), Error> {
        memberships::Entity::delete_by_id((user.uuid(), org.uuid()))
            .exec(&self.tx)
            .await?;
        keys::Entity::delete_many()
            .filter(keys::Column::OrgId.eq(org.uuid()))
            .filter(keys::Column::UserId.eq(user.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// What people are in an organisation, the archived too, read inside the unit. Until it ends,
    /// no other unit that reads them goes on, not on other nodes either.
    pub async fn members(&mut self, org: OrgId) -> Result<Vec<MembershipRow>, Error> {
        organisations::Entity::find_by_id(org.uuid())
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        let rows = memberships::Entity::find()
            .filter(memberships::Column::OrgId.eq(org.uuid()))
            .all(&self.tx)
            .await?;
        rows.into_iter().map(from_row).collect()
    }
}

impl Read {
    /// What a person is, in every organisation in which they are not archived.
    pub async fn memberships(&self, user: UserId) -> Result<Vec<MembershipRow>, Error> {
        let rows = memberships::Entity::find()
            .filter(memberships::Column::UserId.eq(user.uuid()))
            .filter(memberships::Column::ArchivedAt.is_null())
            .order_by_asc(memberships::Column::CreatedAt)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Who administers an organisation, by name; nobody who is capped there.
    pub async fn administrators(&self, org: OrgId) -> Result<Vec<(UserId, String)>, Error> {
        let rows = memberships::Entity::find()
            .filter(memberships::Column::OrgId.eq(org.uuid()))
            .filter(memberships::Column::ArchivedAt.is_null())
            .all(&self.db)
            .await?;
        let rows: Vec<MembershipRow> = rows.into_iter().map(from_row).collect::<Result<_, _>>()?;
        let capped = capped_maker(&self.db, org).await?;
        let ids = rows
            .iter()
            .filter(|m| m.administers() && Some(m.user) != capped);
        let people = users::Entity::find()
            .filter(users::Column::Id.is_in(ids.map(|m| m.user.uuid())))
            .order_by_asc(users::Column::Name)
            .all(&self.db)
            .await?;
        let named = people.into_iter();
        Ok(named.map(|p| (UserId::from_uuid(p.id), p.name)).collect())
    }

    /// A member, archived or not.
    pub async fn member(&self, org: OrgId, user: UserId) -> Result<Option<MemberRow>, Error> {
        let row = memberships::Entity::find_by_id((user.uuid(), org.uuid()))
            .one(&self.db)
            .await?;
        match row {
            Some(row) => Ok(self.dress_members(vec![row]).await?.pop()),
            None => Ok(None),
        }
    }

    /// The members of an organisation, the oldest membership first.
    pub async fn members(
        &self,
        org: OrgId,
        filter: &MemberFilter,
        page: &PageRequest,
    ) -> Result<Page<MemberRow>, Error> {
        use memberships::Column as C;
        let list = list_name("members", &(org, filter));
        let after = match &page.cursor {
            None => None,
            Some(cursor) => {
                let cursor = Cursor::from_text(cursor, &list)?;
                Some((cursor.number()?, cursor.id))
            }
        };
        let mut query = memberships::Entity::find()
            .filter(C::OrgId.eq(org.uuid()))
            .filter(match filter.archived {
                true => C::ArchivedAt.is_not_null(),
                false => C::ArchivedAt.is_null(),
            });
        if let Some(q) = filter.q.as_ref().map(|q| q.trim().to_lowercase()) {
            let name = Expr::expr(Func::lower(Expr::col(users::Column::Name)));
            let found = users::Entity::find()
                .select_only()
                .column(users::Column::Id)
                .filter(
                    Condition::any()
                        .add(users::Column::EmailKey.contains(q.as_str()))
                        .add(name.like(format!("%{q}%"))),
                )
                .into_query();
            query = query.filter(C::UserId.in_subquery(found));
        }
        let since = Expr::col((memberships::Entity, C::CreatedAt));
        let rows = sorted(query, since, C::UserId, false, after)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| {
            at_number(row.created_at, row.user_id)
        });
        Ok(Page {
            rows: self.dress_members(rows).await?,
            next,
        })
    }

    async fn dress_members(&self, rows: Vec<memberships::Model>) -> Result<Vec<MemberRow>, Error> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.user_id).collect();
        let people = users::Entity::find()
            .filter(users::Column::Id.is_in(ids.clone()))
            .all(&self.db)
            .await?;
        let factors: Vec<Uuid> = authenticators::Entity::find()
            .select_only()
            .column(authenticators::Column::UserId)
            .filter(authenticators::Column::UserId.is_in(ids.clone()))
            .filter(authenticators::Column::ConfirmedAt.is_not_null())
            .into_tuple()
            .all(&self.db)
            .await?;
        let seen: Vec<(Uuid, Option<i64>)> = logins::Entity::find()
            .select_only()
            .column(logins::Column::UserId)
            .column_as(logins::Column::SeenAt.max(), "seen")
            .filter(logins::Column::UserId.is_in(ids))
            .group_by(logins::Column::UserId)
            .into_tuple()
            .all(&self.db)
            .await?;
        let dressed = rows.into_iter().map(|row| {
            let person = people.iter().find(|p| p.id == row.user_id);
            let person = person.ok_or_else(|| corrupt(format!("{} is nobody", row.user_id)))?;
            let last = seen.iter().find(|(id, _)| *id == row.user_id);
            Ok(MemberRow {
                name: person.name.clone(),
                email: person.email.clone(),
                second_factor: factors.contains(&row.user_id),
                seen_at: maybe_moment(last.and_then(|(_, at)| *at))?,
                membership: from_row(row)?,
            })
        });
        dressed.collect()
    }
}
