//! From the first byte to the 101: reads the request, asks the app whether the station may come
//! in, chooses the dialect, and claims the connection. Whoever does not come in gets a plain
//! answer, and leaves nothing but the row of an attempt.

use std::net::SocketAddr;

use app::connections::{self, Admission, Presented};
use app::{App, StationLink};
use domain::attempt::AttemptOutcome;
use ocpp::dialect::Dialect;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::attempts::Trace;
use crate::deflate::{Agreement, Deflating, agree};
use crate::refusal::refuse;
use crate::request::{self, Head, Intent, NotRequest};
use crate::settings::{MOST_HEAD, Settings};
use crate::socket::{Socket, code};
use crate::wire::Wire;

/// A station that is in.
pub(crate) struct Admitted {
    pub socket: Socket,
    pub link: StationLink,
    pub dialect: Dialect,
}

/// Lets the peer in, or sends it away; either way its attempt is on record afterwards.
pub(crate) async fn admit(
    app: &App,
    settings: &Settings,
    mut stream: TcpStream,
    peer: SocketAddr,
) -> Option<Admitted> {
    let mut trace = Trace {
        app,
        remote: peer.ip(),
    };
    let mut bytes = Vec::new();
    let read = timeout(
        settings.handshake_timeout,
        read_head(&mut stream, &mut bytes),
    )
    .await;
    let head = match read.unwrap_or(Err((
        AttemptOutcome::TooSlow,
        "the request was never finished",
    ))) {
        Ok(head) => head,
        Err((outcome, detail)) => {
            trace.ends(None, None, None, outcome, Some(detail));
            refuse(stream, outcome).await;
            return None;
        }
    };
    let forwarded = head.forwarded_for.iter().map(String::as_str);
    trace.remote = settings.trusted_proxies.client(peer.ip(), forwarded);
    let credential = head
        .authorization
        .as_deref()
        .and_then(connections::read_basic);
    let username = credential.as_ref().map(|(name, _)| name.as_slice());
    let identity = identity_of(&head, username);
    let key = match &head.intent {
        Intent::Upgrade { key } => key.clone(),
        other => {
            let (outcome, detail) = match other {
                Intent::Soap => (AttemptOutcome::Soap, "the station speaks SOAP"),
                Intent::OldWebSocket => (AttemptOutcome::NotUpgrade, "WebSocket version is not 13"),
                _ => (AttemptOutcome::NotUpgrade, "no Sec-WebSocket-Key"),
            };
            trace.ends(
                Some(&head),
                identity.as_deref(),
                username,
                outcome,
                Some(detail),
            );
            refuse(stream, outcome).await;
            return None;
        }
    };
    let Some(identity) = identity else {
        trace.ends(Some(&head), None, username, AttemptOutcome::IdMissing, None);
        refuse(stream, AttemptOutcome::IdMissing).await;
        return None;
    };
    let named = head
        .protocols
        .iter()
        .find_map(|name| Dialect::from_subprotocol(name));
    let protocol = named.map_or("", Dialect::subprotocol);
    let presented = credential
        .as_ref()
        .map(|(username, password)| Presented { username, password });
    let remote_ip = trace.remote_ip();
    let admission = connections::admit(app, &identity, presented, protocol, &remote_ip).await;
    let (entry, outcome) = match admission {
        Ok(Admission::Known(entry)) => (entry, AttemptOutcome::Connected),
        Ok(Admission::Pending(entry)) => (entry, AttemptOutcome::WaitingToBeClaimed),
        refused => {
            let (outcome, detail) = match refused {
                Ok(Admission::Refused(outcome)) => (outcome, None),
                _ => (AttemptOutcome::Unavailable, Some("the database is away")),
            };
            trace.ends(Some(&head), Some(&identity), username, outcome, detail);
            refuse(stream, outcome).await;
            return None;
        }
    };
    let rest = bytes.split_off(head.length.min(bytes.len()));
    let assumed = || {
        let assumes = entry.assumes_protocol();
        assumes.then(|| Dialect::assumed(&head.protocols)).flatten()
    };
    let Some(dialect) = named.or_else(assumed) else {
        // 1.6 J §3.2, 2.x Part 4 §3.2: finish the handshake without a protocol, and close.
        let outcome = AttemptOutcome::NoSubprotocol;
        trace.ends(Some(&head), Some(&identity), username, outcome, None);
        if switch(&mut stream, settings, &key, None, None).await {
            let mut socket = Socket::open(Wire::Plain(stream), rest, settings.write_timeout).await;
            socket
                .close(code::PROTOCOL, "no subprotocol in common")
                .await;
        }
        return None;
    };
    let protocol = dialect.subprotocol();
    let link = match connections::open(app, entry, protocol, &remote_ip).await {
        Ok(link) => link,
        Err(error) => {
            let outcome = AttemptOutcome::Unavailable;
            let detail = error.to_string();
            trace.ends(
                Some(&head),
                Some(&identity),
                username,
                outcome,
                Some(&detail),
            );
            refuse(stream, outcome).await;
            return None;
        }
    };
    trace.ends(Some(&head), Some(&identity), username, outcome, None);
    // A protocol that was not offered may not be answered (RFC 6455 §4.1).
    let compression = named
        .filter(|dialect| dialect.compresses())
        .and_then(|_| agree(&head.extensions));
    if !switch(&mut stream, settings, &key, named, compression.as_ref()).await {
        connections::close(app, link, connections::Closing::ByStation).await;
        return None;
    }
    let (wire, rest) = match compression {
        Some(agreed) => {
            let stream = Deflating::new(stream, rest, agreed.packs);
            (Wire::Deflating(Box::new(stream)), Vec::new())
        }
        None => (Wire::Plain(stream), rest),
    };
    let socket = Socket::open(wire, rest, settings.write_timeout).await;
    Some(Admitted {
        socket,
        link,
        dialect,
    })
}

