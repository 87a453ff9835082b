//! How often one may ask: per address for everybody, per account for those who are signed in, and
//! seldom for sign-in and setup. A console with many open pages never meets a limit.
//!
//! Behind a proxy that is not trusted everybody shares one address, so that there the limits per
//! account and the proxy's own do the work. What is counted is bounded: who asks again
//! after the count is full shares a crowd's count with others.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use actix_web::ResponseError;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web;
use app::proxy::neighbourhood;
use domain::id::{KeyId, UserId};
use domain::role::Caller;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::login;
use crate::problem::Problem;
use crate::route::Need;
use crate::routes;
use crate::server::State;

/// How often something may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// At once, after a pause.
    pub burst: NonZeroU32,
    /// On and on.
    pub per_minute: NonZeroU32,
}

impl Rate {
    /// A rate; a 0 counts as 1.
    #[must_use]
    pub fn new(burst: u32, per_minute: u32) -> Self {
        let some = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self {
            burst: some(burst),
            per_minute: some(per_minute),
        }
    }

    fn quota(self) -> Quota {
        Quota::per_minute(self.per_minute).allow_burst(self.burst)
    }
}

/// How often one may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests below `/api/v1` from one address.
    pub address: Rate,
    /// Requests of one account.
    pub account: Rate,
    /// Sign-ins and setups from one address.
    pub sign_in: Rate,
}

impl Limits {
    /// Limits for accounts that may ask so often in a minute, half of it at once; people behind
    /// one address have twice as much.
    #[must_use]
    pub fn of(per_minute: u32) -> Self {
        Self {
            address: Rate::new(per_minute, per_minute.saturating_mul(2)),
            account: Rate::new(per_minute / 2, per_minute),
            sign_in: Rate::new(60, 60),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::of(6_000)
    }
}

/// The most addresses and accounts that are counted for themselves.
const MOST: usize = 100_000;
/// Among how many counts the others are spread.
const CROWDS: u64 = 1_024;
/// How often counts that say nothing any more are thrown away.
const SWEEP: Duration = Duration::from_secs(10);

/// Whom a count is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    /// An IPv4 address, or the /64 network of an IPv6 address.
    Address([u8; 8]),
    Account(UserId),
    Key(KeyId),
    Crowd(u64),
}

impl Who {
    fn at(address: IpAddr) -> Self {
        Self::Address(neighbourhood(address))
    }
}

type Counts<C> = RateLimiter<Who, DashMapStateStore<Who>, C, StateInformationMiddleware>;

/// The counts of this process.
pub(crate) struct Limiter<C: Clock = DefaultClock> {
    address: Counts<C>,
    account: Counts<C>,
    sign_in: Counts<C>,
    clock: C,
    crowd: RandomState,
    swept: Mutex<Instant>,
    most: usize,
}

/// What is left of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    limit: u32,
    remaining: u32,
    /// Seconds until all of it is there again; where nothing is left, until something is.
    reset_s: u64,
}

impl Limiter {
    pub fn new(limits: Limits) -> Self {
        Self::with(limits, DefaultClock::default(), MOST)
    }
}

impl<C: Clock + Clone> Limiter<C> {
    fn with(limits: Limits, clock: C, most: usize) -> Self {
        let counts = |rate: Rate| {
            Counts::<C>::new(rate.quota(), DashMapStateStore::default(), clock.clone())
        };
        Self {
            address: counts(limits.address),
            account: counts(limits.account),
            sign_in: counts(limits.sign_in),
            clock: clock.clone(),
            crowd: RandomState::new(),
            swept: Mutex::new(Instant::now()),
            most,
        }
    }

    /// Counts one request. An error when it is one too many.
    fn count(&self, counts: &Counts<C>, who: Who) -> Result<Standing, Standing> {
        let who = if counts.len() < self.most {
            who
        } else {
            Who::Crowd(self.crowd.hash_one(who) % CROWDS)
        };
        match counts.check_key(&who) {
            Ok(state) => {
                let quota = state.quota();
                let limit = quota.burst_size().get();
                let remaining = state.remaining_burst_capacity();
                let spent = limit.saturating_sub(remaining);
                Ok(Standing {
                    limit,
                    remaining,
                    reset_s: whole_seconds(quota.replenish_interval() * spent),
                })
            }
            Err(refused) => Err(Standing {
                limit: refused.quota().burst_size().get(),
                remaining: 0,
                reset_s: whole_seconds(refused.wait_time_from(self.clock.now())).max(1),
            }),
        }
    }

