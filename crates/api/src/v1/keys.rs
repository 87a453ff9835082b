//! `/keys`: API keys of the caller's organisation.

use actix_web::{HttpRequest, HttpResponse, web};
use app::exports::Export;
use domain::id::KeyId;
use domain::role::Permission;

use crate::body::Body;
use crate::listing;
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Query};
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::v1::sites::PageQuery;
use crate::view::ListView;
use crate::view::key::{KeyBody, KeyView, NewKeyView};

const MANAGE: Need = Need::Permission(Permission::KeysManage);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/keys", MANAGE, list, Exported(Export::Keys)),
    endpoint!(POST "/keys", MANAGE, create, SecretAnswer),
    endpoint!(DELETE "/keys/{id}", MANAGE, remove),
];

/// API keys of the organisation, the newest first.
#[utoipa::path(get, path = "/keys", operation_id = "list_keys", tag = "access", params(PageQuery),
    responses((status = 200, body = ListView<KeyView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(q): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let read = move |state: web::Data<State>, caller, page| async move {
        let page = app::keys::list(&state.app, &caller, &page).await?;
        Ok(page.map(KeyView::to_view))
    };
    listing::answer(&state, &request, caller.0, q.paging(), Export::Keys, read).await
}

/// Makes a key; its text is in this answer and nowhere else.
#[utoipa::path(post, path = "/keys", operation_id = "create_key", tag = "access", request_body = KeyBody,
    responses((status = 201, body = NewKeyView)))]
pub(crate) async fn create(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<KeyBody>,
) -> Result<HttpResponse, Problem> {
    let new = KeyBody::from_body(body)?;
    let (key, text) = app::keys::create(&state.app, &caller.0, new).await?;
    let key = KeyView::to_view(key);
    Ok(HttpResponse::Created().json(NewKeyView { key, text }))
}

/// Ends a key at once.
#[utoipa::path(delete, path = "/keys/{id}", operation_id = "remove_key", tag = "access", responses((status = 204)))]
pub(crate) async fn remove(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: KeyId = query::path_id(&id)?;
    app::keys::remove(&state.app, &caller.0, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
