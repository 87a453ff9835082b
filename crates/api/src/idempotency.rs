//! `Idempotency-Key` on every POST: one middleware for all routes. A request with a key is done
//! once, also when whoever sent it hangs up, and its answer is kept for a day.
//!
//! - Only what was done is kept. A refusal did nothing: it leaves the key free.
//! - An answer that shows a secret is not kept; a repeat is told that it was done.
//! - Signing in and out and the setup work by cookies, so that a key is not looked at there.

use actix_web::body::{EitherBody, MessageBody, to_bytes};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{self, Bytes};
use actix_web::{HttpResponse, ResponseError};
use app::App;
use app::idempotency::{self, Answer, Held, Sender, Turn};

use crate::login;
use crate::problem::{Problem, ProblemCode};
use crate::query;
use crate::route::{Manner, Need};
use crate::routes;
use crate::server::State;

/// The request header.
pub(crate) const KEY: &str = "idempotency-key";
/// The answer header by which a repeat is told from the first.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

const LONGEST_KEY: usize = 255;
/// Answers beyond this are not kept.
const MOST_KEPT_BYTES: usize = 512 * 1024;
const KEPT_HEADERS: [HeaderName; 3] = [CONTENT_TYPE, ETAG, LOCATION];

/// What to do with a request.
enum Way {
    /// It has no key, or none that is looked at.
    Plain,
    /// Do it; then keep the answer, with its body or without.
    Do(Held, bool),
    /// Answer it from here.
    Answered(HttpResponse),
}

pub(crate) async fn once<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let way = match way(&mut request).await {
        Ok(way) => way,
        Err(problem) => Way::Answered(problem.error_response()),
    };
    match way {
        Way::Plain => Ok(next.call(request).await?.map_into_left_body()),
        Way::Answered(response) => Ok(request.into_response(response).map_into_right_body()),
        Way::Do(held, shown) => {
            let Some(state) = request.app_data::<web::Data<State>>().cloned() else {
                return Err(ErrorInternalServerError("the server has no state"));
            };
            let done = next.call(request);
            let origin = app::audit::origin();
            let work = async move {
                let answer = done.await;
                settle(&state.app, held, shown, answer).await
            };
            // A task of its own: it goes on when the client hangs up, which is when a key counts.
            let task = actix_web::rt::spawn(async move {
                match origin {
                    Some(origin) => app::audit::within(origin, work).await,
                    None => work.await,
                }
            });
            match task.await {
                Ok(answer) => Ok(answer?.map_into_right_body()),
                Err(error) => Err(ErrorInternalServerError(error)),
            }
        }
    }
}

async fn way(request: &mut ServiceRequest) -> Result<Way, Problem> {
    if request.method() != Method::POST {
        return Ok(Way::Plain);
    }
    let Some(value) = request.headers().get(KEY).cloned() else {
        return Ok(Way::Plain);
    };
    let endpoint = routes::of(request.request());
    let Some(endpoint) = endpoint.filter(|e| e.manner != Manner::Keyless) else {
        return Ok(Way::Plain);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|k| !k.is_empty() && k.len() <= LONGEST_KEY);
    let key = key.ok_or_else(|| query::wrong("Idempotency-Key", "1 to 255 ASCII characters."))?;
    let Some(state) = request.app_data::<web::Data<State>>().cloned() else {
        return Ok(Way::Plain);
    };
    let caller = login::caller(request.request()).await?;
    let address = login::remote_ip(request.request()).unwrap_or_default();
    let sender = match &caller {
        Some(caller) => Sender::Account(caller),
        None if endpoint.need == Need::Open => Sender::Address(&address),
        // The route refuses them, and nothing is written for them.
        None => return Ok(Way::Plain),
    };
    let body = body(request).await?;
    let path = request.uri().path_and_query().map_or("", |p| p.as_str());
    let parts: [&[u8]; 3] = [b"POST", path.as_bytes(), &body];
    let turn = idempotency::begin(&state.app, sender, key, &parts).await?;
    match turn {
        Turn::First(held) => Ok(Way::Do(held, endpoint.manner != Manner::SecretAnswer)),
        Turn::Repeat(answer) => Ok(Way::Answered(repeat(answer))),
        other => Err(refusal(&other)),
    }
}

