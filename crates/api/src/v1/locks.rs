//! `/stations/{id}/lock` and `/sites/{id}/lock`: the lock of settings, its password, and the
//! owner's ways back.

use actix_web::{HttpResponse, web};
use app::locks::{Asked, Presence};
use domain::id::{SiteId, StationId};
use domain::role::Permission;
use domain::token::TokenUid;

use crate::body::Body;
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query;
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::view::lock::{
    LockBody, LockChange, LockPasswordBody, LockRemovalBody, LockView, NewLockView, PresenceBody,
    PresenceStateView, PresenceView, PukBody, SiteLockView, SiteLockedView, UnlockBody,
};

const SEEN: Need = Need::Permission(Permission::StationSettingsView);
const CONFIGURE: Need = Need::Permission(Permission::StationsConfigure);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/stations/{id}/lock", SEEN, find),
    endpoint!(POST "/stations/{id}/lock", CONFIGURE, lock, SecretAnswer),
    endpoint!(PATCH "/stations/{id}/lock", CONFIGURE, adjust),
    endpoint!(POST "/stations/{id}/lock/unlock", CONFIGURE, unlock),
    endpoint!(POST "/stations/{id}/lock/close", CONFIGURE, close),
    endpoint!(POST "/stations/{id}/lock/password", CONFIGURE, password),
    endpoint!(POST "/stations/{id}/lock/remove", CONFIGURE, remove),
    endpoint!(POST "/stations/{id}/lock/puk", SEEN, puk),
    endpoint!(POST "/stations/{id}/lock/presence", SEEN, begin_presence),
    endpoint!(POST "/stations/{id}/lock/presence/finish", SEEN, finish_presence),
    endpoint!(POST "/sites/{id}/lock", CONFIGURE, lock_site, SecretAnswer),
];

/// How a station's settings are locked.
#[utoipa::path(get, path = "/stations/{id}/lock", operation_id = "get_lock", tag = "lock",
    responses((status = 200, body = LockView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<LockView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let seen = app::locks::find(&state.app, &caller.0, id).await?;
    Ok(web::Json(LockView::to_view(id, &seen)))
}

/// Locks a station's critical settings, as they are now; it must be connected.
#[utoipa::path(post, path = "/stations/{id}/lock", operation_id = "lock_station", tag = "lock",
    request_body = LockBody, responses((status = 201, body = NewLockView)))]
pub(crate) async fn lock(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Body(body): Body<LockBody>,
) -> Result<HttpResponse, Problem> {
    let id: StationId = query::path_id(&id)?;
    let (seen, password) =
        app::locks::lock(&state.app, &caller.0, id, LockBody::from_body(body)).await?;
    let lock = LockView::to_view(id, &seen);
    Ok(HttpResponse::Created()
        .insert_header(location(&format!("/stations/{id}/lock")))
        .json(NewLockView { lock, password }))
}

/// Changes what is done about drift; needs access to the lock.
#[utoipa::path(patch, path = "/stations/{id}/lock", operation_id = "adjust_lock", tag = "lock",
    request_body = LockChange, responses((status = 200, body = LockView)))]
pub(crate) async fn adjust(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Body(body): Body<LockChange>,
) -> Result<web::Json<LockView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let seen = app::locks::adjust(&state.app, &caller.0, id, LockChange::from_body(body)).await?;
    Ok(web::Json(LockView::to_view(id, &seen)))
}

/// Lets this account change the settings; the lock stays for everybody else.
#[utoipa::path(post, path = "/stations/{id}/lock/unlock", operation_id = "unlock_station", tag = "lock",
    request_body = UnlockBody, responses((status = 200, body = LockView)))]
pub(crate) async fn unlock(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Body(body): Body<UnlockBody>,
) -> Result<web::Json<LockView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let (password, save) = (body.password.trim(), body.save);
    let seen = app::locks::unlock(&state.app, &caller.0, id, password, save).await?;
    Ok(web::Json(LockView::to_view(id, &seen)))
}

