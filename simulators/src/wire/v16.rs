//! OCPP 1.6, through the types of `rust-ocpp`.
//!
//! Times are cut to whole seconds: that library writes up to nine fractional digits.

use chrono::{DateTime, SubsecRound, Utc};
use rust_ocpp::v1_6::messages::{
    authorize, boot_notification, change_availability, change_configuration, clear_cache,
    clear_charging_profile, data_transfer, diagnostics_status_notification,
    firmware_status_notification, get_configuration, get_diagnostics, heart_beat, meter_values,
    remote_start_transaction, remote_stop_transaction, reset, set_charging_profile,
    start_transaction, status_notification, stop_transaction, trigger_message, unlock_connector,
    update_firmware,
};
use rust_ocpp::v1_6::types::{
    ChargePointErrorCode, ChargePointStatus, Measurand, MeterValue, Phase, ReadingContext, Reason,
    SampledValue, UnitOfMeasure,
};
use serde_json::{Value, json};

use super::read::{int, missing, nested, number, profile, text};
use super::{Ask, Context, Moment, Name, Say, Status, StopReason, Transaction, Trigger, through};
use crate::Error;
use crate::charging::Reading;

/// Action and payload of a message.
pub(super) fn lower(say: &Say, name: Option<&Name>) -> Result<(String, String), Error> {
    let (action, payload) = match say {
        Say::Boot { plate, serial, .. } => {
            let request = boot_notification::BootNotificationRequest {
                charge_point_model: plate.model.clone(),
                charge_point_vendor: plate.vendor.clone(),
                charge_point_serial_number: Some(serial.clone()),
                charge_box_serial_number: None,
                firmware_version: Some(plate.firmware.clone()),
                iccid: None,
                imsi: None,
                meter_serial_number: None,
                meter_type: Some("Brightpost M3".into()),
            };
            ("BootNotification", serde_json::to_string(&request)?)
        }
        Say::Heartbeat => (
            "Heartbeat",
            serde_json::to_string(&heart_beat::HeartbeatRequest {})?,
        ),
        Say::Status {
            connector,
            status,
            at,
        } => {
            let request = status_notification::StatusNotificationRequest {
                connector_id: *connector,
                error_code: if *status == Status::Faulted {
                    ChargePointErrorCode::OtherError
                } else {
                    ChargePointErrorCode::NoError
                },
                info: None,
                status: status_word(*status),
                timestamp: Some(whole(*at)),
                vendor_id: None,
                vendor_error_code: None,
            };
            ("StatusNotification", serde_json::to_string(&request)?)
        }
        Say::Authorize { uid } => {
            let request = authorize::AuthorizeRequest {
                id_tag: uid.clone(),
            };
            ("Authorize", serde_json::to_string(&request)?)
        }
        Say::Session(message) => return session(message, name),
        Say::Meter {
            connector,
            reading,
            context,
        } => {
            let request = meter_values::MeterValuesRequest {
                connector_id: *connector,
                transaction_id: None,
                meter_value: vec![meter_value(reading, *context)],
            };
            ("MeterValues", serde_json::to_string(&request)?)
        }
        Say::Firmware {
            status,
            request_id: Some(id),
        } => {
            let payload = json!({ "status": status, "requestId": id });
            ("SignedFirmwareStatusNotification", payload.to_string())
        }
        Say::Firmware { status, .. } => {
            type Request = firmware_status_notification::FirmwareStatusNotificationRequest;
            (
                "FirmwareStatusNotification",
                through::<Request>(json!({ "status": status }))?,
            )
        }
        Say::Log {
            status,
            request_id: Some(id),
        } => {
            let payload = json!({ "status": status, "requestId": id });
            ("LogStatusNotification", payload.to_string())
        }
        Say::Log { status, .. } => {
            type Request = diagnostics_status_notification::DiagnosticsStatusNotificationRequest;
            let status = if *status == "UploadFailure" {
                "UploadFailed"
            } else {
                status
            };
            (
                "DiagnosticsStatusNotification",
                through::<Request>(json!({ "status": status }))?,
            )
        }
        Say::Changed { .. } => {
            return Err(Error::Plan("1.6 has no monitors".into()));
        }
        Say::Report { .. } => {
            return Err(Error::Plan("1.6 has no device model to report".into()));
        }
        Say::Security { kind, at } => {
            let payload = json!({ "type": kind, "timestamp": whole(*at) });
            ("SecurityEventNotification", payload.to_string())
        }
        Say::Raw { action, payload } => return Ok((action.clone(), payload.to_string())),
    };
    Ok((action.to_owned(), payload))
}

