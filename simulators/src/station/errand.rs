//! Errands of a station: fetching and installing firmware, sending logs. They go on beside
//! everything else, and what they come to is told when it is there.

use std::collections::HashSet;
use std::time::Duration;

use tokio::sync::mpsc;
use tracing::info;

use super::actor::Actor;
use super::manners::Manner;
use super::outbox::{Item, Message};
use crate::files;
use crate::wire::Say;

/// What a part is, where firmware is fetched in parts.
const PART: usize = 16 * 1024;

/// Something to be carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Errand {
    /// Fetch firmware from here and install it.
    Firmware {
        location: String,
        request_id: Option<i64>,
    },
    /// Send this log there.
    Log {
        location: String,
        request_id: Option<i64>,
        name: String,
        content: String,
    },
}

/// What came of an errand so far.
#[derive(Debug)]
pub(super) enum News {
    /// Tell this.
    Say(Say),
    /// The firmware is in: restart into this version, where one can be told, and say this then.
    Installed(Option<String>, Option<Say>),
}

impl Actor {
    /// Sets out.
    pub(super) fn set_out(&self, errand: Errand) {
        let course = Course {
            manners: self.manners.clone(),
            pace: self.plan.pace,
            news: self.errands.0.clone(),
        };
        tokio::spawn(async move {
            match errand {
                Errand::Firmware {
                    location,
                    request_id,
                } => course.firmware(&location, request_id).await,
                Errand::Log {
                    location,
                    request_id,
                    name,
                    content,
                } => course.log(&location, request_id, &name, &content).await,
            }
        });
    }

    /// Takes what came of an errand.
    pub(super) fn came_of_errand(&mut self, news: News) {
        match news {
            News::Say(say) => self.push_news(vec![Item::Message(Message::new(say))]),
            News::Installed(version, say) => {
                self.plant.installing = version;
                let said = say.map(|say| Item::Message(Message::new(say)));
                let restart = Item::Reboot("FirmwareUpdate");
                self.push_news([restart].into_iter().chain(said).collect());
            }
        }
    }
}

/// How one errand goes.
struct Course {
    manners: HashSet<Manner>,
    pace: Duration,
    news: mpsc::Sender<News>,
}

impl Course {
    fn has(&self, manner: Manner) -> bool {
        self.manners.contains(&manner)
    }

    async fn tell(&self, news: News) {
        tokio::time::sleep(self.pace).await;
        // A station that is gone hears nothing.
        let _ = self.news.send(news).await;
    }

    async fn firmware(&self, location: &str, request_id: Option<i64>) {
        let tell = |status| self.tell(News::Say(Say::Firmware { status, request_id }));
        if self.has(Manner::FirmwareSilent) {
            return;
        }
        tell("Downloading").await;
        if self.has(Manner::HangsInDownload) {
            return;
        }
        let part = self.has(Manner::FetchesInParts).then_some(PART);
        let fetched = match self.has(Manner::FirmwareDownloadFails) {
            true => None,
            false => match files::fetch(location, part).await {
                Ok(content) => Some(content),
                Err(error) => {
                    info!(%error, "no firmware");
                    None
                }
            },
        };
        let Some(content) = fetched else {
            return tell("DownloadFailed").await;
        };
        tell("Downloaded").await;
        if self.has(Manner::BadSignature) {
            return tell("InvalidSignature").await;
        }
        tell("Installing").await;
        if self.has(Manner::HangsInInstall) {
            return;
        }
        if self.has(Manner::FirmwareInstallFails) {
            return tell("InstallationFailed").await;
        }
        let status = "Installed";
        let said = Say::Firmware { status, request_id };
        let said = (!self.has(Manner::SilentInstall)).then_some(said);
        let version = version_of(&content, location);
        self.tell(News::Installed(version, said)).await;
    }

    async fn log(&self, location: &str, request_id: Option<i64>, name: &str, content: &str) {
        let tell = |status| self.tell(News::Say(Say::Log { status, request_id }));
        tell("Uploading").await;
        if self.has(Manner::HangsInUpload) {
            return;
        }
        let by_post = self.has(Manner::UploadsByPost);
        let sent = match self.has(Manner::UploadFails) {
            true => false,
            false => match files::send(location, name, content.as_bytes(), by_post).await {
                Ok(()) => true,
                Err(error) => {
                    info!(%error, "a log was not sent");
                    false
                }
            },
        };
        let status = if sent { "Uploaded" } else { "UploadFailure" };
        tell(status).await;
    }
}

/// The version in a file: `firmware VERSION` in its first line, or what stands after the last dash
/// of its name.
fn version_of(content: &[u8], location: &str) -> Option<String> {
    let first = content.split(|byte| *byte == b'\n').next()?;
    let first = std::str::from_utf8(first).ok().map(str::trim);
    let told = first.and_then(|line| line.strip_prefix("firmware "));
    let name = location.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let named = stem.rsplit_once('-').map(|(_, version)| version);
    let version = told.or(named)?.trim();
    let digits = version.starts_with(|c: char| c.is_ascii_digit());
    (digits && version.len() <= 50).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_the_file_or_in_its_name() {
        for (content, location, version) in [
            ("firmware 4.0.1\nrest", "http://h/f/x.bin", Some("4.0.1")),
            ("bytes", "http://h/f/s/acme-2.1.0.bin", Some("2.1.0")),
            ("bytes", "ftp://h/acme.bin", None),
            ("", "http://h/f/acme-latest.bin", None),
        ] {
            let found = version_of(content.as_bytes(), location);
            assert_eq!(found.as_deref(), version, "{location}");
        }
    }
}
