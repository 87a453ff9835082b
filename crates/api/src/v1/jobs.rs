//! `/jobs`: one deed for many stations. The other rooms call it a batch.

use actix_web::{HttpRequest, HttpResponse, web};
use app::batches::{BatchFilter, PERMISSIONS};
use app::exports::Export;
use domain::batch::{BatchState, ItemState};
use domain::id::BatchId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body::Body;
use crate::listing::{self, Paging};
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Limit, Query};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::view::job::{JobBody, JobItemView, JobPlanView, JobRetryBody, JobView};
use crate::view::{ListView, words};

/// By what the job does.
const NEED: Need = Need::ByKind(PERMISSIONS);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/jobs", NEED, list, Exported(Export::Jobs)),
    endpoint!(POST "/jobs", NEED, create),
    endpoint!(GET "/jobs/{id}", NEED, find),
    endpoint!(GET "/jobs/{id}/items", NEED, items, Exported(Export::JobItems)),
    endpoint!(POST "/jobs/{id}/pause", NEED, pause),
    endpoint!(POST "/jobs/{id}/resume", NEED, resume),
    endpoint!(POST "/jobs/{id}/cancel", NEED, cancel),
    endpoint!(POST "/jobs/{id}/retry", NEED, retry),
];

#[derive(Deserialize, IntoParams)]
pub(crate) struct JobQuery {
    /// Only those in one of these states.
    #[serde(default)]
    #[param(value_type = Option<Vec<words::JobState>>, style = Form, explode = false)]
    state: Vec<BatchState>,
    /// Only those that the caller made.
    mine: Option<bool>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Jobs, the newest first. Members of some sites see those that they made.
#[utoipa::path(get, path = "/jobs", operation_id = "list_jobs", tag = "jobs", params(JobQuery),
    responses((status = 200, body = ListView<JobView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(q): Query<JobQuery>,
) -> Result<HttpResponse, Problem> {
    let filter = BatchFilter {
        states: q.state,
        maker: None,
    };
    let mine = q.mine.unwrap_or(false);
    let paging = Paging {
        limit: q.limit,
        cursor: q.cursor,
    };
    let read = move |state: web::Data<State>, caller, page| {
        let filter = filter.clone();
        async move {
            let page = app::batches::list(&state.app, &caller, &filter, mine, &page).await?;
            Ok(page.map(JobView::to_view))
        }
    };
    listing::answer(&state, &request, caller.0, paging, Export::Jobs, read).await
}

/// Makes a job, which begins at once; with `dry_run` only tells what it would meet. Each station is
/// decided when its turn comes, by what the maker of the job may do then.
#[utoipa::path(post, path = "/jobs", operation_id = "create_job", tag = "jobs", request_body = JobBody,
    responses((status = 200, body = JobPlanView), (status = 201, body = JobView)))]
pub(crate) async fn create(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<JobBody>,
) -> Result<HttpResponse, Problem> {
    let dry = body.dry_run;
    let new = JobBody::from_body(body, state.app.now())?;
    if dry {
        let plan = app::batches::plan(&state.app, &caller.0, &new).await?;
        return Ok(HttpResponse::Ok().json(JobPlanView::to_view(plan)));
    }
    let made = app::batches::create(&state.app, &caller.0, new).await?;
    Ok(HttpResponse::Created()
        .insert_header(location(&format!("/jobs/{}", made.batch.id)))
        .json(JobView::to_view(made)))
}

/// A job and how its stations stand.
#[utoipa::path(get, path = "/jobs/{id}", operation_id = "get_job", tag = "jobs",
    responses((status = 200, body = JobView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<JobView>, Problem> {
    let id: BatchId = query::path_id(&id)?;
    let found = app::batches::find(&state.app, &caller.0, id).await?;
    Ok(web::Json(JobView::to_view(found)))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct JobItemQuery {
    /// Only those in one of these states.
    #[serde(default)]
    #[param(value_type = Option<Vec<words::JobItemState>>, style = Form, explode = false)]
    state: Vec<ItemState>,
    /// 50 when not given.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The stations of a job, in the order in which they begin.
#[utoipa::path(get, path = "/jobs/{id}/items", operation_id = "list_job_items", tag = "jobs", params(JobItemQuery),
    responses((status = 200, body = ListView<JobItemView>)))]
pub(crate) async fn items(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Query(q): Query<JobItemQuery>,
) -> Result<HttpResponse, Problem> {
    let id: BatchId = query::path_id(&id)?;
    let paging = Paging {
        limit: q.limit,
        cursor: q.cursor,
    };
    let states = q.state;
    let read = move |state: web::Data<State>, caller, page| {
        let states = states.clone();
        async move {
            let page = app::batches::items(&state.app, &caller, id, &states, &page).await?;
            Ok(page.map(JobItemView::to_view))
        }
    };
    listing::answer(&state, &request, caller.0, paging, Export::JobItems, read).await
}

/// Lets nothing new begin until somebody resumes the job.
#[utoipa::path(post, path = "/jobs/{id}/pause", operation_id = "pause_job", tag = "jobs",
    responses((status = 200, body = JobView)))]
pub(crate) async fn pause(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<JobView>, Problem> {
    let id: BatchId = query::path_id(&id)?;
    let job = app::batches::pause(&state.app, &caller.0, id).await?;
    Ok(web::Json(JobView::to_view(job)))
}

/// Lets a job go on that was paused, or that stopped because too much failed.
#[utoipa::path(post, path = "/jobs/{id}/resume", operation_id = "resume_job", tag = "jobs",
    responses((status = 200, body = JobView)))]
pub(crate) async fn resume(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<JobView>, Problem> {
    let id: BatchId = query::path_id(&id)?;
    let job = app::batches::resume(&state.app, &caller.0, id).await?;
    Ok(web::Json(JobView::to_view(job)))
}

/// Ends a job: when this is answered nothing more of it is sent to a station.
#[utoipa::path(post, path = "/jobs/{id}/cancel", operation_id = "cancel_job", tag = "jobs",
    responses((status = 200, body = JobView)))]
pub(crate) async fn cancel(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<JobView>, Problem> {
    let id: BatchId = query::path_id(&id)?;
    let job = app::batches::cancel(&state.app, &caller.0, id).await?;
    Ok(web::Json(JobView::to_view(job)))
}

/// Tries again what failed.
#[utoipa::path(post, path = "/jobs/{id}/retry", operation_id = "retry_job", tag = "jobs", request_body = JobRetryBody,
    responses((status = 200, body = JobView)))]
pub(crate) async fn retry(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Body(body): Body<JobRetryBody>,
) -> Result<web::Json<JobView>, Problem> {
    let id: BatchId = query::path_id(&id)?;
    let job = app::batches::retry(&state.app, &caller.0, id, body.skipped).await?;
    Ok(web::Json(JobView::to_view(job)))
}
