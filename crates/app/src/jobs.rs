//! The one place for timers and reactions: publishing the outbox, writing what was deferred,
//! giving up on commands whose node died, sweeping. Every step can be cut off anywhere: what is
//! not done is done by the next one.

use std::time::Duration;

use bus::{Health, LeaseGuard, Missed, News};
use domain::event::{Change, Event};
use store::Lane;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::error::Error;
use crate::{
    alerts, attempts, audit, batches, commands, firmware, idempotency, locks, mail, nodes,
    settings, transfers, webhooks,
};

/// Who holds this looks at the fleet for alerts.
const WATCHER: &str = "alerts";
/// How often the fleet is looked at when nothing is heard: what lasts comes of age.
const WATCH: Duration = Duration::from_secs(5);
/// Between two looks: what comes thick and fast is looked at together, and looking takes a tenth of
/// the time at most.
const REST: Duration = Duration::from_millis(250);
/// Who holds this numbers the facts and chains the deeds of all nodes.
const PUBLISHER: &str = "outbox";
/// Who holds this carries batches out, for all nodes.
const RUNNER: &str = "batches";
const LEASE: Duration = Duration::from_secs(10);
/// How often batches under way are looked after, where no news wakes their runner.
const BATCHES: Duration = Duration::from_millis(500);
/// How often facts of other nodes are looked for; those of this node are known at once.
const LOOK: Duration = Duration::from_millis(100);
/// Between two rounds: facts that come thick and fast are numbered together.
const BREATH: Duration = Duration::from_millis(10);
/// How many facts are numbered in one commit.
const AT_ONCE: u64 = 500;

/// Runs until `shutdown` turns true or its sender is gone.
pub async fn run(app: App, shutdown: watch::Receiver<bool>) {
    tokio::join!(
        until(shutdown.clone(), publish(app.clone())),
        until(shutdown.clone(), every(LOOK * 5, || write_deferred(&app))),
        until(
            shutdown.clone(),
            every(Duration::from_secs(5), || give_up_stale(&app))
        ),
        until(
            shutdown.clone(),
            every(Duration::from_secs(nodes::BEAT_S), || beat_among(&app))
        ),
        until(
            shutdown.clone(),
            every(Duration::from_secs(2), || send_mails(&app))
        ),
        until(shutdown.clone(), run_batches(&app)),
        until(
            shutdown.clone(),
            every(Duration::from_secs(1), || send_webhooks(&app))
        ),
        until(shutdown.clone(), watch_fleet(app.clone())),
        until(shutdown.clone(), locks::hear_challenges(&app)),
        until(
            shutdown.clone(),
            every(Duration::from_secs(5), || look_after_locks(&app))
        ),
        until(
            shutdown.clone(),
            every(Duration::from_secs(5), || look_after_files(&app))
        ),
        until(
            shutdown.clone(),
            every(Duration::from_secs(2), || look_after_settings(&app))
        ),
        until(shutdown, every(Duration::from_secs(600), || sweep(&app))),
    );
    // What still waits goes out with the last light.
    if let Err(error) = attempts::write_deferred(&app).await {
        tracing::warn!("what was deferred is lost: {error}");
    }
    if let Err(error) = publish_outbox(&app).await {
        tracing::debug!("facts wait for the next start: {error}");
    }
    chain_deeds(&app).await;
}

/// A node that is alone by choice has nobody to tell.
async fn beat_among(app: &App) {
    if app.bus().health() != Health::Local {
        beat(app).await;
    }
}

async fn until(mut shutdown: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        _ = shutdown.wait_for(|stop| *stop) => {}
        () = work => {}
    }
}

async fn every<F: Future<Output = ()>>(period: Duration, mut work: impl FnMut() -> F) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        work().await;
    }
}

/// Marks all stations as away and gives up on the commands that were on their way: for a process
/// that starts alone, before its charger port opens.
/// What the last process left behind is not true any more.
pub async fn begin_alone(app: &App) -> Result<(), Error> {
    let now = app.now();
    app.store()
        .write(Lane::Instance, move |work| {
            Box::pin(async move { work.all_disconnected(now).await })
        })
        .await?;
    commands::give_up(app, app.now()).await?;
    Ok(())
}

