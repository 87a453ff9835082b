//! Settings of a station: one table that 1.6 reads by key and 2.x by component and variable.

use serde_json::Value;

use crate::charging::{Outlet, Template};
use crate::wire::{Entry, KeyRow, VariableName, VariableResult};

/// One setting.
#[derive(Debug, Clone)]
struct Setting {
    key: &'static str,
    component: &'static str,
    variable: &'static str,
    value: String,
    writable: bool,
    data_type: &'static str,
    needs_reboot: bool,
}

/// Key of the sampling interval in seconds.
pub(super) const SAMPLE_INTERVAL: &str = "MeterValueSampleInterval";
/// Key of the heartbeat interval in seconds.
pub(super) const HEARTBEAT_INTERVAL: &str = "HeartbeatInterval";

/// key, component, variable, value, writable, data type, needs a restart
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    bool,
    &'static str,
    bool,
);
#[rustfmt::skip]
const TABLE: [Row; 20] = [
    (HEARTBEAT_INTERVAL, "OCPPCommCtrlr", "HeartbeatInterval", "300", true, "integer", false),
    (SAMPLE_INTERVAL, "SampledDataCtrlr", "TxUpdatedInterval", "60", true, "integer", false),
    ("ClockAlignedDataInterval", "AlignedDataCtrlr", "Interval", "0", true, "integer", false),
    ("ConnectionTimeOut", "TxCtrlr", "EVConnectionTimeOut", "60", true, "integer", false),
    ("WebSocketPingInterval", "OCPPCommCtrlr", "WebSocketPingInterval", "30", true, "integer", true),
    ("AuthorizeRemoteTxRequests", "AuthCtrlr", "AuthorizeRemoteStart", "false", true, "boolean", false),
    ("LocalAuthorizeOffline", "AuthCtrlr", "LocalAuthorizeOffline", "true", true, "boolean", false),
    ("LocalPreAuthorize", "AuthCtrlr", "LocalPreAuthorize", "false", true, "boolean", false),
    ("AuthorizationCacheEnabled", "AuthCacheCtrlr", "Enabled", "false", true, "boolean", false),
    ("StopTransactionOnInvalidId", "TxCtrlr", "StopTxOnInvalidId", "true", true, "boolean", false),
    ("StopTransactionOnEVSideDisconnect", "TxCtrlr", "StopTxOnEVSideDisconnect", "true", true, "boolean", false),
    ("TransactionMessageAttempts", "OCPPCommCtrlr", "MessageAttempts", "3", true, "integer", false),
    ("TransactionMessageRetryInterval", "OCPPCommCtrlr", "MessageAttemptInterval", "60", true, "integer", false),
    ("ResetRetries", "OCPPCommCtrlr", "ResetRetries", "1", true, "integer", false),
    ("GetConfigurationMaxKeys", "DeviceDataCtrlr", "ItemsPerMessage", "50", false, "integer", false),
    ("ChargeProfileMaxStackLevel", "SmartChargingCtrlr", "ProfileStackLevel", "8", false, "integer", false),
    ("ChargingScheduleAllowedChargingRateUnit", "SmartChargingCtrlr", "RateUnit", "Current,Power", false, "MemberList", false),
    ("ChargingScheduleMaxPeriods", "SmartChargingCtrlr", "PeriodsPerSchedule", "24", false, "integer", false),
    ("MaxChargingProfilesInstalled", "SmartChargingCtrlr", "Entries", "16", false, "integer", false),
    ("SupportedFeatureProfiles", "ChargingStation", "SupportedFeatureProfiles", "Core,FirmwareManagement,RemoteTrigger,SmartCharging", false, "MemberList", false),
];

/// What a monitor tells of.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) monitor: usize,
    pub(super) component: &'static str,
    pub(super) variable: &'static str,
    pub(super) value: String,
}

/// All settings of one station.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    rows: Vec<Setting>,
    template: Template,
    /// Component and variable of each monitor, in the order of their ids from 1.
    monitors: Vec<(String, String)>,
}

