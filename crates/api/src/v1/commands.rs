//! `/stations/{id}/commands` and `/stations/{id}/ocpp`: what people ask of a station.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::command::{Command, CommandRecord, CommandState, VariableName};
use domain::id::{CommandId, StationId};
use domain::role::Permission;
use domain::token::{TokenKind, TokenUid};
use serde_json::{Value, json};

use super::sites::PageQuery;
use crate::login::SignedIn;
use crate::problem::{Place, Problem};
use crate::query;
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::ListView;
use crate::view::command::{
    AvailabilityParams, CommandBody, CommandErrorView, CommandView, FirmwareParams, RawBody,
    RawView, ReadParams, ReportParams, ResetParams, StartParams, StopParams, TriggerParams,
    UnlockParams, WriteParams, params,
};

const BY_KIND: &[Permission] = &[
    Permission::StationsControl,
    Permission::StationsConfigure,
    Permission::StationsFirmware,
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
#[utoipa::path(get, path = "/stations/{id}/commands", tag = "commands", params(PageQuery),
    responses((status = 200, body = ListView<CommandView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    query: web::Query<PageQuery>,
) -> Result<web::Json<ListView<CommandView>>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let page = query.into_inner().page()?;
    let page = app::commands::list(&state.app, &caller.0, id, &page).await?;
    Ok(web::Json(ListView::to_view(page, view)))
}

/// Asks a station to do something. With `Prefer: wait=10` the answer is waited for.
#[utoipa::path(post, path = "/stations/{id}/commands", tag = "commands", request_body = CommandBody,
    responses((status = 200, body = CommandView), (status = 202, body = CommandView)))]
pub(crate) async fn issue(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    body: web::Json<CommandBody>,
) -> Result<HttpResponse, Problem> {
    let id: StationId = query::path_id(&id)?;
    let CommandBody { kind, params } = body.into_inner();
    let ask = from_body(&state, &kind, params)?;
    let record = app::commands::issue(&state.app, &caller.0, id, ask).await?;
    let Some(wait) = preferred_wait(&request) else {
        return Ok(HttpResponse::Accepted().json(view(record)));
    };
    // The command is on its way, whatever becomes of the waiting.
    let waited = app::commands::wait(&state.app, &caller.0, id, record.id, wait).await;
    let record = waited.unwrap_or(record);
    let settled = !matches!(record.state, CommandState::Queued | CommandState::Sent);
    let mut response = if settled {
        HttpResponse::Ok()
    } else {
        HttpResponse::Accepted()
    };
    Ok(response.json(view(record)))
}

/// A command and what came of it.
#[utoipa::path(get, path = "/stations/{id}/commands/{command}", tag = "commands",
    responses((status = 200, body = CommandView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    ids: web::Path<(String, String)>,
) -> Result<web::Json<CommandView>, Problem> {
    let station: StationId = query::path_id(&ids.0)?;
    let command: CommandId = query::path_id(&ids.1)?;
    let record = app::commands::find(&state.app, &caller.0, station, command).await?;
    Ok(web::Json(view(record)))
}

/// Sends any call of the station's protocol, checked against the official schema, and waits for
/// the answer.
#[utoipa::path(post, path = "/stations/{id}/ocpp", tag = "commands", request_body = RawBody,
    responses((status = 200, body = RawView)))]
