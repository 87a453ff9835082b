//! What people without access ask for at a locked station: every critical setting and every critical
//! call of each version.

use serde_json::{Value, json};
use simulators::Version;

/// What access.md C calls critical, by the names of 1.6 and of vendors.
const KEYS: [&str; 18] = [
    "ConnectorPhaseRotation",
    "MaxCurrentPerPhase",
    "Vendor.Maximum_Current",
    "LocalAuthorizeOffline",
    "allowofflinetxforunknownid",
    "LocalPreAuthorize",
    "FreeVendActive",
    "FreeChargingIdTag",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "ClockAlignedDataInterval",
    "StopTransactionOnInvalidId",
    "TariffFallback",
    "AuthorizationKey",
    "SecurityProfile",
    "CpoName",
    "CentralSystemURL",
    "BackendUrl",
];

/// The same in the device model of 2.x.
const VARIABLES: [(&str, &str); 12] = [
    ("SmartChargingCtrlr", "Enabled"),
    ("ChargingStation", "PhaseRotation"),
    ("AuthCtrlr", "LocalAuthorizeOffline"),
    ("AuthCtrlr", "OfflineTxForUnknownIdEnabled"),
    ("AuthCacheCtrlr", "Enabled"),
    ("TxCtrlr", "StopTxOnInvalidId"),
    ("SampledDataCtrlr", "TxUpdatedInterval"),
    ("AlignedDataCtrlr", "Interval"),
    ("SecurityCtrlr", "BasicAuthPassword"),
    ("SecurityCtrlr", "SecurityProfile"),
    ("OCPPCommCtrlr", "NetworkConfigurationPriority"),
    ("TariffCostCtrlr", "TariffFallbackMessage"),
];

/// The product's own table of what is critical everywhere: kind and name.
fn table() -> impl Iterator<Item = (&'static str, &'static str)> {
    let text = include_str!("../../../../crates/domain/src/setting/critical.csv");
    text.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        fields
            .starts_with(&["*", "*"])
            .then(|| (fields[2], fields[3]))
    })
}

