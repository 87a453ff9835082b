//! What the calls of a plan would change at a station, for the settings lock (access.md C).
//!
//! Owns the list of calls that can change something critical. Refuses to know of locks.

use domain::command::VariableName;
use domain::lock::Touch;
use serde_json::Value;

use super::plan::{Plan, PlannedCall};
use crate::frame::payload_value;

impl Plan {
    /// What the calls would change. Empty for what no lock forbids: restarts, firmware, sessions.
    #[must_use]
    pub fn touches(&self) -> Vec<Touch> {
        self.calls.iter().flat_map(of_call).collect()
    }
}

fn of_call(call: &PlannedCall) -> Vec<Touch> {
    let Ok(payload) = payload_value(&call.payload) else {
        return vec![Touch::Unknown];
    };
    match call.action.as_str() {
        "ChangeConfiguration" => vec![
            word(&payload["key"]).map_or(Touch::Unknown, |key| Touch::Setting(named(None, key))),
        ],
        "SetVariables" => variables(&payload["setVariableData"]),
        "SetNetworkProfile" | "InstallCertificate" | "DeleteCertificate" | "CertificateSigned" => {
            vec![Touch::Connection]
        }
        "SendLocalList" => vec![Touch::LocalList],
        "SetChargingProfile" => {
            let old = &payload["csChargingProfiles"]["chargingProfilePurpose"];
            let new = &payload["chargingProfile"]["chargingProfilePurpose"];
            limit(word(old).or_else(|| word(new)))
        }
        "ClearChargingProfile" => {
            let old = &payload["chargingProfilePurpose"];
            let new = &payload["chargingProfileCriteria"]["chargingProfilePurpose"];
            limit(word(old).or_else(|| word(new)))
        }
        "DataTransfer"
        | "SetDERControl"
        | "ClearDERControl"
        | "SetDefaultTariff"
        | "ClearTariffs"
        | "UpdateDynamicSchedule" => vec![Touch::Unknown],
        _ => Vec::new(),
    }
}

/// A profile of one session is nobody's cap; without a purpose it may be any.
fn limit(purpose: Option<&str>) -> Vec<Touch> {
    match purpose {
        Some("TxProfile") => Vec::new(),
        _ => vec![Touch::Limit { highest_ma: None }],
    }
}

fn variables(data: &Value) -> Vec<Touch> {
    let Some(items) = data.as_array() else {
        return vec![Touch::Unknown];
    };
    let touch = |item: &Value| {
        let (component, variable) = (&item["component"], &item["variable"]);
        let name = word(&variable["name"])?;
        Some(Touch::Setting(VariableName {
            component_instance: word(&component["instance"]).map(str::to_owned),
            evse: number(&component["evse"]["id"]),
            connector: number(&component["evse"]["connectorId"]),
            variable_instance: word(&variable["instance"]).map(str::to_owned),
            ..named(word(&component["name"]), name)
        }))
    };
    items
        .iter()
        .map(|i| touch(i).unwrap_or(Touch::Unknown))
        .collect()
}

fn named(component: Option<&str>, variable: &str) -> VariableName {
    VariableName {
        component: component.map(str::to_owned),
        component_instance: None,
        evse: None,
        connector: None,
        variable: variable.to_owned(),
        variable_instance: None,
    }
}

fn word(value: &Value) -> Option<&str> {
    value.as_str()
}

fn number(value: &Value) -> Option<i32> {
    i32::try_from(value.as_i64()?).ok()
}
