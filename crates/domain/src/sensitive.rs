//! What the name of a field or of a variable tells about its value: whether it is about a driver,
//! or a secret. One list for everything that hides values: the wire log, answers to commands,
//! notices and variables. Too much is hidden rather than too little.

use std::ops::Range;

/// How a value of a certain name is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sensitivity {
    /// Shown to everybody who sees the message.
    Open,
    /// Words of a vendor or a station. What looks like a card's number, an address or a plate is
    /// hidden from those without the right to driver data.
    FreeText,
    /// About a driver, a vehicle or a payment.
    Personal,
    /// Personal with everything below it, because nobody knows what stands there.
    Record,
    /// A password or a key: never kept, never shown.
    Secret,
}

/// Parts of names of secrets.
const SECRET: [&str; 5] = [
    "password",
    "authorizationkey",
    "passphrase",
    "privatekey",
    "secret",
];

/// Names of values that nobody foresees: data of vendors, customers' addresses.
const RECORD: [&str; 5] = ["data", "customdata", "company", "address", "customerinfo"];

/// Parts of names of personal values.
const PERSONAL_PART: [&str; 14] = [
    "idtag",
    "token",
    "emaid",
    "contractid",
    "customer",
    "evccid",
    "driver",
    "email",
    "phone",
    "plate",
    "holder",
    "vehicleid",
    "vehiclecert",
    "passgroup",
];

/// Names of personal values.
const PERSONAL: [&str; 21] = [
    "vin",
    "vatnumber",
    "keycode",
    "certificate",
    "certificatechain",
    "exirequest",
    "exiresponse",
    "signedmetervalue",
    "signedmeterdata",
    "evinverterserialnumber",
    "receiptid",
    "receipturl",
    "pspref",
    "address1",
    "address2",
    "postalcode",
    "city",
    "username",
    "firstname",
    "lastname",
    "surname",
];

/// Names of free texts.
const FREE_TEXT: [&str; 11] = [
    "info",
    "techinfo",
    "additionalinfo",
    "vendorinfo",
    "vendorerrorcode",
    "extrainfo",
    "failurereason",
    "errordescription",
    "content",
    "actualvalue",
    "description",
];

/// What the name of a field or of a variable tells. Case and the signs `_`, `-` and space do not
/// count.
#[must_use]
pub fn sensitivity(name: &str) -> Sensitivity {
    let name: String = name
        .chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect();
    let name = name.as_str();
    if SECRET.iter().any(|part| name.contains(part)) {
        Sensitivity::Secret
    } else if RECORD.contains(&name) {
        Sensitivity::Record
    } else if PERSONAL.contains(&name) || PERSONAL_PART.iter().any(|part| name.contains(part)) {
        Sensitivity::Personal
    } else if FREE_TEXT.contains(&name) {
        Sensitivity::FreeText
    } else {
        Sensitivity::Open
    }
}

/// Whether a text speaks of anything personal or secret by its usual names. For texts with a
/// structure that is not known.
#[must_use]
pub fn tells(text: &str) -> bool {
    let lower = text.to_lowercase();
    SECRET
        .iter()
        .chain(&PERSONAL_PART)
        .chain(&PERSONAL)
        .any(|word| lower.contains(word))
}

/// Where in a free text something stands that could name a person: a mail address, or a word of
/// four letters and digits or more with two digits or more that is no moment and no short number.
#[must_use]
pub fn identifiers(text: &str) -> Vec<Range<usize>> {
    let part =
        |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '@' | '+' | '/');
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (start, part(c)) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                let word = text.get(from..at).unwrap_or_default();
                let word = word.trim_end_matches(['.', ':', '-', '/']);
                if names_somebody(word) {
                    found.push(from..from + word.len());
                }
                start = None;
            }
            _ => {}
        }
    }
    found
}

fn names_somebody(word: &str) -> bool {
    const SHORT: usize = 6;
    if word.contains('@') {
        return true;
    }
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let signs = word.chars().filter(|c| c.is_alphanumeric()).count();
    let number = word.parse::<f64>().is_ok() && signs <= SHORT;
    let moment = chrono::DateTime::parse_from_rfc3339(word).is_ok();
    digits >= 2 && signs >= 4 && !number && !moment
}

