//! `/stations`: what people see and say of stations.

use actix_web::{HttpRequest, HttpResponse, web};
use app::exports::Export;
use app::stations::{NewPassword, Sort, StationSort};
use domain::id::{SiteId, StationId};
use domain::role::Permission;
use domain::station::ConnectorStatus;
use serde::Deserialize;
use utoipa::IntoParams;

use super::sites::PageQuery;
use crate::body::Body;
use crate::etag;
use crate::listing::{self, Form, Paging};
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Limit, Query, Within};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::view::session::{EvseMeterView, PointView, StationMeterView};
use crate::view::station::{
    ConnectorView, EvseView, FindingView, NewStationView, PasswordView, StationBody, StationChange,
    StationView,
};
use crate::view::{ListView, word, words};

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/stations", Need::Permission(Permission::StationsList), list, Exported(Export::Stations)),
    endpoint!(POST "/stations", Need::Permission(Permission::StationsEdit), create, SecretAnswer),
    endpoint!(GET "/stations/{id}", Need::Permission(Permission::StationsList), find),
    endpoint!(PATCH "/stations/{id}", Need::Permission(Permission::StationsEdit), edit, Conditional),
    endpoint!(DELETE "/stations/{id}", Need::Permission(Permission::StationsEdit), archive, Conditional),
    endpoint!(POST "/stations/{id}/password", Need::Permission(Permission::StationsEdit), password, SecretAnswer),
    endpoint!(GET "/stations/{id}/evses", Need::Permission(Permission::StationsList), evses),
    endpoint!(GET "/stations/{id}/meter", Need::Permission(Permission::StationsList), meter),
];

#[derive(Deserialize, IntoParams)]
pub(crate) struct StationQuery {
    #[param(value_type = Option<String>)]
    site_id: Option<SiteId>,
    /// With a connector in one of these states.
    #[serde(default)]
    #[param(value_type = Option<Vec<words::ConnectorStatus>>, style = Form, explode = false)]
    status: Vec<ConnectorStatus>,
    online: Option<bool>,
    /// Part of identity, name, model or serial number.
    q: Option<String>,
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    vendor: Vec<String>,
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    model: Vec<String>,
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    firmware_version: Vec<String>,
    /// `identity` (when not given), `last_seen` or `created`; with a `-` before it, the greatest
    /// first. A file is not sorted by `last_seen`, which changes while it is read.
    #[param(value_type = Option<words::StationOrder>)]
    sort: Option<String>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

pub(crate) const SORTS: &[(&str, StationSort)] = &[
    ("identity", StationSort::Identity),
    ("last_seen", StationSort::LastSeen),
    ("created", StationSort::Created),
];
const FILE_SORTS: &[(&str, StationSort)] = &[
    ("identity", StationSort::Identity),
    ("created", StationSort::Created),
];

/// Stations, by identity.
#[utoipa::path(get, path = "/stations", operation_id = "list_stations", tag = "stations", params(StationQuery),
    responses((status = 200, body = ListView<StationView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(q): Query<StationQuery>,
) -> Result<HttpResponse, Problem> {
    let sorts = match listing::form(&request) {
        Form::Json => SORTS,
        Form::Csv | Form::Lines | Form::Xlsx => FILE_SORTS,
    };
    let filter = app::stations::StationQuery {
        site: q.site_id,
        statuses: q.status,
        online: q.online,
        q: q.q,
        vendors: q.vendor,
        models: q.model,
        firmware_versions: q.firmware_version,
        sort: query::sort(q.sort.as_deref(), sorts, Sort::up(StationSort::Identity))?,
    };
    let paging = Paging {
        limit: q.limit,
        cursor: q.cursor,
    };
    let read = move |state: web::Data<State>, caller, page| {
        let filter = filter.clone();
        async move {
            let page = app::stations::list(&state.app, &caller, &filter, &page).await?;
            Ok(page.map(view))
        }
    };
    listing::answer(&state, &request, caller.0, paging, Export::Stations, read).await
}

/// Adds a station, or claims one that waits.
#[utoipa::path(post, path = "/stations", operation_id = "create_station", tag = "stations", request_body = StationBody,
    responses((status = 201, body = NewStationView)))]
pub(crate) async fn create(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<StationBody>,
) -> Result<HttpResponse, Problem> {
    let new = app::stations::NewStation {
        identity: body.identity,
        name: body.name,
        site: body.site_id,
        password: body
            .password
            .map_or(NewPassword::Drawn, NewPassword::Chosen),
    };
    let (row, password) = app::stations::create(&state.app, &caller.0, new).await?;
    Ok(HttpResponse::Created()
        .insert_header(etag::tag(row.revision))
        .insert_header(location(&format!("/stations/{}", row.station.id)))
        .json(NewStationView {
            station: view(row),
            password,
        }))
}

