//! Tokens as the API shows and takes them. Only callers with the right to driver data get here.

use chrono::{DateTime, Utc};
use domain::personal::DriverDataGrant;
use domain::token::{Token, TokenKind, TokenState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::word;
use crate::table::columns;

/// A charging token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenView {
    pub id: String,
    pub uid: String,
    pub kind: String,
    pub label: Option<String>,
    pub state: String,
    pub expires_at: Option<DateTime<Utc>>,
    pub group: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

impl TokenView {
    pub fn to_view(token: Token, grant: &DriverDataGrant) -> Self {
        Self {
            id: token.id.to_string(),
            uid: token.uid.reveal(grant).as_str().to_owned(),
            kind: word(&token.kind),
            label: token.label.map(|label| label.reveal(grant).clone()),
            state: word(&token.state),
            expires_at: token.expires_at,
            group: token.group,
            created_at: token.created_at,
            last_used_at: token.last_used_at,
        }
    }
}

/// A new token, or the changes to one. In a PATCH, a field left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenBody {
    /// Only when it is made: the text on a card does not change.
    pub uid: Option<String>,
    #[schema(value_type = Option<String>)]
    pub kind: Option<TokenKind>,
    #[serde(default, deserialize_with = "super::station::present")]
    #[schema(value_type = Option<String>)]
    pub label: Option<Option<String>>,
    #[schema(value_type = Option<String>)]
    pub state: Option<TokenState>,
    #[serde(default, deserialize_with = "super::station::present")]
    #[schema(value_type = Option<String>)]
    pub expires_at: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "super::station::present")]
    #[schema(value_type = Option<String>)]
    pub group: Option<Option<String>>,
}

columns!(TokenView: token => {
    "id": token.id,
    "uid": token.uid,
    "kind": token.kind,
    "label": token.label,
    "state": token.state,
    "expires_at": token.expires_at,
    "group": token.group,
    "created_at": token.created_at,
    "last_used_at": token.last_used_at,
});
