//! `/stations/import`: stations out of a file of comma-separated values.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{HttpRequest, web};
use domain::role::Permission;
use futures_util::StreamExt;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::Query;
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::table::CSV;
use crate::view::station_import::ImportView;

pub(crate) const ROUTES: &[Endpoint] = &[
    endpoint!(POST "/stations/import", Need::Permission(Permission::StationsEditBatch), import, SecretAnswer),
];

/// The largest file, in bytes.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// The most of an unwanted body that is read past, and for how long: whoever still sends would not
/// hear why it is refused.
const MOST_DRAINED: usize = 16 * 1024 * 1024;
const LINGER: Duration = Duration::from_secs(5);

#[derive(Deserialize, IntoParams)]
pub(crate) struct ImportQuery {
    /// Write nothing, and say what would become of each row. False when not given.
    dry_run: Option<bool>,
}

/// Adds and changes stations as a CSV file has them: UTF-8, at most 4 MiB and 10,000 rows, with
/// commas, semicolons or tabulators. Its first row names the columns: `identity`, and as wanted
/// `name`, `site` (its id or its name; also `site_id` and `site_name`) and `password` (drawn where
/// it is empty, and shown once here). What this API gives as a file of stations can be sent back as
/// it is; columns that the station or Busbar tells are passed over. A station that is there is
/// changed where the file says otherwise; an empty cell says nothing. Each row stands for itself:
/// one that is wrong is refused and the others go on. With `Idempotency-Key`, at most 1 MiB.
#[utoipa::path(post, path = "/stations/import", operation_id = "import_stations", tag = "stations", params(ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = ImportView)))]
pub(crate) async fn import(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(q): Query<ImportQuery>,
    mut body: web::Payload,
) -> Result<web::Json<ImportView>, Problem> {
    let file = take(&state, &caller, &request, &mut body).await;
    if file.is_err() {
        let _ = tokio::time::timeout(LINGER, drain(&mut body)).await;
    }
    let (file, dry_run) = (file?, q.dry_run.unwrap_or(false));
    let report = app::stations::import(&state.app, &caller.0, &file, dry_run).await?;
    Ok(web::Json(ImportView::to_view(report)))
}

/// Takes the file of somebody who may send one.
async fn take(
    state: &State,
    caller: &SignedIn,
    request: &HttpRequest,
    body: &mut web::Payload,
) -> Result<Vec<u8>, Problem> {
    app::stations::may_import(&state.app, &caller.0).await?;
    let header = |name| request.headers().get(name)?.to_str().ok();
    if !is_csv(header(CONTENT_TYPE).unwrap_or_default()) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_csv",
            "Send the file with Content-Type: text/csv; charset=utf-8.",
        ));
    }
    let told = header(CONTENT_LENGTH).and_then(|text| text.parse().ok());
    let mut file = Vec::new();
    if told.is_some_and(|bytes: usize| bytes > MOST_BYTES) {
        return Err(too_large());
    }
    while let Some(chunk) = body.next().await {
        let broken = || Problem::bad_request("malformed_body", "The body did not arrive whole.");
        let chunk = chunk.map_err(|_| broken())?;
        if file.len() + chunk.len() > MOST_BYTES {
            return Err(too_large());
        }
        file.extend_from_slice(&chunk);
    }
    Ok(file)
}

fn too_large() -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "file_too_large",
        "The file is larger than 4 MiB: send it in parts.",
    )
}

/// Whether a media type is CSV, in UTF-8 where it says in what.
fn is_csv(text: &str) -> bool {
    let mut parts = text.split(';').map(|part| part.trim().to_lowercase());
    let kind = parts.next().unwrap_or_default();
    let charset = parts.find_map(|part| Some(part.strip_prefix("charset=")?.to_owned()));
    let known = charset.is_none_or(|name| matches!(name.trim_matches('"'), "utf-8" | "utf8"));
    kind == CSV && known
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Row;
    use crate::view::station::StationView;

    #[test]
    fn only_utf_8_is_taken() {
        for right in ["text/csv", "Text/CSV; header=present; charset=\"UTF-8\""] {
            assert!(is_csv(right), "{right}");
        }
        for wrong in ["", "application/json", "text/csv; charset=windows-1252"] {
            assert!(!is_csv(wrong), "{wrong}");
        }
    }

    #[test]
    fn our_own_file_of_stations_can_be_read_back() {
        for column in StationView::COLUMNS {
            let taken = app::stations::IMPORT_COLUMNS.contains(column);
            let passed_over = app::stations::PASSED_OVER.contains(column);
            assert!(taken != passed_over, "{column}");
        }
    }
}
