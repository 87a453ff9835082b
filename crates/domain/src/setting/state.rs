//! How far one wish is, and what is done about it after a look at the station.
//!
//! Owns the decision for each setting: hold, write, wait, or stop. Pure: who reads and writes, and
//! whether a lock stands in the way, is said from outside.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{Drift, Reaction, Reverts, Verdict, Wish, same};
use crate::clock::Moment;
use crate::command::{WriteResult, Written};
use crate::id::{TemplateId, UserId};
use crate::variable::{Mutability, VariableReading};

/// How a wish stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingState {
    /// The station was not looked at yet, or does not tell this.
    #[default]
    Unknown,
    /// The station has it.
    Holds,
    /// The station has another value.
    Differs,
    /// It is written when the session has ended: the station would restart.
    AfterSession,
    /// The station took it, and has it after its next restart.
    PendingReboot,
    /// The station declined.
    Rejected,
    /// The station has no such setting.
    NotSupported,
    /// The station lets nobody write it.
    ReadOnly,
    /// The settings lock protects it.
    Locked,
    /// The same change came back each time: somebody has to look.
    Stopped,
}

/// Where a wish comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingOrigin {
    /// A person wished it for this station.
    Hand,
    /// A template.
    Template(TemplateId),
}

/// One wish for one station, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// What is wished.
    pub wish: Wish,
    /// Where it comes from.
    pub origin: SettingOrigin,
    /// Whose access to a lock counts for it; none for an automatic template, and for a key.
    pub account: Option<UserId>,
    /// The name of whoever wished it.
    pub by: String,
    /// Since when.
    pub set_at: Moment,
    /// How it stands.
    pub state: SettingState,
    /// What the station had at the last look.
    pub found: Option<String>,
    /// Whether the station had another value at the last look.
    pub drift: bool,
    /// What the station last answered to it.
    pub outcome: Option<Written>,
    /// Its word for why.
    pub reason: Option<String>,
    /// When it answered.
    pub outcome_at: Option<Moment>,
    /// The firmware that answered so.
    pub firmware: Option<String>,
    /// Whether the station ever took or had this very value.
    pub applied: bool,
    /// Whether the station said that this needs a restart.
    pub reboots: bool,
    /// The times that it was put back.
    pub reverts: Reverts,
}

/// What is known of the station at a look.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// What the station tells of this setting.
    pub reported: Option<&'a VariableReading>,
    /// Whether a session runs.
    pub charging: bool,
    /// Whether a lock stands in the way.
    pub locked: bool,
    /// Whether a person asked for it: then also what is only watched, was declined or was stopped
    /// is written.
    pub asked: bool,
    /// When the station last booted.
    pub booted_at: Option<Moment>,
    /// The station's firmware.
    pub firmware: Option<&'a str>,
    /// Now.
    pub now: Moment,
}

/// What is to be done about a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Rest,
    /// Write it.
    Write,
    /// Look again then.
    Again(Moment),
}

/// Times that are longer ago than this say nothing of a storm.
const MEMORY: TimeDelta = TimeDelta::hours(24);

impl Setting {
    /// A new wish.
    #[must_use]
    pub fn new(
        wish: Wish,
        origin: SettingOrigin,
        account: Option<UserId>,
        by: String,
        now: Moment,
    ) -> Self {
        Self {
            wish,
            origin,
            account,
            by,
            set_at: now,
            state: SettingState::Unknown,
            found: None,
            drift: false,
            outcome: None,
            reason: None,
            outcome_at: None,
            firmware: None,
            applied: false,
            reboots: false,
            reverts: Reverts::default(),
        }
    }

    /// With what the station told before it was wished.
    #[must_use]
    pub fn seen(mut self, found: Option<String>) -> Self {
        let holds = found
            .as_deref()
            .map(|found| same(&self.wish.name, &self.wish.value, found));
        self.state = match holds {
            None => SettingState::Unknown,
            Some(true) => SettingState::Holds,
            Some(false) => SettingState::Differs,
        };
        self.drift = holds == Some(false);
        self.found = found;
        self
    }

    /// The same wish with another value: what was known of the setting stays, what the station
    /// answered to the old value does not count any more.
    #[must_use]
    pub fn renewed(self, before: &Self) -> Self {
        if before.wish.value == self.wish.value {
            return Self {
                wish: self.wish,
                origin: self.origin,
                account: self.account,
                by: self.by,
                set_at: self.set_at,
                ..before.clone()
            };
        }
        Self {
            reboots: before.reboots,
            ..self.seen(before.found.clone())
        }
    }

    /// Whether the station has restarted since it last answered.
    fn restarted(&self, look: &Look<'_>) -> bool {
        match (self.outcome_at, look.booted_at) {
            (Some(answered), Some(booted)) => booted > answered,
            _ => false,
        }
    }

