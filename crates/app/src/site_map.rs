//! The fleet on a map: sites with a position, and how their stations stand, in one answer.

use domain::role::{Caller, Permission};
pub use store::{Bounds, SiteOnMap};

use crate::app::App;
use crate::error::Error;
use crate::gate;

/// The most sites that one answer tells of.
pub const MOST_SITES: usize = 10_000;

/// What a map shows.
#[derive(Debug, Clone)]
pub struct SiteMap {
    /// Sites with a position, by name.
    pub sites: Vec<SiteOnMap>,
    /// Whether there are more than [`MOST_SITES`]; a smaller part of the world tells of all in it.
    pub truncated: bool,
    /// How many sites within reach have no position, and so are on no map.
    pub unplaced: i64,
}

/// Sites within reach that have a position, inside `bounds` where they are given, with
/// `stations.list`.
pub async fn read(app: &App, caller: &Caller, bounds: Option<Bounds>) -> Result<SiteMap, Error> {
    let pass = gate::permit(app, caller, Permission::StationsList).await?;
    let (read, only) = (&app.store().read, pass.sites.as_deref());
    let most = MOST_SITES as u64 + 1;
    let mut sites = read.site_map(pass.org, only, bounds, most).await?;
    let truncated = sites.len() > MOST_SITES;
    sites.truncate(MOST_SITES);
    Ok(SiteMap {
        sites,
        truncated,
        unplaced: read.sites_without_position(pass.org, only).await?,
    })
}
