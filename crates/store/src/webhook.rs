//! Webhooks and the messages to them. The secret with which messages are signed is sealed.

use domain::clock::Moment;
use domain::id::{DeliveryId, OrgId, WebhookId};
use domain::page::{Page, PageRequest};
use domain::webhook::{Delivery, DeliveryState, Webhook};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::entity::{webhook_deliveries, webhooks};
use crate::error::{Error, corrupt};
use crate::page::{Cursor, cut};
use crate::sort::list_name;
use crate::store::Read;
use crate::value::{from_word, moment, ms, word};
use crate::work::Work;

/// A webhook as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRow {
    /// The webhook.
    pub webhook: Webhook,
    /// Its secret, sealed.
    pub sealed: String,
    /// How often people changed it, from 1 on.
    pub revision: i64,
}

const WAITING: [&str; 2] = ["queued", "sending"];

fn from_row(row: webhooks::Model) -> Result<WebhookRow, Error> {
    Ok(WebhookRow {
        webhook: Webhook {
            id: WebhookId::from_uuid(row.id),
            org: OrgId::from_uuid(row.org_id),
            name: row.name,
            url: row.url,
            enabled: row.enabled,
            created_at: moment(row.created_at)?,
        },
        sealed: row.sealed,
        revision: row.revision,
    })
}

fn to_row(row: &WebhookRow) -> webhooks::ActiveModel {
    webhooks::ActiveModel {
        id: Set(row.webhook.id.uuid()),
        org_id: Set(row.webhook.org.uuid()),
        name: Set(row.webhook.name.clone()),
        url: Set(row.webhook.url.clone()),
        sealed: Set(row.sealed.clone()),
        enabled: Set(row.webhook.enabled),
        created_at: Set(ms(row.webhook.created_at)),
        revision: Set(row.revision),
    }
}

fn delivery(row: webhook_deliveries::Model) -> Result<Delivery, Error> {
    let status = row.status.map(u16::try_from).transpose().map_err(corrupt)?;
    Ok(Delivery {
        id: DeliveryId::from_uuid(row.id),
        org: OrgId::from_uuid(row.org_id),
        webhook: WebhookId::from_uuid(row.webhook_id),
        event: row.event,
        body: row.body,
        state: from_word(&row.state)?,
        attempts: u32::try_from(row.attempts).map_err(corrupt)?,
        created_at: moment(row.created_at)?,
        next_at: moment(row.next_at)?,
        status,
        error: row.error,
    })
}

impl Work {
    /// Adds a webhook.
    pub async fn webhook_insert(&mut self, row: &WebhookRow) -> Result<(), Error> {
        to_row(row).insert(&self.tx).await?;
        Ok(())
    }

    /// Puts a webhook in place of itself at revision `from`; false when it is at another.
    pub async fn webhook_update(&mut self, row: &WebhookRow, from: i64) -> Result<bool, Error> {
        use webhooks::Column as C;
        let change = webhooks::ActiveModel {
            id: NotSet,
            revision: Set(from + 1),
            ..to_row(row)
        };
        let done = webhooks::Entity::update_many()
            .set(change)
            .filter(C::Id.eq(row.webhook.id.uuid()))
            .filter(C::Revision.eq(from))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Removes a webhook at revision `from` and what waits for it; false when it is at another.
    pub async fn webhook_delete(&mut self, id: WebhookId, from: i64) -> Result<bool, Error> {
        let done = webhooks::Entity::delete_many()
            .filter(webhooks::Column::Id.eq(id.uuid()))
            .filter(webhooks::Column::Revision.eq(from))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            webhook_deliveries::Entity::delete_many()
                .filter(webhook_deliveries::Column::WebhookId.eq(id.uuid()))
                .exec(&self.tx)
                .await?;
        }
        Ok(done.rows_affected == 1)
    }

    /// Lets a message wait for its sending.
    pub async fn delivery_insert(&mut self, one: &Delivery) -> Result<(), Error> {
        let row = webhook_deliveries::ActiveModel {
            id: Set(one.id.uuid()),
            org_id: Set(one.org.uuid()),
            webhook_id: Set(one.webhook.uuid()),
            event: Set(one.event.clone()),
            body: Set(one.body.clone()),
            state: Set(word(&one.state)),
            attempts: Set(i32::try_from(one.attempts).unwrap_or(i32::MAX)),
            created_at: Set(ms(one.created_at)),
            next_at: Set(ms(one.next_at)),
            status: Set(one.status.map(i32::from)),
            error: Set(one.error.clone()),
        };
        row.insert(&self.tx).await?;
        Ok(())
    }