/// Carries batches out as long as this node is the one that does.
async fn run_batches(app: &App) {
    let mut news = app.bus().subscribe();
    let mut lease: Option<LeaseGuard> = None;
    let mut renewed = tokio::time::Instant::now();
    loop {
        let busy = match &lease {
            Some(_) => work_batches(app).await,
            None => false,
        };
        let rest = if busy { BATCHES } else { BATCHES * 4 };
        let until = tokio::time::Instant::now() + rest;
        let woken = async {
            loop {
                match news.recv().await.as_deref() {
                    // Nobody else waits for commands while no batch is open.
                    Ok(News::Settled(_)) if busy => return,
                    Ok(News::Events(facts)) if facts.iter().any(|(_, fact)| wakes(fact)) => return,
                    Ok(_) => {}
                    Err(Missed::Lagged) => return,
                    Err(Missed::Closed) => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            () = app.batches_wait() => {}
            () = woken => tokio::time::sleep(BREATH).await,
        }
        let due = renewed.elapsed() >= LEASE / 3;
        match &lease {
            None => {
                lease = duty(app, RUNNER, LEASE).await;
                renewed = tokio::time::Instant::now();
            }
            Some(held) if due && !matches!(held.renew().await, Ok(true)) => lease = None,
            Some(_) if due => renewed = tokio::time::Instant::now(),
            Some(_) => {}
        }
    }
}

/// Whether a fact can let an item of a batch begin or end.
const fn wakes(fact: &Event) -> bool {
    matches!(
        fact.change,
        Change::StationConnected
            | Change::StationBooted { .. }
            | Change::BatchUpdated { .. }
            | Change::NoticeRecorded
    )
}

/// Moves every batch on that can move; tells whether any is under way. Only the holder of the lease
/// may call this, or a test.
pub async fn work_batches(app: &App) -> bool {
    match batches::work_through(app).await {
        Ok(busy) => busy,
        Err(error) => {
            tracing::debug!("jobs wait: {error}");
            true
        }
    }
}

/// Takes a duty that one node does for all; none while another has it, or when it cannot be told.
pub async fn duty(app: &App, name: &str, time: Duration) -> Option<LeaseGuard> {
    app.bus().lease(name, time).await.ok().flatten()
}

async fn publish(app: App) {
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut lease: Option<LeaseGuard> = None;
    let mut renewed = tokio::time::Instant::now();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = app.facts_wait() => {}
        }
        let due = renewed.elapsed() >= LEASE / 3;
        match &lease {
            None => lease = app.bus().lease(PUBLISHER, LEASE).await.ok().flatten(),
            Some(held) if due && !matches!(held.renew().await, Ok(true)) => lease = None,
            Some(_) if !due => {}
            Some(_) => renewed = tokio::time::Instant::now(),
        }
        if lease.is_none() {
            renewed = tokio::time::Instant::now();
            continue;
        }
        if let Err(error) = publish_outbox(&app).await {
            tracing::debug!("facts wait: {error}");
        }
        chain_deeds(&app).await;
        tokio::time::sleep(BREATH).await;
    }
}

/// Looks at the fleet whenever something happened that can matter, and from time to time.
async fn watch_fleet(app: App) {
    let mut news = app.bus().subscribe();
    let mut lease: Option<LeaseGuard> = None;
    loop {
        let _ = tokio::time::timeout(WATCH, heard(&mut news)).await;
        lease = match lease {
            Some(held) if matches!(held.renew().await, Ok(true)) => Some(held),
            _ => app.bus().lease(WATCHER, LEASE).await.ok().flatten(),
        };
        let began = tokio::time::Instant::now();
        if lease.is_some() {
            look_at_fleet(&app).await;
        }
        tokio::time::sleep(REST.max(began.elapsed() * 9)).await;
    }
}

/// Resolves when something was heard that can matter.
async fn heard(news: &mut bus::Subscription) {
    loop {
        match news.recv().await {
            Ok(news) => match &*news {
                News::Events(events) if events.iter().any(|(_, e)| alerts::is_news(e)) => return,
                // A new one has no rules yet.
                News::OrganisationChanged(_) => return,
                _ => {}
            },
            Err(Missed::Lagged) => return,
            Err(Missed::Closed) => std::future::pending().await,
        }
    }
}

