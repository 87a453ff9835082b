//! Cross-site requests are refused: an unsafe method, and the live stream, need
//! `Sec-Fetch-Site: same-origin` or `none`, or, from browsers that do not send it, an `Origin` that
//! is the host. API clients send neither and carry no cookie.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, ORIGIN};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, ResponseError};

use crate::problem::Problem;

/// A stream goes on for long, so that it is as good as a deed.
const LIVE: &str = "/api/v1/events";

pub(crate) async fn check<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let harmless = request.method().is_safe() && request.path() != LIVE;
    if harmless || is_same_site(request.request()) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let problem = Problem::new(
        StatusCode::FORBIDDEN,
        "cross_site",
        "This request comes from another site than the console.",
    );
    let response = problem.error_response();
    Ok(request.into_response(response).map_into_right_body())
}

fn is_same_site(request: &HttpRequest) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = header("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = header(ORIGIN.as_str()) else {
        return true;
    };
    let host = header(HOST.as_str()).unwrap_or_default();
    origin
        .split_once("://")
        .is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn another_site_is_told_from_our_own() {
        let request = |pairs: &[(&'static str, &'static str)]| {
            let mut r = TestRequest::post().insert_header(("host", "depot.example:8080"));
            for pair in pairs {
                r = r.insert_header(*pair);
            }
            is_same_site(&r.to_http_request())
        };
        assert!(request(&[]));
        assert!(request(&[("sec-fetch-site", "same-origin")]));
        assert!(!request(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "http://depot.example:8080")
        ]));
        assert!(!request(&[("sec-fetch-site", "same-site")]));
        assert!(request(&[("origin", "http://depot.example:8080")]));
        assert!(!request(&[("origin", "http://evil.example")]));
        assert!(!request(&[("origin", "null")]));
    }
}
