//! What we answer to a 2.x station.
//!
//! Owns the payload of every answer, within the bounds of the station's own version. Refuses a
//! reply that does not fit the action.

use domain::message::Reply;
use domain::station::Registration;
use domain::token::{Verdict, VerdictWord};
use serde_json::{Value, json};

use crate::catalogue::Version;
use crate::dialect::timestamp;

/// The payload of the answer; none when the reply does not fit the action.
pub(crate) fn reply(action: &str, reply: &Reply, version: Version) -> Option<Value> {
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
        ("Authorize", Reply::Authorize(verdict)) => {
            json!({"idTokenInfo": token_info(verdict, version)})
        }
        ("TransactionEvent", Reply::Transaction { verdict, .. }) => match verdict {
            Some(verdict) => json!({"idTokenInfo": token_info(verdict, version)}),
            None => json!({}),
        },
        ("DataTransfer", Reply::UnknownVendor) => json!({"status": "UnknownVendorId"}),
        ("MeterValues", Reply::Transaction { .. }) => json!({}),
        (_, Reply::Done | Reply::Default) => default_for(action)?,
        _ => return None,
    })
}

/// The answer to what nothing here handles: nothing is promised, nothing is granted.
fn default_for(action: &str) -> Option<Value> {
    Some(match action {
        // Only we know the time; they have a reply of their own.
        "BootNotification" | "Heartbeat" => return None,
        "Authorize" => json!({"idTokenInfo": {"status": "Unknown"}}),
        "DataTransfer" => json!({"status": "UnknownVendorId"}),
        "Get15118EVCertificate" => json!({"status": "Failed", "exiResponse": ""}),
        "GetCertificateStatus" => json!({"status": "Failed"}),
        // The schema wants one status with a hash; this one is of no certificate at all.
        "GetCertificateChainStatus" => json!({"certificateStatus": [{
            "certificateHashData": {
                "hashAlgorithm": "SHA256",
                "issuerNameHash": "",
                "issuerKeyHash": "",
                "serialNumber": "",
            },
            "source": "OCSP",
            "status": "Failed",
            "nextUpdate": "1970-01-01T00:00:00Z",
        }]}),
        "NotifyEVChargingNeeds"
        | "OpenPeriodicEventStream"
        | "PullDynamicScheduleUpdate"
        | "SignCertificate" => json!({"status": "Rejected"}),
        "NotifyEVChargingSchedule" => json!({"status": "Accepted"}),
        "VatNumberValidation" => json!({"status": "Rejected", "vatNumber": ""}),
        _ => json!({}),
    })
}

fn token_info(verdict: &Verdict, version: Version) -> Value {
    let mut info = json!({
        "status": match verdict.word {
            VerdictWord::Accepted => "Accepted",
            VerdictWord::Blocked => "Blocked",
            VerdictWord::Expired => "Expired",
            VerdictWord::Unknown => "Unknown",
            VerdictWord::ConcurrentSession => "ConcurrentTx",
            VerdictWord::NotHere => "NotAtThisLocation",
        },
    });
    let most = if version == Version::V21 { 255 } else { 36 };
    // A group that does not fit cannot be told; half of it would be another group.
    if let Some(group) = verdict
        .group
        .as_deref()
        .filter(|group| group.chars().count() <= most)
    {
        info["groupIdToken"] = json!({"idToken": group, "type": "Central"});
    }
    if let Some(until) = verdict.expires_at {
        info["cacheExpiryDateTime"] = json!(timestamp(until));
    }
    info
}
