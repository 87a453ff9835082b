//! Charging sessions and their readings, for people.

use domain::clock::Moment;
use domain::id::{DriverId, SessionId, SiteId, StationId};
use domain::meter::MeterPoint;
use domain::page::{Page, PageRequest};
use domain::personal::Personal;
use domain::role::{Caller, Permission};
use domain::session::{Session, SessionState};
use domain::token::TokenUid;
use store::{SessionFilter, SessionRow};

use crate::app::App;
use crate::error::Error;
use crate::gate;

pub use store::{SessionSort, Sort};

/// Which sessions are wanted.
#[derive(Debug, Clone)]
pub struct SessionQuery {
    /// Only at this station.
    pub station: Option<StationId>,
    /// Only at this site.
    pub site: Option<SiteId>,
    /// Only in this state.
    pub state: Option<SessionState>,
    /// Only those a person should look at, or only the others.
    pub suspect: Option<bool>,
    /// Begun at or after.
    pub from: Option<Moment>,
    /// Begun before.
    pub to: Option<Moment>,
    /// Only of this token: refused without the right to driver data, for it would be an oracle.
    pub token: Option<TokenUid>,
    /// Only of this driver: refused in the same way.
    pub driver: Option<DriverId>,
    /// In which order.
    pub sort: Sort<SessionSort>,
}

impl Default for SessionQuery {
    fn default() -> Self {
        Self {
            station: None,
            site: None,
            state: None,
            suspect: None,
            from: None,
            to: None,
            token: None,
            driver: None,
            sort: Sort::down(SessionSort::Started),
        }
    }
}

/// A session with what people see beside it.
#[derive(Debug, Clone)]
pub struct SessionView {
    /// The session; its token is sealed.
    pub session: Session,
    /// The station's name on the wire.
    pub station_identity: String,
    /// Name of the site.
    pub site_name: Option<String>,
    /// The token as everybody may see it.
    pub token_masked: Option<String>,
    /// Name of the driver, sealed.
    pub driver_name: Option<Personal<String>>,
}

impl SessionView {
    pub(crate) fn of(row: SessionRow) -> Self {
        Self {
            token_masked: row.session.token.as_ref().map(|t| t.sealed().masked()),
            session: row.session,
            station_identity: row.station_identity,
            site_name: row.site_name,
            driver_name: row.driver_name,
        }
    }

    /// The token, sealed: reveal it with [`crate::driver_data`].
    #[must_use]
    pub fn token(&self) -> Option<&Personal<TokenUid>> {
        self.session.token.as_ref()
    }
}

/// Sessions within reach, sorted, with `sessions.view`.
pub async fn list(
    app: &App,
    caller: &Caller,
    query: &SessionQuery,
    page: &PageRequest,
) -> Result<Page<SessionView>, Error> {
    let pass = gate::permit(app, caller, Permission::SessionsView).await?;
    if query.token.is_some() || query.driver.is_some() {
        gate::demand_driver_data(app, caller)?;
    }
    let filter = SessionFilter {
        station: query.station,
        sites: pass.narrowed(query.site),
        state: query.state,
        suspect: query.suspect,
        from: query.from,
        to: query.to,
        token: query.token.clone(),
        driver: query.driver,
        sort: query.sort,
    };
    let found = app.store().read.sessions(pass.org, &filter, page).await?;
    Ok(found.map(SessionView::of))
}

/// A session within reach, with `sessions.view`.
pub async fn find(app: &App, caller: &Caller, id: SessionId) -> Result<SessionView, Error> {
    let pass = gate::permit(app, caller, Permission::SessionsView).await?;
    let row = app.store().read.session(pass.org, id).await?;
    let row = row.ok_or(Error::NotFound)?;
    pass.reach(row.session.site)?;
    Ok(SessionView::of(row))
}

/// The readings of a session within reach, in the order of the station's clock, with
/// `sessions.view`. Readings without a place of their own, such as signed ones, can name the
/// driver and are left out for whoever may not know.
pub async fn meter(app: &App, caller: &Caller, id: SessionId) -> Result<Vec<MeterPoint>, Error> {
    find(app, caller, id).await?;
    let mut points = app.store().read.session_points(id).await?;
    if gate::driver_data(app, caller).is_none() {
        points.iter_mut().for_each(|p| p.others.clear());
    }
    Ok(points)
}
