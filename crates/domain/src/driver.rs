//! EV drivers: people who charge. Everything that names one is personal.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::id::{DriverId, OrgId};
use crate::personal::Personal;

/// Whether a driver may charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriverState {
    /// May charge, with the tokens that may.
    Active,
    /// May not, with any token.
    Blocked,
    /// Put away, kept for the history; may not charge either.
    Archived,
}

/// What names a driver.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// What people call the driver; empty once erased.
    pub name: String,
    /// Mail address.
    pub email: Option<String>,
    /// Telephone number, as it was typed.
    pub phone: Option<String>,
    /// Number plate, as it was typed.
    pub plate: Option<String>,
    /// Contract of an ISO 15118 vehicle (EMAID), in capitals.
    pub contract_id: Option<String>,
    /// What another system calls the driver.
    pub reference: Option<String>,
    /// For the people who look after drivers.
    pub note: Option<String>,
    /// In which the driver is written to (BCP 47: `de`, `de-AT`).
    pub language: Option<String>,
}

/// An EV driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driver {
    /// The id.
    pub id: DriverId,
    /// The organisation that looks after the driver.
    pub org: OrgId,
    /// What names the driver.
    pub details: Personal<Details>,
    /// Whether the driver may charge.
    pub state: DriverState,
    /// When it was made.
    pub created_at: Moment,
    /// When everything that names the driver was removed.
    pub erased_at: Option<Moment>,
}

impl Driver {
    /// The driver with nothing left that names a person, put away for good.
    #[must_use]
    pub fn erased(self, now: Moment) -> Self {
        Self {
            details: Personal::new(Details::default()),
            state: DriverState::Archived,
            erased_at: Some(now),
            ..self
        }
    }
}

/// Whether a text can be a telephone number: 5 to 20 digits, a plus before them, and the signs that
/// people put between.
#[must_use]
pub fn is_phone(text: &str) -> bool {
    let rest = text.strip_prefix('+').unwrap_or(text);
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    let known = |c: char| c.is_ascii_digit() || " -/().".contains(c);
    (5..=20).contains(&digits) && rest.chars().all(known) && text.len() <= 40
}

/// Whether a text can be a number plate of any country.
#[must_use]
pub fn is_plate(text: &str) -> bool {
    let known = |c: char| c.is_alphanumeric() || " -.·".contains(c);
    let signs = text.chars().filter(|c| c.is_alphanumeric()).count();
    (1..=16).contains(&signs) && text.chars().all(known) && text.chars().count() <= 24
}

/// Whether a text can be a contract id: country, provider and contract (EMAID of ISO 15118-1
/// annex H, or the older EVCO id of DIN SPEC 91286), with or without signs between.
#[must_use]
pub fn is_contract_id(text: &str) -> bool {
    let signs: String = text.chars().filter(|c| !matches!(c, '-' | '*')).collect();
    let (country, rest) = signs.split_at_checked(2).unwrap_or_default();
    let country = country.len() == 2 && country.chars().all(|c| c.is_ascii_alphabetic());
    country && (9..=13).contains(&rest.len()) && rest.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Whether a text names a language as BCP 47 does, with a country or without.
#[must_use]
pub fn is_language(text: &str) -> bool {
    let (language, country) = match text.split_once('-') {
        None => (text, None),
        Some((language, country)) => (language, Some(country)),
    };
    let lower = |text: &str| text.chars().all(|c| c.is_ascii_lowercase());
    let upper = |text: &str| text.len() == 2 && text.chars().all(|c| c.is_ascii_uppercase());
    matches!(language.len(), 2 | 3) && lower(language) && country.is_none_or(upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_would_type_is_taken_and_nonsense_is_not() {
        for text in ["+49 170 1234567", "0043/1/58858-0", "(030) 12345"] {
            assert!(is_phone(text), "{text}");
        }
        for text in [
            "",
            "+",
            "1234",
            "call me",
            "+49 170 12345678901234567890",
            "49+1701234",
        ] {
            assert!(!is_phone(text), "{text}");
        }
        for text in ["B-XY 1234", "W 12345 A", "ŁÓD 77", "京A12345", "1-ABC-234"] {
            assert!(is_plate(text), "{text}");
        }
        for text in ["", "--", "B;XY", "ABCDEFGHIJKLMNOPQ"] {
            assert!(!is_plate(text), "{text}");
        }
        for text in [
            "DE-8AA-C12345678-X",
            "DE8AAC12345678X",
            "DE*8AA*123456*7",
            "NLICU00012345",
        ] {
            assert!(is_contract_id(text), "{text}");
        }
        for text in [
            "",
            "DE",
            "12-8AA-C12345678",
            "DE-8AA",
            "DE8AAC12345678XYZ",
            "ÄÖ8AAC12345678",
        ] {
            assert!(!is_contract_id(text), "{text}");
        }
        for text in ["de", "de-AT", "gsw-CH"] {
            assert!(is_language(text), "{text}");
        }
        for text in ["", "deutsch", "DE", "de-at", "de_AT", "d", "de-"] {
            assert!(!is_language(text), "{text}");
        }
    }

    #[test]
    fn an_erased_driver_has_no_name_and_prints_none_before_either() {
        use uuid::Uuid;
        let driver = Driver {
            id: DriverId::from_uuid(Uuid::from_u128(1)),
            org: OrgId::from_uuid(Uuid::from_u128(2)),
            details: Personal::new(Details {
                name: "Eva".to_owned(),
                ..Details::default()
            }),
            state: DriverState::Blocked,
            created_at: Moment::default(),
            erased_at: None,
        };
        assert!(!format!("{driver:?}").contains("Eva"));
        let erased = driver.erased(Moment::default());
        assert!(*erased.details.sealed() == Details::default());
        assert_eq!(erased.state, DriverState::Archived);
    }
}
