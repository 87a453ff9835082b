//! Reads the head of an HTTP request, forgiving what old firmware gets wrong (quirks.md 1): no
//! `Connection: Upgrade`, repeated headers, a path in front of the identity, a whole URL as path.
//! Refuses to judge who is calling.

use percent_encoding::percent_decode_str;

/// The most header lines.
const MOST_HEADERS: usize = 64;
/// Bounds for what is kept of a stranger's request.
const MOST_PATH: usize = 512;
const MOST_AGENT: usize = 200;
const MOST_PROTOCOLS: usize = 16;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Intent {
    /// A WebSocket, with this key.
    Upgrade { key: String },
    /// A WebSocket of a version that nobody speaks any more.
    OldWebSocket,
    /// OCPP over SOAP (1.5 and before, and 1.6-S).
    Soap,
    /// Some other HTTP request.
    Other,
}

/// The head of a request, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub intent: Intent,
    pub path: String,
    /// The last segment of the path that is not empty, decoded once; an error when it cannot be
    /// decoded.
    pub identity: Option<Result<String, NotText>>,
    /// What is offered, in the client's order of preference.
    pub protocols: Vec<String>,
    /// What proxies say for whom they speak, in the order of the request.
    pub forwarded_for: Vec<String>,
    /// Extensions of the WebSocket that are offered, a value for each header.
    pub extensions: Vec<String>,
    pub user_agent: Option<String>,
    /// The value of the `Authorization` header, as bytes.
    pub authorization: Option<Vec<u8>>,
    /// Length of the head in bytes; what follows is already WebSocket.
    pub length: usize,
}

/// The identity is not UTF-8 once it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotText;

/// What is wrong with the first bytes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotRequest {
    /// A TLS handshake.
    Tls,
    /// Anything else.
    NotHttp,
}

/// Reads a head; `None` when more bytes are needed.
pub(crate) fn read(bytes: &[u8]) -> Result<Option<Head>, NotRequest> {
    match bytes.first() {
        None => return Ok(None),
        Some(0x16) => return Err(NotRequest::Tls),
        Some(first) if !first.is_ascii_alphabetic() && !first.is_ascii_whitespace() => {
            return Err(NotRequest::NotHttp);
        }
        Some(_) => {}
    }
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let mut lenient = httparse::ParserConfig::default();
    lenient
        .allow_multiple_spaces_in_request_line_delimiters(true)
        .ignore_invalid_headers_in_requests(true);
    let length = match lenient.parse_request(&mut request, bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(NotRequest::NotHttp),
    };
    let path = request.path.unwrap_or("/");
    let values = |name: &'static str| {
        let all = request.headers.iter();
        all.filter(move |h| h.name.eq_ignore_ascii_case(name))
            .map(|h| h.value.trim_ascii())
    };
    let text = |name: &'static str| {
        values(name)
            .next()
            .map(|value| String::from_utf8_lossy(value).into_owned())
    };
    let protocols = values("sec-websocket-protocol")
        .flat_map(|value| value.split(|b| *b == b','))
        .map(|name| String::from_utf8_lossy(name.trim_ascii()).into_owned())
        .filter(|name| !name.is_empty())
        .map(|name| cut(&name, 64))
        .take(MOST_PROTOCOLS)
        .collect();
    Ok(Some(Head {
        intent: intent(request.method, text),
        identity: identity(path),
        path: cut(shown(path), MOST_PATH),
        protocols,
        forwarded_for: values("x-forwarded-for")
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect(),
        extensions: values("sec-websocket-extensions")
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect(),
        user_agent: text("user-agent").map(|agent| cut(&agent, MOST_AGENT)),
        authorization: values("authorization").next().map(<[u8]>::to_vec),
        length,
    }))
}

