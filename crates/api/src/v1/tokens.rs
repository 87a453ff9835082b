//! `/tokens`.

use actix_web::{HttpRequest, HttpResponse, web};
use app::exports::Export;
use app::revision;
use app::tokens::{Sort, TokenSort};
use domain::id::TokenId;
use domain::role::{Caller, Permission};
use domain::token::Token;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body::Body;
use crate::etag;
use crate::listing::{self, Form, Paging};
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Limit, Query};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::view::token::{TokenBody, TokenChange, TokenView};
use crate::view::{ListView, words};

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/tokens", Need::Permission(Permission::DriversView), list, Exported(Export::Tokens)),
    endpoint!(POST "/tokens", Need::Permission(Permission::TokensEdit), create),
    endpoint!(GET "/tokens/{id}", Need::Permission(Permission::DriversView), find),
    endpoint!(PATCH "/tokens/{id}", Need::Permission(Permission::TokensEdit), edit, Conditional),
    endpoint!(DELETE "/tokens/{id}", Need::Permission(Permission::TokensEdit), remove, Conditional),
];

#[derive(Deserialize, IntoParams)]
pub(crate) struct TokenQuery {
    /// Part of the text.
    q: Option<String>,
    /// `-created` when not given, or `last_used`; with a `-` before it, the greatest first. A file
    /// is not sorted by `last_used`, which changes while it is read.
    #[param(value_type = Option<words::TokenOrder>)]
    sort: Option<String>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

pub(crate) const SORTS: &[(&str, TokenSort)] = &[
    ("created", TokenSort::Created),
    ("last_used", TokenSort::LastUsed),
];
const FILE_SORTS: &[(&str, TokenSort)] = &[("created", TokenSort::Created)];

fn view(state: &State, caller: &Caller, token: Token) -> Result<TokenView, Problem> {
    let grant = app::driver_data(&state.app, caller).ok_or_else(Problem::not_found)?;
    Ok(TokenView::to_view(token, &grant))
}

/// Tokens, the newest first.
#[utoipa::path(get, path = "/tokens", operation_id = "list_tokens", tag = "tokens", params(TokenQuery),
    responses((status = 200, body = ListView<TokenView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(q): Query<TokenQuery>,
) -> Result<HttpResponse, Problem> {
    let sorts = match listing::form(&request) {
        Form::Json => SORTS,
        Form::Csv | Form::Lines | Form::Xlsx => FILE_SORTS,
    };
    let sort = query::sort(q.sort.as_deref(), sorts, Sort::down(TokenSort::Created))?;
    let (text, paging) = (
        q.q,
        Paging {
            limit: q.limit,
            cursor: q.cursor,
        },
    );
    let read = move |state: web::Data<State>, caller: Caller, page| {
        let text = text.clone();
        async move {
            let text = text.as_deref();
            let page = app::tokens::list_by(&state.app, &caller, text, sort, &page).await?;
            let grant = app::driver_data(&state.app, &caller).ok_or_else(Problem::not_found)?;
            Ok(page.map(|token| TokenView::to_view(token, &grant)))
        }
    };
    listing::answer(&state, &request, caller.0, paging, Export::Tokens, read).await
}

/// Adds a token.
#[utoipa::path(post, path = "/tokens", operation_id = "create_token", tag = "tokens", request_body = TokenBody,
    responses((status = 201, body = TokenView)))]
pub(crate) async fn create(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<TokenBody>,
) -> Result<HttpResponse, Problem> {
    let token = app::tokens::create(&state.app, &caller.0, TokenBody::from_body(body)).await?;
    Ok(HttpResponse::Created()
        .insert_header(etag::tag(revision::FIRST))
        .insert_header(location(&format!("/tokens/{}", token.id)))
        .json(view(&state, &caller.0, token)?))
}

/// A token.
#[utoipa::path(get, path = "/tokens/{id}", operation_id = "get_token", tag = "tokens", responses((status = 200, body = TokenView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: TokenId = query::path_id(&id)?;
    let (token, revision) = app::tokens::find(&state.app, &caller.0, id).await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag::tag(revision))
        .json(view(&state, &caller.0, token)?))
}

/// Changes a token.
#[utoipa::path(patch, path = "/tokens/{id}", operation_id = "edit_token", tag = "tokens", request_body = TokenChange,
    responses((status = 200, body = TokenView)))]
pub(crate) async fn edit(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<TokenChange>,
) -> Result<HttpResponse, Problem> {
    let (id, edit) = (
        query::path_id(&id)?,
        TokenChange::from_body(body, etag::when(&request)?),
    );
    let (token, revision) = app::tokens::edit(&state.app, &caller.0, id, edit).await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag::tag(revision))
        .json(view(&state, &caller.0, token)?))
}

/// Removes a token; what it charged stays.
#[utoipa::path(delete, path = "/tokens/{id}", operation_id = "remove_token", tag = "tokens", responses((status = 204)))]
pub(crate) async fn remove(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (id, when): (TokenId, _) = (query::path_id(&id)?, etag::when(&request)?);
    app::tokens::remove_when(&state.app, &caller.0, id, &when).await?;
    Ok(HttpResponse::NoContent().finish())
}
