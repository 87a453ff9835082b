//! A tiny OCPP server: answers by action, remembers calls, and can call stations itself.

use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

type Hub = Arc<Mutex<State>>;

#[derive(Default)]
struct State {
    calls: Vec<(String, Value)>,
    raw: Vec<String>,
    answers: Vec<Value>,
    transactions: i64,
    auth: Vec<String>,
    refused: Vec<String>,
    boot: Option<&'static str>,
}

pub struct TinyServer {
    pub url: String,
    state: Hub,
    orders: broadcast::Sender<String>,
    heard: Mutex<mpsc::UnboundedReceiver<()>>,
}

impl TinyServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/ocpp", listener.local_addr().unwrap());
        let state = Hub::default();
        let (orders, _) = broadcast::channel(64);
        let (bell, heard) = mpsc::unbounded_channel();
        let (hub, sender) = (Arc::clone(&state), orders.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (hub, orders) = (Arc::clone(&hub), sender.subscribe());
                tokio::spawn(serve(stream, hub, orders, bell.clone()));
            }
        });
        Self {
            url,
            state,
            orders,
            heard: Mutex::new(heard),
        }
    }

    pub fn calls(&self) -> Vec<(String, Value)> {
        self.state.lock().unwrap().calls.clone()
    }

    pub fn actions(&self) -> Vec<String> {
        self.calls().into_iter().map(|(action, _)| action).collect()
    }

    pub fn payloads(&self, action: &str) -> Vec<Value> {
        self.calls()
            .into_iter()
            .filter(|(a, _)| a == action)
            .map(|(_, p)| p)
            .collect()
    }

    pub fn raw(&self) -> Vec<String> {
        self.state.lock().unwrap().raw.clone()
    }

    pub fn authorizations(&self) -> Vec<String> {
        self.state.lock().unwrap().auth.clone()
    }

    pub fn refuse(&self, uid: &str) {
        self.state.lock().unwrap().refused.push(uid.to_owned());
    }

    pub fn boot_with(&self, status: &'static str) {
        self.state.lock().unwrap().boot = Some(status);
    }

    /// Calls every connected station and returns the first answer frame to this id.
    pub async fn call(&self, id: &str, action: &str, payload: Value) -> Value {
        self.orders
            .send(json!([2, id, action, payload]).to_string())
            .unwrap();
        self.until(|state| state.answers.iter().find(|answer| answer[1] == id).cloned())
            .await
    }

    /// Waits until so many calls of an action have come.
    pub async fn heard(&self, action: &str, count: usize) {
        self.until(|state| {
            (state.calls.iter().filter(|(a, _)| a == action).count() >= count).then_some(())
        })
        .await;
    }

    #[allow(
        clippy::await_holding_lock,
        reason = "one waiter a test; the lock is its own"
    )]
    async fn until<T>(&self, found: impl Fn(&State) -> Option<T>) -> T {
        let mut bell = self.heard.try_lock().expect("one waiter at a time");
        let search = async {
            loop {
                if let Some(found) = found(&self.state.lock().unwrap()) {
                    return found;
                }
                bell.recv().await.expect("the server lives");
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), search)
            .await
            .expect("in time")
    }
}

async fn serve(
    stream: tokio::net::TcpStream,
    hub: Hub,
    mut orders: broadcast::Receiver<String>,
    bell: mpsc::UnboundedSender<()>,
) {
    let state = Arc::clone(&hub);
    #[allow(clippy::result_large_err, reason = "the library's callback type")]
    let upgrade = move |request: &Request, mut response: Response| {
        let protocol = request.headers()["sec-websocket-protocol"].clone();
        response
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        if let Some(basic) = request.headers().get("authorization") {
            state
                .lock()
                .unwrap()
                .auth
                .push(basic.to_str().unwrap().to_owned());
        }
        Ok(response)
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, upgrade).await else {
        return;
    };
    loop {
        tokio::select! {
            order = orders.recv() => {
                let Ok(order) = order else { return };
                if socket.send(Message::text(order)).await.is_err() { return }
            }
            frame = socket.next() => {
                let Some(Ok(frame)) = frame else { return };
                let Message::Text(text) = frame else { continue };
                let reply = take(&hub, text.as_str());
                let _ = bell.send(());
                let Some(reply) = reply else { continue };
                if socket.send(Message::text(reply)).await.is_err() { return }
            }
        }
    }
}

fn take(hub: &Hub, text: &str) -> Option<String> {
    let mut state = hub.lock().unwrap();
    state.raw.push(text.to_owned());
    let Ok(frame) = serde_json::from_str::<Value>(text) else {
        return Some(json!([4, "-1", "ProtocolError", "no JSON", {}]).to_string());
    };
    if frame[0] != 2 {
        state.answers.push(frame);
        return None;
    }
    let action = frame[2].as_str().unwrap().to_owned();
    state.calls.push((action.clone(), frame[3].clone()));
    let now = "2026-01-01T00:00:00Z";
    let uid = frame[3]["idTag"]
        .as_str()
        .or_else(|| frame[3]["idToken"]["idToken"].as_str());
    let verdict = match uid {
        Some(uid) if state.refused.iter().any(|r| r == uid) => "Invalid",
        _ => "Accepted",
    };
    let answer = match action.as_str() {
        "BootNotification" => {
            let status = state.boot.take().unwrap_or("Accepted");
            let interval = if status == "Accepted" { 600 } else { 1 };
            json!({ "status": status, "currentTime": now, "interval": interval })
        }
        "Heartbeat" => json!({ "currentTime": now }),
        "Authorize" if frame[3]["idTag"].is_string() => {
            json!({ "idTagInfo": { "status": verdict } })
        }
        "Authorize" => json!({ "idTokenInfo": { "status": verdict } }),
        "StartTransaction" => {
            state.transactions += 1;
            json!({ "transactionId": state.transactions, "idTagInfo": { "status": verdict } })
        }
        "TransactionEvent" if uid.is_some() => json!({ "idTokenInfo": { "status": verdict } }),
        "DataTransfer" => json!({ "status": "UnknownVendorId" }),
        _ => json!({}),
    };
    Some(json!([3, frame[1], answer]).to_string())
}
