//! The console's files, embedded in the binary. Without a built console the server says so in a
//! few lines instead of failing.

use actix_web::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../console/dist"]
#[allow_missing = true]
struct Dist;

const NOT_BUILT: &str = "Busbar is running, but its console was not built into this binary.\n\
    Run `make console` before `cargo build`, or use the API under /api/v1 (see /api/v1/docs).\n";

/// Answers any path that is not the API's: a file of the console, or the page itself, for the
/// console routes in the browser.
pub(crate) async fn file(request: HttpRequest) -> HttpResponse {
    if !request.method().is_safe() {
        let mut response = HttpResponse::MethodNotAllowed();
        return response.insert_header((ALLOW, "GET, HEAD")).finish();
    }
    let path = request.path().trim_start_matches('/');
    if let Some(found) = Dist::get(path) {
        let forever = path.starts_with("assets/");
        let cache = if forever {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        return HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, content_type(path)))
            .insert_header((CACHE_CONTROL, cache))
            .body(found.data.into_owned());
    }
    if path.starts_with("assets/") {
        return HttpResponse::NotFound().body("no such file");
    }
    match Dist::get("index.html") {
        Some(page) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((CACHE_CONTROL, "no-cache"))
            .body(page.data.into_owned()),
        None => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
            .body(NOT_BUILT),
    }
}

/// Whether a console is built in.
#[must_use]
pub fn is_built_in() -> bool {
    Dist::get("index.html").is_some()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("json" | "webmanifest" | "map") => "application/json",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
