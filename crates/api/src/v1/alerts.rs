//! `/alerts`, those of a station, maintenance, and how reliable stations and sites were.

use actix_web::{HttpRequest, HttpResponse, web};
use app::alerts::{AlertSort, Sort};
use app::exports::Export;
use app::uptime::Range;
use domain::alert::{Act, AlertKind, AlertState, Severity};
use domain::id::{AlertId, MaintenanceId, SiteId, StationId, UserId};
use domain::role::{Caller, Permission};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body::Body;
use crate::listing::{self, Paging};
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, At, Limit, Query};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::v1::sites::PageQuery;
use crate::view::alert::{
    AcknowledgeBody, AcknowledgedAlertView, AcknowledgedAlertsView, AlertView, AssignBody,
    MaintenanceBody, MaintenanceView, SnoozeBody, UptimeView,
};
use crate::view::{ListView, words};

const VIEW: Need = Need::Permission(Permission::AlertsView);
const MANAGE: Need = Need::Permission(Permission::StationsAlertsManage);
/// What the alert is about decides.
const HANDLE: Need = Need::ByKind(&[
    Permission::StationsAlertsManage,
    Permission::SessionsAlertsManage,
]);
/// Whoever sees the list or may handle the alert.
const SEE: Need = Need::ByKind(&[
    Permission::AlertsView,
    Permission::StationsAlertsManage,
    Permission::SessionsAlertsManage,
]);
const WIDGETS: Need = Need::Permission(Permission::StationsWidgets);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/alerts", VIEW, list, Exported(Export::Alerts)),
    endpoint!(POST "/alerts/acknowledge", MANAGE, acknowledge_all),
    endpoint!(GET "/alerts/{id}", SEE, find),
    endpoint!(POST "/alerts/{id}/acknowledge", HANDLE, acknowledge),
    endpoint!(POST "/alerts/{id}/snooze", HANDLE, snooze),
    endpoint!(POST "/alerts/{id}/resolve", HANDLE, resolve),
    endpoint!(POST "/alerts/{id}/assign", HANDLE, assign),
    endpoint!(GET "/stations/{id}/alerts", MANAGE, of_station),
    endpoint!(GET "/maintenance", VIEW, maintenance),
    endpoint!(POST "/maintenance", MANAGE, begin_maintenance),
    endpoint!(DELETE "/maintenance/{id}", MANAGE, end_maintenance),
    endpoint!(GET "/stations/{id}/uptime", WIDGETS, station_uptime),
    endpoint!(GET "/sites/{id}/uptime", WIDGETS, site_uptime),
];