    /// Takes up to `most` messages whose time has come; until `until`, nobody else takes them.
    pub async fn deliveries_claim(
        &mut self,
        now: Moment,
        until: Moment,
        most: u64,
    ) -> Result<Vec<Delivery>, Error> {
        use webhook_deliveries::Column as C;
        let due = webhook_deliveries::Entity::find()
            .filter(C::State.is_in(WAITING))
            .filter(C::NextAt.lte(ms(now)))
            .order_by_asc(C::NextAt)
            .limit(most)
            .all(&self.tx)
            .await?;
        let mut claimed = Vec::with_capacity(due.len());
        for mut row in due {
            let taken = webhook_deliveries::Entity::update_many()
                .col_expr(C::State, Expr::value("sending"))
                .col_expr(C::Attempts, Expr::value(row.attempts + 1))
                .col_expr(C::NextAt, Expr::value(ms(until)))
                .filter(C::Id.eq(row.id))
                .filter(C::State.is_in(WAITING))
                .filter(C::NextAt.eq(row.next_at))
                .exec(&self.tx)
                .await?;
            if taken.rows_affected == 1 {
                row.attempts += 1;
                claimed.push(delivery(row)?);
            }
        }
        Ok(claimed)
    }

    /// Notes how a claimed message went; it waits again until `again`, if there is such a time.
    pub async fn delivery_tried(
        &mut self,
        one: &Delivery,
        again: Option<Moment>,
    ) -> Result<(), Error> {
        use webhook_deliveries::Column as C;
        let mut row = webhook_deliveries::ActiveModel {
            state: Set(word(&one.state)),
            status: Set(one.status.map(i32::from)),
            error: Set(one.error.clone()),
            ..Default::default()
        };
        if let Some(again) = again {
            row.next_at = Set(ms(again));
        }
        webhook_deliveries::Entity::update_many()
            .set(row)
            .filter(C::Id.eq(one.id.uuid()))
            .filter(C::State.eq(word(&DeliveryState::Sending)))
            // Only whoever took it last knows how it went.
            .filter(C::Attempts.eq(i32::try_from(one.attempts).unwrap_or(i32::MAX)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}

impl Read {
    /// The webhooks of an organisation, the oldest first.
    pub async fn webhooks(
        &self,
        org: OrgId,
        page: &PageRequest,
    ) -> Result<Page<WebhookRow>, Error> {
        use webhooks::Column as C;
        let list = list_name("webhooks", &org);
        let mut query = webhooks::Entity::find().filter(C::OrgId.eq(org.uuid()));
        if let Some(cursor) = &page.cursor {
            query = query.filter(C::Id.gt(Cursor::from_text(cursor, &list)?.id));
        }
        let rows = query
            .order_by_asc(C::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| Cursor {
            value: String::new(),
            id: row.id,
        });
        let rows = rows.into_iter().map(from_row).collect::<Result<_, _>>()?;
        Ok(Page { rows, next })
    }

    /// A webhook of an organisation.
    pub async fn webhook(&self, org: OrgId, id: WebhookId) -> Result<Option<WebhookRow>, Error> {
        let row = webhooks::Entity::find_by_id(id.uuid())
            .filter(webhooks::Column::OrgId.eq(org.uuid()))
            .one(&self.db)
            .await?;
        row.map(from_row).transpose()
    }

    /// The messages to a webhook, the newest first.
    pub async fn deliveries(
        &self,
        org: OrgId,
        webhook: WebhookId,
        page: &PageRequest,
    ) -> Result<Page<Delivery>, Error> {
        use webhook_deliveries::Column as C;
        let list = list_name("deliveries", &(org, webhook));
        let mut query = webhook_deliveries::Entity::find()
            .filter(C::OrgId.eq(org.uuid()))
            .filter(C::WebhookId.eq(webhook.uuid()));
        if let Some(cursor) = &page.cursor {
            query = query.filter(C::Id.lt(Cursor::from_text(cursor, &list)?.id));
        }
        let rows = query
            .order_by_desc(C::Id)
            .limit(u64::from(page.limit) + 1)
            .all(&self.db)
            .await?;
        let (rows, next) = cut(rows, page.limit, &list, |row| Cursor {
            value: String::new(),
            id: row.id,
        });
        let rows = rows.into_iter().map(delivery).collect::<Result<_, _>>()?;
        Ok(Page { rows, next })
    }
}
