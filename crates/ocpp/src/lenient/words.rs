//! Words and field names that stations write in their own way (quirks 24, 25, 35).
//!
//! Owns the aliases. They depend on the words that a version knows, never on its number.

/// What a word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    /// It is in the enumeration.
    Itself,
    /// This word of the enumeration.
    Word(&'static str),
    /// Known, but better left out (`Hz`: a frequency has no unit in 1.6, erratum 3.86).
    Nothing,
    /// Nobody knows.
    Unknown,
}

/// (field, letters and digits of the word in lower case, meaning). A meaning holds when the
/// enumeration has it. `Occupied` of older versions says that something is plugged in; `Preparing`
/// is the word that claims least. A field `*` is every field.
const ALIASES: &[(&str, &str, &str)] = &[
    ("status", "occupied", "Preparing"),
    ("status", "free", "Available"),
    ("status", "idle", "Available"),
    ("status", "suspended", "SuspendedEV"),
    ("status", "fault", "Faulted"),
    ("status", "error", "Faulted"),
    ("status", "offline", "Unavailable"),
    ("status", "outofservice", "Unavailable"),
    ("connectorStatus", "preparing", "Occupied"),
    ("connectorStatus", "charging", "Occupied"),
    ("connectorStatus", "suspendedev", "Occupied"),
    ("connectorStatus", "suspendedevse", "Occupied"),
    ("connectorStatus", "finishing", "Occupied"),
    ("connectorStatus", "fault", "Faulted"),
    ("errorCode", "none", "NoError"),
    ("errorCode", "ok", "NoError"),
    ("errorCode", "0", "NoError"),
    ("unit", "celcius", "Celsius"),
    ("unit", "celsius", "Celcius"),
    ("unit", "c", "Celsius"),
    ("unit", "degc", "Celsius"),
    ("unit", "f", "Fahrenheit"),
    ("unit", "pct", "Percent"),
    ("unit", "kelvin", "K"),
    ("unit", "volt", "V"),
    ("unit", "volts", "V"),
    ("unit", "amp", "A"),
    ("unit", "amps", "A"),
    ("unit", "ampere", "A"),
    ("unit", "watt", "W"),
    ("unit", "watts", "W"),
    ("measurand", "stateofcharge", "SoC"),
    ("phase", "phase1", "L1"),
    ("phase", "phase2", "L2"),
    ("phase", "phase3", "L3"),
    ("phase", "1", "L1"),
    ("phase", "2", "L2"),
    ("phase", "3", "L3"),
    ("reason", "remotestop", "Remote"),
    ("reason", "unplugged", "EVDisconnected"),
    ("stoppedReason", "remotestop", "Remote"),
    ("stoppedReason", "unplugged", "EVDisconnected"),
    ("*", "cancelled", "Canceled"),
    ("*", "acceptedcancelled", "AcceptedCanceled"),
];

/// Where an unknown word still says something: an absent reason would mean `Local`, an absent
/// error would be none.
const CATCH_ALL: &[(&str, &str)] = &[
    ("reason", "Other"),
    ("stoppedReason", "Other"),
    ("errorCode", "OtherError"),
];

/// Field names of older versions: (there, here).
const FIELD_ALIASES: &[(&str, &str)] = &[("values", "value")];

/// Finds the word of an enumeration that was meant.
pub(super) fn resolve(field: &str, words: &[&'static str], text: &str) -> Meant {
    if words.contains(&text) {
        return Meant::Itself;
    }
    let key = key(text);
    let of_enum = |wanted: &str| words.iter().copied().find(|word| *word == wanted);
    if !key.is_empty()
        && let Some(word) = words.iter().copied().find(|word| self::key(word) == key)
    {
        return Meant::Word(word);
    }
    match (field, text.trim()) {
        ("unit", "%") => return of_enum("Percent").map_or(Meant::Unknown, Meant::Word),
        ("unit", _) if matches!(key.as_str(), "hz" | "hertz") => return Meant::Nothing,
        _ => {}
    }
    ALIASES
        .iter()
        .filter(|(of, alias, _)| (*of == field || *of == "*") && *alias == key)
        .find_map(|(_, _, word)| of_enum(word))
        .or_else(|| {
            let (_, word) = CATCH_ALL.iter().find(|(of, _)| *of == field)?;
            of_enum(word)
        })
        .map_or(Meant::Unknown, Meant::Word)
}

/// Finds the field that was meant.
pub(super) fn field_alias(name: &str, fields: &[&'static str]) -> Option<&'static str> {
    let wanted = key(name);
    let alias = FIELD_ALIASES
        .iter()
        .find(|(there, _)| *there == name)
        .map(|(_, here)| *here);
    fields
        .iter()
        .copied()
        .find(|field| key(field) == wanted || Some(*field) == alias)
}

fn key(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
