//! API keys as the API shows and takes them.

use app::keys::{KeyRow, NewKey};
use chrono::{DateTime, Utc};
use domain::role::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::site_access::permissions;
use super::words;
use crate::problem::Problem;
use crate::table::columns;

/// An API key; its text is told once, when it is made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyView {
    pub id: String,
    pub name: String,
    /// Who made it: it may never do more than that person.
    pub user_id: String,
    /// What it may at most.
    #[schema(value_type = Vec<words::PermissionKey>)]
    pub permissions: Vec<&'static str>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// To the minute.
    pub used_at: Option<DateTime<Utc>>,
}

impl KeyView {
    pub fn to_view(key: KeyRow) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            user_id: key.user.to_string(),
            permissions: key.permissions.iter().map(Permission::key).collect(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            used_at: key.used_at,
        }
    }
}

columns!(KeyView: key => {
    "id": key.id,
    "name": key.name,
    "user_id": key.user_id,
    "permissions": key.permissions.join(" "),
    "created_at": key.created_at,
    "expires_at": key.expires_at,
    "used_at": key.used_at,
});

/// A key that was just made, with its text.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewKeyView {
    pub key: KeyView,
    /// `bsb_…`, for `Authorization: Bearer`; shown only now.
    pub text: String,
}

/// A key to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyBody {
    pub name: String,
    /// What it may at most, of what one may oneself.
    #[schema(value_type = Vec<words::PermissionKey>)]
    pub permissions: Vec<String>,
    /// Within a year.
    pub expires_at: DateTime<Utc>,
}

impl KeyBody {
    pub fn from_body(body: Self) -> Result<NewKey, Problem> {
        Ok(NewKey {
            name: body.name,
            permissions: permissions(&body.permissions, "/permissions")?,
            expires_at: body.expires_at,
        })
    }
}
