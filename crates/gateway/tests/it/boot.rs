//! The boot state machine over the wire (protocol.md 4.4).

use domain::command::{Command, TriggerKind};

use crate::client::Client;
use crate::door::Door;

const BOOT_16: &str =
    r#"[2,"b","BootNotification",{"chargePointVendor":"Acme","chargePointModel":"One"}]"#;
const BOOT_2: &str = r#"[2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"One","vendorName":"Acme"}}]"#;

#[tokio::test]
async fn a_station_is_heard_after_it_booted_and_stays_accepted_across_connections() {
    let door = Door::open().await;
    for (n, (protocol, boot)) in [
        ("ocpp1.6", BOOT_16),
        ("ocpp2.0.1", BOOT_2),
        ("ocpp2.1", BOOT_2),
    ]
    .into_iter()
    .enumerate()
    {
        let identity = format!("CP{n}");
        door.test.station(&identity, None).await;
        let mut station = Client::connect(door.addr, &identity, protocol).await;
        let early = station.exchange(r#"[2,"1","Heartbeat",{}]"#).await;
        assert_eq!(early[0].to_string(), "4", "{early}");
        assert_eq!(early[1], "1");
        assert_eq!(early[2], "SecurityError", "{protocol}");
        let booted = station.exchange(boot).await;
        assert_eq!(booted[0].to_string(), "3", "{booted}");
        assert_eq!(booted[1], "b");
        assert_eq!(booted[2]["status"], "Accepted");
        assert_eq!(booted[2]["interval"].to_string(), "300");
        let beat = station.exchange(r#"[2,"2","Heartbeat",{}]"#).await;
        let time = beat[2]["currentTime"].as_str().unwrap();
        assert!(time.ends_with('Z') && time.starts_with("2026-"), "{beat}");
        drop(station);
        // A lost socket is no boot.
        let mut station = Client::connect(door.addr, &identity, protocol).await;
        let beat = station.exchange(r#"[2,"3","Heartbeat",{}]"#).await;
        assert_eq!(beat[0].to_string(), "3", "{beat}");
    }
}

#[tokio::test]
async fn an_unclaimed_station_is_told_to_wait_until_it_is_registered() {
    let door = Door::open().await;
    let mut station = Client::connect(door.addr, "New", "ocpp1.6").await;
    let booted = station.exchange(BOOT_16).await;
    assert_eq!(booted[2]["status"], "Pending", "{booted}");
    assert_eq!(booted[2]["interval"].to_string(), "30");
    let beat = station.exchange(r#"[2,"1","Heartbeat",{}]"#).await;
    assert_eq!(beat[2], "SecurityError", "{beat}");
    door.test.station("NEW", None).await;
    // At its next boot it is sent to the front door.
    station.write(BOOT_16).await;
    assert_eq!(station.closed().await.0, 1012);
    let mut station = Client::connect(door.addr, "New", "ocpp1.6").await;
    assert_eq!(station.exchange(BOOT_16).await[2]["status"], "Accepted");
}

#[tokio::test]
async fn before_its_boot_a_station_may_be_triggered_and_not_started() {
    let door = Door::open().await;
    let id = door.test.station("CP1", None).await;
    let mut station = Client::connect(door.addr, "CP1", "ocpp1.6").await;
    let (app, admin) = (&door.test.app, &door.test.admin);
    let start = Command::StartSession {
        evse: Some(1),
        token: domain::token::TokenUid::new("04AABBCC"),
        token_kind: domain::token::TokenKind::Central,
        remote_start: 0,
    };
    let record = app::commands::issue(app, admin, id, start).await.unwrap();
    let record = app::commands::wait(app, admin, id, record.id, crate::client::PATIENCE).await;
    let outcome = record.unwrap().outcome.unwrap();
    assert_eq!(outcome.error.unwrap().code, "not_accepted");
    let trigger = Command::Trigger {
        message: TriggerKind::Boot,
        evse: None,
        connector: None,
    };
    app::commands::issue(app, admin, id, trigger).await.unwrap();
    let (call, action, payload) = station.called().await;
    assert_eq!(action, "TriggerMessage");
    assert_eq!(payload["requestedMessage"], "BootNotification");
    station.answer(&call, r#"{"status":"Accepted"}"#).await;
    station.boot().await;
}
