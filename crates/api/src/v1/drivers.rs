//! `/drivers`: EV drivers, their tokens, and what they charged.

use actix_web::{HttpRequest, HttpResponse, web};
use app::drivers::{DriverRow, DriverSort, Sort};
use app::exports::Export;
use domain::driver::DriverState;
use domain::id::{DriverId, TokenId};
use domain::role::{Caller, Permission};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body::Body;
use crate::etag;
use crate::listing::{self, Paging};
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Limit, Query};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::v1::sites::PageQuery;
use crate::view::driver::{DriverBody, DriverChange, DriverView};
use crate::view::session::SessionView;
use crate::view::token::TokenView;
use crate::view::{ListView, words};

const LIST: Need = Need::Permission(Permission::DriversList);
const VIEW: Need = Need::Permission(Permission::DriversView);
const EDIT: Need = Need::Permission(Permission::DriversEdit);
const TOKENS: Need = Need::Permission(Permission::TokensEdit);
const HISTORY: Need = Need::Permission(Permission::DriverHistoryActivity);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/drivers", LIST, list, Exported(Export::Drivers)),
    endpoint!(POST "/drivers", Need::Permission(Permission::DriversAdd), create),
    endpoint!(GET "/drivers/{id}", VIEW, find),
    endpoint!(PATCH "/drivers/{id}", EDIT, edit, Conditional),
    endpoint!(DELETE "/drivers/{id}", EDIT, erase, Conditional),
    endpoint!(GET "/drivers/{id}/tokens", VIEW, tokens),
    endpoint!(PUT "/drivers/{id}/tokens/{token_id}", TOKENS, attach),
    endpoint!(DELETE "/drivers/{id}/tokens/{token_id}", TOKENS, detach),
    endpoint!(GET "/drivers/{id}/sessions", HISTORY, sessions, Exported(Export::DriverHistory)),
];

#[derive(Deserialize, IntoParams)]
pub(crate) struct DriverQuery {
    /// A part of the name, an address, a number, a plate, a contract, a reference, or of the text of
    /// a token.
    q: Option<String>,
    /// Only in this state; all but the archived when not given.
    #[param(value_type = Option<words::DriverState>)]
    state: Option<DriverState>,
    /// `name` (when not given) or `created`; with a `-` before it, the greatest first.
    #[param(value_type = Option<words::DriverOrder>)]
    sort: Option<String>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

pub(crate) const SORTS: &[(&str, DriverSort)] =
    &[("name", DriverSort::Name), ("created", DriverSort::Created)];

fn shown(state: &State, caller: &Caller, row: DriverRow) -> Result<DriverView, Problem> {
    let grant = app::driver_data(&state.app, caller).ok_or_else(Problem::not_found)?;
    Ok(DriverView::to_view(row, &grant))
}

/// Drivers of the organisation, by name.
#[utoipa::path(get, path = "/drivers", operation_id = "list_drivers", tag = "drivers", params(DriverQuery),
    responses((status = 200, body = ListView<DriverView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(q): Query<DriverQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = app::drivers::DriverQuery {
        q: q.q,
        state: q.state,
        sort: query::sort(q.sort.as_deref(), SORTS, Sort::up(DriverSort::Name))?,
    };
    let paging = Paging {
        limit: q.limit,
        cursor: q.cursor,
    };
    let read = move |state: web::Data<State>, caller: Caller, page| {
        let asked = asked.clone();
        async move {
            let page = app::drivers::list(&state.app, &caller, &asked, &page).await?;
            let grant = app::driver_data(&state.app, &caller).ok_or_else(Problem::not_found)?;
            Ok(page.map(|row| DriverView::to_view(row, &grant)))
        }
    };
    listing::answer(&state, &request, caller.0, paging, Export::Drivers, read).await
}

/// Adds a driver.
#[utoipa::path(post, path = "/drivers", operation_id = "create_driver", tag = "drivers", request_body = DriverBody,
    responses((status = 201, body = DriverView)))]
