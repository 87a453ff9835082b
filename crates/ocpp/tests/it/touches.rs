//! What a call would change at a station.

use busbar_ocpp::catalogue::{Catalogue, Version};
use busbar_ocpp::dialect::{Dialect, Plan, PlannedCall};
use domain::clock::Moment;
use domain::command::Command;
use domain::lock::{SESSION_PROFILES, Touch};
use serde_json::{Value, json};

fn plan(dialect: Dialect, action: &str, payload: &Value) -> Plan {
    let command = Command::Raw {
        action: action.to_owned(),
        payload: payload.to_string(),
    };
    dialect
        .lower_command(&command, 1, Moment::UNIX_EPOCH)
        .unwrap()
}

fn touches(dialect: Dialect, action: &str, payload: Value) -> Vec<Touch> {
    plan(dialect, action, &payload).touches()
}

/// What is decided of each call that we can send: open, shut, or by what it says.
const DECIDED: [(&str, &str); 62] = [
    ("AFRRSignal", "open"),
    ("AdjustPeriodicEventStream", "open"),
    ("CancelReservation", "open"),
    ("CertificateSigned", "shut"),
    ("ChangeAvailability", "open"),
    ("ChangeConfiguration", "shut"),
    ("ChangeTransactionTariff", "shut"),
    ("ClearCache", "open"),
    ("ClearChargingProfile", "shut"),
    ("ClearDERControl", "shut"),
    ("ClearDisplayMessage", "open"),
    ("ClearTariffs", "shut"),
    ("ClearVariableMonitoring", "shut"),
    ("CostUpdated", "open"),
    ("CustomerInformation", "open"),
    ("DataTransfer", "shut"),
    ("DeleteCertificate", "shut"),
    ("ExtendedTriggerMessage", "open"),
    ("GetBaseReport", "open"),
    ("GetChargingProfiles", "open"),
    ("GetCompositeSchedule", "open"),
    ("GetConfiguration", "open"),
    ("GetDERControl", "open"),
    ("GetDiagnostics", "open"),
    ("GetDisplayMessages", "open"),
    ("GetInstalledCertificateIds", "open"),
    ("GetLocalListVersion", "open"),
    ("GetLog", "open"),
    ("GetMonitoringReport", "open"),
    ("GetPeriodicEventStream", "open"),
    ("GetReport", "open"),
    ("GetTariffs", "open"),
    ("GetTransactionStatus", "open"),
    ("GetVariables", "open"),
    ("InstallCertificate", "shut"),
    ("NotifyAllowedEnergyTransfer", "open"),
    ("NotifyWebPaymentStarted", "open"),
    ("PublishFirmware", "open"),
    ("RemoteStartTransaction", "open"),
    ("RemoteStopTransaction", "open"),
    ("RequestBatterySwap", "open"),
    ("RequestStartTransaction", "open"),
    ("RequestStopTransaction", "open"),
    ("ReserveNow", "open"),
    ("Reset", "open"),
    ("SendLocalList", "shut"),
    ("SetChargingProfile", "shut"),
    ("SetDERControl", "shut"),
    ("SetDefaultTariff", "shut"),
    ("SetDisplayMessage", "open"),
    ("SetMonitoringBase", "shut"),
    ("SetMonitoringLevel", "shut"),
    ("SetNetworkProfile", "shut"),
    ("SetVariableMonitoring", "shut"),
    ("SetVariables", "shut"),
    ("SignedUpdateFirmware", "open"),
    ("TriggerMessage", "open"),
    ("UnlockConnector", "open"),
    ("UnpublishFirmware", "open"),
    ("UpdateDynamicSchedule", "shut"),
    ("UpdateFirmware", "open"),
    ("UsePriorityCharging", "open"),
];

