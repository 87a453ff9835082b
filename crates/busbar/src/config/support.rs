//! Whom people can ask.

use serde::Deserialize;

use super::{Config, ConfigError};

/// Whom people can ask; shown on the support page.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Support {
    /// Who, such as a team or a company.
    pub name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// A page.
    pub url: Option<String>,
    /// When somebody is there and the like.
    pub text: Option<String>,
}

impl Config {
    /// The contact, as pages show it.
    pub fn contact(&self) -> Result<app::support::Contact, ConfigError> {
        let own = &self.support;
        let is_page = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        if !own.url.as_ref().is_none_or(is_page) {
            let why = "it begins with https:// or http://";
            return Err(ConfigError::Value {
                key: "support.url",
                why,
            });
        }
        Ok(app::support::Contact {
            name: own.name.clone(),
            email: own.email.clone(),
            phone: own.phone.clone(),
            url: own.url.clone(),
            text: own.text.clone(),
        })
    }
}
