//! How often one may be wrong: with a lock's password, and with the PUK.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::clock::Moment;

/// Wrong tries before a pause.
const TRIES: u32 = 5;
/// Doublings after which a pause grows no longer: ten days and more.
const DOUBLINGS: u32 = 10;

/// Wrong passwords of one account at one station: five, then a pause of 15 minutes; each further
/// five double the pause. The right one begins anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordTries {
    wrong: u32,
    paused_until: Option<Moment>,
}

impl PasswordTries {
    /// Until when nothing is tried; none when one may try now.
    #[must_use]
    pub fn paused(&self, now: Moment) -> Option<Moment> {
        self.paused_until.filter(|until| *until > now)
    }

    /// Counts a wrong one.
    pub fn wrong(&mut self, now: Moment) {
        self.wrong = self.wrong.saturating_add(1);
        if self.wrong.is_multiple_of(TRIES) {
            let doublings = (self.wrong / TRIES - 1).min(DOUBLINGS);
            self.paused_until = Some(now + TimeDelta::minutes(15 << doublings));
        }
    }
}

/// Wrong PUKs for one station: five in an hour, whoever tries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PukTries {
    wrong: Vec<Moment>,
}

impl PukTries {
    /// Until when nothing is tried; none when one may try now.
    #[must_use]
    pub fn paused(&self, now: Moment) -> Option<Moment> {
        let fifth_last = self.wrong.len().checked_sub(TRIES as usize)?;
        let until = *self.wrong.get(fifth_last)? + TimeDelta::hours(1);
        (until > now).then_some(until)
    }

    /// Counts a wrong one.
    pub fn wrong(&mut self, now: Moment) {
        self.wrong.retain(|at| *at + TimeDelta::hours(1) > now);
        self.wrong.push(now);
    }
}

/// `count` decimal digits, at most 18, from 64 random bits.
#[must_use]
pub fn digits(random: u64, count: u32) -> String {
    let count = count.min(18);
    let number = random % 10_u64.pow(count);
    format!("{number:0width$}", width = count as usize)
}
