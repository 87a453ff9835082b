//! `/sites/{id}/access`: who has access to a site beside the members of its organisation.

use actix_web::{HttpRequest, HttpResponse, web};
use app::exports::Export;
use domain::id::{SiteId, UserId};
use domain::role::Permission;
use domain::site_access::Level;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body::Body;
use crate::etag;
use crate::listing::{self, Paging};
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Limit, Query};
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::site_access::{SiteAccessBody, SiteAccessView, SitePersonView};
use crate::view::{ListView, words};

const MANAGE: Need = Need::Permission(Permission::SitesAccessManage);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/sites/{id}/access", MANAGE, list, Exported(Export::SiteAccess)),
    endpoint!(GET "/sites/{id}/access/{user_id}", MANAGE, find),
    endpoint!(PUT "/sites/{id}/access/{user_id}", MANAGE, put, Conditional),
    endpoint!(DELETE "/sites/{id}/access/{user_id}", MANAGE, remove, Conditional),
];

#[derive(Deserialize, IntoParams)]
pub(crate) struct AccessQuery {
    /// Only these.
    #[param(value_type = Option<words::SiteLevel>)]
    level: Option<String>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// People with access to a site, the oldest access first.
#[utoipa::path(get, path = "/sites/{id}/access", operation_id = "list_site_access", tag = "sites",
    params(AccessQuery), responses((status = 200, body = ListView<SitePersonView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(q): Query<AccessQuery>,
) -> Result<HttpResponse, Problem> {
    let id: SiteId = query::path_id(&id)?;
    let unknown = || query::wrong("level", "One of user, technician, admin.");
    let level = match q.level.as_deref() {
        None => None,
        Some(word) => Some(Level::from_key(word).ok_or_else(unknown)?),
    };
    let paging = Paging {
        limit: q.limit,
        cursor: q.cursor,
    };
    let read = move |state: web::Data<State>, caller, page| async move {
        let page = app::site_access::list(&state.app, &caller, id, level, &page).await?;
        Ok(page.map(SitePersonView::to_view))
    };
    listing::answer(&state, &request, caller.0, paging, Export::SiteAccess, read).await
}

/// What a person has at a site.
#[utoipa::path(get, path = "/sites/{id}/access/{user_id}", operation_id = "get_site_access", tag = "sites",
    responses((status = 200, body = SitePersonView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (site, user) = ids(path.into_inner())?;
    let person = app::site_access::find(&state.app, &caller.0, site, user).await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag::tag(person.row.revision))
        .json(SitePersonView::to_view(person)))
}

/// Gives somebody of the organisation access to a site, or changes what somebody has there.
#[utoipa::path(put, path = "/sites/{id}/access/{user_id}", operation_id = "set_site_access", tag = "sites",
    request_body = SiteAccessBody, responses((status = 200, body = SiteAccessView)))]
pub(crate) async fn put(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    Body(body): Body<SiteAccessBody>,
) -> Result<HttpResponse, Problem> {
    let (site, user) = ids(path.into_inner())?;
    let edit = SiteAccessBody::from_body(body, etag::when(&request)?)?;
    let row = app::site_access::put(&state.app, &caller.0, site, user, edit).await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag::tag(row.revision))
        .json(SiteAccessView::to_view(row.user, &row.access)))
}

fn ids((site, user): (String, String)) -> Result<(SiteId, UserId), Problem> {
    Ok((query::path_id(&site)?, query::path_id(&user)?))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct RemovalQuery {
    /// One's own name, where one leaves the site oneself.
    confirm: Option<String>,
}

/// Takes somebody's access to a site away; one's own, whoever has it.
#[utoipa::path(delete, path = "/sites/{id}/access/{user_id}", operation_id = "remove_site_access", tag = "sites",
    params(RemovalQuery), responses((status = 204)))]
pub(crate) async fn remove(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    Query(q): Query<RemovalQuery>,
) -> Result<HttpResponse, Problem> {
    let (site, user) = ids(path.into_inner())?;
    let (confirm, when) = (q.confirm.as_deref(), etag::when(&request)?);
    app::site_access::remove(&state.app, &caller.0, site, user, confirm, &when).await?;
    Ok(HttpResponse::NoContent().finish())
}
