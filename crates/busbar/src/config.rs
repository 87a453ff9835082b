//! Configuration: a TOML file, then `BUSBAR_…` environment variables over it, checked as a whole
//! before anything starts. An unknown key is an error, not a silence.

mod backup;
mod check;
mod files;
mod lock;
mod oidc;
mod support;
mod webhooks;

use std::path::{Path, PathBuf};

use app::proxy::TrustedProxies;
use serde::Deserialize;

pub use backup::BackupConfig;
pub use files::Files;
pub use lock::LockConfig;
pub use oidc::Oidc;
pub use support::Support;
pub use webhooks::Webhooks;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there or cannot be read.
    #[error("cannot read the configuration file {path}: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("the configuration file {path} is not right: {source}")]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A value, from wherever it came, is not what it should be.
    #[error("{key}: {why}")]
    Value {
        /// Its key.
        key: &'static str,
        /// What it should be.
        why: &'static str,
    },
    /// A table that is named is not what it should be.
    #[error("{key}: {path}: {why}")]
    Table {
        /// Its key.
        key: &'static str,
        /// Which file.
        path: PathBuf,
        /// Where and why.
        why: String,
    },
    /// An environment variable is not what it should be.
    #[error("{name}={value}: {why}")]
    Variable {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it should be.
        why: String,
    },
}

/// What to do with stations that nobody registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownStations {
    /// HTTP 404, as the specification says; they are listed as waiting to be claimed.
    Refuse,
    /// Let in; their boot is answered Pending until somebody claims them.
    Pending,
}

/// The whole configuration, with a default for everything.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the database file, keys and files of stations live.
    pub data_dir: PathBuf,
    /// The database.
    pub database: Database,
    /// How nodes talk.
    pub bus: Bus,
    /// The people's door.
    pub http: Http,
    /// The machines' door.
    pub gateway: Gateway,
    /// Mail to operators.
    pub mail: Mail,
    /// Where people can sign in beside here; nowhere when left out.
    pub oidc: Option<Oidc>,
    /// Whom people can ask.
    pub support: Support,
    /// The settings lock.
    pub lock: LockConfig,
    /// How long logs are kept.
    pub retention: Retention,
    /// Messages to other people's servers.
    pub webhooks: Webhooks,
    /// Files to and from stations.
    pub files: Files,
    /// Networks of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` count, at both
    /// doors. This machine unless told otherwise.
    pub trusted_proxies: TrustedProxies,
    /// Backups by themselves.
    pub backup: BackupConfig,
    /// The file that this was read from.
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

/// The database.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `postgres://…`, or nothing for `busbar.sqlite` in the data directory.
    pub url: Option<String>,
    /// The most messages that share one commit. 1 commits each for itself, which costs most of
    /// the throughput and is there to compare with.
    pub batch_units: usize,
}

/// How nodes talk.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bus {
    /// `redis://…`, or nothing for a single node.
    pub url: Option<String>,
}

/// Mail to operators.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// `smtp://user:password@host:port` with STARTTLS (`?tls=none` without, for a server on this
    /// machine) or `smtps://…`; without it mails are files in `outbox` of the data directory.
    pub url: Option<String>,
    /// The sender, such as `Busbar <busbar@example.org>`; needed with a server.
    pub from: Option<String>,
}

/// The people's door.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Address and port of the console and the API.
    pub listen: String,
    /// The address people type, where it is not the one above (behind a proxy).
    pub public_url: Option<String>,
    /// Requests a minute of one account; all accounts at one address together have twice as many.
    pub requests_per_minute: u32,
}

/// The machines' door.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gateway {
    /// Address and port of the charger port.
    pub listen: String,
    /// The address chargers are given, such as `wss://ocpp.example.org/ocpp`.
    pub public_url: Option<String>,
    /// What to do with stations that nobody registered.
    pub unknown_stations: UnknownStations,
    /// Seconds between heartbeats asked of stations.
    pub heartbeat_interval_s: u32,
    /// Seconds between our pings.
    pub ping_interval_s: u32,
    /// Seconds a station has to answer a call.
    pub call_timeout_s: u32,
}

/// How long logs are kept.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Days of the wire log.
    pub log_days: u32,
    /// Days of connection attempts.
    pub attempts_days: u32,
    /// Days of what stations reported.
    pub notices_days: u32,
    /// Days of commands and their outcomes.
    pub commands_days: u32,
    /// Days of meter readings.
    pub samples_days: u32,
    /// Days of what stations sent: diagnostics and security logs.
    pub diagnostics_days: u32,
}

