//! Signing in with a second factor and one's own account, as the API shows and takes them.

use app::factors::{Factor, Factors, Seed};
use app::logins::{Given, OwnLogin};
use app::step_up::Evidence;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::MeView;
use super::passkey::PasskeySignInBody;
use super::provider::ReturnBody;
use super::{word, words};
use crate::problem::Problem;

/// A sign-in whose password was right, and that waits for a second factor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChallengeView {
    /// What it can be finished with.
    #[schema(value_type = Vec<words::Factor>)]
    pub second_factor: Vec<String>,
    /// For `POST /login/second_factor`, within five minutes and five tries.
    pub challenge: String,
}

impl ChallengeView {
    pub fn to_view(challenge: String, factors: &[Factor]) -> Self {
        Self {
            second_factor: factors.iter().map(word).collect(),
            challenge,
        }
    }
}

/// The second factor of a sign-in: one of `code` and `recovery_code`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecondFactorBody {
    pub challenge: String,
    /// The present code of the authenticator app.
    pub code: Option<String>,
    /// One of the codes that were shown when it was set up; each works once.
    pub recovery_code: Option<String>,
}

impl SecondFactorBody {
    pub fn given(&self) -> Result<Given<'_>, Problem> {
        match (&self.code, &self.recovery_code) {
            (Some(code), None) => Ok(Given::Code(code)),
            (None, Some(code)) => Ok(Given::RecoveryCode(code)),
            _ => Err(Problem::field(
                "/code",
                "required",
                "One of code and recovery_code.",
            )),
        }
    }
}

/// Who signed in, and what is left of the recovery codes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EnteredView {
    pub me: MeView,
    /// Where one was used.
    pub recovery_codes_left: Option<u64>,
}

/// The caller's second factors.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactorsView {
    /// Since when an authenticator app counts; null when there is none.
    pub totp_since: Option<DateTime<Utc>>,
    pub recovery_codes_left: u64,
    /// How the caller can show again who they are: with an authenticator app the password is not
    /// enough. Empty: only by signing in again.
    #[schema(value_type = Vec<words::ConfirmWay>)]
    pub confirm_by: Vec<String>,
}

impl FactorsView {
    pub fn to_view(factors: Factors) -> Self {
        Self {
            totp_since: factors.totp_since,
            recovery_codes_left: factors.recovery_codes_left,
            confirm_by: factors.confirm_by.iter().map(word).collect(),
        }
    }
}

/// A seed for an authenticator app, shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeedView {
    /// For typing.
    pub secret: String,
    /// For a QR code.
    pub uri: String,
}

impl SeedView {
    pub fn to_view(seed: Seed) -> Self {
        Self {
            secret: seed.text,
            uri: seed.uri,
        }
    }
}

/// A code of an authenticator app.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeBody {
    pub code: String,
}

/// Recovery codes, shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecoveryCodesView {
    pub recovery_codes: Vec<String>,
}

/// What shows that it is still the same person: one of `password`, `code`, `provider` and `passkey`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EvidenceBody {
    pub password: Option<String>,
    /// The present code of the authenticator app.
    pub code: Option<String>,
    /// What comes back from the identity provider after `POST /me/provider/begin`.
    pub provider: Option<ReturnBody>,
    /// What a passkey says after `POST /me/confirm/passkey`.
    pub passkey: Option<PasskeySignInBody>,
}

impl EvidenceBody {
    pub fn evidence(&self) -> Result<Evidence<'_>, Problem> {
        match (&self.password, &self.code, &self.provider, &self.passkey) {
            (Some(password), None, None, None) => Ok(Evidence::Password(password)),
            (None, Some(code), None, None) => Ok(Evidence::Code(code)),
            (None, None, Some(back), None) => Ok(Evidence::Provider(back.to_domain())),
            (None, None, None, Some(passkey)) => Ok(Evidence::Passkey {
                ceremony: &passkey.ceremony,
                said: passkey.credential.clone(),
            }),
            _ => Err(Problem::field(
                "/password",
                "required",
                "One of password, code, provider and passkey.",
            )),
        }
    }

    /// The one that is given.
    pub const fn pointer(&self) -> &'static str {
        match (&self.password, &self.code, &self.provider) {
            (Some(_), ..) => "/password",
            (None, Some(_), _) => "/code",
            (None, None, Some(_)) => "/provider",
            (None, None, None) => "/passkey",
        }
    }
}

/// Another password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordBody {
    pub current: String,
    pub new: String,
}

/// Changes to one's own account: a field left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountChange {
    #[serde(default, deserialize_with = "super::said")]
    #[schema(value_type = String, required = false)]
    pub name: Option<String>,
}

/// A login of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoginView {
    pub id: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// The browser's name for itself.
    pub user_agent: Option<String>,
    pub remote_ip: Option<String>,
    pub created_at: DateTime<Utc>,
    /// To the minute.
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

impl LoginView {
    pub fn to_view(login: OwnLogin) -> Self {
        Self {
            id: login.row.id.to_string(),
            current: login.current,
            user_agent: login.row.user_agent,
            remote_ip: login.row.remote_ip,
            created_at: login.row.created_at,
            last_seen_at: login.row.seen_at,
            expires_at: login.row.expires_at,
        }
    }
}
