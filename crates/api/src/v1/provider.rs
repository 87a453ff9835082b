//! `/login/provider` and `/me/provider`: signing in at an identity provider, and showing there again
//! who one is.

use actix_web::{HttpRequest, HttpResponse, web};

use super::access::{Seen, Step, entered};
use crate::body::Body;
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::account::{ChallengeView, EnteredView};
use crate::view::provider::{DepartureView, ReturnBody};

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(POST "/login/provider/begin", Need::Open, begin, Keyless),
    endpoint!(POST "/login/provider", Need::Open, sign_in, Keyless),
    endpoint!(POST "/me/provider/begin", Need::SignedIn, begin_again, SecretAnswer),
    endpoint!(DELETE "/me/provider", Need::SignedIn, unlink),
];

/// Begins a sign-in at the identity provider; 409 where none is configured.
#[utoipa::path(post, path = "/login/provider/begin", operation_id = "begin_provider_log_in", tag = "access",
    responses((status = 200, body = DepartureView)))]
pub(crate) async fn begin(state: web::Data<State>) -> Result<web::Json<DepartureView>, Problem> {
    let departure = app::identity_provider::depart(&state.app).await?;
    Ok(web::Json(DepartureView::to_view(departure)))
}

/// Signs in whoever comes back from the identity provider, or tells that a second factor is needed.
#[utoipa::path(post, path = "/login/provider", operation_id = "log_in_by_provider", tag = "access",
    request_body = ReturnBody,
    responses((status = 200, body = EnteredView), (status = 202, body = ChallengeView)))]
pub(crate) async fn sign_in(
    state: web::Data<State>,
    request: HttpRequest,
    Body(body): Body<ReturnBody>,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(&request);
    let back = body.to_domain();
    let tried = app::logins::open_provider(&state.app, back, seen.visitor()).await?;
    Ok(match entered(&request, tried)? {
        Step::In(mut response, entered) => response.json(entered),
        Step::Waits(challenge) => HttpResponse::Accepted().json(challenge),
    })
}

/// Takes the connection of the caller's account with the identity provider away.
#[utoipa::path(delete, path = "/me/provider", operation_id = "unlink_provider", tag = "account",
    responses((status = 204)))]
pub(crate) async fn unlink(
    state: web::Data<State>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    app::identity_provider::unlink(&state.app, &caller.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Begins to show at the identity provider again who one is; what comes back goes to
/// `POST /me/confirm`.
#[utoipa::path(post, path = "/me/provider/begin", operation_id = "begin_provider_confirmation", tag = "account",
    responses((status = 200, body = DepartureView)))]
pub(crate) async fn begin_again(
    state: web::Data<State>,
    caller: SignedIn,
) -> Result<web::Json<DepartureView>, Problem> {
    let departure = app::identity_provider::depart_again(&state.app, &caller.0).await?;
    Ok(web::Json(DepartureView::to_view(departure)))
}
