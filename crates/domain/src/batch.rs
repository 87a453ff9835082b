//! A batch: one deed for many stations, in waves, item by item, with a rule when to stop. A campaign
//! is a batch that updates firmware. The API calls both jobs.
//!
//! Owns what a batch is, which of its stations may begin now and when it ends. Refuses to know who
//! asks, how a station is told, and what the time is: all three come in.

mod course;
mod firmware;

use chrono::Timelike;
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::command::Command;
use crate::id::{BatchId, BatchItemId, CommandId, KeyId, OrgId, SiteId, StationId, UserId};
use crate::site::AdminState;

pub use course::{Next, Tally, WaveTally, next, wave_of};
pub use firmware::{FirmwarePhase, Roll, runs_already};

/// The most stations that are worked on at the same time.
pub const MOST_AT_ONCE: u32 = 500;
/// The most stations of one batch.
pub const MOST_ITEMS: usize = 50_000;

/// What is done at each station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Asked of the station.
    Command(Command),
    /// An update of firmware, which is over when the station runs it.
    Firmware {
        /// The order; `UpdateFirmware`.
        command: Command,
        /// The version that the station tells when it runs the update, where it is known.
        version: Option<String>,
        /// After so many seconds without a word of the station the update has failed.
        patience_s: i64,
    },
    /// What people say of the station.
    Edit {
        /// Where it stands; an inner none takes it from its site.
        site: Option<Option<SiteId>>,
        /// In service, in maintenance and so on.
        admin_state: Option<AdminState>,
    },
    /// Put away.
    Archive,
}

impl Task {
    /// The stable word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Command(_) => "command",
            Self::Firmware { .. } => "firmware",
            Self::Edit { .. } => "edit",
            Self::Archive => "archive",
        }
    }

    /// Whether the station itself must be connected for it.
    #[must_use]
    pub const fn needs_connection(&self) -> bool {
        matches!(self, Self::Command(_) | Self::Firmware { .. })
    }

    /// Whether it can end what drivers are doing, or leave stations unusable: such a batch begins
    /// with few stations unless its maker says otherwise.
    #[must_use]
    pub const fn is_destructive(&self) -> bool {
        match self {
            Self::Command(command) => matches!(
                command,
                Command::Reset { .. }
                    | Command::ChangeAvailability {
                        operative: false,
                        ..
                    }
                    | Command::WriteVariables { .. }
                    | Command::UpdateFirmware { .. }
            ),
            Self::Firmware { .. } | Self::Archive => true,
            Self::Edit { admin_state, .. } => {
                matches!(admin_state, Some(AdminState::OutOfService))
            }
        }
    }
}

/// The hours of a day in which stations may be begun with, by their organisation's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// From this minute of the day, 0 to 1439.
    pub from_minute: u16,
    /// Up to this minute of the day; a smaller one than `from_minute` is on the next day.
    pub to_minute: u16,
    /// IANA time zone.
    pub time_zone: String,
}

impl Window {
    /// Whether a minute of the day lies inside.
    #[must_use]
    pub const fn holds(&self, minute: u16) -> bool {
        if self.from_minute <= self.to_minute {
            self.from_minute <= minute && minute < self.to_minute
        } else {
            self.from_minute <= minute || minute < self.to_minute
        }
    }

    /// Whether somebody knows its time zone.
    #[must_use]
    pub fn has_zone(&self) -> bool {
        self.time_zone.parse::<chrono_tz::Tz>().is_ok()
    }

    /// Whether the window is open at this moment; one whose time zone nobody knows never is.
    #[must_use]
    pub fn is_open(&self, now: Moment) -> bool {
        let Ok(zone) = self.time_zone.parse::<chrono_tz::Tz>() else {
            return false;
        };
        let there = now.with_timezone(&zone);
        u16::try_from(there.hour() * 60 + there.minute()).is_ok_and(|minute| self.holds(minute))
    }
}

