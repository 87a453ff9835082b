//! What can go wrong in a simulator, as its caller distinguishes it.

use tokio_tungstenite::tungstenite;

/// Failure of a simulator operation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address of the server is not a usable `ws://host:port/path`.
    #[error("reading the server address {url:?}: {reason}")]
    Url {
        /// The address as given.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// TCP could not be opened.
    #[error("connecting to {address}")]
    Connect {
        /// Host and port.
        address: String,
        /// The operating system's answer.
        #[source]
        source: std::io::Error,
    },
    /// The server answered the upgrade with an HTTP status other than 101.
    #[error("the server refused the connection with HTTP status {status}")]
    Refused {
        /// HTTP status, for example 401 or 404.
        status: u16,
    },
    /// The WebSocket failed.
    #[error("speaking WebSocket with the server")]
    Socket(#[source] Box<tungstenite::Error>),
    /// The server does not speak the offered protocol version.
    #[error("the server chose no protocol version we offered")]
    NoSubprotocol,
    /// The station has no connection, or lost it before the answer came.
    #[error("the station is offline")]
    Offline,
    /// Nothing came within the time allowed.
    #[error("waiting for {what} took too long")]
    Timeout {
        /// What was awaited.
        what: String,
    },
    /// The server answered a CALL with a CALLERROR.
    #[error("the server answered {code}: {text}")]
    Answered {
        /// RPC error code.
        code: String,
        /// Its description.
        text: String,
    },
    /// A payload could not be built or read.
    #[error("building or reading a payload")]
    Payload(#[from] serde_json::Error),
    /// A file could not be read or written.
    #[error("using the file {path}")]
    File {
        /// Path as given.
        path: String,
        /// The operating system's answer.
        #[source]
        source: std::io::Error,
    },
    /// A plan or option cannot be carried out.
    #[error("{0}")]
    Plan(String),
    /// The station's task has ended.
    #[error("the station has been switched off")]
    Gone,
}

impl From<tungstenite::Error> for Error {
    fn from(source: tungstenite::Error) -> Self {
        match source {
            tungstenite::Error::Http(answer) => Self::Refused {
                status: answer.status().as_u16(),
            },
            other => Self::Socket(Box::new(other)),
        }
    }
}