/// The identity in the path; else the Basic user name (quirk 3).
fn identity_of(head: &Head, username: Option<&[u8]>) -> Option<String> {
    match &head.identity {
        Some(Ok(identity)) => Some(identity.clone()),
        Some(Err(_)) => None,
        None => {
            let name = std::str::from_utf8(username?).ok()?;
            (!name.is_empty()).then(|| name.to_owned())
        }
    }
}

async fn read_head(
    stream: &mut TcpStream,
    bytes: &mut Vec<u8>,
) -> Result<Head, (AttemptOutcome, &'static str)> {
    loop {
        match request::read(bytes) {
            Ok(Some(head)) => return Ok(head),
            Ok(None) => {}
            Err(NotRequest::Tls) => return Err((AttemptOutcome::TlsOnPlain, "the bytes are TLS")),
            Err(NotRequest::NotHttp) => {
                return Err((AttemptOutcome::NotHttp, "the bytes are no HTTP request"));
            }
        }
        if bytes.len() >= MOST_HEAD {
            return Err((
                AttemptOutcome::NotHttp,
                "the head of the request is too long",
            ));
        }
        match stream.read_buf(bytes).await {
            Ok(0) if bytes.is_empty() => return Err((AttemptOutcome::NotHttp, "nothing was sent")),
            Ok(0) => return Err((AttemptOutcome::NotHttp, "the request ended in the middle")),
            Ok(_) => {}
            Err(_) => return Err((AttemptOutcome::NotHttp, "the connection was lost")),
        }
    }
}

/// Writes the 101. A key that is not as RFC 6455 wants it is answered all the same.
async fn switch(
    stream: &mut TcpStream,
    settings: &Settings,
    key: &str,
    dialect: Option<Dialect>,
    compression: Option<&Agreement>,
) -> bool {
    let accept = derive_accept_key(key.as_bytes());
    let protocol = dialect.map_or(String::new(), |dialect| {
        format!("Sec-WebSocket-Protocol: {}\r\n", dialect.subprotocol())
    });
    let extension = compression.map_or(String::new(), |agreed| {
        format!("Sec-WebSocket-Extensions: {}\r\n", agreed.answer)
    });
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{protocol}{extension}\r\n"
    );
    let written = timeout(settings.write_timeout, stream.write_all(answer.as_bytes())).await;
    matches!(written, Ok(Ok(())))
}
