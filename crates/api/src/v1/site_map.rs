//! `/sites/map`: the fleet on a map. Its route stands before those of single sites, whose ids are
//! none of this word.

use actix_web::web;
use app::site_map::Bounds;
use domain::role::Permission;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use utoipa::IntoParams;

use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::Query;
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::site_map::SiteMapView;

pub(crate) const ROUTES: &[Endpoint] =
    &[endpoint!(GET "/sites/map", Need::Permission(Permission::StationsList), map)];

/// A part of the world, as `west,south,east,north` in degrees (RFC 7946 5).
struct Bbox(Bounds);

const DETAIL: &str = "Four numbers with commas between: west, south, east and north in degrees, \
    -180 to 180 and -90 to 90, the south not above the north.";

impl<'de> Deserialize<'de> for Bbox {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        bounds(&text)
            .map(Self)
            .ok_or_else(|| D::Error::custom(DETAIL))
    }
}

fn bounds(text: &str) -> Option<Bounds> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    let &[west, south, east, north] = numbers.ok()?.as_slice() else {
        return None;
    };
    let wide = |degrees: f64| (-180.0..=180.0).contains(&degrees);
    let high = |degrees: f64| (-90.0..=90.0).contains(&degrees);
    if !(wide(west) && wide(east) && high(south) && high(north) && south <= north) {
        return None;
    }
    #[allow(clippy::cast_possible_truncation)] // 1.8e9 at most
    let e7 = |degrees: f64| (degrees * 1e7).round() as i64;
    Some(Bounds {
        west_e7: e7(west),
        south_e7: e7(south),
        east_e7: e7(east),
        north_e7: e7(north),
    })
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct MapQuery {
    /// Only this part of the world: `west,south,east,north` in degrees; a west greater than the east
    /// lies over the 180th meridian.
    #[param(value_type = Option<String>)]
    bbox: Option<Bbox>,
}

/// Sites with a position and how their stations stand: at most 10,000 of them, by name, in one answer.
#[utoipa::path(get, path = "/sites/map", operation_id = "get_site_map", tag = "sites", params(MapQuery),
    responses((status = 200, body = SiteMapView)))]
pub(crate) async fn map(
    state: web::Data<State>,
    caller: SignedIn,
    Query(q): Query<MapQuery>,
) -> Result<web::Json<SiteMapView>, Problem> {
    let bounds = q.bbox.map(|bbox| bbox.0);
    let map = app::site_map::read(&state.app, &caller.0, bounds).await?;
    Ok(web::Json(SiteMapView::to_view(map)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_part_of_the_world_is_four_numbers_that_lie_in_it() {
        let vienna = bounds("16.1, 48.1,16.6,48.4").unwrap();
        assert_eq!(
            (vienna.west_e7, vienna.north_e7),
            (161_000_000, 484_000_000)
        );
        // Over the 180th meridian.
        assert!(bounds("170,-20,-170,0").is_some());
        for odd in [
            "",
            "1,2,3",
            "1,2,3,4,5",
            "a,b,c,d",
            "NaN,0,1,1",
            "0,5,1,4",
            "-181,0,1,1",
            "0,0,1,91",
        ] {
            assert!(bounds(odd).is_none(), "{odd}");
        }
    }
}
