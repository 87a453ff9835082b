//! `/organisations`: the caller's own, those right below it, and what they may use.

use actix_web::{HttpRequest, HttpResponse, web};
use app::exports::Export;
use app::organisations::modules::{self, Uses};
use app::organisations::{NewModules, OrganisationEdit};
use domain::id::{OrgId, SiteId, UserId};
use domain::module::ModuleSet;
use domain::role::Permission;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body::Body;
use crate::etag;
use crate::listing;
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Query};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::v1::sites::PageQuery;
use crate::view::organisation::{
    ActivationBody, ModulesBody, ModulesView, MoveBody, OrganisationChange, OrganisationDetailView,
    SubOrganisationBody,
};
use crate::view::site_access::ReasonsView;
use crate::view::{ListView, words};

const SEEN: Need = Need::ByKind(&[Permission::OrganisationView, Permission::ResellerView]);
const MADE: Need = Need::ByKind(&[
    Permission::ResellerCreateSimilar,
    Permission::ResellerCreateCustom,
]);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/organisations/{id}", SEEN, find),
    endpoint!(PATCH "/organisations/{id}", Need::Permission(Permission::OrganisationEdit), edit, Conditional),
    endpoint!(POST "/organisations/{id}/move", Need::Permission(Permission::ResellerCreateCustom), relocate),
    endpoint!(GET "/organisations/{id}/sub_organisations", Need::Permission(Permission::ResellerView), list, Exported(Export::Organisations)),
    endpoint!(POST "/organisations/{id}/sub_organisations", MADE, create),
    endpoint!(GET "/organisations/{id}/modules", SEEN, modules_of),
    endpoint!(PUT "/organisations/{id}/modules", Need::Permission(Permission::ResellerModulesEdit), set_modules, Conditional),
    endpoint!(PUT "/organisations/{id}/paid_modules/{module}", Need::Permission(Permission::ModulesPaidActivate), activate),
    endpoint!(DELETE "/organisations/{id}/paid_modules/{module}", Need::Permission(Permission::ModulesPaidActivate), deactivate),
    endpoint!(GET "/organisations/{id}/members/{user_id}/reasons", Need::SignedIn, reasons),
];

/// An organisation: the caller's own, or one right below it.
#[utoipa::path(get, path = "/organisations/{id}", operation_id = "get_organisation", tag = "organisations",
    responses((status = 200, body = OrganisationDetailView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: OrgId = query::path_id(&id)?;
    let found = app::organisations::find(&state.app, &caller.0, id).await?;
    Ok(shown(found))
}

fn shown(found: app::organisations::OrganisationView) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(etag::tag(found.revision))
        .json(OrganisationDetailView::to_view(found))
}

/// Changes what the caller's own organisation tells of itself.
#[utoipa::path(patch, path = "/organisations/{id}", operation_id = "edit_organisation", tag = "organisations",
    request_body = OrganisationChange, responses((status = 200, body = OrganisationDetailView)))]
pub(crate) async fn edit(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<OrganisationChange>,
) -> Result<HttpResponse, Problem> {
    let id: OrgId = query::path_id(&id)?;
    let edit = OrganisationChange::from_body(body, etag::when(&request)?);
    let edited = app::organisations::edit(&state.app, &caller.0, id, edit).await?;
    Ok(shown(edited))
}

/// Puts an organisation right below the caller's own under another one there.
#[utoipa::path(post, path = "/organisations/{id}/move", operation_id = "move_organisation", tag = "organisations",
    request_body = MoveBody, responses((status = 200, body = OrganisationDetailView)))]
pub(crate) async fn relocate(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Body(body): Body<MoveBody>,
) -> Result<HttpResponse, Problem> {
    let id: OrgId = query::path_id(&id)?;
    let parent = body.parent_id;
    let moved = app::organisations::relocate(&state.app, &caller.0, id, parent).await?;
    Ok(shown(moved))
}

/// The organisations right below the caller's own, by name.
#[utoipa::path(get, path = "/organisations/{id}/sub_organisations", operation_id = "list_sub_organisations",
    tag = "organisations", params(PageQuery), responses((status = 200, body = ListView<OrganisationDetailView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(q): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let id: OrgId = query::path_id(&id)?;
    let read = move |state: web::Data<State>, caller, page| async move {
        let page = app::organisations::list_below(&state.app, &caller, id, &page).await?;
        Ok(page.map(OrganisationDetailView::to_view))
    };
    let export = Export::Organisations;
    listing::answer(&state, &request, caller.0, q.paging(), export, read).await
}

/// Makes an organisation below the caller's own.
#[utoipa::path(post, path = "/organisations/{id}/sub_organisations", operation_id = "create_sub_organisation",
    tag = "organisations", request_body = SubOrganisationBody, responses((status = 201, body = OrganisationDetailView)))]