#[test]
fn every_call_of_every_version_is_decided() {
    let mut seen = 0;
    for version in Version::ALL {
        for action in Catalogue::of(version).actions() {
            if !action.direction.sent_to_station() {
                continue;
            }
            let decided = DECIDED.iter().find(|(name, _)| *name == action.name);
            let (_, word) = decided.unwrap_or_else(|| panic!("{} is not decided", action.name));
            // Nothing in it: what a call says cannot open it here.
            let mut bare = plan(Dialect::V16, "ClearCache", &json!({}));
            bare.calls = vec![PlannedCall {
                action: action.name.to_owned(),
                payload: "{}".to_owned(),
                personal: Vec::new(),
            }];
            let open = bare.touches().is_empty();
            assert_eq!(open, *word == "open", "{version:?} {}", action.name);
            seen += 1;
        }
    }
    assert_eq!(seen, 26 + 40 + 55);
    let mut later = plan(Dialect::V16, "ClearCache", &json!({}));
    later.calls[0].action = "CallOfALaterVersion".to_owned();
    assert_eq!(later.touches(), [Touch::Unknown], "unknown calls are shut");
    assert_eq!(later.touches_of(0), [Touch::Unknown]);
    assert_eq!(later.touches_of(1), []);
}

#[test]
fn a_named_setting_is_told_in_both_families_with_its_value() {
    let body = json!({"key": "CpoName", "value": "x"});
    let old = touches(Dialect::V16, "ChangeConfiguration", body);
    assert!(matches!(&old[..], [Touch::Setting { name, value }]
        if name.variable == "CpoName" && value.as_deref() == Some("x")));
    let item = json!({"attributeValue": "1", "component": {"name": "EVSE", "evse": {"id": 2}},
        "variable": {"name": "PhaseRotation"}});
    let new = touches(
        Dialect::V201,
        "SetVariables",
        json!({"setVariableData": [item]}),
    );
    assert!(matches!(&new[..], [Touch::Setting { name, value }]
        if name.variable == "PhaseRotation" && name.evse == Some(2)
            && value.as_deref() == Some("1")));
    let secret = json!({"key": "AuthorizationKey", "value": "hush"});
    let old = touches(Dialect::V16, "ChangeConfiguration", secret);
    assert!(matches!(&old[..], [Touch::Setting { value: None, .. }]));
}

