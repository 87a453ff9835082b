//! The lock: who may write what, how often one may be wrong, and who stands at the station.

use chrono::{DateTime, TimeDelta};
use domain::clock::Moment;
use domain::id::{StationId, UserId};
use domain::lock::{
    Challenge, Grant, Lock, Padlock, PasswordTries, Proof, PukTries, Sighting, Sign, Touch,
    WritePath, digits, padlock,
};
use domain::setting::CriticalList;
use domain::token::TokenUid;
use proptest::prelude::*;
use uuid::Uuid;

use crate::setting::key;

fn station(n: u128) -> StationId {
    StationId::from_uuid(Uuid::from_u128(n))
}

fn user(n: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(n))
}

fn second(n: i64) -> Moment {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(n)
}

fn lock() -> Lock {
    Lock {
        station: station(1),
        epoch: 2,
        locked_by: user(1),
        contact: "Volt".to_owned(),
        locked_at: second(0),
        critical: CriticalList::default(),
        cap_ma: Some(16_000),
    }
}

fn grant(epoch: i64, account: UserId) -> Grant {
    Grant {
        station: station(1),
        epoch,
        account,
    }
}

fn set(name: &str, value: &str) -> Touch {
    Touch::Setting {
        name: key(name),
        value: Some(value.to_owned()),
    }
}

fn touches() -> Vec<Touch> {
    vec![
        set("localpreauthorize", "true"),
        set("ConnectorPhaseRotation", "1.RST"),
        set("UserCurrentLimit", "16.1"),
        Touch::Limit {
            highest_ma: Some(16_001),
        },
        Touch::SessionLimit {
            highest_ma: Some(16_001),
        },
        Touch::SessionLimit { highest_ma: None },
        Touch::Membership,
        Touch::LocalList,
        Touch::Tariff,
        Touch::Connection,
        Touch::SignedCertificate,
        Touch::Monitors,
        Touch::Unknown,
    ]
}

#[test]
fn every_path_is_closed_without_a_grant_of_this_epoch() {
    let old = [grant(1, user(7)), grant(2, user(1))];
    for path in WritePath::ALL {
        for touch in touches() {
            let own_repair = match path {
                WritePath::Revert => matches!(touch, Touch::Setting { .. } | Touch::Monitors),
                WritePath::ListSync => touch == Touch::LocalList,
                WritePath::CertificateAnswer => touch == Touch::SignedCertificate,
                _ => false,
            };
            let forbidden = lock().forbids(path, Some(user(7)), &old, std::slice::from_ref(&touch));
            assert_eq!(forbidden, !own_repair, "{path:?} {touch:?}");
            let forbidden = lock().forbids(path, None, &old, std::slice::from_ref(&touch));
            assert_eq!(forbidden, !own_repair, "a key by {path:?} {touch:?}");
        }
    }
    assert!(!lock().forbids(WritePath::Command, Some(user(1)), &old, &touches()));
    let daily = [set("HeartbeatInterval", "60")];
    assert!(!lock().forbids(WritePath::Command, Some(user(7)), &[], &daily));
}

fn forbidden(lock: &Lock, path: WritePath, touch: Touch) -> bool {
    lock.forbids(path, None, &[], &[touch])
}

#[test]
fn load_management_goes_on_up_to_the_cap_on_every_rung() {
    let planner = |touch| forbidden(&lock(), WritePath::LoadPlanner, touch);
    let rungs: [fn(Option<i64>) -> Touch; 2] = [
        |highest_ma| Touch::Limit { highest_ma },
        |highest_ma| Touch::SessionLimit { highest_ma },
    ];
    for rung in rungs {
        assert!(!planner(rung(Some(16_000))));
        assert!(planner(rung(Some(16_001))));
        assert!(planner(rung(None)));
    }
    for (value, shut) in [
        ("16", false),
        ("10000 mA", false),
        ("16.1", true),
        ("full", true),
    ] {
        assert_eq!(planner(set("Vendor_MaxCurrent", value)), shut, "{value}");
    }
    // A rung is a current, not whatever looks like a number.
    assert!(planner(set("LocalPreAuthorize", "1")));
    let uncapped = Lock {
        cap_ma: None,
        ..lock()
    };
    let planner = |touch| forbidden(&uncapped, WritePath::LoadPlanner, touch);
    assert!(!planner(Touch::Limit { highest_ma: None }));
    assert!(planner(set("ConnectorPhaseRotation", "1.RST")));
}

