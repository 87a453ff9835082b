//! Signing in at an identity provider, as the API shows and takes it.

use app::identity_provider::{Departure, Return};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where the browser goes to sign in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DepartureView {
    /// By which it is known when it comes back, within fifteen minutes; to be kept by this browser
    /// alone.
    pub ceremony: String,
    /// The identity provider's page.
    pub url: String,
}

impl DepartureView {
    pub fn to_view(departure: Departure) -> Self {
        Self {
            ceremony: departure.ceremony,
            url: departure.url,
        }
    }
}

/// What the browser brings back to `/login/return` of the console.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReturnBody {
    /// By which it went.
    pub ceremony: String,
    /// As the identity provider sent it.
    pub state: String,
    /// As the identity provider sent it.
    pub code: String,
}

impl ReturnBody {
    pub fn to_domain(&self) -> Return<'_> {
        Return {
            ceremony: &self.ceremony,
            state: &self.state,
            code: &self.code,
        }
    }
}