/// A profile in the words of 1.6.
fn profile(id: i64, purpose: &str, unit: &str, period: Value) -> Value {
    json!({"chargingProfileId": id, "stackLevel": 0, "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {"chargingRateUnit": unit, "chargingSchedulePeriod": period}})
}

fn set_old(id: i64, purpose: &str, unit: &str, period: Value) -> Vec<Touch> {
    let body = json!({"connectorId": 1, "csChargingProfiles": profile(id, purpose, unit, period)});
    touches(Dialect::V16, "SetChargingProfile", body)
}

/// A profile in the words of 2.x.
fn new_profile(id: i64, purpose: &str, unit: &str, period: Value) -> Value {
    json!({"id": id, "stackLevel": 0, "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute", "chargingSchedule":
        [{"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": period}]})
}

fn set_new(id: i64, purpose: &str, unit: &str, period: Value) -> Vec<Touch> {
    let body = json!({"evseId": 1, "chargingProfile": new_profile(id, purpose, unit, period)});
    touches(Dialect::V21, "SetChargingProfile", body)
}

#[test]
fn a_profile_of_a_session_is_one_only_under_an_id_that_is_kept_for_sessions() {
    let (own, other) = (*SESSION_PROFILES.start(), 1);
    let period = json!([{"startPeriod": 0, "limit": 10.0}]);
    let highest_ma = Some(10_000);
    for set in [set_old, set_new] {
        let told = set(own, "TxProfile", "A", period.clone());
        assert_eq!(told, [Touch::SessionLimit { highest_ma }]);
        let told = set(other, "TxProfile", "A", period.clone());
        assert_eq!(told, [Touch::Limit { highest_ma }], "it may replace a cap");
        let told = set(own, "TxDefaultProfile", "A", period.clone());
        assert_eq!(told, [Touch::Limit { highest_ma }]);
    }
    // A start may bring one along.
    let body =
        json!({"idTag": "04AB", "chargingProfile": profile(own, "TxProfile", "A", period.clone())});
    let told = touches(Dialect::V16, "RemoteStartTransaction", body);
    assert_eq!(told, [Touch::SessionLimit { highest_ma }]);
    let body = json!({"remoteStartId": 1, "idToken": {"idToken": "04AB", "type": "Central"},
        "chargingProfile": new_profile(other, "TxProfile", "A", period)});
    let told = touches(Dialect::V201, "RequestStartTransaction", body);
    assert_eq!(told, [Touch::Limit { highest_ma }]);
}

#[test]
fn the_highest_current_is_told_where_it_can_be_reckoned() {
    let highest = |touches: Vec<Touch>| match touches[..] {
        [Touch::Limit { highest_ma }] => highest_ma,
        _ => panic!("{touches:?}"),
    };
    let old = |unit: &str, periods: Value| highest(set_old(1, "TxDefaultProfile", unit, periods));
    let new = |unit: &str, periods: Value| highest(set_new(1, "TxDefaultProfile", unit, periods));
    let two = json!([{"startPeriod": 0, "limit": 6.0}, {"startPeriod": 60, "limit": 16.1}]);
    assert_eq!(old("A", two.clone()), Some(16_100));
    assert_eq!(new("A", two), Some(16_100));
    let watts = |phases: Option<i64>| {
        let mut period = json!({"startPeriod": 0, "limit": 11_040.0});
        if let Some(phases) = phases {
            period["numberPhases"] = json!(phases);
        }
        json!([period])
    };
    assert_eq!(old("W", watts(Some(3))), Some(16_000));
    assert_eq!(old("W", watts(Some(2))), Some(24_000));
    assert_eq!(old("W", watts(Some(1))), Some(48_000));
    assert_eq!(old("W", watts(None)), Some(48_000), "it may all be on one");
    let each = json!([{"startPeriod": 0, "limit": 2300.0, "limit_L2": 4600.0, "numberPhases": 3}]);
    assert_eq!(new("W", each), Some(20_000));
    // Of what is no plain limit nobody can tell.
    for odd in [
        json!([{"startPeriod": 0}]),
        json!([{"startPeriod": 0, "limit": 6.0, "setpoint": 32.0, "operationMode": "CentralSetpoint"}]),
        json!([{"startPeriod": 0, "limit": 6.0, "operationMode": "ExternalLimits"}]),
        json!([{"startPeriod": 0, "limit": 1e300}]),
    ] {
        assert_eq!(new("A", odd.clone()), None, "{odd}");
    }
}

#[test]
fn clearing_is_open_where_only_profiles_of_sessions_can_be_meant() {
    let any = [Touch::Limit { highest_ma: None }];
    let old = |payload| touches(Dialect::V16, "ClearChargingProfile", payload);
    let new = |payload| touches(Dialect::V21, "ClearChargingProfile", payload);
    assert_eq!(old(json!({})), any);
    assert_eq!(old(json!({"chargingProfilePurpose": "TxProfile"})), []);
    let named = json!({"id": 7, "chargingProfilePurpose": "TxProfile"});
    assert_eq!(old(named), any, "an id stands for itself");
    let of_sessions = json!({"chargingProfilePurpose": "TxProfile"});
    assert_eq!(new(json!({"chargingProfileCriteria": of_sessions})), []);
    let named = json!({"chargingProfileId": 7, "chargingProfileCriteria": of_sessions});
    assert_eq!(new(named), any);
    let dynamic = json!({"chargingProfileId": 7, "scheduleUpdate": {"limit": 6.0}});
    assert_eq!(touches(Dialect::V21, "UpdateDynamicSchedule", dynamic), any);
}

#[test]
fn what_nobody_can_read_counts_as_touching_and_daily_acts_do_not() {
    let told = touches(Dialect::V16, "DataTransfer", json!({"vendorId": "x"}));
    assert_eq!(told, [Touch::Unknown]);
    assert_eq!(touches(Dialect::V16, "Reset", json!({"type": "Soft"})), []);
}

#[test]
fn a_monitor_that_is_there_is_touched_by_its_number() {
    let set = |id: Option<i64>| {
        let mut item = json!({"value": 1.0, "type": "Delta", "severity": 9,
            "component": {"name": "TxCtrlr"}, "variable": {"name": "EVConnectionTimeOut"}});
        if let Some(id) = id {
            item["id"] = json!(id);
        }
        let payload = json!({"setMonitoringData": [item]});
        touches(Dialect::V201, "SetVariableMonitoring", payload)
    };
    assert_eq!(set(None), [], "one more disturbs nobody");
    assert_eq!(set(Some(3)), [Touch::Monitors]);
}
