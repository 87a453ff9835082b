//! `/organisations/{id}/members`: who belongs to an organisation, and what they are there.

use actix_web::{HttpRequest, HttpResponse, web};
use app::exports::Export;
use app::members::MemberFilter;
use domain::id::{OrgId, UserId};
use domain::member::invitation;
use domain::role::{Permission, Role};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body::Body;
use crate::listing::{self, Paging};
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Limit, Query};
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::member::{ArchiveBody, MemberChange, MemberView};
use crate::view::{ListView, words};
use crate::{etag, view};

const SEEN: Need = Need::Permission(Permission::TeamMembersView);
const RESTORED: Need = Need::Permission(Permission::TeamRestore);

/// One for each role that somebody other than an Administrator can give.
pub(super) const GIVEN: Need = Need::ByKind(&{
    let mut permissions = [Permission::TeamMembersView; Role::ALL.len() - 2];
    let (mut at, mut next) = (0, 0);
    while at < Role::ALL.len() {
        if let Some(permission) = invitation(Role::ALL[at]) {
            permissions[next] = permission;
            next += 1;
        }
        at += 1;
    }
    permissions
});

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/organisations/{id}/members", SEEN, list, Exported(Export::Members)),
    endpoint!(GET "/organisations/{id}/members/{user_id}", SEEN, find),
    endpoint!(PATCH "/organisations/{id}/members/{user_id}", GIVEN, change, Versioned),
    endpoint!(POST "/organisations/{id}/members/{user_id}/archive", Need::Permission(Permission::TeamArchivePeers), archive),
    endpoint!(POST "/organisations/{id}/members/{user_id}/restore", RESTORED, restore),
    endpoint!(DELETE "/organisations/{id}/members/{user_id}", RESTORED, remove),
    endpoint!(POST "/organisations/{id}/members/{user_id}/reset_second_factor", GIVEN, reset_second_factor),
];

#[derive(Deserialize, IntoParams)]
pub(crate) struct MembersQuery {
    /// Those who are put away instead.
    #[serde(default)]
    #[param(value_type = Option<words::MemberState>)]
    state: Option<String>,
    /// A part of the name or of the address.
    q: Option<String>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The members of the caller's organisation, the oldest membership first.
#[utoipa::path(get, path = "/organisations/{id}/members", operation_id = "list_members", tag = "team",
    params(MembersQuery), responses((status = 200, body = ListView<MemberView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(q): Query<MembersQuery>,
) -> Result<HttpResponse, Problem> {
    let id: OrgId = query::path_id(&id)?;
    let archived = match q.state.as_deref() {
        None | Some("active") => false,
        Some("archived") => true,
        Some(_) => return Err(query::wrong("state", "One of active, archived.")),
    };
    let filter = MemberFilter { archived, q: q.q };
    let paging = Paging {
        limit: q.limit,
        cursor: q.cursor,
    };
    let read = move |state: web::Data<State>, caller, page| {
        let filter = filter.clone();
        async move {
            let page = app::members::list(&state.app, &caller, id, &filter, &page).await?;
            Ok(page.map(MemberView::to_view))
        }
    };
    listing::answer(&state, &request, caller.0, paging, Export::Members, read).await
}

fn ids((org, user): (String, String)) -> Result<(OrgId, UserId), Problem> {
    Ok((query::path_id(&org)?, query::path_id(&user)?))
}

fn shown(row: app::members::MemberRow) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(etag::tag(row.membership.revision))
        .json(view::member::MemberView::to_view(row))
}

/// A member, put away or not.
#[utoipa::path(get, path = "/organisations/{id}/members/{user_id}", operation_id = "get_member", tag = "team",
    responses((status = 200, body = MemberView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, user) = ids(path.into_inner())?;
    let row = app::members::find(&state.app, &caller.0, org, user).await?;
    Ok(shown(row))
}

/// Gives a member other roles or other sites.
#[utoipa::path(patch, path = "/organisations/{id}/members/{user_id}", operation_id = "change_member", tag = "team",
    request_body = MemberChange, responses((status = 200, body = MemberView)))]
pub(crate) async fn change(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    Body(body): Body<MemberChange>,
) -> Result<HttpResponse, Problem> {
    let (org, user) = ids(path.into_inner())?;
    // Whoever may not see it learns nothing by the header they left out.
    app::members::find(&state.app, &caller.0, org, user).await?;
    let edit = MemberChange::from_body(body, etag::needed(&request)?)?;
    let row = app::members::change(&state.app, &caller.0, org, user, edit).await?;
    Ok(shown(row))
}

/// Puts a member away: nobody in the organisation until restored.
#[utoipa::path(post, path = "/organisations/{id}/members/{user_id}/archive", operation_id = "archive_member", tag = "team",
    request_body = ArchiveBody, responses((status = 200, body = MemberView)))]
pub(crate) async fn archive(
    state: web::Data<State>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
    Body(body): Body<ArchiveBody>,
) -> Result<HttpResponse, Problem> {
    let (org, user) = ids(path.into_inner())?;
    let confirm = body.confirm.as_deref();
    let row = app::members::archive(&state.app, &caller.0, org, user, confirm).await?;
    Ok(shown(row))
}

/// Brings a member back with the roles of before.
#[utoipa::path(post, path = "/organisations/{id}/members/{user_id}/restore", operation_id = "restore_member", tag = "team",
    responses((status = 200, body = MemberView)))]
pub(crate) async fn restore(
    state: web::Data<State>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, user) = ids(path.into_inner())?;
    let row = app::members::restore(&state.app, &caller.0, org, user).await?;
    Ok(shown(row))
}

/// Removes a second factor that a member lost, and ends all their logins; the password stays. For
/// Administrators, of members who work in no other organisation.
#[utoipa::path(post, path = "/organisations/{id}/members/{user_id}/reset_second_factor",
    operation_id = "reset_second_factor_of_member", tag = "team", responses((status = 204)))]
pub(crate) async fn reset_second_factor(
    state: web::Data<State>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, user) = ids(path.into_inner())?;
    app::lost_factors::remove(&state.app, &caller.0, org, user).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends the membership of somebody who is put away.
#[utoipa::path(delete, path = "/organisations/{id}/members/{user_id}", operation_id = "delete_member", tag = "team",
    responses((status = 204)))]
pub(crate) async fn remove(
    state: web::Data<State>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (org, user) = ids(path.into_inner())?;
    app::members::remove(&state.app, &caller.0, org, user).await?;
    Ok(HttpResponse::NoContent().finish())
}
