//! `/notifications` and `/saved_passwords`: what an account is told, and what it saved.

use actix_web::{HttpResponse, web};
use domain::id::{NotificationId, StationId};
use domain::role::Permission;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Limit, Query};
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::ListView;
use crate::view::lock::{AcknowledgedView, NotificationView, SavedPasswordView};
use crate::view::station::PasswordView;

const TOLD: Need = Need::Permission(Permission::NotificationsView);
const SEEN: Need = Need::Permission(Permission::StationSettingsView);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/notifications", TOLD, list),
    endpoint!(POST "/notifications/{id}/acknowledge", TOLD, acknowledge, SecretAnswer),
    endpoint!(GET "/saved_passwords", SEEN, saved),
    endpoint!(POST "/saved_passwords/{id}/reveal", SEEN, reveal, SecretAnswer),
    endpoint!(DELETE "/saved_passwords/{id}", Need::SignedIn, forget),
];

#[derive(Deserialize, IntoParams)]
pub(crate) struct NotificationQuery {
    /// Only those that were not acknowledged.
    open: Option<bool>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// What the caller is told, the newest first.
#[utoipa::path(get, path = "/notifications", operation_id = "list_notifications", tag = "account",
    params(NotificationQuery), responses((status = 200, body = ListView<NotificationView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    Query(q): Query<NotificationQuery>,
) -> Result<web::Json<ListView<NotificationView>>, Problem> {
    let page = query::page(q.limit, q.cursor);
    let open = q.open.unwrap_or(false);
    let page = app::notifications::list(&state.app, &caller.0, open, &page).await?;
    Ok(web::Json(ListView::to_view(
        page,
        NotificationView::of_list,
    )))
}

/// The caller has seen it; a secret in it is told now and forgotten.
#[utoipa::path(post, path = "/notifications/{id}/acknowledge", operation_id = "acknowledge_notification",
    tag = "account", responses((status = 200, body = AcknowledgedView)))]
pub(crate) async fn acknowledge(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<AcknowledgedView>, Problem> {
    let id: NotificationId = query::path_id(&id)?;
    let (told, secret) = app::notifications::acknowledge(&state.app, &caller.0, id).await?;
    let notification = NotificationView::to_view(told);
    Ok(web::Json(AcknowledgedView {
        notification,
        secret,
    }))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct SavedQuery {
    /// A part of a station's serial number, identity or name.
    q: Option<String>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lock passwords that the account saved, the newest first; the passwords are told one by one.
#[utoipa::path(get, path = "/saved_passwords", operation_id = "list_saved_passwords", tag = "lock",
    params(SavedQuery), responses((status = 200, body = ListView<SavedPasswordView>)))]
pub(crate) async fn saved(
    state: web::Data<State>,
    caller: SignedIn,
    Query(q): Query<SavedQuery>,
) -> Result<web::Json<ListView<SavedPasswordView>>, Problem> {
    let page = query::page(q.limit, q.cursor);
    let q = q.q.as_deref();
    let page = app::saved_passwords::list(&state.app, &caller.0, q, &page).await?;
    Ok(web::Json(ListView::to_view(
        page,
        SavedPasswordView::to_view,
    )))
}

/// Tells a saved password, to whoever showed lately who they are.
#[utoipa::path(post, path = "/saved_passwords/{id}/reveal", operation_id = "reveal_saved_password",
    tag = "lock", responses((status = 200, body = PasswordView)))]
pub(crate) async fn reveal(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<PasswordView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let password = app::saved_passwords::reveal(&state.app, &caller.0, id).await?;
    Ok(web::Json(PasswordView { password }))
}

/// Forgets a saved password; access to the lock stays.
#[utoipa::path(delete, path = "/saved_passwords/{id}", operation_id = "forget_saved_password",
    tag = "lock", responses((status = 204)))]
pub(crate) async fn forget(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: StationId = query::path_id(&id)?;
    app::saved_passwords::remove(&state.app, &caller.0, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