    /// Takes in what the station tells, and says what is to be done.
    pub fn look(&mut self, look: &Look<'_>) -> Step {
        self.found = look.reported.and_then(|reading| reading.value.clone());
        let found = self.found.as_deref();
        let holds = found.is_some_and(|found| same(&self.wish.name, &self.wish.value, found));
        let waits = self.state == SettingState::PendingReboot && !self.restarted(look);
        if waits && !look.asked {
            self.drift = false;
            return Step::Rest;
        }
        if holds {
            self.drift = false;
            self.applied = true;
            self.state = SettingState::Holds;
            return Step::Rest;
        }
        let unseen = look
            .reported
            .is_some_and(|r| r.mutability == Some(Mutability::WriteOnly));
        if unseen && self.applied && !self.restarted(look) && !look.asked {
            // Nobody can see it: what the station answered has to do.
            self.drift = false;
            self.state = SettingState::Unknown;
            return Step::Rest;
        }
        self.drift = !unseen;
        let (state, step) = self.judge(look);
        self.state = state;
        // What a station does not have at all cannot drift.
        self.drift &= state != SettingState::NotSupported;
        step
    }

    fn judge(&self, look: &Look<'_>) -> (SettingState, Step) {
        use SettingState as S;
        if look.locked {
            return (S::Locked, Step::Rest);
        }
        if look
            .reported
            .is_some_and(|r| r.mutability == Some(Mutability::ReadOnly))
        {
            return (S::ReadOnly, Step::Rest);
        }
        let same_firmware = self.firmware.as_deref() == look.firmware;
        let refused = match self.outcome.filter(|_| same_firmware && !look.asked) {
            Some(Written::NotSupported) => Some(S::NotSupported),
            Some(Written::Rejected) => Some(S::Rejected),
            Some(Written::ReadOnly) => Some(S::ReadOnly),
            _ => None,
        };
        if let Some(state) = refused {
            return (state, Step::Rest);
        }
        let watched = self.wish.reaction != Reaction::Revert;
        // What the station had and does not tell any more is not written blindly.
        let vanished = self.applied && look.reported.is_none();
        if (watched || vanished) && !look.asked {
            return (S::Differs, Step::Rest);
        }
        let interrupts = self.reboots && look.charging;
        let mut reverts = self.reverts.clone();
        reverts.forget(look.now - MEMORY);
        let verdict = match () {
            () if look.asked && interrupts => Verdict::AfterSession,
            () if look.asked => Verdict::Revert,
            () if self.restarted(look) => reverts.decide_after_restart(interrupts, look.now),
            () => reverts.decide(&[self.as_drift()], interrupts, look.now),
        };
        match verdict {
            Verdict::Revert => (S::Differs, Step::Write),
            Verdict::AfterSession => (S::AfterSession, Step::Again(look.now)),
            Verdict::Exhausted { until } => (S::Differs, Step::Again(until)),
            Verdict::Oscillating => (S::Stopped, Step::Rest),
        }
    }

    fn as_drift(&self) -> Drift {
        Drift {
            wish: self.wish.clone(),
            found: self.found.clone(),
        }
    }

    /// Notes that it is about to be written. Only what was in place before, or got no answer, counts
    /// as put back.
    pub fn begin(&mut self, now: Moment) {
        if self.applied || self.outcome.is_none() && self.reason.is_some() {
            let drift = [self.as_drift()];
            self.reverts.forget(now - MEMORY);
            self.reverts.reverted(&drift, now);
        }
        self.reason = Some(UNANSWERED.to_owned());
        self.outcome = None;
    }

    /// Takes in what the station answered.
    pub fn answered(&mut self, answer: &WriteResult, firmware: Option<&str>, now: Moment) {
        self.outcome = Some(answer.result);
        self.reason.clone_from(&answer.reason);
        self.outcome_at = Some(now);
        self.firmware = firmware.map(str::to_owned);
        self.state = match answer.result {
            Written::Accepted => SettingState::Holds,
            Written::RebootRequired => SettingState::PendingReboot,
            Written::Rejected => SettingState::Rejected,
            Written::NotSupported => SettingState::NotSupported,
            Written::ReadOnly => SettingState::ReadOnly,
        };
        match answer.result {
            // It says that it has it; the next look tells whether it does.
            Written::Accepted => {
                self.applied = true;
                self.drift = false;
                self.found = Some(self.wish.value.clone());
            }
            Written::RebootRequired => {
                self.applied = true;
                self.reboots = true;
                self.drift = false;
            }
            Written::NotSupported => self.drift = false,
            _ => {}
        }
    }

    /// Somebody looked: begin anew.
    pub fn settle(&mut self) {
        self.reverts.settle();
    }
}

/// The reason of what got no answer yet.
const UNANSWERED: &str = "unanswered";
