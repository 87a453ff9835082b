//! The port: accepts connections within a bound, runs one task for each, and at the end waits for
//! all of them.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::connections::{self, Closing};
use domain::attempt::AttemptOutcome;
use futures_util::FutureExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::handshake::{self, Admitted};
use crate::refusal::answer;
use crate::settings::Settings;
use crate::socket::code;
use crate::station::{Ending, Station};

/// How long to wait when the system has no more sockets.
const BREATH: Duration = Duration::from_millis(100);

/// What all connections share.
pub(crate) struct Shared {
    pub app: App,
    pub settings: Settings,
    pub closing: watch::Sender<bool>,
    /// Places for stations that nobody registered.
    unclaimed: Semaphore,
}

/// The charger port, before it is opened.
#[derive(Debug)]
pub struct Gateway;

/// The charger port, open.
pub struct Bound {
    listener: TcpListener,
    addr: SocketAddr,
    shared: Arc<Shared>,
}

impl Gateway {
    /// Opens the port.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn bind(app: App, settings: Settings) -> std::io::Result<Bound> {
        let listener = TcpListener::bind(settings.addr).await?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared {
            app,
            unclaimed: Semaphore::new(settings.max_unclaimed),
            settings,
            closing: watch::Sender::new(false),
        });
        Ok(Bound {
            listener,
            addr,
            shared,
        })
    }
}

impl Bound {
    /// Where it listens; tells the port that was taken.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves until `shutdown` resolves, then asks every station to come again (close 1012) and
    /// waits for the connections to end, but no longer than the drain timeout. True when all did.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> bool {
        let Self {
            listener, shared, ..
        } = self;
        let most = shared.settings.max_connections.min(Semaphore::MAX_PERMITS);
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let places = Arc::new(Semaphore::new(most as usize));
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                () = &mut shutdown => break,
                accepted = listener.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!("a connection could not be accepted: {error}");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            // Small frames, each of which somebody waits for.
            let _ = stream.set_nodelay(true);
            match places.clone().try_acquire_owned() {
                Ok(place) => {
                    tokio::spawn(serve(shared.clone(), stream, peer, place));
                }
                Err(_) => {
                    tracing::debug!("no place for one more connection");
                    let _ = stream.try_write(answer(AttemptOutcome::Unavailable).as_bytes());
                }
            }
        }
        drop(listener);
        shared.closing.send_replace(true);
        let all_ended = places.acquire_many(most);
        let drained = tokio::time::timeout(shared.settings.drain_timeout, all_ended).await;
        if drained.is_err() {
            tracing::warn!("some stations did not end their connection in time");
        }
        drained.is_ok()
    }
}

/// One connection from the first byte to the last. The parts that run once, or seldom, are boxed,
/// so that an idle connection does not keep room for them.
async fn serve(
    shared: Arc<Shared>,
    stream: TcpStream,
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
) {
    let coming = handshake::admit(&shared.app, &shared.settings, stream, peer);
    let Some(admitted) = Box::pin(coming).await else {
        return;
    };
    let Admitted {
        mut socket,
        mut link,
        dialect,
    } = admitted;
    let station_id = link.id();
    let waits = link.is_unclaimed().then(|| shared.unclaimed.try_acquire());
    if let Some(Err(_)) = waits {
        tracing::debug!("no place for one more unknown station");
        let why = "too many unknown stations are waiting";
        return Box::pin(socket.close(code::LATER, why)).await;
    }
    let mut station = Box::new(Station::new(&shared, &mut link, &mut socket, dialect));
    // A panic ends this connection and nothing else.
    let ended = AssertUnwindSafe(station.run()).catch_unwind().await;
    let ending = match ended {
        Ok(mut ending) => {
            if let Some((code::LATER, why)) = &ending.frame {
                // The database is away, and what follows waits for it: the station need not.
                Box::pin(station.socket.close(code::LATER, why)).await;
                ending.frame = None;
            }
            Box::pin(station.let_go()).await;
            ending
        }
        Err(_) => {
            tracing::error!(station.id = %station_id, "a station's actor panicked");
            Ending::fault("internal fault")
        }
    };
    drop(station);
    let closing: Closing = ending.closing;
    // The row first: whoever sees the close frame can rely on it.
    Box::pin(connections::close(&shared.app, link, closing)).await;
    if let Some((code, why)) = ending.frame {
        Box::pin(socket.close(code, &why)).await;
    }
    drop(place);
}

impl std::fmt::Debug for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bound")
            .field("addr", &self.addr)
            .finish_non_exhaustive()
    }
}
