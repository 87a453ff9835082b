//! What can go wrong between nodes, as far as a caller does something different about it.

/// The bus did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address of the server cannot be read.
    #[error("reading the address of the message bus")]
    Address(#[source] redis_error::Source),
    /// The server is away. Stations of this node go on; nothing new can be claimed.
    #[error("the message bus does not answer")]
    Unavailable(#[source] redis_error::Source),
}

/// Keeps the client's own error type out of the room's signatures.
pub mod redis_error {
    /// The cause, for the log.
    pub type Source = Box<dyn std::error::Error + Send + Sync>;
}

impl Error {
    pub(crate) fn away(cause: impl Into<redis_error::Source>) -> Self {
        Self::Unavailable(cause.into())
    }
}

/// Why a request brought no outcome. The row of the command is the truth in every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No node holds the station: nothing was handed over.
    #[error("the station is offline")]
    Offline,
    /// No outcome in time; the station may still do what it was asked.
    #[error("the station did not answer in time")]
    Timeout,
    /// The bus is away, or the station has too many orders waiting: nothing was handed over.
    #[error("the order could not be carried to the station")]
    Unavailable,
    /// The connection ended after the order was handed over and before its outcome was known.
    #[error("the connection to the station ended")]
    Lost,
}
