//! Writes of frozen settings on their way: what somebody with access wrote becomes the wish when
//! the station says that it took it, and only then.

use serde::{Deserialize, Serialize};

use super::{Drift, Watch, folded, same};
use crate::clock::Moment;
use crate::command::{VariableName, WriteResult, Written};
use crate::id::CommandId;

/// Who writes a frozen setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Writer {
    /// Somebody with access: what they write is the wish from then on.
    Granted,
    /// The lock itself, which puts back what drifted.
    Watch,
}

/// A write of which nobody knows yet what the station makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    command: CommandId,
    name: VariableName,
    value: String,
    by: Writer,
}

/// A value that a station keeps until it boots, although another was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tolerated {
    name: VariableName,
    value: String,
    by: Writer,
    pub(super) since: Moment,
}

impl Watch {
    /// These settings are written now by `command`. Those that are not frozen are nothing to the
    /// watch.
    pub fn expect(
        &mut self,
        command: CommandId,
        by: Writer,
        values: impl IntoIterator<Item = (VariableName, String)>,
    ) {
        for (name, value) in values {
            let name = folded(&name);
            let frozen = self.wishes.iter().any(|wish| folded(&wish.name) == name);
            self.pending
                .retain(|p| p.command != command || p.name != name);
            if frozen {
                self.pending.push(Pending {
                    command,
                    name,
                    value,
                    by,
                });
            }
        }
    }

    /// Whether the watch itself may write this: it is still the wish, and nobody with access writes
    /// the setting meanwhile.
    #[must_use]
    pub fn may_put_back(&self, name: &VariableName, value: &str) -> bool {
        let name = folded(name);
        let wished = |wish: &&super::Wish| folded(&wish.name) == name && wish.value == value;
        self.wishes.iter().any(|wish| wished(&wish)) && !self.is_written(&name)
    }

    /// A command has its outcome: what the station made of each setting. What it took is the wish;
    /// what it takes with its next boot is the wish too, and the old value is no drift until then.
    /// Whatever else came of it changes no wish. False when the watch knew nothing of the command.
    pub fn written(&mut self, command: CommandId, outcome: &[WriteResult], at: Moment) -> bool {
        let (own, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|p| p.command == command);
        self.pending = rest;
        for pending in &own {
            let mut answers = outcome.iter().rev();
            let said = answers.find(|said| folded(&said.name) == pending.name);
            self.answered.retain(|(name, _)| *name != pending.name);
            self.answered.push((pending.name.clone(), at));
            if let Some(became @ (Written::Accepted | Written::RebootRequired)) =
                said.map(|said| said.result)
            {
                self.took(pending, became, at);
            }
        }
        !own.is_empty()
    }

    fn took(&mut self, pending: &Pending, became: Written, at: Moment) {
        let name = &pending.name;
        let mut wishes = self.wishes.iter_mut();
        let Some(wish) = wishes.find(|wish| folded(&wish.name) == *name) else {
            return;
        };
        let kept = match pending.by {
            Writer::Granted => Some(std::mem::replace(&mut wish.value, pending.value.clone())),
            Writer::Watch => {
                let mut drift = self.drift.iter();
                let drifted = drift.find(|d| folded(&d.wish.name) == *name);
                drifted.and_then(|d| d.found.clone())
            }
        };
        self.tolerated.retain(|t| t.name != *name);
        if let (Written::RebootRequired, Some(value)) = (became, kept) {
            self.tolerated.push(Tolerated {
                name: name.clone(),
                value,
                by: pending.by,
                since: at,
            });
        }
    }

    /// Whether somebody with access writes the setting now; its name is folded.
    fn is_written(&self, name: &VariableName) -> bool {
        let mut pending = self.pending.iter();
        pending.any(|p| p.name == *name && p.by == Writer::Granted)
    }

    /// Whether a difference is no drift: the setting is being written, was written since the
    /// station was asked, or somebody wrote it and the station keeps the old value until it boots.
    pub(super) fn is_underway(&self, drift: &Drift, asked: Moment) -> bool {
        let name = folded(&drift.wish.name);
        let mut answered = self.answered.iter();
        self.is_written(&name)
            || answered.any(|(known, at)| *known == name && *at >= asked)
            || self.keeps(drift, Writer::Granted)
    }

    /// Whether drift was put back, and goes with the next boot.
    pub(super) fn awaits_boot(&self, drift: &Drift) -> bool {
        self.keeps(drift, Writer::Watch)
    }

    fn keeps(&self, drift: &Drift, by: Writer) -> bool {
        let name = folded(&drift.wish.name);
        self.tolerated.iter().any(|t| {
            let found = drift.found.as_deref();
            let kept = found.is_some_and(|found| same(&drift.wish.name, &t.value, found));
            t.by == by && t.name == name && kept
        })
    }
}