impl Settings {
    pub(super) fn new(template: &Template) -> Self {
        let mut rows: Vec<Setting> = TABLE
            .iter()
            .map(
                |&(key, component, variable, value, writable, data_type, needs_reboot)| Setting {
                    key,
                    component,
                    variable,
                    value: value.to_owned(),
                    writable,
                    data_type,
                    needs_reboot,
                },
            )
            .collect();
        rows.push(Setting {
            key: "NumberOfConnectors",
            component: "ChargingStation",
            variable: "NumberOfConnectors",
            value: template.connectors.to_string(),
            writable: false,
            data_type: "integer",
            needs_reboot: false,
        });
        Self {
            rows,
            template: template.clone(),
            monitors: Vec::new(),
        }
    }

    /// A numeric setting by its 1.6 key.
    pub(super) fn seconds(&self, key: &str) -> i64 {
        let row = self.rows.iter().find(|row| row.key == key);
        row.and_then(|row| row.value.parse().ok()).unwrap_or(0)
    }

    /// A value by its 1.6 key.
    pub(super) fn value(&self, key: &str) -> Option<String> {
        let row = self.rows.iter().find(|row| row.key == key);
        row.map(|row| row.value.clone())
    }

    /// Sets a value without asking whether it may be written.
    /// Somebody changes a setting at the station; what a monitor has to tell of it (2.x).
    pub(super) fn put(&mut self, key: &str, value: &str) -> Option<Change> {
        let row = self.rows.iter_mut().find(|row| row.key == key)?;
        let same = row.value == value;
        value.clone_into(&mut row.value);
        let of = |(component, variable): &(String, String)| {
            component == row.component && variable == row.variable
        };
        let monitor = self.monitors.iter().position(of).filter(|_| !same)?;
        Some(Change {
            monitor: monitor + 1,
            component: row.component,
            variable: row.variable,
            value: row.value.clone(),
        })
    }

    /// Sets monitors; the id of the first.
    pub(super) fn monitor(&mut self, asked: &[Value]) -> usize {
        let first = self.monitors.len() + 1;
        let word = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
        let names = asked
            .iter()
            .map(|row| (word(&row["component"]), word(&row["variable"])));
        self.monitors.extend(names);
        first
    }

    /// 1.6 GetConfiguration: keys are compared without case.
    pub(super) fn keys(&self, wanted: &[String]) -> (Vec<KeyRow>, Vec<String>) {
        let row = |row: &Setting| KeyRow {
            key: row.key.to_owned(),
            value: row.value.clone(),
            readonly: !row.writable,
        };
        if wanted.is_empty() {
            return (self.rows.iter().map(row).collect(), Vec::new());
        }
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for key in wanted {
            match self
                .rows
                .iter()
                .find(|row| row.key.eq_ignore_ascii_case(key))
            {
                Some(found) => known.push(row(found)),
                None => unknown.push(key.clone()),
            }
        }
        (known, unknown)
    }

