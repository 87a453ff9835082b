//! What an idle station costs.

use futures_util::future::join_all;
use tokio::net::TcpStream;

use crate::client::Client;
use crate::door::Door;

/// The promise, with the station's side of the socket and the test's own notes on top.
const MOST: u64 = 16 * 1024;
const GROUP: usize = 300;
const GROUPS: usize = 5;

async fn connect(door: &Door, from: usize, count: usize) -> Vec<TcpStream> {
    let connecting = (from..from + count).map(|n| async move {
        let identity = format!("CP{n}");
        door.test.station(&identity, None).await;
        let mut client = Client::connect(door.addr, &identity, "ocpp1.6").await;
        client.boot().await;
        let beat = client.exchange(r#"[2,"h","Heartbeat",{}]"#).await;
        assert_eq!(beat[1], "h");
        client.ws.into_inner()
    });
    let mut streams = Vec::new();
    let mut connecting = connecting.peekable();
    while connecting.peek().is_some() {
        let some: Vec<_> = connecting.by_ref().take(25).collect();
        streams.extend(join_all(some).await);
    }
    streams
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

#[tokio::test]
async fn an_idle_station_costs_at_most_16_kib() {
    let door = Door::open().await;
    // What is paid once, caches and pools, is paid before the counting begins.
    let mut streams = connect(&door, 0, GROUP).await;
    let mut costs = Vec::new();
    for group in 1..=GROUPS {
        let Some(before) = resident_bytes() else {
            // Only Linux tells.
            return;
        };
        streams.extend(connect(&door, group * GROUP, GROUP).await);
        let after = resident_bytes().unwrap();
        costs.push(after.saturating_sub(before) / GROUP as u64);
    }
    // What waits to be written comes and goes with the load of the machine; the middle group is
    // the least disturbed by it.
    costs.sort_unstable();
    let each = costs[GROUPS / 2];
    assert!(each <= MOST, "{each} bytes a station of {costs:?}");
    drop(streams);
}