/// What is asked for in a version: path below the station, and body.
pub fn attempts(version: Version) -> Vec<(&'static str, Value)> {
    let mut attempts = Vec::new();
    let raw =
        |action: &str, payload: Value| ("ocpp", json!({"action": action, "payload": payload}));
    if version == Version::V16 {
        let of_table = table().filter_map(|(kind, name)| match kind {
            "variable" => Some(name.to_owned()),
            "part" => Some(format!("Volt_{name}-2")),
            _ => None,
        });
        for key in KEYS.map(str::to_owned).into_iter().chain(of_table) {
            let values = json!([{"variable": key, "value": "1"}]);
            let command = json!({"type": "write_variables", "params": {"values": values}});
            attempts.push(("commands", command));
            attempts.push(raw(
                "ChangeConfiguration",
                json!({"key": key, "value": "1"}),
            ));
        }
        for purpose in ["ChargePointMaxProfile", "TxDefaultProfile"] {
            let profile = profile_old(1, purpose, 6.0);
            let payload = json!({"connectorId": 0, "csChargingProfiles": profile});
            attempts.push(raw("SetChargingProfile", payload));
        }
        // A profile of a session that could replace the cap by its id, and one that comes with a start.
        let named = profile_old(1, "TxProfile", 6.0);
        let payload = json!({"connectorId": 1, "csChargingProfiles": named});
        attempts.push(raw("SetChargingProfile", payload));
        let start = json!({"idTag": "04AB", "chargingProfile": named});
        attempts.push(raw("RemoteStartTransaction", start));
        attempts.push(raw("ClearChargingProfile", json!({})));
        let named = json!({"id": 1, "chargingProfilePurpose": "TxProfile"});
        attempts.push(raw("ClearChargingProfile", named));
        let list = json!({"listVersion": 1, "updateType": "Full"});
        attempts.push(raw("SendLocalList", list));
        attempts.push(raw(
            "DataTransfer",
            json!({"vendorId": "Acme", "data": "MaxCurrent=99"}),
        ));
        let root = json!({"certificateType": "CentralSystemRootCertificate", "certificate": "x"});
        attempts.push(raw("InstallCertificate", root));
        attempts.push(raw("DeleteCertificate", hash()));
        attempts.push(raw("CertificateSigned", json!({"certificateChain": "x"})));
        attempts.push(("ocpp", session_profile(version, 16.1)));
        return attempts;
    }
    let own = VARIABLES.map(|(component, variable)| (component.to_owned(), variable.to_owned()));
    let of_table = table().filter_map(|(kind, name)| match kind {
        "component" => Some((name.to_owned(), "Whatever".to_owned())),
        "variable" => Some(("Controller".to_owned(), name.to_owned())),
        "part" => Some(("Controller".to_owned(), format!("Volt{name}2"))),
        _ => None,
    });
    for (component, variable) in own.into_iter().chain(of_table) {
        let values = json!([{"component": component, "variable": variable, "value": "1"}]);
        let command = json!({"type": "write_variables", "params": {"values": values}});
        attempts.push(("commands", command));
        let item = json!({"component": {"name": component}, "variable": {"name": variable},
            "attributeValue": "1"});
        attempts.push(raw("SetVariables", json!({"setVariableData": [item]})));
    }
    attempts.push(raw(
        "DataTransfer",
        json!({"vendorId": "Acme", "data": "MaxCurrent=99"}),
    ));
    attempts.push(raw("ClearChargingProfile", json!({})));
    let list = json!({"versionNumber": 1, "updateType": "Full"});
    attempts.push(raw("SendLocalList", list));
    for purpose in ["ChargingStationMaxProfile", "TxDefaultProfile"] {
        let profile = profile_new(1, purpose, 6.0);
        let payload = json!({"evseId": 0, "chargingProfile": profile});
        attempts.push(raw("SetChargingProfile", payload));
    }
    let way = json!({"ocppVersion": "OCPP20", "ocppTransport": "JSON", "messageTimeout": 30,
        "ocppCsmsUrl": "wss://elsewhere.example", "securityProfile": 1, "ocppInterface": "Wired0"});
    let way = json!({"configurationSlot": 1, "connectionData": way});
    attempts.push(raw("SetNetworkProfile", way));
    let root = json!({"certificateType": "CSMSRootCertificate", "certificate": "x"});
    attempts.push(raw("InstallCertificate", root));
    attempts.push(raw("DeleteCertificate", hash()));
    attempts.push(raw("CertificateSigned", json!({"certificateChain": "x"})));
    attempts.push(("ocpp", session_profile(version, 16.1)));
    let named = profile_new(1, "TxProfile", 6.0);
    let payload = json!({"evseId": 1, "chargingProfile": named});
    attempts.push(raw("SetChargingProfile", payload));
    let start = json!({"evseId": 1, "remoteStartId": 7, "chargingProfile": named,
        "idToken": {"idToken": "04AB", "type": "ISO14443"}});
    attempts.push(raw("RequestStartTransaction", start));
    let criteria = json!({"chargingProfilePurpose": "TxProfile"});
    let named = json!({"chargingProfileId": 1, "chargingProfileCriteria": criteria});
    attempts.push(raw("ClearChargingProfile", named));
    attempts.push(raw("ClearVariableMonitoring", json!({"id": [1]})));
    attempts.push(raw(
        "SetMonitoringBase",
        json!({"monitoringBase": "HardWiredOnly"}),
    ));
    attempts.push(raw("SetMonitoringLevel", json!({"severity": 0})));
    let item = json!({"id": 1, "value": 9.0, "type": "UpperThreshold", "severity": 9,
        "component": {"name": "TxCtrlr"}, "variable": {"name": "StopTxOnInvalidId"}});
    attempts.push(raw(
        "SetVariableMonitoring",
        json!({"setMonitoringData": [item]}),
    ));
    if version == Version::V21 {
        let tariff = json!({"tariffId": "free", "currency": "EUR"});
        let of_all = json!({"evseId": 0, "tariff": tariff});
        attempts.push(raw("SetDefaultTariff", of_all));
        attempts.push(raw("ClearTariffs", json!({})));
        let of_one = json!({"transactionId": "1", "tariff": tariff});
        attempts.push(raw("ChangeTransactionTariff", of_one));
        let der = json!({"isDefault": true, "controlId": "1", "controlType": "FixedVar"});
        attempts.push(raw("SetDERControl", der));
        attempts.push(raw("ClearDERControl", json!({"isDefault": true})));
        let dynamic = json!({"chargingProfileId": 1, "scheduleUpdate": {"limit": 32.0}});
        attempts.push(raw("UpdateDynamicSchedule", dynamic));
    }
    attempts
}

fn hash() -> Value {
    json!({"certificateHashData": {"hashAlgorithm": "SHA256", "issuerNameHash": "0a",
        "issuerKeyHash": "0b", "serialNumber": "1"}})
}

fn profile_old(id: i64, purpose: &str, amperes: f64) -> Value {
    let period = json!([{"startPeriod": 0, "limit": amperes}]);
    let schedule = json!({"chargingRateUnit": "A", "chargingSchedulePeriod": period});
    json!({"chargingProfileId": id, "stackLevel": 0, "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute", "chargingSchedule": schedule})
}

fn profile_new(id: i64, purpose: &str, amperes: f64) -> Value {
    let period = json!([{"startPeriod": 0, "limit": amperes}]);
    let schedule = json!([{"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": period}]);
    json!({"id": id, "stackLevel": 0, "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute", "chargingSchedule": schedule})
}

/// The raw call that sets the limit of a session under an id that is kept for sessions.
pub fn session_profile(version: Version, amperes: f64) -> Value {
    let id = 1_900_000_001;
    let payload = match version {
        Version::V16 => json!({"connectorId": 1,
            "csChargingProfiles": profile_old(id, "TxProfile", amperes)}),
        _ => {
            let mut profile = profile_new(id, "TxProfile", amperes);
            profile["transactionId"] = json!("1");
            json!({"evseId": 1, "chargingProfile": profile})
        }
    };
    json!({"action": "SetChargingProfile", "payload": payload})
}
