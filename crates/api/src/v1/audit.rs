//! `/audit`: who did what. With `object`, the history of one thing.

use actix_web::{HttpRequest, HttpResponse, web};
use app::audit::AuditFilter;
use app::exports::Export;
use domain::audit::Via;
use domain::id::UserId;
use domain::role::{Caller, Permission};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::listing::{self, Paging};
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{At, Limit, Query};
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::audit::DeedView;
use crate::view::{ListView, words};

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/audit", Need::Permission(Permission::AuditView), list, Exported(Export::Audit)),
];

#[derive(Deserialize, IntoParams)]
pub(crate) struct AuditQuery {
    /// The id of a person.
    #[param(value_type = Option<String>)]
    actor: Option<UserId>,
    /// Names of deeds, with commas.
    #[serde(default)]
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    action: Vec<String>,
    /// The id of what it was done to: the history of one thing.
    object: Option<String>,
    #[param(value_type = Option<words::Via>)]
    via: Option<Via>,
    request_id: Option<String>,
    /// At or after.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    from: Option<At>,
    /// Before.
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    to: Option<At>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// What was done in the organisation, the newest first. A deed is listed a moment after it was
/// done, when it has its place in the chain.
#[utoipa::path(get, path = "/audit", operation_id = "list_audit", tag = "audit", params(AuditQuery),
    responses((status = 200, body = ListView<DeedView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(q): Query<AuditQuery>,
) -> Result<HttpResponse, Problem> {
    let filter = AuditFilter {
        actor: q.actor,
        actions: q.action,
        object: q.object,
        via: q.via,
        request_id: q.request_id,
        from: q.from.map(|at| at.0),
        to: q.to.map(|at| at.0),
    };
    let paging = Paging {
        limit: q.limit,
        cursor: q.cursor,
    };
    let read = move |state: web::Data<State>, caller: Caller, page| {
        let filter = filter.clone();
        async move {
            let page = app::audit::list(&state.app, &caller, &filter, &page).await?;
            Ok(page.map(DeedView::to_view))
        }
    };
    listing::answer(&state, &request, caller.0, paging, Export::Audit, read).await
}