/// Where in an address of a file something stands that opens it: a user and a password before the
/// `@`, or the secret of one of our own links (`/f/<secret>/…`, `/u/<secret>/…`).
#[must_use]
pub fn url_secret(text: &str) -> Option<Range<usize>> {
    let start = text.find("://")? + 3;
    let authority = text.get(start..)?.split('/').next()?;
    if let Some(end) = authority.rfind('@').filter(|end| *end > 0) {
        return Some(start..start + end);
    }
    let path = start + authority.len();
    let marks = ["/f/", "/u/"].into_iter();
    let mut links = marks.filter_map(|mark| {
        let from = path + text.get(path..)?.find(mark)? + mark.len();
        let secret = text.get(from..)?.split('/').next()?;
        let drawn = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let is_ours = secret.len() == LINK_SECRET && secret.chars().all(drawn);
        is_ours.then_some(from..from + secret.len())
    });
    links.next()
}

/// Characters of the secret of a link: 256 bits in base64.
const LINK_SECRET: usize = 43;

/// An address without what [`url_secret`] finds in it.
#[must_use]
pub fn without_url_secret(text: &str) -> String {
    let mut shown = text.to_owned();
    if let Some(range) = url_secret(text) {
        shown.replace_range(range, "***");
    }
    shown
}

/// A free text with [`identifiers`] masked.
#[must_use]
pub fn scrubbed(text: &str) -> String {
    let spans = identifiers(text).into_iter();
    let spans = spans.map(|span| {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        (place(span.start), place(span.end))
    });
    let spans: Vec<_> = spans.collect();
    crate::wire_log::masked(text, &spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_their_values_are() {
        for (name, kind) in [
            ("BasicAuthPassword", Sensitivity::Secret),
            ("AuthorizationKey", Sensitivity::Secret),
            ("idTag", Sensitivity::Personal),
            ("MasterPassGroupId", Sensitivity::Personal),
            ("VehicleId", Sensitivity::Personal),
            ("default_id_tag", Sensitivity::Personal),
            ("customData", Sensitivity::Record),
            ("techInfo", Sensitivity::FreeText),
            ("HeartbeatInterval", Sensitivity::Open),
            ("firmwareVersion", Sensitivity::Open),
            ("transactionId", Sensitivity::Open),
        ] {
            assert_eq!(sensitivity(name), kind, "{name}");
        }
    }

    #[test]
    fn identifiers_in_free_texts_are_hidden_and_the_rest_is_kept() {
        for (text, shown) in [
            ("Card 04AABBCCDD refused", "Card ••••CCDD refused"),
            ("call +491701234567", "call ••••4567"),
            ("eva@example.org, B-XY1234", "••••.org, ••••1234"),
            ("contactor K1 open at 63.5 A", "contactor K1 open at 63.5 A"),
            ("since 2026-01-02T03:04:05Z", "since 2026-01-02T03:04:05Z"),
            ("E-17: relay 230 V", "E-17: relay 230 V"),
            ("ä04AABB1ö ", "••••BB1ö "),
        ] {
            assert_eq!(scrubbed(text), shown, "{text}");
        }
    }

    #[test]
    fn what_opens_a_file_is_hidden_in_its_address() {
        let secret = "A".repeat(43);
        for (url, shown) in [
            ("ftp://u:p@h:21/x.bin".to_owned(), "ftp://***@h:21/x.bin"),
            (
                format!("http://h:9080/f/{secret}/x.bin"),
                "http://h:9080/f/***/x.bin",
            ),
            (format!("https://h/sub/u/{secret}/"), "https://h/sub/u/***/"),
            (
                "https://h/f/short/x.bin".to_owned(),
                "https://h/f/short/x.bin",
            ),
            ("no address".to_owned(), "no address"),
        ] {
            assert_eq!(without_url_secret(&url), shown);
        }
    }
}
