//! Tokens as the API shows and takes them. Only callers with the right to driver data get here.

use app::revision::Precondition;
use app::tokens::{NewToken, TokenEdit};
use chrono::{DateTime, Utc};
use domain::personal::DriverDataGrant;
use domain::token::{Token, TokenKind, TokenState, TokenUid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{present, said, word, words};
use crate::query::At;
use crate::table::columns;

/// A charging token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenView {
    pub id: String,
    pub uid: String,
    #[schema(value_type = words::TokenKind)]
    pub kind: String,
    pub label: Option<String>,
    #[schema(value_type = words::TokenState)]
    pub state: String,
    pub expires_at: Option<DateTime<Utc>>,
    pub group: Option<String>,
    /// The driver who has it.
    pub driver_id: Option<String>,
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
            driver_id: token.driver.map(|driver| driver.to_string()),
            created_at: token.created_at,
            last_used_at: token.last_used_at,
        }
    }
}

/// A new token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenBody {
    /// The text on it, which does not change.
    pub uid: String,
    /// `iso14443` when not given.
    #[schema(value_type = Option<words::TokenKind>)]
    pub kind: Option<TokenKind>,
    pub label: Option<String>,
    /// Tokens of one group may stop each other's sessions.
    pub group: Option<String>,
    /// From when on it may not be used any more.
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub expires_at: Option<At>,
}

/// Changes to a token: a field left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenChange {
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = words::TokenKind, required = false)]
    pub kind: Option<TokenKind>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub label: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = words::TokenState, required = false)]
    pub state: Option<TokenState>,
    /// From when on it may not be used any more.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub expires_at: Option<Option<At>>,
    /// Tokens of one group may stop each other's sessions.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub group: Option<Option<String>>,
}

impl TokenBody {
    /// The token that is to be made.
    pub fn from_body(body: Self) -> NewToken {
        NewToken {
            uid: TokenUid::new(&body.uid),
            kind: body.kind.unwrap_or(TokenKind::Iso14443),
            label: body.label,
            group: body.group,
            expires_at: body.expires_at.map(|at| at.0),
        }
    }
}

impl TokenChange {
    /// What is said of the token anew, where `when` holds.
    pub fn from_body(body: Self, when: Precondition) -> TokenEdit {
        TokenEdit {
            kind: body.kind,
            label: body.label,
            state: body.state,
            expires_at: body.expires_at.map(|at| at.map(|at| at.0)),
            group: body.group,
            when,
        }
    }
}

columns!(TokenView: token => {
    "id": token.id,
    "uid": token.uid,
    "kind": token.kind,
    "label": token.label,
    "state": token.state,
    "expires_at": token.expires_at,
    "group": token.group,
    "driver_id": token.driver_id,
    "created_at": token.created_at,
    "last_used_at": token.last_used_at,
});
