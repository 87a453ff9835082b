//! Sending a file over HTTP: as the body itself, or as a form (`multipart/form-data`), as browsers and
//! some stations do. The file counts when it came whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use app::App;
use app::transfers::link::{self, Incoming as Arriving, Refused};
use futures_util::stream::unfold;
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use multer::Multipart;

use super::FileSettings;
use super::http::{Answer, sentence};

/// The most that comes before the content of a part of a form begins, beside what is read at once.
const MOST_HEAD: usize = 1024 * 1024;

/// The most of an unwanted body that is read past, and for how long.
const MOST_DRAINED: usize = 16 * 1024 * 1024;
const LINGER: Duration = Duration::from_secs(5);

/// Why a body could not be read to its end.
#[derive(Debug, thiserror::Error)]
enum Broken {
    /// The peer went away or said something else than it had announced.
    #[error("the body broke off")]
    Body(#[from] hyper::Error),
    /// The peer fell silent.
    #[error("the body stopped coming")]
    Silent,
    /// The head of a part of a form has no end.
    #[error("the form has no end of a head")]
    Head,
}

/// Takes a file under `name`.
pub(super) async fn take(
    app: &App,
    settings: &FileSettings,
    secret: &str,
    name: &str,
    request: Request<Incoming>,
) -> Result<Answer, Refused> {
    let (head, mut body) = request.into_parts();
    let mut begun = false;
    let taken = receive(app, settings, secret, name, (&head, &mut body), &mut begun).await;
    let well = taken
        .as_ref()
        .is_ok_and(|answer| answer.status().is_success());
    let waits = !begun && head.headers.contains_key(EXPECT);
    if !well && !waits {
        // Whoever still sends would not hear why it is refused. Whoever waits to be told to begin is
        // not told so by this.
        let _ = tokio::time::timeout(LINGER, drain(&mut body)).await;
    }
    taken
}

/// Reads past the rest of a body that is not wanted, within a bound.
async fn drain(body: &mut Incoming) {
    let mut left = MOST_DRAINED;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            return;
        }
    }
}

async fn receive(
    app: &App,
    settings: &FileSettings,
    secret: &str,
    name: &str,
    (head, body): (&Parts, &mut Incoming),
    begun: &mut bool,
) -> Result<Answer, Refused> {
    let transfer = link::by_secret(app, secret, true).await?;
    let said = |name| head.headers.get(name)?.to_str().ok();
    let told = said(CONTENT_LENGTH).and_then(|text| text.parse().ok());
    let kind = said(CONTENT_TYPE).unwrap_or_default().to_owned();
    let by_put = head.method == Method::PUT;
    let form = match multer::parse_boundary(&kind) {
        Ok(boundary) if !by_put => Some(boundary),
        _ => None,
    };
    // What a form is larger than its file is not known.
    let told = told.filter(|_| form.is_none());
    let mut file = Arriving::begin(app, transfer, name, told).await?;
    let idle = settings.idle_timeout;
    *begun = true;
    let whole = match form {
        Some(boundary) => from_form(&mut file, body, boundary, idle).await?,
        None => from_body(&mut file, body, idle).await?,
    };
    if let Err(why) = whole {
        return Ok(sentence(StatusCode::BAD_REQUEST, &why));
    }
    let bytes = file.finish().await?;
    let status = if by_put {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(sentence(status, &format!("{bytes} bytes were kept")))
}

/// Ok when the file is whole, or a sentence about why it is not.
type Whole = Result<(), String>;

async fn next(body: &mut Incoming, idle: Duration) -> Option<Result<Bytes, Broken>> {
    loop {
        let frame = match tokio::time::timeout(idle, body.frame()).await {
            Err(_) => return Some(Err(Broken::Silent)),
            Ok(None) => return None,
            Ok(Some(Err(error))) => return Some(Err(error.into())),
            Ok(Some(Ok(frame))) => frame,
        };
        // Trailers say nothing here.
        if let Ok(data) = frame.into_data() {
            return Some(Ok(data));
        }
    }
}

async fn from_body(
    file: &mut Arriving,
    body: &mut Incoming,
    idle: Duration,
) -> Result<Whole, Refused> {
    while let Some(data) = next(body, idle).await {
        match data {
            Ok(data) => file.write(&data).await?,
            Err(why) => return Ok(Err(why.to_string())),
        }
    }
    Ok(Ok(()))
}

async fn from_form(
    file: &mut Arriving,
    body: &mut Incoming,
    boundary: String,
    idle: Duration,
) -> Result<Whole, Refused> {
    // How much came since the last part began, while its content has not begun.
    let head = Arc::new(AtomicUsize::new(0));
    let counted = head.clone();
    let pieces = unfold(body, move |body| {
        let counted = counted.clone();
        async move {
            // The form's reader takes whatever is ready: one piece at a time is enough.
            tokio::task::yield_now().await;
            let data = match next(body, idle).await? {
                Ok(data) if counted.fetch_add(data.len(), Relaxed) > MOST_HEAD => Err(Broken::Head),
                data => data,
            };
            Some((data, body))
        }
    });
    let mut form = Multipart::new(Box::pin(pieces), boundary);
    let mut found = false;
    loop {
        let mut field = match form.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) if found => return Ok(Ok(())),
            Ok(None) => return Ok(Err("the form has no file".to_owned())),
            Err(why) => return Ok(Err(why.to_string())),
        };
        // Other fields are read past, and a second file is none of this transfer's.
        let ours = field.file_name().is_some() && !found;
        if let Some(name) = field.file_name().filter(|_| ours) {
            file.rename(name);
            found = true;
        }
        loop {
            head.store(0, Relaxed);
            match field.chunk().await {
                Ok(Some(data)) if ours => file.write(&data).await?,
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(why) => return Ok(Err(why.to_string())),
            }
        }
    }
}