#[derive(Deserialize, IntoParams)]
pub(crate) struct AlertQuery {
    /// Only in these states.
    #[param(value_type = Option<Vec<words::AlertState>>, style = Form, explode = false)]
    state: Option<Vec<AlertState>>,
    /// Only so bad.
    #[param(value_type = Option<Vec<words::AlertSeverity>>, style = Form, explode = false)]
    severity: Option<Vec<Severity>>,
    /// Only these conditions.
    #[param(value_type = Option<Vec<words::AlertKind>>, style = Form, explode = false)]
    kind: Option<Vec<AlertKind>>,
    #[param(value_type = Option<String>)]
    site_id: Option<SiteId>,
    #[param(value_type = Option<String>)]
    station_id: Option<StationId>,
    /// `me`, `none`, or the id of a member.
    owner: Option<String>,
    /// `opened` (when not given, the newest first), `severity` or `last`; with a `-` before it, the
    /// greatest first.
    #[param(value_type = Option<words::AlertOrder>)]
    sort: Option<String>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

pub(crate) const SORTS: &[(&str, AlertSort)] = &[
    ("opened", AlertSort::Opened),
    ("severity", AlertSort::Severity),
    ("last", AlertSort::Last),
];

fn asked(q: AlertQuery, caller: &Caller) -> Result<(app::alerts::AlertQuery, Paging), Problem> {
    let owner = match q.owner.as_deref() {
        None => None,
        Some("none") => Some(None),
        Some("me") => Some(caller.member().map(|member| member.user)),
        Some(id) => {
            let user = id.parse::<UserId>();
            let detail = "me, none, or the id of a member.";
            Some(Some(user.map_err(|_| query::wrong("owner", detail))?))
        }
    };
    let newest = Sort::down(AlertSort::Opened);
    let asked = app::alerts::AlertQuery {
        site: q.site_id,
        station: q.station_id,
        states: q.state.unwrap_or_default(),
        severities: q.severity.unwrap_or_default(),
        kinds: q.kind.unwrap_or_default(),
        owner,
        sort: query::sort(q.sort.as_deref(), SORTS, newest)?,
    };
    let paging = Paging {
        limit: q.limit,
        cursor: q.cursor,
    };
    Ok((asked, paging))
}

/// Alerts, the newest first.
#[utoipa::path(get, path = "/alerts", operation_id = "list_alerts", tag = "alerts", params(AlertQuery),
    responses((status = 200, body = ListView<AlertView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(q): Query<AlertQuery>,
) -> Result<HttpResponse, Problem> {
    let (asked, paging) = asked(q, &caller.0)?;
    let read = move |state: web::Data<State>, caller: Caller, page| {
        let asked = asked.clone();
        async move {
            let page = app::alerts::list(&state.app, &caller, &asked, &page).await?;
            Ok(page.map(AlertView::to_view))
        }
    };
    listing::answer(&state, &request, caller.0, paging, Export::Alerts, read).await
}

/// An alert.
#[utoipa::path(get, path = "/alerts/{id}", operation_id = "get_alert", tag = "alerts",
    responses((status = 200, body = AlertView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<AlertView>, Problem> {
    let id: AlertId = query::path_id(&id)?;
    let row = app::alerts::find(&state.app, &caller.0, id).await?;
    Ok(web::Json(AlertView::to_view(row)))
}

async fn act(
    state: &State,
    caller: &Caller,
    id: &str,
    act: Act,
) -> Result<web::Json<AlertView>, Problem> {
    let id: AlertId = query::path_id(id)?;
    let row = app::alerts::act(&state.app, caller, id, act).await?;
    Ok(web::Json(AlertView::to_view(row)))
}

/// Somebody has seen it.
#[utoipa::path(post, path = "/alerts/{id}/acknowledge", operation_id = "acknowledge_alert", tag = "alerts",
    responses((status = 200, body = AlertView)))]
pub(crate) async fn acknowledge(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<AlertView>, Problem> {
    act(&state, &caller.0, &id, Act::Acknowledge).await
}

/// Somebody wants to hear of it again at a time.
#[utoipa::path(post, path = "/alerts/{id}/snooze", operation_id = "snooze_alert", tag = "alerts",
    request_body = SnoozeBody, responses((status = 200, body = AlertView)))]
pub(crate) async fn snooze(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Body(body): Body<SnoozeBody>,
) -> Result<web::Json<AlertView>, Problem> {
    let until = body.until.0;
    act(&state, &caller.0, &id, Act::Snooze { until }).await
}

/// It is over by the word of a person; opens no other until the condition has ended and comes again.
#[utoipa::path(post, path = "/alerts/{id}/resolve", operation_id = "resolve_alert", tag = "alerts",
    responses((status = 200, body = AlertView)))]
pub(crate) async fn resolve(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<AlertView>, Problem> {
    let by = caller.0.member().map(|member| member.user);
    act(&state, &caller.0, &id, Act::Resolve { by }).await
}

/// Somebody sees to it, or nobody.
#[utoipa::path(post, path = "/alerts/{id}/assign", operation_id = "assign_alert", tag = "alerts",
    request_body = AssignBody, responses((status = 200, body = AlertView)))]
pub(crate) async fn assign(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Body(body): Body<AssignBody>,
) -> Result<web::Json<AlertView>, Problem> {
    let owner = body.owner_id;
    act(&state, &caller.0, &id, Act::Assign { owner }).await
}

/// Acknowledges many, each for itself.
#[utoipa::path(post, path = "/alerts/acknowledge", operation_id = "acknowledge_alerts", tag = "alerts",
    request_body = AcknowledgeBody, responses((status = 200, body = AcknowledgedAlertsView)))]