/// Reads the body and puts it back.
async fn body(request: &mut ServiceRequest) -> Result<Bytes, Problem> {
    let body = request.extract::<Bytes>().await.map_err(|_| {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "The body is larger than 1 MiB, or it did not arrive.",
        )
    })?;
    let again = body.clone();
    request.set_payload(Payload::Stream {
        payload: Box::pin(futures_util::stream::once(async { Ok(again) })),
    });
    Ok(body)
}

fn refusal(turn: &Turn) -> Problem {
    let (status, code, detail) = match turn {
        Turn::Reused => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "This key was used for another request.",
        ),
        Turn::Running => (
            StatusCode::CONFLICT,
            "idempotency_in_progress",
            "The first request with this key is still being done.",
        ),
        Turn::NotKept => (
            StatusCode::CONFLICT,
            "idempotency_answer_not_kept",
            "It was done. Its answer held a secret or was very long, and is not kept.",
        ),
        Turn::RightsChanged => (
            StatusCode::CONFLICT,
            "idempotency_rights_changed",
            "It was done. What you may do has changed since, so the answer is not shown again.",
        ),
        Turn::Interrupted | Turn::First(_) | Turn::Repeat(_) => (
            StatusCode::CONFLICT,
            "idempotency_interrupted",
            "The first request with this key was cut off: look whether it was done, and use \
             another key.",
        ),
    };
    let mut problem = Problem::new(status, code, detail);
    if matches!(turn, Turn::Running) {
        problem.retry_after_s = Some(1);
    }
    problem
}

fn repeat(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    for (name, value) in &answer.headers {
        response.insert_header((name.as_str(), value.as_str()));
    }
    response.insert_header((REPLAYED, HeaderValue::from_static("true")));
    response.body(answer.body.unwrap_or_default())
}

/// What an answer means for the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// It was done.
    Done,
    /// Nothing was done.
    Refused,
    /// A fault of ours, after which nobody knows.
    Unknown,
}

fn meaning(status: StatusCode, code: Option<&ProblemCode>) -> Meaning {
    let offline = code.is_some_and(|c| c.0 == "station_offline");
    if status.is_success() {
        Meaning::Done
    } else if status.is_server_error() && !offline {
        Meaning::Unknown
    } else {
        Meaning::Refused
    }
}

async fn settle<B: MessageBody + 'static>(
    app: &App,
    held: Held,
    shown: bool,
    answer: Result<ServiceResponse<B>, actix_web::Error>,
) -> Result<ServiceResponse, actix_web::Error> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let status = error.as_response_error().status_code();
            keep(app, held, meaning(status, None), None).await;
            return Err(error);
        }
    };
    let (request, response) = answer.into_parts();
    let meaning = meaning(
        response.status(),
        response.extensions().get::<ProblemCode>(),
    );
    let (response, body) = response.into_parts();
    let body = to_bytes(body)
        .await
        .map_err(|_| ErrorInternalServerError("the answer was cut off"))?;
    let text = std::str::from_utf8(&body).ok();
    let text = text.filter(|t| shown && t.len() <= MOST_KEPT_BYTES);
    let headers = KEPT_HEADERS.iter().filter_map(|name| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let kept = Answer {
        status: response.status().as_u16(),
        headers: headers.collect(),
        body: text.map(str::to_owned),
    };
    keep(app, held, meaning, Some(kept)).await;
    Ok(ServiceResponse::new(
        request,
        response.set_body(body).map_into_boxed_body(),
    ))
}

async fn keep(app: &App, held: Held, meaning: Meaning, answer: Option<Answer>) {
    let unknown = Answer {
        status: StatusCode::INTERNAL_SERVER_ERROR.as_u16(),
        headers: Vec::new(),
        body: None,
    };
    let kept = match meaning {
        Meaning::Refused => idempotency::released(app, held).await,
        Meaning::Done => idempotency::answered(app, held, answer.unwrap_or(unknown)).await,
        Meaning::Unknown => idempotency::answered(app, held, unknown).await,
    };
    if let Err(error) = kept {
        tracing::warn!("what a request with a key was answered is not kept: {error}");
    }
}
