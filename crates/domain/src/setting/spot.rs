//! Where a setting belongs for people: five groups that 1.6 keys and 2.x variables share.

use serde::{Deserialize, Serialize};

use crate::command::VariableName;

/// A group of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// Connection, heartbeats, retries.
    Network,
    /// Who is let in, certificates, passwords.
    Security,
    /// What is measured and how often it is told.
    Metering,
    /// Limits, profiles, phases.
    SmartCharging,
    /// All that no protocol names.
    Vendor,
}

/// The components of 2.x whose group is known, in small letters.
const COMPONENTS: [(&str, Area); 18] = [
    ("ocppcommctrlr", Area::Network),
    ("devicedatactrlr", Area::Network),
    ("clockctrlr", Area::Network),
    ("networkconfiguration", Area::Network),
    ("monitoringctrlr", Area::Network),
    ("securityctrlr", Area::Security),
    ("authctrlr", Area::Security),
    ("authcachectrlr", Area::Security),
    ("localauthlistctrlr", Area::Security),
    ("iso15118ctrlr", Area::Security),
    ("tokenreader", Area::Security),
    ("sampleddatactrlr", Area::Metering),
    ("aligneddatactrlr", Area::Metering),
    ("tariffcostctrlr", Area::Metering),
    ("fiscalmetering", Area::Metering),
    ("smartchargingctrlr", Area::SmartCharging),
    ("v2xchargingctrlr", Area::SmartCharging),
    ("evse", Area::SmartCharging),
];

/// Parts of names, the first that fits counts; in small letters.
const PARTS: [(&str, Area); 31] = [
    ("websocket", Area::Network),
    ("heartbeat", Area::Network),
    ("network", Area::Network),
    ("centralsystem", Area::Network),
    ("messageattempt", Area::Network),
    ("messageretry", Area::Network),
    ("getconfigurationmaxkeys", Area::Network),
    ("resetretries", Area::Network),
    ("blinkrepeat", Area::Network),
    ("ntp", Area::Network),
    ("timezone", Area::Network),
    ("authoriz", Area::Security),
    ("authorize", Area::Security),
    ("localpreauth", Area::Security),
    ("localauth", Area::Security),
    ("securityprofile", Area::Security),
    ("certificate", Area::Security),
    ("cponame", Area::Security),
    ("offlinetx", Area::Security),
    ("password", Area::Security),
    ("metervalue", Area::Metering),
    ("clockaligned", Area::Metering),
    ("stoptxn", Area::Metering),
    ("stoptransaction", Area::Metering),
    ("sampled", Area::Metering),
    ("minimumstatusduration", Area::Metering),
    ("chargeprofile", Area::SmartCharging),
    ("chargingschedule", Area::SmartCharging),
    ("chargingprofile", Area::SmartCharging),
    ("connectorphase", Area::SmartCharging),
    ("connectorswitch", Area::SmartCharging),
];

/// The group of a setting.
#[must_use]
pub fn area(name: &VariableName) -> Area {
    let component = name.component.as_deref().unwrap_or_default().to_lowercase();
    let known = COMPONENTS.iter().find(|(word, _)| *word == component);
    if let Some((_, area)) = known {
        return *area;
    }
    let variable = name.variable.to_lowercase();
    let part = PARTS.iter().find(|(part, _)| variable.contains(part));
    part.map_or(Area::Vendor, |(_, area)| *area)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_worlds_share_the_groups() {
        let key = |variable: &str| VariableName::key(variable);
        assert_eq!(area(&key("MeterValueSampleInterval")), Area::Metering);
        assert_eq!(area(&key("LocalAuthorizeOffline")), Area::Security);
        assert_eq!(area(&key("webSocketPingInterval")), Area::Network);
        assert_eq!(area(&key("Acme.Light")), Area::Vendor);
        let of = |c: &str| area(&VariableName::of(c, "Enabled"));
        assert_eq!(of("SmartChargingCtrlr"), Area::SmartCharging);
        assert_eq!(of("AcmeBox"), Area::Vendor);
    }
}
