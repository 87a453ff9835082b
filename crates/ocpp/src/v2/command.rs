//! What we ask of a 2.x station.
//!
//! Owns the wording of every command.

use domain::command::{Command, CommandError, ReportKind, ResetKind, TriggerKind, VariableName};
use domain::token::TokenKind;
use serde_json::{Value, json};

use super::device_model::named;
use super::files;
use super::known::VARIABLES;
use crate::dialect::{PlannedCall, Portions, call, portions, unsupported};

/// A monitor of ours tells of changes beyond this.
const SMALLEST_CHANGE: f64 = 0.1;
/// The severity of our monitors: a notice, neither warning nor fault (2.0.1, N07).
const NOTICE: u8 = 6;

/// The calls for a command, before the last look at them.
pub(crate) fn calls(
    command: &Command,
    request_number: i32,
    within: &Portions,
) -> Result<Vec<PlannedCall>, CommandError> {
    let (action, payload) = match command {
        Command::Reset { kind, evse } => {
            let word = match kind {
                ResetKind::Soft => "OnIdle",
                ResetKind::Hard => "Immediate",
            };
            let mut payload = json!({"type": word});
            if let Some(evse) = evse {
                payload["evseId"] = json!(evse);
            }
            ("Reset", payload)
        }
        Command::StartSession {
            evse,
            token,
            token_kind,
            remote_start,
        } => {
            let mut payload = json!({
                "remoteStartId": remote_start,
                "idToken": {"idToken": token.as_str(), "type": kind(*token_kind)},
            });
            if let Some(evse) = evse.filter(|evse| *evse > 0) {
                payload["evseId"] = json!(evse);
            }
            ("RequestStartTransaction", payload)
        }
        Command::StopSession { wire, .. } => {
            ("RequestStopTransaction", json!({"transactionId": wire}))
        }
        Command::ChangeAvailability {
            evse,
            connector,
            operative,
        } => {
            let word = if *operative {
                "Operative"
            } else {
                "Inoperative"
            };
            let mut payload = json!({"operationalStatus": word});
            if let Some(place) = place(*evse, *connector) {
                payload["evse"] = place;
            }
            ("ChangeAvailability", payload)
        }
        Command::Unlock { evse, connector } => {
            let payload = json!({"evseId": evse, "connectorId": connector.unwrap_or(1)});
            ("UnlockConnector", payload)
        }
        Command::Trigger {
            message,
            evse,
            connector,
        } => ("TriggerMessage", trigger(*message, *evse, *connector)),
        Command::ReadVariables { names } if names.is_empty() => {
            ("GetBaseReport", report(ReportKind::Full, request_number))
        }
        Command::ReadVariables { names } => {
            let items = names.iter().map(item).collect::<Result<Vec<_>, _>>()?;
            return portions("GetVariables", "getVariableData", &items, within.read);
        }
        Command::WriteVariables { values } => {
            let items = values.iter().map(|(name, value)| {
                let mut item = item(name)?;
                item["attributeValue"] = json!(value);
                Ok(item)
            });
            let items = items.collect::<Result<Vec<_>, CommandError>>()?;
            return portions("SetVariables", "setVariableData", &items, within.write);
        }
        Command::MonitorVariables { names } => {
            let items = names.iter().map(|name| {
                let mut item = item(name)?;
                // N07: of a number any change beyond the value is told, of all else every change.
                item["type"] = json!("Delta");
                item["value"] = json!(SMALLEST_CHANGE);
                item["severity"] = json!(NOTICE);
                Ok(item)
            });
            let items = items.collect::<Result<Vec<_>, CommandError>>()?;
            let (action, list) = ("SetVariableMonitoring", "setMonitoringData");
            return portions(action, list, &items, within.monitor);
        }
        Command::RequestReport {
            kind: ReportKind::ByName,
        } => {
            let item = |(component, variable, instance): &(&str, &str, Option<&str>)| {
                item(&VariableName {
                    variable_instance: instance.map(str::to_owned),
                    ..VariableName::of(component, variable)
                })
            };
            let items = VARIABLES.iter().map(item).collect::<Result<Vec<_>, _>>()?;
            return portions("GetVariables", "getVariableData", &items, within.read);
        }
        Command::StopMonitoring { ids } => {
            let ids: Vec<Value> = ids.iter().map(|id| json!(id)).collect();
            return portions("ClearVariableMonitoring", "id", &ids, within.monitor);
        }
        Command::RequestReport { kind } => ("GetBaseReport", report(*kind, request_number)),
        Command::ClearCache => ("ClearCache", json!({})),
        Command::UpdateFirmware { .. } | Command::UploadLog { .. } => {
            return files::call_for(command, request_number).map(|call| vec![call]);
        }
        Command::Raw { .. } => return Err(unsupported("a raw call is sent in its own words")),
    };
    Ok(vec![call(action, &payload)])
}

fn kind(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Emaid => "eMAID",
        TokenKind::Iso14443 => "ISO14443",
        TokenKind::Iso15693 => "ISO15693",
        TokenKind::KeyCode => "KeyCode",
        TokenKind::Local => "Local",
        TokenKind::MacAddress => "MacAddress",
        TokenKind::NoAuthorization => "NoAuthorization",
        // A token that we name is ours as far as the station is concerned.
        TokenKind::Central | TokenKind::Other => "Central",
    }
}

fn report(kind: ReportKind, request_number: i32) -> Value {
    let base = match kind {
        ReportKind::Full | ReportKind::ByName => "FullInventory",
        ReportKind::Configuration => "ConfigurationInventory",
        ReportKind::Summary => "SummaryInventory",
    };
    json!({"requestId": request_number, "reportBase": base})
}

fn place(evse: Option<i32>, connector: Option<i32>) -> Option<Value> {
    let mut place = json!({"id": evse.filter(|evse| *evse > 0)?});
    if let Some(connector) = connector {
        place["connectorId"] = json!(connector);
    }
    Some(place)
}

fn trigger(message: TriggerKind, evse: Option<i32>, connector: Option<i32>) -> Value {
    let (word, place) = match message {
        TriggerKind::Boot => ("BootNotification", None),
        // F06.FR.13: a status is asked of a connector, never of an EVSE.
        TriggerKind::Status => ("StatusNotification", place(evse, connector.or(Some(1)))),
        TriggerKind::MeterValues => ("MeterValues", place(evse, None)),
        TriggerKind::Heartbeat => ("Heartbeat", None),
        TriggerKind::FirmwareStatus => ("FirmwareStatusNotification", None),
        TriggerKind::LogStatus => ("LogStatusNotification", None),
        TriggerKind::Session => ("TransactionEvent", place(evse, None)),
    };
    let mut payload = json!({"requestedMessage": word});
    if let Some(place) = place {
        payload["evse"] = place;
    }
    payload
}

fn item(name: &VariableName) -> Result<Value, CommandError> {
    named(name).ok_or_else(|| unsupported("a variable of OCPP 2.x needs its component"))
}
