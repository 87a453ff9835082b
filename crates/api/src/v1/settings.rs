//! `/stations/{id}/settings`: what a station should be set to beside what it reports; and the drift
//! of the fleet.

use actix_web::{HttpRequest, HttpResponse, web};
use app::exports::Export;
use app::settings::{DriftQuery, Edit, Line, LineQuery};
use domain::id::{SiteId, StationId, TemplateId};
use domain::role::{Caller, Permission};
use domain::setting::{Area, SettingState, folded};
use serde::Deserialize;
use utoipa::IntoParams;

use super::sites::PageQuery;
use crate::body::Body;
use crate::etag;
use crate::listing::{self, Paging};
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Limit, Query};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::view::setting::{
    ChosenBody, ComparedView, ConfigurationView, FleetDriftView, SettingView, SettingsChange,
    SettingsDiffView, SiteVariableView,
};
use crate::view::{ListView, words};

const SEEN: Need = Need::Permission(Permission::StationSettingsView);
const CONFIGURE: Need = Need::Permission(Permission::StationsConfigure);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/stations/{id}/configuration", SEEN, summary),
    endpoint!(GET "/stations/{id}/settings", SEEN, list),
    endpoint!(PATCH "/stations/{id}/settings", CONFIGURE, edit, Versioned),
    endpoint!(POST "/stations/{id}/settings/apply", CONFIGURE, apply),
    endpoint!(POST "/stations/{id}/settings/read", CONFIGURE, read),
    endpoint!(GET "/stations/{id}/settings/compare", SEEN, compare),
    endpoint!(PUT "/stations/{id}/setting_template", CONFIGURE, choose, Conditional),
    endpoint!(GET "/settings/drift", SEEN, drift, Exported(Export::Drift)),
    endpoint!(GET "/sites/{id}/variables", SEEN, site_variables, Exported(Export::SiteVariables)),
];

async fn told(
    state: &web::Data<State>,
    caller: &Caller,
    id: StationId,
    mut response: actix_web::HttpResponseBuilder,
) -> Result<HttpResponse, Problem> {
    let summary = app::settings::summary(&state.app, caller, id).await?;
    let revision = summary.configuration.revision;
    Ok(response
        .insert_header(etag::tag(revision))
        .json(ConfigurationView::to_view(summary)))
}

/// Something goes on, and is told there.
fn under_way(id: StationId) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Accepted();
    response.insert_header(location(&format!("/stations/{id}/configuration")));
    response
}

/// How far the settings of a station are: its template, its drift, and how reading it goes.
#[utoipa::path(get, path = "/stations/{id}/configuration", operation_id = "get_configuration", tag = "settings",
    responses((status = 200, body = ConfigurationView)))]
pub(crate) async fn summary(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: StationId = query::path_id(&id)?;
    told(&state, &caller.0, id, HttpResponse::Ok()).await
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct SettingsQuery {
    /// Only what is not as wished.
    drift: Option<bool>,
    /// Only what is wished.
    changed: Option<bool>,
    /// A part of the name or the value.
    q: Option<String>,
    /// Only of this group.
    #[param(value_type = Option<words::SettingArea>)]
    group: Option<Area>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// What is wished of a station beside what it reported, by name.
#[utoipa::path(get, path = "/stations/{id}/settings", operation_id = "list_settings", tag = "settings", params(SettingsQuery),
    responses((status = 200, body = ListView<SettingView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(q): Query<SettingsQuery>,
) -> Result<HttpResponse, Problem> {
    let id: StationId = query::path_id(&id)?;
    let asked = LineQuery {
        drift: q.drift.unwrap_or(false),
        wished: q.changed.unwrap_or(false),
        q: q.q,
        area: q.group,
    };
    let (lines, revision) = app::settings::list(&state.app, &caller.0, id, &asked).await?;
    let key = |line: &Line| format!("{:?}", folded(&line.name));
    let page = query::page(q.limit, q.cursor);
    let page = listing::cut(&request, &page, lines, key)?;
    Ok(HttpResponse::Ok()
        .insert_header(etag::tag(revision))
        .json(ListView::to_view(page, SettingView::to_view)))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct EditQuery {
    /// Only says what would change.
    dry_run: Option<bool>,
}

/// Changes what is wished of a station: it is brought to it at once, or when it is back. A setting
/// that a lock protects is refused, and so is all that is asked for with it.
#[utoipa::path(patch, path = "/stations/{id}/settings", operation_id = "edit_settings", tag = "settings", params(EditQuery),
    request_body = SettingsChange, responses((status = 200, body = SettingsDiffView)))]
pub(crate) async fn edit(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(q): Query<EditQuery>,
    Body(body): Body<SettingsChange>,
) -> Result<HttpResponse, Problem> {
    let id: StationId = query::path_id(&id)?;
    // Whoever may not change it learns nothing by the header they left out.
    app::settings::edit(&state.app, &caller.0, id, Edit::default(), true).await?;
    let dry_run = q.dry_run.unwrap_or(false);
    let when = etag::needed(&request)?;
    let asked = SettingsChange::from_body(body, when)?;
    let edited = app::settings::edit(&state.app, &caller.0, id, asked, dry_run).await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag::tag(edited.revision))
        .json(SettingsDiffView::to_view(edited, dry_run)))
}

