//! The catalogue has every action, and knows what protocol.md 2 says of them.

use busbar_ocpp::catalogue::{Catalogue, Direction, Kind, Version};

fn counts(version: Version) -> (usize, usize, usize) {
    let actions = Catalogue::of(version).actions();
    let up = actions
        .iter()
        .filter(|action| action.direction.sent_by_station())
        .count();
    let down = actions
        .iter()
        .filter(|action| action.direction.sent_to_station())
        .count();
    (actions.len(), up, down)
}

#[test]
fn every_action_is_there() {
    assert_eq!(counts(Version::V16), (39, 14, 26));
    assert_eq!(counts(Version::V201), (64, 25, 40));
    assert_eq!(counts(Version::V21), (91, 37, 55));
    let messages = |version| Catalogue::of(version).messages().count();
    assert_eq!(messages(Version::V16), 78);
    assert_eq!(messages(Version::V201), 128);
    assert_eq!(messages(Version::V21), 181);
}

#[test]
fn names_and_directions() {
    let new = Catalogue::of(Version::V21);
    let stream = new.action("NotifyPeriodicEventStream").unwrap();
    assert_eq!(stream.request.name, "NotifyPeriodicEventStream");
    assert!(stream.response.is_none());
    assert!(new.message("NotifyPeriodicEventStreamRequest").is_none());
    assert_eq!(
        new.action("DataTransfer").unwrap().direction,
        Direction::Both
    );
    assert_eq!(new.action("AFRRSignal").unwrap().block, "Q");
    assert!(new.action("heartbeat").is_none());

    let old = Catalogue::of(Version::V16);
    assert!(!old.message("HeartbeatRequest").unwrap().whole_decimals);
    assert!(old.message("GetLogRequest").unwrap().whole_decimals);
    assert_eq!(old.action("GetLog").unwrap().block, "Security");
}

#[test]
fn versions_have_names() {
    for version in Version::ALL {
        assert_eq!(
            Version::from_subprotocol(version.subprotocol()),
            Some(version)
        );
        assert_eq!(Version::from_number(version.number()), Some(version));
    }
    assert_eq!(Version::from_subprotocol("ocpp2.0"), None);
    assert_eq!(Version::from_number("1.5"), None);
}

#[test]
fn facts_of_the_schemas() {
    let new = Catalogue::of(Version::V201);
    let boot = new.message("BootNotificationRequest").unwrap();
    let station = boot.body().field("chargingStation").unwrap();
    assert!(station.required);
    let Kind::Object(id) = station.kind else {
        panic!("{station:?}")
    };
    let serial = new.shape(id).field("serialNumber").unwrap();
    assert!(matches!(serial.kind, Kind::Text { most: Some(25), .. }));
    let Kind::Object(custom) = boot.body().field("customData").unwrap().kind else {
        panic!()
    };
    assert!(new.shape(custom).open);
    let data = new.message("DataTransferRequest").unwrap();
    assert!(matches!(data.body().field("data").unwrap().kind, Kind::Any));
}

#[test]
fn forms_are_flat() {
    let stop = Catalogue::of(Version::V16)
        .message("StopTransactionRequest")
        .unwrap();
    let form = stop.form();
    let line = |path: &str| form.iter().find(|line| line.path == path).unwrap();
    assert_eq!(line("idTag").most, Some(20));
    assert_eq!(line("timestamp").kind, "date");
    assert_eq!(
        line("transactionData[].sampledValue[].phase").words.len(),
        10
    );
    assert!(line("transactionData[].sampledValue[].value").required);
    for version in Version::ALL {
        for message in Catalogue::of(version).messages() {
            let form = message.form();
            assert!(form.len() < 2_000, "{}", message.name);
        }
    }
}
