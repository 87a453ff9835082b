//! `/tokens`.

use actix_web::{HttpRequest, HttpResponse, web};
use app::exports::Export;
use app::revision::{self, Precondition};
use app::tokens::{Sort, TokenSort};
use domain::id::TokenId;
use domain::role::{Caller, Permission};
use domain::token::{Token, TokenKind, TokenUid};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::etag;
use crate::listing::{self, Form, Paging};
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query;
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::ListView;
use crate::view::token::{TokenBody, TokenView};

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/tokens", Need::Permission(Permission::DriversView), list, Exported(Export::Tokens)),
    endpoint!(POST "/tokens", Need::Permission(Permission::TokensEdit), create),
    endpoint!(GET "/tokens/{id}", Need::Permission(Permission::DriversView), find),
    endpoint!(PATCH "/tokens/{id}", Need::Permission(Permission::TokensEdit), edit, Conditional),
    endpoint!(DELETE "/tokens/{id}", Need::Permission(Permission::TokensEdit), remove, Conditional),
];

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenQuery {
    /// Part of the text.
    q: Option<String>,
    /// `-created` when not given, or `last_used`; with a `-` before it, the greatest first. A file
    /// is not sorted by `last_used`, which changes while it is read.
    sort: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

const SORTS: &[(&str, TokenSort)] = &[
    ("created", TokenSort::Created),
    ("last_used", TokenSort::LastUsed),
];
const FILE_SORTS: &[(&str, TokenSort)] = &[("created", TokenSort::Created)];

fn view(state: &State, caller: &Caller, token: Token) -> Result<TokenView, Problem> {
    let grant = app::driver_data(&state.app, caller).ok_or_else(Problem::not_found)?;
    Ok(TokenView::to_view(token, &grant))
}

/// Tokens, the newest first.
#[utoipa::path(get, path = "/tokens", tag = "tokens", params(TokenQuery),
    responses((status = 200, body = ListView<TokenView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    query: web::Query<TokenQuery>,
) -> Result<HttpResponse, Problem> {
    let q = query.into_inner();
    let sorts = match listing::form(&request) {
        Form::Json => SORTS,
        Form::Csv | Form::Xlsx => FILE_SORTS,
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
#[utoipa::path(post, path = "/tokens", tag = "tokens", request_body = TokenBody,
    responses((status = 201, body = TokenView)))]
pub(crate) async fn create(
    state: web::Data<State>,
    caller: SignedIn,
    body: web::Json<TokenBody>,
) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let Some(uid) = body.uid else {
        return Err(Problem::field(
            "/uid",
            "missing",
            "a token needs the text on it",
        ));
    };
    let new = app::tokens::NewToken {
        uid: TokenUid::new(&uid),
        kind: body.kind.unwrap_or(TokenKind::Iso14443),
        label: body.label.flatten(),
        group: body.group.flatten(),
        expires_at: body.expires_at.flatten(),
    };
    let token = app::tokens::create(&state.app, &caller.0, new).await?;
    Ok(HttpResponse::Created()
        .insert_header(etag::tag(revision::FIRST))
        .json(view(&state, &caller.0, token)?))
}

/// A token.
#[utoipa::path(get, path = "/tokens/{id}", tag = "tokens", responses((status = 200, body = TokenView)))]
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
#[utoipa::path(patch, path = "/tokens/{id}", tag = "tokens", request_body = TokenBody,
    responses((status = 200, body = TokenView)))]
pub(crate) async fn edit(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    body: web::Json<TokenBody>,
) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    if body.uid.is_some() {
        return Err(Problem::field(
            "/uid",
            "fixed",
            "the text on a card does not change",
        ));
    }
    let (id, edit) = (query::path_id(&id)?, change(body, etag::when(&request)?));
    let (token, revision) = app::tokens::edit(&state.app, &caller.0, id, edit).await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag::tag(revision))
        .json(view(&state, &caller.0, token)?))
}

/// Removes a token; what it charged stays.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens", responses((status = 204)))]
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

fn change(body: TokenBody, when: Precondition) -> app::tokens::TokenEdit {
    app::tokens::TokenEdit {
        kind: body.kind,
        label: body.label,
        state: body.state,
        expires_at: body.expires_at,
        group: body.group,
        when,
    }
}
