//! The lock after too many failures. Failures count for the account at one address and, more of
//! them, for the account at all addresses; a device that has signed in to the account before has a
//! count of its own, so that nobody locks the owner out of it.

use chrono::TimeDelta;
use domain::clock::Moment;
use domain::id::{LoginId, UserId};
use store::{Lane, Work};

use crate::app::App;
use crate::error::Error;
use crate::proxy::neighbourhood;
use crate::secret;

/// Failures from one address, or one trusted device, before the lock.
const FREE_FAILURES: i32 = 10;
/// Failures from all addresses together: beyond what one address reaches in a day.
const FREE_EVERYWHERE: i32 = 50;
/// After the free ones each further try waits twice as long as the one before, from this on.
const FIRST_DELAY_S: i64 = 30;
/// The longest wait.
const LONGEST_DELAY_S: i64 = 3_600;
/// Failures are forgotten after this long without another.
const MEMORY_HOURS: i64 = 24;

/// One count.
#[derive(Debug, Clone)]
struct Count {
    key: String,
    free: i32,
}

/// The counts that a try is under.
#[derive(Debug, Clone)]
pub(crate) struct Lockout(Vec<Count>);

impl Lockout {
    /// A try at an account from an address, by a device that is not known.
    pub fn from_afar(email: &str, remote_ip: Option<&str>) -> Self {
        let account = email.trim().to_lowercase();
        let from = remote_ip.and_then(|ip| Some(neighbourhood(ip.parse().ok()?)));
        Self(vec![
            Count {
                key: secret::digest(&format!("{account}\u{0}{from:?}")),
                free: FREE_FAILURES,
            },
            Count {
                key: secret::digest(&format!("{account}\u{0}everywhere")),
                free: FREE_EVERYWHERE,
            },
        ])
    }

    /// A try by a device that has signed in before, known by the digest of its secret.
    pub fn of_device(user: UserId, device: &str) -> Self {
        Self::only(format!("{user}\u{0}{device}"))
    }

    /// A try of somebody who is signed in to show again who they are.
    pub fn of_login(login: LoginId) -> Self {
        Self::only(login.to_string())
    }

    fn only(what: String) -> Self {
        Self(vec![Count {
            key: secret::digest(&what),
            free: FREE_FAILURES,
        }])
    }

    /// Counts a try as failed before it is looked at, so that a burst of tries gets no more than
    /// its share. When it is one too many it is not looked at: for how many seconds, is told.
    pub async fn count(&self, app: &App) -> Result<Option<i64>, Error> {
        let (counts, now) = (self.0.clone(), app.now());
        let counted = app.store().write(Lane::Instance, move |work| {
            let counts = counts.clone();
            Box::pin(async move { count_in(work, &counts, now).await })
        });
        Ok(counted.await?)
    }

    /// Forgets the failures after a good try, in its unit of work.
    pub async fn forget(&self, work: &mut Work) -> Result<(), store::Error> {
        for count in &self.0 {
            work.login_succeeded(&count.key).await?;
        }
        Ok(())
    }
}

async fn count_in(
    work: &mut Work,
    counts: &[Count],
    now: Moment,
) -> Result<Option<i64>, store::Error> {
    let mut failures = Vec::with_capacity(counts.len());
    let mut wait = None;
    for count in counts {
        let before = work.login_failures(&count.key).await?;
        let (failed, until) = standing(before, count.free, now);
        if until > now {
            wait = wait.max(Some((until - now).num_seconds().max(1)));
        }
        failures.push(failed);
    }
    if wait.is_some() {
        return Ok(wait);
    }
    for (count, failed) in counts.iter().zip(failures) {
        work.login_failed(&count.key, failed + 1, now).await?;
    }
    Ok(None)
}

/// How many failures count, and until when nothing is looked at.
fn standing(before: Option<(i32, Moment)>, free: i32, now: Moment) -> (i32, Moment) {
    match before {
        Some((count, last)) if last >= now - TimeDelta::hours(MEMORY_HOURS) => {
            (count, last + TimeDelta::seconds(delay_s(count - free)))
        }
        _ => (0, now),
    }
}

fn delay_s(beyond: i32) -> i64 {
    match u32::try_from(beyond) {
        Ok(doublings) => (FIRST_DELAY_S << doublings.min(16)).min(LONGEST_DELAY_S),
        Err(_) => 0,
    }
}
