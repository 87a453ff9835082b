//! Plain answers to whoever does not come in: an HTTP status, and one sentence for the person who
//! looks at the station's log.

use domain::attempt::AttemptOutcome;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};

/// How long, and how much, is read from a peer that was refused, so that it gets to read why: a
/// socket that is closed with unread bytes takes the answer back.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 4 * 1024 * 1024;

/// Status line, further header lines, and the sentence.
fn words(outcome: AttemptOutcome) -> (&'static str, &'static str, &'static str) {
    use AttemptOutcome as O;
    const NONE: &str = "";
    const UPGRADE: &str = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    const BASIC: &str = "WWW-Authenticate: Basic realm=\"OCPP\", charset=\"UTF-8\"\r\n";
    match outcome {
        O::UnknownStation => (
            "404 Not Found",
            NONE,
            "No station is registered by this identity.",
        ),
        O::IdMissing => (
            "404 Not Found",
            NONE,
            "The path must end with the identity of the station, such as /ocpp/STATION-1.",
        ),
        O::AuthMissing => (
            "401 Unauthorized",
            BASIC,
            "This station must give its password.",
        ),
        O::UserMismatch => (
            "401 Unauthorized",
            BASIC,
            "The user name must be the identity of the station.",
        ),
        O::BadPassword => ("401 Unauthorized", BASIC, "The password is wrong."),
        O::Blocked => ("403 Forbidden", NONE, "This station is archived."),
        O::NotUpgrade => (
            "426 Upgrade Required",
            UPGRADE,
            "This port speaks OCPP-J over WebSocket and nothing else.",
        ),
        O::Soap => (
            "426 Upgrade Required",
            UPGRADE,
            "This station is set up for OCPP over SOAP. This port speaks OCPP-J (JSON over WebSocket).",
        ),
        O::TlsOnPlain => (
            "400 Bad Request",
            NONE,
            "This station is set up for TLS (wss://). This port is plain (ws://).",
        ),
        O::TooSlow => ("408 Request Timeout", NONE, "The handshake took too long."),
        O::Unavailable => (
            "503 Service Unavailable",
            "Retry-After: 30\r\n",
            "Not possible now. Come again later.",
        ),
        O::NotHttp | O::NoSubprotocol | O::Connected | O::WaitingToBeClaimed => {
            ("400 Bad Request", NONE, "This is not an HTTP request.")
        }
    }
}

/// The whole answer.
pub(crate) fn answer(outcome: AttemptOutcome) -> String {
    let (status, headers, sentence) = words(outcome);
    let length = sentence.len() + 1;
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{sentence}\n"
    )
}

/// Answers and hangs up, in bounded time.
pub(crate) async fn refuse(mut stream: TcpStream, outcome: AttemptOutcome) {
    let written = timeout(LINGER, stream.write_all(answer(outcome).as_bytes())).await;
    if matches!(written, Ok(Ok(()))) {
        hang_up(&mut stream).await;
    }
}

/// Says that nothing more will come, and lets the peer read what came.
pub(crate) async fn hang_up(stream: &mut TcpStream) {
    let _ = timeout(LINGER, async {
        stream.shutdown().await?;
        let mut rest = vec![0; 2 * 1024];
        let mut left = LINGER_BYTES;
        while left > 0 {
            match stream.read(&mut rest).await? {
                0 => break,
                n => left = left.saturating_sub(n),
            }
        }
        Ok::<(), std::io::Error>(())
    })
    .await;
}
