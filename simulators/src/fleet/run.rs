//! Running a fleet: make the past offline, connect, replay it, then live on with the clock.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::{info, warn};

use super::driver::Driver;
use super::plan::{FleetPlan, Member};
use crate::charging::Outlet;
use crate::random::Dice;
use crate::station::{Builder, Registration};
use crate::{Error, Station};

/// Live, a station looks at its clock this often.
const BEAT: Duration = Duration::from_secs(1);
/// Live, seconds between meter values.
const LIVE_SAMPLE_S: u32 = 30;

/// Runs a fleet until its plan's `stop` becomes true (for ever without one); dropping the future
/// ends it too. With `history_only`, returns when the past has been told.
///
/// # Errors
/// When the plan cannot be carried out. A station that cannot connect keeps trying.
pub async fn run_fleet(plan: FleetPlan) -> Result<(), Error> {
    if plan.stations == 0 || !plan.speed.is_finite() || plan.speed <= 0.0 {
        return Err(Error::Plan(
            "a fleet needs stations and a speed above zero".into(),
        ));
    }
    if plan.history_only && plan.history_days == 0 {
        return Err(Error::Plan("there are no days of history to replay".into()));
    }
    let now = Utc::now().trunc_subsecs(0);
    let mut tasks = JoinSet::new();
    for member in plan.roster() {
        tasks.spawn(one(plan.clone(), member, now));
    }
    let mut stop = plan.stop.clone();
    loop {
        tokio::select! {
            ended = tasks.join_next() => match ended {
                None => return Ok(()),
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => return Err(error),
                Some(Err(error)) => return Err(Error::Plan(format!("a station's task failed: {error}"))),
            },
            () = stopped(&mut stop) => return Ok(()),
        }
    }
}

async fn stopped(stop: &mut Option<watch::Receiver<bool>>) {
    if let Some(stop) = stop {
        // A dropped sender means nobody will ever stop us.
        if stop.wait_for(|stop| *stop).await.is_ok() {
            return;
        }
    }
    std::future::pending().await
}

pub(super) fn builder(plan: &FleetPlan, member: &Member) -> Builder {
    Station::builder(&plan.url, &member.identity)
        .version(member.version)
        .password(plan.passwords.of(&member.identity))
        .template(member.template.clone())
        .seed(plan.seed)
        .pace(Duration::from_secs(3))
        .keep_frames(false)
}

async fn one(plan: FleetPlan, member: Member, now: DateTime<Utc>) -> Result<(), Error> {
    let begin = now - chrono::Duration::days(i64::from(plan.history_days));
    let station = builder(&plan, &member).starts_at(begin).build();
    let dc = matches!(member.template.outlet, Outlet::Dc { .. });
    let mut drivers: Vec<Driver> = (1..=member.template.connectors)
        .map(|n| Driver::new(plan.seed, &member.identity, n, dc, &plan.tokens, begin))
        .collect();
    if plan.history_days > 0 {
        station.set_sample_interval(plan.history_sample_s).await?;
        until(&station, &mut drivers, now).await?;
    }
    enrol(&station, &plan, &member).await?;
    if plan.history_days > 0 {
        info!(station.id = %member.identity, "history has been told");
    }
    if plan.history_only {
        return Ok(());
    }
    station.set_sample_interval(LIVE_SAMPLE_S).await?;
    live(&plan, &member, &station, &mut drivers, now).await
}

/// Connects and boots, and waits until the station is accepted and its past has been told.
async fn enrol(station: &Station, plan: &FleetPlan, member: &Member) -> Result<(), Error> {
    let mut dice = Dice::new(plan.seed, &member.identity, "enrolment");
    let mut failures: u32 = 0;
    loop {
        match station.connect_and_boot().await {
            Ok(_) => break,
            Err(Error::Gone) => return Err(Error::Gone),
            Err(error) => warn!(station.id = %member.identity, %error, "not connected"),
        }
        failures += 1;
        let wait = (1 << failures.min(5)) * 500 + dice.between(0, 500);
        tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())).await;
    }
    let day = Duration::from_secs(86_400);
    loop {
        let told = |view: &crate::View| {
            view.registration == Some(Registration::Accepted) && view.queued == 0
        };
        match station.wait_until(day, told).await {
            Ok(_) => return Ok(()),
            Err(Error::Timeout { .. }) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Lets drivers act and time pass until `end`, as fast as it goes.
async fn until(station: &Station, drivers: &mut [Driver], end: DateTime<Utc>) -> Result<(), Error> {
    loop {
        let Some(driver) = drivers.iter_mut().min_by_key(|d| d.next()) else {
            return station.tick_to(end).await;
        };
        if driver.next() > end {
            return station.tick_to(end).await;
        }
        station.tick_to(driver.next()).await?;
        driver.act(station).await?;
    }
}

async fn live(
    plan: &FleetPlan,
    member: &Member,
    station: &Station,
    drivers: &mut [Driver],
    from: DateTime<Utc>,
) -> Result<(), Error> {
    let mut outages = Dice::new(plan.seed, &member.identity, "outages");
    let mut outage_ends: Option<DateTime<Utc>> = None;
    let mut manners = Dice::new(plan.seed, &member.identity, "manners");
    let rude = manners.chance(200);
    if let (true, Some(manner)) = (rude, manners.pick(&plan.manners)) {
        station.set_manner(*manner, true).await?;
    }
    // With no history and speed 1, simulated time is the wall clock.
    let began = Instant::now()
        - Utc::now()
            .signed_duration_since(from)
            .to_std()
            .unwrap_or_default();
    loop {
        tokio::time::sleep(BEAT).await;
        let passed = began.elapsed().mul_f64(plan.speed);
        let passed = chrono::Duration::from_std(passed).unwrap_or(chrono::Duration::zero());
        let now = (from + passed).trunc_subsecs(0);
        for driver in drivers.iter_mut() {
            driver.notice(station, now);
        }
        until(station, drivers, now).await?;
        match outage_ends {
            Some(end) if now >= end => match station.come_online().await {
                Err(Error::Gone) => return Err(Error::Gone),
                _ => outage_ends = None,
            },
            None if plan.offline_spells && outages.between(0, 14_400) == 0 => {
                station.go_offline().await?;
                outage_ends = Some(now + chrono::Duration::seconds(outages.between(30, 600)));
            }
            _ => {}
        }
    }
}
