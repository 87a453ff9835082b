//! What is read from the notices of stations: which of their words mean that firmware failed, that
//! somebody tampers, or that a certificate ends.

use super::AlertKind;
use crate::message::NoticeKind;

/// How an update of firmware can fail: the words of 1.6 (FirmwareStatus), its security extension and
/// 2.x (FirmwareStatusEnumType), in lower case.
const FAILED: &[&str] = &[
    "downloadfailed",
    "installationfailed",
    "installverificationfailed",
    "invalidsignature",
    "invalidcertificate",
    "revokedcertificate",
];
/// How one succeeds.
const INSTALLED: &str = "installed";
/// Security events that tell of tampering (OCPP 2.x Part 2 appendix 1, and the 1.6 security
/// whitepaper), in lower case.
const TAMPERED: &[&str] = &[
    "tamperdetectionactivated",
    "securitylogwascleared",
    "attemptedreplayattacks",
    "invalidfirmwaresignature",
    "invalidfirmwaresigningcertificate",
];

/// What a notice comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// This happened.
    Happened(AlertKind),
    /// This is over.
    Over(AlertKind),
}

/// What a notice means, if anything. Titles are compared without case: stations vary it.
#[must_use]
pub fn meaning(kind: NoticeKind, title: &str) -> Option<Meaning> {
    let title = title.trim().to_lowercase();
    match kind {
        NoticeKind::FirmwareStatus if FAILED.contains(&title.as_str()) => {
            Some(Meaning::Happened(AlertKind::FirmwareFailed))
        }
        NoticeKind::FirmwareStatus if title == INSTALLED => {
            Some(Meaning::Over(AlertKind::FirmwareFailed))
        }
        NoticeKind::SecurityEvent if TAMPERED.contains(&title.as_str()) => {
            Some(Meaning::Happened(AlertKind::Tamper))
        }
        // No version has a word for it; vendors do.
        NoticeKind::SecurityEvent if title.contains("certificate") && title.contains("expir") => {
            Some(Meaning::Happened(AlertKind::CertificateExpiring))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_all_versions_are_known() {
        use NoticeKind::{DataTransfer, FirmwareStatus, SecurityEvent};
        let failed = Some(Meaning::Happened(AlertKind::FirmwareFailed));
        for word in [
            "InstallationFailed",
            "DownloadFailed",
            "InstallVerificationFailed",
        ] {
            assert_eq!(meaning(FirmwareStatus, word), failed, "{word}");
        }
        let over = Some(Meaning::Over(AlertKind::FirmwareFailed));
        assert_eq!(meaning(FirmwareStatus, "Installed"), over);
        for word in ["Downloading", "Idle", "Installing", "InstallRebooting"] {
            assert_eq!(meaning(FirmwareStatus, word), None, "{word}");
        }
        let tamper = Some(Meaning::Happened(AlertKind::Tamper));
        assert_eq!(meaning(SecurityEvent, "TamperDetectionActivated"), tamper);
        assert_eq!(meaning(SecurityEvent, "SettingSystemTime"), None);
        assert_eq!(meaning(DataTransfer, "TamperDetectionActivated"), None);
    }
}