    /// 1.6 ChangeConfiguration.
    pub(super) fn change_key(&mut self, key: &str, value: &str) -> &'static str {
        match self
            .rows
            .iter_mut()
            .find(|row| row.key.eq_ignore_ascii_case(key))
        {
            None => "NotSupported",
            Some(row) => write(row, value),
        }
    }

    /// 2.x GetVariables, one row.
    pub(super) fn read(&self, name: VariableName) -> VariableResult {
        let fail = |status, name| VariableResult {
            name,
            status,
            value: None,
        };
        if name.attribute.as_deref().is_some_and(|a| a != "Actual") {
            return fail("NotSupportedAttributeType", name);
        }
        if let Some(entry) = self.fixed().into_iter().find(|entry| {
            entry.evse == name.evse
                && entry.component.eq_ignore_ascii_case(&name.component)
                && entry.variable.eq_ignore_ascii_case(&name.variable)
        }) {
            return VariableResult {
                name,
                status: "Accepted",
                value: Some(entry.value),
            };
        }
        match self.find(&name) {
            Ok(at) => {
                let value = self.rows.get(at).map(|row| row.value.clone());
                VariableResult {
                    name,
                    status: "Accepted",
                    value,
                }
            }
            Err(status) => fail(status, name),
        }
    }

    /// 2.x SetVariables, one row.
    pub(super) fn write(&mut self, name: VariableName, value: &str) -> VariableResult {
        let status = match self.find(&name) {
            _ if name.attribute.as_deref().is_some_and(|a| a != "Actual") => {
                "NotSupportedAttributeType"
            }
            Ok(at) => self
                .rows
                .get_mut(at)
                .map_or("Rejected", |row| write(row, value)),
            Err(status) => status,
        };
        VariableResult {
            name,
            status,
            value: None,
        }
    }

    fn find(&self, name: &VariableName) -> Result<usize, &'static str> {
        let component = |row: &Setting| row.component.eq_ignore_ascii_case(&name.component);
        if !self.rows.iter().any(component) {
            return Err("UnknownComponent");
        }
        self.rows
            .iter()
            .position(|row| component(row) && row.variable.eq_ignore_ascii_case(&name.variable))
            .ok_or("UnknownVariable")
    }

    /// 2.x: the device model, as GetBaseReport sends it.
    pub(super) fn inventory(&self, configurable_only: bool) -> Vec<Entry> {
        let mut entries = if configurable_only {
            Vec::new()
        } else {
            self.fixed()
        };
        let rows = self
            .rows
            .iter()
            .filter(|row| row.writable || !configurable_only);
        entries.extend(rows.map(|row| Entry {
            component: row.component.to_owned(),
            evse: None,
            connector: None,
            variable: row.variable.to_owned(),
            value: row.value.clone(),
            writable: row.writable,
            data_type: row.data_type,
            unit: row.variable.ends_with("Interval").then_some("s"),
        }));
        entries
    }

    /// What the hardware is: name plate, EVSEs and connectors.
    fn fixed(&self) -> Vec<Entry> {
        let entry = |component: &str, evse, connector, variable: &str, value: String| Entry {
            component: component.to_owned(),
            evse,
            connector,
            variable: variable.to_owned(),
            value,
            writable: false,
            data_type: "string",
            unit: None,
        };
        let template = &self.template;
        let station = |variable, value: &str| {
            entry("ChargingStation", None, None, variable, value.to_owned())
        };
        let mut entries = vec![
            station("Model", &template.model),
            station("VendorName", &template.vendor),
            station("FirmwareVersion", &template.firmware),
        ];
        let phases = match template.outlet {
            Outlet::Ac { phases, .. } => phases,
            Outlet::Dc { .. } => 3,
        };
        for number in 1..=template.connectors {
            let evse = Some(number);
            let mut power = entry(
                "EVSE",
                evse,
                None,
                "Power",
                template.outlet.max_w().to_string(),
            );
            power.data_type = "decimal";
            power.unit = Some("W");
            let mut supply = entry("EVSE", evse, None, "SupplyPhases", phases.to_string());
            supply.data_type = "integer";
            entries.push(power);
            entries.push(supply);
            let plug = template.plug.clone();
            entries.push(entry("Connector", evse, Some(1), "ConnectorType", plug));
        }
        entries
    }
}

impl Settings {
    /// The station runs another firmware from now on.
    pub(super) fn run_firmware(&mut self, version: &str) {
        version.clone_into(&mut self.template.firmware);
    }
}

fn write(row: &mut Setting, value: &str) -> &'static str {
    let fits = match row.data_type {
        "integer" => value.parse::<u32>().is_ok(),
        "boolean" => matches!(value, "true" | "false"),
        _ => true,
    };
    if !row.writable || !fits {
        return "Rejected";
    }
    value.clone_into(&mut row.value);
    if row.needs_reboot {
        "RebootRequired"
    } else {
        "Accepted"
    }
}
