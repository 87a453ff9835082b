//! The course of a batch: which wave is open, how many more stations may begin, when it stops by
//! itself and when it is over.
//!
//! A station that cannot begin just now (away, or somebody charges there) is held up and holds up
//! nobody: the next wave opens without it, and it begins as soon as it can.

use serde::{Deserialize, Serialize};

use super::{BatchState, Pace};
use crate::clock::Moment;

/// How many items of one wave stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveTally {
    /// Not begun, and could begin now.
    pub ready: u32,
    /// Not begun, and cannot begin now.
    pub held_up: u32,
    /// Begun.
    pub running: u32,
    /// Done.
    pub succeeded: u32,
    /// Did not work.
    pub failed: u32,
    /// Not tried.
    pub skipped: u32,
    /// Not begun when the batch was cancelled.
    pub cancelled: u32,
}

impl WaveTally {
    /// All items of the wave.
    #[must_use]
    pub const fn all(&self) -> u32 {
        self.ready
            + self.held_up
            + self.running
            + self.succeeded
            + self.failed
            + self.skipped
            + self.cancelled
    }

    const fn begun(&self) -> bool {
        self.running + self.succeeded + self.failed > 0
    }
}

/// How many items stand where, wave by wave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// The waves, from the first on.
    pub waves: Vec<WaveTally>,
}

impl Tally {
    /// Over all waves.
    #[must_use]
    pub fn total(&self) -> WaveTally {
        let mut total = WaveTally::default();
        for wave in &self.waves {
            total.ready += wave.ready;
            total.held_up += wave.held_up;
            total.running += wave.running;
            total.succeeded += wave.succeeded;
            total.failed += wave.failed;
            total.skipped += wave.skipped;
            total.cancelled += wave.cancelled;
        }
        total
    }

    /// The last wave whose items may begin: the first that has something to begin or under way.
    fn open(&self) -> Option<u32> {
        let at = self.waves.iter().position(|w| w.ready + w.running > 0)?;
        u32::try_from(at).ok()
    }

    /// Failures, and the stations of the waves that were begun with.
    fn failures(&self) -> (u64, u64) {
        let begun = self.waves.iter().filter(|wave| wave.begun());
        begun.fold((0, 0), |(failed, all), wave| {
            (failed + u64::from(wave.failed), all + u64::from(wave.all()))
        })
    }
}

/// What is to be done for a batch now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Begin with up to `most` ready items of the waves up to `wave`.
    Begin {
        /// The last wave that is open.
        wave: u32,
        /// How many at most.
        most: u32,
    },
    /// Nothing, until something changes.
    Rest,
    /// Too much failed.
    Stop,
    /// What has not begun has missed the deadline.
    Expire,
    /// Every item has its outcome.
    End,
}

/// What is to be done now. `open_hours` tells whether the window, where there is one, is open.
#[must_use]
pub fn next(state: BatchState, pace: &Pace, tally: &Tally, open_hours: bool, now: Moment) -> Next {
    let total = tally.total();
    let waiting = total.ready + total.held_up;
    if waiting + total.running == 0 {
        return if state.is_open() {
            Next::End
        } else {
            Next::Rest
        };
    }
    if state.is_open() && waiting > 0 && now >= pace.deadline {
        return Next::Expire;
    }
    if state != BatchState::Running {
        return Next::Rest;
    }
    if waiting > 0 && too_many(pace, tally) {
        return Next::Stop;
    }
    let room = pace.concurrency.saturating_sub(total.running);
    match tally.open() {
        Some(wave) if room > 0 && total.ready > 0 && open_hours => Next::Begin { wave, most: room },
        _ => Next::Rest,
    }
}

fn too_many(pace: &Pace, tally: &Tally) -> bool {
    let Some(percent) = pace.stop_on_failure_percent else {
        return false;
    };
    let (failed, all) = tally.failures();
    let failed = failed.saturating_sub(u64::from(pace.forgiven));
    failed > 0 && failed * 100 > u64::from(percent) * all
}