fn session(message: &Transaction, name: Option<&Name>) -> Result<(String, String), Error> {
    let transaction_id = match name {
        Some(Name::Number(number)) => i32::try_from(*number).unwrap_or(-1),
        _ => -1,
    };
    let timestamp = whole(message.reading.at);
    let wh = i32::try_from(message.reading.register_wh).unwrap_or(i32::MAX);
    let (action, payload) = match message.moment {
        Moment::Started => {
            let request = start_transaction::StartTransactionRequest {
                connector_id: message.connector,
                id_tag: message.uid.clone().unwrap_or_default(),
                meter_start: wh,
                reservation_id: None,
                timestamp,
            };
            ("StartTransaction", serde_json::to_string(&request)?)
        }
        Moment::Updated => {
            let context = match message.trigger {
                Trigger::Asked => Context::Trigger,
                _ => Context::Periodic,
            };
            let request = meter_values::MeterValuesRequest {
                connector_id: message.connector,
                transaction_id: Some(transaction_id),
                meter_value: vec![meter_value(&message.reading, context)],
            };
            ("MeterValues", serde_json::to_string(&request)?)
        }
        Moment::Ended => {
            let request = stop_transaction::StopTransactionRequest {
                id_tag: message.uid.clone(),
                meter_stop: wh,
                timestamp,
                transaction_id,
                reason: message.reason.map(reason_word),
                transaction_data: Some(vec![meter_value(&message.reading, Context::End)]),
            };
            ("StopTransaction", serde_json::to_string(&request)?)
        }
    };
    Ok((action.to_owned(), payload))
}

fn whole(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(0)
}

fn meter_value(reading: &Reading, context: Context) -> MeterValue {
    let context = match context {
        Context::Begin => ReadingContext::TransactionBegin,
        Context::End => ReadingContext::TransactionEnd,
        Context::Periodic => ReadingContext::SamplePeriodic,
        Context::Trigger => ReadingContext::Trigger,
    };
    let sample = |value: String, measurand, unit, phase| SampledValue {
        value,
        context: Some(context.clone()),
        format: None,
        measurand: Some(measurand),
        phase,
        location: None,
        unit: Some(unit),
    };
    let thousandths = |n: u32| format!("{}.{:03}", n / 1000, n % 1000);
    let mut values = vec![
        sample(
            reading.register_wh.to_string(),
            Measurand::EnergyActiveImportRegister,
            UnitOfMeasure::Wh,
            None,
        ),
        sample(
            reading.watts.to_string(),
            Measurand::PowerActiveImport,
            UnitOfMeasure::W,
            None,
        ),
    ];
    let phases = [Phase::L1, Phase::L2, Phase::L3];
    let ac = reading.soc_percent.is_none();
    for (phase, milliamps) in phases
        .into_iter()
        .zip(reading.current_ma)
        .take(usize::from(reading.phases))
    {
        let phase = ac.then_some(phase);
        let amps = thousandths(milliamps);
        values.push(sample(
            amps,
            Measurand::CurrentImport,
            UnitOfMeasure::A,
            phase,
        ));
    }
    values.push(sample(
        thousandths(reading.offered_ma),
        Measurand::CurrentOffered,
        UnitOfMeasure::A,
        None,
    ));
    let volts = format!("{}.{}", reading.voltage_dv / 10, reading.voltage_dv % 10);
    let at_phase = ac.then_some(Phase::L1N);
    values.push(sample(
        volts,
        Measurand::Voltage,
        UnitOfMeasure::V,
        at_phase,
    ));
    if let Some(soc) = reading.soc_percent {
        values.push(sample(
            soc.to_string(),
            Measurand::SoC,
            UnitOfMeasure::Percent,
            None,
        ));
    }
    MeterValue {
        timestamp: whole(reading.at),
        sampled_value: values,
    }
}

fn status_word(status: Status) -> ChargePointStatus {
    match status {
        Status::Available => ChargePointStatus::Available,
        Status::Preparing => ChargePointStatus::Preparing,
        Status::Charging => ChargePointStatus::Charging,
        Status::SuspendedEvse => ChargePointStatus::SuspendedEVSE,
        Status::SuspendedEv => ChargePointStatus::SuspendedEV,
        Status::Finishing => ChargePointStatus::Finishing,
        Status::Unavailable => ChargePointStatus::Unavailable,
        Status::Faulted => ChargePointStatus::Faulted,
    }
}

fn reason_word(reason: StopReason) -> Reason {
    match reason {
        StopReason::Local => Reason::Local,
        StopReason::Remote => Reason::Remote,
        StopReason::EvDisconnected => Reason::EVDisconnected,
        StopReason::DeAuthorized => Reason::DeAuthorized,
        StopReason::HardReset => Reason::HardReset,
        StopReason::SoftReset => Reason::SoftReset,
        StopReason::Unlocked => Reason::UnlockCommand,
        StopReason::PowerLoss => Reason::PowerLoss,
    }
}

/// What a CALL asks.
pub(super) fn lift(action: &str, payload: &Value) -> Ask {
    lift_known(action, payload).unwrap_or_else(|field| missing(true, field))
}

