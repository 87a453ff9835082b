//! The load client counts what was acknowledged and logs each by its content.

use std::collections::HashSet;
use std::time::Duration;

use busbar_sim::Version;
use busbar_sim::load::{Acknowledged, LoadPlan, Mix, connect};

use crate::tiny_server::TinyServer;

#[tokio::test]
async fn every_acknowledgement_is_logged_once() {
    let server = TinyServer::start().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    for (version, mix) in [
        (Version::V16, Mix::Transactions),
        (Version::V16, Mix::MeterValues),
        (Version::V201, Mix::Transactions),
        (Version::V21, Mix::MeterValues),
    ] {
        file.as_file().set_len(0).unwrap();
        let mut plan = LoadPlan::new(&server.url, 4);
        (plan.version, plan.ack_log) = (version, Some(file.path().to_owned()));
        let herd = connect(plan).await.unwrap();
        assert_eq!(herd.report.booted, 4);
        let report = herd.send(mix, Duration::from_millis(300)).await.unwrap();
        assert_eq!((report.call_errors, report.lost_connections), (0, 0));
        let text = std::fs::read_to_string(file.path()).unwrap();
        let lines: Vec<Acknowledged> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), report.acknowledged);
        assert!(lines.len() >= 4, "{version}: {}", lines.len());
        let keys: HashSet<_> = lines
            .iter()
            .map(|l| (l.station.clone(), l.kind.clone(), l.timestamp.clone()))
            .collect();
        assert_eq!(keys.len(), lines.len());
    }
}

#[tokio::test]
async fn idle_stations_are_held() {
    let server = TinyServer::start().await;
    let herd = connect(LoadPlan::new(&server.url, 50)).await.unwrap();
    assert_eq!(herd.report.booted, 50);
    assert_eq!(herd.hold(Duration::from_millis(50)).await, 0);
}