#[test]
fn limits_below_the_cap_are_for_everybody() {
    let shut = |touch| forbidden(&lock(), WritePath::Command, touch);
    let session = |highest_ma| Touch::SessionLimit { highest_ma };
    assert!(!shut(session(Some(16_000))));
    for (value, above) in [("16", false), ("6.5 A", false), ("17", true), ("off", true)] {
        assert_eq!(shut(set("UserCurrentLimit", value)), above, "{value}");
    }
    let nobody_knows = Touch::Setting {
        name: key("usercurrentlimit"),
        value: None,
    };
    assert!(shut(nobody_knows));
    let uncapped = Lock {
        cap_ma: None,
        ..lock()
    };
    let shut = |touch| forbidden(&uncapped, WritePath::Command, touch);
    assert!(!shut(session(None)) && !shut(set("UserCurrentLimit", "32")));
}

#[test]
fn the_padlock_is_each_accounts_own() {
    let grants = [grant(2, user(1)), grant(1, user(2))];
    assert_eq!(padlock(None, user(1), &grants), Padlock::None);
    assert_eq!(padlock(Some(&lock()), user(1), &grants), Padlock::Open);
    assert_eq!(padlock(Some(&lock()), user(2), &grants), Padlock::Closed);
}

#[test]
fn five_wrong_ones_pause_and_the_pause_doubles() {
    let mut tries = PasswordTries::default();
    let mut now = second(0);
    for minutes in [15, 30, 60] {
        for _ in 0..5 {
            assert_eq!(tries.paused(now), None);
            tries.wrong(now);
        }
        let until = now + TimeDelta::minutes(minutes);
        assert_eq!(tries.paused(now), Some(until));
        now = until;
    }
}

#[test]
fn a_puk_is_tried_five_times_an_hour() {
    let mut tries = PukTries::default();
    for at in 0..5 {
        assert_eq!(tries.paused(second(at)), None);
        tries.wrong(second(at));
    }
    assert_eq!(tries.paused(second(5)), Some(second(3600)));
    assert_eq!(tries.paused(second(3600)), None);
}

#[test]
fn presence_is_proven_at_that_station_within_the_window_only() {
    let told = |at: i64, n: u128, sign: Sign| Sighting {
        station: station(n),
        at: second(at),
        sign,
    };
    let token = |text: &str| Sign::Token(TokenUid::new(text));
    let challenge = |proof| Challenge {
        station: station(1),
        begun_at: second(10),
        proof,
    };
    let twice = challenge(Proof::TokenTwice(TokenUid::new("04AB")));
    let first = told(10, 1, token("04ab"));
    assert!(twice.answered(&[first.clone(), told(130, 1, token("04AB"))]));
    for second_one in [
        told(20, 2, token("04AB")),
        told(131, 1, token("04AB")),
        told(9, 1, token("04AB")),
        told(20, 1, token("04AC")),
    ] {
        assert!(!twice.answered(&[first.clone(), second_one]));
    }
    let plugs = challenge(Proof::PlugUnplug(2));
    let round = |evse: i32| {
        [
            told(20, 1, Sign::Plugged(evse)),
            told(30, 1, Sign::Unplugged(evse)),
        ]
    };
    assert!(plugs.answered(&[round(1), round(1)].concat()));
    assert!(!plugs.answered(&[round(1), round(2)].concat()));
    assert!(!plugs.answered(&round(1)));
    assert!(plugs.open(second(130)) && !plugs.open(second(131)));
}

proptest! {
    #[test]
    fn codes_have_their_length(random: u64, count in 1u32..=18) {
        let code = digits(random, count);
        prop_assert_eq!(code.len(), count as usize);
        prop_assert!(code.bytes().all(|b| b.is_ascii_digit()));
    }

    #[test]
    fn a_grant_opens_one_epoch(epoch in 0i64..6) {
        let forbidden = lock().forbids(WritePath::Cli, Some(user(3)), &[grant(epoch, user(3))], &touches());
        prop_assert_eq!(forbidden, epoch != 2);
    }
}

#[test]
fn only_reading_says_nothing_that_a_person_would() {
    use domain::command::{Command, ReportKind, ResetKind, TriggerKind};
    let names = Vec::new;
    for reads in [
        Command::ReadVariables { names: names() },
        Command::MonitorVariables { names: names() },
        Command::StopMonitoring { ids: vec![1] },
        Command::RequestReport {
            kind: ReportKind::Full,
        },
    ] {
        assert!(!reads.feigns_presence(), "{reads:?}");
    }
    for acts in [
        Command::Reset {
            kind: ResetKind::Soft,
            evse: None,
        },
        Command::Unlock {
            evse: 1,
            connector: None,
        },
        Command::ChangeAvailability {
            evse: None,
            connector: None,
            operative: true,
        },
        Command::Trigger {
            message: TriggerKind::Status,
            evse: None,
            connector: None,
        },
        Command::WriteVariables { values: Vec::new() },
        Command::ClearCache,
    ] {
        assert!(acts.feigns_presence(), "{acts:?}");
    }
}
