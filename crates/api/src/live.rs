//! `/events`: the live stream as server-sent events. The id is the number of a fact, by which a
//! browser resumes; readings have none. A comment every 15 s keeps proxies from closing it.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use app::live::{Item, Stream, Subscribed, Topic};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::login::SignedIn;
use crate::problem::Problem;
use crate::query::{self, Query};
use crate::route::{Endpoint, Need, endpoint};
use crate::server::State;
use crate::view::words;

pub(crate) const ROUTES: &[Endpoint] = &[endpoint!(GET "/events", Need::SignedIn, stream)];

const HEARTBEAT: Duration = Duration::from_secs(15);

#[derive(Deserialize, IntoParams)]
pub(crate) struct EventsQuery {
    /// All when not given. Those that the caller may not see are left out.
    #[param(value_type = Option<Vec<words::Topic>>, style = Form, explode = false)]
    topics: Option<Vec<String>>,
}

/// What happens, as it happens. Resumes after `Last-Event-ID`; 410 when that is too long ago.
#[utoipa::path(get, path = "/events", operation_id = "stream_events", tag = "live", params(EventsQuery,
        ("Last-Event-ID" = Option<String>, Header,
            description = "The number of the last event one had; the stream goes on after it.")),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 410, body = crate::problem::ProblemView, content_type = "application/problem+json",
            description = "`events_gone`: those events are not kept any more.")))]
pub(crate) async fn stream(
    state: web::Data<State>,
    caller: SignedIn,
    request: HttpRequest,
    Query(query): Query<EventsQuery>,
) -> Result<HttpResponse, Problem> {
    let topics = match query.topics {
        None => Topic::ALL.to_vec(),
        Some(words) => words
            .iter()
            .map(|word| Topic::from_word(word).ok_or_else(unknown_topic))
            .collect::<Result<_, _>>()?,
    };
    let after = match request.headers().get("last-event-id") {
        None => None,
        Some(value) => {
            let number = value.to_str().ok().and_then(|v| v.parse::<i64>().ok());
            Some(number.ok_or_else(|| query::wrong("Last-Event-ID", "The number of an event."))?)
        }
    };
    match app::live::subscribe(&state.app, &caller.0, &topics, after).await? {
        Subscribed::Gone => Err(Problem::new(
            StatusCode::GONE,
            "events_gone",
            "The events after that one are not kept any more; read again and subscribe anew.",
        )),
        Subscribed::Stream(stream) => Ok(HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/event-stream"))
            .insert_header((CACHE_CONTROL, "no-store"))
            // The stream must not wait in a compressor or in a proxy.
            .insert_header(("content-encoding", "identity"))
            .insert_header(("x-accel-buffering", "no"))
            .streaming(frames(*stream))),
    }
}

fn unknown_topic() -> Problem {
    let known = Topic::ALL.map(Topic::word).join(", ");
    query::wrong(
        "topics",
        &format!("One of {known}, or several with commas."),
    )
}

/// The stream as bytes. A first comment tells the client that it is open.
fn frames(
    stream: Stream,
) -> impl futures_util::Stream<Item = Result<Bytes, std::convert::Infallible>> {
    futures_util::stream::unfold((stream, true), |(mut stream, first)| async move {
        if first {
            return Some((
                Ok(Bytes::from_static(b": open\nretry: 2000\n\n")),
                (stream, false),
            ));
        }
        let bytes = match tokio::time::timeout(HEARTBEAT, stream.next()).await {
            Err(_) => Bytes::from_static(b": alive\n\n"),
            Ok(Some(item)) => Bytes::from(frame(&item)),
            Ok(None) => return None,
        };
        Some((Ok(bytes), (stream, false)))
    })
}

fn frame(item: &Item) -> String {
    let id = item
        .seq
        .map_or_else(String::new, |seq| format!("id: {seq}\n"));
    format!("{id}event: {}\ndata: {}\n\n", item.name, item.data)
}
