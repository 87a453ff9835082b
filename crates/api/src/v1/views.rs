//! `/views`: lists as people want to see them again. What a view keeps is read here as its list would
//! read it, so that a view which cannot be shown is never kept.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use app::stations::Sort;
use app::views::{Row, ViewEdit};
use domain::id::ViewId;
use domain::role::Permission;
use domain::view::ViewList;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{sessions, stations};
use crate::body::Body;
use crate::etag;
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Limit, Query};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::view::saved_view::{SavedView, SavedViewBody, SavedViewChange};
use crate::view::{ListView, words};

/// Whoever sees one of the lists.
const NEED: Need = Need::ByKind(&[Permission::StationsList, Permission::SessionsView]);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/views", NEED, list),
    endpoint!(POST "/views", NEED, create),
    endpoint!(GET "/views/{id}", NEED, find),
    endpoint!(PATCH "/views/{id}", NEED, edit, Conditional),
    endpoint!(DELETE "/views/{id}", NEED, remove, Conditional),
];

#[derive(Deserialize, IntoParams)]
pub(crate) struct ViewQuery {
    /// Only those of this list.
    #[param(value_type = Option<words::ViewList>)]
    list: Option<ViewList>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Whether the list would take these parameters.
fn check(list: ViewList, params: &BTreeMap<String, String>) -> Result<(), Problem> {
    let pairs: Vec<(String, String)> = params
        .iter()
        // Which there are is the use case's to say.
        .filter(|(name, _)| list.params().contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let sort = params.get("sort").map(String::as_str);
    let read = match list {
        ViewList::Stations => query::read::<stations::StationQuery>(&pairs)
            .and_then(|_| query::sort(sort, stations::SORTS, Sort::default()).map(drop)),
        ViewList::Sessions => query::read::<sessions::SessionQuery>(&pairs)
            .and_then(|_| query::sort(sort, sessions::SORTS, Sort::default()).map(drop)),
    };
    read.map_err(|problem| match problem.errors.into_iter().next() {
        Some(place) => {
            let name = place.pointer.trim_start_matches('/');
            let name = name.split('/').next().unwrap_or_default();
            Problem::field(&format!("/params/{name}"), "invalid", place.detail)
        }
        None => Problem::field("/params", "invalid", "The list does not take these."),
    })
}

fn shown(row: Row) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(etag::tag(row.revision))
        .json(SavedView::to_view(row))
}

/// Views that the caller sees, by name: their own and those that are shared.
#[utoipa::path(get, path = "/views", operation_id = "list_views", tag = "views",
    params(ViewQuery), responses((status = 200, body = ListView<SavedView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    Query(q): Query<ViewQuery>,
) -> Result<web::Json<ListView<SavedView>>, Problem> {
    let page = query::page(q.limit, q.cursor);
    let page = app::views::list(&state.app, &caller.0, q.list, &page).await?;
    Ok(web::Json(ListView::to_view(page, SavedView::to_view)))
}

/// Keeps a list as a view, for oneself or, with `stations.edit` in the whole organisation, for all.
#[utoipa::path(post, path = "/views", operation_id = "create_view", tag = "views",
    request_body = SavedViewBody, responses((status = 201, body = SavedView)))]
pub(crate) async fn create(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<SavedViewBody>,
) -> Result<HttpResponse, Problem> {
    check(body.list, &body.params)?;
    let new = ViewEdit {
        name: Some(body.name),
        params: Some(body.params),
        shared: Some(body.shared),
        ..ViewEdit::default()
    };
    let row = app::views::create(&state.app, &caller.0, body.list, new).await?;
    Ok(HttpResponse::Created()
        .insert_header(etag::tag(row.revision))
        .insert_header(location(&format!("/views/{}", row.view.id)))
        .json(SavedView::to_view(row)))
}

/// A view.
#[utoipa::path(get, path = "/views/{id}", operation_id = "get_view", tag = "views",
    responses((status = 200, body = SavedView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: ViewId = query::path_id(&id)?;
    Ok(shown(app::views::find(&state.app, &caller.0, id).await?))
}

/// Changes a view: a private one its owner, a shared one whoever may share.
#[utoipa::path(patch, path = "/views/{id}", operation_id = "edit_view", tag = "views",
    request_body = SavedViewChange, responses((status = 200, body = SavedView)))]
pub(crate) async fn edit(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<SavedViewChange>,
) -> Result<HttpResponse, Problem> {
    let id: ViewId = query::path_id(&id)?;
    if let Some(params) = &body.params {
        let list = app::views::find(&state.app, &caller.0, id).await?.view.list;
        check(list, params)?;
    }
    let edit = ViewEdit {
        name: body.name,
        params: body.params,
        shared: body.shared,
        when: etag::when(&request)?,
    };
    Ok(shown(
        app::views::edit(&state.app, &caller.0, id, edit).await?,
    ))
}

/// Removes a view.
#[utoipa::path(delete, path = "/views/{id}", operation_id = "remove_view", tag = "views",
    responses((status = 204)))]
pub(crate) async fn remove(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (id, when): (ViewId, _) = (query::path_id(&id)?, etag::when(&request)?);
    app::views::remove(&state.app, &caller.0, id, &when).await?;
    Ok(HttpResponse::NoContent().finish())
}
