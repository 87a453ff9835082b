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
