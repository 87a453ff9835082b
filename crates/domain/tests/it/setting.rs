//! Settings: same or not, critical or not, drifted or not, put back or not.

use chrono::{DateTime, TimeDelta};
use domain::clock::Moment;
use domain::command::VariableName;
use domain::setting::{
    CriticalList, Drift, Reaction, Reverts, Rules, Sphere, Verdict, Wish, drift, same,
};
use domain::variable::{Mutability, VariableReading};
use proptest::prelude::*;

pub(crate) fn key(variable: &str) -> VariableName {
    VariableName::key(variable)
}

fn of(component: &str, variable: &str) -> VariableName {
    VariableName {
        component: Some(component.to_owned()),
        ..key(variable)
    }
}

pub fn reading(name: VariableName, value: &str) -> VariableReading {
    VariableReading {
        name,
        attribute: "Actual".to_owned(),
        value: Some(value.to_owned()),
        mutability: Some(Mutability::ReadWrite),
        traits: None,
    }
}

fn wish(variable: &str, value: &str) -> Wish {
    Wish {
        name: key(variable),
        value: value.to_owned(),
        reaction: Reaction::Revert,
    }
}

fn moment(minutes: i64) -> Moment {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

#[test]
fn values_are_the_same_whatever_the_station_made_of_them() {
    for (variable, a, b) in [
        ("LocalPreAuthorize", "true", "TRUE"),
        ("StationMaxCurrent", "16", "16.0"),
        ("StationMaxCurrent", "16 A", "16000mA"),
        ("StationMaxCurrent", "1.5kW", "1500 W"),
        ("StationMaxCurrent", "-0", "0.00"),
        (
            "MeterValuesSampledData",
            "Voltage, Power.Active.Import",
            "power.active.import,voltage",
        ),
        ("ConnectorPhaseRotation", "1.RST,2.RTS", "2.RTS, 1.RST"),
    ] {
        assert!(same(&key(variable), a, b), "{variable}: {a} and {b}");
    }
    for (variable, a, b) in [
        ("StationMaxCurrent", "16", "16mA"),
        ("StationMaxCurrent", "16", "160"),
        ("StationMaxCurrent", "1.05", "1.5"),
        ("StationMaxCurrent", "007", "7"),
        ("NetworkConfigurationPriority", "1,2", "2,1"),
        ("CsmsUrl", "wss://a.example/Path", "wss://a.example/path"),
        ("ConnectorPhaseRotation", "1.RST", "1.RTS"),
    ] {
        assert!(!same(&key(variable), a, b), "{variable}: {a} and {b}");
    }
}

#[test]
fn what_is_critical_is_known_in_both_families_of_names() {
    let list = CriticalList::default();
    for (name, sphere) in [
        (key("LOCALAUTHORIZEOFFLINE"), Sphere::AccessAndMoney),
        (key("ConnectorPhaseRotation"), Sphere::Electrical),
        (key("Vendor_Station-Max_Current"), Sphere::Electrical),
        (key("FreeVendEnabled"), Sphere::AccessAndMoney),
        (key("AuthorizationKey"), Sphere::Connection),
        (of("SmartChargingCtrlr", "Enabled"), Sphere::Electrical),
        (
            of("ocppCommCtrlr", "RetryBackOffWaitMinimum"),
            Sphere::Connection,
        ),
    ] {
        assert_eq!(list.sphere(&name), Some(sphere), "{name:?}");
    }
    for name in [
        key("HeartbeatInterval"),
        key("LightIntensity"),
        of("OCPPCommCtrlr", "HeartbeatInterval"),
        of("DisplayMessageCtrlr", "Language"),
    ] {
        assert_eq!(list.sphere(&name), None, "{name:?}");
    }
}

#[test]
fn an_installer_adds_and_never_takes_away() {
    let added = CriticalList::default().with([
        key("LightIntensity"),
        key("lightintensity"),
        key("CpoName"),
    ]);
    assert_eq!(added.added(), [key("lightintensity")]);
    assert_eq!(added.sphere(&key("LIGHTINTENSITY")), Some(Sphere::Added));
    assert_eq!(
        added.sphere(&key("PhaseRotation")),
        Some(Sphere::Electrical)
    );
}

#[test]
fn a_model_has_its_own_and_opens_nothing_electrical() {
    let lines = "vendor,model,kind,name,sphere\n\
        Volt*,Box 2,variable,Lamp-Cap,electrical\n\
        Volt*,*,open,CpoName,\n\
        Volt*,*,open,ConnectorPhaseRotation,\n\
        Volt*,*,component,Lamp,access_and_money\n";
    let rules = Rules::built_in().and(Rules::read(lines).unwrap());
    let of_model = |vendor, model| CriticalList::of_model(rules.of_model(vendor, model));
    let list = of_model(Some("VOLT GmbH"), Some("box 2"));
    assert_eq!(list.sphere(&key("LampCap")), Some(Sphere::Electrical));
    assert_eq!(list.sphere(&key("CpoName")), None);
    let rotation = key("ConnectorPhaseRotation");
    assert_eq!(list.sphere(&rotation), Some(Sphere::Electrical));
    let lamp = of("Lamp", "Enabled");
    assert_eq!(list.sphere(&lamp), Some(Sphere::AccessAndMoney));
    // An installer may make it critical again.
    let stricter = list.with([key("CpoName")]);
    assert_eq!(stricter.sphere(&key("CpoName")), Some(Sphere::Added));
    let other = of_model(Some("Volt"), Some("Box 3"));
    assert_eq!(other.sphere(&key("LampCap")), None);
    assert_eq!(other.sphere(&key("CpoName")), None);
    for stranger in [of_model(Some("Watt"), Some("Box 2")), of_model(None, None)] {
        assert_eq!(stranger, CriticalList::default());
    }
    let alfen = of_model(Some("Alfen BV"), Some("NG910"));
    let identifier = key("PlugAndChargeIdentifier");
    assert_eq!(alfen.sphere(&identifier), Some(Sphere::AccessAndMoney));
    // A lock of before there were models is read as it was.
    let kept: CriticalList = serde_json::from_str(r#"{"added":[]}"#).unwrap();
    assert_eq!(kept, CriticalList::default());
}

#[test]
fn only_what_can_be_changed_and_seen_is_frozen() {
    let list = CriticalList::default();
    let open = reading(key("LocalPreAuthorize"), "true");
    assert!(list.freezes(&open));
    let read_only = VariableReading {
        mutability: Some(Mutability::ReadOnly),
        ..open.clone()
    };
    assert!(!list.freezes(&read_only));
    assert!(!list.freezes(&reading(key("AuthorizationKey"), "hidden")));
    assert!(!list.freezes(&reading(key("HeartbeatInterval"), "60")));
}

#[test]
fn a_setting_that_is_no_longer_told_is_drift_but_is_not_written_blindly() {
    let wishes = [wish("MaxCurrent", "16"), wish("LocalPreAuthorize", "false")];
    let found = drift(&wishes, &[reading(key("MAXCURRENT"), "32")]);
    let told: Vec<_> = found
        .iter()
        .map(|d| (d.found.as_deref(), d.reaction()))
        .collect();
    let expected = [(Some("32"), Reaction::Revert), (None, Reaction::Alert)];
    assert_eq!(told, expected);
}

fn found(value: &str) -> Vec<Drift> {
    drift(
        &[wish("MaxCurrent", "16")],
        &[reading(key("MaxCurrent"), value)],
    )
}

#[test]
fn a_storm_stops_after_three_and_the_same_change_for_a_day() {
    let mut reverts = Reverts::default();
    for at in 0..3 {
        let drifted = found(&format!("{}", 20 + at));
        assert_eq!(reverts.decide(&drifted, false, moment(at)), Verdict::Revert);
        reverts.reverted(&drifted, moment(at));
    }
    let until = moment(60);
    let verdict = reverts.decide(&found("32"), false, moment(3));
    assert_eq!(verdict, Verdict::Exhausted { until });
    assert_eq!(reverts.decide(&found("32"), false, until), Verdict::Revert);

    let mut reverts = Reverts::default();
    for hour in 0..3 {
        reverts.reverted(&found("32"), moment(hour * 60));
    }
    let later = moment(1439);
    assert_eq!(
        reverts.decide(&found("32"), false, later),
        Verdict::Oscillating
    );
    let next_day = moment(1440);
    assert_eq!(
        reverts.decide(&found("32"), false, next_day),
        Verdict::Revert
    );
    reverts.settle();
    assert_eq!(reverts.decide(&found("32"), false, later), Verdict::Revert);
}

#[test]
fn no_session_is_interrupted() {
    let verdict = Reverts::default().decide(&found("32"), true, moment(0));
    assert_eq!(verdict, Verdict::AfterSession);
}

proptest! {
    #[test]
    fn never_more_than_three_in_any_hour(steps in prop::collection::vec((0i64..40, 17u8..40), 1..60)) {
        let (mut reverts, mut now, mut done) = (Reverts::default(), 0, Vec::new());
        for (wait, value) in steps {
            now += wait;
            let drifted = found(&value.to_string());
            if reverts.decide(&drifted, false, moment(now)) == Verdict::Revert {
                reverts.reverted(&drifted, moment(now));
                done.push(now);
            }
        }
        prop_assert!(!done.is_empty());
        prop_assert!(done.windows(4).all(|four| four[3] - four[0] >= 60));
    }

    #[test]
    fn what_is_as_wished_is_no_drift(value in "[a-zA-Z0-9., ]{0,12}") {
        let told = [reading(key("maxcurrent"), &value.to_uppercase())];
        prop_assert!(drift(&[wish("MaxCurrent", &value)], &told).is_empty());
    }
}
