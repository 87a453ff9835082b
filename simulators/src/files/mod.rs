//! How a simulated station fetches and sends files: HTTP with ranges, and FTP, written by hand as in a
//! small firmware. No TLS, no redirects.

mod address;
mod ftp;
mod http;

use std::time::Duration;

use address::{Address, Scheme};

/// Longest wait for a peer to say or take anything.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most that is fetched, in bytes.
const MOST: usize = 256 * 1024 * 1024;

/// Why a file was not carried.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// The address is not one that this station understands.
    #[error("the address {0:?} cannot be used")]
    Address(String),
    /// The peer refused, in its words.
    #[error("the server refused: {0}")]
    Refused(String),
    /// The peer says what nobody understands.
    #[error("the server's answer cannot be read")]
    Unreadable,
    /// The network.
    #[error("the network: {0}")]
    Io(#[from] std::io::Error),
    /// The peer fell silent.
    #[error("the server fell silent")]
    Silent,
}

/// Fetches a file; by HTTP in parts of `part` bytes, each with a request of its own, where that is
/// said.
pub(crate) async fn fetch(location: &str, part: Option<usize>) -> Result<Vec<u8>, FileError> {
    let address = Address::parse(location)?;
    match (address.scheme, part) {
        (Scheme::Http, None) => http::get(&address).await,
        (Scheme::Http, Some(part)) => http::get_in_parts(&address, part).await,
        (Scheme::Ftp, _) => ftp::get(&address).await,
    }
}

/// Sends a file into the folder of an address, under `name`: by FTP, by HTTP PUT, or by POST.
pub(crate) async fn send(
    location: &str,
    name: &str,
    content: &[u8],
    by_post: bool,
) -> Result<(), FileError> {
    let mut address = Address::parse(location)?;
    if !address.path.ends_with('/') {
        address.path.push('/');
    }
    address.path.push_str(name);
    match address.scheme {
        Scheme::Http if by_post => http::send(&address, "POST", content).await,
        Scheme::Http => http::send(&address, "PUT", content).await,
        Scheme::Ftp => ftp::put(&address, content).await,
    }
}

/// Does something, but no longer than a station waits.
async fn patiently<T, E: Into<FileError>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, FileError> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done.map_err(Into::into),
        Err(_) => Err(FileError::Silent),
    }
}
