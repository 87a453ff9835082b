//! Firmware: the files of a library, which stations a file is for, and which of two versions is the
//! newer one. Decides; keeps no bytes and knows no wire.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::id::{FirmwareId, OrgId};
use crate::station::Hardware;

/// A firmware file of an organisation's library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmwareFile {
    /// Its id.
    pub id: FirmwareId,
    /// Whose library.
    pub org: OrgId,
    /// The maker of the stations, as they tell it in their boot notification; case does not count.
    pub vendor: String,
    /// Models it is for: names in which `*` stands for anything; case does not count. Never empty.
    pub models: Vec<String>,
    /// The version that a station tells once it runs the file.
    pub version: String,
    /// What the file is called on its way to a station.
    pub name: String,
    /// Signing certificate (PEM) and signature (base64) of the maker.
    pub signing: Option<Signing>,
    /// For people.
    pub notes: Option<String>,
    /// SHA-256 in lower hexadecimal: what the maker says, until the content is there, and then
    /// what was counted.
    pub sha256: Option<String>,
    /// The content, once it is there and was found to be right.
    pub content: Option<Content>,
    /// When the record was made.
    pub created_at: Moment,
}

/// A maker's signature over the bytes of a file (2.x L01, 1.6 security extension L01).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signing {
    /// The certificate that the station checks the signature with: PEM.
    pub certificate: String,
    /// The signature: base64.
    pub signature: String,
}

/// The bytes of a file, as far as they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// How many.
    pub bytes: u64,
    /// Since when they are there.
    pub at: Moment,
}

impl FirmwareFile {
    /// Whether the file is for a station of this make.
    #[must_use]
    pub fn fits(&self, hardware: &Hardware) -> bool {
        let (Some(vendor), Some(model)) = (&hardware.vendor, &hardware.model) else {
            return false;
        };
        let same = vendor.trim().to_lowercase() == self.vendor.trim().to_lowercase();
        same && self.models.iter().any(|pattern| matches(pattern, model))
    }

    /// Whether the file is for a station and newer than what it runs. A station that does not tell
    /// its version is offered nothing.
    #[must_use]
    pub fn is_update_for(&self, hardware: &Hardware) -> bool {
        let Some(running) = &hardware.firmware_version else {
            return false;
        };
        let newer = compare_versions(&self.version, running) == Ordering::Greater;
        self.content.is_some() && newer && self.fits(hardware)
    }
}

/// Of several files the newest that is an update for a station.
#[must_use]
pub fn newest_update<'a>(
    files: &'a [FirmwareFile],
    hardware: &Hardware,
) -> Option<&'a FirmwareFile> {
    let updates = files.iter().filter(|file| file.is_update_for(hardware));
    updates.max_by(|a, b| compare_versions(&a.version, &b.version).then(a.id.cmp(&b.id)))
}

/// Whether a name is one of those that a pattern stands for.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.trim().to_lowercase(), name.trim().to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in between {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Which version is the newer one. Versions are read as people read them: numbers count as numbers
/// however many zeros stand before them, words by the alphabet, and what comes before a release
/// (`-rc1`, `-beta`) is older than the release. A leading `v` and the case do not count; nor does what
/// stands after a `+`, unless nothing else differs.
#[must_use]
pub fn compare_versions(a: &str, b: &str) -> Ordering {
    let split = |text: &str| {
        let text = text.trim().to_lowercase();
        let (main, build) = match text.split_once('+') {
            Some((main, build)) => (main.to_owned(), build.to_owned()),
            None => (text.clone(), String::new()),
        };
        let bare = main.strip_prefix('v');
        let bare = bare.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        (pieces(bare.unwrap_or(&main)), pieces(&build))
    };
    let ((a, a_build), (b, b_build)) = (split(a), split(b));
    compare_pieces(&a, &b).then_with(|| compare_pieces(&a_build, &b_build))
}

/// A part of a version.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    /// Digits without leading zeros, so that their number decides first.
    Number(String),
    Word(String),
}

impl Piece {
    /// Whether it says that a release is still to come.
    fn is_before_release(&self) -> bool {
        const BEFORE: [&str; 8] = [
            "rc", "alpha", "beta", "pre", "preview", "dev", "snapshot", "test",
        ];
        matches!(self, Self::Word(word) if BEFORE.contains(&word.as_str()))
    }

    fn is_zero(&self) -> bool {
        matches!(self, Self::Number(digits) if digits.is_empty())
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let class = |c: char| (c.is_ascii_digit(), c.is_alphanumeric());
        let end = rest
            .find(|c| class(c) != class(first))
            .unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        match class(first) {
            (true, _) => pieces.push(Piece::Number(piece.trim_start_matches('0').to_owned())),
            (false, true) => pieces.push(Piece::Word(piece.to_owned())),
            _ => {}
        }
        rest = after;
    }
    pieces
}

