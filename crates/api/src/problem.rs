//! Errors on the wire: `application/problem+json` (RFC 9457) with a stable code. This is one of
//! the two files that map the six kinds of `app::Error`.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::request;

/// One place of the request that is wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Place {
    /// JSON pointer into the body, or the name of a query parameter.
    pub pointer: String,
    /// Stable code.
    pub code: String,
    /// For people.
    pub detail: String,
}

/// A refusal or failure.
#[derive(Debug, Clone)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code.
    pub code: String,
    /// What went wrong this time.
    pub detail: String,
    /// Where the request is wrong.
    pub errors: Vec<Place>,
    /// Seconds to wait before trying again.
    pub retry_after_s: Option<i64>,
    /// Under which a fault of ours stands in the log already.
    pub fault: Option<Box<str>>,
}

/// A refusal or failure (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemView {
    /// A URN of the code.
    #[serde(rename = "type")]
    kind: String,
    /// Short, the same for every occurrence.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// Stable code.
    code: String,
    /// What went wrong this time.
    detail: String,
    /// By which the operator of the instance finds it in the log, and its deeds in the audit trail.
    request_id: String,
    /// Where the request is wrong.
    errors: Vec<Place>,
    /// Seconds to wait before trying again; also sent as `Retry-After`.
    retry_after_s: Option<i64>,
}

/// The code of a problem, beside its answer, for those who see the answer pass.
pub(crate) struct ProblemCode(pub String);

impl Problem {
    /// A problem of `status` with a stable code.
    #[must_use]
    pub fn new(status: StatusCode, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            detail: detail.into(),
            errors: Vec::new(),
            retry_after_s: None,
            fault: None,
        }
    }

    /// The resource does not exist, or the caller may not know that it does.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is nothing here, or nothing you may see.",
        )
    }

    /// Nobody is signed in.
    #[must_use]
    pub fn not_signed_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not_signed_in", "Sign in first.")
    }

    /// The request cannot be read.
    #[must_use]
    pub fn bad_request(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// One field of the body is wrong.
    #[must_use]
    pub fn field(pointer: &str, code: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "The request has fields that cannot be accepted.",
        );
        problem.errors.push(Place {
            pointer: pointer.to_owned(),
            code: code.to_owned(),
            detail,
        });
        problem
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let request_id = self.fault.as_deref().map(str::to_owned);
        let request_id = request_id
            .or_else(app::audit::request_id)
            .unwrap_or_default();
        if self.status.is_server_error() {
            tracing::warn!(request.id = %request_id, problem.code = %self.code, "{}", self.detail);
        }
        let mut response = HttpResponse::build(self.status);
        response.content_type("application/problem+json");
        if let Some(seconds) = self.retry_after_s {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response.insert_header((request::ID, value));
        }
        let mut response = response.json(ProblemView {
            kind: format!("urn:busbar:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Problem"),
            status: self.status.as_u16(),
            code: self.code.clone(),
            detail: self.detail.clone(),
            request_id,
            errors: self.errors.clone(),
            retry_after_s: self.retry_after_s,
        });
        let code = ProblemCode(self.code.clone());
        response.extensions_mut().insert(code);
        response
    }
}

/// One of the two files that map the six kinds; the other is the machines' door.
impl From<app::Error> for Problem {
    fn from(error: app::Error) -> Self {
        use app::Error as E;
        let text = error.to_string();
        match error {
            E::Denied { permission, why } => {
                let detail = match permission {
                    Some(p) => format!("This needs the permission {} ({}).", p.key(), p.title()),
                    None if why == "step_up_needed" => {
                        "Show again that it is you: POST /me/confirm.".to_owned()
                    }
                    None => refusal(why).to_owned(),
                };
                Self::new(StatusCode::FORBIDDEN, why, detail)
            }
            E::NotFound => Self::not_found(),
            E::Invalid { problems } => {
                let mut problem = Self::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "invalid",
                    "The request has fields that cannot be accepted.",
                );
                let place = |p: app::Problem| Place {
                    pointer: p.pointer,
                    code: p.code,
                    detail: p.detail,
                };
                problem.errors = problems.into_iter().map(place).collect();
                problem
            }
            E::Conflict {
                code: code @ "precondition_failed",
                detail,
            } => Self::new(StatusCode::PRECONDITION_FAILED, code, detail),
            E::Conflict {
                code: code @ "settings_locked",
                detail,
            } => Self::new(StatusCode::LOCKED, code, detail),
            E::Conflict {
                code: code @ "too_many_tries",
                detail,
            } => Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail),
            E::Conflict {
                code: code @ "file_too_large",
                detail,
            } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, code, detail),
            E::Conflict { code, detail } => Self::new(StatusCode::CONFLICT, code, detail),
            E::Unavailable { code, detail } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
            }
            E::Internal { id } => {
                let mut problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", text);
                problem.fault = Some(id.into());
                problem
            }
        }
    }
}

/// What to say to whoever may not, where no permission is missing.
fn refusal(why: &str) -> &'static str {
    match why {
        "link_invalid" => {
            "This link opens nothing: it was sent again since, taken back, or not copied as a whole."
        }
        "wrong_lock_password" => "This is not the password of the lock.",
        "wrong_puk" => "This is not the PUK of the lock.",
        "people_only" => "Locks are set and opened by people: a key carries no access to them.",
        "administrator_needed" => "Only an Administrator of the whole organisation may do this.",
        "owner_only" => {
            "Only an Administrator of the organisation or an admin of the site has this way back."
        }
        "login_needed" => {
            "This is for somebody who is signed in: a key or a command line is nobody's login."
        }
        "keys_are_made_by_people" => {
            "Keys are made by people who are signed in, not by other keys."
        }
        "setup_token_invalid" => "This setup link opens nothing: `busbar setup` prints a new one.",
        "beyond_own_rights" => "Nobody gives what they do not have themselves.",
        "driver_data" => "This would tell of drivers, whom you may not know about.",
        "link_used" => "This link was used already: sign in.",
        "link_expired" => "This link is too old: have it sent again.",
        _ => "You may not do this.",
    }
}
