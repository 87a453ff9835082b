//! Who really asks, when a proxy stands before the server: the reverse proxies that an operator
//! trusts to tell the address of a client in `X-Forwarded-For`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::Deserialize;

/// Networks whose word about a client's address counts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These networks, and nobody when there are none.
    #[must_use]
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// This machine only: a proxy beside the server.
    #[must_use]
    pub fn this_machine() -> Self {
        let v4 = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);
        let v6 = Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128);
        Self(vec![v4.into(), v6.into()])
    }

    /// Whether what this peer says of others counts.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.0.iter().any(|network| network.contains(&peer))
    }

    /// The address of the client behind `peer`. `forwarded` are the values of `X-Forwarded-For` in
    /// the order of the request; each proxy appends whom it heard, so that the last address that
    /// is no trusted proxy is the client. What stands before it, anybody can have written.
    #[must_use]
    pub fn client<'a>(&self, peer: IpAddr, forwarded: impl IntoIterator<Item = &'a str>) -> IpAddr {
        let mut client = peer.to_canonical();
        let told: Vec<&str> = forwarded.into_iter().flat_map(|v| v.split(',')).collect();
        for told in told.into_iter().rev() {
            if !self.trusts(client) {
                break;
            }
            match address(told.trim()) {
                Some(address) => client = address.to_canonical(),
                None => break,
            }
        }
        client
    }
}

/// Whom failures and requests are counted for: an IPv4 address, or the /64 network of an IPv6
/// address, of which one household has as many addresses as it likes.
#[must_use]
pub fn neighbourhood(address: IpAddr) -> [u8; 8] {
    let mut bytes = [0; 8];
    match address.to_canonical() {
        IpAddr::V4(v4) => bytes[..4].copy_from_slice(&v4.octets()),
        IpAddr::V6(v6) => bytes.copy_from_slice(&v6.octets()[..8]),
    }
    bytes
}

/// Some proxies add the port.
fn address(text: &str) -> Option<IpAddr> {
    let port = || text.parse().ok().map(|at: SocketAddr| at.ip());
    text.parse().ok().or_else(port)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_the_word_of_a_trusted_proxy_counts() {
        let proxies = TrustedProxies::new(vec![
            "10.0.0.0/8".parse().unwrap(),
            "fd00::/8".parse().unwrap(),
        ]);
        for (peer, forwarded, client) in [
            ("203.0.113.9", vec!["1.2.3.4"], "203.0.113.9"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec!["1.2.3.4"], "1.2.3.4"),
            ("::ffff:10.0.0.1", vec!["1.2.3.4:4711"], "1.2.3.4"),
            ("fd00::1", vec!["[2001:db8::7]:4711"], "2001:db8::7"),
            // What the client itself wrote before does not count.
            ("10.0.0.1", vec!["9.9.9.9, 1.2.3.4"], "1.2.3.4"),
            ("10.0.0.1", vec!["9.9.9.9", "1.2.3.4, 10.7.7.7"], "1.2.3.4"),
            ("10.0.0.1", vec!["1.2.3.4, unknown"], "10.0.0.1"),
        ] {
            let found = proxies.client(peer.parse().unwrap(), forwarded.clone());
            assert_eq!(found.to_string(), client, "{peer} {forwarded:?}");
        }
        let nobody = TrustedProxies::new(Vec::new());
        let peer = "127.0.0.1".parse().unwrap();
        assert_eq!(nobody.client(peer, ["1.2.3.4"]), peer);
        let own = TrustedProxies::this_machine();
        assert_eq!(own.client(peer, ["1.2.3.4"]).to_string(), "1.2.3.4");
        assert!(own.trusts("::1".parse().unwrap()) && !own.trusts("10.0.0.1".parse().unwrap()));
    }
}
