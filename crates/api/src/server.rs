//! The HTTP server: middleware, the registry's routes below `/api/v1`, probes, and the console.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::{App as ActixApp, HttpRequest, HttpResponse, HttpServer, ResponseError, web};
use app::App;
use app::proxy::TrustedProxies;
use tokio::sync::Semaphore;

use crate::limits::{self, Limiter, Limits};
use crate::problem::Problem;
use crate::route::PREFIX;
use crate::{body, console, idempotency, openapi, origin, query, request, routes};

/// What the people's door must be told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// What chargers are given as URL, with `{identity}` where their name goes.
    pub station_url_template: String,
    /// Subprotocols the machines' door speaks, for people.
    pub protocols: Vec<&'static str>,
    /// Whose word about a client counts.
    pub trusted_proxies: TrustedProxies,
    /// People come by HTTPS, so that their cookies are for HTTPS only.
    pub https: bool,
}

/// What every handler has at hand.
pub(crate) struct State {
    pub app: App,
    pub settings: Settings,
    pub limiter: Limiter,
    /// Turns for making workbooks, which cost memory.
    pub workbooks: Semaphore,
}

/// A server that listens already and runs when it is told to.
pub struct Server {
    /// Where it listens: the port is known even when 0 was asked for.
    pub address: SocketAddr,
    inner: actix_web::dev::Server,
}

impl Server {
    /// Listens, with limits that people do not meet.
    pub fn bind(app: App, settings: Settings) -> std::io::Result<Self> {
        Self::bind_with(app, settings, Limits::default())
    }

    /// Listens, with limits of the operator's choice.
    pub fn bind_with(app: App, settings: Settings, limits: Limits) -> std::io::Result<Self> {
        let listen = settings.listen;
        let state = web::Data::from(Arc::new(State {
            app,
            settings,
            limiter: Limiter::new(limits),
            workbooks: Semaphore::new(WORKBOOKS_AT_ONCE),
        }));
        let server = HttpServer::new(move || {
            ActixApp::new()
                .app_data(state.clone())
                .app_data(web::PayloadConfig::new(body::MOST_BYTES))
                .wrap(from_fn(query::check))
                .wrap(from_fn(idempotency::once))
                .wrap(from_fn(origin::check))
                .wrap(from_fn(limits::check))
                .wrap(from_fn(request::within))
                .wrap(Compress::default())
                .wrap(from_fn(secure_headers))
                .route("/healthz", web::get().to(HttpResponse::NoContent))
                .route("/readyz", web::get().to(ready))
                .service(
                    web::scope(PREFIX)
                        .configure(routes::register)
                        .route("/openapi.json", web::get().to(openapi::document))
                        .route("/docs", web::get().to(openapi::page))
                        .default_service(web::to(missing)),
                )
                .service(web::scope("/api").default_service(web::to(missing)))
                .default_service(web::to(console::file))
        })
        .disable_signals()
        .shutdown_timeout(5)
        .workers(2)
        .bind(listen)?;
        let address = server.addrs().first().copied().unwrap_or(listen);
        Ok(Self {
            address,
            inner: server.run(),
        })
    }

    /// By which the server is told to stop.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.inner.handle()
    }

    /// Serves until it is told to stop.
    pub async fn run(self) -> std::io::Result<()> {
        self.inner.await
    }
}

/// How many workbooks are made at the same time.
const WORKBOOKS_AT_ONCE: usize = 2;

async fn missing(request: HttpRequest) -> HttpResponse {
    let known = routes::methods(request.path()).join(", ");
    if known.is_empty() {
        return Problem::not_found().error_response();
    }
    let mut response = Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        format!("This path takes {known}."),
    )
    .error_response();
    if let Ok(known) = HeaderValue::from_str(&known) {
        response.headers_mut().insert(ALLOW, known);
    }
    response
}

async fn ready(state: web::Data<State>) -> HttpResponse {
    if app::health::ready(&state.app).await {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::ServiceUnavailable().body("the database does not answer")
    }
}

/// The headers of every answer: no framing, no sniffing, and scripts only of our own.
async fn secure_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    const HEADERS: [(&str, &str); 4] = [
        (
            "content-security-policy",
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
             worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'",
        ),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
    ];
    let personal = request.path().starts_with("/api/");
    let mut response = next.call(request).await?;
    if personal && !response.headers().contains_key(CACHE_CONTROL) {
        let never = HeaderValue::from_static("no-store");
        response.headers_mut().insert(CACHE_CONTROL, never);
    }
    for (name, value) in HEADERS {
        response.headers_mut().insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    Ok(response)
}
