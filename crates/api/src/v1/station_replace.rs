//! `/stations/{id}/replace`: another device behind a station.

use actix_web::{HttpRequest, HttpResponse, web};
use app::stations::{NewPassword, Replacement};
use domain::id::StationId;
use domain::role::Permission;
use serde::Deserialize;
use utoipa::ToSchema;

use super::stations::view;
use crate::body::Body;
use crate::etag;
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query;
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::station::NewStationView;

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(POST "/stations/{id}/replace", Need::Permission(Permission::StationsIdentityReplace), replace, SecretAnswer),
];

/// Another device for a station.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplacementBody {
    /// Its name on the wire: what it puts at the end of the URL.
    pub identity: String,
    /// Drawn when not given; shown once in the answer.
    pub password: Option<String>,
    /// Whether sessions that still run are ended, as the old device last told them; else they are
    /// in the way (409 `charging`). False when not given.
    pub end_sessions: Option<bool>,
}

/// Puts another device behind a station: it keeps its id, place, history, wishes and settings lock,
/// and has another identity and password. What the old device told of itself is forgotten; it is
/// disconnected, commands that it did not answer end with `device_replaced`, and when it comes
/// again it is unknown. `If-Match` is honoured.
#[utoipa::path(post, path = "/stations/{id}/replace", operation_id = "replace_station", tag = "stations", request_body = ReplacementBody,
    responses((status = 200, body = NewStationView)))]
pub(crate) async fn replace(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<ReplacementBody>,
) -> Result<HttpResponse, Problem> {
    let id: StationId = query::path_id(&id)?;
    let new = Replacement {
        identity: body.identity,
        password: body
            .password
            .map_or(NewPassword::Drawn, NewPassword::Chosen),
        end_sessions: body.end_sessions.unwrap_or(false),
        when: etag::when(&request)?,
    };
    let (row, password) = app::stations::replace(&state.app, &caller.0, id, new).await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag::tag(row.revision))
        .json(NewStationView {
            station: view(row),
            password: Some(password),
        }))
}
