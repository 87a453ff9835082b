//! OCPP 2.0.1, through the types of `rust-ocpp`.

use rust_ocpp::v2_0_1::messages::{
    authorize, boot_notification, change_availability, clear_cache, clear_charging_profile,
    datatransfer, firmware_status_notification, get_base_report, get_log, get_variables, heartbeat,
    log_status_notification, meter_values, notify_event, notify_report, request_start_transaction,
    request_stop_transaction, reset, security_event_notification, set_charging_profile,
    set_variables, status_notification, transaction_event, trigger_message, unlock_connector,
    update_firmware,
};
use serde_json::Value;

use super::{Name, Say, through, v21};
use crate::Error;

/// Action and payload of a message.
pub(super) fn lower(say: &Say, name: Option<&Name>) -> Result<(String, String), Error> {
    let (action, payload) = v21::lower(say, name);
    let payload = match say {
        Say::Boot { .. } => through::<boot_notification::BootNotificationRequest>(payload),
        Say::Heartbeat => through::<heartbeat::HeartbeatRequest>(payload),
        Say::Status { .. } => through::<status_notification::StatusNotificationRequest>(payload),
        Say::Authorize { .. } => through::<authorize::AuthorizeRequest>(payload),
        Say::Session(_) => through::<transaction_event::TransactionEventRequest>(payload),
        Say::Meter { .. } => through::<meter_values::MeterValuesRequest>(payload),
        Say::Firmware { .. } => {
            through::<firmware_status_notification::FirmwareStatusNotificationRequest>(payload)
        }
        Say::Log { .. } => {
            through::<log_status_notification::LogStatusNotificationRequest>(payload)
        }
        Say::Report { .. } => through::<notify_report::NotifyReportRequest>(payload),
        Say::Changed { .. } => through::<notify_event::NotifyEventRequest>(payload),
        Say::Security { .. } => {
            through::<security_event_notification::SecurityEventNotificationRequest>(payload)
        }
        Say::Raw { .. } => Ok(payload.to_string()),
    }?;
    Ok((action, payload))
}

/// Passes an answer through the library's type, where we use one.
pub(super) fn conform_reply(action: &str, payload: Value) -> Result<String, Error> {
    match action {
        "Reset" => through::<reset::ResetResponse>(payload),
        "RequestStartTransaction" => {
            through::<request_start_transaction::RequestStartTransactionResponse>(payload)
        }
        "RequestStopTransaction" => {
            through::<request_stop_transaction::RequestStopTransactionResponse>(payload)
        }
        "ChangeAvailability" => through::<change_availability::ChangeAvailabilityResponse>(payload),
        "UnlockConnector" => through::<unlock_connector::UnlockConnectorResponse>(payload),
        "TriggerMessage" => through::<trigger_message::TriggerMessageResponse>(payload),
        "GetVariables" => through::<get_variables::GetVariablesResponse>(payload),
        "SetVariables" => through::<set_variables::SetVariablesResponse>(payload),
        "GetBaseReport" => through::<get_base_report::GetBaseReportResponse>(payload),
        "ClearCache" => through::<clear_cache::ClearCacheResponse>(payload),
        "UpdateFirmware" => through::<update_firmware::UpdateFirmwareResponse>(payload),
        "GetLog" => through::<get_log::GetLogResponse>(payload),
        "SetChargingProfile" => {
            through::<set_charging_profile::SetChargingProfileResponse>(payload)
        }
        "ClearChargingProfile" => {
            through::<clear_charging_profile::ClearChargingProfileResponse>(payload)
        }
        "DataTransfer" => through::<datatransfer::DataTransferResponse>(payload),
        _ => Ok(payload.to_string()),
    }
}
