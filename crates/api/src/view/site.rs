//! Sites as the API shows and takes them.

use app::revision::Precondition;
use app::sites::{SiteEdit, SiteView as Found};
use chrono::{DateTime, Utc};
use domain::site::{Accessibility, AdminState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{present, said, word, words};
use crate::problem::Problem;
use crate::table::columns;

/// One place with stations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SiteView {
    pub id: String,
    pub name: String,
    pub address: Option<String>,
    pub city: Option<String>,
    /// ISO 3166-1 alpha-2 code.
    pub country: Option<String>,
    /// IANA name.
    pub time_zone: String,
    /// Degrees, WGS 84.
    pub latitude: Option<f64>,
    /// Degrees, WGS 84.
    pub longitude: Option<f64>,
    /// Null for whoever may not see it.
    #[schema(value_type = Option<words::AdminState>)]
    pub admin_state: Option<String>,
    #[schema(value_type = words::Accessibility)]
    pub accessibility: String,
    /// How many stations stand here.
    pub stations: i64,
    pub created_at: DateTime<Utc>,
}

const DEGREE_E7: f64 = 1e7;

impl SiteView {
    pub fn to_view(found: Found) -> Self {
        let Found {
            site,
            admin_state,
            stations,
            ..
        } = found;
        #[allow(clippy::cast_precision_loss)] // 1.8e9 at most: exact in an f64
        let degrees = |e7: i64| e7 as f64 / DEGREE_E7;
        Self {
            id: site.id.to_string(),
            name: site.name,
            address: site.address,
            city: site.city,
            country: site.country,
            time_zone: site.time_zone,
            latitude: site.position_e7.map(|(lat, _)| degrees(lat)),
            longitude: site.position_e7.map(|(_, lon)| degrees(lon)),
            admin_state: admin_state.as_ref().map(word),
            accessibility: word(&site.accessibility),
            stations,
            created_at: site.created_at,
        }
    }
}

/// A new site.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteBody {
    pub name: String,
    pub address: Option<String>,
    pub city: Option<String>,
    /// ISO 3166-1 alpha-2 code.
    pub country: Option<String>,
    /// IANA name; `UTC` when not given.
    pub time_zone: Option<String>,
    /// Degrees, WGS 84; goes with the longitude.
    pub latitude: Option<f64>,
    /// Degrees, WGS 84; goes with the latitude.
    pub longitude: Option<f64>,
    /// `in_service` when not given.
    #[schema(value_type = Option<words::AdminState>)]
    pub admin_state: Option<AdminState>,
    /// `restricted` when not given.
    #[schema(value_type = Option<words::Accessibility>)]
    pub accessibility: Option<Accessibility>,
}

/// Changes to a site: a field left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteChange {
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = String, required = false)]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub address: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub city: Option<Option<String>>,
    /// ISO 3166-1 alpha-2 code.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub country: Option<Option<String>>,
    /// IANA name.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = String, required = false)]
    pub time_zone: Option<String>,
    /// Degrees, WGS 84; goes with the longitude.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<f64>)]
    pub latitude: Option<Option<f64>>,
    /// Degrees, WGS 84; goes with the latitude.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<f64>)]
    pub longitude: Option<Option<f64>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = words::AdminState, required = false)]
    pub admin_state: Option<AdminState>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = words::Accessibility, required = false)]
    pub accessibility: Option<Accessibility>,
}

impl SiteBody {
    /// What is said of the site.
    pub fn from_body(body: Self) -> Result<SiteEdit, Problem> {
        Ok(SiteEdit {
            name: Some(body.name),
            address: Some(body.address),
            city: Some(body.city),
            country: Some(body.country),
            time_zone: body.time_zone,
            position_e7: position_e7(Some(body.latitude), Some(body.longitude))?,
            admin_state: body.admin_state,
            accessibility: body.accessibility,
            when: Precondition::None,
        })
    }
}

impl SiteChange {
    /// What is said of the site anew, where `when` holds.
    pub fn from_body(body: Self, when: Precondition) -> Result<SiteEdit, Problem> {
        Ok(SiteEdit {
            name: body.name,
            address: body.address,
            city: body.city,
            country: body.country,
            time_zone: body.time_zone,
            position_e7: position_e7(body.latitude, body.longitude)?,
            admin_state: body.admin_state,
            accessibility: body.accessibility,
            when,
        })
    }
}

/// A position in degrees times 1e7: none when nothing was said of it.
#[allow(clippy::option_option)] // said or not, and known or not
fn position_e7(
    latitude: Option<Option<f64>>,
    longitude: Option<Option<f64>>,
) -> Result<Option<Option<(i64, i64)>>, Problem> {
    #[allow(clippy::cast_possible_truncation)] // what is too large stays too large
    let e7 = |degrees: f64| (degrees * DEGREE_E7).round() as i64;
    match (latitude, longitude) {
        (None, None) => Ok(None),
        (Some(None), Some(None)) => Ok(Some(None)),
        (Some(Some(latitude)), Some(Some(longitude))) => {
            Ok(Some(Some((e7(latitude), e7(longitude)))))
        }
        (Some(Some(_)), _) | (Some(None), None | Some(Some(_))) => Err(together("/longitude")),
        (None, Some(_)) => Err(together("/latitude")),
    }
}

fn together(pointer: &str) -> Problem {
    Problem::field(pointer, "required", "Latitude and longitude go together.")
}

columns!(SiteView: site => {
    "id": site.id,
    "name": site.name,
    "address": site.address,
    "city": site.city,
    "country": site.country,
    "time_zone": site.time_zone,
    "latitude": site.latitude,
    "longitude": site.longitude,
    "admin_state": site.admin_state,
    "accessibility": site.accessibility,
    "stations": site.stations,
    "created_at": site.created_at,
});
