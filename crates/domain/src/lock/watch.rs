//! The watch over a lock: what was frozen, what the station says of it, and what is done where the
//! two differ (access.md C, enforcement 2 and 3).

mod pending;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::command::VariableName;
use crate::setting::{
    CriticalList, Drift, Reaction, Reverts, Sphere, Verdict, Wish, drift, folded, same,
};
use crate::variable::{Mutability, VariableReading};

pub use pending::Writer;
use pending::{Pending, Tolerated};

/// After so many looks in a row at which the station told nothing, people are told.
const MISSED: u32 = 3;
/// A station without budget for another revert is looked at again after this.
const EXHAUSTED: TimeDelta = TimeDelta::minutes(5);

/// How the frozen settings are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WatchState {
    /// As they were frozen.
    #[default]
    Steady,
    /// Some differ; people were told, and nothing is written.
    Drifted,
    /// Some differed, and were written again.
    PutBack,
    /// Some differ, and are put back when the session has ended.
    AfterSession,
    /// Some differ, were written again, and hold after the next boot.
    AfterBoot,
    /// Some differ, and were put back as often as an hour allows.
    Exhausted,
    /// The same change came back each time: somebody has to look.
    Oscillating,
    /// Some differ, and the station was taken into maintenance.
    Quarantined,
    /// The station did not tell them, time and again.
    Unread,
}

/// The watch over one lock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The frozen settings.
    pub wishes: Vec<Wish>,
    /// What differed at the last look.
    pub drift: Vec<Drift>,
    /// How they are.
    pub state: WatchState,
    /// When the station was last read.
    pub looked_at: Option<Moment>,
    /// Whether the station was asked to tell of changes by itself, since its last boot; those of 1.6
    /// cannot.
    #[serde(default)]
    pub monitored: bool,
    /// The station's numbers of the monitors that are ours.
    #[serde(default)]
    pub monitors: Vec<i32>,
    reverts: Reverts,
    /// Looks in a row at which the station told nothing.
    #[serde(default)]
    missed: u32,
    /// Whether people were told that settings are put back no more.
    #[serde(default)]
    stopped: bool,
    /// Writes on their way, of which nobody knows yet what the station makes.
    #[serde(default)]
    pending: Vec<Pending>,
    /// When the last write of a setting was answered: what was read before says nothing.
    #[serde(default)]
    answered: Vec<(VariableName, Moment)>,
    /// Values that hold until the next boot.
    #[serde(default)]
    tolerated: Vec<Tolerated>,
}

/// What is to be done after a look. Nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Act {
    /// Write these again.
    pub revert: Vec<(VariableName, String)>,
    /// Take the station into maintenance.
    pub quarantine: bool,
    /// Tell people that there is drift which they were not told of.
    pub news: bool,
    /// Tell people that settings are put back no more.
    pub stopped: bool,
    /// Look again out of turn, after this.
    pub again: Option<TimeDelta>,
}

/// How a station was when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// When it was asked.
    pub asked: Moment,
    /// Whether a session runs there.
    pub charging: bool,
    /// When it last booted.
    pub booted: Option<Moment>,
}

impl Watch {
    /// Freezes what a station told: each critical setting with the reaction of its sphere. What
    /// cannot be written can be told of only.
    #[must_use]
    pub fn freeze(critical: &CriticalList, reported: &[VariableReading]) -> Self {
        let mut wishes: Vec<Wish> = Vec::new();
        for reading in reported.iter().filter(|r| critical.freezes(r)) {
            let name = folded(&reading.name);
            wishes.retain(|wish| folded(&wish.name) != name);
            let sphere = critical.sphere(&reading.name).unwrap_or(Sphere::Added);
            let reaction = match reading.mutability {
                Some(Mutability::ReadOnly) => Reaction::Alert,
                _ => sphere.reaction(),
            };
            wishes.extend(reading.value.clone().map(|value| Wish {
                name: reading.name.clone(),
                value,
                reaction,
            }));
        }
        Self {
            wishes,
            ..Self::default()
        }
    }

    /// A watch over the same settings of another device: nothing is known of it yet.
    #[must_use]
    pub fn anew(wishes: Vec<Wish>) -> Self {
        Self {
            wishes,
            ..Self::default()
        }
    }

