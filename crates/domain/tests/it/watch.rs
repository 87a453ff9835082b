//! The watch over a lock: what is drift, what is done about it, and what somebody with access wrote.

use chrono::{DateTime, TimeDelta};
use domain::clock::Moment;
use domain::command::{VariableName, WriteResult, Written};
use domain::id::CommandId;
use domain::lock::{Act, Look, Watch, WatchState, Writer};
use domain::setting::{CriticalList, Reaction};
use domain::variable::{Mutability, VariableReading};
use uuid::Uuid;

use crate::setting::{key, reading};

fn became(name: &str, result: Written) -> WriteResult {
    WriteResult {
        name: key(name),
        result,
        reason: None,
    }
}

fn second(n: i64) -> Moment {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(n)
}

fn command(n: u128) -> CommandId {
    CommandId::from_uuid(Uuid::from_u128(n))
}

fn frozen() -> Watch {
    let told = [
        reading(key("MaxCurrent"), "16"),
        reading(key("CpoName"), "Volt"),
        reading(key("HeartbeatInterval"), "60"),
    ];
    Watch::freeze(&CriticalList::default(), &told)
}

fn told(current: &str, name: &str) -> [VariableReading; 2] {
    [
        reading(key("MaxCurrent"), current),
        reading(key("CpoName"), name),
    ]
}

fn at(asked: Moment) -> Look {
    Look {
        asked,
        charging: false,
        booted: None,
    }
}

fn look(watch: &mut Watch, reported: &[VariableReading], look: Look) -> Act {
    watch.look(&CriticalList::default(), reported, look)
}

fn value_of(watch: &Watch, name: &VariableName) -> String {
    let mut wishes = watch.wishes.iter();
    wishes.find(|w| w.name == *name).unwrap().value.clone()
}

fn maximum(value: &str) -> Vec<(VariableName, String)> {
    vec![(key("MaxCurrent"), value.to_owned())]
}

#[test]
fn critical_settings_are_frozen_and_put_back() {
    let list = CriticalList::default();
    let mut watch = frozen();
    assert_eq!(watch.wishes.len(), 2, "the heartbeat is nobody's secret");
    let charging = |n| Look {
        charging: true,
        ..at(second(n))
    };
    let changed = [
        reading(key("maxcurrent"), "32"),
        reading(key("CpoName"), "Volt"),
    ];
    let act = look(&mut watch, &changed, charging(10));
    assert_eq!(act.revert, maximum("16"));
    assert!(act.news && watch.electrical(&list));
    let act = look(&mut watch, &changed, charging(11));
    assert!(!act.news, "people were told of it");
    let act = look(&mut watch, &told("16.0", "Volt"), charging(12));
    assert_eq!(act, Act::default());
    assert_eq!(watch.state, WatchState::Steady);
    assert!(!watch.electrical(&list));
}

#[test]
fn what_leads_to_us_is_told_and_put_back_only_where_somebody_chose_so_and_nobody_charges() {
    let mut watch = frozen();
    let elsewhere = told("16", "Other");
    let act = look(&mut watch, &elsewhere, at(second(1)));
    assert!(act.news && act.revert.is_empty());
    assert_eq!(watch.state, WatchState::Drifted);
    assert!(watch.choose(&key("cponame"), Reaction::Revert));
    assert!(!watch.choose(&key("Unknown"), Reaction::Revert));
    let charging = Look {
        charging: true,
        ..at(second(2))
    };
    let act = look(&mut watch, &elsewhere, charging);
    assert!(act.revert.is_empty());
    assert_eq!(watch.state, WatchState::AfterSession);
    let act = look(&mut watch, &elsewhere, at(second(3)));
    assert_eq!(act.revert, [(key("CpoName"), "Volt".to_owned())]);
}

