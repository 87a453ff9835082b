//! OCPP 2.1 in plain JSON; 2.0.1 takes the same shapes and passes them through its types.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::read::{int, missing, nested, number, profile, text};
use super::{
    Ask, Context, Entry, Moment, Name, Say, StopReason, Transaction, Trigger, VariableName,
};
use crate::charging::Reading;

/// Action and payload of a message.
pub(super) fn lower(say: &Say, name: Option<&Name>) -> (String, Value) {
    let (action, payload) = match say {
        Say::Boot {
            reason,
            plate,
            serial,
        } => (
            "BootNotification",
            json!({
                "reason": reason,
                "chargingStation": {
                    "model": plate.model,
                    "vendorName": plate.vendor,
                    "serialNumber": serial,
                    "firmwareVersion": plate.firmware,
                },
            }),
        ),
        Say::Heartbeat => ("Heartbeat", json!({})),
        Say::Status {
            connector,
            status,
            at,
        } => (
            "StatusNotification",
            json!({
                "timestamp": stamp(*at),
                "connectorStatus": status.word_v2(),
                "evseId": connector,
                "connectorId": 1,
            }),
        ),
        Say::Authorize { uid } => ("Authorize", json!({ "idToken": token(uid) })),
        Say::Session(message) => ("TransactionEvent", session(message, name)),
        Say::Meter {
            connector,
            reading,
            context,
        } => (
            "MeterValues",
            json!({ "evseId": connector, "meterValue": [meter_value(reading, *context)] }),
        ),
        Say::Firmware { status, request_id } => {
            let mut payload = json!({ "status": status });
            if let Some(id) = request_id {
                payload["requestId"] = json!(id);
            }
            ("FirmwareStatusNotification", payload)
        }
        Say::Log { status, request_id } => {
            let mut payload = json!({ "status": status });
            if let Some(id) = request_id {
                payload["requestId"] = json!(id);
            }
            ("LogStatusNotification", payload)
        }
        Say::Report {
            request_id,
            seq,
            tbc,
            at,
            entries,
        } => (
            "NotifyReport",
            json!({
                "requestId": request_id,
                "generatedAt": stamp(*at),
                "tbc": tbc,
                "seqNo": seq,
                "reportData": entries.iter().map(report_row).collect::<Vec<_>>(),
            }),
        ),
        Say::Changed {
            monitor,
            component,
            variable,
            value,
            at,
        } => (
            "NotifyEvent",
            json!({"generatedAt": stamp(*at), "tbc": false, "seqNo": 0, "eventData": [{
                "eventId": monitor, "timestamp": stamp(*at), "trigger": "Delta",
                "actualValue": value, "eventNotificationType": "CustomMonitor",
                "variableMonitoringId": monitor,
                "component": {"name": component}, "variable": {"name": variable},
            }]}),
        ),
        Say::Security { kind, at } => (
            "SecurityEventNotification",
            json!({ "type": kind, "timestamp": stamp(*at) }),
        ),
        Say::Raw { action, payload } => return (action.clone(), payload.clone()),
    };
    (action.to_owned(), payload)
}

fn session(message: &Transaction, name: Option<&Name>) -> Value {
    let mut info = json!({
        "transactionId": name.map(Name::to_string).unwrap_or_default(),
        "chargingState": message.charging.word(),
    });
    if let Some(id) = message.remote_start_id {
        info["remoteStartId"] = json!(id);
    }
    if let Some(reason) = message.reason {
        info["stoppedReason"] = json!(reason_word(reason));
    }
    let context = match (message.moment, message.trigger) {
        (Moment::Started, _) => Context::Begin,
        (Moment::Ended, _) => Context::End,
        (_, Trigger::Asked) => Context::Trigger,
        _ => Context::Periodic,
    };
    let mut payload = json!({
        "eventType": match message.moment {
            Moment::Started => "Started",
            Moment::Updated => "Updated",
            Moment::Ended => "Ended",
        },
        "timestamp": stamp(message.reading.at),
        "triggerReason": message.trigger.word(),
        "seqNo": message.seq,
        "transactionInfo": info,
        "meterValue": [meter_value(&message.reading, context)],
    });
    if message.offline {
        payload["offline"] = json!(true);
    }
    if let Some(uid) = &message.uid {
        payload["idToken"] = token(uid);
    }
    // The EVSE is told once (2.x E section 1.5).
    if message.moment == Moment::Started {
        payload["evse"] = json!({ "id": message.connector, "connectorId": 1 });
    }
    payload
}

