//! `/setting_templates`: what all stations of a model and firmware should be set to.

use actix_web::{HttpRequest, HttpResponse, web};
use app::setting_templates::Change;
use domain::id::TemplateId;
use domain::role::Permission;
use serde::Deserialize;
use utoipa::IntoParams;

use super::sites::PageQuery;
use crate::body::Body;
use crate::etag;
use crate::listing;
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Limit, Query};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::view::ListView;
use crate::view::setting_template::{
    AffectedView, SettingTemplateView, TemplateChange, TemplateNew, TemplateVersionView,
};

const SEEN: Need = Need::Permission(Permission::StationSettingsView);
const BATCH: Need = Need::Permission(Permission::StationsConfigureBatch);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/setting_templates", SEEN, list),
    endpoint!(POST "/setting_templates", BATCH, create),
    endpoint!(POST "/setting_templates/preview", SEEN, preview),
    endpoint!(GET "/setting_templates/{id}", SEEN, find),
    endpoint!(PATCH "/setting_templates/{id}", BATCH, edit, Versioned),
    endpoint!(DELETE "/setting_templates/{id}", BATCH, remove, Conditional),
    endpoint!(GET "/setting_templates/{id}/versions", SEEN, versions),
];

fn shown(row: app::setting_templates::Row) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(etag::tag(row.template.version))
        .json(SettingTemplateView::to_view(row))
}

/// The templates of the organisation, by name.
#[utoipa::path(get, path = "/setting_templates", operation_id = "list_setting_templates", tag = "settings", params(PageQuery),
    responses((status = 200, body = ListView<SettingTemplateView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(q): Query<PageQuery>,
) -> Result<web::Json<ListView<SettingTemplateView>>, Problem> {
    let rows = app::setting_templates::list(&state.app, &caller.0).await?;
    let key = |row: &app::setting_templates::Row| row.template.id.to_string();
    let page = listing::cut(&request, &q.page(), rows, key)?;
    Ok(web::Json(ListView::to_view(
        page,
        SettingTemplateView::to_view,
    )))
}

/// Adds a template.
#[utoipa::path(post, path = "/setting_templates", operation_id = "create_setting_template", tag = "settings",
    request_body = TemplateNew, responses((status = 201, body = SettingTemplateView)))]
pub(crate) async fn create(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<TemplateNew>,
) -> Result<HttpResponse, Problem> {
    let new = TemplateNew::from_body(body)?;
    let row = app::setting_templates::create(&state.app, &caller.0, new).await?;
    Ok(HttpResponse::Created()
        .insert_header(etag::tag(row.template.version))
        .insert_header(location(&format!("/setting_templates/{}", row.template.id)))
        .json(SettingTemplateView::to_view(row)))
}

/// A template.
#[utoipa::path(get, path = "/setting_templates/{id}", operation_id = "get_setting_template", tag = "settings",
    responses((status = 200, body = SettingTemplateView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: TemplateId = query::path_id(&id)?;
    Ok(shown(
        app::setting_templates::find(&state.app, &caller.0, id).await?,
    ))
}

/// Makes a new version of a template. The wishes of the stations it fits follow, and the stations
/// those.
#[utoipa::path(patch, path = "/setting_templates/{id}", operation_id = "edit_setting_template", tag = "settings",
    request_body = TemplateChange, responses((status = 200, body = SettingTemplateView)))]
pub(crate) async fn edit(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<TemplateChange>,
) -> Result<HttpResponse, Problem> {
    let id: TemplateId = query::path_id(&id)?;
    // Whoever may not see it learns nothing by the header they left out.
    app::setting_templates::demand(&state.app, &caller.0, id).await?;
    let change = TemplateChange::from_body(body, etag::needed(&request)?);
    Ok(shown(
        app::setting_templates::edit(&state.app, &caller.0, id, change).await?,
    ))
}

/// Removes a template: its values are wished no more, and stay at the stations.
#[utoipa::path(delete, path = "/setting_templates/{id}", operation_id = "remove_setting_template", tag = "settings",
    responses((status = 204)))]
pub(crate) async fn remove(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (id, when): (TemplateId, _) = (query::path_id(&id)?, etag::when(&request)?);
    app::setting_templates::remove(&state.app, &caller.0, id, &when).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a template said, the newest version first.
#[utoipa::path(get, path = "/setting_templates/{id}/versions", operation_id = "list_setting_template_versions", tag = "settings",
    params(PageQuery), responses((status = 200, body = ListView<TemplateVersionView>)))]
pub(crate) async fn versions(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Query(q): Query<PageQuery>,
) -> Result<web::Json<ListView<TemplateVersionView>>, Problem> {
    let id: TemplateId = query::path_id(&id)?;
    let page = app::setting_templates::versions(&state.app, &caller.0, id, &q.page()).await?;
    Ok(web::Json(ListView::to_view(
        page,
        TemplateVersionView::to_view,
    )))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct PreviewQuery {
    /// The template that the body changes; a new one when not given.
    template_id: Option<String>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Which stations a template would count for, and what it would change there. A page can be shorter
/// than asked for, or empty, without being the last.
#[utoipa::path(post, path = "/setting_templates/preview", operation_id = "preview_setting_template", tag = "settings",
    params(PreviewQuery), request_body = TemplateChange, responses((status = 200, body = ListView<AffectedView>)))]
pub(crate) async fn preview(
    state: web::Data<State>,
    caller: SignedIn,
    Query(q): Query<PreviewQuery>,
    Body(body): Body<TemplateChange>,
) -> Result<web::Json<ListView<AffectedView>>, Problem> {
    let of = q.template_id.map(|id| query::path_id(&id)).transpose()?;
    let change: Change = TemplateChange::from_body(body, app::revision::Precondition::None);
    let page = query::page(q.limit, q.cursor);
    let page = app::setting_templates::preview(&state.app, &caller.0, of, change, &page).await?;
    Ok(web::Json(ListView::to_view(page, AffectedView::to_view)))
}
