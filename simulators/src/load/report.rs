//! What a benchmark found.

use std::time::Duration;

use serde::Serialize;

/// How connecting and booting went.
#[derive(Debug, Clone, Serialize)]
pub struct BootReport {
    /// Stations asked for.
    pub stations: usize,
    /// Stations accepted.
    pub booted: usize,
    /// Seconds until the last one was accepted.
    pub all_booted_s: f64,
    /// Median of the seconds until acceptance, counted from the common start.
    pub p50_s: f64,
    /// 99th percentile of the same.
    pub p99_s: f64,
}

impl BootReport {
    pub(super) fn new(stations: usize, mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |permille| {
            percentile(&times, permille)
                .unwrap_or_default()
                .as_secs_f64()
        };
        Self {
            stations,
            booted: times.len(),
            all_booted_s: at(1000),
            p50_s: at(500),
            p99_s: at(990),
        }
    }
}

/// How sending went.
#[derive(Debug, Clone, Serialize)]
pub struct TrafficReport {
    /// Messages answered with a CALLRESULT.
    pub acknowledged: usize,
    /// Seconds it took.
    pub seconds: f64,
    /// Acknowledged messages in a second.
    pub per_second: f64,
    /// Median time from writing a message to its answer, in milliseconds.
    pub p50_ms: f64,
    /// 99th percentile of the same.
    pub p99_ms: f64,
    /// Messages answered with a CALLERROR.
    pub call_errors: u64,
    /// Connections that broke off.
    pub lost_connections: u64,
}

impl TrafficReport {
    pub(super) fn new(took: Duration, mut us: Vec<u32>, call_errors: u64, lost: u64) -> Self {
        us.sort_unstable();
        let at = |permille| f64::from(percentile(&us, permille).unwrap_or(0)) / 1000.0;
        let seconds = took.as_secs_f64();
        Self {
            acknowledged: us.len(),
            seconds,
            per_second: if seconds > 0.0 {
                us.len() as f64 / seconds
            } else {
                0.0
            },
            p50_ms: at(500),
            p99_ms: at(990),
            call_errors,
            lost_connections: lost,
        }
    }
}

fn percentile<T: Copy>(sorted: &[T], permille: usize) -> Option<T> {
    let at = (sorted.len() * permille).div_ceil(1000).saturating_sub(1);
    sorted.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_are_members() {
        let sorted: Vec<u32> = (1..=100).collect();
        assert_eq!(percentile(&sorted, 500), Some(50));
        assert_eq!(percentile(&sorted, 990), Some(99));
        assert_eq!(percentile(&sorted, 1000), Some(100));
        assert_eq!(percentile::<u32>(&[], 500), None);
    }
}
