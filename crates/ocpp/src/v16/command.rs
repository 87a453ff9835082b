//! What we ask of a 1.6 station.
//!
//! Owns the wording of every command, and the decision that 1.6 has no words for one.

use domain::command::{Command, CommandError, ReportKind, ResetKind, TriggerKind, VariableName};
use serde_json::{Value, json};

use super::files;
use super::known::KEYS;
use crate::dialect::{PlannedCall, Portions, call, portions, unsupported};

/// The calls for a command, before the last look at them.
pub(crate) fn calls(
    command: &Command,
    request_number: i32,
    within: &Portions,
) -> Result<Vec<PlannedCall>, CommandError> {
    let (action, payload) = match command {
        Command::Reset { evse: Some(_), .. } => {
            return Err(unsupported("OCPP 1.6 resets the whole station only"));
        }
        Command::Reset { kind, evse: None } => {
            let word = match kind {
                ResetKind::Soft => "Soft",
                ResetKind::Hard => "Hard",
            };
            ("Reset", json!({"type": word}))
        }
        Command::StartSession { evse, token, .. } => {
            if token.as_str().chars().count() > 20 {
                return Err(unsupported("OCPP 1.6 tokens have at most 20 characters"));
            }
            let mut payload = json!({"idTag": token.as_str()});
            if let Some(evse) = evse.filter(|evse| *evse > 0) {
                payload["connectorId"] = json!(evse);
            }
            ("RemoteStartTransaction", payload)
        }
        Command::StopSession { wire, .. } => match wire.parse::<i32>() {
            Ok(number) => ("RemoteStopTransaction", json!({"transactionId": number})),
            Err(_) => {
                let text = "the session has no number that an OCPP 1.6 station knows";
                return Err(unsupported(text));
            }
        },
        Command::ChangeAvailability {
            evse,
            connector,
            operative,
        } => {
            single(*connector)?;
            let word = if *operative {
                "Operative"
            } else {
                "Inoperative"
            };
            let payload = json!({"connectorId": evse.unwrap_or(0), "type": word});
            ("ChangeAvailability", payload)
        }
        Command::Unlock { evse, connector } => {
            single(*connector)?;
            ("UnlockConnector", json!({"connectorId": evse}))
        }
        Command::Trigger {
            message,
            evse,
            connector,
        } => {
            single(*connector)?;
            ("TriggerMessage", trigger(*message, *evse)?)
        }
        Command::ReadVariables { names } => {
            let keys = names.iter().map(key).collect::<Result<Vec<&str>, _>>()?;
            if !keys.is_empty() {
                return by_name(&keys, within);
            }
            ("GetConfiguration", json!({}))
        }
        Command::WriteVariables { values } => {
            return values
                .iter()
                .map(|(name, value)| {
                    let payload = json!({"key": key(name)?, "value": value});
                    Ok(call("ChangeConfiguration", &payload))
                })
                .collect();
        }
        Command::MonitorVariables { .. } | Command::StopMonitoring { .. } => {
            return Err(unsupported("OCPP 1.6 has no monitors"));
        }
        Command::RequestReport {
            kind: ReportKind::ByName,
        } => return by_name(&KEYS, within),
        Command::RequestReport { .. } => ("GetConfiguration", json!({})),
        Command::ClearCache => ("ClearCache", json!({})),
        Command::UpdateFirmware { .. } | Command::UploadLog { .. } => {
            return files::call_for(command, request_number).map(|call| vec![call]);
        }
        Command::Raw { .. } => return Err(unsupported("a raw call is sent in its own words")),
    };
    Ok(vec![call(action, &payload)])
}

/// GetConfiguration in portions of as many keys as the station takes.
fn by_name(keys: &[&str], within: &Portions) -> Result<Vec<PlannedCall>, CommandError> {
    let keys: Vec<Value> = keys.iter().map(|key| json!(key)).collect();
    portions("GetConfiguration", "key", &keys, within.read)
}

fn trigger(message: TriggerKind, evse: Option<i32>) -> Result<Value, CommandError> {
    let (word, of_connector) = match message {
        TriggerKind::Boot => ("BootNotification", false),
        TriggerKind::Status => ("StatusNotification", true),
        TriggerKind::MeterValues => ("MeterValues", true),
        TriggerKind::Heartbeat => ("Heartbeat", false),
        TriggerKind::FirmwareStatus => ("FirmwareStatusNotification", false),
        TriggerKind::LogStatus => ("DiagnosticsStatusNotification", false),
        TriggerKind::Session => {
            let text = "OCPP 1.6 cannot ask for the state of a session";
            return Err(unsupported(text));
        }
    };
    let mut payload = json!({"requestedMessage": word});
    // Connector 0 cannot be named here (§7.39: greater than 0).
    if let Some(evse) = evse.filter(|evse| of_connector && *evse > 0) {
        payload["connectorId"] = json!(evse);
    }
    Ok(payload)
}

/// An EVSE of a 1.6 station has one connector.
fn single(connector: Option<i32>) -> Result<(), CommandError> {
    match connector {
        None | Some(0 | 1) => Ok(()),
        Some(_) => Err(unsupported(
            "an EVSE of an OCPP 1.6 station has one connector",
        )),
    }
}

fn key(name: &VariableName) -> Result<&str, CommandError> {
    let plain = name.component.as_deref().is_none_or(str::is_empty)
        && name.variable_instance.is_none()
        && name.evse.is_none();
    if plain {
        Ok(&name.variable)
    } else {
        Err(unsupported(
            "OCPP 1.6 has configuration keys without components",
        ))
    }
}
