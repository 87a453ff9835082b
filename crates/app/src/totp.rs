//! Time-based one-time passwords (RFC 6238): SHA-1, six digits, steps of 30 seconds, which is what
//! authenticator apps agree on.

use domain::clock::Moment;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;

use crate::secret;

/// Seconds of a step.
const STEP_S: i64 = 30;
/// Steps that a clock may be off, either way.
const WINDOW: i64 = 1;
/// Bytes of a seed (RFC 4226 section 4 recommends 160 bits).
pub(crate) const SEED: usize = 20;

/// The code of a time step (RFC 4226 section 5.3).
fn code(seed: &[u8], step: i64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(seed).ok()?;
    mac.update(&step.to_be_bytes());
    let digest: [u8; 20] = mac.finalize().into_bytes().into();
    let at = usize::from(digest[19] & 0xf);
    let word = u32::from_be_bytes([digest[at], digest[at + 1], digest[at + 2], digest[at + 3]]);
    Some(format!("{:06}", (word & 0x7fff_ffff) % 1_000_000))
}

/// The step of which `given` is the code at `now`, if it is later than the `last` one used.
pub(crate) fn step(seed: &[u8], given: &str, now: Moment, last: i64) -> Option<i64> {
    let given: String = given.chars().filter(|c| !c.is_whitespace()).collect();
    let present = now.timestamp() / STEP_S;
    (present - WINDOW..=present + WINDOW)
        .filter(|step| *step > last)
        .find(|step| code(seed, *step).is_some_and(|code| secret::same(&code, &given)))
}

/// A seed as people type it (RFC 4648 section 6, without padding).
pub(crate) fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    for group in bytes.chunks(5) {
        let mut word = [0; 8];
        word[3..3 + group.len()].copy_from_slice(group);
        let word = u64::from_be_bytes(word);
        for n in 0..(group.len() * 8).div_ceil(5) {
            let letter = usize::try_from((word >> (35 - 5 * n)) & 31).unwrap_or(0);
            text.push(char::from(LETTERS[letter]));
        }
    }
    text
}

/// The seed back from its text.
pub(crate) fn seed(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut word, mut bits) = (0_u32, 0);
    for c in text.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'2'..=b'7' => c - b'2' + 26,
            _ => return None,
        };
        word = (word << 5) | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((word >> bits) & 0xff).ok()?);
            word &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

/// What an authenticator app reads from the picture.
pub(crate) fn uri(account: &str, seed: &str) -> String {
    let account = utf8_percent_encode(account, NON_ALPHANUMERIC);
    format!("otpauth://totp/Busbar:{account}?secret={seed}&issuer=Busbar")
}

/// The code that an authenticator app shows for a seed in its text form; for tests.
#[cfg(feature = "testing")]
pub(crate) fn shown(text: &str, now: Moment) -> Option<String> {
    code(&seed(text)?, now.timestamp() / STEP_S)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chrono::DateTime;

    const SEED: &[u8] = b"12345678901234567890";

    /// RFC 6238 appendix B, the last six of its eight digits.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        for (at, right) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(SEED, at / STEP_S).unwrap(), right);
        }
    }

    #[test]
    fn a_code_counts_one_step_early_or_late_and_not_again() {
        let at = |s| DateTime::from_timestamp(s, 0).unwrap();
        let given = code(SEED, 1_000).unwrap();
        for (now, right) in [
            (29_969, None),
            (29_970, Some(1_000)),
            (30_059, Some(1_000)),
            (30_060, None),
        ] {
            assert_eq!(step(SEED, &given, at(now), 0), right, "{now}");
        }
        assert_eq!(step(SEED, &given, at(30_000), 1_000), None);
        let spaced = format!("{} {}", &given[..3], &given[3..]);
        assert_eq!(step(SEED, &spaced, at(30_000), 999), Some(1_000));
        assert_eq!(step(SEED, "", at(30_000), 0), None);
    }

    #[test]
    fn a_seed_is_the_same_after_its_text() {
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
        assert_eq!(base32(SEED), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(seed(&base32(SEED)).unwrap(), SEED);
        assert_eq!(seed("a1"), None);
    }
}
