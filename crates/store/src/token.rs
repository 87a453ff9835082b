//! Tokens.

use domain::clock::Moment;
use domain::id::{DriverId, OrgId, TokenId};
use domain::page::{Page, PageRequest};
use domain::personal::Personal;
use domain::token::{Token, TokenUid};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::entity::tokens;
use crate::error::Error;
use crate::page::{Cursor, cut};
use crate::store::Read;
use crate::value::{from_word, maybe_moment, moment, ms, word};
use crate::work::Work;

/// Which tokens.
#[derive(Debug, Clone, Default)]
pub struct TokenFilter {
    /// With this in the text or label, without case.
    pub q: Option<String>,
}

fn from_row(row: tokens::Model) -> Result<Token, Error> {
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

fn to_row(token: &Token) -> tokens::ActiveModel {
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
    }
}

impl Work {
    /// Adds a token; the same text twice in an organisation is a conflict.
    pub async fn token_insert(&mut self, token: &Token) -> Result<(), Error> {
        to_row(token).insert(&self.tx).await?;
        Ok(())
    }

    /// Replaces a token.
    pub async fn token_update(&mut self, token: &Token) -> Result<(), Error> {
        to_row(token).reset_all().update(&self.tx).await?;
        Ok(())
    }

    /// Removes a token; what it charged stays.
    pub async fn token_delete(&mut self, id: TokenId) -> Result<(), Error> {
        tokens::Entity::delete_by_id(id.uuid())
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Notes that a token was presented.
    pub async fn token_used(&mut self, id: TokenId, at: Moment) -> Result<(), Error> {
        tokens::Entity::update_many()
            .col_expr(tokens::Column::LastUsedAt, Expr::value(ms(at)))
            .filter(tokens::Column::Id.eq(id.uuid()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// A token by its text, read inside the unit.
    pub async fn token_by_uid(
        &mut self,
        org: OrgId,
        uid: &TokenUid,
    ) -> Result<Option<Token>, Error> {
        let found = tokens::Entity::find()
            .filter(tokens::Column::OrgId.eq(org.uuid()))
            .filter(tokens::Column::UidKey.eq(uid.key()))
            .one(&self.tx)
            .await?;
        found.map(from_row).transpose()
    }
}

impl Read {
    /// A token of an organisation.
    pub async fn token(&self, org: OrgId, id: TokenId) -> Result<Option<Token>, Error> {
        let found = tokens::Entity::find_by_id(id.uuid())
            .filter(tokens::Column::OrgId.eq(org.uuid()))
            .one(&self.db)
            .await?;
        found.map(from_row).transpose()
    }

    /// Tokens, the newest first.
    pub async fn tokens(
        &self,
        org: OrgId,
        filter: &TokenFilter,
        page: &PageRequest,
    ) -> Result<Page<Token>, Error> {
        let mut query = tokens::Entity::find().filter(tokens::Column::OrgId.eq(org.uuid()));
        if let Some(q) = &filter.q {
            query = query.filter(tokens::Column::UidKey.contains(q.to_lowercase()));
        }
        if let Some(cursor) = &page.cursor {
            query = query.filter(tokens::Column::Id.lt(Cursor::from_text(cursor, "tokens")?.id));
        }
        let rows = query
            .order_by_desc(tokens::Column::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, "tokens", |r| Cursor {
            value: String::new(),
            id: r.id,
        });
        Ok(Page {
            rows: rows.into_iter().map(from_row).collect::<Result<_, _>>()?,
            next,
        })
    }
}
