//! `/connection_attempts`: who called at the charger port, what became of it, and what stations say
//! that nobody registered.

use actix_web::{HttpRequest, HttpResponse, web};
use app::attempts::AttemptFilter;
use app::exports::Export;
use domain::attempt::Unclaimed;
use domain::id::StationId;
use domain::role::Permission;
use serde::Deserialize;
use utoipa::IntoParams;

use super::sites::PageQuery;
use crate::listing::{self, Paging};
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Limit, Query};
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::ListView;
use crate::view::log::{AttemptView, StrangerFrameView, UnclaimedView};

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/connection_attempts", Need::Permission(Permission::StationsEdit), list, Exported(Export::Attempts)),
    endpoint!(GET "/connection_attempts/frames", Need::Permission(Permission::StationsEdit), frames),
    endpoint!(GET "/connection_attempts/unclaimed", Need::Permission(Permission::StationsEdit), unclaimed),
    endpoint!(GET "/stations/{id}/attempts", Need::Permission(Permission::LogsView), of_station, Exported(Export::Attempts)),
];

#[derive(Deserialize, IntoParams)]
pub(crate) struct AttemptQuery {
    /// Only by this identity, without case.
    identity: Option<String>,
    /// Only from this address.
    remote_ip: Option<String>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl AttemptQuery {
    fn asked(self) -> (AttemptFilter, Paging) {
        let filter = AttemptFilter {
            identity: self.identity,
            remote_ip: self.remote_ip,
        };
        let paging = Paging {
            limit: self.limit,
            cursor: self.cursor,
        };
        (filter, paging)
    }
}

/// All attempts, the newest first.
#[utoipa::path(get, path = "/connection_attempts", operation_id = "list_attempts", tag = "connect", params(AttemptQuery),
    responses((status = 200, body = ListView<AttemptView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(query): Query<AttemptQuery>,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = query.asked();
    let read = move |state: web::Data<State>, caller, page| {
        let filter = filter.clone();
        async move {
            let page = app::attempts::list(&state.app, &caller, &filter, &page).await?;
            Ok(page.map(AttemptView::to_view))
        }
    };
    listing::answer(&state, &request, caller.0, paging, Export::Attempts, read).await
}

/// Frames from and to stations that nobody registered, the newest first: what a station says while
/// it waits to be claimed. Some thousands are kept, and 200 of each identity; with the registration
/// they become the beginning of the station's log.
#[utoipa::path(get, path = "/connection_attempts/frames", operation_id = "list_stranger_frames", tag = "connect", params(AttemptQuery),
    responses((status = 200, body = ListView<StrangerFrameView>)))]
pub(crate) async fn frames(
    state: web::Data<State>,
    caller: SignedIn,
    Query(query): Query<AttemptQuery>,
) -> Result<web::Json<ListView<StrangerFrameView>>, Problem> {
    let (filter, paging) = query.asked();
    let page = query::page(paging.limit, paging.cursor);
    let page = app::attempts::frames(&state.app, &caller.0, &filter, &page).await?;
    Ok(web::Json(ListView::to_view(
        page,
        StrangerFrameView::to_view,
    )))
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
    let read = move |state: web::Data<State>, caller, page| async move {
        let page = app::attempts::of_station(&state.app, &caller, id, &page).await?;
        Ok(page.map(AttemptView::to_view))
    };
    let paging = query.paging();
    listing::answer(&state, &request, caller.0, paging, Export::Attempts, read).await
}
