//! The HTTP port for files: `/f/<secret>/<name>` to fetch, in parts if the station wants, and
//! `/u/<secret>/<name>` to send. No redirects, no listing, no cookies; an answer that is not the file
//! is a sentence.

use std::convert::Infallible;
use std::io::{self, SeekFrom};
use std::sync::Arc;

use app::App;
use app::transfers::link::{self, Fault, Outgoing, Refused};
use futures_util::stream::try_unfold;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{
    ACCEPT_RANGES, ALLOW, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, IF_RANGE,
    LAST_MODIFIED, RANGE, RETRY_AFTER,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::range::{Wanted, wanted};
use super::{FileSettings, upload};

/// What is read from the disk at once.
const PIECE: usize = 64 * 1024;

pub(super) type Body = BoxBody<Bytes, io::Error>;
pub(super) type Answer = Response<Body>;

/// One connection from the first byte to the last.
pub(super) async fn serve(
    app: App,
    settings: Arc<FileSettings>,
    stream: TcpStream,
    mut shutdown: watch::Receiver<bool>,
    place: OwnedSemaphorePermit,
) {
    let idle = settings.idle_timeout;
    let service = service_fn(move |request| {
        let (app, settings) = (app.clone(), settings.clone());
        async move { Ok::<_, Infallible>(answer(&app, &settings, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(idle)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        // A sender that is gone means the same.
        _ = async { shutdown.wait_for(|stop| *stop).await.is_ok() } => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection about files ended: {error}");
    }
    drop(place);
}

/// What a path asks for.
enum Link<'a> {
    /// To fetch, by this secret.
    Fetch(&'a str),
    /// To send, by this secret, under this name as it stands in the path.
    Send(&'a str, &'a str),
}

/// Reads a path; a reverse proxy may have put something before it.
fn link_of(path: &str) -> Option<Link<'_>> {
    let mut rest = path;
    loop {
        let (part, after) = rest.trim_start_matches('/').split_once('/')?;
        if matches!(part, "f" | "u") {
            let (secret, name) = after.split_once('/').unwrap_or((after, ""));
            return Some(match part {
                "f" => Link::Fetch(secret),
                _ => Link::Send(secret, name),
            });
        }
        rest = after;
    }
}

async fn answer(app: &App, settings: &FileSettings, request: Request<Incoming>) -> Answer {
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let done = match (link_of(&path), &method) {
        (Some(Link::Fetch(secret)), &Method::GET | &Method::HEAD) => {
            fetch(app, secret, request.headers(), method == Method::HEAD).await
        }
        (Some(Link::Send(secret, name)), &Method::PUT | &Method::POST) => {
            let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
            upload::take(app, settings, secret, &name, request).await
        }
        (Some(link), _) => {
            let known = match link {
                Link::Fetch(_) => "GET, HEAD",
                Link::Send(..) => "PUT, POST",
            };
            let mut answer = sentence(StatusCode::METHOD_NOT_ALLOWED, known);
            put(answer.headers_mut(), ALLOW, known);
            return answer;
        }
        (None, _) => Err(Refused::Unknown),
    };
    done.unwrap_or_else(|refused| refusal(&refused))
}

/// Why nothing came of a request, for people who look at the station's log.
fn refusal(refused: &Refused) -> Answer {
    let status = match refused {
        Refused::Unknown => StatusCode::NOT_FOUND,
        Refused::Over => StatusCode::GONE,
        Refused::NotKept(Fault::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
        Refused::NotKept(Fault::Full) => StatusCode::INSUFFICIENT_STORAGE,
        Refused::NotKept(Fault::Io(error)) => {
            tracing::error!("a file of a station: {error}");
            return sentence(StatusCode::INTERNAL_SERVER_ERROR, "a fault of the server");
        }
        Refused::Away => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut answer = sentence(status, &refused.to_string());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        put(answer.headers_mut(), RETRY_AFTER, "30");
    }
    answer
}

/// An answer that is a sentence.
pub(super) fn sentence(status: StatusCode, text: &str) -> Answer {
    let text = Bytes::from(format!("{text}\n"));
    let mut answer = Response::new(Full::new(text).map_err(|never| match never {}).boxed());
    *answer.status_mut() = status;
    put(
        answer.headers_mut(),
        CONTENT_TYPE,
        "text/plain; charset=utf-8",
    );
    answer
}

fn put(headers: &mut HeaderMap, name: hyper::header::HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        headers.insert(name, value);
    }
}

async fn fetch(
    app: &App,
    secret: &str,
    asked: &HeaderMap,
    head_only: bool,
) -> Result<Answer, Refused> {
    let transfer = link::by_secret(app, secret, false).await?;
    let file = link::outgoing_file(app, &transfer).await?;
    let tag = format!("\"{}\"", file.sha256);
    let at = file.at.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let said = |name| asked.get(name).and_then(|value| value.to_str().ok());
    // A range of another content would spoil the file that the station puts together.
    let same = said(IF_RANGE).is_none_or(|mark| mark == tag || mark == at);
    let range = match same {
        true => wanted(said(RANGE), file.bytes),
        false => Wanted::All,
    };
    let (status, first, many) = match range {
        Wanted::All => (StatusCode::OK, 0, file.bytes),
        Wanted::Part(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Wanted::Nothing => {
            let mut answer = sentence(StatusCode::RANGE_NOT_SATISFIABLE, "no such bytes");
            let all = format!("bytes */{}", file.bytes);
            put(answer.headers_mut(), CONTENT_RANGE, &all);
            return Ok(answer);
        }
    };
    let bytes = file.bytes;
    let body = match head_only {
        true => Full::new(Bytes::new())
            .map_err(|never| match never {})
            .boxed(),
        false => part_of(file, first, many).await?,
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    put(headers, CONTENT_TYPE, "application/octet-stream");
    put(headers, CONTENT_LENGTH, &many.to_string());
    put(headers, ACCEPT_RANGES, "bytes");
    put(headers, ETAG, &tag);
    put(headers, LAST_MODIFIED, &at);
    if status == StatusCode::PARTIAL_CONTENT {
        let last = first + many - 1;
        put(
            headers,
            CONTENT_RANGE,
            &format!("bytes {first}-{last}/{bytes}"),
        );
    }
    Ok(answer)
}

/// `many` bytes of a file from the one at `first` on, read as the peer takes them.
async fn part_of(file: Outgoing, first: u64, many: u64) -> Result<Body, Refused> {
    let mut file = file.file;
    let sought = file.seek(SeekFrom::Start(first)).await;
    sought.map_err(Fault::from)?;
    let pieces = try_unfold((file, many), |(mut file, left)| async move {
        let most = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
        if most == 0 {
            return Ok(None);
        }
        let mut piece = vec![0; most];
        let read = file.read(&mut piece).await?;
        if read == 0 {
            // The file is shorter than it was: the peer must not take it for whole.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        piece.truncate(read);
        let frame = Frame::data(Bytes::from(piece));
        Ok(Some((frame, (file, left - read as u64))))
    });
    Ok(BodyExt::boxed(StreamBody::new(pieces)))
}
