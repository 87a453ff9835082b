//! `/sessions`: charging sessions and their readings.

use actix_web::{HttpRequest, HttpResponse, web};
use app::exports::Export;
use app::sessions::{SessionSort, Sort};
use domain::id::{SessionId, SiteId, StationId};
use domain::personal::Personal;
use domain::role::{Caller, Permission};
use domain::session::SessionState;
use domain::token::TokenUid;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::listing::{self, Form, Paging};
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query;
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::session::{MeterView, PointView, SessionTokenView, SessionView, SuspicionView};
use crate::view::{ListView, word};

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/sessions", Need::Permission(Permission::SessionsView), list, Exported(Export::Sessions)),
    endpoint!(GET "/sessions/{id}", Need::Permission(Permission::SessionsView), find),
    endpoint!(GET "/sessions/{id}/meter", Need::Permission(Permission::SessionsView), meter),
];

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionQuery {
    station_id: Option<String>,
    site_id: Option<String>,
    /// `active` or `ended`.
    state: Option<String>,
    /// Only those a person should look at, or only the others.
    suspect: Option<bool>,
    /// Begun at or after.
    from: Option<String>,
    /// Begun before.
    to: Option<String>,
    /// Needs the right to driver data.
    token: Option<String>,
    /// `-started` when not given, or `ended` (those that run come last) or `energy` (those of
    /// which it is not known come first); with a `-` before it, the greatest first. A file is
    /// sorted by `started` only.
    sort: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

const SORTS: &[(&str, SessionSort)] = &[
    ("started", SessionSort::Started),
    ("ended", SessionSort::Ended),
    ("energy", SessionSort::Energy),
];
const FILE_SORTS: &[(&str, SessionSort)] = &[("started", SessionSort::Started)];

/// Charging sessions, the newest first.
#[utoipa::path(get, path = "/sessions", tag = "sessions", params(SessionQuery),
    responses((status = 200, body = ListView<SessionView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    query: web::Query<SessionQuery>,
) -> Result<HttpResponse, Problem> {
    let q = query.into_inner();
    let sorts = match listing::form(&request) {
        Form::Json => SORTS,
        Form::Csv | Form::Xlsx => FILE_SORTS,
    };
    let filter = app::sessions::SessionQuery {
        station: query::id::<StationId>("station_id", q.station_id.as_deref())?,
        site: query::id::<SiteId>("site_id", q.site_id.as_deref())?,
        state: query::words::<SessionState>("state", q.state.as_deref())?
            .first()
            .copied(),
        suspect: q.suspect,
        from: query::moment("from", q.from.as_deref())?,
        to: query::moment("to", q.to.as_deref())?,
        token: q.token.as_deref().map(TokenUid::new),
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
#[utoipa::path(get, path = "/sessions/{id}", tag = "sessions",
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
#[utoipa::path(get, path = "/sessions/{id}/meter", tag = "sessions",
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

fn view(state: &State, caller: &Caller, row: app::sessions::SessionView) -> SessionView {
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
        driver: None,
        stop_reason: session.stop_reason,
        suspect: session
            .suspicions
            .into_iter()
            .map(SuspicionView::to_view)
            .collect(),
        wire_id: session.wire,
    }
}
