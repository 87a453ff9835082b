//! `/firmware_files` and `/stations/{id}/firmware`: the library, and what stations run and could run.

use std::time::Duration;

use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpRequest, HttpResponse, web};
use app::firmware::{FirmwareRow, Upload};
use domain::id::{FirmwareId, StationId};
use domain::role::Permission;
use futures_util::StreamExt;

use super::sites::PageQuery;
use crate::body::Body;
use crate::etag;
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Query};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::view::ListView;
use crate::view::firmware::{
    FirmwareBody, FirmwareChange, FirmwareView, StationFirmwareView, TransferView,
};

const SEE: Need = Need::Permission(Permission::StationsFirmware);
const CHANGE: Need = Need::Permission(Permission::FirmwareLibraryUpload);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/firmware_files", SEE, list),
    endpoint!(POST "/firmware_files", CHANGE, create),
    endpoint!(GET "/firmware_files/{id}", SEE, find),
    endpoint!(PATCH "/firmware_files/{id}", CHANGE, edit, Conditional),
    endpoint!(DELETE "/firmware_files/{id}", CHANGE, remove, Conditional),
    endpoint!(PUT "/firmware_files/{id}/content", CHANGE, upload),
    endpoint!(GET "/stations/{id}/firmware", SEE, of_station),
    endpoint!(GET "/stations/{id}/firmware/updates", SEE, history),
];

/// The firmware library, the newest first.
#[utoipa::path(get, path = "/firmware_files", operation_id = "list_firmware_files", tag = "firmware", params(PageQuery),
    responses((status = 200, body = ListView<FirmwareView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    Query(q): Query<PageQuery>,
) -> Result<web::Json<ListView<FirmwareView>>, Problem> {
    let page = app::firmware::list(&state.app, &caller.0, &q.page()).await?;
    Ok(web::Json(ListView::to_view(page, FirmwareView::to_view)))
}

/// Adds the record of a firmware file; its content is sent afterwards.
#[utoipa::path(post, path = "/firmware_files", operation_id = "create_firmware_file", tag = "firmware", request_body = FirmwareBody,
    responses((status = 201, body = FirmwareView)))]
pub(crate) async fn create(
    state: web::Data<State>,
    caller: SignedIn,
    Body(body): Body<FirmwareBody>,
) -> Result<HttpResponse, Problem> {
    let new = FirmwareBody::from_body(body)?;
    let row = app::firmware::create(&state.app, &caller.0, new).await?;
    Ok(HttpResponse::Created()
        .insert_header(etag::tag(row.revision))
        .insert_header(location(&format!("/firmware_files/{}", row.file.id)))
        .json(FirmwareView::to_view(row)))
}

/// A firmware file.
#[utoipa::path(get, path = "/firmware_files/{id}", operation_id = "get_firmware_file", tag = "firmware",
    responses((status = 200, body = FirmwareView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: FirmwareId = query::path_id(&id)?;
    let row = app::firmware::find(&state.app, &caller.0, id).await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag::tag(row.revision))
        .json(FirmwareView::to_view(row)))
}

/// Changes what is said of a firmware file.
#[utoipa::path(patch, path = "/firmware_files/{id}", operation_id = "edit_firmware_file", tag = "firmware", request_body = FirmwareChange,
    responses((status = 200, body = FirmwareView)))]
pub(crate) async fn edit(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    Body(body): Body<FirmwareChange>,
) -> Result<HttpResponse, Problem> {
    let id: FirmwareId = query::path_id(&id)?;
    let edit = FirmwareChange::from_body(body, etag::when(&request)?)?;
    let row = app::firmware::edit(&state.app, &caller.0, id, edit).await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag::tag(row.revision))
        .json(FirmwareView::to_view(row)))
}

/// Removes a firmware file that no station is being updated with.
#[utoipa::path(delete, path = "/firmware_files/{id}", operation_id = "remove_firmware_file", tag = "firmware",
    responses((status = 204)))]
pub(crate) async fn remove(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (id, when): (FirmwareId, _) = (query::path_id(&id)?, etag::when(&request)?);
    app::firmware::remove(&state.app, &caller.0, id, &when).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sends the content of a firmware file, once: the bytes as they are. It counts when it came whole,
/// is not larger than the instance allows, and agrees with the checksum and the signature that
/// were given; else nothing of it is kept.
#[utoipa::path(put, path = "/firmware_files/{id}/content", operation_id = "upload_firmware_file", tag = "firmware",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = FirmwareView)))]
pub(crate) async fn upload(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
    mut body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let id: FirmwareId = query::path_id(&id)?;
    let told = request.headers().get(CONTENT_LENGTH);
    let told = told.and_then(|text| text.to_str().ok()?.parse().ok());
    let taken = take(&state, &caller, id, told, &mut body).await;
    if taken.is_err() {
        // Whoever still sends would not hear why it is refused.
        let _ = tokio::time::timeout(LINGER, drain(&mut body)).await;
    }
    let row = taken?;
    Ok(HttpResponse::Ok()
        .insert_header(etag::tag(row.revision))
        .json(FirmwareView::to_view(row)))
}

/// The most of an unwanted body that is read past, and for how long.
const MOST_DRAINED: usize = 16 * 1024 * 1024;
const LINGER: Duration = Duration::from_secs(5);

async fn take(
    state: &State,
    caller: &SignedIn,
    id: FirmwareId,
    told: Option<u64>,
    body: &mut web::Payload,
) -> Result<FirmwareRow, Problem> {
    let mut upload = Upload::begin(&state.app, &caller.0, id, told).await?;
    while let Some(chunk) = body.next().await {
        let broken = || Problem::bad_request("malformed_body", "The body did not arrive whole.");
        let chunk = chunk.map_err(|_| broken())?;
        upload.write(&chunk).await?;
    }
    Ok(upload.finish().await?)
}

/// Reads past the rest of a body that is not wanted, within a bound.
async fn drain(body: &mut web::Payload) {
    let mut left = MOST_DRAINED;
    while let Some(Ok(chunk)) = body.next().await {
        left = left.saturating_sub(chunk.len());
        if left == 0 {
            return;
        }
    }
}

/// What a station runs, and which files of the library are for it.
#[utoipa::path(get, path = "/stations/{id}/firmware", operation_id = "get_station_firmware", tag = "firmware",
    responses((status = 200, body = StationFirmwareView)))]
pub(crate) async fn of_station(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<web::Json<StationFirmwareView>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let told = app::firmware::of_station(&state.app, &caller.0, id).await?;
    Ok(web::Json(StationFirmwareView::to_view(told)))
}

/// How a station was updated, the newest first.
#[utoipa::path(get, path = "/stations/{id}/firmware/updates", operation_id = "list_firmware_updates", tag = "firmware", params(PageQuery),
    responses((status = 200, body = ListView<TransferView>)))]
pub(crate) async fn history(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Query(q): Query<PageQuery>,
) -> Result<web::Json<ListView<TransferView>>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let page = app::firmware::history(&state.app, &caller.0, id, &q.page()).await?;
    Ok(web::Json(ListView::to_view(page, TransferView::to_view)))
}
