//! Where chance comes from: one independent, labelled stream for each consumer.
//!
//! A stream is derived from (seed, owner, label) alone, so that a new consumer with a new label
//! never shifts the numbers of the others.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

/// A deterministic stream of random numbers.
#[derive(Debug, Clone)]
pub struct Dice(StdRng);

impl Dice {
    /// The stream of `owner` (an identity) for the purpose `label`.
    #[must_use]
    pub fn new(seed: u64, owner: &str, label: &str) -> Self {
        // FNV-1a, with a separator so that ("ab","c") and ("a","bc") differ.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        let bytes = seed.to_le_bytes();
        let all = bytes
            .iter()
            .chain(owner.as_bytes())
            .chain(&[0xff])
            .chain(label.as_bytes());
        for byte in all {
            hash ^= u64::from(*byte);
            hash = hash.wrapping_mul(0x0000_0100_0000_01b3);
        }
        Self(StdRng::seed_from_u64(hash))
    }

    /// A number from `low` to `high`, both included; `low` when the range is empty.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            low
        } else {
            self.0.random_range(low..=high)
        }
    }

    /// True in `permille` of 1,000 throws.
    pub fn chance(&mut self, permille: u32) -> bool {
        self.0.random_range(0..1000) < permille
    }

    /// One of the given things, or nothing when there are none.
    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        if things.is_empty() {
            None
        } else {
            things.get(self.0.random_range(0..things.len()))
        }
    }

    /// A version 4 UUID from this stream.
    pub fn uuid(&mut self) -> Uuid {
        let mut bytes = [0u8; 16];
        self.0.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// A waiting time in seconds, exponentially distributed around `mean`.
    pub fn waiting(&mut self, mean: f64) -> i64 {
        let u: f64 = self.0.random_range(0.000_1..1.0);
        (-u.ln() * mean) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn streams_are_repeatable_and_independent() {
        let draw = |label: &str| {
            let mut dice = Dice::new(7, "DEPOT-01", label);
            (0..8)
                .map(|_| dice.between(0, 1_000_000))
                .collect::<Vec<_>>()
        };
        assert_eq!(draw("vehicles"), draw("vehicles"));
        assert_ne!(draw("vehicles"), draw("arrivals"));
    }
}
