//! A client for the admin API: HTTP/1.1, one connection a request, the cookie of one person.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

/// Anything that went wrong.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A person at the API.
#[derive(Debug, Clone)]
pub struct Person {
    at: SocketAddr,
    cookie: String,
    key: Option<String>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body; null when there is none.
    pub body: Value,
}

/// What a stream of events has told so far.
#[derive(Debug)]
pub struct Listening(watch::Receiver<Vec<u8>>);

impl Listening {
    /// Everything told, as soon as `word` is in it; an error when that takes longer than `up_to`
    /// or the stream ends.
    pub async fn heard(mut self, up_to: Duration, word: &str) -> Result<Vec<u8>, Failure> {
        let there = |all: &Vec<u8>| String::from_utf8_lossy(all).contains(word);
        let told = match timeout(up_to, self.0.wait_for(there)).await {
            Ok(Ok(told)) => return Ok(told.clone()),
            Ok(Err(_)) => "the stream ended",
            Err(_) => "nothing more came",
        };
        let heard = String::from_utf8_lossy(&self.0.borrow()).into_owned();
        Err(format!("{told} without {word}: {heard}").into())
    }
}

impl Person {
    /// Somebody who is not signed in.
    #[must_use]
    pub fn stranger(at: SocketAddr) -> Self {
        Self {
            at,
            cookie: String::new(),
            key: None,
        }
    }

    /// A program with an API key.
    #[must_use]
    pub fn with_key(at: SocketAddr, key: &str) -> Self {
        Self {
            key: Some(key.to_owned()),
            ..Self::stranger(at)
        }
    }

    /// The same, looking about as a role, as the console does.
    #[must_use]
    pub fn viewing_as(&self, role: &str) -> Self {
        Self {
            cookie: format!("{}; busbar_view_as={role}", self.cookie),
            ..self.clone()
        }
    }

    /// Where the API is.
    #[must_use]
    pub const fn at(&self) -> SocketAddr {
        self.at
    }

