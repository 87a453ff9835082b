//! Files to and from stations: an HTTP port, and for old stations an FTP port. Both let in whoever has
//! the secret of a one-time link and do what its transfer is for; what that is, and where files
//! lie, the app decides. Owns the sockets and the two protocols; refuses to know paths of the disk.

mod cage;
mod ftp;
mod http;
mod range;
mod upload;

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use app::App;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// How long to wait when the system has no more sockets.
const BREATH: Duration = Duration::from_millis(100);

/// The ports for files.
#[derive(Debug, Clone)]
pub struct FileSettings {
    /// Where to listen for HTTP; port 0 takes a free one.
    pub http: SocketAddr,
    /// Where to listen for FTP; nowhere when left out.
    pub ftp: Option<FtpSettings>,
    /// The most connections at a time, at each port.
    pub max_connections: usize,
    /// How long a peer may be silent.
    pub idle_timeout: Duration,
    /// How long connections may take to end when we shut down.
    pub drain_timeout: Duration,
}

/// The FTP port.
#[derive(Debug, Clone)]
pub struct FtpSettings {
    /// Where to listen; port 0 takes a free one.
    pub addr: SocketAddr,
    /// Ports for data.
    pub passive_ports: RangeInclusive<u16>,
    /// The host that is told for data, where it is not the one that the station came to.
    pub passive_host: Option<String>,
}

impl FileSettings {
    /// The usual settings.
    #[must_use]
    pub fn on(http: SocketAddr, ftp: Option<FtpSettings>) -> Self {
        Self {
            http,
            ftp,
            max_connections: 1_000,
            idle_timeout: Duration::from_secs(120),
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// The ports for files, open.
pub struct FilePorts {
    app: App,
    settings: FileSettings,
    http: TcpListener,
    ftp: Option<TcpListener>,
}

impl FilePorts {
    /// Opens the ports.
    ///
    /// # Errors
    /// When an address cannot be had; its text names the port.
    pub async fn bind(app: App, settings: FileSettings) -> std::io::Result<Self> {
        let http = listen("HTTP", settings.http).await?;
        let ftp = match &settings.ftp {
            Some(ftp) => Some(listen("FTP", ftp.addr).await?),
            None => None,
        };
        Ok(Self {
            app,
            settings,
            http,
            ftp,
        })
    }

    /// Where the HTTP port listens.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn http_addr(&self) -> std::io::Result<SocketAddr> {
        self.http.local_addr()
    }

    /// Where the FTP port listens, if there is one.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn ftp_addr(&self) -> std::io::Result<Option<SocketAddr>> {
        self.ftp.as_ref().map(TcpListener::local_addr).transpose()
    }

    /// Serves until `shutdown` turns true, then lets what is under way go on for the drain timeout.
    pub async fn run(self, shutdown: watch::Receiver<bool>) {
        let Self {
            app,
            settings,
            http,
            ftp,
        } = self;
        let settings = Arc::new(settings);
        let serve_http = accept(http, &settings, shutdown.clone(), |stream, place| {
            let (app, settings) = (app.clone(), settings.clone());
            http::serve(app, settings, stream, shutdown.clone(), place)
        });
        let serve_ftp = async {
            let (Some(listener), Some(own)) = (ftp, settings.ftp.clone()) else {
                return;
            };
            accept(listener, &settings, shutdown.clone(), |stream, place| {
                ftp::serve(app.clone(), own.clone(), settings.clone(), stream, place)
            })
            .await;
        };
        tokio::join!(serve_http, serve_ftp);
    }
}

async fn listen(what: &str, addr: SocketAddr) -> std::io::Result<TcpListener> {
    let bound = TcpListener::bind(addr).await;
    bound.map_err(|e| std::io::Error::new(e.kind(), format!("{what} for files on {addr}: {e}")))
}

/// Accepts connections within a bound, a task for each, until it is told to stop.
async fn accept<F>(
    listener: TcpListener,
    settings: &FileSettings,
    mut shutdown: watch::Receiver<bool>,
    serve: impl Fn(TcpStream, OwnedSemaphorePermit) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let most = settings.max_connections.min(Semaphore::MAX_PERMITS);
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    let places = Arc::new(Semaphore::new(most as usize));
    loop {
        let accepted = tokio::select! {
            // A sender that is gone means the same.
            _ = shutdown.wait_for(|stop| *stop) => break,
            accepted = listener.accept() => accepted,
        };
        match (accepted, places.clone().try_acquire_owned()) {
            (Ok((stream, _)), Ok(place)) => {
                tokio::spawn(serve(stream, place));
            }
            (Ok(_), Err(_)) => tracing::debug!("no place for one more connection about files"),
            (Err(error), _) => {
                tracing::warn!("a connection about files could not be accepted: {error}");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    drop(listener);
    let all_ended = places.acquire_many(most);
    if tokio::time::timeout(settings.drain_timeout, all_ended)
        .await
        .is_err()
    {
        tracing::warn!("some files were still on their way");
    }
}