pub(crate) async fn acknowledge_all(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<AcknowledgeBody>,
) -> Result<web::Json<AcknowledgedAlertsView>, Problem> {
    let done = app::alerts::acknowledge_all(&state.app, &caller.0, &body.ids).await?;
    let data = done.into_iter().map(AcknowledgedAlertView::to_view);
    Ok(web::Json(AcknowledgedAlertsView {
        data: data.collect(),
    }))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct StationAlertQuery {
    /// Only in these states.
    #[param(value_type = Option<Vec<words::AlertState>>, style = Form, explode = false)]
    state: Option<Vec<AlertState>>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The alerts of a station, the newest first.
#[utoipa::path(get, path = "/stations/{id}/alerts", operation_id = "list_station_alerts", tag = "alerts",
    params(StationAlertQuery), responses((status = 200, body = ListView<AlertView>)))]
pub(crate) async fn of_station(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Query(q): Query<StationAlertQuery>,
) -> Result<web::Json<ListView<AlertView>>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let asked = app::alerts::AlertQuery {
        states: q.state.unwrap_or_default(),
        ..app::alerts::AlertQuery::default()
    };
    let page = query::page(q.limit, q.cursor);
    let page = app::alerts::of_station(&state.app, &caller.0, id, &asked, &page).await?;
    Ok(web::Json(ListView::to_view(page, AlertView::to_view)))
}

/// Maintenance that is not over.
#[utoipa::path(get, path = "/maintenance", operation_id = "list_maintenance", tag = "alerts",
    params(PageQuery), responses((status = 200, body = ListView<MaintenanceView>)))]
pub(crate) async fn maintenance(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(q): Query<PageQuery>,
) -> Result<web::Json<ListView<MaintenanceView>>, Problem> {
    let rows = app::maintenance::list(&state.app, &caller.0).await?;
    let page = listing::cut(&request, &q.page(), rows, |one| one.id.to_string())?;
    Ok(web::Json(ListView::to_view(page, MaintenanceView::to_view)))
}

/// Announces maintenance: nobody is told of alerts there, and they are recorded as muted.
#[utoipa::path(post, path = "/maintenance", operation_id = "create_maintenance", tag = "alerts",
    request_body = MaintenanceBody, responses((status = 201, body = MaintenanceView)))]
pub(crate) async fn begin_maintenance(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<MaintenanceBody>,
) -> Result<HttpResponse, Problem> {
    let new = MaintenanceBody::from_body(body);
    let one = app::maintenance::create(&state.app, &caller.0, new).await?;
    Ok(HttpResponse::Created()
        .insert_header(location(&format!("/maintenance/{}", one.id)))
        .json(MaintenanceView::to_view(one)))
}

/// Takes maintenance back.
#[utoipa::path(delete, path = "/maintenance/{id}", operation_id = "remove_maintenance", tag = "alerts",
    responses((status = 204)))]
pub(crate) async fn end_maintenance(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: MaintenanceId = query::path_id(&id)?;
    app::maintenance::remove(&state.app, &caller.0, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct RangeQuery {
    /// Thirty days before `to` when not given.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    from: Option<At>,
    /// Now when not given.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    to: Option<At>,
}

impl RangeQuery {
    fn range(self) -> Range {
        Range {
            from: self.from.map(|at| at.0),
            to: self.to.map(|at| at.0),
        }
    }
}

/// For how much of a time a station was connected, and how many tries to charge came to energy.
#[utoipa::path(get, path = "/stations/{id}/uptime", operation_id = "get_station_uptime", tag = "alerts",
    params(RangeQuery), responses((status = 200, body = UptimeView)))]
pub(crate) async fn station_uptime(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Query(q): Query<RangeQuery>,
) -> Result<web::Json<UptimeView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let seen = app::uptime::of_station(&state.app, &caller.0, id, q.range()).await?;
    Ok(web::Json(UptimeView::to_view(seen)))
}

/// The same of all stations at a site that are not archived.
#[utoipa::path(get, path = "/sites/{id}/uptime", operation_id = "get_site_uptime", tag = "alerts",
    params(RangeQuery), responses((status = 200, body = UptimeView)))]
pub(crate) async fn site_uptime(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Query(q): Query<RangeQuery>,
) -> Result<web::Json<UptimeView>, Problem> {
    let id: SiteId = query::path_id(&id)?;
    let seen = app::uptime::of_site(&state.app, &caller.0, id, q.range()).await?;
    Ok(web::Json(UptimeView::to_view(seen)))
}
