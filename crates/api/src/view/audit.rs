//! The audit trail as the API shows it.

use chrono::{DateTime, Utc};
use domain::audit::Link;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{word, words};
use crate::table::columns;

/// What somebody did, in its place in the chain.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeedView {
    pub id: String,
    /// From 1, without a hole in the whole instance.
    pub seq: i64,
    pub at: DateTime<Utc>,
    /// Null when Busbar did it by itself, or the operator at the command line.
    pub actor_id: Option<String>,
    /// The name at that time, or what Busbar was doing.
    pub actor: String,
    #[schema(value_type = words::Via)]
    pub via: String,
    /// Such as `stations.edit`.
    pub action: String,
    /// The id of what it was done to.
    pub object: String,
    /// How it was; nothing personal is kept.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// How it is since, or what else there is to tell.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    pub request_id: Option<String>,
    pub ip: Option<String>,
    /// In the words of whoever did it.
    pub reason: Option<String>,
    /// blake3 over the hash before and every field.
    pub hash: String,
}

impl DeedView {
    pub fn to_view(link: Link) -> Self {
        let Link { head, deed } = link;
        let object = |text: Option<String>| text.and_then(|t| serde_json::from_str(&t).ok());
        Self {
            id: deed.id.to_string(),
            seq: head.seq,
            at: deed.at,
            actor_id: deed.actor.map(|id| id.to_string()),
            actor: deed.actor_name,
            via: word(&deed.via),
            action: deed.action,
            object: deed.object,
            before: object(deed.before),
            after: object(deed.after),
            request_id: deed.request_id,
            ip: deed.ip,
            reason: deed.reason,
            hash: head.hash,
        }
    }
}

columns!(DeedView: deed => {
    "id": deed.id,
    "seq": deed.seq,
    "at": deed.at,
    "actor_id": deed.actor_id,
    "actor": deed.actor,
    "via": deed.via,
    "action": deed.action,
    "object": deed.object,
    "before": deed.before.map(|value| value.to_string()),
    "after": deed.after.map(|value| value.to_string()),
    "request_id": deed.request_id,
    "ip": deed.ip,
    "reason": deed.reason,
    "hash": deed.hash,
});
