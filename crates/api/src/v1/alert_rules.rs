//! `/alert_rules` and `/webhooks`: by what alerts count, and who is told.

use actix_web::{HttpRequest, HttpResponse, web};
use app::exports::Export;
use domain::alert::rule::Rule;
use domain::id::{AlertRuleId, WebhookId};
use domain::role::Permission;

use crate::body::Body;
use crate::etag;
use crate::listing;
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Query};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::v1::sites::PageQuery;
use crate::view::ListView;
use crate::view::alert_rule::{AlertRuleBody, AlertRuleChange, AlertRuleView, RulePreviewView};
use crate::view::webhook::{DeliveryView, NewWebhookView, WebhookBody, WebhookChange, WebhookView};

const VIEW: Need = Need::Permission(Permission::AlertsView);
const MANAGE: Need = Need::Permission(Permission::StationsAlertsManage);
const HOOKS: Need = Need::Permission(Permission::WebhooksManage);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/alert_rules", VIEW, list),
    endpoint!(POST "/alert_rules", MANAGE, create),
    endpoint!(GET "/alert_rules/{id}", VIEW, find),
    endpoint!(PATCH "/alert_rules/{id}", MANAGE, edit, Conditional),
    endpoint!(DELETE "/alert_rules/{id}", MANAGE, remove, Conditional),
    endpoint!(GET "/alert_rules/{id}/preview", VIEW, preview),
    endpoint!(GET "/webhooks", HOOKS, webhooks),
    endpoint!(POST "/webhooks", HOOKS, create_webhook, SecretAnswer),
    endpoint!(GET "/webhooks/{id}", HOOKS, find_webhook),
    endpoint!(PATCH "/webhooks/{id}", HOOKS, edit_webhook, Conditional),
    endpoint!(DELETE "/webhooks/{id}", HOOKS, remove_webhook, Conditional),
    endpoint!(GET "/webhooks/{id}/deliveries", HOOKS, deliveries, Exported(Export::Deliveries)),
    endpoint!(POST "/webhooks/{id}/test", HOOKS, test_webhook),
];

fn shown((rule, revision): (Rule, i64)) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(etag::tag(revision))
        .json(AlertRuleView::to_view(rule))
}

/// Rules, the oldest first.
#[utoipa::path(get, path = "/alert_rules", operation_id = "list_alert_rules", tag = "alerts",
    params(PageQuery), responses((status = 200, body = ListView<AlertRuleView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    Query(q): Query<PageQuery>,
) -> Result<web::Json<ListView<AlertRuleView>>, Problem> {
    let page = app::alert_rules::list(&state.app, &caller.0, &q.page()).await?;
    Ok(web::Json(ListView::to_view(page, |(rule, _)| {
        AlertRuleView::to_view(rule)
    })))
}

/// Makes a rule.
#[utoipa::path(post, path = "/alert_rules", operation_id = "create_alert_rule", tag = "alerts",
    request_body = AlertRuleBody, responses((status = 201, body = AlertRuleView)))]
pub(crate) async fn create(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<AlertRuleBody>,
) -> Result<HttpResponse, Problem> {
    let new = AlertRuleBody::from_body(body)?;
    let (rule, revision) = app::alert_rules::create(&state.app, &caller.0, new).await?;
    Ok(HttpResponse::Created()
        .insert_header(etag::tag(revision))
        .insert_header(location(&format!("/alert_rules/{}", rule.id)))
        .json(AlertRuleView::to_view(rule)))
}

/// A rule.
#[utoipa::path(get, path = "/alert_rules/{id}", operation_id = "get_alert_rule", tag = "alerts",
    responses((status = 200, body = AlertRuleView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: AlertRuleId = query::path_id(&id)?;
    Ok(shown(
        app::alert_rules::find(&state.app, &caller.0, id).await?,
    ))
}

/// Changes a rule.
#[utoipa::path(patch, path = "/alert_rules/{id}", operation_id = "edit_alert_rule", tag = "alerts",
    request_body = AlertRuleChange, responses((status = 200, body = AlertRuleView)))]
pub(crate) async fn edit(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<AlertRuleChange>,
) -> Result<HttpResponse, Problem> {
    let id: AlertRuleId = query::path_id(&id)?;
    let edit = AlertRuleChange::from_body(body, etag::when(&request)?)?;
    Ok(shown(
        app::alert_rules::edit(&state.app, &caller.0, id, edit).await?,
    ))
}

/// Removes a rule; alerts that only it was about are over.
#[utoipa::path(delete, path = "/alert_rules/{id}", operation_id = "remove_alert_rule", tag = "alerts",
    responses((status = 204)))]
