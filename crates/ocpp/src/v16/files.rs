//! Files to and from a 1.6 station: firmware, diagnostics, logs.
//!
//! Owns the choice between the calls of 1.6 and those of its security extension.

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
            let at = timestamp(*retrieve_at);
            let (action, payload) = match signing.as_ref().filter(|_| *signed == Some(true)) {
                // Security extension 5.20; only some stations know it.
                Some(signing) => {
                    let mut firmware = json!({
                        "location": url,
                        "retrieveDateTime": at,
                        "signingCertificate": signing.certificate,
                        "signature": signing.signature,
                    });
                    put_time(&mut firmware, "installDateTime", *install_at);
                    let payload = json!({"requestId": request_number, "firmware": firmware});
                    ("SignedUpdateFirmware", payload)
                }
                None => (
                    "UpdateFirmware",
                    json!({"location": url, "retrieveDate": at}),
                ),
            };
            (action, payload, retries, retry_interval_s)
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
            let (action, payload) = match kind {
                LogKind::Diagnostics => {
                    let mut payload = json!({"location": url});
                    put_time(&mut payload, "startTime", *from);
                    put_time(&mut payload, "stopTime", *to);
                    ("GetDiagnostics", payload)
                }
                // Security extension 5.9.
                LogKind::Security => {
                    let mut log = json!({"remoteLocation": url});
                    put_time(&mut log, "oldestTimestamp", *from);
                    put_time(&mut log, "latestTimestamp", *to);
                    let payload = json!({
                        "log": log, "logType": "SecurityLog", "requestId": request_number,
                    });
                    ("GetLog", payload)
                }
            };
            (action, payload, retries, retry_interval_s)
        }
        _ => return Err(unsupported("this command is not about a file")),
    };
    put_retries(&mut payload, *retries, *interval);
    Ok(call(action, &payload))
}