pub(crate) async fn create(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<DriverBody>,
) -> Result<HttpResponse, Problem> {
    let new = DriverBody::from_body(body);
    let row = app::drivers::create(&state.app, &caller.0, new).await?;
    Ok(HttpResponse::Created()
        .insert_header(etag::tag(row.revision))
        .insert_header(location(&format!("/drivers/{}", row.driver.id)))
        .json(shown(&state, &caller.0, row)?))
}

/// A driver.
#[utoipa::path(get, path = "/drivers/{id}", operation_id = "get_driver", tag = "drivers",
    responses((status = 200, body = DriverView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: DriverId = query::path_id(&id)?;
    let row = app::drivers::find(&state.app, &caller.0, id).await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag::tag(row.revision))
        .json(shown(&state, &caller.0, row)?))
}

/// Changes a driver; blocks, puts away and brings back.
#[utoipa::path(patch, path = "/drivers/{id}", operation_id = "edit_driver", tag = "drivers", request_body = DriverChange,
    responses((status = 200, body = DriverView)))]
pub(crate) async fn edit(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<DriverChange>,
) -> Result<HttpResponse, Problem> {
    let id: DriverId = query::path_id(&id)?;
    let edit = DriverChange::from_body(body, etag::when(&request)?);
    let row = app::drivers::edit(&state.app, &caller.0, id, edit).await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag::tag(row.revision))
        .json(shown(&state, &caller.0, row)?))
}

/// Removes everything that names a driver; what was charged stays.
#[utoipa::path(delete, path = "/drivers/{id}", operation_id = "erase_driver", tag = "drivers", responses((status = 204)))]
pub(crate) async fn erase(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (id, when): (DriverId, _) = (query::path_id(&id)?, etag::when(&request)?);
    app::drivers::erase(&state.app, &caller.0, id, &when).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The tokens of a driver.
#[utoipa::path(get, path = "/drivers/{id}/tokens", operation_id = "list_driver_tokens", tag = "drivers", params(PageQuery),
    responses((status = 200, body = ListView<TokenView>)))]
pub(crate) async fn tokens(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(q): Query<PageQuery>,
) -> Result<web::Json<ListView<TokenView>>, Problem> {
    let id: DriverId = query::path_id(&id)?;
    let rows = app::drivers::tokens(&state.app, &caller.0, id).await?;
    let grant = app::driver_data(&state.app, &caller.0).ok_or_else(Problem::not_found)?;
    let page = listing::cut(&request, &q.page(), rows, |token| token.id.to_string())?;
    Ok(web::Json(ListView::to_view(page, |token| {
        TokenView::to_view(token, &grant)
    })))
}

fn ids((driver, token): (String, String)) -> Result<(DriverId, TokenId), Problem> {
    Ok((query::path_id(&driver)?, query::path_id(&token)?))
}

/// Gives a token of nobody to a driver.
#[utoipa::path(put, path = "/drivers/{id}/tokens/{token_id}", operation_id = "attach_token", tag = "drivers",
    responses((status = 204)))]
pub(crate) async fn attach(
    state: web::Data<State>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (driver, token) = ids(path.into_inner())?;
    app::drivers::attach(&state.app, &caller.0, driver, token).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a token from a driver; it may be used on.
#[utoipa::path(delete, path = "/drivers/{id}/tokens/{token_id}", operation_id = "detach_token", tag = "drivers",
    responses((status = 204)))]
pub(crate) async fn detach(
    state: web::Data<State>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (driver, token) = ids(path.into_inner())?;
    app::drivers::detach(&state.app, &caller.0, driver, token).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a driver charged, the newest first.
#[utoipa::path(get, path = "/drivers/{id}/sessions", operation_id = "list_driver_sessions", tag = "drivers", params(PageQuery),
    responses((status = 200, body = ListView<SessionView>)))]
pub(crate) async fn sessions(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(q): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let id: DriverId = query::path_id(&id)?;
    let read = move |state: web::Data<State>, caller: Caller, page| async move {
        let page = app::drivers::sessions(&state.app, &caller, id, &page).await?;
        Ok(page.map(|row| super::sessions::view(&state, &caller, row)))
    };
    let export = Export::DriverHistory;
    listing::answer(&state, &request, caller.0, q.paging(), export, read).await
}
