//! How far a station's clock is from ours, told by the times in its live messages.
//!
//! A message can have waited in the station's queue, and then its time lies in the past although the
//! clock is right. So a clock that seems slow is believed only when two messages, some time apart,
//! agree about it; one that is fast cannot be explained by waiting, and is believed at once.

use chrono::TimeDelta;

use crate::clock::Moment;

/// Two messages agree when they differ by no more than this.
const AGREE_MS: i64 = 5_000;
/// And come at least this long after each other: a queue is told faster.
const APART_S: i64 = 15;
/// Nobody writes down a smaller change.
const WORTH_MS: i64 = 5_000;
/// What is within this of the truth needs no second witness.
const RIGHT_MS: i64 = 30_000;
/// A clock that never ran is told in this much at most.
const MOST_MS: i64 = 100 * 365 * 86_400_000;

/// What is known of a clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClockWatch {
    /// What is believed, in milliseconds; above zero the station is ahead of us.
    pub believed_ms: Option<i64>,
    /// A slow clock that waits for a second witness: how slow, and when that was told.
    suspected: Option<(i64, Moment)>,
}

impl ClockWatch {
    /// A watch that begins with what is on record.
    #[must_use]
    pub const fn begin(believed_ms: Option<i64>) -> Self {
        Self {
            believed_ms,
            suspected: None,
        }
    }

    /// Hears a time told by the station; tells what is to be written down, if that changed.
    pub fn hear(&mut self, told: Moment, now: Moment) -> Option<i64> {
        let skew = (told - now).num_milliseconds().clamp(-MOST_MS, MOST_MS);
        let believed = if skew >= -RIGHT_MS {
            self.suspected = None;
            skew
        } else {
            match self.suspected {
                Some((before, at))
                    if (before - skew).abs() <= AGREE_MS
                        && now - at >= TimeDelta::seconds(APART_S) =>
                {
                    self.suspected = Some((skew, now));
                    skew
                }
                Some((before, _)) if (before - skew).abs() <= AGREE_MS => return None,
                _ => {
                    self.suspected = Some((skew, now));
                    return None;
                }
            }
        };
        let news = self
            .believed_ms
            .is_none_or(|known| (known - believed).abs() >= WORTH_MS);
        news.then(|| {
            self.believed_ms = Some(believed);
            believed
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Moment {
        chrono::DateTime::from_timestamp(1_780_000_000 + s, 0).unwrap_or_default()
    }

    #[test]
    fn a_fast_clock_is_believed_at_once() {
        let mut watch = ClockWatch::default();
        assert_eq!(watch.hear(at(90), at(0)), Some(90_000));
        assert_eq!(
            watch.hear(at(101), at(10)),
            None,
            "a second more is no news"
        );
        assert_eq!(watch.hear(at(20), at(20)), Some(0));
    }

    #[test]
    fn a_queue_is_no_slow_clock() {
        let mut watch = ClockWatch::default();
        // An hour of readings, a minute apart, told in two seconds; then live.
        for n in 0..60 {
            assert_eq!(watch.hear(at(n * 60), at(3_600 + n / 30)), None);
        }
        assert_eq!(watch.hear(at(3_602), at(3_602)), Some(0));
        assert_eq!(watch.believed_ms, Some(0));
    }

    #[test]
    fn a_slow_clock_is_believed_by_two_witnesses() {
        let mut watch = ClockWatch::begin(Some(0));
        assert_eq!(watch.hear(at(-120), at(0)), None);
        assert_eq!(watch.hear(at(-119), at(1)), None, "too soon after");
        assert_eq!(watch.hear(at(-100), at(20)), Some(-120_000));
        // Put right, it is right at once.
        assert_eq!(watch.hear(at(30), at(30)), Some(0));
    }
}