pub(crate) async fn remove(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (id, when): (AlertRuleId, _) = (query::path_id(&id)?, etag::when(&request)?);
    app::alert_rules::remove(&state.app, &caller.0, id, &when).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// How often a rule would have fired within the last week: for `offline`, `flapping`,
/// `firmware_failed` and `tamper`, of whose past enough is stored.
#[utoipa::path(get, path = "/alert_rules/{id}/preview", operation_id = "preview_alert_rule", tag = "alerts",
    responses((status = 200, body = RulePreviewView)))]
pub(crate) async fn preview(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<RulePreviewView>, Problem> {
    let id: AlertRuleId = query::path_id(&id)?;
    let preview = app::alert_rules::preview(&state.app, &caller.0, id).await?;
    Ok(web::Json(RulePreviewView::to_view(preview)))
}

fn hook(row: app::webhooks::WebhookRow) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(etag::tag(row.revision))
        .json(WebhookView::to_view(row))
}

/// Webhooks, the oldest first.
#[utoipa::path(get, path = "/webhooks", operation_id = "list_webhooks", tag = "alerts",
    params(PageQuery), responses((status = 200, body = ListView<WebhookView>)))]
pub(crate) async fn webhooks(
    state: web::Data<State>,
    caller: SignedIn,
    Query(q): Query<PageQuery>,
) -> Result<web::Json<ListView<WebhookView>>, Problem> {
    let page = app::webhooks::list(&state.app, &caller.0, &q.page()).await?;
    Ok(web::Json(ListView::to_view(page, WebhookView::to_view)))
}

/// Makes a webhook; its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/webhooks", operation_id = "create_webhook", tag = "alerts",
    request_body = WebhookBody, responses((status = 201, body = NewWebhookView)))]
pub(crate) async fn create_webhook(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<WebhookBody>,
) -> Result<HttpResponse, Problem> {
    let new = WebhookBody::from_body(body);
    let (row, secret) = app::webhooks::create(&state.app, &caller.0, new).await?;
    Ok(HttpResponse::Created()
        .insert_header(etag::tag(row.revision))
        .insert_header(location(&format!("/webhooks/{}", row.webhook.id)))
        .json(NewWebhookView {
            webhook: WebhookView::to_view(row),
            secret,
        }))
}

/// A webhook.
#[utoipa::path(get, path = "/webhooks/{id}", operation_id = "get_webhook", tag = "alerts",
    responses((status = 200, body = WebhookView)))]
pub(crate) async fn find_webhook(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: WebhookId = query::path_id(&id)?;
    Ok(hook(app::webhooks::find(&state.app, &caller.0, id).await?))
}

/// Changes a webhook.
#[utoipa::path(patch, path = "/webhooks/{id}", operation_id = "edit_webhook", tag = "alerts",
    request_body = WebhookChange, responses((status = 200, body = WebhookView)))]
pub(crate) async fn edit_webhook(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<WebhookChange>,
) -> Result<HttpResponse, Problem> {
    let id: WebhookId = query::path_id(&id)?;
    let edit = WebhookChange::from_body(body, etag::when(&request)?);
    Ok(hook(
        app::webhooks::edit(&state.app, &caller.0, id, edit).await?,
    ))
}

/// Removes a webhook and what waits for it.
#[utoipa::path(delete, path = "/webhooks/{id}", operation_id = "remove_webhook", tag = "alerts",
    responses((status = 204)))]
pub(crate) async fn remove_webhook(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (id, when): (WebhookId, _) = (query::path_id(&id)?, etag::when(&request)?);
    app::webhooks::remove(&state.app, &caller.0, id, &when).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What went to a webhook and how, the newest first.
#[utoipa::path(get, path = "/webhooks/{id}/deliveries", operation_id = "list_webhook_deliveries", tag = "alerts",
    params(PageQuery), responses((status = 200, body = ListView<DeliveryView>)))]
pub(crate) async fn deliveries(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(q): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let id: WebhookId = query::path_id(&id)?;
    let read = move |state: web::Data<State>, caller, page| async move {
        let page = app::webhooks::deliveries(&state.app, &caller, id, &page).await?;
        Ok(page.map(DeliveryView::to_view))
    };
    let export = Export::Deliveries;
    listing::answer(&state, &request, caller.0, q.paging(), export, read).await
}

/// Sends a message that says nothing but that it is a test.
#[utoipa::path(post, path = "/webhooks/{id}/test", operation_id = "test_webhook", tag = "alerts",
    responses((status = 202, body = DeliveryView)))]
pub(crate) async fn test_webhook(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: WebhookId = query::path_id(&id)?;
    let delivery = app::webhooks::test(&state.app, &caller.0, id).await?;
    Ok(HttpResponse::Accepted().json(DeliveryView::to_view(delivery)))
}
