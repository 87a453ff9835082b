//! EV drivers. What they are found and sorted by is driver data: only for callers who may read it.

use std::collections::HashMap;

use domain::clock::Moment;
use domain::driver::{Details, Driver, DriverState};
use domain::id::{DriverId, OrgId, TokenId};
use domain::page::{Page, PageRequest};
use domain::personal::Personal;
use domain::token::TokenState;
use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, Condition,
    DatabaseConnection, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use crate::entity::{drivers, sessions, tokens};
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::sort::{Sort, at_number, list_name, sorted};
use crate::store::Read;
use crate::value::{from_word, maybe_moment, moment, ms, word};
use crate::work::Work;

/// By what drivers are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DriverSort {
    /// Their names, without case.
    #[default]
    Name,
    /// When they were made.
    Created,
}

/// Which drivers.
#[derive(Debug, Clone)]
pub struct DriverFilter {
    /// With this, without case, in a name, an address, a number, a plate, a contract, a reference
    /// or the text of a token.
    pub q: Option<Personal<String>>,
    /// Only in this state; all but the archived where none is given.
    pub state: Option<DriverState>,
    /// In which order.
    pub sort: Sort<DriverSort>,
}

/// A driver with what a list shows.
#[derive(Debug, Clone)]
pub struct DriverRow {
    /// The driver.
    pub driver: Driver,
    /// How often people changed it, from 1 on.
    pub revision: i64,
    /// How many tokens the driver has.
    pub tokens: i64,
    /// When one of them was last presented.
    pub last_used_at: Option<Moment>,
}

fn from_row(row: drivers::Model) -> Result<(Driver, i64), Error> {
    let details = Details {
        name: row.name,
        email: row.email,
        phone: row.phone,
        plate: row.plate,
        contract_id: row.contract_id,
        reference: row.reference,
        note: row.note,
        language: row.language,
    };
    let driver = Driver {
        id: DriverId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        details: Personal::new(details),
        state: from_word(&row.state)?,
        created_at: moment(row.created_at)?,
        erased_at: maybe_moment(row.erased_at)?,
    };
    Ok((driver, row.revision))
}

pub(crate) fn to_row(driver: &Driver) -> drivers::ActiveModel {
    let details = driver.details.sealed();
    drivers::ActiveModel {
        id: Set(driver.id.uuid()),
        org_id: Set(driver.org.uuid()),
        name: Set(details.name.clone()),
        name_key: Set(details.name.to_lowercase()),
        email: Set(details.email.clone()),
        phone: Set(details.phone.clone()),
        plate: Set(details.plate.clone()),
        contract_id: Set(details.contract_id.clone()),
        reference: Set(details.reference.clone()),
        note: Set(details.note.clone()),
        language: Set(details.language.clone()),
        words: Set(words(details)),
        state: Set(word(&driver.state)),
        created_at: Set(ms(driver.created_at)),
        erased_at: Set(driver.erased_at.map(ms)),
        revision: NotSet,
        external_ref: NotSet,
    }
}

/// What a driver is found by: a line each, as it was typed and without the signs between.
fn words(details: &Details) -> String {
    let typed = [
        Some(&details.name),
        details.email.as_ref(),
        details.phone.as_ref(),
        details.plate.as_ref(),
        details.contract_id.as_ref(),
        details.reference.as_ref(),
    ];
    let typed = typed.into_iter().flatten().map(|text| text.to_lowercase());
    let mut lines = Vec::new();
    for line in typed {
        let bare: String = line.chars().filter(|c| c.is_alphanumeric()).collect();
        if bare != line {
            lines.push(bare);
        }
        lines.push(line);
    }
    lines.join("\n")
}

impl Work {
    /// Adds a driver.
    pub async fn driver_insert(&mut self, driver: &Driver) -> Result<(), Error> {
        to_row(driver).insert(&self.tx).await?;
        Ok(())
    }

