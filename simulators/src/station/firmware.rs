//! An update of firmware as a station goes about it: what it answers, what it tells and with which
//! version it boots then. Nothing is fetched: the version is read off the file's name.

use std::collections::HashSet;

use super::manners::Manner;
use super::obey::Then;
use super::plant::Plant;
use crate::wire::{Reply, Say};

/// What follows from an order to update from `location`.
pub(super) fn update(
    plant: &mut Plant,
    manners: &HashSet<Manner>,
    location: &str,
    request_id: Option<i64>,
    signed: bool,
    then: &mut Vec<Then>,
) -> Reply {
    let plain = plant.version.is_v16() && !signed;
    let has = |manner| manners.contains(&manner);
    if has(Manner::FirmwareRefused) {
        // A plain update of 1.6 has no word for a refusal.
        return match plain {
            true => Reply::Error {
                code: "NotSupported",
                text: "this station is not updated so".into(),
            },
            false => Reply::Status("Rejected"),
        };
    }
    let mut tell = |words: &[&'static str]| {
        let say = |status: &&'static str| Say::Firmware { status, request_id };
        then.push(Then::Slowly(words.iter().map(say).collect()));
    };
    if has(Manner::FirmwareSilent) {
        // Agreed, and never heard of again.
    } else if has(Manner::FirmwareDownloadFails) {
        tell(&["Downloading", "DownloadFailed"]);
    } else if has(Manner::FirmwareInstallFails) {
        tell(&[
            "Downloading",
            "Downloaded",
            "Installing",
            "InstallationFailed",
        ]);
    } else {
        tell(&["Downloading", "Downloaded", "Installing"]);
        then.push(Then::Reboot("FirmwareUpdate"));
        then.push(Then::Slowly(vec![Say::Firmware {
            status: "Installed",
            request_id,
        }]));
        plant.installing = version_in(location);
    }
    match plain {
        true => Reply::Empty,
        false => Reply::Status("Accepted"),
    }
}

/// The version in a file's name: `…/firmware-9.1.0.bin` holds 9.1.0.
fn version_in(location: &str) -> Option<String> {
    let name = location.rsplit('/').next()?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let version = stem.rsplit('-').next()?;
    (!version.is_empty()).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn a_version_is_read_off_the_name() {
        let read = |location| version_in(location).unwrap_or_default();
        assert_eq!(read("https://example.org/a/firmware-9.1.0.bin"), "9.1.0");
        assert_eq!(read("ftp://example.org/9.1.0.bin"), "9.1.0");
        assert_eq!(read("https://example.org/"), "");
    }
}
