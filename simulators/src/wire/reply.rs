//! What a station answers.

use serde_json::{Value, json};

use super::{VariableName, Version};

/// An answer to a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Only a status word.
    Status(&'static str),
    /// A remote start; the session's name when one runs already (2.x).
    Started {
        /// Status word.
        status: &'static str,
        /// Name of a session that runs already.
        transaction: Option<String>,
    },
    /// 1.6: settings.
    Keys {
        /// Known ones.
        rows: Vec<KeyRow>,
        /// Unknown ones.
        unknown: Vec<String>,
    },
    /// 2.x: variables, read or written.
    Variables {
        /// Results in the order asked.
        results: Vec<VariableResult>,
        /// They were written.
        written: bool,
    },
    /// 2.x: monitors were set; the first has this id.
    Monitors {
        /// As they were asked for.
        rows: Vec<Value>,
        /// The first id.
        first: usize,
    },
    /// A log will be uploaded under this file name (1.6 diagnostics have no status).
    Upload {
        /// The file's name.
        file: String,
        /// It is 1.6 diagnostics.
        diagnostics: bool,
    },
    /// An empty answer.
    Empty,
    /// A CALLERROR.
    Error {
        /// RPC error code.
        code: &'static str,
        /// Description.
        text: String,
    },
}

/// One setting of 1.6.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
    /// It cannot be written.
    pub readonly: bool,
}

/// The result for one variable.
#[derive(Debug, Clone)]
pub struct VariableResult {
    /// Which one.
    pub name: VariableName,
    /// Status word.
    pub status: &'static str,
    /// Value, when read.
    pub value: Option<String>,
}

impl Reply {
    /// The payload as JSON.
    pub(super) fn payload(&self, version: Version) -> Value {
        match self {
            Self::Status(status) => json!({ "status": status }),
            Self::Started {
                status,
                transaction,
            } => match transaction {
                Some(name) if !version.is_v16() => {
                    json!({ "status": status, "transactionId": name })
                }
                _ => json!({ "status": status }),
            },
            Self::Keys { rows, unknown } => {
                let rows: Vec<Value> = rows
                    .iter()
                    .map(|row| json!({ "key": row.key, "readonly": row.readonly, "value": row.value }))
                    .collect();
                let mut payload = json!({ "configurationKey": rows });
                if !unknown.is_empty() {
                    payload["unknownKey"] = json!(unknown);
                }
                payload
            }
            Self::Variables { results, written } => {
                let rows: Vec<Value> = results
                    .iter()
                    .map(|row| result_row(row, *written))
                    .collect();
                if *written {
                    json!({ "setVariableResult": rows })
                } else {
                    json!({ "getVariableResult": rows })
                }
            }
            Self::Monitors { rows, first } => {
                let row = |(at, asked): (usize, &Value)| {
                    json!({"id": first + at, "status": "Accepted", "type": asked["type"],
                        "severity": asked["severity"], "component": asked["component"],
                        "variable": asked["variable"]})
                };
                let rows: Vec<Value> = rows.iter().enumerate().map(row).collect();
                json!({ "setMonitoringResult": rows })
            }
            Self::Upload {
                file,
                diagnostics: true,
            } => json!({ "fileName": file }),
            Self::Upload { file, .. } => json!({ "status": "Accepted", "filename": file }),
            Self::Empty | Self::Error { .. } => json!({}),
        }
    }
}

fn result_row(row: &VariableResult, written: bool) -> Value {
    let mut component = json!({ "name": row.name.component });
    if let Some(id) = row.name.evse {
        component["evse"] = json!({ "id": id });
        if let Some(connector) = row.name.connector {
            component["evse"]["connectorId"] = json!(connector);
        }
    }
    let mut result = json!({
        "attributeStatus": row.status,
        "component": component,
        "variable": { "name": row.name.variable },
    });
    if let Some(instance) = &row.name.instance {
        result["variable"]["instance"] = json!(instance);
    }
    if let Some(attribute) = &row.name.attribute {
        result["attributeType"] = json!(attribute);
    }
    if let (Some(value), false) = (&row.value, written) {
        result["attributeValue"] = json!(value);
    }
    result
}
