//! `/support`: whom to ask, and what to send along.

use actix_web::web;
use domain::role::Permission;

use crate::login::SignedIn;
use crate::problem::Problem;
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::support::SupportView;

pub(crate) const ROUTES: &[Endpoint] =
    &[endpoint!(GET "/support", Need::Permission(Permission::SupportView), support)];

/// Whom to ask, and what to send along.
#[utoipa::path(get, path = "/support", operation_id = "get_support", tag = "overview",
    responses((status = 200, body = SupportView)))]
pub(crate) async fn support(
    state: web::Data<State>,
    caller: SignedIn,
) -> Result<web::Json<SupportView>, Problem> {
    let support = app::support::read(&state.app, &caller.0).await?;
    Ok(web::Json(SupportView::to_view(support)))
}
