//! How far one station is with an update, by what it tells (1.6 FirmwareStatusNotification §4.5 and
//! its signed form, 2.x L01/L02). Stations leave words out, repeat them and reboot in between; what
//! settles an update is the word that it is installed, the word of a failure, a boot that tells the
//! new version, or silence.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;

/// How far an update is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirmwarePhase {
    /// The station agreed.
    Asked,
    /// It fetches the file, or will at its hour.
    Downloading,
    /// It has the file.
    Downloaded,
    /// It installs it, or will at its hour.
    Installing,
    /// It restarts for it.
    Rebooting,
    /// It runs it.
    Installed,
}

/// Whether a station runs the wished version, as far as both are known. Stations pad what they tell,
/// and some tell it in other letters than their makers write it.
#[must_use]
pub fn runs_already(wished: Option<&str>, runs: Option<&str>) -> bool {
    let same = |(wished, runs): (&str, &str)| wished.trim().eq_ignore_ascii_case(runs.trim());
    wished.zip(runs).is_some_and(same)
}

/// What an update came to, or how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roll {
    /// On its way.
    Under(FirmwarePhase),
    /// The station runs it.
    Installed,
    /// It failed: a stable code.
    Failed(&'static str),
}

impl Roll {
    /// What the station's word makes of an update that is at `self`. A word about an earlier phase
    /// is a repetition; a settled update stays so.
    #[must_use]
    pub fn hears(self, word: &str) -> Self {
        use FirmwarePhase as P;
        let Self::Under(phase) = self else {
            return self;
        };
        let to = |further: P| Self::Under(phase.max(further));
        match word {
            "Downloading" | "DownloadScheduled" | "DownloadPaused" => to(P::Downloading),
            "Downloaded" | "SignatureVerified" => to(P::Downloaded),
            "Installing" | "InstallScheduled" => to(P::Installing),
            "InstallRebooting" => to(P::Rebooting),
            "Installed" => Self::Installed,
            "DownloadFailed" => Self::Failed("download_failed"),
            "InstallationFailed" => Self::Failed("installation_failed"),
            "InvalidSignature" => Self::Failed("invalid_signature"),
            "InvalidCertificate" | "RevokedCertificate" => Self::Failed("invalid_certificate"),
            "InstallVerificationFailed" => Self::Failed("verification_failed"),
            // `Idle` answers a question of ours, and vendors have words of their own.
            _ => self,
        }
    }

    /// What a boot makes of it: with the wished version it is done, whatever the station said.
    #[must_use]
    pub fn boots(self, wished: Option<&str>, runs: Option<&str>) -> Self {
        match self {
            Self::Under(_) if runs_already(wished, runs) => Self::Installed,
            other => other,
        }
    }

    /// What silence makes of it: nothing was heard since `heard_at`.
    #[must_use]
    pub fn waits(self, heard_at: Moment, patience_s: i64, now: Moment) -> Self {
        match self {
            Self::Under(_) if (now - heard_at).num_seconds() >= patience_s => {
                Self::Failed("silent")
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::FirmwarePhase as P;
    use super::Roll;

    fn told(words: &[&str]) -> Roll {
        words
            .iter()
            .fold(Roll::Under(P::Asked), |roll, word| roll.hears(word))
    }

    #[test]
    fn words_lead_on_and_never_back() {
        assert_eq!(told(&["Downloading"]), Roll::Under(P::Downloading));
        assert_eq!(
            told(&["Installing", "Downloading"]),
            Roll::Under(P::Installing)
        );
        assert_eq!(told(&["Downloading", "Idle"]), Roll::Under(P::Downloading));
        assert_eq!(told(&["InstallRebooting", "Installed"]), Roll::Installed);
        assert_eq!(told(&["Installed", "DownloadFailed"]), Roll::Installed);
        assert_eq!(
            told(&["InvalidSignature"]),
            Roll::Failed("invalid_signature")
        );
    }

    #[test]
    fn a_boot_with_the_wished_version_is_success_and_another_is_nothing() {
        let under = Roll::Under(P::Installing);
        assert_eq!(
            under.clone().boots(Some("2.0"), Some(" 2.0 ")),
            Roll::Installed
        );
        assert_eq!(under.clone().boots(Some("2.0"), Some("1.9")), under);
        assert_eq!(under.clone().boots(None, Some("2.0")), under);
        assert_eq!(
            told(&["DownloadFailed"]).boots(Some("2"), Some("2")),
            told(&["DownloadFailed"])
        );
    }

    proptest! {
        #[test]
        fn no_order_of_words_unsettles_an_update(words in proptest::collection::vec(
            prop::sample::select(vec!["Downloading", "Downloaded", "Installing", "Installed", "Idle",
                "DownloadFailed", "InstallRebooting", "Rubbish"]), 0..20)) {
            let mut roll = Roll::Under(P::Asked);
            for word in words {
                let before = roll.clone();
                roll = roll.hears(word);
                match (&before, &roll) {
                    (Roll::Under(was), Roll::Under(is)) => prop_assert!(is >= was),
                    (Roll::Under(_), _) => {}
                    (settled, now) => prop_assert_eq!(settled, now),
                }
            }
        }
    }
}