/// How a batch is gone about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Stations at the same time, 1 to [`MOST_AT_ONCE`].
    pub concurrency: u32,
    /// Sizes of the first waves; all that remain are the last one.
    pub waves: Vec<u32>,
    /// More failures than this percentage of the stations in the waves begun stop it.
    pub stop_on_failure_percent: Option<u8>,
    /// Only stations at which nobody charges are begun with.
    pub wait_for_idle: bool,
    /// Only at these hours.
    pub window: Option<Window>,
    /// What has not begun by then fails.
    pub deadline: Moment,
    /// So many failures do not count any more: somebody saw them and let the batch go on.
    #[serde(default)]
    pub forgiven: u32,
}

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// Going on.
    Running,
    /// Nothing new begins until somebody says so.
    Paused,
    /// Too much failed: nothing new begins until somebody resumes it.
    Stopped,
    /// Somebody ended it; what had begun came to its end.
    Cancelled,
    /// Every station has its outcome.
    Done,
}

impl BatchState {
    /// Whether it can still begin anything, now or after it was resumed.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Stopped)
    }
}

/// Who made a batch. What they may do is looked up anew for every station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// The person.
    pub user: UserId,
    /// Their name then.
    pub name: String,
    /// The key, when it was not the person themselves.
    pub key: Option<KeyId>,
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// Whose stations.
    pub org: OrgId,
    /// What its maker calls it.
    pub title: Option<String>,
    /// What is done.
    pub task: Task,
    /// How.
    pub pace: Pace,
    /// Where it stands.
    pub state: BatchState,
    /// By whom.
    pub maker: Maker,
    /// Since when.
    pub created_at: Moment,
    /// When it ended.
    pub ended_at: Option<Moment>,
}

/// Where one station of a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// Not begun.
    Waiting,
    /// Begun.
    Running,
    /// Done.
    Succeeded,
    /// Tried, and it did not work.
    Failed,
    /// Not tried, for a reason that trying again will not change by itself.
    Skipped,
    /// Not begun when the batch was cancelled.
    Cancelled,
}

/// Why an item is where it is: a stable code, and a sentence for people that names no driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Such as `rejected`, `timeout`, `settings_locked`, `permission_denied`.
    pub code: String,
    /// For people.
    pub text: String,
}

impl Reason {
    /// A reason.
    #[must_use]
    pub fn new(code: &str, text: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            text: text.into(),
        }
    }
}

/// One station of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchItem {
    /// Its id.
    pub id: BatchItemId,
    /// Of which batch.
    pub batch: BatchId,
    /// The station.
    pub station: StationId,
    /// In which wave, from 0.
    pub wave: u32,
    /// Where it stands.
    pub state: ItemState,
    /// How far the update is; none for other tasks and before the station was told.
    pub phase: Option<FirmwarePhase>,
    /// Why.
    pub reason: Option<Reason>,
    /// The command of the newest try.
    pub command: Option<CommandId>,
    /// How often it was begun.
    pub tries: u32,
    /// When the newest try began.
    pub begun_at: Option<Moment>,
    /// When it was settled.
    pub settled_at: Option<Moment>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_window_can_lie_over_midnight() {
        let window = |from_minute, to_minute| Window {
            from_minute,
            to_minute,
            time_zone: "Europe/Berlin".to_owned(),
        };
        let night = window(22 * 60, 5 * 60);
        assert!(night.holds(23 * 60) && night.holds(0) && night.holds(299));
        assert!(!night.holds(300) && !night.holds(12 * 60));
        let day = window(9 * 60, 17 * 60);
        assert!(day.holds(540) && !day.holds(1020) && !day.holds(0));
        // 22:30 in Berlin, in summer and in winter.
        for at in [1_783_024_200, 1_800_048_600] {
            let at = chrono::DateTime::from_timestamp(at, 0).unwrap();
            assert!(night.is_open(at) && !day.is_open(at), "{at}");
        }
    }
}
