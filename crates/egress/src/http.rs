//! The HTTP client for servers that whoever runs the instance named: no redirects are followed, and
//! an answer has a size and a time.

use std::sync::Arc;
use std::time::Duration;

use openidconnect::{HttpRequest, HttpResponse, http};
use rustls::{ClientConfig, RootCertStore};

/// The longest that one request may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// The largest answer that is read, in bytes.
const LARGEST: usize = 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The server is away, too slow, or not who it should be.
    #[error("{0}")]
    Away(String),
    /// The answer is larger than is read.
    #[error("the answer is larger than {LARGEST} bytes")]
    TooLarge,
    /// The answer is none.
    #[error("the answer is not HTTP: {0}")]
    Nonsense(#[from] http::Error),
}

impl From<reqwest::Error> for Failure {
    /// Says the whole chain of causes, without the address, which can hold a secret.
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let mut said = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(next) = cause {
            said = format!("{said}: {next}");
            cause = next.source();
        }
        Self::Away(said)
    }
}

/// The client.
#[derive(Debug, Clone)]
pub(crate) struct Client(reqwest::Client);

impl Client {
    /// Trusts what the machine trusts, and the authorities of the public web beside: a bare machine
    /// has no certificates of its own.
    pub fn new() -> Result<Self, Failure> {
        let client = builder()?.timeout(PATIENCE).build()?;
        Ok(Self(client))
    }

    /// Sends a request, and reads the answer.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Failure> {
        let request = reqwest::Request::try_from(request.map(reqwest::Body::from))?;
        let mut response = self.0.execute(request).await?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LARGEST {
                return Err(Failure::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        Ok(answer.body(body)?)
    }
}

/// A client to be: it trusts what the machine trusts and the authorities of the public web, follows
/// no redirects, and says who it is.
pub(crate) fn builder() -> Result<reqwest::ClientBuilder, Failure> {
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Away(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("Busbar/", env!("CARGO_PKG_VERSION"))))
}