fn compare_pieces(a: &[Piece], b: &[Piece]) -> Ordering {
    let longest = a.len().max(b.len());
    for at in 0..longest {
        let order = match (a.get(at), b.get(at)) {
            (Some(a), Some(b)) => compare_two(a, b),
            (Some(more), None) => against_nothing(more),
            (None, Some(more)) => against_nothing(more).reverse(),
            (None, None) => Ordering::Equal,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn compare_two(a: &Piece, b: &Piece) -> Ordering {
    match (a, b) {
        (Piece::Number(a), Piece::Number(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
        (Piece::Word(a), Piece::Word(b)) => a.cmp(b),
        // 1.2.1 is newer than 1.2-rc1, and than 1.2.a.
        (Piece::Number(_), Piece::Word(_)) => Ordering::Greater,
        (Piece::Word(_), Piece::Number(_)) => Ordering::Less,
    }
}

/// How a version with one more piece stands to the one without: 1.2 and 1.2.0 are the same.
fn against_nothing(piece: &Piece) -> Ordering {
    if piece.is_before_release() {
        Ordering::Less
    } else if piece.is_zero() {
        Ordering::Equal
    } else {
        Ordering::Greater
    }
}

/// Whether a text is a SHA-256 in hexadecimal.
#[must_use]
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(vendor: &str, models: &[&str], version: &str) -> FirmwareFile {
        FirmwareFile {
            id: FirmwareId::from_uuid(uuid::Uuid::from_u128(1)),
            org: OrgId::from_uuid(uuid::Uuid::from_u128(2)),
            vendor: vendor.to_owned(),
            models: models.iter().map(|&m| m.to_owned()).collect(),
            version: version.to_owned(),
            name: "firmware.bin".to_owned(),
            signing: None,
            notes: None,
            sha256: None,
            content: Some(Content {
                bytes: 1,
                at: Moment::default(),
            }),
            created_at: Moment::default(),
        }
    }

    fn make(vendor: &str, model: &str, version: Option<&str>) -> Hardware {
        Hardware {
            vendor: Some(vendor.to_owned()),
            model: Some(model.to_owned()),
            serial_number: None,
            firmware_version: version.map(str::to_owned),
            iccid: None,
            imsi: None,
        }
    }

    #[test]
    fn versions_are_compared_as_people_read_them() {
        let older_first = [
            ("1.9", "1.10"),
            ("1.2.3", "1.2.4"),
            ("v1.2", "1.3"),
            ("1.2-rc1", "1.2"),
            ("1.2-rc1", "1.2-rc2"),
            ("1.2-beta", "1.2-rc1"),
            ("1.2-rc9", "1.2.1"),
            ("1.2", "1.2.1"),
            ("1.2", "1.2a"),
            ("R5.02", "R5.11"),
            ("2023.12.31", "2024.01.01"),
            ("1.0+build9", "1.0+build10"),
            ("5.0.9-4088", "5.0.10-1"),
            ("9", "18446744073709551616"),
        ];
        for (older, newer) in older_first {
            assert_eq!(
                compare_versions(older, newer),
                Ordering::Less,
                "{older} {newer}"
            );
            assert_eq!(
                compare_versions(newer, older),
                Ordering::Greater,
                "{newer} {older}"
            );
        }
        for (a, b) in [
            ("1.2", "1.2.0"),
            ("V1.02", "1.2"),
            (" 1.2 ", "1-2"),
            ("", ""),
        ] {
            assert_eq!(compare_versions(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    #[test]
    fn a_file_fits_by_vendor_and_by_patterns_of_models() {
        let file_for = |models: &[&str]| file("Acme", models, "2.0");
        for (pattern, model) in [
            ("One", "one"),
            ("One*", "One-32A"),
            ("*", "anything"),
            ("*-32A", "One-32A"),
            ("O*e*A", "One-32A"),
            ("One", " One "),
        ] {
            assert!(
                file_for(&[pattern]).fits(&make("ACME ", model, None)),
                "{pattern} {model}"
            );
        }
        for (pattern, model) in [
            ("One", "One-32A"),
            ("*Two*", "One"),
            ("One*", "Done"),
            ("a*a", "a"),
            ("", "One"),
        ] {
            assert!(
                !file_for(&[pattern]).fits(&make("Acme", model, None)),
                "{pattern} {model}"
            );
        }
        assert!(!file_for(&["*"]).fits(&make("Other", "One", None)));
        assert!(!file_for(&["*"]).fits(&Hardware::default()));
    }

    #[test]
    fn only_a_newer_file_that_is_there_is_an_update_and_the_newest_wins() {
        let (two, ten) = (file("Acme", &["*"], "1.2"), file("Acme", &["*"], "1.10"));
        let mut missing = file("Acme", &["*"], "3.0");
        missing.content = None;
        let files = [two, ten, missing];
        let found = newest_update(&files, &make("Acme", "One", Some("1.1")));
        assert_eq!(found.map(|f| f.version.as_str()), Some("1.10"));
        assert!(newest_update(&files, &make("Acme", "One", Some("1.10"))).is_none());
        assert!(newest_update(&files, &make("Acme", "One", None)).is_none());
    }
}
