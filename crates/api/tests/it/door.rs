//! A server over a test app, and somebody who speaks HTTP with it.

use std::collections::HashMap;
use std::net::SocketAddr;

use app::proxy::TrustedProxies;
use app::testing::TestApp;
use busbar_api::{Limits, Server, Settings};
use domain::role::Role;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A server, and whose app it serves.
pub struct Door {
    pub test: TestApp,
    pub address: SocketAddr,
    handle: actix_web::dev::ServerHandle,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Door {
    pub async fn open() -> Self {
        Self::of(TestApp::new().await, Limits::default()).await
    }

    pub async fn limited(limits: Limits) -> Self {
        Self::of(TestApp::new().await, limits).await
    }

    /// Behind a console address with HTTPS.
    pub async fn https() -> Self {
        let settings = Settings {
            https: true,
            ..settings()
        };
        Self::with(TestApp::new().await, settings, Limits::default())
    }

    async fn of(test: TestApp, limits: Limits) -> Self {
        Self::with(test, settings(), limits)
    }

    fn with(test: TestApp, settings: Settings, limits: Limits) -> Self {
        let server = Server::bind_with(test.app.clone(), settings, limits).unwrap();
        let (address, handle) = (server.address, server.handle());
        tokio::spawn(server.run());
        Self {
            test,
            address,
            handle,
        }
    }

    /// Closes the server and opens another one on the same app.
    pub async fn restart(self) -> Self {
        self.handle.stop(true).await;
        Self::of(self.test, Limits::default()).await
    }

    /// The administrator's request.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        ask(self.address, &self.test.cookie, method, path, headers, body).await
    }

    /// The cookie of somebody who is signed in and has one role.
    pub async fn member(&self, role: Role) -> String {
        let email = format!("{}@example.org", role.key());
        let password = app::testing::PASSWORD;
        let system = domain::role::Caller::System { why: "test" };
        let roles = std::iter::once(role).collect();
        app::users::create(
            &self.test.app,
            &system,
            &email,
            role.key(),
            password,
            roles,
            None,
        )
        .await
        .unwrap();
        let opened = app::logins::open(
            &self.test.app,
            &email,
            password,
            app::logins::Visitor::default(),
        )
        .await;
        let app::logins::SignIn::Opened { cookie, .. } = opened.unwrap() else {
            panic!("not signed in");
        };
        cookie
    }
}

fn settings() -> Settings {
    Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        station_url_template: "ws://localhost/{identity}".to_owned(),
        protocols: vec!["test"],
        trusted_proxies: TrustedProxies::this_machine(),
        https: false,
    }
}

/// Sends a request and reads the answer to its end.
pub async fn ask(
    at: SocketAddr,
    cookie: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let stream = send(at, cookie, method, path, headers, body).await;
    read(stream).await
}

/// Sends a request below `/api/v1`.
pub async fn send(
    at: SocketAddr,
    cookie: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> TcpStream {
    let path = format!("/api/v1{path}");
    request(at, cookie, method, &path, headers, body).await
}

/// Sends a request.
pub async fn request(
    at: SocketAddr,
    cookie: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> TcpStream {
    let more: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nCookie: busbar_login={cookie}\r\n{more}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Reads an answer to its end, and tells the value of a cookie that it sets.
pub async fn cookie(mut stream: TcpStream, name: &str) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let start = format!("set-cookie: {name}=");
    let line = text.lines().find_map(|line| line.strip_prefix(&start));
    let value = line.and_then(|line| line.split(';').next());
    value.expect("the cookie is not set").to_owned()
}

/// Reads an answer to its end.
pub async fn read(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    // A workbook is no text; of it only the beginning is looked at.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        // That by which the device is known is another cookie.
        .filter(|(_, value)| !value.contains("busbar_device="))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let chunked = headers
        .get("transfer-encoding")
        .is_some_and(|t| t == "chunked");
    Answer {
        status: status.parse().unwrap(),
        text: if chunked {
            whole(body)
        } else {
            body.to_owned()
        },
        headers,
    }
}

/// A chunked body in one piece; one without its end is refused.
fn whole(mut body: &str) -> String {
    let mut text = String::new();
    loop {
        let (size, rest) = body.split_once("\r\n").expect("the answer was cut off");
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return text;
        }
        text.push_str(&rest[..size]);
        body = rest[size..].strip_prefix("\r\n").unwrap();
    }
}