fn intent(method: Option<&str>, text: impl Fn(&'static str) -> Option<String>) -> Intent {
    let says = |name, word: &str| text(name).is_some_and(|v| v.to_lowercase().contains(word));
    if text("soapaction").is_some() || says("content-type", "soap") || says("content-type", "xml") {
        return Intent::Soap;
    }
    let key = text("sec-websocket-key").filter(|key| !key.is_empty());
    let Some(key) = key.filter(|_| method == Some("GET")) else {
        return Intent::Other;
    };
    match text("sec-websocket-version") {
        Some(version) if version.trim() != "13" => Intent::OldWebSocket,
        _ => Intent::Upgrade { key },
    }
}

/// A path as it is kept: without a query, and without what stands before an `@`. People put
/// passwords there.
fn shown(path: &str) -> &str {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.rsplit_once('@').map_or(path, |(_, rest)| rest)
}

/// The segment before the identity in the address that chargers are given.
const PREFIX: &str = "ocpp";

fn identity(path: &str) -> Option<Result<String, NotText>> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    // A whole URL in the place of the path: its host is no identity.
    let path = match path.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => {
            rest.split_once('/').map_or("", |(_, path)| path)
        }
        _ => path,
    };
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let last = segments.next_back()?;
    if segments.next().is_none() && last.eq_ignore_ascii_case(PREFIX) {
        // The address that chargers are given, with nothing after it.
        return None;
    }
    let decoded = percent_decode_str(last).decode_utf8();
    Some(
        decoded
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| NotText),
    )
}

pub(crate) fn cut(text: &str, most: usize) -> String {
    let kept = match text.char_indices().nth(most) {
        Some((at, _)) => &text[..at],
        None => text,
    };
    // Not every database keeps a NUL.
    kept.replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn head(path: &str, lines: &str) -> Head {
        let text = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n");
        read(text.as_bytes()).unwrap().unwrap()
    }

    #[test]
    fn the_identity_is_the_last_segment_that_is_not_empty() {
        let table = [
            ("/ocpp/CP1", Some("CP1")),
            ("/CP1", Some("CP1")),
            ("/a/b/c/CP1/", Some("CP1")),
            // Where SteVe is reached.
            ("/steve/websocket/CentralSystemService/CP1", Some("CP1")),
            ("//CP1//", Some("CP1")),
            ("/ocpp/RDAM%20123", Some("RDAM 123")),
            ("/ocpp/RDAM%7C123", Some("RDAM|123")),
            ("/ocpp/A%252FB", Some("A%2FB")),
            ("/ocpp/CP1?token=x/y", Some("CP1")),
            ("ws://host:9000/ocpp/CP1", Some("CP1")),
            ("ws://host:9000", None),
            ("/ocpp/", None),
            ("/ocpp", None),
            ("/ocpp/ocpp", Some("ocpp")),
            ("/", None),
            ("/?id=1", None),
        ];
        for (path, expected) in table {
            let found = head(path, "").identity.map(Result::unwrap);
            assert_eq!(found.as_deref(), expected, "{path}");
        }
        assert_eq!(head("/ocpp/%FF", "").identity, Some(Err(NotText)));
    }

    #[test]
    fn subprotocols_come_from_one_header_or_from_several_in_order() {
        let found = head(
            "/x",
            "Sec-WebSocket-Protocol: first ,second\r\nsec-websocket-protocol:, third\r\n",
        );
        assert_eq!(found.protocols, ["first", "second", "third"]);
    }

    #[test]
    fn an_upgrade_is_known_by_its_key() {
        let key = "Sec-WebSocket-Key: odd but there\r\n";
        let upgrade = Intent::Upgrade {
            key: "odd but there".to_owned(),
        };
        assert_eq!(head("/x", key).intent, upgrade);
        let old = format!("{key}Sec-WebSocket-Version: 8\r\n");
        assert_eq!(head("/x", &old).intent, Intent::OldWebSocket);
        assert_eq!(head("/x", "").intent, Intent::Other);
        assert_eq!(head("/x", "SOAPAction: \"\"\r\n").intent, Intent::Soap);
        let xml = "Content-Type: application/soap+xml; charset=utf-8\r\n";
        assert_eq!(head("/x", xml).intent, Intent::Soap);
    }

    #[test]
    fn other_first_bytes_are_told_apart() {
        assert_eq!(read(&[0x16, 3, 1]), Err(NotRequest::Tls));
        assert_eq!(
            read(b"[2,\"1\",\"Heartbeat\",{}]"),
            Err(NotRequest::NotHttp)
        );
        assert_eq!(read(b"SSH-2.0-x\r\n"), Err(NotRequest::NotHttp));
        assert_eq!(read(b"GET / HT"), Ok(None));
        assert_eq!(read(b""), Ok(None));
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
        }

        #[test]
        fn no_path_is_too_strange(path in "[!-~]{0,80}") {
            let _ = read(format!("GET /{path} HTTP/1.1\r\n\r\n").as_bytes());
        }
    }
}
