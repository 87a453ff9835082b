//! Files to and from a 2.x station: firmware and logs.

use domain::command::{Command, CommandError, LogKind};
use serde_json::json;

use crate::dialect::{PlannedCall, call, put_retries, put_time, timestamp, unsupported};

/// The call for a command about a file.
pub(super) fn call_for(
    command: &Command,
    request_number: i32,
) -> Result<PlannedCall, CommandError> {
    let (action, mut payload, retries, interval) = match command {
        Command::UpdateFirmware {
            url,
            signing,
            signed,
            retrieve_at,
            install_at,
            retries,
            retry_interval_s,
            ..
        } => {
            let mut firmware = json!({
                "location": url,
                "retrieveDateTime": timestamp(*retrieve_at),
            });
            put_time(&mut firmware, "installDateTime", *install_at);
            // L01.FR.11: whatever is signed is sent signed, unless a person wants it otherwise.
            if let Some(signing) = signing.as_ref().filter(|_| *signed != Some(false)) {
                firmware["signingCertificate"] = json!(signing.certificate);
                firmware["signature"] = json!(signing.signature);
            }
            let payload = json!({"requestId": request_number, "firmware": firmware});
            ("UpdateFirmware", payload, retries, retry_interval_s)
        }
        Command::UploadLog {
            kind,
            url,
            from,
            to,
            retries,
            retry_interval_s,
            ..
        } => {
            let word = match kind {
                LogKind::Diagnostics => "DiagnosticsLog",
                LogKind::Security => "SecurityLog",
            };
            let mut log = json!({"remoteLocation": url});
            put_time(&mut log, "oldestTimestamp", *from);
            put_time(&mut log, "latestTimestamp", *to);
            let payload = json!({"requestId": request_number, "logType": word, "log": log});
            ("GetLog", payload, retries, retry_interval_s)
        }
        _ => return Err(unsupported("this command is not about a file")),
    };
    put_retries(&mut payload, *retries, *interval);
    Ok(call(action, &payload))
}