pub(crate) async fn create(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Body(body): Body<SubOrganisationBody>,
) -> Result<HttpResponse, Problem> {
    let id: OrgId = query::path_id(&id)?;
    let modules = match body.modules {
        None => NewModules::Similar,
        Some(names) => NewModules::Custom(set(names)),
    };
    let edit = OrganisationEdit {
        name: Some(body.name),
        country: Some(body.country),
        time_zone: Some(body.time_zone),
        ..OrganisationEdit::default()
    };
    let made = app::organisations::create(&state.app, &caller.0, id, edit, modules).await?;
    Ok(HttpResponse::Created()
        .insert_header(etag::tag(made.revision))
        .insert_header(location(&format!(
            "/organisations/{}",
            made.organisation.id
        )))
        .json(OrganisationDetailView::to_view(made)))
}

fn set(names: Vec<String>) -> ModuleSet {
    ModuleSet {
        modules: names.into_iter().collect(),
        ..ModuleSet::default()
    }
}

/// What an organisation may use, and what it could.
#[utoipa::path(get, path = "/organisations/{id}/modules", operation_id = "get_modules", tag = "organisations",
    responses((status = 200, body = ModulesView)))]
pub(crate) async fn modules_of(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: OrgId = query::path_id(&id)?;
    let found = app::organisations::find(&state.app, &caller.0, id).await?;
    let own = caller.0.member().map(|m| m.scope.org);
    let above = match own.filter(|own| *own != id) {
        None => None,
        Some(own) => app::organisations::find(&state.app, &caller.0, own)
            .await
            .ok(),
    };
    Ok(HttpResponse::Ok()
        .insert_header(etag::tag(found.revision))
        .json(ModulesView::to_view(
            &found.modules,
            above.as_ref().map(|a| &a.modules),
        )))
}

const fn uses(end: bool) -> Uses {
    if end { Uses::End } else { Uses::Refuse }
}

/// Sets the modules of an organisation right below the caller's own.
#[utoipa::path(put, path = "/organisations/{id}/modules", operation_id = "set_modules", tag = "organisations",
    request_body = ModulesBody, responses((status = 200, body = OrganisationDetailView)))]
pub(crate) async fn set_modules(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<ModulesBody>,
) -> Result<HttpResponse, Problem> {
    let (id, when): (OrgId, _) = (query::path_id(&id)?, etag::when(&request)?);
    let (wanted, uses) = (set(body.modules), uses(body.end_uses));
    let done = modules::set(&state.app, &caller.0, id, wanted, uses, &when).await?;
    Ok(shown(done))
}

/// Activates a paid module of an organisation right below the caller's own.
#[utoipa::path(put, path = "/organisations/{id}/paid_modules/{module}", operation_id = "activate_paid_module",
    tag = "organisations", request_body = ActivationBody, responses((status = 200, body = OrganisationDetailView)))]
pub(crate) async fn activate(
    state: web::Data<State>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
    Body(body): Body<ActivationBody>,
) -> Result<HttpResponse, Problem> {
    let (id, module) = path.into_inner();
    let id: OrgId = query::path_id(&id)?;
    let confirm = body.confirm.as_deref();
    let done = modules::activate(&state.app, &caller.0, id, &module, confirm).await?;
    Ok(shown(done))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct DeactivationQuery {
    /// `true`: organisations below it lose the module too.
    end_uses: Option<bool>,
}

/// Gives a paid module of an organisation right below the caller's own up.
#[utoipa::path(delete, path = "/organisations/{id}/paid_modules/{module}", operation_id = "deactivate_paid_module",
    tag = "organisations", params(DeactivationQuery), responses((status = 200, body = OrganisationDetailView)))]
pub(crate) async fn deactivate(
    state: web::Data<State>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
    Query(q): Query<DeactivationQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, module) = path.into_inner();
    let id: OrgId = query::path_id(&id)?;
    let uses = uses(q.end_uses.unwrap_or_default());
    let done = modules::deactivate(&state.app, &caller.0, id, &module, uses).await?;
    Ok(shown(done))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct ReasonQuery {
    /// What is asked about.
    #[param(value_type = words::PermissionKey)]
    permission: String,
    /// Where; the organisation as a whole when not given.
    #[param(value_type = Option<String>)]
    site_id: Option<SiteId>,
}

/// Why somebody may or may not do something: about oneself, or with `team.members.view`.
#[utoipa::path(get, path = "/organisations/{id}/members/{user_id}/reasons", operation_id = "get_reasons",
    tag = "organisations", params(ReasonQuery), responses((status = 200, body = ReasonsView)))]
pub(crate) async fn reasons(
    state: web::Data<State>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
    Query(q): Query<ReasonQuery>,
) -> Result<web::Json<ReasonsView>, Problem> {
    let (id, user) = path.into_inner();
    let (id, user): (OrgId, UserId) = (query::path_id(&id)?, query::path_id(&user)?);
    if caller.0.member().is_none_or(|m| m.scope.org != id) {
        return Err(Problem::not_found());
    }
    let permission = Permission::from_key(&q.permission)
        .ok_or_else(|| query::wrong("permission", "There is no such permission."))?;
    let why = app::reasons::explain(&state.app, &caller.0, user, permission, q.site_id).await?;
    Ok(web::Json(ReasonsView::to_view(why)))
}
