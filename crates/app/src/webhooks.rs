//! Webhooks: addresses of other people's servers that rules tell of alerts. Made by those with
//! `webhooks.manage`; the secret that signs the messages is told once and kept sealed. `jobs` sends
//! what waits, each message by one node, and tries again for about a day.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use domain::id::{DeliveryId, WebhookId};
use domain::page::{Page, PageRequest};
use domain::role::{Caller, Permission};
use domain::webhook::{Delivery, DeliveryState, Webhook, next_try};
use egress::webhook::{Failure, Message, SECRET_PREFIX};
use futures_util::future::join_all;
use serde_json::{Value, json};
use store::Lane;
pub use store::WebhookRow;

use crate::app::App;
use crate::error::Error;
use crate::review::{LONGEST_NAME, Review};
use crate::revision::{self, Precondition};
use crate::{audit, gate, seal, secret, step_up};

/// The purpose under which secrets are sealed.
const SEALED: &str = "webhook";
/// How long a node may take for what it took; then others try.
const CLAIM_MINUTES: i64 = 5;
/// How many messages are under way at a time.
const AT_ONCE: u64 = 16;
/// The longest address, and the longest reason that is kept of a failure, in characters.
const LONGEST: usize = 500;
/// The most webhooks of an organisation.
const MOST: usize = 50;

/// What is said of a webhook: on creation name and address are needed; on a change what is not said
/// stays.
#[derive(Debug, Clone, Default)]
pub struct WebhookEdit {
    /// For people.
    pub name: Option<String>,
    /// Where messages go.
    pub url: Option<String>,
    /// Whether any go.
    pub enabled: Option<bool>,
    /// On what the change depends.
    pub when: Precondition,
}

fn review(app: &App, edit: &WebhookEdit) -> Review {
    let mut review = Review::default();
    review.needed("/name", edit.name.as_deref(), LONGEST_NAME);
    if let Some(url) = &edit.url {
        review.text("/url", Some(url), LONGEST);
        if let Err(why) = app.webhooks().check(url.trim()) {
            review.refuse(
                true,
                "/url",
                "address_refused",
                format!("Not there: {why}."),
            );
        }
    }
    review
}

fn told(webhook: &Webhook) -> Value {
    // The address can hold a secret of the receiver; its host is enough to know it by.
    let host = url::Url::parse(&webhook.url);
    let host = host.ok().and_then(|url| url.host_str().map(str::to_owned));
    json!({"name": webhook.name, "host": host, "enabled": webhook.enabled})
}

/// The webhooks of the organisation, the oldest first, with `webhooks.manage`.
pub async fn list(
    app: &App,
    caller: &Caller,
    page: &PageRequest,
) -> Result<Page<WebhookRow>, Error> {
    let pass = gate::permit_whole(app, caller, Permission::WebhooksManage).await?;
    Ok(app.store().read.webhooks(pass.org, page).await?)
}

/// A webhook, with `webhooks.manage`.
pub async fn find(app: &App, caller: &Caller, id: WebhookId) -> Result<WebhookRow, Error> {
    let pass = gate::permit_whole(app, caller, Permission::WebhooksManage).await?;
    let row = app.store().read.webhook(pass.org, id).await?;
    row.ok_or(Error::NotFound)
}

