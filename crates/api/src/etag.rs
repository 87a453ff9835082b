//! `ETag` and `If-Match` (RFC 9110, 8.8.3 and 13.1.1): a tag is the revision of what people can
//! edit, so that a page edits what it has shown. What a thing does by itself (being connected,
//! charging) does not change it; answers are therefore never left out by `If-None-Match`.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, HeaderName, HeaderValue, IF_MATCH};
use app::revision::Precondition;

use crate::problem::Problem;
use crate::query;

/// The header that tells `revision`.
pub(crate) fn tag(revision: i64) -> (HeaderName, HeaderValue) {
    let value = HeaderValue::from_str(&format!("\"{revision}\""));
    (
        ETAG,
        value.unwrap_or_else(|_| HeaderValue::from_static("\"\"")),
    )
}

/// What the caller has read. `*` asks for no more than that the thing is there. A weak tag never
/// matches, nor does one that we did not give out.
pub(crate) fn when(request: &HttpRequest) -> Result<Precondition, Problem> {
    let mut revisions = None;
    for value in request.headers().get_all(IF_MATCH) {
        let text = value.to_str().map_err(|_| unreadable())?;
        let revisions = revisions.get_or_insert_with(Vec::new);
        for tag in text.split(',').map(str::trim) {
            if tag == "*" {
                return Ok(Precondition::None);
            }
            let strong = tag.strip_prefix("W/").unwrap_or(tag);
            let inner = strong
                .strip_prefix('"')
                .and_then(|t| t.strip_suffix('"'))
                .ok_or_else(unreadable)?;
            if strong.len() == tag.len() {
                revisions.extend(inner.parse::<i64>().ok());
            }
        }
    }
    Ok(revisions.map_or(Precondition::None, Precondition::At))
}

/// What the caller has read, where nothing is changed without.
pub(crate) fn needed(request: &HttpRequest) -> Result<Precondition, Problem> {
    if request.headers().contains_key(IF_MATCH) {
        return when(request);
    }
    Err(Problem::new(
        StatusCode::PRECONDITION_REQUIRED,
        "precondition_required",
        "Send the ETag of what you read as If-Match.",
    ))
}

fn unreadable() -> Problem {
    query::wrong("If-Match", "The ETag as it was sent, with its quotes.")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn only_strong_tags_of_ours_match() {
        let read = |text: &str| {
            when(
                &TestRequest::patch()
                    .insert_header((IF_MATCH, text))
                    .to_http_request(),
            )
        };
        let none = TestRequest::patch().to_http_request();
        assert_eq!(when(&none).unwrap(), Precondition::None);
        assert_eq!(read("*").unwrap(), Precondition::None);
        assert_eq!(read("\"3\"").unwrap(), Precondition::At(vec![3]));
        assert_eq!(read("\"3\", \"4\"").unwrap(), Precondition::At(vec![3, 4]));
        assert_eq!(read("W/\"3\"").unwrap(), Precondition::At(vec![]));
        assert_eq!(read("\"x\"").unwrap(), Precondition::At(vec![]));
        assert!(read("3").is_err());
    }
}
