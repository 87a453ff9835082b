//! The settings lock.

use std::path::PathBuf;

use domain::setting::Rules;
use serde::Deserialize;

use super::{Config, ConfigError};

/// The settings lock.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LockConfig {
    /// A table of settings that are critical at single models, beside those that Busbar knows:
    /// `vendor,model,kind,name,sphere`.
    pub critical: Option<PathBuf>,
}

impl Config {
    /// Which settings are critical.
    pub fn critical(&self) -> Result<Rules, ConfigError> {
        let built_in = Rules::built_in();
        let Some(path) = &self.lock.critical else {
            return Ok(built_in);
        };
        let wrong = |why: String| ConfigError::Table {
            key: "lock.critical",
            path: path.clone(),
            why,
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let more = Rules::read(&text).map_err(|error| wrong(error.to_string()))?;
        Ok(built_in.and(more))
    }
}
