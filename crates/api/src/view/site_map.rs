//! The fleet on a map, as the API shows it.

use app::site_map::{SiteMap, SiteOnMap};
use serde::Serialize;
use utoipa::ToSchema;

/// A site on a map. Each of its stations counts once: as offline, else as faulted, else as charging,
/// else as idle.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SiteOnMapView {
    pub id: String,
    pub name: String,
    pub city: Option<String>,
    /// Degrees, WGS 84.
    pub latitude: f64,
    /// Degrees, WGS 84.
    pub longitude: f64,
    /// How many stations stand here.
    pub stations: i64,
    /// Not connected.
    pub offline: i64,
    /// Connected, with a faulted connector.
    pub faulted: i64,
    /// Connected, none faulted, and somebody charges.
    pub charging: i64,
    /// Connected, and none of these.
    pub idle: i64,
    /// Sum over the stations that are connected.
    pub power_w: i64,
}

/// The sites of a map.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SiteMapView {
    /// Sites with a position, by name.
    pub sites: Vec<SiteOnMapView>,
    /// Whether there are more than are told of; a smaller `bbox` tells of all in it.
    pub truncated: bool,
    /// How many sites have no position, and so are on no map.
    pub unplaced: i64,
}

impl SiteOnMapView {
    fn to_view(site: SiteOnMap) -> Self {
        #[allow(clippy::cast_precision_loss)] // 1.8e9 at most: exact in an f64
        let degrees = |e7: i64| e7 as f64 / 1e7;
        Self {
            id: site.id.to_string(),
            name: site.name,
            city: site.city,
            latitude: degrees(site.position_e7.0),
            longitude: degrees(site.position_e7.1),
            stations: site.stations,
            offline: site.offline,
            faulted: site.faulted,
            charging: site.charging,
            idle: site.stations - site.offline - site.faulted - site.charging,
            power_w: site.power_w,
        }
    }
}

impl SiteMapView {
    pub fn to_view(map: SiteMap) -> Self {
        Self {
            sites: map.sites.into_iter().map(SiteOnMapView::to_view).collect(),
            truncated: map.truncated,
            unplaced: map.unplaced,
        }
    }
}