/// The wave of the item at `place`, from 0: the sizes are those of the first waves, and all that
/// remain are the last one.
#[must_use]
pub fn wave_of(sizes: &[u32], place: usize) -> u32 {
    let mut end = 0;
    for (wave, size) in sizes.iter().enumerate() {
        end += *size as usize;
        if place < end {
            return u32::try_from(wave).unwrap_or(u32::MAX);
        }
    }
    u32::try_from(sizes.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chrono::{DateTime, TimeDelta};
    use proptest::prelude::*;

    use super::*;

    fn now() -> Moment {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn pace(concurrency: u32, waves: &[u32], percent: Option<u8>) -> Pace {
        Pace {
            concurrency,
            waves: waves.to_vec(),
            stop_on_failure_percent: percent,
            wait_for_idle: false,
            window: None,
            deadline: now() + TimeDelta::hours(1),
            forgiven: 0,
        }
    }

    #[test]
    fn a_wave_opens_when_those_before_it_are_over_but_for_the_held_up() {
        let pace = pace(10, &[1, 5], None);
        let mut tally = Tally {
            waves: vec![
                WaveTally {
                    running: 1,
                    ..WaveTally::default()
                },
                WaveTally {
                    ready: 5,
                    ..WaveTally::default()
                },
            ],
        };
        let at = |tally: &Tally| next(BatchState::Running, &pace, tally, true, now());
        assert_eq!(
            at(&tally),
            Next::Begin { wave: 0, most: 9 },
            "none is ready there"
        );
        tally.waves[0] = WaveTally {
            held_up: 1,
            ..WaveTally::default()
        };
        assert_eq!(at(&tally), Next::Begin { wave: 1, most: 10 });
        tally.waves[1].ready = 0;
        assert_eq!(at(&tally), Next::Rest);
    }

    #[test]
    fn failures_are_measured_by_the_waves_begun() {
        let pace = pace(10, &[1], Some(5));
        let first = WaveTally {
            failed: 1,
            ..WaveTally::default()
        };
        let rest = WaveTally {
            ready: 99,
            ..WaveTally::default()
        };
        let mut tally = Tally {
            waves: vec![first, rest],
        };
        let at = |tally: &Tally| next(BatchState::Running, &pace, tally, true, now());
        assert_eq!(at(&tally), Next::Stop, "one of one");
        tally.waves[0] = WaveTally {
            succeeded: 1,
            ..WaveTally::default()
        };
        tally.waves[1] = WaveTally {
            ready: 94,
            failed: 5,
            ..WaveTally::default()
        };
        assert!(
            matches!(at(&tally), Next::Begin { .. }),
            "five of a hundred"
        );
        tally.waves[1].failed = 6;
        assert_eq!(at(&tally), Next::Stop);
    }

    #[test]
    fn the_deadline_ends_what_waits_also_while_paused() {
        let pace = pace(1, &[], None);
        let tally = Tally {
            waves: vec![WaveTally {
                held_up: 1,
                ..WaveTally::default()
            }],
        };
        let late = pace.deadline;
        for state in [BatchState::Running, BatchState::Paused, BatchState::Stopped] {
            assert_eq!(next(state, &pace, &tally, true, late), Next::Expire);
        }
        assert_eq!(
            next(BatchState::Paused, &pace, &tally, true, now()),
            Next::Rest
        );
    }

    proptest! {
        /// Whatever happens to its stations, and in whichever order, a batch begins each at most
        /// once, never more than allowed at a time, never a wave before those before it, and ends.
        #[test]
        fn every_batch_ends_and_keeps_its_bounds(
            count in 1usize..60,
            waves in proptest::collection::vec(1u32..8, 0..4),
            concurrency in 1u32..9,
            fates in proptest::collection::vec((0u8..4, 1u8..6), 60),
        ) {
            let pace = pace(concurrency, &waves, None);
            let wave: Vec<u32> = (0..count).map(|place| wave_of(&waves, place)).collect();
            let mut left: Vec<Option<u8>> = vec![None; count]; // steps until it is settled
            let mut settled = vec![false; count];
            let mut begun = vec![0u32; count];
            let mut rounds = 0u32;
            loop {
                rounds += 1;
                prop_assert!(rounds < 2_000, "it does not end");
                let mut tally = Tally { waves: vec![WaveTally::default(); waves.len() + 1] };
                // A station of the third fate is away in the first rounds.
                let away = |place: usize| fates[place].0 == 3 && rounds < 20;
                for place in 0..count {
                    let of = &mut tally.waves[wave[place] as usize];
                    match (settled[place], left[place]) {
                        (true, _) if fates[place].0 == 1 => of.failed += 1,
                        (true, _) => of.succeeded += 1,
                        (false, Some(_)) => of.running += 1,
                        (false, None) if away(place) => of.held_up += 1,
                        (false, None) => of.ready += 1,
                    }
                }
                match next(BatchState::Running, &pace, &tally, true, now()) {
                    Next::Begin { wave: open, most } => {
                        let candidates = (0..count)
                            .filter(|p| !settled[*p] && left[*p].is_none() && !away(*p))
                            .filter(|p| wave[*p] <= open)
                            .take(most as usize);
                        for place in candidates.collect::<Vec<_>>() {
                            begun[place] += 1;
                            left[place] = Some(fates[place].1);
                            let before = (0..count).filter(|p| wave[*p] < wave[place]);
                            for earlier in before {
                                prop_assert!(settled[earlier] || away(earlier) || left[earlier].is_some());
                            }
                        }
                    }
                    Next::End => break,
                    Next::Rest => {}
                    other => prop_assert!(false, "{other:?}"),
                }
                let running = left.iter().zip(&settled).filter(|(l, s)| l.is_some() && !**s).count();
                prop_assert!(running <= concurrency as usize);
                for place in 0..count {
                    if let (Some(steps), false) = (left[place], settled[place]) {
                        left[place] = Some(steps - 1);
                        settled[place] = steps == 1;
                    }
                }
            }
            prop_assert!(begun.iter().all(|times| *times == 1));
        }
    }
}
