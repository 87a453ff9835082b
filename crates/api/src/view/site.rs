//! Sites as the API shows and takes them.

use app::sites::SiteView as Found;
use chrono::{DateTime, Utc};
use domain::site::{Accessibility, AdminState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::word;
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
    pub admin_state: String,
    pub accessibility: String,
    /// How many stations stand here.
    pub stations: i64,
    pub created_at: DateTime<Utc>,
}

const DEGREE_E7: f64 = 1e7;

impl SiteView {
    pub fn to_view(found: Found) -> Self {
        let Found { site, stations, .. } = found;
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
            admin_state: word(&site.admin_state),
            accessibility: word(&site.accessibility),
            stations,
            created_at: site.created_at,
        }
    }
}

/// A new site, or the changes to one. In a PATCH, a field left out stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteBody {
    pub name: Option<String>,
    #[serde(default, deserialize_with = "super::station::present")]
    #[schema(value_type = Option<String>)]
    pub address: Option<Option<String>>,
    #[serde(default, deserialize_with = "super::station::present")]
    #[schema(value_type = Option<String>)]
    pub city: Option<Option<String>>,
    #[serde(default, deserialize_with = "super::station::present")]
    #[schema(value_type = Option<String>)]
    pub country: Option<Option<String>>,
    pub time_zone: Option<String>,
    #[serde(default, deserialize_with = "super::station::present")]
    #[schema(value_type = Option<f64>)]
    pub latitude: Option<Option<f64>>,
    #[serde(default, deserialize_with = "super::station::present")]
    #[schema(value_type = Option<f64>)]
    pub longitude: Option<Option<f64>>,
    #[schema(value_type = Option<String>)]
    pub admin_state: Option<AdminState>,
    #[schema(value_type = Option<String>)]
    pub accessibility: Option<Accessibility>,
}

impl SiteBody {
    /// The position in degrees times 1e7: none when nothing was said of it.
    pub fn position_e7(&self) -> Result<Option<Option<(i64, i64)>>, Problem> {
        match (self.latitude, self.longitude) {
            (None, None) => Ok(None),
            (Some(None), Some(None)) => Ok(Some(None)),
            (Some(Some(lat)), Some(Some(lon))) => {
                if !(-90.0..=90.0).contains(&lat) {
                    return Err(Problem::field(
                        "/latitude",
                        "out_of_range",
                        "latitude is -90 to 90",
                    ));
                }
                if !(-180.0..=180.0).contains(&lon) {
                    return Err(Problem::field(
                        "/longitude",
                        "out_of_range",
                        "longitude is -180 to 180",
                    ));
                }
                #[allow(clippy::cast_possible_truncation)] // bounded above
                let e7 = |degrees: f64| (degrees * DEGREE_E7).round() as i64;
                Ok(Some(Some((e7(lat), e7(lon)))))
            }
            _ => Err(Problem::field(
                "/latitude",
                "incomplete",
                "latitude and longitude go together",
            )),
        }
    }
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