/// Gives one's own access up again.
#[utoipa::path(post, path = "/stations/{id}/lock/close", operation_id = "close_lock", tag = "lock",
    responses((status = 200, body = LockView)))]
pub(crate) async fn close(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<LockView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let seen = app::locks::close(&state.app, &caller.0, id).await?;
    Ok(web::Json(LockView::to_view(id, &seen)))
}

/// Gives the lock another password: everybody else's access ends.
#[utoipa::path(post, path = "/stations/{id}/lock/password", operation_id = "change_lock_password", tag = "lock",
    request_body = LockPasswordBody, responses((status = 200, body = LockView)))]
pub(crate) async fn password(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Body(body): Body<LockPasswordBody>,
) -> Result<web::Json<LockView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let present = body.password.as_deref().map(str::trim);
    let changed = app::locks::change_password(&state.app, &caller.0, id, present, &body.new);
    Ok(web::Json(LockView::to_view(id, &changed.await?)))
}

/// Takes the lock away by its password, or by access to it.
#[utoipa::path(post, path = "/stations/{id}/lock/remove", operation_id = "remove_lock", tag = "lock",
    request_body = LockRemovalBody, responses((status = 200, body = LockView)))]
pub(crate) async fn remove(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Body(body): Body<LockRemovalBody>,
) -> Result<web::Json<LockView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let password = body.password.as_deref().map(str::trim);
    let seen = app::locks::remove(&state.app, &caller.0, id, password).await?;
    Ok(web::Json(LockView::to_view(id, &seen)))
}

/// Takes the lock away by its PUK, as an Administrator of the organisation or an admin of the site.
#[utoipa::path(post, path = "/stations/{id}/lock/puk", operation_id = "use_puk", tag = "lock",
    request_body = PukBody, responses((status = 200, body = LockView)))]
pub(crate) async fn puk(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Body(body): Body<PukBody>,
) -> Result<web::Json<LockView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let seen = app::locks::use_puk(&state.app, &caller.0, id, &body.puk).await?;
    Ok(web::Json(LockView::to_view(id, &seen)))
}

/// Begins a proof that the owner stands at the station.
#[utoipa::path(post, path = "/stations/{id}/lock/presence", operation_id = "begin_presence", tag = "lock",
    request_body = PresenceBody, responses((status = 200, body = PresenceView)))]
pub(crate) async fn begin_presence(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Body(body): Body<PresenceBody>,
) -> Result<web::Json<PresenceView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let asked = body.token.map_or(Asked::Cable, |token| {
        Asked::Token(TokenUid::new(token.trim()))
    });
    let asked = app::locks::begin_presence(&state.app, &caller.0, id, asked).await?;
    Ok(web::Json(PresenceView::to_view(asked)))
}

/// Looks whether the station told what was asked for, and takes the lock away if so.
#[utoipa::path(post, path = "/stations/{id}/lock/presence/finish", operation_id = "finish_presence", tag = "lock",
    responses((status = 200, body = PresenceStateView)))]
pub(crate) async fn finish_presence(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<PresenceStateView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let stands = app::locks::finish_presence(&state.app, &caller.0, id).await?;
    Ok(web::Json(match stands {
        Presence::Proved(seen) => PresenceStateView {
            proved: true,
            until: None,
            lock: Some(LockView::to_view(id, &seen)),
        },
        Presence::Waiting(until) => PresenceStateView {
            proved: false,
            until: Some(until),
            lock: None,
        },
    }))
}

/// Locks every station of a site with one password.
#[utoipa::path(post, path = "/sites/{id}/lock", operation_id = "lock_site", tag = "lock",
    request_body = LockBody, responses((status = 200, body = SiteLockView)))]
pub(crate) async fn lock_site(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Body(body): Body<LockBody>,
) -> Result<web::Json<SiteLockView>, Problem> {
    let id: SiteId = query::path_id(&id)?;
    let done = app::locks::lock_site(&state.app, &caller.0, id, LockBody::from_body(body)).await?;
    let (stations, password) = done;
    Ok(web::Json(SiteLockView {
        password,
        stations: stations.iter().map(SiteLockedView::to_view).collect(),
    }))
}
