//! What the operator chose for the charger port, and the limits that hold for everybody.

use std::net::SocketAddr;
use std::time::Duration;

use app::proxy::TrustedProxies;

/// Largest message and frame (protocol.md 1.7); a larger one closes the connection with 1009.
pub(crate) const MOST_BYTES: usize = 1024 * 1024;
/// What is read at once. The library's default of 128 KiB is kept per connection.
pub(crate) const READ_BUFFER: usize = 4 * 1024;
/// The most that waits to be written, beyond one message.
pub(crate) const WRITE_BUFFER: usize = 256 * 1024 + MOST_BYTES;
/// The longest head of an HTTP request.
pub(crate) const MOST_HEAD: usize = 16 * 1024;

/// The charger port.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub addr: SocketAddr,
    /// The most connections at a time, handshakes included. Further ones are told to come later.
    pub max_connections: usize,
    /// The most stations at a time that nobody registered. Anybody can invent them.
    pub max_unclaimed: usize,
    /// From the first byte to the end of the upgrade.
    pub handshake_timeout: Duration,
    /// Time between our pings. A station that says nothing at all for twice as long is gone.
    pub ping_interval: Duration,
    /// How long a station may take to answer a call of ours (OCPP 2.x Part 2 §3.2 starts with 30 s).
    pub call_timeout: Duration,
    /// How long a peer may refuse to read what we write.
    pub write_timeout: Duration,
    /// How long connections may take to end when we shut down.
    pub drain_timeout: Duration,
    /// Whose word about the address of a client counts.
    pub trusted_proxies: TrustedProxies,
}

impl Settings {
    /// The usual settings, listening on `addr`.
    #[must_use]
    pub fn on(addr: SocketAddr) -> Self {
        Self {
            addr,
            max_connections: 50_000,
            max_unclaimed: 1_000,
            handshake_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(45),
            call_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(20),
            drain_timeout: Duration::from_secs(10),
            trusted_proxies: TrustedProxies::this_machine(),
        }
    }
}