fn token(uid: &str) -> Value {
    let kind = match uid.len() {
        _ if !uid.bytes().all(|b| b.is_ascii_hexdigit()) => "Central",
        8 | 14 | 20 => "ISO14443",
        _ => "Central",
    };
    json!({ "idToken": uid, "type": kind })
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn meter_value(reading: &Reading, context: Context) -> Value {
    let sample = |value: Value, measurand: &str, unit: &str, phase: Option<&str>| {
        let mut row = json!({
            "value": value,
            "context": context.word(),
            "measurand": measurand,
            "unitOfMeasure": { "unit": unit },
        });
        if let Some(phase) = phase {
            row["phase"] = json!(phase);
        }
        row
    };
    let thousandths = |n: u32| json!(f64::from(n) / 1000.0);
    let ac = reading.soc_percent.is_none();
    let mut values = vec![
        sample(
            json!(reading.register_wh),
            "Energy.Active.Import.Register",
            "Wh",
            None,
        ),
        sample(json!(reading.watts), "Power.Active.Import", "W", None),
    ];
    let phases = ["L1", "L2", "L3"];
    for (phase, milliamps) in phases
        .into_iter()
        .zip(reading.current_ma)
        .take(usize::from(reading.phases))
    {
        let phase = ac.then_some(phase);
        values.push(sample(thousandths(milliamps), "Current.Import", "A", phase));
    }
    values.push(sample(
        thousandths(reading.offered_ma),
        "Current.Offered",
        "A",
        None,
    ));
    let volts = json!(f64::from(reading.voltage_dv) / 10.0);
    values.push(sample(volts, "Voltage", "V", ac.then_some("L1-N")));
    if let Some(soc) = reading.soc_percent {
        values.push(sample(json!(soc), "SoC", "Percent", None));
    }
    json!({ "timestamp": stamp(reading.at), "sampledValue": values })
}

fn report_row(entry: &Entry) -> Value {
    let mut component = json!({ "name": entry.component });
    if let Some(id) = entry.evse {
        component["evse"] = json!({ "id": id });
        if let Some(connector) = entry.connector {
            component["evse"]["connectorId"] = json!(connector);
        }
    }
    let mut characteristics = json!({ "dataType": entry.data_type, "supportsMonitoring": false });
    if let Some(unit) = entry.unit {
        characteristics["unit"] = json!(unit);
    }
    if let Some(most) = entry.most {
        characteristics["minLimit"] = json!(0);
        characteristics["maxLimit"] = json!(most);
    }
    let mut variable = json!({ "name": entry.variable });
    if let Some(instance) = entry.instance {
        variable["instance"] = json!(instance);
    }
    let mutability = if entry.writable {
        "ReadWrite"
    } else {
        "ReadOnly"
    };
    json!({
        "component": component,
        "variable": variable,
        "variableAttribute": [{
            "type": "Actual",
            "value": entry.value,
            "mutability": mutability,
            "persistent": entry.writable,
            "constant": false,
        }],
        "variableCharacteristics": characteristics,
    })
}

fn reason_word(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Local => "Local",
        StopReason::Remote => "Remote",
        StopReason::EvDisconnected => "EVDisconnected",
        StopReason::DeAuthorized => "DeAuthorized",
        StopReason::HardReset => "ImmediateReset",
        StopReason::SoftReset => "Reboot",
        StopReason::Unlocked => "Other",
        StopReason::PowerLoss => "PowerLoss",
    }
}

/// What a CALL asks; the same for 2.0.1 and 2.1 in all we do.
pub(super) fn lift(action: &str, payload: &Value) -> Ask {
    lift_known(action, payload).unwrap_or_else(|field| missing(false, field))
}

