//! The watch over a lock: what was frozen, what the station says of it, and what is done where the
//! two differ (access.md C, enforcement 2 and 3).

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::command::VariableName;
use crate::setting::{
    CriticalList, Drift, Reaction, Reverts, Sphere, Verdict, Wish, drift, folded,
};
use crate::variable::VariableReading;

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
    /// Some differ, and were put back as often as an hour allows.
    Exhausted,
    /// The same change came back each time: somebody has to look.
    Oscillating,
    /// Some differ, and the station was taken into maintenance.
    Quarantined,
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
    /// Whether the station was asked to tell of changes by itself; those of 1.6 cannot.
    #[serde(default)]
    pub monitored: bool,
    reverts: Reverts,
    /// Settings that somebody with access wrote, and since when: what the station says next is
    /// what was wished.
    expected: Vec<(VariableName, Moment)>,
}

/// What is to be done after a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Nothing.
    Nothing,
    /// Write these again.
    Revert(Vec<(VariableName, String)>),
    /// Take the station into maintenance.
    Quarantine,
}

impl Watch {
    /// Freezes what a station told: each critical setting with the reaction of its sphere.
    #[must_use]
    pub fn freeze(critical: &CriticalList, reported: &[VariableReading]) -> Self {
        let mut wishes: Vec<Wish> = Vec::new();
        for reading in reported.iter().filter(|r| critical.freezes(r)) {
            let name = folded(&reading.name);
            wishes.retain(|wish| folded(&wish.name) != name);
            let sphere = critical.sphere(&reading.name).unwrap_or(Sphere::Added);
            wishes.extend(reading.value.clone().map(|value| Wish {
                name: reading.name.clone(),
                value,
                reaction: sphere.reaction(),
            }));
        }
        Self {
            wishes,
            ..Self::default()
        }
    }

    /// Whether a setting is among the frozen.
    #[must_use]
    pub fn holds(&self, name: &VariableName) -> bool {
        let name = folded(name);
        self.wishes.iter().any(|wish| folded(&wish.name) == name)
    }

    /// Chooses what is done about drift of one setting; false when it is not frozen.
    pub fn choose(&mut self, name: &VariableName, reaction: Reaction) -> bool {
        let name = folded(name);
        let found = self.wishes.iter_mut().find(|w| folded(&w.name) == name);
        found.map(|wish| wish.reaction = reaction).is_some()
    }

    /// Somebody who may writes these settings now.
    pub fn expect(&mut self, names: impl IntoIterator<Item = VariableName>, now: Moment) {
        for name in names {
            let name = folded(&name);
            self.expected.retain(|(known, _)| *known != name);
            self.expected.push((name, now));
        }
    }

    /// Somebody looked at the drift, and settings may be put back again.
    pub fn settle(&mut self) {
        self.reverts.settle();
    }

    /// Whether any electrical setting differs: load management then counts on the most that the
    /// station could draw.
    #[must_use]
    pub fn electrical(&self, critical: &CriticalList) -> bool {
        let mut drift = self.drift.iter();
        drift.any(|d| critical.sphere(&d.wish.name) == Some(Sphere::Electrical))
    }

    /// Takes in what the station said of the frozen settings, when asked at `asked`. `charging`: a
    /// session runs there. Tells what is to be done, and whether there is drift that people were not
    /// told of.
    pub fn look(
        &mut self,
        critical: &CriticalList,
        reported: &[VariableReading],
        charging: bool,
        asked: Moment,
    ) -> (Act, bool) {
        self.take_expected(reported, asked);
        let found = drift(&self.wishes, reported);
        let news = found.iter().any(|d| !self.drift.contains(d));
        self.drift = found;
        self.looked_at = Some(asked);
        if self.drift.is_empty() {
            self.state = WatchState::Steady;
            return (Act::Nothing, false);
        }
        if self
            .drift
            .iter()
            .any(|d| d.reaction() == Reaction::Quarantine)
        {
            let act = match self.state {
                WatchState::Quarantined => Act::Nothing,
                _ => Act::Quarantine,
            };
            self.state = WatchState::Quarantined;
            return (act, news);
        }
        (self.put_back(critical, charging, asked), news)
    }

    fn put_back(&mut self, critical: &CriticalList, charging: bool, now: Moment) -> Act {
        let back: Vec<Drift> = self
            .drift
            .iter()
            .filter(|d| d.reaction() == Reaction::Revert)
            .cloned()
            .collect();
        if back.is_empty() {
            self.state = WatchState::Drifted;
            return Act::Nothing;
        }
        // Stations restart to use another connection.
        let connection = |d: &Drift| critical.sphere(&d.wish.name) == Some(Sphere::Connection);
        let interrupts = charging && back.iter().any(connection);
        let verdict = self.reverts.decide(&back, interrupts, now);
        self.state = match verdict {
            Verdict::Revert => WatchState::PutBack,
            Verdict::AfterSession => WatchState::AfterSession,
            Verdict::Exhausted { .. } => WatchState::Exhausted,
            Verdict::Oscillating => WatchState::Oscillating,
        };
        if verdict != Verdict::Revert {
            return Act::Nothing;
        }
        self.reverts.reverted(&back, now);
        let values = back.into_iter().map(|d| (d.wish.name, d.wish.value));
        Act::Revert(values.collect())
    }

    /// What somebody with access wrote before the station was asked is the wish from now on.
    fn take_expected(&mut self, reported: &[VariableReading], asked: Moment) {
        let (written, later): (Vec<_>, Vec<_>) =
            self.expected.drain(..).partition(|(_, at)| *at < asked);
        self.expected = later;
        for wish in &mut self.wishes {
            let name = folded(&wish.name);
            let new = reported
                .iter()
                .rev()
                .find(|r| r.attribute.eq_ignore_ascii_case("actual") && folded(&r.name) == name)
                .and_then(|r| r.value.clone());
            if let (true, Some(new)) = (written.iter().any(|(known, _)| *known == name), new) {
                wish.value = new;
            }
        }
    }
}
