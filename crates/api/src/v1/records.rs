//! What is kept about stations: `/logs` of all, `/stations/{id}/logs`, `variables`, `deviations`,
//! `notices`.

use actix_web::{HttpRequest, HttpResponse, web};
use app::exports::Export;
use app::logs::Whose;
use domain::deviation::DeviationCount;
use domain::id::{SessionId, SiteId, StationId};
use domain::role::{Caller, Permission};
use domain::variable::VariableReading;
use domain::wire_log::Direction;
use serde::Deserialize;
use utoipa::IntoParams;

use super::sites::PageQuery;
use crate::listing::{self, Paging};
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, At, Limit, Query};
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::log::{DeviationCountView, LogView, NoticeView};
use crate::view::station::VariableView;
use crate::view::{ListView, words};

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/logs", Need::Permission(Permission::LogsView), fleet_logs, Exported(Export::Logs)),
    endpoint!(GET "/stations/{id}/logs", Need::Permission(Permission::LogsView), logs, Exported(Export::Logs)),
    endpoint!(GET "/stations/{id}/variables", Need::Permission(Permission::StationSettingsView), variables),
    endpoint!(GET "/stations/{id}/deviations", Need::Permission(Permission::StationsList), deviations),
    endpoint!(GET "/stations/{id}/notices", Need::Permission(Permission::StationsList), notices),
];

#[derive(Deserialize, IntoParams)]
pub(crate) struct LogQuery {
    /// Names of calls, with commas.
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    action: Vec<String>,
    #[param(value_type = Option<words::Direction>)]
    direction: Option<Direction>,
    /// Only the call of this message id and the answer to it.
    message_id: Option<String>,
    /// Only of this session.
    #[param(value_type = Option<String>)]
    session_id: Option<SessionId>,
    /// Part of the payload, as the caller may read it; needs `logs.search`.
    q: Option<String>,
    /// Only refusals, unreadable frames and those with deviations.
    errors_only: Option<bool>,
    /// At or after.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    from: Option<At>,
    /// Before.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    to: Option<At>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Frames of a station, the newest first.
#[utoipa::path(get, path = "/stations/{id}/logs", operation_id = "list_logs", tag = "logs", params(LogQuery),
    responses((status = 200, body = ListView<LogView>)))]
pub(crate) async fn logs(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(q): Query<LogQuery>,
) -> Result<HttpResponse, Problem> {
    let whose = Whose::Station(query::path_id(&id)?);
    let (filter, paging) = q.asked();
    frames(&state, &request, caller.0, whose, filter, paging).await
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct FleetQuery {
    /// Only of stations with this in identity or name, without case.
    station: Option<String>,
    /// Only of stations at this site.
    #[param(value_type = Option<String>)]
    site_id: Option<SiteId>,
}

/// Frames of all stations within reach, the newest first.
#[utoipa::path(get, path = "/logs", operation_id = "list_fleet_logs", tag = "logs", params(FleetQuery, LogQuery),
    responses((status = 200, body = ListView<LogView>)))]
pub(crate) async fn fleet_logs(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(fleet): Query<FleetQuery>,
    Query(q): Query<LogQuery>,
) -> Result<HttpResponse, Problem> {
    let whose = Whose::Fleet {
        site: fleet.site_id,
        named: fleet.station,
    };
    let (filter, paging) = q.asked();
    frames(&state, &request, caller.0, whose, filter, paging).await
}

impl LogQuery {
    fn asked(self) -> (app::logs::LogQuery, Paging) {
        let filter = app::logs::LogQuery {
            actions: self.action,
            direction: self.direction,
            message_id: self.message_id,
            session: self.session_id,
            errors_only: self.errors_only.unwrap_or(false),
            text: self.q,
            from: self.from.map(|at| at.0),
            to: self.to.map(|at| at.0),
        };
        let paging = Paging {
            limit: self.limit,
            cursor: self.cursor,
        };
        (filter, paging)
    }
}

async fn frames(
    state: &web::Data<State>,
    request: &HttpRequest,
    caller: Caller,
    whose: Whose,
    filter: app::logs::LogQuery,
    paging: Paging,
) -> Result<HttpResponse, Problem> {
    let read = move |state: web::Data<State>, caller, page| {
        let (whose, filter) = (whose.clone(), filter.clone());
        async move {
            let page = app::logs::list(&state.app, &caller, &whose, &filter, &page).await?;
            Ok(page.map(LogView::to_view))
        }
    };
    listing::answer(state, request, caller, paging, Export::Logs, read).await
}

/// What a station reported of its configuration and device model.
#[utoipa::path(get, path = "/stations/{id}/variables", operation_id = "list_variables", tag = "stations", params(PageQuery),
    responses((status = 200, body = ListView<VariableView>)))]
pub(crate) async fn variables(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<web::Json<ListView<VariableView>>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let rows = app::stations::variables(&state.app, &caller.0, id).await?;
    let key = |(reading, _): &(VariableReading, _)| {
        format!("{:?}\u{1f}{}", reading.name, reading.attribute)
    };
    let page = listing::cut(&request, &query.page(), rows, key)?;
    Ok(web::Json(ListView::to_view(page, |(reading, at)| {
        VariableView::to_view(reading, at)
    })))
}

/// What was forgiven to a station.
#[utoipa::path(get, path = "/stations/{id}/deviations", operation_id = "list_deviations", tag = "logs", params(PageQuery),
    responses((status = 200, body = ListView<DeviationCountView>)))]
pub(crate) async fn deviations(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<web::Json<ListView<DeviationCountView>>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let rows = app::stations::deviations(&state.app, &caller.0, id).await?;
    let key = |count: &DeviationCount| format!("{}\u{1f}{}", count.code, count.action);
    let page = listing::cut(&request, &query.page(), rows, key)?;
    Ok(web::Json(ListView::to_view(
        page,
        DeviationCountView::to_view,
    )))
}

/// Security events, firmware progress and the like.
#[utoipa::path(get, path = "/stations/{id}/notices", operation_id = "list_notices", tag = "logs", params(PageQuery),
    responses((status = 200, body = ListView<NoticeView>)))]
pub(crate) async fn notices(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<web::Json<ListView<NoticeView>>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let page = query.page();
    let page = app::stations::notices(&state.app, &caller.0, id, &page).await?;
    Ok(web::Json(ListView::to_view(page, |(id, notice)| {
        NoticeView::to_view(id, notice)
    })))
}
