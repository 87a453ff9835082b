//! One WebSocket with its limits: bounded messages, small buffers, writes that end.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WsError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

use crate::deflate::Broken;
use crate::refusal::hang_up;
use crate::settings::{MOST_BYTES, READ_BUFFER, WRITE_BUFFER};
use crate::wire::Wire;

/// Close codes of RFC 6455 §7.4.1, as protocol.md 4.3 uses them.
pub(crate) mod code {
    pub const PROTOCOL: u16 = 1002;
    pub const NOT_TEXT: u16 = 1003;
    pub const NOT_UTF8: u16 = 1007;
    pub const POLICY: u16 = 1008;
    pub const TOO_BIG: u16 = 1009;
    pub const FAULT: u16 = 1011;
    pub const RESTART: u16 = 1012;
    pub const LATER: u16 = 1013;
}

/// How long a peer may take to answer our close frame.
const FAREWELL: Duration = Duration::from_secs(2);
/// The longest reason of a close frame, in bytes (RFC 6455 §5.5).
const MOST_REASON: usize = 123;

/// What came in.
pub(crate) enum Incoming {
    Text(Utf8Bytes),
    /// Bytes, of which OCPP has no use.
    Binary,
    /// A ping, a pong: it lives.
    Life,
    /// The peer closed, or is gone.
    Closed,
    /// The peer broke a rule of the WebSocket; the code and words to close with.
    Broken(u16, &'static str),
}

/// A write that did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwritten {
    /// The peer does not read.
    Stuck,
    /// The peer is gone.
    Gone,
}

pub(crate) struct Socket {
    stream: WebSocketStream<Wire>,
    patience: Duration,
}

impl Socket {
    /// Takes over a connection after the 101. `rest` is what came with the request.
    pub async fn open(stream: Wire, rest: Vec<u8>, patience: Duration) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(WRITE_BUFFER)
            .max_message_size(Some(MOST_BYTES))
            .max_frame_size(Some(MOST_BYTES));
        let (role, config) = (Role::Server, Some(config));
        let stream = if rest.is_empty() {
            WebSocketStream::from_raw_socket(stream, role, config).await
        } else {
            WebSocketStream::from_partially_read(stream, rest, role, config).await
        };
        Self { stream, patience }
    }

    /// The next thing that comes in. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Incoming {
        match self.stream.next().await {
            Some(Ok(Message::Text(text))) => Incoming::Text(text),
            Some(Ok(Message::Binary(_))) => Incoming::Binary,
            Some(Ok(Message::Close(_))) | None => Incoming::Closed,
            Some(Ok(_)) => Incoming::Life,
            Some(Err(error)) => match error {
                WsError::Capacity(CapacityError::MessageTooLong { .. }) => {
                    Incoming::Broken(code::TOO_BIG, "the message is larger than 1 MiB")
                }
                WsError::Utf8(_) => Incoming::Broken(code::NOT_UTF8, "the text is not UTF-8"),
                WsError::Protocol(_) => {
                    Incoming::Broken(code::PROTOCOL, "a frame breaks the WebSocket protocol")
                }
                WsError::Io(error) => broken(&error),
                WsError::Capacity(_) => Incoming::Broken(code::TOO_BIG, "too much of something"),
                _ => Incoming::Closed,
            },
        }
    }

    /// Writes a text, and waits until it is handed to the network.
    pub async fn send(&mut self, text: String) -> Result<(), Unwritten> {
        self.write(Message::Text(text.into())).await
    }

    pub async fn ping(&mut self) -> Result<(), Unwritten> {
        self.write(Message::Ping(Bytes::new())).await
    }

    async fn write(&mut self, message: Message) -> Result<(), Unwritten> {
        match timeout(self.patience, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(WsError::WriteBufferFull(_))) | Err(_) => Err(Unwritten::Stuck),
            Ok(Err(_)) => Err(Unwritten::Gone),
        }
    }

    /// Says why, waits a moment for the peer to agree, and hangs up.
    pub async fn close(&mut self, code: u16, why: &str) {
        let mut end = why.len().min(MOST_REASON);
        while !why.is_char_boundary(end) {
            end -= 1;
        }
        let frame = CloseFrame {
            code: CloseCode::from(code),
            reason: why.get(..end).unwrap_or_default().into(),
        };
        let said = timeout(FAREWELL, self.stream.send(Message::Close(Some(frame)))).await;
        if !matches!(said, Ok(Ok(()))) {
            return;
        }
        let _ = timeout(FAREWELL, async {
            while let Some(Ok(message)) = self.stream.next().await {
                if message.is_close() {
                    break;
                }
            }
        })
        .await;
        hang_up(self.stream.get_mut().tcp()).await;
    }
}

/// What is wrong below the library: a compressed message, or the network.
fn broken(error: &std::io::Error) -> Incoming {
    let inner = error.get_ref();
    match inner.and_then(|inner| inner.downcast_ref::<Broken>()) {
        Some(Broken::Protocol) => {
            Incoming::Broken(code::PROTOCOL, "a frame breaks the WebSocket protocol")
        }
        Some(Broken::TooBig) => Incoming::Broken(code::TOO_BIG, "the message is larger than 1 MiB"),
        Some(Broken::Corrupt) => {
            Incoming::Broken(code::NOT_UTF8, "the compressed message cannot be unpacked")
        }
        None => Incoming::Closed,
    }
}
