//! Messages to other people's servers.

use egress::webhook::{Allowed, Client};
use ipnet::IpNet;
use serde::Deserialize;

use super::ConfigError;

/// Messages to other people's servers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// Networks of the inside that webhooks may name, such as `10.1.0.0/16`; `http://` is allowed
    /// too where there are any. None: whoever makes a webhook cannot look behind our own firewall.
    pub allowed_networks: Vec<IpNet>,
}

impl Webhooks {
    /// The client that keeps to it.
    pub fn client(&self) -> Result<Client, ConfigError> {
        let allowed = Allowed::networks(self.allowed_networks.clone());
        Client::new(allowed).map_err(|_| ConfigError::Value {
            key: "webhooks",
            why: "TLS could not be set up",
        })
    }
}
