//! Files to and from stations: where they lie, by which ports stations come for them, how large they may be.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::Deserialize;

use super::{Config, ConfigError, positive};

/// Files to and from stations.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Files {
    /// The folder; `files` in the data directory when left out. Several nodes must share it.
    pub dir: Option<PathBuf>,
    /// Address and port where stations fetch and send files over HTTP.
    pub listen: String,
    /// The address that stations are given for it, such as `https://files.example.org`.
    pub public_url: Option<String>,
    /// Address and port for FTP, for stations that know nothing else; off when left out.
    pub ftp_listen: Option<String>,
    /// The host and port that stations are given for FTP, such as `files.example.org:21`.
    pub ftp_public_host: Option<String>,
    /// Ports for the data of FTP, such as `50000-50100`.
    pub ftp_passive_ports: String,
    /// The host that stations are told for the data of FTP, where it is not the one they came to.
    pub ftp_passive_host: Option<String>,
    /// The largest firmware, in bytes.
    pub most_firmware_bytes: u64,
    /// The largest file that a station may send, in bytes.
    pub most_upload_bytes: u64,
    /// Hours in which a station may come for firmware after the moment it is told to.
    pub firmware_link_hours: u32,
    /// Hours in which a station may come with logs.
    pub upload_link_hours: u32,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            dir: None,
            listen: "0.0.0.0:9080".to_owned(),
            public_url: None,
            ftp_listen: None,
            ftp_public_host: None,
            ftp_passive_ports: "50000-50100".to_owned(),
            ftp_passive_host: None,
            most_firmware_bytes: 1 << 30,
            most_upload_bytes: 256 << 20,
            firmware_link_hours: 72,
            upload_link_hours: 24,
        }
    }
}

/// The ports in `50000-50100`.
fn ports(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-')?;
    let (first, last): (u16, u16) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first > 0 && first <= last).then_some(first..=last)
}

impl Files {
    /// What the environment says.
    pub(super) fn apply(
        &mut self,
        set: &impl Fn(&str) -> Option<String>,
    ) -> Result<(), ConfigError> {
        let bytes = |name: &'static str| match set(name) {
            None => Ok(None),
            Some(value) => match value.parse::<u64>() {
                Ok(number) if number > 0 => Ok(Some(number)),
                _ => Err(ConfigError::Variable {
                    name,
                    value,
                    why: "it is a number of bytes from 1".to_owned(),
                }),
            },
        };
        if let Some(dir) = set("BUSBAR_FILES_DIR") {
            self.dir = Some(PathBuf::from(dir));
        }
        for (name, field) in [
            ("BUSBAR_FILES_PUBLIC_URL", &mut self.public_url),
            ("BUSBAR_FILES_FTP_LISTEN", &mut self.ftp_listen),
            ("BUSBAR_FILES_FTP_PUBLIC_HOST", &mut self.ftp_public_host),
        ] {
            if let Some(value) = set(name) {
                *field = Some(value);
            }
        }
        if let Some(listen) = set("BUSBAR_FILES_LISTEN") {
            self.listen = listen;
        }
        if let Some(ports) = set("BUSBAR_FILES_FTP_PASSIVE_PORTS") {
            self.ftp_passive_ports = ports;
        }
        if let Some(most) = bytes("BUSBAR_FILES_MOST_FIRMWARE_BYTES")? {
            self.most_firmware_bytes = most;
        }
        if let Some(most) = bytes("BUSBAR_FILES_MOST_UPLOAD_BYTES")? {
            self.most_upload_bytes = most;
        }
        if let Some(hours) = positive("BUSBAR_FILES_UPLOAD_LINK_HOURS", set)? {
            self.upload_link_hours = hours;
        }
        Ok(())
    }

    /// Refuses what would start and not work.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key: &'static str, why: &'static str| Err(ConfigError::Value { key, why });
        let is_web = |url: &String| url.starts_with("http://") || url.starts_with("https://");
        if !self.public_url.as_ref().is_none_or(is_web) {
            return wrong("files.public_url", "it begins with http:// or https://");
        }
        if ports(&self.ftp_passive_ports).is_none() {
            return wrong("files.ftp_passive_ports", "it is like 50000-50100");
        }
        let odd = |host: &String| host.is_empty() || host.contains(['/', '@', ' ']);
        if self.ftp_public_host.as_ref().is_some_and(odd) {
            let why = "it is a host and a port, such as files.example.org:21";
            return wrong("files.ftp_public_host", why);
        }
        if self.most_firmware_bytes == 0 || self.most_upload_bytes == 0 {
            return wrong("files.most_firmware_bytes", "it is a number from 1");
        }
        // A century is as good as for ever.
        for (key, hours) in [
            ("files.firmware_link_hours", self.firmware_link_hours),
            ("files.upload_link_hours", self.upload_link_hours),
        ] {
            if !(1..=876_000).contains(&hours) {
                return wrong(key, "it is a number of hours from 1 to 876000");
            }
        }
        Ok(())
    }
}

impl Config {
    /// What the deeds need to know of files.
    #[must_use]
    pub fn files_settings(&self) -> app::FilesSettings {
        let own = &self.files;
        let hours = |hours: u32| chrono::TimeDelta::hours(i64::from(hours));
        app::FilesSettings {
            dir: own
                .dir
                .clone()
                .unwrap_or_else(|| self.data_dir.join("files")),
            most_firmware_bytes: own.most_firmware_bytes,
            most_upload_bytes: own.most_upload_bytes,
            firmware_link: hours(own.firmware_link_hours),
            upload_link: hours(own.upload_link_hours),
            diagnostics_days: self.retention.diagnostics_days,
        }
    }

    /// Where to listen for files.
    ///
    /// # Errors
    /// When an address is none.
    pub fn file_ports(&self) -> Result<gateway::FileSettings, ConfigError> {
        let own = &self.files;
        let address = |key: &'static str, text: &str| {
            let why = "it is an address like 0.0.0.0:9080";
            let parsed = text.parse::<SocketAddr>();
            parsed.map_err(|_| ConfigError::Value { key, why })
        };
        let ftp = match &own.ftp_listen {
            None => None,
            Some(listen) => Some(gateway::FtpSettings {
                addr: address("files.ftp_listen", listen)?,
                passive_ports: ports(&own.ftp_passive_ports).unwrap_or(50_000..=50_100),
                passive_host: own.ftp_passive_host.clone(),
            }),
        };
        let http = address("files.listen", &own.listen)?;
        Ok(gateway::FileSettings::on(http, ftp))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_a_range_that_has_some() {
        assert_eq!(ports("50000-50100"), Some(50_000..=50_100));
        assert_eq!(ports("7 - 7"), Some(7..=7));
        for odd in ["", "7", "8-7", "0-7", "7-99999", "a-b"] {
            assert_eq!(ports(odd), None, "{odd}");
        }
    }
}
