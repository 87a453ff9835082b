//! What the calls of a plan would change at a station, for the settings lock (access.md C).
//!
//! Owns the decision on every call that we can send: what is not listed here counts as touching
//! anything, so that a call of a later version is shut until somebody decides. Refuses to know of
//! locks.

use domain::command::VariableName;
use domain::lock::Touch;
use domain::variable::is_secret;
use serde_json::Value;

use super::limit;
use super::plan::{Plan, PlannedCall};
use crate::frame::payload_value;

impl Plan {
    /// What the calls would change. Empty for what no lock forbids: restarts, firmware, sessions.
    #[must_use]
    pub fn touches(&self) -> Vec<Touch> {
        self.calls.iter().flat_map(of_call).collect()
    }

    /// What one of the calls would change.
    #[must_use]
    pub fn touches_of(&self, call: usize) -> Vec<Touch> {
        self.calls.get(call).map(of_call).unwrap_or_default()
    }
}

fn of_call(call: &PlannedCall) -> Vec<Touch> {
    let Ok(payload) = payload_value(&call.payload) else {
        return vec![Touch::Unknown];
    };
    match call.action.as_str() {
        "ChangeConfiguration" => {
            let name = word(&payload["key"]).map(|key| named(None, key));
            vec![name.map_or(Touch::Unknown, |n| setting(n, &payload["value"]))]
        }
        "SetVariables" => variables(&payload["setVariableData"]),
        "SetNetworkProfile" | "InstallCertificate" | "DeleteCertificate" => vec![Touch::Connection],
        "CertificateSigned" => vec![Touch::SignedCertificate],
        "SendLocalList" => vec![Touch::LocalList],
        "SetChargingProfile" => {
            let old = &payload["csChargingProfiles"];
            let new = &payload["chargingProfile"];
            vec![limit::set(if old.is_object() { old } else { new })]
        }
        // A profile may come along with the start of a session, in any purpose if nobody looks.
        "RemoteStartTransaction" | "RequestStartTransaction" => match &payload["chargingProfile"] {
            Value::Null => Vec::new(),
            profile => vec![limit::set(profile)],
        },
        "ClearChargingProfile" => limit::clear(&payload),
        // The unit of its numbers is that of a profile which only the station knows.
        "UpdateDynamicSchedule" => vec![Touch::Limit { highest_ma: None }],
        // What a session costs at a station that reckons by itself (2.1, I07) is money like a
        // tariff for all: a person's raw call must not lower it behind the lock. Prices that
        // Busbar shows (CostUpdated) change nothing that is kept.
        "SetDefaultTariff" | "ClearTariffs" | "ChangeTransactionTariff" => vec![Touch::Tariff],
        "SetVariableMonitoring" => monitors(&payload["setMonitoringData"]),
        "ClearVariableMonitoring" | "SetMonitoringBase" | "SetMonitoringLevel" => {
            vec![Touch::Monitors]
        }
        "DataTransfer" | "SetDERControl" | "ClearDERControl" => vec![Touch::Unknown],
        open if OPEN.contains(&open) => Vec::new(),
        _ => vec![Touch::Unknown],
    }
}

/// What stays open in a lock: daily controls, firmware, what is shown to drivers, and reading.
const OPEN: [&str; 40] = [
    // Daily controls. A reservation and an availability are of the moment.
    "CancelReservation",
    "ChangeAvailability",
    "ClearCache",
    "ExtendedTriggerMessage",
    "RemoteStopTransaction",
    "RequestBatterySwap",
    "RequestStopTransaction",
    "ReserveNow",
    "Reset",
    "TriggerMessage",
    "UnlockConnector",
    // Energy of the moment, within what the station's own profiles allow.
    "AFRRSignal",
    "NotifyAllowedEnergyTransfer",
    "UsePriorityCharging",
    // Firmware.
    "PublishFirmware",
    "SignedUpdateFirmware",
    "UnpublishFirmware",
    "UpdateFirmware",
    // What drivers see.
    "ClearDisplayMessage",
    "CostUpdated",
    "NotifyWebPaymentStarted",
    "SetDisplayMessage",
    // Reading, and how a stream that was asked for is sent.
    "AdjustPeriodicEventStream",
    "CustomerInformation",
    "GetBaseReport",
    "GetChargingProfiles",
    "GetCompositeSchedule",
    "GetConfiguration",
    "GetDERControl",
    "GetDiagnostics",
    "GetDisplayMessages",
    "GetInstalledCertificateIds",
    "GetLocalListVersion",
    "GetLog",
    "GetMonitoringReport",
    "GetPeriodicEventStream",
    "GetReport",
    "GetTariffs",
    "GetTransactionStatus",
    "GetVariables",
];

fn variables(data: &Value) -> Vec<Touch> {
    let Some(items) = data.as_array() else {
        return vec![Touch::Unknown];
    };
    let touch = |item: &Value| {
        // Another attribute, such as a target, says nothing of the value that is compared.
        let value = match word(&item["attributeType"]) {
            None | Some("Actual") => &item["attributeValue"],
            Some(_) => &Value::Null,
        };
        Some(setting(full_name(item)?, value))
    };
    items
        .iter()
        .map(|item| touch(item).unwrap_or(Touch::Unknown))
        .collect()
}

/// A monitor of a number that is already taken replaces the one that has it, which may be ours.
fn monitors(data: &Value) -> Vec<Touch> {
    let Some(items) = data.as_array() else {
        return vec![Touch::Unknown];
    };
    let replaces = items.iter().any(|item| !item["id"].is_null());
    Vec::from_iter(replaces.then_some(Touch::Monitors))
}

/// The variable that an item of a 2.x call names.
fn full_name(item: &Value) -> Option<VariableName> {
    let (component, variable) = (&item["component"], &item["variable"]);
    Some(VariableName {
        component_instance: word(&component["instance"]).map(str::to_owned),
        evse: number(&component["evse"]["id"]),
        connector: number(&component["evse"]["connectorId"]),
        variable_instance: word(&variable["instance"]).map(str::to_owned),
        ..named(word(&component["name"]), word(&variable["name"])?)
    })
}

/// A setting and what is written to it; a secret goes no further than the station.
fn setting(name: VariableName, value: &Value) -> Touch {
    let value = word(value).filter(|_| !is_secret(&name)).map(str::to_owned);
    Touch::Setting { name, value }
}

fn named(component: Option<&str>, variable: &str) -> VariableName {
    component.map_or_else(
        || VariableName::key(variable),
        |component| VariableName::of(component, variable),
    )
}

fn word(value: &Value) -> Option<&str> {
    value.as_str()
}

fn number(value: &Value) -> Option<i32> {
    i32::try_from(value.as_i64()?).ok()
}