/// Has what is wished written now, also what only alerts, was declined or was stopped.
#[utoipa::path(post, path = "/stations/{id}/settings/apply", operation_id = "apply_settings", tag = "settings",
    responses((status = 202, body = ConfigurationView)))]
pub(crate) async fn apply(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: StationId = query::path_id(&id)?;
    app::settings::apply(&state.app, &caller.0, id).await?;
    told(&state, &caller.0, id, under_way(id)).await
}

/// Begins to read a station in full; it must be connected. `GET …/configuration` tells how far it is.
#[utoipa::path(post, path = "/stations/{id}/settings/read", operation_id = "read_settings", tag = "settings",
    responses((status = 202, body = ConfigurationView)))]
pub(crate) async fn read(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: StationId = query::path_id(&id)?;
    app::settings::begin_reading(&state.app, &caller.0, id).await?;
    told(&state, &caller.0, id, under_way(id)).await
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct CompareQuery {
    /// The other station.
    with: Option<String>,
    /// Only what differs.
    different: Option<bool>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// What two stations are set to, beside each other. Without another one it is compared with itself.
#[utoipa::path(get, path = "/stations/{id}/settings/compare", operation_id = "compare_settings", tag = "settings", params(CompareQuery),
    responses((status = 200, body = ListView<ComparedView>)))]
pub(crate) async fn compare(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(q): Query<CompareQuery>,
) -> Result<web::Json<ListView<ComparedView>>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let with = q.with.map_or(Ok(id), |with| query::path_id(&with))?;
    let different = q.different.unwrap_or(false);
    let rows = app::settings::compare(&state.app, &caller.0, id, with, different).await?;
    let page = query::page(q.limit, q.cursor);
    let key = |row: &app::settings::Compared| format!("{:?}", folded(&row.name));
    let page = listing::cut(&request, &page, rows, key)?;
    Ok(web::Json(ListView::to_view(page, ComparedView::to_view)))
}

/// Chooses the template of a station.
#[utoipa::path(put, path = "/stations/{id}/setting_template", operation_id = "choose_setting_template", tag = "settings",
    request_body = ChosenBody, responses((status = 200, body = ConfigurationView)))]
pub(crate) async fn choose(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<ChosenBody>,
) -> Result<HttpResponse, Problem> {
    let id: StationId = query::path_id(&id)?;
    let unknown = |code, detail| Problem::field("/template_id", code, detail);
    let chosen = body
        .template_id
        .ok_or_else(|| unknown("required", "A template, or null."))?;
    let chosen = chosen.map(|text| text.parse::<TemplateId>()).transpose();
    let chosen = chosen.map_err(|_| unknown("not_found", "There is no such template."));
    let when = etag::when(&request)?;
    let chosen = match chosen {
        Ok(chosen) => chosen,
        Err(problem) => {
            // Whoever may not choose learns nothing of the body.
            app::settings::edit(&state.app, &caller.0, id, Edit::default(), true).await?;
            return Err(problem);
        }
    };
    app::settings::choose(&state.app, &caller.0, id, chosen, &when).await?;
    told(&state, &caller.0, id, HttpResponse::Ok()).await
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct DriftParams {
    /// Only at this site.
    site_id: Option<String>,
    /// Only of this template.
    template_id: Option<String>,
    /// Only in this state.
    #[param(value_type = Option<words::SettingState>)]
    state: Option<SettingState>,
    /// A part of the name of the setting or of the station.
    q: Option<String>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Settings of the fleet that are not as wished.
#[utoipa::path(get, path = "/settings/drift", operation_id = "list_drift", tag = "settings", params(DriftParams),
    responses((status = 200, body = ListView<FleetDriftView>)))]
pub(crate) async fn drift(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(q): Query<DriftParams>,
) -> Result<HttpResponse, Problem> {
    let id = |name: &str| query::wrong(name, "An id of this kind.");
    let site = q.site_id.map(|text| text.parse::<SiteId>()).transpose();
    let template = q
        .template_id
        .map(|text| text.parse::<TemplateId>())
        .transpose();
    let asked = DriftQuery {
        site: site.map_err(|_| id("site_id"))?,
        template: template.map_err(|_| id("template_id"))?,
        state: q.state,
        q: q.q,
    };
    let paging = Paging {
        limit: q.limit,
        cursor: q.cursor,
    };
    let read = move |state: web::Data<State>, caller: Caller, page| {
        let asked = asked.clone();
        async move {
            let page = app::settings::drift(&state.app, &caller, &asked, &page).await?;
            Ok(page.map(FleetDriftView::to_view))
        }
    };
    listing::answer(&state, &request, caller.0, paging, Export::Drift, read).await
}

/// What the stations of a site reported of their settings.
#[utoipa::path(get, path = "/sites/{id}/variables", operation_id = "list_site_variables", tag = "settings", params(PageQuery),
    responses((status = 200, body = ListView<SiteVariableView>)))]
pub(crate) async fn site_variables(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(q): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let id: SiteId = query::path_id(&id)?;
    let read = move |state: web::Data<State>, caller: Caller, page| async move {
        let page = app::settings::site_variables(&state.app, &caller, id, &page).await?;
        Ok(page.map(SiteVariableView::to_view))
    };
    let export = Export::SiteVariables;
    listing::answer(&state, &request, caller.0, q.paging(), export, read).await
}
