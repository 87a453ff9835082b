//! One WebSocket to the server: opening it with small buffers, subprotocol and password.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::Error;
use crate::wire::Version;

/// An open WebSocket.
pub(crate) type Link = WebSocketStream<TcpStream>;

/// Opens a WebSocket to `url`/`identity`; `password` goes into Basic authentication with the
/// identity as user name.
pub(crate) async fn open(
    url: &str,
    identity: &str,
    version: Version,
    password: Option<&str>,
) -> Result<Link, Error> {
    let wrong = |reason| Error::Url {
        url: url.to_owned(),
        reason,
    };
    let full = format!("{}/{}", url.trim_end_matches('/'), escape(identity));
    let mut request = full
        .into_client_request()
        .map_err(|_| wrong("it is no ws:// address"))?;
    if request.uri().scheme_str() != Some("ws") {
        return Err(wrong("only ws:// is spoken here"));
    }
    let host = request
        .uri()
        .host()
        .ok_or_else(|| wrong("it has no host"))?;
    let host = host.trim_matches(['[', ']']).to_owned();
    let port = request.uri().port_u16().unwrap_or(80);
    let headers = request.headers_mut();
    let subprotocol = HeaderValue::from_static(version.subprotocol());
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
    if let Some(password) = password {
        let basic = format!(
            "Basic {}",
            STANDARD.encode(format!("{identity}:{password}"))
        );
        let basic = HeaderValue::from_str(&basic).map_err(|_| wrong("the password is unusable"))?;
        headers.insert(header::AUTHORIZATION, basic);
    }
    let stream = TcpStream::connect((host.as_str(), port))
        .await
        .map_err(|source| Error::Connect {
            address: format!("{host}:{port}"),
            source,
        })?;
    // An answer must not wait for the other side's delayed acknowledgement.
    stream.set_nodelay(true).map_err(|source| Error::Connect {
        address: format!("{host}:{port}"),
        source,
    })?;
    let config = WebSocketConfig::default()
        .read_buffer_size(4 * 1024)
        .write_buffer_size(0)
        .max_write_buffer_size(2 << 20)
        .max_message_size(Some(4 << 20));
    let (link, answer) = client_async_with_config(request, stream, Some(config))
        .await
        .map_err(|error| match error {
            tokio_tungstenite::tungstenite::Error::Protocol(
                tokio_tungstenite::tungstenite::error::ProtocolError::SecWebSocketSubProtocolError(
                    _,
                ),
            ) => Error::NoSubprotocol,
            other => other.into(),
        })?;
    let chosen = answer.headers().get(header::SEC_WEBSOCKET_PROTOCOL);
    if chosen.map(HeaderValue::as_bytes) != Some(version.subprotocol().as_bytes()) {
        return Err(Error::NoSubprotocol);
    }
    Ok(link)
}

/// Percent-encodes an identity for the last segment of the path.
fn escape(identity: &str) -> String {
    let mut out = String::with_capacity(identity.len());
    for byte in identity.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn identities_are_percent_encoded() {
        assert_eq!(super::escape("RDAM 1|é"), "RDAM%201%7C%C3%A9");
    }
}
