//! A fleet replays its past in order, and the past depends on the seed alone.

use std::collections::HashMap;
use std::time::Duration;

use busbar_sim::fleet::demo_tokens;
use busbar_sim::{FleetPlan, Version, run_fleet};
use chrono::{DateTime, Utc};

use crate::tiny_server::TinyServer;

fn plan(server: &TinyServer) -> FleetPlan {
    FleetPlan {
        stations: 3,
        history_days: 2,
        history_only: true,
        ..FleetPlan::new(&server.url)
    }
}

#[test]
fn identities_and_tokens_are_plain() {
    let roster = FleetPlan::new("ws://127.0.0.1:1/ocpp").roster();
    let names: Vec<_> = roster.iter().take(4).map(|m| m.identity.as_str()).collect();
    assert_eq!(names, ["DEPOT-01", "HARBOUR-01", "MARKET-01", "DEPOT-02"]);
    assert_eq!(demo_tokens(1, 3), demo_tokens(1, 3));
    assert!(demo_tokens(1, 40).iter().all(|t| t.len() == 14));
}

#[tokio::test]
async fn history_is_told_in_order() {
    let server = TinyServer::start().await;
    let mut plan = plan(&server);
    plan.stations = 1;
    plan.version = Some(Version::V16);
    tokio::time::timeout(Duration::from_secs(60), run_fleet(plan))
        .await
        .unwrap()
        .unwrap();
    let starts = server.payloads("StartTransaction");
    let stops = server.payloads("StopTransaction");
    assert!(starts.len() > 4, "{} sessions in two days", starts.len());
    assert!(
        starts.len() - stops.len() <= 2,
        "at most the running ones are open"
    );
    let time = |v: &serde_json::Value| {
        v["timestamp"]
            .as_str()
            .unwrap()
            .parse::<DateTime<Utc>>()
            .unwrap()
    };
    assert!(starts.windows(2).all(|w| time(&w[0]) <= time(&w[1])));
    let mut registers: HashMap<i64, i64> = HashMap::new();
    for (start, connector) in starts
        .iter()
        .map(|s| (s, s["connectorId"].as_i64().unwrap()))
    {
        let wh = start["meterStart"].as_i64().unwrap();
        assert!(wh >= *registers.get(&connector).unwrap_or(&0));
        registers.insert(connector, wh);
    }
    assert_eq!(server.actions()[0], "BootNotification");
}

#[tokio::test]
async fn a_fleet_goes_live_and_stops_when_told() {
    let server = TinyServer::start().await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut plan = plan(&server);
    (plan.history_only, plan.history_days) = (false, 0);
    (plan.speed, plan.stop) = (3_600.0, Some(stopped));
    let running = tokio::spawn(run_fleet(plan));
    server.heard("BootNotification", 3).await;
    server.heard("Authorize", 1).await;
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(5), running)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}