impl From<Retention> for store::Retention {
    fn from(days: Retention) -> Self {
        Self {
            log_days: days.log_days,
            attempts_days: days.attempts_days,
            notices_days: days.notices_days,
            commands_days: days.commands_days,
            samples_days: days.samples_days,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            database: Database::default(),
            bus: Bus::default(),
            http: Http::default(),
            gateway: Gateway::default(),
            mail: Mail::default(),
            oidc: None,
            support: Support::default(),
            lock: LockConfig::default(),
            retention: Retention::default(),
            webhooks: Webhooks::default(),
            files: Files::default(),
            trusted_proxies: TrustedProxies::this_machine(),
            backup: BackupConfig::default(),
            file: None,
        }
    }
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: None,
            batch_units: 256,
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: "0.0.0.0:8080".to_owned(),
            public_url: None,
            requests_per_minute: 6_000,
        }
    }
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            listen: "0.0.0.0:9000".to_owned(),
            public_url: None,
            unknown_stations: UnknownStations::Pending,
            heartbeat_interval_s: 300,
            ping_interval_s: 45,
            call_timeout_s: 30,
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        let days = store::Retention::default();
        Self {
            log_days: days.log_days,
            attempts_days: days.attempts_days,
            notices_days: days.notices_days,
            commands_days: days.commands_days,
            samples_days: days.samples_days,
            diagnostics_days: app::FilesSettings::default().diagnostics_days,
        }
    }
}

impl Config {
    /// Reads the file, if one is named or `busbar.toml` stands in the working directory, and then
    /// the environment through `variable`.
    pub fn read(
        file: Option<&Path>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let default = Path::new("busbar.toml");
        let file = file.or_else(|| default.exists().then_some(default));
        let mut config = file.map_or_else(|| Ok(Self::default()), Self::from_file)?;
        config.file = file.map(Path::to_owned);
        config.apply(variable)?;
        config.check()?;
        Ok(config)
    }

    fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        toml::from_str(&text).map_err(|source| ConfigError::Wrong {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }

    fn apply(&mut self, variable: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        let set = &|name: &str| variable(name).filter(|value| !value.is_empty());
        if let Some(dir) = set("BUSBAR_DATA_DIR") {
            self.data_dir = PathBuf::from(dir);
        }
        if let Some(url) = set("BUSBAR_DATABASE_URL") {
            self.database.url = Some(url);
        }
        if let Some(units) = positive("BUSBAR_DATABASE_BATCH_UNITS", set)? {
            self.database.batch_units = units as usize;
        }
        if let Some(requests) = positive("BUSBAR_HTTP_REQUESTS_PER_MINUTE", set)? {
            self.http.requests_per_minute = requests;
        }
        if let Some(url) = set("BUSBAR_BUS_URL") {
            self.bus.url = Some(url);
        }
        if let Some(url) = set("BUSBAR_MAIL_URL") {
            self.mail.url = Some(url);
        }
        if let (Some(secret), Some(oidc)) = (set("BUSBAR_OIDC_CLIENT_SECRET"), &mut self.oidc) {
            oidc.client_secret = Some(secret);
        }
        if let Some(from) = set("BUSBAR_MAIL_FROM") {
            self.mail.from = Some(from);
        }
        if let Some(listen) = set("BUSBAR_HTTP_LISTEN") {
            self.http.listen = listen;
        }
        if let Some(url) = set("BUSBAR_HTTP_PUBLIC_URL") {
            self.http.public_url = Some(url);
        }
        if let Some(listen) = set("BUSBAR_GATEWAY_LISTEN") {
            self.gateway.listen = listen;
        }
        self.files.apply(set)?;
        if let Some(url) = set("BUSBAR_GATEWAY_PUBLIC_URL") {
            self.gateway.public_url = Some(url);
        }
        if let Some(networks) = set("BUSBAR_TRUSTED_PROXIES") {
            self.trusted_proxies = proxies(&networks)?;
        }
        if let Some(policy) = set("BUSBAR_UNKNOWN_STATIONS") {
            self.gateway.unknown_stations = match policy.as_str() {
                "refuse" => UnknownStations::Refuse,
                "pending" => UnknownStations::Pending,
                _ => {
                    return Err(ConfigError::Variable {
                        name: "BUSBAR_UNKNOWN_STATIONS",
                        value: policy,
                        why: "it is `refuse` or `pending`".to_owned(),
                    });
                }
            };
        }
        Ok(())
    }

    /// The file of the database, unless another database is configured.
    #[must_use]
    pub fn database_file(&self) -> Option<PathBuf> {
        let own = self.database.url.is_none();
        own.then(|| self.data_dir.join("busbar.sqlite"))
    }

    /// The database URL: the configured one, or the SQLite file in the data directory.
    #[must_use]
    pub fn database_url(&self) -> String {
        self.database.url.clone().unwrap_or_else(|| {
            format!(
                "sqlite://{}?mode=rwc",
                self.data_dir.join("busbar.sqlite").display()
            )
        })
    }
}

/// Networks with commas between them; `none` for nobody.
fn proxies(text: &str) -> Result<TrustedProxies, ConfigError> {
    let networks = text.split(',').filter(|network| *network != "none");
    let networks = networks.map(|network| network.trim().parse());
    let networks: Result<Vec<_>, _> = networks.collect();
    networks
        .map(TrustedProxies::new)
        .map_err(|_| ConfigError::Variable {
            name: "BUSBAR_TRUSTED_PROXIES",
            value: text.to_owned(),
            why: "it is a list of networks like 10.0.0.0/8,fd00::/8, or `none`".to_owned(),
        })
}

/// The number in a variable, from 1.
fn positive(
    name: &'static str,
    set: &impl Fn(&str) -> Option<String>,
) -> Result<Option<u32>, ConfigError> {
    let Some(value) = set(name) else {
        return Ok(None);
    };
    match value.parse() {
        Ok(number) if number > 0 => Ok(Some(number)),
        _ => Err(ConfigError::Variable {
            name,
            value,
            why: "it is a number from 1".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_unknown_key_is_refused_with_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("busbar.toml");
        std::fs::write(&path, "[gateway]\nlissten = \"0.0.0.0:1\"\n").unwrap();
        let error = Config::read(Some(&path), |_| None).unwrap_err();
        assert!(
            std::error::Error::source(&error)
                .unwrap()
                .to_string()
                .contains("lissten")
        );
    }

    #[test]
    fn the_environment_stands_over_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("busbar.toml");
        std::fs::write(&path, "[http]\nlisten = \"127.0.0.1:1\"\n").unwrap();
        let set = |name: &str| (name == "BUSBAR_HTTP_LISTEN").then(|| "127.0.0.1:2".to_owned());
        assert_eq!(
            Config::read(Some(&path), set).unwrap().http.listen,
            "127.0.0.1:2"
        );
        let set = |name: &str| (name == "BUSBAR_TRUSTED_PROXIES").then(|| "10.0.0.0/8".to_owned());
        let trusted = Config::read(Some(&path), set).unwrap().trusted_proxies;
        assert!(trusted.trusts([10, 1, 2, 3].into()) && !trusted.trusts([127, 0, 0, 1].into()));
        let wrong = |name: &str| (name == "BUSBAR_UNKNOWN_STATIONS").then(|| "maybe".to_owned());
        assert!(Config::read(Some(&path), wrong).is_err());
    }

    #[test]
    fn what_would_start_and_not_work_is_refused_by_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("busbar.toml");
        for (text, key) in [
            ("[database]\nurl = \"mysql://u:hush@h/d\"", "database.url"),
            ("[bus]\nurl = \"localhost:6379\"", "bus.url"),
            ("[mail]\nurl = \"h:25\"\nfrom = \"a@b.org\"", "mail.url"),
            ("[mail]\nurl = \"smtp://u:hush@h\"", "mail.from"),
            ("[mail]\nfrom = \"nobody\"", "mail.from"),
            ("[http]\npublic_url = \"busbar.example\"", "http.public_url"),
            (
                "[gateway]\npublic_url = \"https://h\"",
                "gateway.public_url",
            ),
            ("[gateway]\nping_interval_s = 0", "gateway.ping_interval_s"),
            ("[retention]\nlog_days = 0", "retention.log_days"),
            (
                "[oidc]\nissuer = \"ftp://h\"\nclient_id = \"b\"",
                "oidc.issuer",
            ),
            (
                "[oidc]\nissuer = \"http://h\"\nclient_id = \"b\"",
                "oidc.issuer",
            ),
            (
                "[oidc]\nissuer = \"https://h\"\nclient_id = \"\"",
                "oidc.client_id",
            ),
            (
                "[oidc]\nissuer = \"https://h\"\nclient_id = \"b\"\n[oidc.roles]\nx = [\"boss\"]",
                "oidc.roles",
            ),
            (
                "[oidc]\nissuer = \"https://h\"\nclient_id = \"b\"\norganisation = \"7\"",
                "oidc.organisation",
            ),
            ("[support]\nurl = \"javascript:1\"", "support.url"),
            ("[files]\npublic_url = \"ftp://h\"", "files.public_url"),
            (
                "[files]\nftp_passive_ports = \"9\"",
                "files.ftp_passive_ports",
            ),
            (
                "[files]\nftp_public_host = \"ftp://h\"",
                "files.ftp_public_host",
            ),
            ("[files]\nupload_link_hours = 0", "files.upload_link_hours"),
            ("[files]\nlisten = \"9080\"", "files.listen"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = Config::read(Some(&path), |_| None).unwrap_err().to_string();
            assert!(error.starts_with(key) && !error.contains("hush"), "{error}");
        }
        std::fs::write(&path, "trusted_proxies = [\"10.0.0.0/99\"]").unwrap();
        assert!(Config::read(Some(&path), |_| None).is_err());
    }
}
