//! Two connections of one station, silent ones, and the end of the process.

use std::time::Duration;

use app::UnknownStations;
use app::connections;
use app::stations::{self, NewPassword, NewStation};
use app::testing::TestApp;
use domain::command::{Command, CommandState, ResetKind};
use futures_util::StreamExt;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, PATIENCE, ask, basic};
use crate::door::{Door, until};

#[tokio::test]
async fn the_newest_connection_wins_and_the_old_ones_end_disturbs_nothing() {
    let door = Door::open().await;
    let id = door.test.station("CP1", None).await;
    let mut old = Client::connect(door.addr, "CP1", "ocpp1.6").await;
    old.boot().await;
    let (app, admin) = (&door.test.app, &door.test.admin);
    let reset = || Command::Reset {
        kind: ResetKind::Hard,
        evse: None,
    };
    let in_flight = app::commands::issue(app, admin, id, reset()).await.unwrap();
    old.called().await;

    let mut new = Client::connect(door.addr, "cp1", "ocpp1.6").await;
    let (code, why) = old.closed().await;
    assert_eq!(code, 1008);
    assert!(why.starts_with("replaced"), "{why}");
    let failed = app::commands::wait(app, admin, id, in_flight.id, PATIENCE)
        .await
        .unwrap();
    assert_eq!(
        failed.outcome.unwrap().error.unwrap().code,
        "connection_lost"
    );
    drop(old);

    let beat = new.exchange(r#"[2,"h","Heartbeat",{}]"#).await;
    assert_eq!(beat[1], "h");
    assert!(door.test.bus.is_online(id).await);
    let next = app::commands::issue(app, admin, id, reset()).await.unwrap();
    let (call, ..) = new.called().await;
    new.answer(&call, r#"{"status":"Accepted"}"#).await;
    let done = app::commands::wait(app, admin, id, next.id, PATIENCE)
        .await
        .unwrap();
    assert_eq!(done.state, CommandState::Accepted);
}

#[tokio::test]
async fn a_storm_of_takeovers_leaves_the_last_one() {
    let door = Door::open().await;
    let id = door.test.station("CP1", None).await;
    let mut all = Vec::new();
    for _ in 0..20 {
        all.push(Client::connect(door.addr, "CP1", "ocpp1.6").await);
    }
    let mut last = all.pop().unwrap();
    for mut client in all {
        assert_eq!(client.closed().await.0, 1008);
    }
    last.boot().await;
    assert!(door.test.bus.is_online(id).await);
}

#[tokio::test]
async fn a_silent_station_is_pinged_and_then_dropped() {
    let test = TestApp::new().await;
    let door = Door::with(test, |s| s.ping_interval = Duration::from_millis(150)).await;
    let id = door.test.station("CP1", None).await;
    let mut lively = Client::connect(door.addr, "CP1", "ocpp1.6").await;
    // Reading answers pings: it lives through many of them.
    for _ in 0..6 {
        let next = tokio::time::timeout(PATIENCE, lively.ws.next())
            .await
            .unwrap();
        assert!(matches!(next, Some(Ok(Message::Ping(_)))), "{next:?}");
    }
    assert!(door.test.bus.is_online(id).await);
    // From now on it reads nothing, and so answers nothing.
    until("it is dropped", async || !door.test.bus.is_online(id).await).await;
}

#[tokio::test]
async fn a_peer_that_never_reads_is_dropped() {
    let test = TestApp::new().await;
    let door = Door::with(test, |s| s.write_timeout = Duration::from_millis(300)).await;
    let id = door.test.station("CP1", None).await;
    let mut station = Client::connect(door.addr, "CP1", "ocpp1.6").await;
    station.boot().await;
    // Answers that nobody reads fill every buffer on the way; a long id makes them large.
    let call = format!(r#"[2,"{}","Heartbeat",{{}}]"#, "x".repeat(500_000));
    let flooding = async {
        while futures_util::SinkExt::send(&mut station.ws, Message::text(call.clone()))
            .await
            .is_ok()
        {}
    };
    let dropped = until("it is dropped", async || !door.test.bus.is_online(id).await);
    tokio::select! {
        () = flooding => {}
        () = dropped => {}
    }
    until("it is dropped", async || !door.test.bus.is_online(id).await).await;
}

#[tokio::test]
async fn at_the_end_every_station_is_asked_to_come_again() {
    let mut door = Door::open().await;
    let mut stations = Vec::new();
    for n in 0..5 {
        door.test.station(&format!("CP{n}"), None).await;
        let mut station = Client::connect(door.addr, &format!("CP{n}"), "ocpp1.6").await;
        station.boot().await;
        stations.push(station);
    }
    let running = door.shut_down();
    for station in &mut stations {
        assert_eq!(station.closed().await.0, 1012);
    }
    drop(stations);
    let drained = tokio::time::timeout(PATIENCE, running)
        .await
        .unwrap()
        .unwrap();
    assert!(drained);
    assert!(tokio::net::TcpStream::connect(door.addr).await.is_err());
}

#[tokio::test]
async fn a_connection_is_closed_when_the_bus_says_so() {
    let door = Door::open().await;
    let id = door.test.station("CP1", None).await;
    let mut station = Client::connect(door.addr, "CP1", "ocpp1.6").await;
    station.boot().await;
    door.test.bus.close(id, "the password was changed").await;
    assert_eq!(
        station.closed().await,
        (1008, "the password was changed".to_owned())
    );
    until("it is offline", async || !door.test.bus.is_online(id).await).await;
    // Another holder of the same station is not touched by the late end of this one.
    let link = door.test.connect("CP1").await;
    assert!(door.test.bus.is_online(id).await);
    connections::close(&door.test.app, link, connections::Closing::ByStation).await;
}

#[tokio::test]
async fn a_newcomer_without_the_password_changes_nothing() {
    let door = Door::open().await;
    let new = NewStation {
        identity: "Safe".to_owned(),
        name: None,
        site: None,
        password: NewPassword::Chosen("a password of some length".to_owned()),
    };
    let (view, _) = stations::create(&door.test.app, &door.test.admin, new)
        .await
        .unwrap();
    let protocol = "Sec-WebSocket-Protocol: ocpp1.6\r\n";
    let right = basic("Safe", "a password of some length");
    let answer = ask(door.addr, "/ocpp/Safe", &format!("{protocol}{right}")).await;
    let mut station = Client::over(answer.stream).await;
    station.boot().await;
    for line in [
        String::new(),
        basic("Safe", "a guess"),
        basic("Other", "a guess"),
    ] {
        let answer = ask(door.addr, "/ocpp/Safe", &format!("{protocol}{line}")).await;
        assert_eq!(answer.status, 401);
        let beat = station.exchange(r#"[2,"h","Heartbeat",{}]"#).await;
        assert_eq!(beat[1], "h");
    }
    assert!(door.test.bus.is_online(view.station.id).await);
}

/// Strangers take no places from those who are known.
#[tokio::test]
async fn places_for_unknown_stations_are_few() {
    let test = TestApp::with(|s| s.unknown_stations = UnknownStations::Pending).await;
    let door = Door::with(test, |settings| settings.max_unclaimed = 1).await;
    let mut first = Client::connect(door.addr, "STRANGER-1", "ocpp1.6").await;
    first.exchange(r#"[2,"1","Heartbeat",{}]"#).await;
    let mut second = Client::connect(door.addr, "STRANGER-2", "ocpp1.6").await;
    assert_eq!(second.closed().await.0, 1013);
    door.test.station("KNOWN", None).await;
    let mut known = Client::connect(door.addr, "KNOWN", "ocpp1.6").await;
    known.boot().await;
    // The place is free again when the first one goes.
    first.ws.close(None).await.unwrap();
    first.closed().await;
    until("there is a place", async || {
        let mut next = Client::connect(door.addr, "STRANGER-2", "ocpp1.6").await;
        next.write(r#"[2,"1","Heartbeat",{}]"#).await;
        matches!(next.ws.next().await, Some(Ok(Message::Text(_))))
    })
    .await;
}
