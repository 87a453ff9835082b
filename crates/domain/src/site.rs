//! Sites and the administrative state that people give to sites and stations, apart from what a
//! station reports of itself.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::id::{OrgId, SiteId};

/// An organisation, as far as charging needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrgId,
    /// The organisation above it; none for the root.
    pub parent: Option<OrgId>,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Moment,
}

/// What the operator says of a site or station (access.md A).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminState {
    /// Being built up; only technicians' tokens are authorised.
    InDeployment,
    /// In use.
    InService,
    /// Under maintenance; only technicians' tokens are authorised.
    InMaintenance,
    /// Made inoperative.
    OutOfService,
    /// Put away; kept for its history.
    Archived,
}

/// Who may charge at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accessibility {
    /// Anyone, without paying.
    PublicFree,
    /// Anyone who pays.
    PublicPaid,
    /// Known tokens only.
    Restricted,
}

/// One place with stations.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// The owner.
    pub org: OrgId,
    /// Its name.
    pub name: String,
    /// Street and number.
    pub address: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// ISO 3166-1 alpha-2 code.
    pub country: Option<String>,
    /// IANA time zone name.
    pub time_zone: String,
    /// Latitude and longitude in degrees times 1e7 (WGS 84).
    pub position_e7: Option<(i64, i64)>,
    /// What the operator says of it.
    pub admin_state: AdminState,
    /// Who may charge here.
    pub accessibility: Accessibility,
    /// When it was made.
    pub created_at: Moment,
}
