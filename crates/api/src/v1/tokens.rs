//! `/tokens`.

use actix_web::{HttpResponse, web};
use domain::id::TokenId;
use domain::role::{Caller, Permission};
use domain::token::{Token, TokenKind, TokenUid};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query;
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::ListView;
use crate::view::token::{TokenBody, TokenView};

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/tokens", Need::Permission(Permission::DriversView), list),
    endpoint!(POST "/tokens", Need::Permission(Permission::TokensEdit), create),
    endpoint!(GET "/tokens/{id}", Need::Permission(Permission::DriversView), find),
    endpoint!(PATCH "/tokens/{id}", Need::Permission(Permission::TokensEdit), edit),
    endpoint!(DELETE "/tokens/{id}", Need::Permission(Permission::TokensEdit), remove),
];

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenQuery {
    /// Part of the text.
    q: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

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
    query: web::Query<TokenQuery>,
) -> Result<web::Json<ListView<TokenView>>, Problem> {
    let query = query.into_inner();
    let page = query::page(query.limit, query.cursor)?;
    let page = app::tokens::list(&state.app, &caller.0, query.q.as_deref(), &page).await?;
    let grant = app::driver_data(&state.app, &caller.0).ok_or_else(Problem::not_found)?;
    Ok(web::Json(ListView::to_view(page, |token| {
        TokenView::to_view(token, &grant)
    })))
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
    Ok(HttpResponse::Created().json(view(&state, &caller.0, token)?))
}

/// A token.
#[utoipa::path(get, path = "/tokens/{id}", tag = "tokens", responses((status = 200, body = TokenView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<TokenView>, Problem> {
    let id: TokenId = query::path_id(&id)?;
    let token = app::tokens::find(&state.app, &caller.0, id).await?;
    Ok(web::Json(view(&state, &caller.0, token)?))
}

/// Changes a token.
#[utoipa::path(patch, path = "/tokens/{id}", tag = "tokens", request_body = TokenBody,
    responses((status = 200, body = TokenView)))]
pub(crate) async fn edit(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    body: web::Json<TokenBody>,
) -> Result<web::Json<TokenView>, Problem> {
    let body = body.into_inner();
    if body.uid.is_some() {
        return Err(Problem::field(
            "/uid",
            "fixed",
            "the text on a card does not change",
        ));
    }
    let token =
        app::tokens::edit(&state.app, &caller.0, query::path_id(&id)?, change(body)).await?;
    Ok(web::Json(view(&state, &caller.0, token)?))
}

/// Removes a token; what it charged stays.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens", responses((status = 204)))]
pub(crate) async fn remove(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    app::tokens::remove(&state.app, &caller.0, query::path_id(&id)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn change(body: TokenBody) -> app::tokens::TokenEdit {
    app::tokens::TokenEdit {
        kind: body.kind,
        label: body.label,
        state: body.state,
        expires_at: body.expires_at,
        group: body.group,
    }
}
