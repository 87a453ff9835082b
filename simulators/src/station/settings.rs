//! Settings of a station: one table that 1.6 reads by key and 2.x by component and variable.

use serde_json::Value;

use crate::charging::{Outlet, Template};
use crate::wire::{Entry, KeyRow, VariableName, VariableResult};

/// One setting.
#[derive(Debug, Clone)]
struct Setting {
    key: String,
    component: String,
    variable: String,
    /// Which of several such variables (2.x).
    instance: Option<&'static str>,
    value: String,
    /// As it left the factory.
    factory: String,
    /// What it becomes with the next restart.
    pending: Option<String>,
    writable: bool,
    data_type: &'static str,
    needs_reboot: bool,
    /// The greatest number that it takes.
    most: Option<u32>,
}

/// How a station takes what is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Taking {
    /// It declines everything.
    pub(super) declines: bool,
    /// It takes everything with the next restart only.
    pub(super) later: bool,
}

/// How much a station takes in one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The most variables or keys.
    pub items: usize,
    /// The most bytes of a frame (2.x).
    pub bytes: usize,
}

/// Key of the sampling interval in seconds.
pub(super) const SAMPLE_INTERVAL: &str = "MeterValueSampleInterval";
/// Key of the heartbeat interval in seconds.
pub(super) const HEARTBEAT_INTERVAL: &str = "HeartbeatInterval";

/// key, component, variable, value, writable, data type, needs a restart
type Row<'a> = (&'a str, &'a str, &'a str, &'a str, bool, &'static str, bool);
#[rustfmt::skip]
const TABLE: [Row<'static>; 20] = [
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
    pub(super) component: String,
    pub(super) variable: String,
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
    /// The station runs another version from now on.
    pub(super) fn installed(&mut self, version: &str) {
        version.clone_into(&mut self.template.firmware);
    }

    /// `more`: variables beside those of the table; `bounds`: what it takes in one message.
    pub(super) fn new(template: &Template, more: usize, bounds: Option<Bounds>) -> Self {
        let row = |(key, component, variable, value, writable, data_type, needs_reboot): Row<
            '_,
        >| Setting {
            key: key.to_owned(),
            component: component.to_owned(),
            variable: variable.to_owned(),
            instance: None,
            value: value.to_owned(),
            factory: value.to_owned(),
            pending: None,
            writable,
            data_type,
            needs_reboot,
            most: None,
        };
        let mut rows: Vec<Setting> = TABLE.iter().map(|&of| row(of)).collect();
        let connectors = template.connectors.to_string();
        let name = "NumberOfConnectors";
        rows.push(row((
            name,
            "ChargingStation",
            name,
            &connectors,
            false,
            "integer",
            false,
        )));
        if let Some(bounds) = bounds {
            let items = bounds.items.to_string();
            for row in &mut rows {
                if row.key == "GetConfigurationMaxKeys" {
                    row.value.clone_from(&items);
                }
            }
            for (variable, value) in [
                ("ItemsPerMessage", bounds.items),
                ("BytesPerMessage", bounds.bytes),
            ] {
                for instance in ["GetVariables", "SetVariables"] {
                    let key = format!("Acme.{variable}.{instance}");
                    let value = value.to_string();
                    let of = (
                        &*key,
                        "DeviceDataCtrlr",
                        variable,
                        &*value,
                        false,
                        "integer",
                        false,
                    );
                    rows.push(Setting {
                        instance: Some(instance),
                        ..row(of)
                    });
                }
            }
        }
        for number in 0..more {
            let key = format!("Acme.Setting{number:03}");
            let (component, variable) = (
                format!("AcmeBox{}", number / 25),
                format!("Setting{number:03}"),
            );
            let of = (&*key, &*component, &*variable, "10", true, "integer", false);
            rows.push(Setting {
                most: Some(100),
                ..row(of)
            });
        }
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
            *component == row.component && *variable == row.variable
        };
        let monitor = self.monitors.iter().position(of).filter(|_| !same)?;
        Some(Change {
            monitor: monitor + 1,
            component: row.component.clone(),
            variable: row.variable.clone(),
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
            key: row.key.clone(),
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
    pub(super) fn change_key(&mut self, key: &str, value: &str, how: Taking) -> &'static str {
        match self
            .rows
            .iter_mut()
            .find(|row| row.key.eq_ignore_ascii_case(key))
        {
            None => "NotSupported",
            Some(row) => write(row, value, how),
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
    pub(super) fn write(&mut self, name: VariableName, value: &str, how: Taking) -> VariableResult {
        let status = match self.find(&name) {
            _ if name.attribute.as_deref().is_some_and(|a| a != "Actual") => {
                "NotSupportedAttributeType"
            }
            Ok(at) => self
                .rows
                .get_mut(at)
                .map_or("Rejected", |row| write(row, value, how)),
            Err(status) => status,
        };
        VariableResult {
            name,
            status,
            value: None,
        }
    }

    /// The station restarts: what waited for it is taken, or everything is forgotten.
    pub(super) fn restarted(&mut self, forgets: bool) {
        for row in &mut self.rows {
            if forgets && row.writable {
                row.value.clone_from(&row.factory);
                row.pending = None;
            }
            if let Some(value) = row.pending.take() {
                row.value = value;
            }
        }
    }

    fn find(&self, name: &VariableName) -> Result<usize, &'static str> {
        let component = |row: &Setting| row.component.eq_ignore_ascii_case(&name.component);
        if !self.rows.iter().any(component) {
            return Err("UnknownComponent");
        }
        self.rows
            .iter()
            .position(|row| {
                component(row)
                    && row.variable.eq_ignore_ascii_case(&name.variable)
                    && row.instance == name.instance.as_deref()
            })
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
            component: row.component.clone(),
            evse: None,
            connector: None,
            variable: row.variable.clone(),
            instance: row.instance,
            most: row.most,
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
            instance: None,
            most: None,
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

fn write(row: &mut Setting, value: &str, how: Taking) -> &'static str {
    let fits = match row.data_type {
        "integer" => {
            let number = value.parse::<u32>();
            number.is_ok_and(|number| row.most.is_none_or(|most| number <= most))
        }
        "boolean" => matches!(value, "true" | "false"),
        _ => true,
    };
    if !row.writable || !fits || how.declines {
        return "Rejected";
    }
    if row.needs_reboot || how.later {
        row.pending = Some(value.to_owned());
        return "RebootRequired";
    }
    value.clone_into(&mut row.value);
    "Accepted"
}
