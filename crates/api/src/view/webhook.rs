//! Webhooks as the API shows and takes them.

use app::revision::Precondition;
use app::webhooks::{WebhookEdit, WebhookRow};
use chrono::{DateTime, Utc};
use domain::webhook::Delivery;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{said, word, words};
use crate::table::columns;

/// An address of somebody else that is told of alerts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookView {
    pub id: String,
    pub name: String,
    pub url: String,
    pub enabled: bool,
    pub created_at: DateTime<Utc>,
}

impl WebhookView {
    pub fn to_view(row: WebhookRow) -> Self {
        Self {
            id: row.webhook.id.to_string(),
            name: row.webhook.name,
            url: row.webhook.url,
            enabled: row.webhook.enabled,
            created_at: row.webhook.created_at,
        }
    }
}

/// A webhook that was just made, with its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewWebhookView {
    pub webhook: WebhookView,
    /// `whsec_…`, by which the receiver checks `webhook-signature` as Standard Webhooks says; shown
    /// only now.
    pub secret: String,
}

/// A webhook to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookBody {
    pub name: String,
    /// `https://…`, not in a private network.
    pub url: String,
    /// True when not given.
    pub enabled: Option<bool>,
}

impl WebhookBody {
    pub fn from_body(body: Self) -> WebhookEdit {
        WebhookEdit {
            name: Some(body.name),
            url: Some(body.url),
            enabled: body.enabled,
            when: Precondition::None,
        }
    }
}

/// Changes to a webhook: a field left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookChange {
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = String, required = false)]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = String, required = false)]
    pub url: Option<String>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = bool, required = false)]
    pub enabled: Option<bool>,
}

impl WebhookChange {
    pub fn from_body(body: Self, when: Precondition) -> WebhookEdit {
        WebhookEdit {
            name: body.name,
            url: body.url,
            enabled: body.enabled,
            when,
        }
    }
}

/// A message to a webhook, and how it went.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryView {
    /// Also the `webhook-id` of every try.
    pub id: String,
    /// Such as `alert.opened`.
    pub event: String,
    /// What is sent, JSON as text.
    pub body: String,
    #[schema(value_type = words::DeliveryState)]
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    pub created_at: DateTime<Utc>,
    /// When it is tried next; null when it is not.
    pub next_at: Option<DateTime<Utc>>,
    /// HTTP status of the last answer.
    pub status: Option<u16>,
    /// What went wrong at the last try.
    pub error: Option<String>,
}

impl DeliveryView {
    pub fn to_view(one: Delivery) -> Self {
        use domain::webhook::DeliveryState as State;
        let waits = matches!(one.state, State::Queued | State::Sending);
        Self {
            id: one.id.to_string(),
            event: one.event,
            body: one.body,
            state: word(&one.state),
            attempts: one.attempts,
            created_at: one.created_at,
            next_at: waits.then_some(one.next_at),
            status: one.status,
            error: one.error,
        }
    }
}

columns!(DeliveryView: one => {
    "id": one.id,
    "event": one.event,
    "body": one.body,
    "state": one.state,
    "attempts": i64::from(one.attempts),
    "created_at": one.created_at,
    "next_at": one.next_at,
    "status": one.status.map(i64::from),
    "error": one.error,
});
