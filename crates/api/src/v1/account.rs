//! One's own account below `/me`: name, password, second factors, logins, and showing again who
//! one is.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use app::logins::OwnLogin;
use app::step_up::Shown;
use domain::id::LoginId;
use domain::role::Permission;

use super::access::{me_view, too_many};
use super::sites::PageQuery;
use crate::body::Body;
use crate::listing;
use crate::login::{self, SignedIn};
use crate::problem::Problem;
use crate::query::{self, Query};
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::ListView;
use crate::view::access::MeView;
use crate::view::account::{
    AccountChange, CodeBody, EvidenceBody, FactorsView, LoginView, PasswordBody, RecoveryCodesView,
    SeedView,
};

const EDIT: Need = Need::Permission(Permission::AccountEdit);
const MFA: Need = Need::Permission(Permission::AccountMfa);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(PATCH "/me", EDIT, edit),
    endpoint!(PUT "/me/password", EDIT, password),
    endpoint!(POST "/me/confirm", Need::SignedIn, confirm, Keyless),
    endpoint!(GET "/me/factors", Need::SignedIn, factors),
    endpoint!(POST "/me/totp", MFA, begin_totp, SecretAnswer),
    endpoint!(POST "/me/totp/confirm", Need::SignedIn, confirm_totp, SecretAnswer),
    endpoint!(DELETE "/me/totp", Need::SignedIn, remove_totp),
    endpoint!(POST "/me/recovery_codes", Need::SignedIn, renew_recovery_codes, SecretAnswer),
    endpoint!(GET "/me/logins", Need::SignedIn, logins),
    // Before the one below, whose pattern it fits.
    endpoint!(POST "/me/logins/revoke_others", Need::SignedIn, revoke_others),
    endpoint!(DELETE "/me/logins/{id}", Need::SignedIn, revoke),
];

/// Changes the caller's name.
#[utoipa::path(patch, path = "/me", operation_id = "edit_me", tag = "account", request_body = AccountChange,
    responses((status = 200, body = MeView)))]
pub(crate) async fn edit(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<AccountChange>,
) -> Result<web::Json<MeView>, Problem> {
    if let Some(name) = &body.name {
        app::logins::rename(&state.app, &caller.0, name).await?;
    }
    let me = app::me::describe(&state.app, &caller.0).await?;
    Ok(web::Json(me_view(me)))
}

/// Changes the caller's password and ends the caller's other logins.
#[utoipa::path(put, path = "/me/password", operation_id = "change_password", tag = "account", request_body = PasswordBody,
    responses((status = 204)))]
pub(crate) async fn password(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Body(body): Body<PasswordBody>,
) -> Result<HttpResponse, Problem> {
    let (current, new) = (&body.current, &body.new);
    let device = login::device(&request);
    let device = device.as_deref();
    let shown = app::logins::change_password(&state.app, &caller.0, current, new, device).await?;
    answer(shown, "/current")
}

/// Shows again who one is: dangerous deeds pass for ten minutes.
#[utoipa::path(post, path = "/me/confirm", operation_id = "confirm_me", tag = "account", request_body = EvidenceBody,
    responses((status = 204)))]
pub(crate) async fn confirm(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<EvidenceBody>,
) -> Result<HttpResponse, Problem> {
    let shown = app::step_up::confirm(&state.app, &caller.0, body.evidence()?).await?;
    answer(shown, body.pointer())
}

fn answer(shown: Shown, pointer: &str) -> Result<HttpResponse, Problem> {
    match shown {
        Shown::Right => Ok(HttpResponse::NoContent().finish()),
        Shown::Wrong => Err(Problem::field(pointer, "wrong", "This is not right.")),
        Shown::TooMany { retry_after_s } => Err(too_many(retry_after_s)),
    }
}

/// The caller's second factors.
#[utoipa::path(get, path = "/me/factors", operation_id = "get_factors", tag = "account",
    responses((status = 200, body = FactorsView)))]
pub(crate) async fn factors(
    state: web::Data<State>,
    caller: SignedIn,
) -> Result<web::Json<FactorsView>, Problem> {
    let factors = app::factors::describe(&state.app, &caller.0).await?;
    Ok(web::Json(FactorsView::to_view(factors)))
}

/// Draws a seed for an authenticator app, which counts once a code of it is given. Needs that the
/// caller showed lately who it is.
#[utoipa::path(post, path = "/me/totp", operation_id = "begin_totp", tag = "account",
    responses((status = 200, body = SeedView)))]
pub(crate) async fn begin_totp(
    state: web::Data<State>,
    caller: SignedIn,
) -> Result<web::Json<SeedView>, Problem> {
    let seed = app::factors::begin_totp(&state.app, &caller.0).await?;
    Ok(web::Json(SeedView::to_view(seed)))
}

/// Makes the authenticator app count, and shows recovery codes this once.
#[utoipa::path(post, path = "/me/totp/confirm", operation_id = "confirm_totp", tag = "account", request_body = CodeBody,
    responses((status = 200, body = RecoveryCodesView)))]
pub(crate) async fn confirm_totp(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<CodeBody>,
) -> Result<web::Json<RecoveryCodesView>, Problem> {
    let recovery_codes = app::factors::confirm_totp(&state.app, &caller.0, &body.code).await?;
    Ok(web::Json(RecoveryCodesView { recovery_codes }))
}

/// Removes the authenticator app and the recovery codes. Needs that the caller showed lately who
/// it is.
#[utoipa::path(delete, path = "/me/totp", operation_id = "remove_totp", tag = "account", responses((status = 204)))]
pub(crate) async fn remove_totp(
    state: web::Data<State>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    app::factors::remove_totp(&state.app, &caller.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Draws new recovery codes, shown this once; the earlier ones end. Needs that the caller showed
/// lately who it is.
#[utoipa::path(post, path = "/me/recovery_codes", operation_id = "renew_recovery_codes", tag = "account",
    responses((status = 200, body = RecoveryCodesView)))]
pub(crate) async fn renew_recovery_codes(
    state: web::Data<State>,
    caller: SignedIn,
) -> Result<web::Json<RecoveryCodesView>, Problem> {
    let recovery_codes = app::factors::renew_recovery_codes(&state.app, &caller.0).await?;
    Ok(web::Json(RecoveryCodesView { recovery_codes }))
}

/// The caller's logins, the newest first.
#[utoipa::path(get, path = "/me/logins", operation_id = "list_logins", tag = "account", params(PageQuery),
    responses((status = 200, body = ListView<LoginView>)))]
pub(crate) async fn logins(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(query): Query<PageQuery>,
) -> Result<web::Json<ListView<LoginView>>, Problem> {
    let rows = app::logins::list(&state.app, &caller.0).await?;
    let key = |login: &OwnLogin| login.row.id.to_string();
    let page = listing::cut(&request, &query.page(), rows, key)?;
    Ok(web::Json(ListView::to_view(page, LoginView::to_view)))
}

/// Ends one of the caller's logins.
#[utoipa::path(delete, path = "/me/logins/{id}", operation_id = "revoke_login", tag = "account", responses((status = 204)))]
pub(crate) async fn revoke(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: LoginId = query::path_id(&id)?;
    app::logins::revoke(&state.app, &caller.0, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends all logins of the caller but this one.
#[utoipa::path(post, path = "/me/logins/revoke_others", operation_id = "revoke_other_logins", tag = "account", responses((status = 204)))]
pub(crate) async fn revoke_others(
    state: web::Data<State>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    app::logins::revoke_others(&state.app, &caller.0).await?;
    Ok(HttpResponse::new(StatusCode::NO_CONTENT))
}
