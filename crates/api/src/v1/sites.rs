//! `/sites`.

use actix_web::{HttpResponse, web};
use domain::id::SiteId;
use domain::role::Permission;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query;
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::ListView;
use crate::view::site::{SiteBody, SiteView};

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/sites", Need::Permission(Permission::StationsList), list),
    endpoint!(POST "/sites", Need::Permission(Permission::SitesEdit), create),
    endpoint!(GET "/sites/{id}", Need::Permission(Permission::StationsList), find),
    endpoint!(PATCH "/sites/{id}", Need::Permission(Permission::SitesEdit), edit),
    endpoint!(DELETE "/sites/{id}", Need::Permission(Permission::SitesEdit), remove),
];

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    /// 1 to 200; 50 when not given.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl PageQuery {
    pub fn page(self) -> Result<domain::page::PageRequest, Problem> {
        query::page(self.limit, self.cursor)
    }
}

/// Sites, by name.
#[utoipa::path(get, path = "/sites", tag = "sites", params(PageQuery),
    responses((status = 200, body = ListView<SiteView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    query: web::Query<PageQuery>,
) -> Result<web::Json<ListView<SiteView>>, Problem> {
    let page = app::sites::list(&state.app, &caller.0, &query.into_inner().page()?).await?;
    Ok(web::Json(ListView::to_view(page, SiteView::to_view)))
}

/// Adds a site.
#[utoipa::path(post, path = "/sites", tag = "sites", request_body = SiteBody,
    responses((status = 201, body = SiteView)))]
pub(crate) async fn create(
    state: web::Data<State>,
    caller: SignedIn,
    body: web::Json<SiteBody>,
) -> Result<HttpResponse, Problem> {
    let site = app::sites::create(&state.app, &caller.0, change(body.into_inner())?).await?;
    Ok(HttpResponse::Created().json(SiteView::to_view(site)))
}

/// A site.
#[utoipa::path(get, path = "/sites/{id}", tag = "sites", responses((status = 200, body = SiteView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<SiteView>, Problem> {
    let id: SiteId = query::path_id(&id)?;
    let site = app::sites::find(&state.app, &caller.0, id).await?;
    Ok(web::Json(SiteView::to_view(site)))
}

/// Changes a site.
#[utoipa::path(patch, path = "/sites/{id}", tag = "sites", request_body = SiteBody,
    responses((status = 200, body = SiteView)))]
pub(crate) async fn edit(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    body: web::Json<SiteBody>,
) -> Result<web::Json<SiteView>, Problem> {
    let id: SiteId = query::path_id(&id)?;
    let site = app::sites::edit(&state.app, &caller.0, id, change(body.into_inner())?).await?;
    Ok(web::Json(SiteView::to_view(site)))
}

/// Removes a site at which no station stands.
#[utoipa::path(delete, path = "/sites/{id}", tag = "sites", responses((status = 204)))]
pub(crate) async fn remove(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    app::sites::remove(&state.app, &caller.0, query::path_id(&id)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn change(body: SiteBody) -> Result<app::sites::SiteEdit, Problem> {
    let position_e7 = body.position_e7()?;
    Ok(app::sites::SiteEdit {
        name: body.name,
        address: body.address,
        city: body.city,
        country: body.country,
        time_zone: body.time_zone,
        position_e7,
        admin_state: body.admin_state,
        accessibility: body.accessibility,
    })
}
