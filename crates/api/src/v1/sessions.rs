//! `/sessions`: charging sessions and their readings.

use actix_web::{HttpRequest, HttpResponse, web};
use app::exports::Export;
use app::sessions::{SessionSort, Sort};
use domain::id::{DriverId, SessionId, SiteId, StationId};
use domain::personal::Personal;
use domain::role::{Caller, Permission};
use domain::session::SessionState;
use domain::token::TokenUid;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::listing::{self, Form, Paging};
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, At, Limit, Query};
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::session::{MeterView, PointView, SessionTokenView, SessionView, SuspicionView};
use crate::view::{ListView, word, words};

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/sessions", Need::Permission(Permission::SessionsView), list, Exported(Export::Sessions)),
    endpoint!(GET "/sessions/{id}", Need::Permission(Permission::SessionsView), find),
    endpoint!(GET "/sessions/{id}/meter", Need::Permission(Permission::SessionsView), meter),
];

#[derive(Deserialize, IntoParams)]
pub(crate) struct SessionQuery {
    #[param(value_type = Option<String>)]
    station_id: Option<StationId>,
    #[param(value_type = Option<String>)]
    site_id: Option<SiteId>,
    #[param(value_type = Option<words::SessionState>)]
    state: Option<SessionState>,
    /// Only those a person should look at, or only the others.
    suspect: Option<bool>,
    /// Begun at or after.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    from: Option<At>,
    /// Begun before.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    to: Option<At>,
    /// Needs the right to driver data.
    token: Option<String>,
    /// Needs the right to driver data.
    #[param(value_type = Option<String>)]
    driver_id: Option<DriverId>,
    /// `-started` when not given, or `ended` (those that run come last) or `energy` (those that run
    /// and those of which it is not known come first); with a `-` before it, the greatest first. A
    /// file is sorted by `started` only.
    #[param(value_type = Option<words::SessionOrder>)]
    sort: Option<String>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

pub(crate) const SORTS: &[(&str, SessionSort)] = &[
    ("started", SessionSort::Started),
    ("ended", SessionSort::Ended),
    ("energy", SessionSort::Energy),
];
const FILE_SORTS: &[(&str, SessionSort)] = &[("started", SessionSort::Started)];

/// Charging sessions, the newest first.
#[utoipa::path(get, path = "/sessions", operation_id = "list_sessions", tag = "sessions", params(SessionQuery),
    responses((status = 200, body = ListView<SessionView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(q): Query<SessionQuery>,
) -> Result<HttpResponse, Problem> {
    let sorts = match listing::form(&request) {
        Form::Json => SORTS,
        Form::Csv | Form::Lines | Form::Xlsx => FILE_SORTS,
    };
    let filter = app::sessions::SessionQuery {
        station: q.station_id,
        site: q.site_id,
        state: q.state,
        suspect: q.suspect,
        from: q.from.map(|at| at.0),
        to: q.to.map(|at| at.0),
        token: q.token.as_deref().map(TokenUid::new),
        driver: q.driver_id,
        sort: query::sort(q.sort.as_deref(), sorts, Sort::down(SessionSort::Started))?,
    };
    let paging = Paging {
        limit: q.limit,
        cursor: q.cursor,
    };
    let read = move |state: web::Data<State>, caller: Caller, page| {
        let filter = filter.clone();
        async move {
            let page = app::sessions::list(&state.app, &caller, &filter, &page).await?;
            Ok(page.map(|row| view(&state, &caller, row)))
        }
    };
    listing::answer(&state, &request, caller.0, paging, Export::Sessions, read).await
}

/// A charging session.
#[utoipa::path(get, path = "/sessions/{id}", operation_id = "get_session", tag = "sessions",
    responses((status = 200, body = SessionView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<SessionView>, Problem> {
    let id: SessionId = query::path_id(&id)?;
    let row = app::sessions::find(&state.app, &caller.0, id).await?;
    Ok(web::Json(view(&state, &caller.0, row)))
}

/// The readings of a session.
#[utoipa::path(get, path = "/sessions/{id}/meter", operation_id = "get_session_meter", tag = "sessions",
    responses((status = 200, body = MeterView)))]
pub(crate) async fn meter(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<MeterView>, Problem> {
    let id: SessionId = query::path_id(&id)?;
    let points = app::sessions::meter(&state.app, &caller.0, id).await?;
    let peak = points.iter().filter_map(|p| p.power).max();
    let summary = match (points.len(), peak) {
        (0, _) => "No readings.".to_owned(),
        (n, Some(peak)) => format!("{n} readings, at most {peak}."),
        (n, None) => format!("{n} readings, none of power."),
    };
    Ok(web::Json(MeterView {
        points: points.iter().map(PointView::to_view).collect(),
        summary,
    }))
}

pub(crate) fn view(state: &State, caller: &Caller, row: app::sessions::SessionView) -> SessionView {
    let session = row.session;
    let grant = app::driver_data(&state.app, caller);
    let label = |token: &Personal<TokenUid>| match &grant {
        Some(grant) => SessionTokenView {
            label: token.reveal(grant).as_str().to_owned(),
            masked: false,
        },
        None => SessionTokenView {
            label: row.token_masked.clone().unwrap_or_default(),
            masked: true,
        },
    };
    let until = session.ended_at.unwrap_or_else(|| state.app.now());
    SessionView {
        id: session.id.to_string(),
        station_id: session.station.to_string(),
        station_identity: row.station_identity,
        site_id: session.site.map(|s| s.to_string()),
        site_name: row.site_name,
        evse: session.evse,
        connector: session.connector,
        state: word(&session.state),
        started_at: session.started_at,
        ended_at: session.ended_at,
        energy_wh: session.energy().map(|e| e.get()),
        power_w: session.power.map(|p| p.get()),
        duration_s: (until - session.started_at).num_seconds().max(0),
        token: session.token.as_ref().map(label),
        driver: grant
            .as_ref()
            .and_then(|g| row.driver_name.as_ref().map(|name| name.reveal(g).clone())),
        driver_id: grant
            .as_ref()
            .and_then(|_| session.driver.map(|d| d.to_string())),
        stop_reason: session.stop_reason,
        suspect: session
            .suspicions
            .into_iter()
            .map(SuspicionView::to_view)
            .collect(),
        wire_id: session.wire,
    }
}
