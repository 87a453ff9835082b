//! `/sites`.

use actix_web::{HttpRequest, HttpResponse, web};
use app::exports::Export;
use app::sites::{SiteSort, Sort};
use domain::id::SiteId;
use domain::role::Permission;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body::Body;
use crate::etag;
use crate::listing::{self, Paging};
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Limit, Query};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::view::site::{SiteBody, SiteChange, SiteView};
use crate::view::{ListView, words};

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/sites", Need::Permission(Permission::StationsList), list, Exported(Export::Sites)),
    endpoint!(POST "/sites", Need::Permission(Permission::SitesEdit), create),
    endpoint!(GET "/sites/{id}", Need::Permission(Permission::StationsList), find),
    endpoint!(PATCH "/sites/{id}", Need::Permission(Permission::SitesEdit), edit, Conditional),
    endpoint!(DELETE "/sites/{id}", Need::Permission(Permission::SitesEdit), remove, Conditional),
];

#[derive(Deserialize, IntoParams)]
pub(crate) struct PageQuery {
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl PageQuery {
    pub fn page(self) -> domain::page::PageRequest {
        query::page(self.limit, self.cursor)
    }

    pub fn paging(self) -> Paging {
        Paging {
            limit: self.limit,
            cursor: self.cursor,
        }
    }
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct SiteQuery {
    /// `name` (when not given) or `created`; with a `-` before it, the greatest first.
    #[param(value_type = Option<words::SiteOrder>)]
    sort: Option<String>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

pub(crate) const SORTS: &[(&str, SiteSort)] =
    &[("name", SiteSort::Name), ("created", SiteSort::Created)];

/// Sites, by name.
#[utoipa::path(get, path = "/sites", operation_id = "list_sites", tag = "sites", params(SiteQuery),
    responses((status = 200, body = ListView<SiteView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(q): Query<SiteQuery>,
) -> Result<HttpResponse, Problem> {
    let sort = query::sort(q.sort.as_deref(), SORTS, Sort::up(SiteSort::Name))?;
    let paging = Paging {
        limit: q.limit,
        cursor: q.cursor,
    };
    let read = move |state: web::Data<State>, caller, page| async move {
        let page = app::sites::list_by(&state.app, &caller, sort, &page).await?;
        Ok(page.map(SiteView::to_view))
    };
    listing::answer(&state, &request, caller.0, paging, Export::Sites, read).await
}

/// Adds a site.
#[utoipa::path(post, path = "/sites", operation_id = "create_site", tag = "sites", request_body = SiteBody,
    responses((status = 201, body = SiteView)))]
pub(crate) async fn create(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<SiteBody>,
) -> Result<HttpResponse, Problem> {
    let site = app::sites::create(&state.app, &caller.0, SiteBody::from_body(body)?).await?;
    Ok(HttpResponse::Created()
        .insert_header(etag::tag(site.revision))
        .insert_header(location(&format!("/sites/{}", site.site.id)))
        .json(SiteView::to_view(site)))
}

/// A site.
#[utoipa::path(get, path = "/sites/{id}", operation_id = "get_site", tag = "sites", responses((status = 200, body = SiteView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: SiteId = query::path_id(&id)?;
    let site = app::sites::find(&state.app, &caller.0, id).await?;
    Ok(shown(site))
}

/// Changes a site.
#[utoipa::path(patch, path = "/sites/{id}", operation_id = "edit_site", tag = "sites", request_body = SiteChange,
    responses((status = 200, body = SiteView)))]
pub(crate) async fn edit(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<SiteChange>,
) -> Result<HttpResponse, Problem> {
    let id: SiteId = query::path_id(&id)?;
    let edit = SiteChange::from_body(body, etag::when(&request)?)?;
    Ok(shown(
        app::sites::edit(&state.app, &caller.0, id, edit).await?,
    ))
}

/// Removes a site at which no station stands.
#[utoipa::path(delete, path = "/sites/{id}", operation_id = "remove_site", tag = "sites", responses((status = 204)))]
pub(crate) async fn remove(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (id, when): (SiteId, _) = (query::path_id(&id)?, etag::when(&request)?);
    app::sites::remove_when(&state.app, &caller.0, id, &when).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn shown(site: app::sites::SiteView) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(etag::tag(site.revision))
        .json(SiteView::to_view(site))
}
