//! `/stations/{id}/diagnostics`: logs that stations are asked for, and what they sent.

use std::io;

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use app::diagnostics::LogRequest;
use domain::id::{StationId, TransferId};
use domain::role::Permission;
use futures_util::stream::try_unfold;
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use utoipa::IntoParams;

use super::sites::PageQuery;
use crate::body::Body;
use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Query};
use crate::route::{Endpoint, Need, endpoint, location};
use crate::server::State;
use crate::view::ListView;
use crate::view::firmware::{DiagnosticsBody, TransferView};

const NEED: Need = Need::Permission(Permission::StationsDiagnostics);

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(GET "/stations/{id}/diagnostics", NEED, list),
    endpoint!(POST "/stations/{id}/diagnostics", NEED, request),
    endpoint!(GET "/stations/{id}/diagnostics/{transfer_id}", NEED, find),
    endpoint!(GET "/stations/{id}/diagnostics/{transfer_id}/file", NEED, download),
];

/// What a page shows of a file, in bytes.
const HEAD: u64 = 1024 * 1024;
/// What is read from the disk at once.
const PIECE: usize = 64 * 1024;

/// Logs of a station, the newest first.
#[utoipa::path(get, path = "/stations/{id}/diagnostics", operation_id = "list_diagnostics", tag = "diagnostics", params(PageQuery),
    responses((status = 200, body = ListView<TransferView>)))]
pub(crate) async fn list(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Query(q): Query<PageQuery>,
) -> Result<web::Json<ListView<TransferView>>, Problem> {
    let id: StationId = query::path_id(&id)?;
    let page = app::diagnostics::list(&state.app, &caller.0, id, &q.page()).await?;
    Ok(web::Json(ListView::to_view(page, TransferView::to_view)))
}

/// Asks a station to send a log. The station gets an address of its own for it, which takes one file.
#[utoipa::path(post, path = "/stations/{id}/diagnostics", operation_id = "request_diagnostics", tag = "diagnostics", request_body = DiagnosticsBody,
    responses((status = 202, body = TransferView)))]
pub(crate) async fn request(
    state: web::Data<State>,
    caller: SignedIn,
    id: web::Path<String>,
    Body(body): Body<DiagnosticsBody>,
) -> Result<HttpResponse, Problem> {
    let id: StationId = query::path_id(&id)?;
    let asked = LogRequest {
        kind: body.kind,
        from: body.from.map(|at| at.0),
        to: body.to.map(|at| at.0),
        transport: body.transport,
    };
    let transfer = app::diagnostics::request(&state.app, &caller.0, id, asked).await?;
    let at = format!("/stations/{id}/diagnostics/{}", transfer.id);
    Ok(HttpResponse::Accepted()
        .insert_header(location(&at))
        .json(TransferView::to_view(transfer)))
}

fn ids((station, transfer): (String, String)) -> Result<(StationId, TransferId), Problem> {
    Ok((query::path_id(&station)?, query::path_id(&transfer)?))
}

/// A log of a station, and how far it came.
#[utoipa::path(get, path = "/stations/{id}/diagnostics/{transfer_id}", operation_id = "get_diagnostics", tag = "diagnostics",
    responses((status = 200, body = TransferView)))]
pub(crate) async fn find(
    state: web::Data<State>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<web::Json<TransferView>, Problem> {
    let (station, id) = ids(path.into_inner())?;
    let transfer = app::diagnostics::find(&state.app, &caller.0, station, id).await?;
    Ok(web::Json(TransferView::to_view(transfer)))
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct FileQuery {
    /// Only the first MiB.
    head: Option<bool>,
}

/// What a station sent, as it came. A log can name drivers, and nobody can tell where in it, so that
/// this needs the right to driver data (`drivers.view`) as well.
#[utoipa::path(get, path = "/stations/{id}/diagnostics/{transfer_id}/file", operation_id = "download_diagnostics", tag = "diagnostics", params(FileQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub(crate) async fn download(
    state: web::Data<State>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
    Query(q): Query<FileQuery>,
) -> Result<HttpResponse, Problem> {
    let (station, id) = ids(path.into_inner())?;
    let (told, file) = app::diagnostics::read(&state.app, &caller.0, station, id).await?;
    let most = match q.head {
        Some(true) => told.bytes.min(HEAD),
        _ => told.bytes,
    };
    let pieces = try_unfold((file, most), |(mut file, left)| async move {
        let most = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
        let mut piece = vec![0; most];
        let read = match most {
            0 => 0,
            _ => file.read(&mut piece).await?,
        };
        piece.truncate(read);
        let next = (file, left.saturating_sub(read as u64));
        Ok::<_, io::Error>((read > 0).then(|| (Bytes::from(piece), next)))
    });
    // The name was made harmless when the file came.
    let name = format!("attachment; filename=\"{}\"", told.name);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/octet-stream"))
        .insert_header((CONTENT_DISPOSITION, name))
        .streaming(Box::pin(pieces)))
}
