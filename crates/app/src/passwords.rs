//! Which passwords people may choose: long ones, that nobody tries first.

use crate::error::Problem;

/// The shortest, in characters.
const SHORTEST: usize = 10;
/// The longest.
const LONGEST: usize = 200;
/// A part of an address that is shorter than this may stand in a password.
const SHORTEST_PART: usize = 4;
/// What is tried first, among those that are long enough.
const COMMON: &[&str] = &[
    "0123456789",
    "01234567890",
    "0987654321",
    "1029384756",
    "1111111111",
    "1122334455",
    "1234567890",
    "12345678901",
    "123456789012",
    "123456789a",
    "123456789q",
    "1234567891",
    "123qweasdzxc",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "9876543210",
    "abcd123456",
    "abcdefghij",
    "abcdefghijk",
    "administrator",
    "admin12345",
    "admin123456",
    "asdfghjkl1",
    "asdfghjkl;",
    "basketball",
    "changeme123",
    "changemenow",
    "charging123",
    "chargepoint",
    "chargingstation",
    "correcthorsebatterystaple",
    "football123",
    "iloveyou12",
    "iloveyou123",
    "letmein123",
    "letmein1234",
    "liverpool1",
    "michael123",
    "mypassword",
    "newpassword",
    "p@ssw0rd123",
    "pass123456",
    "password00",
    "password01",
    "password10",
    "password11",
    "password12",
    "password123",
    "password1234",
    "password12345",
    "password123456",
    "passwordpassword",
    "passw0rd123",
    "princess123",
    "q1w2e3r4t5",
    "q1w2e3r4t5y6",
    "qazwsxedcrfv",
    "qazwsxedc123",
    "qwerty1234",
    "qwerty12345",
    "qwerty123456",
    "qwertyuiop",
    "qwertyuiop1",
    "qwertyuiop123",
    "qwertz1234",
    "qwertzuiop",
    "secret1234",
    "sunshine123",
    "superman123",
    "welcome123",
    "welcome1234",
    "willkommen",
    "willkommen1",
    "zaq12wsxcde3",
    "zxcvbnm123",
];

/// What is wrong with `password` for the account of `email`, told at `pointer`.
pub(crate) fn problem(pointer: &str, password: &str, email: &str) -> Option<Problem> {
    let wrong = |code: &str, detail: &str| Some(Problem::at(pointer, code, detail));
    let count = password.chars().count();
    if !(SHORTEST..=LONGEST).contains(&count) {
        return wrong("invalid", "A password has 10 to 200 characters.");
    }
    let lower = password.to_lowercase();
    let one = lower.chars().next();
    if COMMON.contains(&lower.as_str()) || lower.chars().all(|c| Some(c) == one) {
        return wrong("too_common", "This password is among those tried first.");
    }
    let email = email.to_lowercase();
    let part = email.split('@').next().unwrap_or_default();
    if part.chars().count() >= SHORTEST_PART && lower.contains(part) {
        return wrong(
            "holds_address",
            "A password does not hold one's own address.",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_common_and_telling_passwords_are_refused() {
        let code = |password: &str| problem("/password", password, "Anna@example.org");
        let code = |password: &str| code(password).map(|p| p.code);
        assert_eq!(code("correct horse"), None);
        assert_eq!(code("short").as_deref(), Some("invalid"));
        assert_eq!(code(&"long".repeat(51)).as_deref(), Some("invalid"));
        assert_eq!(code("Password123").as_deref(), Some("too_common"));
        assert_eq!(code("zzzzzzzzzzzz").as_deref(), Some("too_common"));
        assert_eq!(code("I am ANNA here").as_deref(), Some("holds_address"));
        assert_eq!(problem("/password", "a better one", "a@example.org"), None);
    }
}
