//! Messages to webhooks: signed as Standard Webhooks says, sent to addresses of the outside only,
//! without following redirects.
//!
//! People of an organisation name these addresses. A name is resolved here and each address it has
//! is looked at; the connection is made to one of those that passed, so that it cannot become
//! another one in between. Whoever runs the instance may allow networks of the inside.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use sha2::Sha256;

use crate::guard;
use crate::http;

/// The longest that one try may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Before every secret, as Standard Webhooks says.
pub const SECRET_PREFIX: &str = "whsec_";

/// Why a message did not get there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It can never get there: the address is one of the inside, or none.
    #[error("{0}")]
    Never(String),
    /// It may get there another time.
    #[error("{0}")]
    Later(String),
}

/// A message.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// The same at every try.
    pub id: &'a str,
    /// When this try is made, in seconds since 1970.
    pub timestamp: i64,
    /// JSON text.
    pub body: &'a str,
    /// `whsec_` and the key in base64.
    pub secret: &'a str,
}

/// The value of `webhook-signature`: version 1, HMAC-SHA256 over id, time and body.
#[must_use]
pub fn sign(message: &Message<'_>) -> Option<String> {
    let key = message.secret.strip_prefix(SECRET_PREFIX)?;
    let key = STANDARD.decode(key).ok()?;
    let mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    let signed = format!("{}.{}.{}", message.id, message.timestamp, message.body);
    let mac = mac.chain_update(signed.as_bytes()).finalize();
    Some(format!("v1,{}", STANDARD.encode(mac.into_bytes())))
}

/// Which addresses of the inside may be talked to.
#[derive(Debug, Clone, Default)]
pub struct Allowed(Arc<[IpNet]>);

impl Allowed {
    /// These networks.
    #[must_use]
    pub fn networks(networks: Vec<IpNet>) -> Self {
        Self(networks.into())
    }

    /// Whether any is.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }

    fn lets(&self, address: IpAddr) -> bool {
        !guard::is_private(address) || self.0.iter().any(|network| network.contains(&address))
    }
}

/// Whether a message could ever go to an address: `https`, or `http` where the inside is allowed; no
/// name and password in it; and no address of the inside that is not allowed.
pub fn check(url: &str, allowed: &Allowed) -> Result<url::Url, Failure> {
    let never = |why: &str| Failure::Never(why.to_owned());
    let url = url::Url::parse(url).map_err(|_| never("this is no address"))?;
    let secure = url.scheme() == "https" || (url.scheme() == "http" && allowed.any());
    if !secure {
        return Err(never("the address does not begin with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(never("an address holds no name and no password"));
    }
    let literal = match url.host() {
        Some(url::Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(url::Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        Some(url::Host::Domain(_)) => None,
        None => return Err(never("this is no address")),
    };
    if literal.is_some_and(|ip| !allowed.lets(ip)) {
        return Err(never(PRIVATE));
    }
    Ok(url)
}

const PRIVATE: &str = "the address is one of a private network";

/// Resolves names, and forgets the addresses that may not be talked to.
#[derive(Debug)]
struct Guarded(Allowed);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let passed: Vec<SocketAddr> = found.filter(|at| allowed.lets(at.ip())).collect();
            if passed.is_empty() {
                return Err(PRIVATE.into());
            }
            Ok(Box::new(passed.into_iter()) as Addrs)
        })
    }
}

/// The client.
#[derive(Debug, Clone)]
pub struct Client {
    client: reqwest::Client,
    allowed: Allowed,
}

impl Client {
    /// Makes it.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(allowed: Allowed) -> Result<Self, Failure> {
        let fault = |error: http::Failure| Failure::Never(error.to_string());
        let client = http::builder()
            .map_err(fault)?
            .dns_resolver(Arc::new(Guarded(allowed.clone())))
            // A proxy would connect in our place, and nobody would look where to.
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map_err(|error| fault(error.into()))?;
        Ok(Self { client, allowed })
    }

    /// Whether a message could ever go to an address.
    pub fn check(&self, url: &str) -> Result<(), Failure> {
        check(url, &self.allowed).map(drop)
    }

    /// Sends a message; tells the status of the answer, whatever it is. The answer itself is not read:
    /// it is for nobody.
    pub async fn send(&self, url: &str, message: &Message<'_>) -> Result<u16, Failure> {
        let url = check(url, &self.allowed)?;
        let signature = sign(message);
        let signature =
            signature.ok_or_else(|| Failure::Never("its secret cannot be read".to_owned()))?;
        let sent = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", message.timestamp.to_string())
            .header("webhook-signature", signature)
            .body(message.body.to_owned())
            .send()
            .await;
        match sent {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) => {
                let why = http::Failure::from(error).to_string();
                if why.contains(PRIVATE) {
                    return Err(Failure::Never(PRIVATE.to_owned()));
                }
                Err(Failure::Later(why))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        // The example of the Standard Webhooks specification.
        let message = Message {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp: 1_614_265_330,
            body: "{\"test\": 2432232314}",
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        };
        let signature = sign(&message).unwrap();
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn the_inside_is_refused_unless_it_is_allowed() {
        let nowhere = Allowed::default();
        let here = Allowed::networks(vec!["127.0.0.0/8".parse().unwrap()]);
        for url in [
            "http://example.org/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest",
            "https://2130706433/",
            "https://me:secret@example.org/",
            "ftp://example.org/",
            "nonsense",
        ] {
            assert!(check(url, &nowhere).is_err(), "{url}");
        }
        assert!(check("https://example.org/hook", &nowhere).is_ok());
        assert!(check("http://127.0.0.1:8000/", &here).is_ok());
        assert!(check("https://10.0.0.1/", &here).is_err());
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_no_way_inside() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let inside = std::net::TcpListener::bind("127.0.0.2:0").unwrap();
        inside.set_nonblocking(true).unwrap();
        let to = inside.local_addr().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let answered = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = vec![0; 4096];
            let _ = stream.read(&mut heard).await.unwrap();
            let answer = format!(
                "HTTP/1.1 307 Elsewhere\r\nLocation: http://{to}/\r\nContent-Length: 0\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        let all = Allowed::networks(vec!["127.0.0.0/8".parse().unwrap()]);
        let message = Message {
            id: "dlv_1",
            timestamp: 0,
            body: "{}",
            secret: "whsec_AAAA",
        };
        let sent = Client::new(all).unwrap().send(&url, &message).await;
        assert_eq!(sent, Ok(307));
        answered.await.unwrap();
        assert!(inside.accept().is_err(), "nobody came");
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_at_the_moment_of_connecting() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = Client::new(Allowed::default()).unwrap();
        let message = Message {
            id: "dlv_1",
            timestamp: 0,
            body: "{}",
            secret: "whsec_AAAA",
        };
        let url = format!("https://localhost:{port}/");
        let sent = client.send(&url, &message).await;
        assert_eq!(sent, Err(Failure::Never(PRIVATE.to_owned())));
    }
}