fn lift_known(action: &str, payload: &Value) -> Result<Ask, &'static str> {
    let evse = || payload.get("evse").and_then(|evse| number(evse, "id"));
    Ok(match action {
        "Reset" => Ask::Reset {
            immediate: text(payload, "type").ok_or("type")? != "OnIdle",
        },
        "RequestStartTransaction" => Ask::Start {
            connector: number(payload, "evseId"),
            uid: payload
                .get("idToken")
                .and_then(|t| text(t, "idToken"))
                .ok_or("idToken")?,
            remote_start_id: Some(int(payload, "remoteStartId").ok_or("remoteStartId")?),
            profile: payload.get("chargingProfile").and_then(profile),
        },
        "RequestStopTransaction" => Ask::Stop {
            transaction: text(payload, "transactionId").ok_or("transactionId")?,
        },
        "ChangeAvailability" => Ask::Availability {
            connector: evse().unwrap_or(0),
            operative: text(payload, "operationalStatus").ok_or("operationalStatus")?
                == "Operative",
        },
        "UnlockConnector" => Ask::Unlock {
            connector: number(payload, "evseId").ok_or("evseId")?,
        },
        "TriggerMessage" => Ask::Trigger {
            message: text(payload, "requestedMessage").ok_or("requestedMessage")?,
            connector: evse(),
        },
        "GetVariables" => Ask::GetVariables {
            names: rows(payload, "getVariableData")?
                .map(variable)
                .collect::<Result<_, _>>()?,
        },
        "SetVariables" => Ask::SetVariables {
            values: rows(payload, "setVariableData")?
                .map(|row| {
                    let value = text(row, "attributeValue").ok_or("attributeValue")?;
                    Ok::<_, &'static str>((variable(row)?, value))
                })
                .collect::<Result<_, _>>()?,
        },
        "SetVariableMonitoring" => Ask::SetMonitors {
            rows: rows(payload, "setMonitoringData")?.cloned().collect(),
        },
        "GetBaseReport" => Ask::Report {
            request_id: int(payload, "requestId").ok_or("requestId")?,
            configurable_only: text(payload, "reportBase").ok_or("reportBase")?
                == "ConfigurationInventory",
        },
        "ClearCache" => Ask::ClearCache,
        "UpdateFirmware" => Ask::UpdateFirmware {
            request_id: Some(int(payload, "requestId").ok_or("requestId")?),
            signed: false,
            location: nested(payload, "firmware", "location").ok_or("location")?,
        },
        "GetLog" => Ask::GetLog {
            request_id: Some(int(payload, "requestId").ok_or("requestId")?),
            location: nested(payload, "log", "remoteLocation").ok_or("remoteLocation")?,
            security: text(payload, "logType").as_deref() == Some("SecurityLog"),
        },
        "SetChargingProfile" => Ask::SetProfile {
            connector: number(payload, "evseId").ok_or("evseId")?,
            profile: payload
                .get("chargingProfile")
                .and_then(profile)
                .ok_or("chargingProfile")?,
        },
        "ClearChargingProfile" => Ask::ClearProfile {
            id: int(payload, "chargingProfileId"),
        },
        "DataTransfer" => Ask::DataTransfer,
        _ => Ask::Unsupported { known: false },
    })
}

fn rows<'a>(
    payload: &'a Value,
    field: &'static str,
) -> Result<impl Iterator<Item = &'a Value>, &'static str> {
    Ok(payload
        .get(field)
        .and_then(Value::as_array)
        .ok_or(field)?
        .iter())
}

fn variable(row: &Value) -> Result<VariableName, &'static str> {
    let component = row.get("component").ok_or("component")?;
    let evse = component.get("evse");
    Ok(VariableName {
        component: text(component, "name").ok_or("component.name")?,
        evse: evse.and_then(|evse| number(evse, "id")),
        connector: evse.and_then(|evse| number(evse, "connectorId")),
        variable: row
            .get("variable")
            .and_then(|v| text(v, "name"))
            .ok_or("variable.name")?,
        instance: row.get("variable").and_then(|v| text(v, "instance")),
        attribute: text(row, "attributeType"),
    })
}
