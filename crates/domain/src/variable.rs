//! Variables that a station reported: 1.6 configuration keys and the 2.x device model in one view.

use serde::{Deserialize, Serialize};

use crate::command::VariableName;
use crate::sensitive::{Sensitivity, scrubbed, sensitivity};
use crate::token::mask;

/// Whether a variable may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mutability {
    /// Read only.
    ReadOnly,
    /// Write only: a secret.
    WriteOnly,
    /// Read and write.
    ReadWrite,
}

/// What a station tells of a variable beyond its value (2.x VariableAttributeType and
/// VariableCharacteristicsType); nothing is known where a field is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Traits {
    /// Whether the value survives a restart.
    pub persistent: Option<bool>,
    /// Whether it never changes.
    pub constant: Option<bool>,
    /// The unit of a number.
    pub unit: Option<String>,
    /// What kind of value it is, in the station's word.
    pub data_type: Option<String>,
    /// The least number, or the shortest text.
    pub min_limit: Option<String>,
    /// The greatest number, or the longest text.
    pub max_limit: Option<String>,
    /// The allowed values, where they are a closed list.
    pub values: Vec<String>,
    /// Whether the station tells of changes by itself when it is asked to.
    pub supports_monitoring: Option<bool>,
}

/// One reported value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariableReading {
    /// Which variable.
    pub name: VariableName,
    /// Actual, Target, MinSet or MaxSet; Actual for 1.6.
    pub attribute: String,
    /// The value; none for a secret or one that is not set.
    pub value: Option<String>,
    /// Whether it may be written, where told.
    pub mutability: Option<Mutability>,
    /// What else the station told of it; none where the message had no place for it.
    #[serde(default)]
    pub traits: Option<Traits>,
}

/// Whether a value must never be kept or shown: passwords and keys (trust.md, Secrets).
#[must_use]
pub fn is_secret(name: &VariableName) -> bool {
    sensitivity(&name.variable) == Sensitivity::Secret
}

/// A value as somebody without the right to driver data may see it. A switch is nobody's.
#[must_use]
pub fn without_driver_data(name: &VariableName, value: &str) -> String {
    let switch = ["true", "false"]
        .iter()
        .any(|w| value.eq_ignore_ascii_case(w));
    match sensitivity(&name.variable) {
        Sensitivity::Open => value.to_owned(),
        _ if switch => value.to_owned(),
        Sensitivity::FreeText => scrubbed(value),
        Sensitivity::Personal => mask(value),
        Sensitivity::Record | Sensitivity::Secret => mask(""),
    }
}

/// A part of the device model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableReport {
    /// The request it answers.
    pub request: i32,
    /// Place of this part, from 0.
    pub seq: i32,
    /// Whether more parts follow.
    pub more: bool,
    /// The values.
    pub readings: Vec<VariableReading>,
}
