//! The identity provider at which people can sign in.

use std::collections::BTreeMap;

use app::identity_provider::IdentityProvider;
use domain::role::{Role, RoleSet};
use egress::oidc::{Provider, Settings, SettingsError};
use serde::Deserialize;

use super::{Config, ConfigError};

/// The identity provider.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// Its address, such as `https://login.example.org/realms/staff`.
    pub issuer: String,
    /// The name that it knows Busbar by.
    pub client_id: String,
    /// The password that belongs to it; none for a public client.
    pub client_secret: Option<String>,
    /// What people call it.
    #[serde(default = "company_login")]
    pub name: String,
    /// What is asked for beside `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The claim by which roles are given, with dots into objects.
    #[serde(default = "claim")]
    pub roles_claim: String,
    /// The organisation in which it gives roles; the root when none.
    pub organisation: Option<String>,
    /// Roles by the values of the claim. Without any, roles are given in Busbar alone.
    #[serde(default)]
    pub roles: BTreeMap<String, Vec<String>>,
}

fn company_login() -> String {
    "Company login".to_owned()
}

fn scopes() -> Vec<String> {
    ["profile", "email"].map(str::to_owned).to_vec()
}

fn claim() -> String {
    "groups".to_owned()
}

impl std::fmt::Debug for Oidc {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Oidc({} as {})", self.issuer, self.client_id)
    }
}

impl Config {
    /// The identity provider, where one is named.
    pub fn identity_provider(&self) -> Result<Option<IdentityProvider>, ConfigError> {
        let Some(oidc) = &self.oidc else {
            return Ok(None);
        };
        let wrong = |key, why| Err(ConfigError::Value { key, why });
        if oidc.client_id.trim().is_empty() {
            return wrong(
                "oidc.client_id",
                "it is the name that the provider knows Busbar by",
            );
        }
        let mut roles = BTreeMap::new();
        for (value, keys) in &oidc.roles {
            let known: Option<RoleSet> = keys.iter().map(|key| Role::from_key(key)).collect();
            let Some(known) = known.filter(|roles| !roles.is_empty()) else {
                return wrong(
                    "oidc.roles",
                    "each value has a list of roles such as [\"viewer\"]",
                );
            };
            roles.insert(value.clone(), known);
        }
        let organisation = match oidc.organisation.as_deref().map(str::parse).transpose() {
            Ok(organisation) => organisation,
            Err(_) => {
                return wrong(
                    "oidc.organisation",
                    "it is an id of `busbar organisation list`",
                );
            }
        };
        let provider = Provider::new(Settings {
            issuer: oidc.issuer.clone(),
            client_id: oidc.client_id.clone(),
            client_secret: oidc.client_secret.clone(),
            scopes: oidc.scopes.clone(),
            claim: oidc.roles_claim.clone(),
            redirect: format!("{}/login/return", crate::serve::console_url(self)),
        });
        let provider = match provider {
            Ok(provider) => provider,
            Err(SettingsError::Issuer) => {
                return wrong(
                    "oidc.issuer",
                    "it is like https://login.example.org (http:// on this machine)",
                );
            }
            Err(SettingsError::Redirect) => {
                return wrong(
                    "http.public_url",
                    "the identity provider cannot send people back to it",
                );
            }
            Err(SettingsError::Client(_)) => {
                return wrong("oidc", "this machine has no TLS for it");
            }
        };
        Ok(Some(IdentityProvider {
            provider,
            name: oidc.name.clone(),
            organisation,
            roles,
        }))
    }
}
