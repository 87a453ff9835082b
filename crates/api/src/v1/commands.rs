//! `/stations/{id}/commands` and `/stations/{id}/ocpp`: what people ask of a station.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use domain::command::CommandState;
use domain::id::{CommandId, StationId};
use domain::role::Permission;

use super::sites::PageQuery;
use crate::body::Body;
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Query};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::view::ListView;
use crate::view::command::{CommandErrorView, CommandView, RawBody, RawView};
use crate::view::params::CommandBody;

const BY_KIND: &[Permission] = &[
    Permission::StationsControl,
    Permission::StationsConfigure,
    Permission::StationsFirmware,
    Permission::StationSettingsView,
];

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/stations/{id}/commands", Need::Permission(Permission::StationsControl), list),
    endpoint!(POST "/stations/{id}/commands", Need::ByKind(BY_KIND), issue),
    endpoint!(GET "/stations/{id}/commands/{command}", Need::Permission(Permission::StationsControl), find),
    endpoint!(POST "/stations/{id}/ocpp", Need::Permission(Permission::StationsRawOcpp), raw),
];

/// The longest that `Prefer: wait` waits, in seconds.
const LONGEST_WAIT_S: u64 = 60;
/// How long a raw call waits for the station's answer.
const RAW_WAIT: Duration = Duration::from_secs(35);

/// Commands to a station, the newest first.
#[utoipa::path(get, path = "/stations/{id}/commands", operation_id = "list_commands", tag = "commands", params(PageQuery),
    responses((status = 200, body = ListView<CommandView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<web::Json<ListView<CommandView>>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let page = query.page();
    let page = app::commands::list(&state.app, &caller.0, id, &page).await?;
    Ok(web::Json(ListView::to_view(page, CommandView::to_view)))
}

/// Asks a station to do something. With `Prefer: wait=10` the answer is waited for.
#[utoipa::path(post, path = "/stations/{id}/commands", operation_id = "issue_command", tag = "commands", request_body = CommandBody,
    params(("Prefer" = Option<String>, Header,
        description = "`wait=10` waits up to so many seconds, 60 at most, for what comes of it.")),
    responses((status = 200, body = CommandView), (status = 202, body = CommandView)))]
pub(crate) async fn issue(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<CommandBody>,
) -> Result<HttpResponse, Problem> {
    let id: StationId = query::path_id(&id)?;
    let ask = CommandBody::from_body(body, state.app.now())?;
    let record = app::commands::issue(&state.app, &caller.0, id, ask).await?;
    let record = match preferred_wait(&request) {
        None => record,
        // The command is on its way, whatever becomes of the waiting.
        Some(wait) => app::commands::wait(&state.app, &caller.0, id, record.id, wait)
            .await
            .unwrap_or(record),
    };
    let mut response = match record.state {
        CommandState::Queued | CommandState::Sent => HttpResponse::Accepted(),
        _ => HttpResponse::Ok(),
    };
    response.insert_header(location(&format!("/stations/{id}/commands/{}", record.id)));
    Ok(response.json(CommandView::to_view(record)))
}

/// A command and what came of it.
#[utoipa::path(get, path = "/stations/{id}/commands/{command}", operation_id = "get_command", tag = "commands",
    responses((status = 200, body = CommandView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    ids: web::Path<(String, String)>,
) -> Result<web::Json<CommandView>, Problem> {
    let station: StationId = query::path_id(&ids.0)?;
    let command: CommandId = query::path_id(&ids.1)?;
    let record = app::commands::find(&state.app, &caller.0, station, command).await?;
    Ok(web::Json(CommandView::to_view(record)))
}

/// Sends any call of the station's protocol, checked against the official schema, and waits for
/// the answer.
#[utoipa::path(post, path = "/stations/{id}/ocpp", operation_id = "call_ocpp", tag = "commands", request_body = RawBody,
    responses((status = 200, body = RawView)))]
pub(crate) async fn raw(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Body(body): Body<RawBody>,
) -> Result<web::Json<RawView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let RawBody { action, payload } = body;
    let record = app::raw::send(
        &state.app,
        &caller.0,
        id,
        action,
        payload.to_string(),
        RAW_WAIT,
    )
    .await?;
    let outcome = record.outcome.as_ref();
    let answer = outcome.and_then(|o| o.answer.as_deref());
    let result = match record.state {
        CommandState::Accepted | CommandState::Rejected | CommandState::Completed => "accepted",
        CommandState::Error => "call_error",
        CommandState::Queued | CommandState::Sent | CommandState::Timeout => "timeout",
    };
    Ok(web::Json(RawView {
        command_id: record.id.to_string(),
        result,
        payload: answer.and_then(|text| serde_json::from_str(text).ok()),
        error: outcome
            .and_then(|o| o.error.clone())
            .map(|e| CommandErrorView {
                code: e.code,
                text: e.text,
            }),
    }))
}

/// Seconds of `Prefer: wait=N` (RFC 7240).
fn preferred_wait(request: &HttpRequest) -> Option<Duration> {
    let prefer = request.headers().get("prefer")?.to_str().ok()?;
    let seconds = prefer
        .split(',')
        .find_map(|p| p.trim().strip_prefix("wait="))?;
    Some(Duration::from_secs(
        seconds.parse::<u64>().ok()?.min(LONGEST_WAIT_S),
    ))
}
