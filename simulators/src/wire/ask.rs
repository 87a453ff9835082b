//! What the server asks of a station, in no version's words.

use serde_json::Value;

use crate::charging::Profile;

/// A request of the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Restart: at once, or when idle.
    Reset {
        /// Hard (1.6) or Immediate (2.x).
        immediate: bool,
    },
    /// Start a session.
    Start {
        /// Connector, if given.
        connector: Option<u32>,
        /// Token uid.
        uid: String,
        /// 2.x id of the request.
        remote_start_id: Option<i64>,
        /// Limit for the session.
        profile: Option<Profile>,
    },
    /// Stop the session of this name.
    Stop {
        /// The wire's name of the session.
        transaction: String,
    },
    /// Put a connector (0 = station) in or out of service.
    Availability {
        /// Connector; 0 is the station.
        connector: u32,
        /// In service.
        operative: bool,
    },
    /// Release a cable.
    Unlock {
        /// Connector.
        connector: u32,
    },
    /// Send a message now.
    Trigger {
        /// The message's name.
        message: String,
        /// Connector; none is all.
        connector: Option<u32>,
    },
    /// 1.6: read settings; empty is all.
    GetKeys {
        /// Keys.
        keys: Vec<String>,
    },
    /// 1.6: write a setting.
    ChangeKey {
        /// Key.
        key: String,
        /// New value.
        value: String,
    },
    /// 2.x: read variables.
    GetVariables {
        /// Their names.
        names: Vec<VariableName>,
    },
    /// 2.x: write variables.
    SetVariables {
        /// Names and new values.
        values: Vec<(VariableName, String)>,
    },
    /// 2.x: tell of changes by itself.
    SetMonitors {
        /// The monitors, as they were asked for.
        rows: Vec<Value>,
    },
    /// 2.x: send the device model.
    Report {
        /// Id to answer under.
        request_id: i64,
        /// Only what can be configured.
        configurable_only: bool,
    },
    /// Forget cached tokens.
    ClearCache,
    /// Load and install firmware.
    UpdateFirmware {
        /// From where.
        location: String,
        /// Id of the request, where the message has one.
        request_id: Option<i64>,
        /// 1.6 signed update: reported by another message.
        signed: bool,
    },
    /// Upload logs.
    GetLog {
        /// Id; none for 1.6 diagnostics.
        request_id: Option<i64>,
        /// Where to.
        location: String,
        /// The security log.
        security: bool,
    },
    /// Install a charging profile.
    SetProfile {
        /// Connector; 0 is the station.
        connector: u32,
        /// The profile.
        profile: Profile,
    },
    /// Remove charging profiles.
    ClearProfile {
        /// The one with this id, or all.
        id: Option<i64>,
    },
    /// Vendor's message.
    DataTransfer,
    /// The payload cannot be understood.
    Malformed {
        /// RPC error code.
        code: &'static str,
        /// What is missing.
        text: String,
    },
    /// We do not do this; true when the protocol knows it.
    Unsupported {
        /// The action is one of the protocol.
        known: bool,
    },
}

/// The name of a variable (2.x).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableName {
    /// Component.
    pub component: String,
    /// EVSE of the component.
    pub evse: Option<u32>,
    /// Connector of the component.
    pub connector: Option<u32>,
    /// Variable.
    pub variable: String,
    /// Which of several such variables.
    pub instance: Option<String>,
    /// Attribute type other than `Actual`, as asked.
    pub attribute: Option<String>,
}