    /// Signs in.
    pub async fn sign_in(at: SocketAddr, email: &str, password: &str) -> Result<Self, Failure> {
        let mut person = Self::stranger(at);
        let body = serde_json::json!({"email": email, "password": password});
        person.expect(200, "POST", "/login", Some(&body)).await?;
        Ok(person)
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<TcpStream, Failure> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let more = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"));
        let key = self.key.iter();
        let key = key.map(|key| format!("Authorization: Bearer {key}\r\n"));
        let own = headers.iter().any(|(name, _)| *name == "Prefer");
        let prefer = (!own).then(|| "Prefer: wait=10\r\n".to_owned());
        let more: String = more.chain(key).chain(prefer).collect();
        let request = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nCookie: {cookie}\r\n\
             {more}Content-Length: {length}\r\n\r\n{body}",
            at = self.at,
            cookie = self.cookie,
            length = body.len(),
        );
        let mut stream = TcpStream::connect(self.at).await?;
        stream.write_all(request.as_bytes()).await?;
        Ok(stream)
    }

    /// Opens a stream of events, which has no end, and closes it again: its status.
    pub async fn knock(&self, path: &str) -> Result<u16, Failure> {
        let mut stream = self.send("GET", path, &[], None).await?;
        let mut line = [0; 12];
        stream.read_exact(&mut line).await?;
        let text = std::str::from_utf8(&line)?;
        Ok(text.rsplit(' ').next().unwrap_or_default().parse()?)
    }

    /// Everything that is answered to a request with these headers, head and body.
    pub async fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Vec<u8>, Failure> {
        let mut stream = self.send(method, path, headers, None).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        Ok(bytes)
    }

    /// Opens a stream of events and keeps listening to it.
    pub async fn listen(&self, path: &str) -> Result<Listening, Failure> {
        let mut stream = self.send("GET", path, &[], None).await?;
        let (heard, told) = watch::channel(Vec::new());
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                heard.send_modify(|all: &mut Vec<u8>| all.extend(&buffer[..count]));
            }
        });
        Ok(Listening(told))
    }

    /// Sends a request below `/api/v1`.
    pub async fn ask(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        self.ask_with(method, path, &[], body).await
    }

    /// Sends a request with these headers.
    pub async fn ask_with(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let mut stream = self.send(method, path, headers, body).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        let text = String::from_utf8(bytes)?;
        let (head, body) = text
            .split_once("\r\n\r\n")
            .ok_or("an answer without a head")?;
        let status = head
            .split(' ')
            .nth(1)
            .ok_or("an answer without a status")?
            .parse()?;
        for line in head.lines() {
            // That by which the device is known is another one.
            let cookie = line.strip_prefix("set-cookie: ");
            if let Some(cookie) = cookie.filter(|c| c.contains("busbar_login=")) {
                self.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
            }
        }
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(body)?
        };
        Ok(Answer { status, body })
    }

    /// Sends bytes as they are with a PUT, and tells how many there are.
    pub async fn put_bytes(&mut self, path: &str, content: &[u8]) -> Result<Answer, Failure> {
        let length = format!("Content-Length: {}", content.len());
        self.put(path, &length, content).await
    }

    /// Sends bytes as they are with a POST, as of this media type.
    pub async fn post_bytes(
        &mut self,
        path: &str,
        kind: &str,
        content: &[u8],
    ) -> Result<Answer, Failure> {
        let length = format!("Content-Length: {}", content.len());
        self.carry("POST", path, kind, &length, content).await
    }

    /// Sends bytes as they are with a PUT, in one chunk, without telling how many there are.
    pub async fn put_chunked(&mut self, path: &str, content: &[u8]) -> Result<Answer, Failure> {
        let mut chunk = format!("{:x}\r\n", content.len()).into_bytes();
        chunk.extend_from_slice(content);
        chunk.extend_from_slice(b"\r\n0\r\n\r\n");
        self.put(path, "Transfer-Encoding: chunked", &chunk).await
    }

    /// Says with a PUT that so many bytes will come, and sends none of them.
    pub async fn put_announced(&mut self, path: &str, bytes: u64) -> Result<Answer, Failure> {
        let length = format!("Content-Length: {bytes}");
        self.put(path, &length, &[]).await
    }

    async fn put(&self, path: &str, length: &str, body: &[u8]) -> Result<Answer, Failure> {
        let kind = "application/octet-stream";
        self.carry("PUT", path, kind, length, body).await
    }

    async fn carry(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        length: &str,
        body: &[u8],
    ) -> Result<Answer, Failure> {
        let head = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\
             Content-Type: {kind}\r\nCookie: {cookie}\r\n{length}\r\n\r\n",
            at = self.at,
            cookie = self.cookie,
        );
        let mut stream = TcpStream::connect(self.at).await?;
        stream.write_all(head.as_bytes()).await?;
        // A server that refuses early does not take the rest.
        let _ = stream.write_all(body).await;
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        let text = String::from_utf8(bytes)?;
        let (head, body) = text
            .split_once("\r\n\r\n")
            .ok_or("an answer without a head")?;
        let status = head.split(' ').nth(1).ok_or("an answer without a status")?;
        Ok(Answer {
            status: status.parse()?,
            body: serde_json::from_str(body).unwrap_or(Value::Null),
        })
    }

    /// Sends a request whose status must be `status`.
    pub async fn expect(
        &mut self,
        status: u16,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let answer = self.ask(method, path, body).await?;
        if answer.status == status {
            Ok(answer.body)
        } else {
            Err(format!("{method} {path}: {} {}", answer.status, answer.body).into())
        }
    }

    /// All rows of a list.
    pub async fn all(&mut self, path: &str) -> Result<Vec<Value>, Failure> {
        let mut rows = Vec::new();
        let mut cursor = String::new();
        loop {
            let glue = if path.contains('?') { '&' } else { '?' };
            let page = format!("{path}{glue}limit=200{cursor}");
            let body = self.expect(200, "GET", &page, None).await?;
            rows.extend(body["data"].as_array().cloned().unwrap_or_default());
            match body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(rows),
            }
        }
    }
}
