//! What is one request: an id for its answer, for its problem and for every deed in it, and what
//! the audit trail keeps of where it came from.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue, ORIGIN};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, ResponseError};
use app::audit::{self, Origin};
use domain::audit::Via;
use percent_encoding::percent_decode_str;

use crate::problem::Problem;
use crate::{login, query};

/// The answer header with the id of the request.
pub(crate) const ID: HeaderName = HeaderName::from_static("x-request-id");
/// The request header with the reason of a deed, percent-encoded UTF-8.
pub(crate) const REASON: &str = "busbar-reason";
/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// Answers a request within its origin.
pub(crate) async fn within<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let id = format!("req_{}", uuid::Uuid::now_v7().simple());
    let reason = reason(request.request());
    let origin = Origin {
        via: via(request.request()),
        request_id: Some(id.clone()),
        ip: login::remote_ip(request.request()),
        reason: reason.as_ref().ok().cloned().flatten(),
    };
    let answered = audit::within(origin, async {
        match reason {
            Ok(_) => next
                .call(request)
                .await
                .map(ServiceResponse::map_into_left_body),
            Err(problem) => {
                let response = problem.error_response();
                Ok(request.into_response(response).map_into_right_body())
            }
        }
    });
    let mut response = answered.await?;
    if let (false, Ok(id)) = (
        response.headers().contains_key(ID),
        HeaderValue::from_str(&id),
    ) {
        response.headers_mut().insert(ID, id);
    }
    Ok(response)
}

/// Browsers say that they are one, in headers that pages cannot set.
fn via(request: &HttpRequest) -> Via {
    let has = |name: &str| request.headers().contains_key(name);
    let key = request.headers().get(AUTHORIZATION);
    let key = key.and_then(|value| value.to_str().ok()?.split_once(' '));
    if key.is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) {
        Via::Key
    } else if has("sec-fetch-site") || has(ORIGIN.as_str()) {
        Via::Page
    } else {
        Via::Api
    }
}

fn reason(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get(REASON) else {
        return Ok(None);
    };
    let text = value.to_str().ok();
    let text = text.and_then(|text| percent_decode_str(text).decode_utf8().ok());
    let text = text.filter(|text| {
        text.chars().count() <= LONGEST_REASON && !text.chars().any(char::is_control)
    });
    let detail = "At most 500 characters in percent-encoded UTF-8, none a control character.";
    let text = text.ok_or_else(|| query::wrong("Busbar-Reason", detail))?;
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use actix_web::test::TestRequest;

    fn request(name: &'static str, value: &str) -> HttpRequest {
        TestRequest::post()
            .insert_header((name, value))
            .to_http_request()
    }

    #[test]
    fn a_reason_is_read_and_an_odd_one_refused() {
        let read = |text: &str| reason(&request(REASON, text));
        assert_eq!(read("Ausl%C3%B6ser").unwrap().as_deref(), Some("Auslöser"));
        assert_eq!(read("  ").unwrap(), None);
        assert_eq!(read("plain words").unwrap().as_deref(), Some("plain words"));
        for odd in ["%ff", "a%0Ab", &"x".repeat(501)] {
            assert_eq!(read(odd).unwrap_err().code, "invalid_parameter", "{odd}");
        }
    }

    #[test]
    fn pages_programs_and_keys_are_told_apart() {
        assert_eq!(via(&request("sec-fetch-site", "same-origin")), Via::Page);
        assert_eq!(via(&request("origin", "http://x")), Via::Page);
        assert_eq!(via(&request("authorization", "Bearer bsb_1")), Via::Key);
        assert_eq!(via(&request("authorization", "Basic eDp5")), Via::Api);
    }
}
