//! `/connection_attempts`: who called at the charger port, and what became of it.

use actix_web::{HttpRequest, HttpResponse, web};
use app::exports::Export;
use domain::attempt::Unclaimed;
use domain::id::StationId;
use domain::role::Permission;

use super::sites::PageQuery;
use crate::listing;
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Query};
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::ListView;
use crate::view::log::{AttemptView, UnclaimedView};

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/connection_attempts", Need::Permission(Permission::StationsEdit), list, Exported(Export::Attempts)),
    endpoint!(GET "/connection_attempts/unclaimed", Need::Permission(Permission::StationsEdit), unclaimed),
    endpoint!(GET "/stations/{id}/attempts", Need::Permission(Permission::LogsView), of_station, Exported(Export::Attempts)),
];

/// All attempts, the newest first.
#[utoipa::path(get, path = "/connection_attempts", operation_id = "list_attempts", tag = "connect", params(PageQuery),
    responses((status = 200, body = ListView<AttemptView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    page_of(&state, &request, caller, None, query).await
}

/// Stations that called and that nobody registered.
#[utoipa::path(get, path = "/connection_attempts/unclaimed", operation_id = "list_unclaimed", tag = "connect", params(PageQuery),
    responses((status = 200, body = ListView<UnclaimedView>)))]
pub(crate) async fn unclaimed(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(query): Query<PageQuery>,
) -> Result<web::Json<ListView<UnclaimedView>>, Problem> {
    let rows = app::attempts::unclaimed(&state.app, &caller.0).await?;
    let key = |unclaimed: &Unclaimed| unclaimed.identity.clone();
    let page = listing::cut(&request, &query.page(), rows, key)?;
    Ok(web::Json(ListView::to_view(page, UnclaimedView::to_view)))
}

/// Attempts of one station.
#[utoipa::path(get, path = "/stations/{id}/attempts", operation_id = "list_station_attempts", tag = "connect", params(PageQuery),
    responses((status = 200, body = ListView<AttemptView>)))]
pub(crate) async fn of_station(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let id: StationId = query::path_id(&id)?;
    page_of(&state, &request, caller, Some(id), query).await
}

async fn page_of(
    state: &web::Data<State>,
    request: &HttpRequest,
    caller: SignedIn,
    station: Option<StationId>,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let read = move |state: web::Data<State>, caller, page| async move {
        let page = app::attempts::list(&state.app, &caller, station, &page).await?;
        Ok(page.map(AttemptView::to_view))
    };
    let paging = query.paging();
    listing::answer(state, request, caller.0, paging, Export::Attempts, read).await
}
