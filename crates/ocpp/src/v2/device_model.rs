//! Components and variables: names both ways, reports of the device model and monitor events.
//!
//! Owns the shape of the device model on the wire. Names are kept as the station writes them.

use domain::command::VariableName;
use domain::message::{Message, Notice, NoticeKind, StatusReport};
use domain::variable::{Mutability, Traits, VariableReading, VariableReport};
use serde_json::{Value, json};

use super::hear::connector_status;
use crate::dialect::{Hearing, items, reading, small, text};

/// The name of the variable in an object with `component` and `variable`.
pub(crate) fn name_of(item: &Value) -> Option<VariableName> {
    let component = item.get("component")?;
    let variable = item.get("variable")?;
    let evse = component.get("evse").unwrap_or(&Value::Null);
    Some(VariableName {
        component: text(component, "name"),
        component_instance: text(component, "instance"),
        evse: small(evse, "id"),
        connector: small(evse, "connectorId"),
        variable: text(variable, "name")?,
        variable_instance: text(variable, "instance"),
    })
}

/// An object with `component` and `variable`; none without a component.
pub(super) fn named(name: &VariableName) -> Option<Value> {
    let component = name.component.as_deref().filter(|name| !name.is_empty())?;
    let mut component = json!({"name": component});
    if let Some(instance) = &name.component_instance {
        component["instance"] = json!(instance);
    }
    if let Some(evse) = name.evse {
        component["evse"] = json!({"id": evse});
        if let Some(connector) = name.connector {
            component["evse"]["connectorId"] = json!(connector);
        }
    }
    let mut variable = json!({"name": name.variable});
    if let Some(instance) = &name.variable_instance {
        variable["instance"] = json!(instance);
    }
    Some(json!({"component": component, "variable": variable}))
}

/// NotifyReport.
pub(super) fn report(value: &Value) -> Message {
    let mut readings: Vec<VariableReading> = Vec::new();
    for item in items(value, "reportData") {
        let Some(name) = name_of(item) else {
            continue;
        };
        for attribute in items(item, "variableAttribute") {
            let mutability = match attribute.get("mutability").and_then(Value::as_str) {
                Some("ReadOnly") => Some(Mutability::ReadOnly),
                Some("WriteOnly") => Some(Mutability::WriteOnly),
                Some("ReadWrite") => Some(Mutability::ReadWrite),
                _ => None,
            };
            let kind = text(attribute, "type");
            let told = reading(name.clone(), kind, attribute.get("value"), mutability);
            readings.push(VariableReading {
                traits: Some(traits(item, attribute)),
                ..told
            });
        }
    }
    Message::VariablesReported(VariableReport {
        request: small(value, "requestId").unwrap_or(0),
        seq: small(value, "seqNo").unwrap_or(0),
        more: value.get("tbc").and_then(Value::as_bool).unwrap_or(false),
        readings,
    })
}

/// What is told of a variable beyond its value. Where a field of an attribute is left out, it is as
/// the schema says (2.x VariableAttributeType: neither persistent nor constant).
fn traits(item: &Value, attribute: &Value) -> Traits {
    let about = item.get("variableCharacteristics").unwrap_or(&Value::Null);
    let yes = |of: &Value, field: &str| of.get(field).and_then(Value::as_bool);
    let number = |field: &str| match about.get(field) {
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let values = text(about, "valuesList").unwrap_or_default();
    let values = values.split(',').map(str::trim).filter(|v| !v.is_empty());
    Traits {
        persistent: Some(yes(attribute, "persistent").unwrap_or(false)),
        constant: Some(yes(attribute, "constant").unwrap_or(false)),
        unit: text(about, "unit"),
        data_type: text(about, "dataType"),
        min_limit: number("minLimit"),
        max_limit: number("maxLimit"),
        values: values.map(str::to_owned).collect(),
        supports_monitoring: yes(about, "supportsMonitoring"),
    }
}

/// NotifyEvent: availability becomes states of connectors (2.1 G01), the rest notices. The state
/// of an EVSE as a whole stands for its connector 1, unless the message tells of connectors too.
pub(super) fn events(value: &Value, hearing: &mut Hearing) -> Message {
    let mut notices = Vec::new();
    let mut statuses = Vec::new();
    let mut whole_evses = Vec::new();
    for (at, event) in items(value, "eventData").iter().enumerate() {
        let name = name_of(event);
        let moment = hearing.moment_if_told(event, "timestamp", &format!("/eventData/{at}"));
        match name {
            Some(name) if name.variable.eq_ignore_ascii_case("AvailabilityState") => {
                let evse = name.evse.unwrap_or(0).max(0);
                let told = name.connector.filter(|connector| *connector > 0);
                let report = StatusReport {
                    evse,
                    connector: if evse == 0 { 0 } else { told.unwrap_or(1) },
                    status: connector_status(event.get("actualValue")),
                    error_code: None,
                    error_info: None,
                    at: moment,
                };
                if told.is_some() || evse == 0 {
                    statuses.push(report);
                } else {
                    whole_evses.push(report);
                }
            }
            name => {
                let title = name.map_or_else(String::new, |name| {
                    let component = name.component.unwrap_or_default();
                    format!("{component}.{}", name.variable)
                });
                notices.push(Notice {
                    kind: NoticeKind::MonitorEvent,
                    title,
                    at: moment,
                    detail: event.to_string(),
                });
            }
        }
    }
    for report in whole_evses {
        if !statuses.iter().any(|other| other.evse == report.evse) {
            statuses.push(report);
        }
    }
    Message::Noticed { notices, statuses }
}