/// Makes a webhook, with `webhooks.manage`, by somebody who showed lately who they are; its secret is
/// told once.
pub async fn create(
    app: &App,
    caller: &Caller,
    new: WebhookEdit,
) -> Result<(WebhookRow, String), Error> {
    let pass = gate::permit_whole(app, caller, Permission::WebhooksManage).await?;
    step_up::demand(app, caller).await?;
    let mut review = review(app, &new);
    let (nameless, nowhere) = (new.name.is_none(), new.url.is_none());
    review.refuse(nameless, "/name", "required", "A name is needed.");
    review.refuse(nowhere, "/url", "required", "An address is needed.");
    review.passed()?;
    let whole = PageRequest {
        limit: 200,
        cursor: None,
    };
    let there = app.store().read.webhooks(pass.org, &whole).await?;
    if there.rows.len() >= MOST {
        let detail = format!("An organisation has at most {MOST} webhooks.");
        return Err(Error::conflict("too_many", detail));
    }
    let drawn = STANDARD.encode(secret::random::<32>()?);
    let drawn = format!("{SECRET_PREFIX}{drawn}");
    let id = WebhookId::from_uuid(app.draw());
    let row = WebhookRow {
        webhook: Webhook {
            id,
            org: pass.org,
            name: new.name.unwrap_or_default().trim().to_owned(),
            url: new.url.unwrap_or_default().trim().to_owned(),
            enabled: new.enabled.unwrap_or(true),
            created_at: app.now(),
        },
        sealed: seal::seal(app, SEALED, &id.to_string(), &drawn)?,
        revision: revision::FIRST,
    };
    let after = told(&row.webhook);
    let deed = audit::row(
        app,
        caller,
        pass.org,
        "webhooks.create",
        id,
        None,
        Some(&after),
    );
    let stored = row.clone();
    let written = app.store().write(Lane::Org(pass.org), move |work| {
        let (row, deed) = (stored.clone(), deed.clone());
        Box::pin(async move {
            work.webhook_insert(&row).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    Ok((row, drawn))
}

/// Changes a webhook, with `webhooks.manage`.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: WebhookId,
    edit: WebhookEdit,
) -> Result<WebhookRow, Error> {
    let found = find(app, caller, id).await?;
    edit.when.admits(found.revision)?;
    if edit.url.is_some() {
        step_up::demand(app, caller).await?;
    }
    review(app, &edit).passed()?;
    let (before, from, org) = (told(&found.webhook), found.revision, found.webhook.org);
    let mut row = found;
    if let Some(name) = edit.name {
        row.webhook.name = name.trim().to_owned();
    }
    if let Some(url) = edit.url {
        row.webhook.url = url.trim().to_owned();
    }
    row.webhook.enabled = edit.enabled.unwrap_or(row.webhook.enabled);
    let after = told(&row.webhook);
    let action = "webhooks.edit";
    let deed = audit::row(app, caller, org, action, id, Some(&before), Some(&after));
    let done = app.store().write(Lane::Org(org), move |work| {
        let (row, deed) = (row.clone(), deed.clone());
        Box::pin(async move {
            let done = work.webhook_update(&row, from).await?;
            if done {
                work.audit(&deed);
            }
            Ok(done)
        })
    });
    match done.await? {
        true => find(app, caller, id).await,
        false => Err(revision::stale()),
    }
}

/// Removes a webhook and what waits for it, with `webhooks.manage`. Rules that name it tell it no
/// more.
pub async fn remove(
    app: &App,
    caller: &Caller,
    id: WebhookId,
    when: &Precondition,
) -> Result<(), Error> {
    let found = find(app, caller, id).await?;
    when.admits(found.revision)?;
    let (org, from, before) = (found.webhook.org, found.revision, told(&found.webhook));
    let deed = audit::row(app, caller, org, "webhooks.remove", id, Some(&before), None);
    let done = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            let done = work.webhook_delete(id, from).await?;
            if done {
                work.audit(&deed);
            }
            Ok(done)
        })
    });
    match done.await? {
        true => Ok(()),
        false => Err(revision::stale()),
    }
}

/// What went to a webhook and how, the newest first, with `webhooks.manage`.
pub async fn deliveries(
    app: &App,
    caller: &Caller,
    id: WebhookId,
    page: &PageRequest,
) -> Result<Page<Delivery>, Error> {
    let found = find(app, caller, id).await?;
    let read = &app.store().read;
    Ok(read.deliveries(found.webhook.org, id, page).await?)
}