#[test]
fn quarantine_is_once_and_keeps_nothing_else_from_being_put_back() {
    let mut watch = frozen();
    assert!(watch.choose(&key("CpoName"), Reaction::Quarantine));
    let act = look(&mut watch, &told("16", "Other"), at(second(4)));
    assert!(act.quarantine && act.revert.is_empty());
    assert_eq!(watch.state, WatchState::Quarantined);
    let act = look(&mut watch, &told("32", "Other"), at(second(5)));
    assert!(!act.quarantine, "once");
    assert_eq!(act.revert, maximum("16"));
    assert_eq!(watch.state, WatchState::Quarantined);
}

#[test]
fn what_somebody_with_access_wrote_is_the_wish_once_the_station_took_it() {
    let mut watch = frozen();
    let name = || [(key("maxCURRENT"), "20".to_owned())];
    watch.expect(command(1), Writer::Granted, name());
    // Nobody knows yet: neither the old value nor the new one is drift, nor is any a wish.
    for value in ["16", "20"] {
        let act = look(&mut watch, &told(value, "Volt"), at(second(9)));
        assert_eq!(act, Act::default());
    }
    assert!(!watch.may_put_back(&key("MaxCurrent"), "16"));
    let taken = [became("MaxCurrent", Written::Accepted)];
    assert!(watch.written(command(1), &taken, second(10)));
    assert_eq!(value_of(&watch, &key("MaxCurrent")), "20");
    // Asked before the answer, this says nothing of what was written.
    let act = look(&mut watch, &told("16", "Volt"), at(second(9)));
    assert_eq!(act, Act::default());
    let act = look(&mut watch, &told("20", "Volt"), at(second(11)));
    assert_eq!(act, Act::default());
    // What somebody else set at the station between the two is not adopted.
    let act = look(&mut watch, &told("32", "Volt"), at(second(12)));
    assert_eq!(act.revert, maximum("20"));
    assert!(watch.may_put_back(&key("MaxCurrent"), "20"));
    assert!(
        !watch.may_put_back(&key("MaxCurrent"), "16"),
        "a stale wish"
    );
}

#[test]
fn what_the_station_did_not_take_is_no_wish() {
    for outcome in [
        vec![became("MaxCurrent", Written::Rejected)],
        vec![became("CpoName", Written::Accepted)],
        Vec::new(),
    ] {
        let mut watch = frozen();
        watch.expect(command(1), Writer::Granted, maximum("20"));
        assert!(watch.written(command(1), &outcome, second(10)));
        assert_eq!(value_of(&watch, &key("MaxCurrent")), "16");
        let act = look(&mut watch, &told("20", "Volt"), at(second(11)));
        assert_eq!(act.revert, maximum("16"), "{outcome:?}");
    }
    let mut watch = frozen();
    let open = [(key("HeartbeatInterval"), "9".to_owned())];
    watch.expect(command(1), Writer::Granted, open);
    assert!(
        !watch.written(command(1), &[], second(10)),
        "nothing frozen"
    );
}

#[test]
fn an_old_value_is_tolerated_until_the_boot_that_the_station_asked_for() {
    let mut watch = frozen();
    watch.expect(command(1), Writer::Granted, maximum("20"));
    let later = [became("MaxCurrent", Written::RebootRequired)];
    watch.written(command(1), &later, second(10));
    assert_eq!(value_of(&watch, &key("MaxCurrent")), "20");
    let act = look(&mut watch, &told("16", "Volt"), at(second(11)));
    assert_eq!(act, Act::default(), "the old one");
    let act = look(&mut watch, &told("32", "Volt"), at(second(12)));
    assert_eq!(act.revert, maximum("20"), "another one");
    let booted = Look {
        booted: Some(second(13)),
        ..at(second(14))
    };
    let act = look(&mut watch, &told("16", "Volt"), booted);
    assert_eq!(act.revert, maximum("20"), "it booted");
}