fn lift_known(action: &str, payload: &Value) -> Result<Ask, &'static str> {
    Ok(match action {
        "Reset" => Ask::Reset {
            immediate: text(payload, "type").ok_or("type")? == "Hard",
        },
        "RemoteStartTransaction" => Ask::Start {
            connector: number(payload, "connectorId"),
            uid: text(payload, "idTag").ok_or("idTag")?,
            remote_start_id: None,
            profile: payload.get("chargingProfile").and_then(profile),
        },
        "RemoteStopTransaction" => Ask::Stop {
            transaction: int(payload, "transactionId")
                .ok_or("transactionId")?
                .to_string(),
        },
        "ChangeAvailability" => Ask::Availability {
            connector: number(payload, "connectorId").ok_or("connectorId")?,
            operative: text(payload, "type").ok_or("type")? == "Operative",
        },
        "UnlockConnector" => Ask::Unlock {
            connector: number(payload, "connectorId").ok_or("connectorId")?,
        },
        "TriggerMessage" | "ExtendedTriggerMessage" => Ask::Trigger {
            message: text(payload, "requestedMessage").ok_or("requestedMessage")?,
            connector: number(payload, "connectorId"),
        },
        "GetConfiguration" => Ask::GetKeys {
            keys: payload
                .get("key")
                .and_then(Value::as_array)
                .map(|keys| {
                    keys.iter()
                        .filter_map(Value::as_str)
                        .map(str::to_owned)
                        .collect()
                })
                .unwrap_or_default(),
        },
        "ChangeConfiguration" => Ask::ChangeKey {
            key: text(payload, "key").ok_or("key")?,
            value: text(payload, "value").ok_or("value")?,
        },
        "ClearCache" => Ask::ClearCache,
        "UpdateFirmware" => Ask::UpdateFirmware {
            location: text(payload, "location").ok_or("location")?,
            request_id: None,
            signed: false,
        },
        "SignedUpdateFirmware" => Ask::UpdateFirmware {
            request_id: Some(int(payload, "requestId").ok_or("requestId")?),
            signed: true,
            location: nested(payload, "firmware", "location").ok_or("location")?,
        },
        "GetDiagnostics" => Ask::GetLog {
            request_id: None,
            location: text(payload, "location").ok_or("location")?,
            security: false,
        },
        "GetLog" => Ask::GetLog {
            request_id: Some(int(payload, "requestId").ok_or("requestId")?),
            location: nested(payload, "log", "remoteLocation").ok_or("remoteLocation")?,
            security: text(payload, "logType").as_deref() == Some("SecurityLog"),
        },
        "SetChargingProfile" => Ask::SetProfile {
            connector: number(payload, "connectorId").ok_or("connectorId")?,
            profile: payload
                .get("csChargingProfiles")
                .and_then(profile)
                .ok_or("csChargingProfiles")?,
        },
        "ClearChargingProfile" => Ask::ClearProfile {
            id: int(payload, "id"),
        },
        "DataTransfer" => Ask::DataTransfer,
        "GetLocalListVersion"
        | "SendLocalList"
        | "CancelReservation"
        | "ReserveNow"
        | "GetCompositeSchedule"
        | "CertificateSigned"
        | "DeleteCertificate"
        | "GetInstalledCertificateIds"
        | "InstallCertificate" => Ask::Unsupported { known: true },
        _ => Ask::Unsupported { known: false },
    })
}

/// Passes an answer through the library's type, where it has one.
pub(super) fn conform_reply(action: &str, payload: Value) -> Result<String, Error> {
    match action {
        "Reset" => through::<reset::ResetResponse>(payload),
        "RemoteStartTransaction" => {
            through::<remote_start_transaction::RemoteStartTransactionResponse>(payload)
        }
        "RemoteStopTransaction" => {
            through::<remote_stop_transaction::RemoteStopTransactionResponse>(payload)
        }
        "ChangeAvailability" => through::<change_availability::ChangeAvailabilityResponse>(payload),
        "UnlockConnector" => through::<unlock_connector::UnlockConnectorResponse>(payload),
        "TriggerMessage" => through::<trigger_message::TriggerMessageResponse>(payload),
        "GetConfiguration" => through::<get_configuration::GetConfigurationResponse>(payload),
        "ChangeConfiguration" => {
            through::<change_configuration::ChangeConfigurationResponse>(payload)
        }
        "ClearCache" => through::<clear_cache::ClearCacheResponse>(payload),
        "UpdateFirmware" => through::<update_firmware::UpdateFirmwareResponse>(payload),
        "GetDiagnostics" => through::<get_diagnostics::GetDiagnosticsResponse>(payload),
        "SetChargingProfile" => {
            through::<set_charging_profile::SetChargingProfileResponse>(payload)
        }
        "ClearChargingProfile" => {
            through::<clear_charging_profile::ClearChargingProfileResponse>(payload)
        }
        "DataTransfer" => through::<data_transfer::DataTransferResponse>(payload),
        _ => Ok(payload.to_string()),
    }
}