/// Sends a message that says nothing but that it is a test, with `webhooks.manage`; how it goes shows
/// among the deliveries.
pub async fn test(app: &App, caller: &Caller, id: WebhookId) -> Result<Delivery, Error> {
    let found = find(app, caller, id).await?;
    if !found.webhook.enabled {
        let detail = "The webhook is switched off.";
        return Err(Error::conflict("webhook_disabled", detail));
    }
    let (org, now) = (found.webhook.org, app.now());
    let event = "webhook.test";
    let data = json!({"webhook_id": id, "organisation_id": org});
    let delivery = Delivery {
        id: DeliveryId::from_uuid(app.draw()),
        org,
        webhook: id,
        event: event.to_owned(),
        body: json!({"type": event, "timestamp": now, "data": data}).to_string(),
        state: DeliveryState::Queued,
        attempts: 0,
        created_at: now,
        next_at: now,
        status: None,
        error: None,
    };
    let deed = audit::row(app, caller, org, "webhooks.test", id, None, None);
    let queued = delivery.clone();
    let written = app.store().write(Lane::Org(org), move |work| {
        let (delivery, deed) = (queued.clone(), deed.clone());
        Box::pin(async move {
            work.delivery_insert(&delivery).await?;
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    Ok(delivery)
}

/// Sends the messages whose time has come.
pub(crate) async fn send_due(app: &App) -> Result<(), Error> {
    loop {
        let now = app.now();
        let until = now + TimeDelta::minutes(CLAIM_MINUTES);
        let claimed = app.store().write(Lane::Instance, move |work| {
            Box::pin(async move { work.deliveries_claim(now, until, AT_ONCE).await })
        });
        let claimed = claimed.await?;
        if claimed.is_empty() {
            return Ok(());
        }
        for done in join_all(claimed.into_iter().map(|one| send(app, one))).await {
            done?;
        }
    }
}

async fn send(app: &App, mut delivery: Delivery) -> Result<(), Error> {
    let outcome = deliver(app, &delivery).await;
    let (created, tried) = (delivery.created_at, delivery.attempts);
    let mut again = None;
    match outcome {
        Ok(status @ 200..=299) => {
            delivery.state = DeliveryState::Delivered;
            (delivery.status, delivery.error) = (Some(status), None);
        }
        Ok(status) => {
            delivery.status = Some(status);
            delivery.error = Some(format!("the receiver answered {status}"));
            again = next_try(created, tried, app.now());
        }
        Err(Failure::Later(why)) => {
            (delivery.status, delivery.error) = (None, Some(why));
            again = next_try(created, tried, app.now());
        }
        Err(Failure::Never(why)) => (delivery.status, delivery.error) = (None, Some(why)),
    }
    if delivery.state != DeliveryState::Delivered {
        delivery.state = match again {
            Some(_) => DeliveryState::Queued,
            None => DeliveryState::Failed,
        };
        tracing::info!(delivery.id = %delivery.id, delivery.state = ?delivery.state, "a webhook was not told");
    }
    let error = delivery.error.take();
    delivery.error = error.map(|why| why.chars().take(LONGEST).collect());
    let noted = app.store().write(Lane::Instance, move |work| {
        let delivery = delivery.clone();
        Box::pin(async move { work.delivery_tried(&delivery, again).await })
    });
    Ok(noted.await?)
}

async fn deliver(app: &App, delivery: &Delivery) -> Result<u16, Failure> {
    let never = |why: &str| Failure::Never(why.to_owned());
    let read = &app.store().read;
    let found = read.webhook(delivery.org, delivery.webhook).await;
    let found = found.map_err(|_| Failure::Later("the database is away".to_owned()))?;
    let row = found.ok_or_else(|| never("the webhook was removed"))?;
    if !row.webhook.enabled {
        return Err(never("the webhook is switched off"));
    }
    let owner = row.webhook.id.to_string();
    let secret = seal::open(app, SEALED, &owner, &row.sealed);
    let secret = secret.map_err(|_| never("its secret does not open"))?;
    let id = delivery.id.to_string();
    let message = Message {
        id: &id,
        timestamp: app.now().timestamp(),
        body: &delivery.body,
        secret: &secret,
    };
    app.webhooks().send(&row.webhook.url, &message).await
}