#[test]
fn a_revert_that_needs_a_boot_waits_for_it_and_costs_one_time() {
    let list = CriticalList::default();
    let mut watch = frozen();
    let wrong = told("32", "Volt");
    let act = look(&mut watch, &wrong, at(second(1)));
    watch.expect(command(1), Writer::Watch, act.revert);
    let later = [became("MaxCurrent", Written::RebootRequired)];
    watch.written(command(1), &later, second(2));
    for n in 3..20 {
        let act = look(&mut watch, &wrong, at(second(n)));
        assert_eq!(act, Act::default());
        assert_eq!(watch.state, WatchState::AfterBoot);
        assert!(watch.electrical(&list), "until it has booted");
    }
    let booted = |n| Look {
        booted: Some(second(20)),
        ..at(second(n))
    };
    let act = look(&mut watch, &told("16", "Volt"), booted(21));
    assert_eq!((act, watch.state), (Act::default(), WatchState::Steady));
}

#[test]
fn a_station_that_tells_nothing_time_and_again_is_told_of_once() {
    let list = CriticalList::default();
    let mut watch = frozen();
    let news: Vec<bool> = (0..5).map(|_| watch.missed()).collect();
    assert_eq!(news, [false, false, true, false, false]);
    assert_eq!(watch.state, WatchState::Unread);
    assert!(watch.electrical(&list), "nobody knows what it could draw");
    look(&mut watch, &told("16", "Volt"), at(second(1)));
    assert_eq!(watch.state, WatchState::Steady);
    // What a station does not tell although it answers is drift, and is not written blindly.
    let act = look(&mut watch, &[], at(second(2)));
    assert!(act.news && act.revert.is_empty());
    assert!(watch.drift.iter().all(|d| d.found.is_none()));
}

#[test]
fn people_are_told_once_that_settings_are_put_back_no_more() {
    let mut watch = frozen();
    let wrong = told("32", "Volt");
    let stopped: Vec<bool> = (1..=6)
        .map(|n| look(&mut watch, &wrong, at(second(n))).stopped)
        .collect();
    assert_eq!(stopped, [false, false, false, true, false, false]);
    let day_later = at(second(25 * 3600));
    let act = look(&mut watch, &wrong, day_later);
    assert_eq!(act.revert, maximum("16"), "another day, another try");
}

#[test]
fn what_cannot_be_written_is_frozen_where_it_is_electrical_and_told_of_only() {
    let fixed = |name, value| VariableReading {
        mutability: Some(Mutability::ReadOnly),
        ..reading(name, value)
    };
    let of = VariableName::of;
    let reported = [
        fixed(of("ChargingStation", "MaxCurrentSwitch"), "16"),
        fixed(of("SmartChargingCtrlr", "Available"), "true"),
        fixed(of("TxCtrlr", "Whatever"), "1"),
    ];
    let mut watch = Watch::freeze(&CriticalList::default(), &reported);
    assert_eq!(watch.wishes.len(), 1, "{:?}", watch.wishes);
    assert_eq!(watch.wishes[0].reaction, Reaction::Alert);
    let turned = [fixed(of("ChargingStation", "MaxCurrentSwitch"), "32")];
    let act = look(&mut watch, &turned, at(second(1)));
    assert!(act.news && act.revert.is_empty());
    assert!(watch.electrical(&CriticalList::default()));
}

#[test]
fn a_monitor_and_an_added_setting_are_known_whatever_evse_and_instance_they_name() {
    let of_evse = |evse, instance: Option<&str>| VariableName {
        evse,
        variable_instance: instance.map(str::to_owned),
        ..VariableName::of("Lamp", "Power")
    };
    let list = CriticalList::default().with([VariableName::of("lamp", "power")]);
    for name in [of_evse(Some(2), None), of_evse(None, Some("L1"))] {
        assert!(list.sphere(&name).is_some(), "{name:?}");
        let watch = Watch::freeze(&list, &[reading(name, "5")]);
        assert!(watch.concerns(&VariableName::of("LAMP", "Power")));
        assert!(!watch.concerns(&VariableName::of("Lamp", "Colour")));
    }
}
