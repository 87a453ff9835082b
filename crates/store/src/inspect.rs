//! Looking at a database without changing anything in it: for the doctor and for backups. It may
//! be one that a server has open, one of another version, or broken.

use std::collections::HashSet;
use std::path::Path;

use domain::audit::{Head, Link};
use domain::clock::Moment;
use domain::id::{OrgId, UserId};
use domain::role::{Role, RoleSet};
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter,
    QuerySelect, QueryTrait,
};

use crate::entity::{memberships, organisations, sessions, stations};
use crate::error::Error;
use crate::organisation::capped_maker;
use crate::value::ms;
use crate::{audit, backend};

/// A database that is looked at.
pub struct Inspection {
    db: DatabaseConnection,
}

/// How a database and this version differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steps {
    /// Migrations that it has not taken.
    pub missing: Vec<String>,
    /// Migrations that it has taken and this version does not know.
    pub unknown: Vec<String>,
}

impl Inspection {
    /// Opens a database that is there; makes and migrates none.
    pub async fn open(url: &str) -> Result<Self, Error> {
        Ok(Self {
            db: backend::look(url).await?,
        })
    }

    /// Copies a SQLite database as it is at this moment into a file that is not there, while a
    /// server writes to it.
    pub async fn copy(url: &str, to: &Path) -> Result<(), Error> {
        backend::copy(url, to).await
    }

    /// How many bytes a SQLite database takes, without its log.
    pub async fn bytes(&self) -> Result<u64, Error> {
        backend::bytes(&self.db).await
    }

    /// The migrations that it has taken, in order.
    pub async fn taken(&self) -> Result<Vec<String>, Error> {
        let (mut taken, _) = backend::steps(&self.db).await?;
        taken.sort_unstable();
        Ok(taken)
    }

    /// The migrations among `taken` that this version does not know.
    #[must_use]
    pub fn unknown(taken: &[String]) -> Vec<String> {
        let known: HashSet<String> = backend::known().collect();
        let unknown = taken.iter().filter(|step| !known.contains(*step));
        unknown.cloned().collect()
    }

    /// What the database finds wrong with itself; nothing from one that does not check itself.
    pub async fn faults(&self) -> Result<Vec<String>, Error> {
        backend::faults(&self.db).await
    }

    /// How far it is from this version.
    pub async fn steps(&self) -> Result<Steps, Error> {
        let (taken, known) = backend::steps(&self.db).await?;
        let without = |all: &[String], some: &[String]| {
            let some: HashSet<&String> = some.iter().collect();
            let rest = all.iter().filter(|step| !some.contains(step));
            rest.cloned().collect()
        };
        Ok(Steps {
            missing: without(&known, &taken),
            unknown: without(&taken, &known),
        })
    }

    /// The links of the audit trail after a number, in order, of the whole instance.
    pub async fn links(&self, after: i64, most: u64) -> Result<Vec<Link>, Error> {
        audit::links(&self.db, after, most).await
    }

    /// Where the audit trail stands by the word of its publisher, and the seal on it.
    pub async fn head(&self) -> Result<Option<(Head, String)>, Error> {
        audit::head(&self.db).await
    }

    /// How many sessions run at stations that are away and gave no sign of life since a moment.
    pub async fn abandoned_sessions(&self, since: Moment) -> Result<u64, Error> {
        let away = stations::Entity::find()
            .select_only()
            .column(stations::Column::Id)
            .filter(stations::Column::Online.eq(false))
            .filter(
                Condition::any()
                    .add(stations::Column::LastSeenAt.is_null())
                    .add(stations::Column::LastSeenAt.lt(ms(since))),
            )
            .into_query();
        Ok(sessions::Entity::find()
            .filter(sessions::Column::State.eq("active"))
            .filter(sessions::Column::StationId.in_subquery(away))
            .count(&self.db)
            .await?)
    }

    /// Organisations that nobody administers at present, with their names.
    pub async fn without_administrator(&self) -> Result<Vec<(OrgId, String)>, Error> {
        let members = memberships::Entity::find()
            .filter(memberships::Column::ArchivedAt.is_null())
            .filter(memberships::Column::Sites.is_null())
            .all(&self.db)
            .await?;
        let administrates = |roles: i32| {
            let roles = RoleSet::from_bits(u8::try_from(roles).unwrap_or(0));
            roles.contains(Role::Administrator)
        };
        let mut without = Vec::new();
        for org in organisations::Entity::find().all(&self.db).await? {
            let capped = capped_maker(&self.db, OrgId::from_uuid(org.id)).await?;
            let mut here = members.iter().filter(|member| member.org_id == org.id);
            let capped = capped.map(UserId::uuid);
            if !here.any(|m| administrates(m.roles) && Some(m.user_id) != capped) {
                without.push(org);
            }
        }
        let without = without.into_iter();
        Ok(without
            .map(|org| (OrgId::from_uuid(org.id), org.name))
            .collect())
    }
}