pub(crate) async fn raw(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    body: web::Json<RawBody>,
) -> Result<web::Json<RawView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let RawBody { action, payload } = body.into_inner();
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
    let error = outcome.and_then(|o| o.error.clone());
    if let Some(error) = error
        .as_ref()
        .filter(|e| !e.places.is_empty() || e.code == "unsupported")
    {
        let mut problem = Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            if error.places.is_empty() {
                "unsupported"
            } else {
                "invalid_payload"
            },
            error.text.clone(),
        );
        let places = error.places.iter().map(|(pointer, code, detail)| Place {
            pointer: format!("/payload{pointer}"),
            code: code.clone(),
            detail: detail.clone(),
        });
        problem.errors = places.collect();
        return Err(problem);
    }
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
        error: error.map(|e| CommandErrorView {
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

/// What is shown of a command. Personal parts were masked by the use case.
fn view(record: CommandRecord) -> CommandView {
    let params = match &record.command {
        Command::StartSession {
            evse,
            token,
            token_kind,
            ..
        } => {
            json!({"evse": evse, "token": token.as_str(), "token_kind": token_kind})
        }
        Command::StopSession { session, .. } => json!({"session_id": session}),
        Command::Raw { action, payload } => {
            let payload: Value = serde_json::from_str(payload).unwrap_or_default();
            json!({"action": action, "payload": payload})
        }
        Command::WriteVariables { values } => {
            let value = |(name, value): &(VariableName, String)| {
                json!({"component": name.component, "evse": name.evse, "variable": name.variable,
                    "value": value})
            };
            json!({"values": values.iter().map(value).collect::<Vec<_>>()})
        }
        other => match serde_json::to_value(other) {
            Ok(Value::Object(object)) => object.into_iter().next().map_or(json!({}), |(_, v)| v),
            _ => json!({}),
        },
    };
    CommandView::to_view(record, params)
}

fn from_body(state: &State, kind: &str, body: Value) -> Result<Command, Problem> {
    match kind {
        "reset" => {
            let p: ResetParams = params(body)?;
            Ok(Command::Reset {
                kind: p.kind,
                evse: p.evse,
            })
        }
        "start_session" => {
            let p: StartParams = params(body)?;
            let token = TokenUid::new(&p.token);
            if token.as_str().is_empty() {
                return Err(Problem::field(
                    "/params/token",
                    "missing",
                    "a token is needed",
                ));
            }
            let kind = p.token_kind.unwrap_or(TokenKind::Central);
            // The number of the remote start is drawn by the use case.
            Ok(Command::StartSession {
                evse: p.evse,
                token,
                token_kind: kind,
                remote_start: 0,
            })
        }
        "stop_session" => {
            let p: StopParams = params(body)?;
            let session = p.session_id.parse().map_err(|_| {
                Problem::field("/params/session_id", "invalid", "not the id of a session")
            })?;
            // The station's name for it is filled in by the use case.
            Ok(Command::StopSession {
                session,
                wire: String::new(),
            })
        }
        "change_availability" => {
            let p: AvailabilityParams = params(body)?;
            Ok(Command::ChangeAvailability {
                evse: p.evse,
                connector: p.connector,
                operative: p.operative,
            })
        }
        "unlock" => {
            let p: UnlockParams = params(body)?;
            Ok(Command::Unlock {
                evse: p.evse,
                connector: p.connector,
            })
        }
        "trigger" => {
            let p: TriggerParams = params(body)?;
            Ok(Command::Trigger {
                message: p.message,
                evse: p.evse,
                connector: p.connector,
            })
        }
        "read_variables" => {
            let p: ReadParams = params(body)?;
            Ok(Command::ReadVariables {
                names: p.keys.unwrap_or_default(),
            })
        }
        "write_variables" => {
            let p: WriteParams = params(body)?;
            let value = |v: crate::view::command::WriteValue| {
                let name = VariableName {
                    component: v.component,
                    component_instance: v.component_instance,
                    evse: v.evse,
                    connector: v.connector,
                    variable: v.variable,
                    variable_instance: v.variable_instance,
                };
                (name, v.value)
            };
            Ok(Command::WriteVariables {
                values: p.values.into_iter().map(value).collect(),
            })
        }
        "request_report" => {
            let p: ReportParams = params(body)?;
            Ok(Command::RequestReport { kind: p.kind })
        }
        "clear_cache" => Ok(Command::ClearCache),
        "update_firmware" => {
            let p: FirmwareParams = params(body)?;
            Ok(Command::UpdateFirmware {
                url: p.url,
                retrieve_at: p.retrieve_at.unwrap_or_else(|| state.app.now()),
                install_at: p.install_at,
                retries: p.retries,
                retry_interval_s: p.retry_interval_s,
            })
        }
        _ => Err(Problem::field(
            "/type",
            "unknown",
            format!("{kind:?} is not a command"),
        )),
    }
}
