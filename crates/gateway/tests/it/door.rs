//! An open charger port with a whole app behind it.

use std::net::SocketAddr;
use std::time::Duration;

use app::testing::TestApp;
use app::{attempts, jobs, logs, stations};
use busbar_gateway::{Gateway, Settings};
use domain::attempt::{Attempt, AttemptOutcome};
use domain::id::StationId;
use domain::page::PageRequest;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::client::PATIENCE;

pub struct Door {
    pub test: TestApp,
    pub addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<bool>>,
}

impl Door {
    pub async fn open() -> Self {
        Self::with(TestApp::new().await, |_| {}).await
    }

    pub async fn with(test: TestApp, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::on("127.0.0.1:0".parse().unwrap());
        settings.call_timeout = Duration::from_secs(5);
        change(&mut settings);
        let bound = Gateway::bind(test.app.clone(), settings).await.unwrap();
        let addr = bound.addr();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(bound.run(async move {
            let _ = stopped.await;
        }));
        Self {
            test,
            addr,
            stop: Some(stop),
            running: Some(running),
        }
    }

    /// Begins to shut down; whether all connections ended in time.
    pub fn shut_down(&mut self) -> JoinHandle<bool> {
        self.stop.take().unwrap().send(()).unwrap();
        self.running.take().unwrap()
    }

    /// The newest attempt, once there is one more than `before`.
    pub async fn attempt(&self, before: usize) -> Attempt {
        let mut found = self.attempts().await;
        until("the attempt is on record", async || {
            found = self.attempts().await;
            found.len() > before
        })
        .await;
        found.swap_remove(0)
    }

    pub async fn attempts(&self) -> Vec<Attempt> {
        let (app, admin) = (&self.test.app, &self.test.admin);
        jobs::write_deferred(app).await;
        let page = PageRequest {
            limit: 200,
            cursor: None,
        };
        attempts::list(app, admin, &attempts::AttemptFilter::default(), &page)
            .await
            .unwrap()
            .rows
    }

    /// Checks what became of the newest attempt.
    pub async fn attempted(&self, before: usize, outcome: AttemptOutcome) {
        assert_eq!(self.attempt(before).await.outcome, outcome);
    }

    /// The log of a station, the newest first.
    pub async fn log(&self, station: StationId) -> Vec<logs::LogView> {
        let (app, admin) = (&self.test.app, &self.test.admin);
        let page = PageRequest {
            limit: 200,
            cursor: None,
        };
        let query = logs::LogQuery::default();
        logs::list(app, admin, &logs::Whose::Station(station), &query, &page)
            .await
            .unwrap()
            .rows
    }

    /// The codes of the deviations of a station.
    pub async fn deviations(&self, station: StationId) -> Vec<String> {
        let (app, admin) = (&self.test.app, &self.test.admin);
        jobs::write_deferred(app).await;
        let found = stations::deviations(app, admin, station).await.unwrap();
        found.into_iter().map(|d| d.code).collect()
    }
}

/// Looks again until it holds, in bounded time.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let looked = tokio::time::timeout(PATIENCE, async {
        let mut beat = tokio::time::interval(Duration::from_millis(10));
        while !holds().await {
            beat.tick().await;
        }
    });
    assert!(looked.await.is_ok(), "it never came true: {what}");
}
