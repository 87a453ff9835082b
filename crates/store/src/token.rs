//! Tokens.

use domain::clock::Moment;
use domain::id::{DriverId, OrgId, TokenId};
use domain::page::{Page, PageRequest};
use domain::personal::Personal;
use domain::token::{Token, TokenUid};
use sea_orm::sea_query::{Expr, Func, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::entity::tokens;
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::sort::{Sort, at_number, list_name, sorted};
use crate::store::Read;
use crate::value::{from_word, maybe_moment, moment, ms, word};
use crate::work::Work;

/// By what tokens are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenSort {
    /// When they were made.
    #[default]
    Created,
    /// When they were last presented; those that never were come before all others.
    LastUsed,
}

/// Which tokens.
#[derive(Debug, Clone)]
pub struct TokenFilter {
    /// With this in the text, without case.
    pub q: Option<String>,
    /// In which order.
    pub sort: Sort<TokenSort>,
}

pub(crate) fn from_row(row: tokens::Model) -> Result<Token, Error> {
    Ok(Token {
        id: TokenId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        driver: row.driver_id.map(DriverId::from_uuid),
        uid: Personal::new(TokenUid::new(&row.uid)),
        kind: from_word(&row.kind)?,
        label: row.label.map(Personal::new),
        group: row.group_id,
        state: from_word(&row.state)?,
        expires_at: maybe_moment(row.expires_at)?,
        created_at: moment(row.created_at)?,
        last_used_at: maybe_moment(row.last_used_at)?,
    })
}

pub(crate) fn to_row(token: &Token) -> tokens::ActiveModel {
    tokens::ActiveModel {
        id: Set(token.id.uuid()),
        org_id: Set(token.org.uuid()),
        driver_id: Set(token.driver.map(DriverId::uuid)),
        uid: Set(token.uid.sealed().as_str().to_owned()),
        uid_key: Set(token.uid.sealed().key()),
        kind: Set(word(&token.kind)),
        label: Set(token.label.as_ref().map(|l| l.sealed().clone())),
        group_id: Set(token.group.clone()),
        state: Set(word(&token.state)),
        expires_at: Set(token.expires_at.map(ms)),
        created_at: Set(ms(token.created_at)),
        last_used_at: Set(token.last_used_at.map(ms)),
        revision: NotSet,
        external_ref: NotSet,
    }
}

impl Work {
    /// Adds a token; the same text twice in an organisation is a conflict.
    pub async fn token_insert(&mut self, token: &Token) -> Result<(), Error> {
        to_row(token).insert(&self.tx).await?;
        Ok(())
    }

    /// Changes what people say of a token that is at revision `from`; false when it is not.
    pub async fn token_update(&mut self, token: &Token, from: i64) -> Result<bool, Error> {
        let row = tokens::ActiveModel {
            kind: Set(word(&token.kind)),
            label: Set(token.label.as_ref().map(|l| l.sealed().clone())),
            group_id: Set(token.group.clone()),
            state: Set(word(&token.state)),
            expires_at: Set(token.expires_at.map(ms)),
            revision: Set(from + 1),
            ..Default::default()
        };
        let done = tokens::Entity::update_many()
            .set(row)
            .filter(tokens::Column::Id.eq(token.id.uuid()))
            .filter(tokens::Column::Revision.eq(from))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Removes a token; what it charged stays. Where `from` is given, only at that revision:
    /// false when it is at another.
    pub async fn token_delete(&mut self, id: TokenId, from: Option<i64>) -> Result<bool, Error> {
        let mut delete = tokens::Entity::delete_many().filter(tokens::Column::Id.eq(id.uuid()));
        if let Some(from) = from {
            delete = delete.filter(tokens::Column::Revision.eq(from));
        }
        let done = delete.exec(&self.tx).await?;
        Ok(done.rows_affected == 1 || from.is_none())
    }

    /// Notes that a token was presented.
    pub fn token_used(&mut self, id: TokenId, at: Moment) {
        self.changes.tokens.insert(id.uuid(), ms(at));
    }
}

impl Read {
    /// A token of an organisation, and its revision.
    pub async fn token(&self, org: OrgId, id: TokenId) -> Result<Option<(Token, i64)>, Error> {
        let found = tokens::Entity::find_by_id(id.uuid())
            .filter(tokens::Column::OrgId.eq(org.uuid()))
            .one(&self.db)
            .await?;
        found
            .map(|row| {
                let revision = row.revision;
                Ok((from_row(row)?, revision))
            })
            .transpose()
    }

    /// The tokens of a driver, the newest first.
    pub async fn driver_tokens(&self, org: OrgId, driver: DriverId) -> Result<Vec<Token>, Error> {
        use tokens::Column as C;
        let rows = tokens::Entity::find()
            .filter(C::OrgId.eq(org.uuid()))
            .filter(C::DriverId.eq(driver.uuid()))
            .order_by_desc(C::CreatedAt)
            .order_by_desc(C::Id)
            .all(&self.db)
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Tokens, sorted. What they are filtered and sorted by is driver data: only for callers who
    /// may read it.
    pub async fn tokens(
        &self,
        org: OrgId,
        filter: &TokenFilter,
        page: &PageRequest,
    ) -> Result<Page<Token>, Error> {
        use tokens::Column as C;
        let sort = filter.sort;
        let list = list_name("tokens", &(org, filter));
        let mut query = tokens::Entity::find().filter(C::OrgId.eq(org.uuid()));
        if let Some(q) = &filter.q {
            query = query.filter(C::UidKey.contains(q.to_lowercase()));
        }
        let after = match &page.cursor {
            None => None,
            Some(cursor) => {
                let after = Cursor::from_text(cursor, &list)?;
                Some((after.number()?, after.id))
            }
        };
        let column = |column: C| -> SimpleExpr { Expr::col((tokens::Entity, column)) };
        let value: SimpleExpr = match sort.by {
            TokenSort::Created => column(C::CreatedAt),
            TokenSort::LastUsed => {
                Func::coalesce([column(C::LastUsedAt), Expr::value(0_i64)]).into()
            }
        };
        let rows = sorted(query, value, C::Id, sort.descending, after)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |r| {
            let value = match sort.by {
                TokenSort::Created => r.created_at,
                TokenSort::LastUsed => r.last_used_at.unwrap_or(0),
            };
            at_number(value, r.id)
        });
        Ok(Page {
            rows: rows.into_iter().map(from_row).collect::<Result<_, _>>()?,
            next,
        })
    }
}
