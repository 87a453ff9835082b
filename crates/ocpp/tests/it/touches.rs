//! What a call would change at a station.

use busbar_ocpp::dialect::Dialect;
use domain::clock::Moment;
use domain::command::Command;
use domain::lock::Touch;

fn touches(dialect: Dialect, action: &str, payload: &str) -> Vec<Touch> {
    let command = Command::Raw {
        action: action.to_owned(),
        payload: payload.to_owned(),
    };
    let plan = dialect.lower_command(&command, 1, Moment::UNIX_EPOCH);
    plan.unwrap().touches()
}

#[test]
fn a_named_setting_is_told_in_both_families() {
    let old = touches(
        Dialect::V16,
        "ChangeConfiguration",
        r#"{"key":"CpoName","value":"x"}"#,
    );
    assert!(matches!(&old[..], [Touch::Setting(name)] if name.variable == "CpoName"));
    let payload = r#"{"setVariableData":[{"attributeValue":"1","component":{"name":"EVSE",
        "evse":{"id":2}},"variable":{"name":"PhaseRotation"}}]}"#;
    let new = touches(Dialect::V201, "SetVariables", payload);
    assert!(matches!(&new[..], [Touch::Setting(name)]
        if name.variable == "PhaseRotation" && name.evse == Some(2)));
}

#[test]
fn what_nobody_can_read_counts_as_touching_and_daily_acts_do_not() {
    let told = touches(Dialect::V16, "DataTransfer", r#"{"vendorId":"x"}"#);
    assert_eq!(told, [Touch::Unknown]);
    let any = [Touch::Limit { highest_ma: None }];
    assert_eq!(touches(Dialect::V16, "ClearChargingProfile", "{}"), any);
    let of_sessions = r#"{"chargingProfilePurpose":"TxProfile"}"#;
    assert_eq!(
        touches(Dialect::V16, "ClearChargingProfile", of_sessions),
        []
    );
    assert_eq!(touches(Dialect::V16, "Reset", r#"{"type":"Soft"}"#), []);
}
