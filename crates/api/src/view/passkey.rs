//! Passkeys as the API shows and takes them. What browsers and authenticators say to one another
//! passes through as WebAuthn writes it.

use app::passkeys::{Ceremony, PasskeyRow};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A passkey.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasskeyView {
    pub id: String,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
}

impl PasskeyView {
    pub fn to_view(row: PasskeyRow) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name,
            created_at: row.created_at,
            used_at: row.used_at,
        }
    }
}

/// What the browser is to do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CeremonyView {
    /// By which it goes on, within five minutes.
    pub ceremony: String,
    /// For `navigator.credentials`, as WebAuthn level 3 writes them in JSON.
    #[schema(value_type = Object)]
    pub options: Value,
}

impl CeremonyView {
    pub fn to_view(begun: Ceremony) -> Self {
        Self {
            ceremony: begun.ceremony,
            options: begun.options,
        }
    }
}

/// A passkey that the browser made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyBody {
    pub ceremony: String,
    /// For people.
    pub name: String,
    /// `PublicKeyCredential.toJSON()`.
    #[schema(value_type = Object)]
    pub credential: Value,
}

/// A sign-in by a passkey.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeySignInBody {
    pub ceremony: String,
    /// `PublicKeyCredential.toJSON()`.
    #[schema(value_type = Object)]
    pub credential: Value,
}