    /// Throws away what says nothing any more, now and then.
    fn sweep(&self) {
        let Ok(mut swept) = self.swept.try_lock() else {
            return;
        };
        if swept.elapsed() < SWEEP {
            return;
        }
        *swept = Instant::now();
        for counts in [&self.address, &self.account, &self.sign_in] {
            counts.retain_recent();
            counts.shrink_to_fit();
        }
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// Counts a request below `/api/v1`, and tells what is left.
pub(crate) async fn check<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let state = request.app_data::<web::Data<State>>().cloned();
    let Some(state) = state.filter(|_| request.path().starts_with("/api/v1/")) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let (standing, mut response) = match standing(&state.limiter, &request).await {
        Ok(standing) => {
            let response = next.call(request).await?;
            (standing, response.map_into_left_body())
        }
        Err(standing) => {
            let response = refusal(standing).error_response();
            let response = request.into_response(response);
            (Some(standing), response.map_into_right_body())
        }
    };
    if let Some(standing) = standing {
        tell(response.headers_mut(), standing);
    }
    Ok(response)
}

/// What is left of the limit that is nearest.
async fn standing(
    limiter: &Limiter,
    request: &ServiceRequest,
) -> Result<Option<Standing>, Standing> {
    limiter.sweep();
    let address = login::remote(request.request()).map(Who::at);
    let mut nearest: Option<Standing> = None;
    let mut note = |standing: Standing| {
        let share = |s: &Standing| u64::from(s.remaining) * 1_000 / u64::from(s.limit);
        if nearest.as_ref().is_none_or(|n| share(&standing) < share(n)) {
            nearest = Some(standing);
        }
    };
    if let Some(address) = address {
        note(limiter.count(&limiter.address, address)?);
        let opens = *request.method() == Method::POST
            && routes::of(request.request()).is_some_and(|e| e.need == Need::Open);
        if opens {
            note(limiter.count(&limiter.sign_in, address)?);
        }
    }
    // A failure to find out who asks is told by the route.
    let caller = login::caller(request.request()).await.ok().flatten();
    let who = match &caller {
        Some(Caller::User(member)) => Some(Who::Account(member.user)),
        Some(Caller::Key { key, .. }) => Some(Who::Key(*key)),
        _ => None,
    };
    if let Some(who) = who {
        note(limiter.count(&limiter.account, who)?);
    }
    Ok(nearest)
}

fn refusal(standing: Standing) -> Problem {
    let mut problem = Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_requests",
        format!("Too many requests; try again in {} s.", standing.reset_s),
    );
    problem.retry_after_s = i64::try_from(standing.reset_s).ok();
    problem
}

fn tell(headers: &mut HeaderMap, standing: Standing) {
    for (name, value) in [
        ("ratelimit-limit", u64::from(standing.limit)),
        ("ratelimit-remaining", u64::from(standing.remaining)),
        ("ratelimit-reset", standing.reset_s),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use governor::clock::FakeRelativeClock;

    fn limiter(most: usize) -> (Limiter<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let limits = Limits {
            address: Rate::new(3, 60),
            ..Limits::default()
        };
        (Limiter::with(limits, clock.clone(), most), clock)
    }

    fn address(text: &str) -> Who {
        Who::at(text.parse().unwrap())
    }

    #[test]
    fn a_burst_is_spent_and_comes_back() {
        let (limiter, clock) = limiter(MOST);
        let ask = || limiter.count(&limiter.address, address("192.0.2.1"));
        let remaining: Vec<u32> = (0..3).map(|_| ask().unwrap().remaining).collect();
        assert_eq!(remaining, [2, 1, 0]);
        let refused = ask().unwrap_err();
        assert_eq!((refused.limit, refused.reset_s), (3, 1));
        assert!(
            limiter
                .count(&limiter.address, address("192.0.2.2"))
                .is_ok()
        );
        clock.advance(Duration::from_secs(1));
        assert!(ask().is_ok());
        assert!(ask().is_err());
    }

    #[test]
    fn a_network_counts_once_and_the_counts_are_bounded() {
        assert_eq!(address("2001:db8::1"), address("2001:db8::2"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
        let (limiter, clock) = limiter(10);
        for n in 0..5_000_u32 {
            let _ = limiter.count(
                &limiter.address,
                Who::at(std::net::Ipv4Addr::from(n).into()),
            );
        }
        assert!(limiter.address.len() <= 10 + usize::try_from(CROWDS).unwrap());
        clock.advance(Duration::from_secs(60));
        limiter.address.retain_recent();
        assert!(limiter.address.is_empty());
    }
}
