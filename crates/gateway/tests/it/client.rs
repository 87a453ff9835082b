//! A station that writes every byte itself, so that it can get everything wrong.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

/// Nothing in these tests takes longer, unless it is broken.
pub const PATIENCE: Duration = Duration::from_secs(10);

pub const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// What came back before any WebSocket.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub stream: TcpStream,
}

/// Writes `bytes` and reads the head of the answer.
pub async fn send_raw(addr: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut head = Vec::new();
    let reading = async {
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => break,
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading)
        .await
        .expect("an answer in time");
    let head = String::from_utf8(head).unwrap();
    let status = head.get(9..12).and_then(|s| s.parse().ok()).unwrap_or(0);
    Answer {
        status,
        head,
        stream,
    }
}

/// A request for a WebSocket with these header lines beside the key.
pub async fn ask(addr: SocketAddr, path: &str, lines: &str) -> Answer {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {addr}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\n{KEY}{lines}\r\n"
    );
    send_raw(addr, request.as_bytes()).await
}

pub fn basic(user: &str, password: &str) -> String {
    let both = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Authorization: Basic {both}\r\n")
}

/// A connected station.
pub struct Client {
    pub ws: WebSocketStream<TcpStream>,
}

impl Client {
    /// Connects with one subprotocol.
    pub async fn connect(addr: SocketAddr, identity: &str, protocol: &str) -> Self {
        let lines = format!("Sec-WebSocket-Protocol: {protocol}\r\n");
        let answer = ask(addr, &format!("/ocpp/{identity}"), &lines).await;
        assert_eq!(answer.status, 101, "{}", answer.head);
        assert!(answer.head.contains(&lines), "{}", answer.head);
        Self::over(answer.stream).await
    }

    pub async fn over(stream: TcpStream) -> Self {
        Self {
            ws: WebSocketStream::from_raw_socket(stream, Role::Client, None).await,
        }
    }

    pub async fn write(&mut self, text: &str) {
        self.ws.send(Message::text(text)).await.unwrap();
    }

    /// The next text, as it came.
    pub async fn read_text(&mut self) -> String {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.ws.next()).await;
            match next.expect("a frame in time") {
                Some(Ok(Message::Text(text))) => return text.to_string(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("not a text: {other:?}"),
            }
        }
    }

    /// The next frame, as JSON.
    pub async fn read(&mut self) -> Value {
        let text = self.read_text().await;
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"))
    }

    /// Writes a text and reads the next frame.
    pub async fn exchange(&mut self, text: &str) -> Value {
        self.write(text).await;
        self.read().await
    }

    /// Waits for the close frame; its code and words. 1006 when the connection just ends.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.ws.next()).await;
            match next.expect("a close in time") {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(Message::Close(None))) => return (1005, String::new()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (1006, String::new()),
            }
        }
    }

    /// Boots and is accepted.
    pub async fn boot(&mut self) {
        let reply = self
            .exchange(
                r#"[2,"b","BootNotification",{"chargePointVendor":"Acme","chargePointModel":"One"}]"#,
            )
            .await;
        assert_eq!(reply[2]["status"], "Accepted", "{reply}");
    }

    /// The next call of the other side: its id, action and payload.
    pub async fn called(&mut self) -> (String, String, Value) {
        let frame = self.read().await;
        assert_eq!(frame[0].to_string(), "2", "{frame}");
        let word = |at: usize| frame[at].as_str().unwrap().to_owned();
        (word(1), word(2), frame[3].clone())
    }

    pub async fn answer(&mut self, id: &str, payload: &str) {
        self.write(&format!("[3,\"{id}\",{payload}]")).await;
    }
}
