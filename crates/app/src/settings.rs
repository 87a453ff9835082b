//! What stations should be set to, against what they report (house.md 4, desired state): wishes by
//! hand and by template, the drift between the two, and the way back. An edit changes wishes and
//! nothing else; [`look_after`] brings stations to them, on boot, on change and on a timer.
//!
//! A password or key is never a wish: a station does not tell it, so nobody could say whether it
//! holds, and it would stand in the database. Such a setting is written by a command, or renewed.

mod compare;
mod drift;
mod lines;
mod read;
mod reconcile;
mod sync;
mod wishes;

use domain::command::VariableName;
use domain::event::Change;
use domain::id::StationId;
use domain::role::Caller;
use domain::station::Station;
use domain::variable::VariableReading;

use crate::app::App;
use crate::error::Error;
use crate::link::StationLink;

pub use compare::{Compared, compare};
pub use drift::{DriftQuery, drift, site_variables};
pub use lines::{Line, LineQuery, Summary, list, summary};
pub use read::begin_reading;
pub(crate) use reconcile::look_after;
pub use store::{Configuration, DriftRow, Reading};
pub(crate) use wishes::review_value;
pub use wishes::{Diff, Edit, Edited, NewWish, apply, choose, edit, wish};

/// Who acts when Busbar brings a station to what is wished of it.
const BUSBAR: Caller = Caller::System { why: "settings" };

/// What a station told of these variables; for its own connection.
pub async fn told(
    app: &App,
    link: &StationLink,
    names: &[VariableName],
) -> Result<Vec<VariableReading>, Error> {
    let told = app
        .store()
        .read
        .variables_named(link.station, names)
        .await?;
    Ok(told)
}

/// The fact that something changed about a station's settings.
fn updated(app: &App, station: &Station) -> domain::event::Event {
    let change = Change::SettingsUpdated;
    app.fact(station.org, station.site, Some(station.id), change)
}

/// How far a station is, also one of which nothing is on record.
async fn configuration(app: &App, station: &Station) -> Result<Configuration, Error> {
    let found = app.store().read.configuration(station.id).await?;
    Ok(found.unwrap_or_else(|| Configuration::new(station.org, station.id)))
}

/// Looks after the station at once, where this node may; else its turn comes with the timer.
fn hurry(app: &App, station: StationId) {
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = look_after(&app).await {
            tracing::debug!(station.id = %station, "its settings wait for the timer: {error}");
        }
    });
}
