//! What a configuration must be, beyond its form.

use egress::mail::Post;

use super::{Config, ConfigError};

impl Config {
    /// Refuses what would start and not work. Says no value of a URL, which may hold a password.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key: &'static str, why: &'static str| Err(ConfigError::Value { key, why });
        let starts = |url: &Option<String>, schemes: &[&str]| {
            url.as_ref()
                .is_none_or(|url| schemes.iter().any(|scheme| url.starts_with(scheme)))
        };
        if !starts(
            &self.database.url,
            &["postgres://", "postgresql://", "sqlite:"],
        ) {
            return wrong("database.url", "it begins with postgres:// or sqlite:");
        }
        if !starts(&self.bus.url, &["redis://", "rediss://", "unix://"]) {
            return wrong("bus.url", "it begins with redis://");
        }
        if !starts(&self.http.public_url, &["http://", "https://"]) {
            return wrong("http.public_url", "it begins with http:// or https://");
        }
        if !starts(&self.gateway.public_url, &["ws://", "wss://"]) {
            return wrong("gateway.public_url", "it begins with ws:// or wss://");
        }
        match self.post() {
            Ok(_) => {}
            Err(egress::mail::ConfigError::Url) => {
                return wrong("mail.url", "it is like smtp://user:password@host:port");
            }
            Err(egress::mail::ConfigError::From) => {
                return wrong("mail.from", "it is like Busbar <busbar@example.org>");
            }
        }
        self.identity_provider()?;
        self.contact()?;
        self.critical()?;
        self.files.check()?;
        self.file_ports()?;
        let gateway = &self.gateway;
        for (key, value) in [
            ("gateway.heartbeat_interval_s", gateway.heartbeat_interval_s),
            ("gateway.ping_interval_s", gateway.ping_interval_s),
            ("gateway.call_timeout_s", gateway.call_timeout_s),
            ("retention.log_days", self.retention.log_days),
            ("retention.attempts_days", self.retention.attempts_days),
            ("retention.notices_days", self.retention.notices_days),
            ("retention.commands_days", self.retention.commands_days),
            ("retention.samples_days", self.retention.samples_days),
            (
                "retention.diagnostics_days",
                self.retention.diagnostics_days,
            ),
            ("http.requests_per_minute", self.http.requests_per_minute),
            ("backup.keep", self.backup.keep),
        ] {
            if value == 0 {
                return wrong(key, "it is a number from 1");
            }
        }
        if self.database.batch_units == 0 {
            return wrong("database.batch_units", "it is a number from 1");
        }
        Ok(())
    }

    /// Where mails go.
    pub fn post(&self) -> Result<Post, egress::mail::ConfigError> {
        let from = self.mail.from.as_deref();
        match &self.mail.url {
            Some(url) => Post::server(url, from.unwrap_or_default(), egress::mail::PATIENCE),
            None => Post::folder(self.data_dir.join("outbox"), from),
        }
    }
}