/// Opens, changes and ends alerts by what is the case. Only the holder of the lease may call this, or
/// a test.
pub async fn look_at_fleet(app: &App) {
    match alerts::look(app).await {
        Ok(0) => {}
        Ok(count) => tracing::debug!(alerts.count = count, "alerts changed"),
        Err(error) => tracing::debug!("alerts wait: {error}"),
    }
}

/// Sends the messages to webhooks whose time has come.
pub async fn send_webhooks(app: &App) {
    if let Err(error) = webhooks::send_due(app).await {
        tracing::debug!("webhooks wait: {error}");
    }
}

/// Numbers the facts that are committed and tells everybody; returns how many. Only the holder of
/// the lease may call this, or a test.
pub async fn publish_outbox(app: &App) -> Result<usize, Error> {
    let mut count = 0;
    loop {
        let numbered = app
            .store()
            .write(Lane::Instance, |work| {
                Box::pin(async move { work.outbox_number(AT_ONCE).await })
            })
            .await?;
        if numbered.is_empty() {
            return Ok(count);
        }
        count += numbered.len();
        app.bus().publish(News::Events(numbered)).await;
    }
}

/// Gives the deeds of the audit trail that are committed their place in its chain; tells how many.
/// Only the holder of the lease may call this, or a test.
pub async fn chain_deeds(app: &App) -> usize {
    match audit::chain(app).await {
        Ok(count) => count,
        Err(error) => {
            tracing::debug!("deeds wait for their place: {error}");
            0
        }
    }
}

/// Writes signs of life, connection attempts and the like that were deferred.
pub async fn write_deferred(app: &App) {
    if let Err(error) = attempts::write_deferred(app).await {
        tracing::debug!("what was deferred is lost: {error}");
    }
}

/// Says that this node is there, and gives up those that are not.
pub async fn beat(app: &App) {
    if let Err(error) = nodes::beat(app).await {
        tracing::debug!("this node could not say that it is there: {error}");
    }
}

/// Times out commands whose node died.
pub async fn give_up_stale(app: &App) {
    match commands::give_up_stale(app).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(
            commands.count = count,
            "commands without an outcome timed out"
        ),
        Err(error) => tracing::debug!("stale commands wait: {error}"),
    }
}

/// Sends the mails whose time has come.
pub async fn send_mails(app: &App) {
    if let Err(error) = mail::send_due(app).await {
        tracing::debug!("mails wait: {error}");
    }
}

/// Reads the locked stations whose turn it is.
pub async fn look_after_locks(app: &App) {
    if let Err(error) = locks::look_after(app).await {
        tracing::debug!("locks wait: {error}");
    }
}

/// Closes transfers whose time has passed, and tells people of newer firmware.
pub async fn look_after_files(app: &App) {
    if let Err(error) = transfers::expire(app).await {
        tracing::debug!("transfers wait for their end: {error}");
    }
    if let Err(error) = firmware::tell(app).await {
        tracing::debug!("news of firmware wait: {error}");
    }
}

/// Brings the stations whose turn it is to what is wished of them.
pub async fn look_after_settings(app: &App) {
    if let Err(error) = settings::look_after(app).await {
        tracing::debug!("wishes wait: {error}");
    }
}

/// Removes records that are old enough.
pub async fn sweep(app: &App) {
    let retention = app.settings().retention;
    // In portions, so that stations are heard between them.
    let mut count = 0;
    loop {
        match app.store().sweep(app.now(), retention).await {
            Ok(0) => break,
            Ok(some) => count += some,
            Err(error) => {
                tracing::debug!("old records stay: {error}");
                break;
            }
        }
    }
    if count > 0 {
        tracing::info!(rows.count = count, "old records were removed");
    }
    match app.store().trim_attempts().await {
        Ok(0) => {}
        Ok(some) => tracing::info!(
            rows.count = some,
            "connection attempts beyond the bounds went"
        ),
        Err(error) => tracing::debug!("too many attempts stay: {error}"),
    }
    if let Err(error) = transfers::sweep(app).await {
        tracing::debug!("old files stay: {error}");
    }
    if let Err(error) = idempotency::sweep(app).await {
        tracing::debug!("old keys stay: {error}");
    }
}
