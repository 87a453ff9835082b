//! How often drift at one station is put back: at most three times an hour, never in a session
//! when a restart is needed, and not for ever against somebody who changes it back (access.md C).

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{Drift, folded};
use crate::clock::Moment;
use crate::command::VariableName;

/// Times in an hour.
const BUDGET: usize = 3;

/// What is done about the drift now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Write the wishes again.
    Revert,
    /// Wait for the session to end: the station would restart.
    AfterSession,
    /// The hour's times are used up; look again then.
    Exhausted {
        /// From when there is one again.
        until: Moment,
    },
    /// The same change came back each time within a day: somebody has to look.
    Oscillating,
}

/// For so long the same change counts as the same.
const WINDOW: TimeDelta = TimeDelta::hours(24);

/// The times that one station's settings were put back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reverts {
    done: Vec<Done>,
}

/// One time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Done {
    at: Moment,
    found: Vec<(VariableName, Option<String>)>,
}

impl Reverts {
    /// What is done about `drift`. `would_interrupt`: a session runs, and a setting among these
    /// needs a restart.
    #[must_use]
    pub fn decide(&self, drift: &[Drift], would_interrupt: bool, now: Moment) -> Verdict {
        let found = found(drift);
        let lately = |d: &&Done| d.found == found && now - d.at < WINDOW;
        let again = self.done.iter().rev().take_while(lately);
        if again.count() >= BUDGET {
            return Verdict::Oscillating;
        }
        if let Some(until) = self.free_at().filter(|until| *until > now) {
            return Verdict::Exhausted { until };
        }
        if would_interrupt {
            return Verdict::AfterSession;
        }
        Verdict::Revert
    }

    /// Like [`Self::decide`] for a station that restarted since the last time: one that forgets its
    /// settings in a restart has them written again, and nobody changes them back.
    #[must_use]
    pub fn decide_after_restart(&self, would_interrupt: bool, now: Moment) -> Verdict {
        if let Some(until) = self.free_at().filter(|until| *until > now) {
            return Verdict::Exhausted { until };
        }
        if would_interrupt {
            return Verdict::AfterSession;
        }
        Verdict::Revert
    }

    /// Writes down that the wishes were written again.
    pub fn reverted(&mut self, drift: &[Drift], now: Moment) {
        let found = found(drift);
        self.done.push(Done { at: now, found });
        let old = self.done.len().saturating_sub(BUDGET);
        self.done.drain(..old);
    }

    /// Forgets the times before `since`.
    pub fn forget(&mut self, since: Moment) {
        self.done.retain(|done| done.at >= since);
    }

    /// Somebody looked: begin anew.
    pub fn settle(&mut self) {
        self.done.clear();
    }

    /// When the last hour has room for one more.
    fn free_at(&self) -> Option<Moment> {
        let first = self.done.len().checked_sub(BUDGET)?;
        self.done
            .get(first)
            .map(|done| done.at + TimeDelta::hours(1))
    }
}

/// What was found, in an order of its own.
fn found(drift: &[Drift]) -> Vec<(VariableName, Option<String>)> {
    let mut found: Vec<_> = drift
        .iter()
        .map(|drift| (folded(&drift.wish.name), drift.found.clone()))
        .collect();
    found.sort_by_cached_key(|(name, value)| format!("{name:?}{value:?}"));
    found
}
