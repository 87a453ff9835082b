//! What we answer to a 1.6 station.
//!
//! Owns the payload of every answer. Refuses a reply that does not fit the action, rather than
//! sending something that the station would not understand.

use domain::message::Reply;
use domain::station::Registration;
use domain::token::{Verdict, VerdictWord};
use serde_json::{Value, json};

use crate::dialect::timestamp;

/// The payload of the answer; none when the reply does not fit the action.
pub(crate) fn reply(action: &str, reply: &Reply) -> Option<Value> {
    Some(match (action, reply) {
        (
            "BootNotification",
            Reply::Boot {
                registration,
                interval_s,
                now,
            },
        ) => json!({
            "status": match registration {
                Registration::Accepted => "Accepted",
                Registration::Pending | Registration::Unbooted => "Pending",
                Registration::Rejected => "Rejected",
            },
            "interval": interval_s,
            "currentTime": timestamp(*now),
        }),
        ("Heartbeat", Reply::Heartbeat { now }) => json!({"currentTime": timestamp(*now)}),
        ("Authorize", Reply::Authorize(verdict)) => json!({"idTagInfo": tag_info(verdict)}),
        (
            "StartTransaction",
            Reply::Transaction {
                number: Some(number),
                verdict,
            },
        ) => {
            let unknown = Verdict::bare(VerdictWord::Unknown);
            let verdict = verdict.as_ref().unwrap_or(&unknown);
            json!({"transactionId": number, "idTagInfo": tag_info(verdict)})
        }
        ("StopTransaction", Reply::Transaction { verdict, .. }) => match verdict {
            Some(verdict) => json!({"idTagInfo": tag_info(verdict)}),
            None => json!({}),
        },
        ("DataTransfer", Reply::UnknownVendor | Reply::Default) => {
            json!({"status": "UnknownVendorId"})
        }
        ("Authorize", Reply::Default) => json!({"idTagInfo": {"status": "Invalid"}}),
        // Nobody here signs certificates.
        ("SignCertificate", Reply::Default | Reply::Done) => json!({"status": "Rejected"}),
        ("StopTransaction", Reply::Default | Reply::Done) => json!({}),
        (
            "StatusNotification"
            | "MeterValues"
            | "DiagnosticsStatusNotification"
            | "FirmwareStatusNotification"
            | "SignedFirmwareStatusNotification"
            | "LogStatusNotification"
            | "SecurityEventNotification",
            Reply::Default | Reply::Done | Reply::Transaction { .. },
        ) => json!({}),
        _ => return None,
    })
}

fn tag_info(verdict: &Verdict) -> Value {
    let mut info = json!({
        "status": match verdict.word {
            VerdictWord::Accepted => "Accepted",
            VerdictWord::Blocked => "Blocked",
            VerdictWord::Expired => "Expired",
            VerdictWord::ConcurrentSession => "ConcurrentTx",
            VerdictWord::Unknown | VerdictWord::NotHere => "Invalid",
        },
    });
    // A group that does not fit cannot be told; half of it would be another group.
    if let Some(group) = verdict.group.as_deref().filter(|g| g.chars().count() <= 20) {
        info["parentIdTag"] = json!(group);
    }
    if let Some(until) = verdict.expires_at {
        info["expiryDate"] = json!(timestamp(until));
    }
    info
}
