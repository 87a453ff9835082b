//! `/me/passkeys` and `/login/passkey`: passkeys of the caller, and signing in by one.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::id::PasskeyId;
use domain::role::Permission;

use super::access::{Seen, Step, entered};
use super::sites::PageQuery;
use crate::body::Body;
use crate::listing;
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Query};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::view::ListView;
use crate::view::account::EnteredView;
use crate::view::passkey::{CeremonyView, PasskeyBody, PasskeySignInBody, PasskeyView};

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/me/passkeys", Need::SignedIn, list),
    endpoint!(POST "/me/passkeys/begin", Need::Permission(Permission::AccountMfa), begin, SecretAnswer),
    endpoint!(POST "/me/passkeys", Need::SignedIn, create),
    endpoint!(DELETE "/me/passkeys/{id}", Need::SignedIn, remove),
    endpoint!(POST "/me/confirm/passkey", Need::SignedIn, begin_confirm, Keyless),
    endpoint!(POST "/login/passkey/begin", Need::Open, begin_sign_in, Keyless),
    endpoint!(POST "/login/passkey", Need::Open, sign_in, Keyless),
];

/// The caller's passkeys, the oldest first.
#[utoipa::path(get, path = "/me/passkeys", operation_id = "list_passkeys", tag = "account", params(PageQuery),
    responses((status = 200, body = ListView<PasskeyView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(q): Query<PageQuery>,
) -> Result<web::Json<ListView<PasskeyView>>, Problem> {
    let rows = app::passkeys::list(&state.app, &caller.0).await?;
    let page = listing::cut(&request, &q.page(), rows, |row| row.id.to_string())?;
    Ok(web::Json(ListView::to_view(page, PasskeyView::to_view)))
}

/// Begins to make a passkey, for somebody who showed lately who they are.
#[utoipa::path(post, path = "/me/passkeys/begin", operation_id = "begin_passkey", tag = "account",
    responses((status = 200, body = CeremonyView)))]
pub(crate) async fn begin(
    state: web::Data<State>,
    caller: SignedIn,
) -> Result<web::Json<CeremonyView>, Problem> {
    let ceremony = app::passkeys::begin(&state.app, &caller.0).await?;
    Ok(web::Json(CeremonyView::to_view(ceremony)))
}

/// Keeps a passkey that the browser made.
#[utoipa::path(post, path = "/me/passkeys", operation_id = "create_passkey", tag = "account",
    request_body = PasskeyBody, responses((status = 201, body = PasskeyView)))]
pub(crate) async fn create(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<PasskeyBody>,
) -> Result<HttpResponse, Problem> {
    let (ceremony, name) = (&body.ceremony, &body.name);
    let made = app::passkeys::finish(&state.app, &caller.0, ceremony, name, body.credential);
    let made = made.await?;
    Ok(HttpResponse::Created()
        .insert_header(location("/me/passkeys"))
        .json(PasskeyView::to_view(made)))
}

/// Removes a passkey of the caller, who showed lately who they are.
#[utoipa::path(delete, path = "/me/passkeys/{id}", operation_id = "remove_passkey", tag = "account",
    responses((status = 204)))]
pub(crate) async fn remove(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: PasskeyId = query::path_id(&id)?;
    app::passkeys::remove(&state.app, &caller.0, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Begins to show again who the caller is, by a passkey: `POST /me/confirm` finishes it.
#[utoipa::path(post, path = "/me/confirm/passkey", operation_id = "begin_passkey_confirm", tag = "account",
    responses((status = 200, body = CeremonyView)))]
pub(crate) async fn begin_confirm(
    state: web::Data<State>,
    caller: SignedIn,
) -> Result<web::Json<CeremonyView>, Problem> {
    let ceremony = app::passkeys::begin_confirm(&state.app, &caller.0).await?;
    Ok(web::Json(CeremonyView::to_view(ceremony)))
}

/// Begins a sign-in by a passkey; nobody says who they are yet.
#[utoipa::path(post, path = "/login/passkey/begin", operation_id = "begin_passkey_log_in", tag = "access",
    responses((status = 200, body = CeremonyView)))]
pub(crate) async fn begin_sign_in(
    state: web::Data<State>,
) -> Result<web::Json<CeremonyView>, Problem> {
    let ceremony = app::passkeys::begin_sign_in(&state.app).await?;
    Ok(web::Json(CeremonyView::to_view(ceremony)))
}

/// Signs in by a passkey, which is both factors.
#[utoipa::path(post, path = "/login/passkey", operation_id = "log_in_by_passkey", tag = "access",
    request_body = PasskeySignInBody, responses((status = 200, body = EnteredView)))]
pub(crate) async fn sign_in(
    state: web::Data<State>,
    request: HttpRequest,
    Body(body): Body<PasskeySignInBody>,
) -> Result<HttpResponse, Problem> {
    let seen = Seen::of(&request);
    let (ceremony, said) = (&body.ceremony, body.credential);
    let tried = app::logins::open_passkey(&state.app, ceremony, said, seen.visitor()).await?;
    Ok(match entered(&request, tried)? {
        Step::In(mut response, entered) => response.json(entered),
        Step::Waits(challenge) => HttpResponse::Accepted().json(challenge),
    })
}