    /// Replaces a driver that is at revision `from`; false when it is not.
    pub async fn driver_update(&mut self, driver: &Driver, from: i64) -> Result<bool, Error> {
        let row = drivers::ActiveModel {
            id: NotSet,
            revision: Set(from + 1),
            ..to_row(driver)
        };
        let done = drivers::Entity::update_many()
            .set(row)
            .filter(drivers::Column::Id.eq(driver.id.uuid()))
            .filter(drivers::Column::Revision.eq(from))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Whether a driver is there who was not erased, held until the unit ends: whoever is given a
    /// token is not erased meanwhile.
    pub async fn driver_hold(&mut self, org: OrgId, id: DriverId) -> Result<bool, Error> {
        let row = drivers::Entity::find_by_id(id.uuid())
            .filter(drivers::Column::OrgId.eq(org.uuid()))
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        Ok(row.is_some_and(|row| row.erased_at.is_none()))
    }

    /// Gives a token of nobody to a driver; false when it is somebody's.
    pub async fn token_attach(&mut self, token: TokenId, driver: DriverId) -> Result<bool, Error> {
        let free = tokens::Column::DriverId.is_null();
        self.token_hand(token, free, Some(driver.uuid())).await
    }

    /// Takes a token from a driver; false when it is not the driver's.
    pub async fn token_detach(&mut self, token: TokenId, driver: DriverId) -> Result<bool, Error> {
        let theirs = tokens::Column::DriverId.eq(driver.uuid());
        self.token_hand(token, theirs, None).await
    }

    async fn token_hand(
        &mut self,
        token: TokenId,
        only: SimpleExpr,
        to: Option<Uuid>,
    ) -> Result<bool, Error> {
        use tokens::Column as C;
        let done = tokens::Entity::update_many()
            .col_expr(C::DriverId, Expr::value(to))
            .col_expr(C::Revision, Expr::col(C::Revision).add(1))
            .filter(C::Id.eq(token.uuid()))
            .filter(only)
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Removes the texts of tokens from a driver's sessions; what was charged stays.
    pub async fn driver_sessions_scrub(&mut self, driver: DriverId) -> Result<(), Error> {
        use sessions::Column as C;
        sessions::Entity::update_many()
            .col_expr(C::Token, Expr::value(None::<String>))
            .col_expr(C::TokenKey, Expr::value(None::<String>))
            .filter(C::DriverId.eq(driver.uuid()))
            .filter(C::EndedAt.is_not_null())
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Takes all tokens from a driver, blocks them and removes what people called them; tells how
    /// many there were.
    pub async fn tokens_release(&mut self, driver: DriverId) -> Result<u64, Error> {
        use tokens::Column as C;
        let done = tokens::Entity::update_many()
            .col_expr(C::DriverId, Expr::value(None::<Uuid>))
            .col_expr(C::Label, Expr::value(None::<String>))
            .col_expr(C::State, Expr::value(word(&TokenState::Blocked)))
            .col_expr(C::Revision, Expr::col(C::Revision).add(1))
            .filter(C::DriverId.eq(driver.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected)
    }
}

impl Read {
    /// A driver of an organisation.
    pub async fn driver(&self, org: OrgId, id: DriverId) -> Result<Option<DriverRow>, Error> {
        let row = drivers::Entity::find_by_id(id.uuid())
            .filter(drivers::Column::OrgId.eq(org.uuid()))
            .one(&self.db)
            .await?;
        match row {
            Some(row) => Ok(self.dress_drivers(vec![row]).await?.pop()),
            None => Ok(None),
        }
    }

    /// Drivers, sorted.
    pub async fn drivers(
        &self,
        org: OrgId,
        filter: &DriverFilter,
        page: &PageRequest,
    ) -> Result<Page<DriverRow>, Error> {
        use drivers::Column as C;
        let mut query = drivers::Entity::find().filter(C::OrgId.eq(org.uuid()));
        query = query.filter(match filter.state {
            Some(state) => C::State.eq(word(&state)),
            None => C::State.ne(word(&DriverState::Archived)),
        });
        let text = filter.q.as_ref().map(|q| q.sealed().trim().to_lowercase());
        if let Some(text) = &text {
            let theirs = tokens::Entity::find()
                .select_only()
                .column(tokens::Column::DriverId)
                .filter(tokens::Column::OrgId.eq(org.uuid()))
                .filter(tokens::Column::DriverId.is_not_null())
                .filter(tokens::Column::UidKey.contains(text.as_str()))
                .into_query();
            let found = Condition::any()
                .add(C::Words.contains(text.as_str()))
                .add(C::Id.in_subquery(theirs));
            query = query.filter(found);
        }
        // The text does not print itself, so it is named for itself.
        let list = list_name("drivers", &(org, filter, text));
        let after = match &page.cursor {
            None => None,
            Some(cursor) => Some(Cursor::from_text(cursor, &list)?),
        };
        let column = |column: C| -> SimpleExpr { Expr::col((drivers::Entity, column)) };
        let (by, descending) = (filter.sort.by, filter.sort.descending);
        let query = match by {
            DriverSort::Name => {
                let after = after.map(|a| (a.value, a.id));
                sorted(query, column(C::NameKey), C::Id, descending, after)
            }
            DriverSort::Created => {
                let after = match after {
                    None => None,
                    Some(a) => Some((a.number()?, a.id)),
                };
                sorted(query, column(C::CreatedAt), C::Id, descending, after)
            }
        };
        let rows = query.limit(u64::from(page.limit) + 1).all(&self.db).await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| match by {
            DriverSort::Name => Cursor {
                value: row.name_key.clone(),
                id: row.id,
            },
            DriverSort::Created => at_number(row.created_at, row.id),
        });
        Ok(Page {
            rows: self.dress_drivers(rows).await?,
            next,
        })
    }

    /// Counts the tokens of drivers.
    async fn dress_drivers(&self, rows: Vec<drivers::Model>) -> Result<Vec<DriverRow>, Error> {
        use tokens::Column as C;
        let counted: Vec<(Uuid, i64, Option<i64>)> = tokens::Entity::find()
            .select_only()
            .column(C::DriverId)
            .column_as(C::Id.count(), "count")
            .column_as(C::LastUsedAt.max(), "used")
            .filter(C::DriverId.is_in(rows.iter().map(|row| row.id)))
            .group_by(C::DriverId)
            .into_tuple()
            .all(&self.db)
            .await?;
        let counted: HashMap<Uuid, (i64, Option<i64>)> = counted
            .into_iter()
            .map(|(id, count, used)| (id, (count, used)))
            .collect();
        let dressed = rows.into_iter().map(|row| {
            let (tokens, used) = counted.get(&row.id).copied().unwrap_or_default();
            let (driver, revision) = from_row(row)?;
            Ok(DriverRow {
                driver,
                revision,
                tokens,
                last_used_at: maybe_moment(used)?,
            })
        });
        dressed.collect()
    }
}

/// The names of drivers by their ids; those who were erased have none.
pub(crate) async fn names(
    db: &DatabaseConnection,
    ids: Vec<Uuid>,
) -> Result<HashMap<Uuid, Personal<String>>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(Uuid, String)> = drivers::Entity::find()
        .select_only()
        .columns([drivers::Column::Id, drivers::Column::Name])
        .filter(drivers::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    let named = rows.into_iter().filter(|(_, name)| !name.is_empty());
    Ok(named.map(|(id, name)| (id, Personal::new(name))).collect())
}