    /// Whether any frozen setting is of this component and variable: what a monitor tells may say
    /// neither EVSE nor instance.
    #[must_use]
    pub fn concerns(&self, name: &VariableName) -> bool {
        let name = folded(name);
        let same =
            |wish: VariableName| wish.component == name.component && wish.variable == name.variable;
        self.wishes.iter().any(|wish| same(folded(&wish.name)))
    }

    /// Chooses what is done about drift of one setting; false when it is not frozen.
    pub fn choose(&mut self, name: &VariableName, reaction: Reaction) -> bool {
        let name = folded(name);
        let found = self.wishes.iter_mut().find(|w| folded(&w.name) == name);
        found.map(|wish| wish.reaction = reaction).is_some()
    }

    /// Somebody looked at the drift, and settings may be put back again.
    pub fn settle(&mut self) {
        self.reverts.settle();
        self.stopped = false;
    }

    /// Whether any electrical setting differs, or may: load management then counts on the most that
    /// the station could draw.
    #[must_use]
    pub fn electrical(&self, critical: &CriticalList) -> bool {
        let of = |name: &VariableName| critical.sphere(name) == Some(Sphere::Electrical);
        let unread = self.state == WatchState::Unread;
        self.drift.iter().any(|d| of(&d.wish.name))
            || unread && self.wishes.iter().any(|wish| of(&wish.name))
    }

    /// The station told nothing, once more. True when people are to be told of it now.
    pub fn missed(&mut self) -> bool {
        self.missed = self.missed.saturating_add(1);
        let news = self.missed >= MISSED && self.state != WatchState::Unread;
        if news {
            self.state = WatchState::Unread;
        }
        news
    }

    /// Takes in what the station said of the frozen settings, and tells what is to be done.
    pub fn look(
        &mut self,
        critical: &CriticalList,
        reported: &[VariableReading],
        look: Look,
    ) -> Act {
        let asked = look.asked;
        self.missed = 0;
        let booted = |since: Moment| look.booted.is_some_and(|booted| booted > since);
        self.tolerated.retain(|t| !booted(t.since));
        let mut found = drift(&self.wishes, reported);
        found.retain(|d| !self.is_underway(d, asked));
        self.answered.retain(|(_, at)| *at >= asked);
        let mut act = Act {
            news: found.iter().any(|d| !self.drift.contains(d)),
            ..Act::default()
        };
        self.drift = found;
        self.looked_at = Some(asked);
        let quarantined = self.state == WatchState::Quarantined;
        self.state = WatchState::Steady;
        if self.drift.is_empty() {
            self.stopped = false;
            return act;
        }
        self.put_back(critical, look, &mut act);
        let reactions = self.drift.iter().map(Drift::reaction);
        if reactions.into_iter().any(|r| r == Reaction::Quarantine) {
            self.state = WatchState::Quarantined;
            act.quarantine = !quarantined;
        }
        act
    }

    fn put_back(&mut self, critical: &CriticalList, look: Look, act: &mut Act) {
        let (waiting, back): (Vec<Drift>, Vec<Drift>) = self
            .drift
            .iter()
            .filter(|d| d.reaction() == Reaction::Revert)
            .cloned()
            .partition(|d| self.awaits_boot(d));
        if back.is_empty() {
            self.state = match waiting.is_empty() {
                true => WatchState::Drifted,
                // The boot itself has the station read again.
                false => WatchState::AfterBoot,
            };
            return;
        }
        // Stations restart to use another connection.
        let connection = |d: &Drift| critical.sphere(&d.wish.name) == Some(Sphere::Connection);
        let interrupts = look.charging && back.iter().any(connection);
        let verdict = self.reverts.decide(&back, interrupts, look.asked);
        (self.state, act.again) = match verdict {
            Verdict::Revert => (WatchState::PutBack, Some(TimeDelta::zero())),
            Verdict::AfterSession => (WatchState::AfterSession, Some(TimeDelta::zero())),
            Verdict::Exhausted { .. } => (WatchState::Exhausted, Some(EXHAUSTED)),
            Verdict::Oscillating => (WatchState::Oscillating, None),
        };
        if matches!(verdict, Verdict::Exhausted { .. } | Verdict::Oscillating) {
            act.stopped = !self.stopped;
            self.stopped = true;
        }
        if verdict == Verdict::Revert {
            self.stopped = false;
            self.reverts.reverted(&back, look.asked);
            let values = back.into_iter().map(|d| (d.wish.name, d.wish.value));
            act.revert = values.collect();
        }
    }
}