/// A station.
#[utoipa::path(get, path = "/stations/{id}", operation_id = "get_station", tag = "stations",
    responses((status = 200, body = StationView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: StationId = query::path_id(&id)?;
    Ok(shown(app::stations::find(&state.app, &caller.0, id).await?))
}

/// Changes what people say of a station.
#[utoipa::path(patch, path = "/stations/{id}", operation_id = "edit_station", tag = "stations", request_body = StationChange,
    responses((status = 200, body = StationView)))]
pub(crate) async fn edit(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<StationChange>,
) -> Result<HttpResponse, Problem> {
    let id: StationId = query::path_id(&id)?;
    let change = app::stations::StationEdit {
        name: body.name,
        site: body.site_id,
        admin_state: body.admin_state,
        lenient: body.policy_lenient,
        assume_protocol: body.policy_assume_protocol,
        when: etag::when(&request)?,
    };
    Ok(shown(
        app::stations::edit(&state.app, &caller.0, id, change).await?,
    ))
}

/// Archives a station; its history stays.
#[utoipa::path(delete, path = "/stations/{id}", operation_id = "archive_station", tag = "stations", responses((status = 204)))]
pub(crate) async fn archive(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (id, when): (StationId, _) = (query::path_id(&id)?, etag::when(&request)?);
    app::stations::archive_when(&state.app, &caller.0, id, &when).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Draws another password, shown this once.
#[utoipa::path(post, path = "/stations/{id}/password", operation_id = "renew_station_password", tag = "stations",
    responses((status = 200, body = PasswordView)))]
pub(crate) async fn password(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<PasswordView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let password = app::stations::renew_password(&state.app, &caller.0, id).await?;
    Ok(web::Json(PasswordView { password }))
}

/// The EVSEs of a station.
#[utoipa::path(get, path = "/stations/{id}/evses", operation_id = "list_evses", tag = "stations", params(PageQuery),
    responses((status = 200, body = ListView<EvseView>)))]
pub(crate) async fn evses(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<web::Json<ListView<EvseView>>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let evses = app::stations::evses(&state.app, &caller.0, id).await?;
    let page = listing::cut(&request, &query.page(), evses, |e| {
        e.evse.number.to_string()
    })?;
    Ok(web::Json(ListView::to_view(page, evse_view)))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct MeterQuery {
    /// How far back; 60 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 10_080)]
    minutes: Option<Within<1, 10_080>>,
}

/// The newest readings of a station.
#[utoipa::path(get, path = "/stations/{id}/meter", operation_id = "get_station_meter", tag = "stations", params(MeterQuery),
    responses((status = 200, body = StationMeterView)))]
pub(crate) async fn meter(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Query(query): Query<MeterQuery>,
) -> Result<web::Json<StationMeterView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let minutes = query.minutes.map_or(60, |minutes| i64::from(minutes.0));
    let points = app::stations::meter(&state.app, &caller.0, id, minutes).await?;
    let mut evses: Vec<EvseMeterView> = Vec::new();
    for (number, point) in &points {
        let place = match evses.iter().position(|e| e.number == *number) {
            Some(place) => place,
            None => {
                evses.push(EvseMeterView {
                    number: *number,
                    points: Vec::new(),
                });
                evses.len() - 1
            }
        };
        evses[place].points.push(PointView::to_view(point));
    }
    evses.sort_by_key(|e| e.number);
    Ok(web::Json(StationMeterView { evses }))
}

fn shown(row: app::stations::StationView) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(etag::tag(row.revision))
        .json(view(row))
}

pub(crate) fn view(row: app::stations::StationView) -> StationView {
    let station = row.station;
    StationView {
        id: station.id.to_string(),
        name: station
            .name
            .unwrap_or_else(|| station.identity.as_str().to_owned()),
        identity: station.identity.as_str().to_owned(),
        site_id: station.site.map(|s| s.to_string()),
        site_name: row.site_name,
        admin_state: row.admin_state.as_ref().map(word),
        registration: word(&station.registration),
        online: station.online,
        connected_since: station.connected_since,
        last_seen_at: station.last_seen_at,
        protocol: station.protocol,
        vendor: station.hardware.vendor,
        model: station.hardware.model,
        serial_number: station.hardware.serial_number,
        firmware_version: station.hardware.firmware_version,
        firmware_update: row.firmware_update,
        policy_lenient: station.lenient,
        policy_assume_protocol: station.assume_protocol,
        deviations: row.deviations,
        finding: row.finding.map(|f| FindingView {
            code: f.code.to_owned(),
            text: f.text,
        }),
        power_w: row.power.map(|p| p.get()),
        evses: row.evses.into_iter().map(evse_view).collect(),
        created_at: station.created_at,
    }
}

fn evse_view(row: app::stations::EvseView) -> EvseView {
    EvseView {
        id: row.evse.id.to_string(),
        number: row.evse.number,
        status: word(&row.evse.status()),
        power_w: row.power.map(|p| p.get()),
        session_id: row.evse.session.map(|s| s.to_string()),
        session_started_at: row.session_since,
        connectors: row
            .evse
            .connectors
            .into_iter()
            .map(ConnectorView::to_view)
            .collect(),
    }
}
