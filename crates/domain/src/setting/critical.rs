//! Which settings are critical: data for every model, and what an installer adds for one lock.

use serde::{Deserialize, Serialize};

use super::{Reaction, folded};
use crate::command::VariableName;
use crate::variable::{Mutability, VariableReading, is_secret};

/// What a critical setting is about (access.md C).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sphere {
    /// Current caps, phases and their rotation, charging profiles of the station.
    Electrical,
    /// Who charges, offline too, and what the meter tells about it.
    AccessAndMoney,
    /// Where the station connects, and how it proves itself.
    Connection,
    /// Added by the installer.
    Added,
}

impl Sphere {
    /// What is done about drift where nobody chose. What leads to the back office is not written
    /// back by itself: a station that hears us is connected rightly, and the write could cut it off.
    #[must_use]
    pub const fn reaction(self) -> Reaction {
        match self {
            Self::Electrical | Self::AccessAndMoney | Self::Added => Reaction::Revert,
            Self::Connection => Reaction::Alert,
        }
    }
}

/// 2.x components that are critical whole.
const COMPONENTS: [(&str, Sphere); 12] = [
    ("smartchargingctrlr", Sphere::Electrical),
    ("authctrlr", Sphere::AccessAndMoney),
    ("authcachectrlr", Sphere::AccessAndMoney),
    ("localauthlistctrlr", Sphere::AccessAndMoney),
    ("txctrlr", Sphere::AccessAndMoney),
    ("sampleddatactrlr", Sphere::AccessAndMoney),
    ("aligneddatactrlr", Sphere::AccessAndMoney),
    ("tariffcostctrlr", Sphere::AccessAndMoney),
    ("iso15118ctrlr", Sphere::Connection),
    ("securityctrlr", Sphere::Connection),
    ("ocppcommctrlr", Sphere::Connection),
    ("networkconfiguration", Sphere::Connection),
];

/// Keys of 1.6, and variables that are critical in whatever component they stand.
const VARIABLES: [(&str, Sphere); 27] = [
    ("connectorphaserotation", Sphere::Electrical),
    ("phaserotation", Sphere::Electrical),
    ("allowofflinetxforunknownid", Sphere::AccessAndMoney),
    ("authorizationcacheenabled", Sphere::AccessAndMoney),
    ("authorizeremotetxrequests", Sphere::AccessAndMoney),
    ("centralcontractvalidationallowed", Sphere::AccessAndMoney),
    ("clockaligneddatainterval", Sphere::AccessAndMoney),
    ("contractvalidationoffline", Sphere::AccessAndMoney),
    ("defaultprice", Sphere::AccessAndMoney),
    ("localauthlistenabled", Sphere::AccessAndMoney),
    ("localauthorizeoffline", Sphere::AccessAndMoney),
    ("localpreauthorize", Sphere::AccessAndMoney),
    ("maxenergyoninvalidid", Sphere::AccessAndMoney),
    ("metervaluesampleinterval", Sphere::AccessAndMoney),
    ("metervaluesaligneddata", Sphere::AccessAndMoney),
    ("metervaluessampleddata", Sphere::AccessAndMoney),
    ("stoptransactiononevsidedisconnect", Sphere::AccessAndMoney),
    ("stoptransactiononinvalidid", Sphere::AccessAndMoney),
    ("stoptxnaligneddata", Sphere::AccessAndMoney),
    ("stoptxnsampleddata", Sphere::AccessAndMoney),
    ("transactionmessageattempts", Sphere::AccessAndMoney),
    ("unlockconnectoronevsidedisconnect", Sphere::AccessAndMoney),
    ("additionalrootcertificatecheck", Sphere::Connection),
    ("authorizationkey", Sphere::Connection),
    ("cponame", Sphere::Connection),
    ("networkconfigurationpriority", Sphere::Connection),
    ("securityprofile", Sphere::Connection),
];

/// Parts of vendors' names, with the marks between words left out.
const PARTS: [(&str, Sphere); 13] = [
    ("maxcurrent", Sphere::Electrical),
    ("maximumcurrent", Sphere::Electrical),
    ("currentlimit", Sphere::Electrical),
    ("maxintensity", Sphere::Electrical),
    ("freevend", Sphere::AccessAndMoney),
    ("freecharging", Sphere::AccessAndMoney),
    ("plugandcharge", Sphere::AccessAndMoney),
    ("tariff", Sphere::AccessAndMoney),
    ("backoffice", Sphere::Connection),
    ("backendurl", Sphere::Connection),
    ("centralsystemurl", Sphere::Connection),
    ("csmsurl", Sphere::Connection),
    ("ocppurl", Sphere::Connection),
];

/// Not critical wherever they stand: heartbeat, light, language, and the user's own limit, which
/// the frozen cap bounds.
const OPEN: [&str; 5] = [
    "heartbeatinterval",
    "lightintensity",
    "displaybrightness",
    "language",
    "usercurrentlimit",
];

/// What the setting is about, when it is critical at every station.
pub(super) fn sphere_of(name: &VariableName) -> Option<Sphere> {
    let name = folded(name);
    let bare: String = name
        .variable
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .collect();
    if OPEN.contains(&bare.as_str()) {
        return None;
    }
    let of = |list: &[(&str, Sphere)], fits: &dyn Fn(&str) -> bool| {
        let found = list.iter().find(|(word, _)| fits(word));
        found.map(|(_, sphere)| *sphere)
    };
    let component = name.component.as_deref().unwrap_or_default();
    of(&VARIABLES, &|word| word == bare)
        .or_else(|| of(&COMPONENTS, &|word| word == component))
        .or_else(|| of(&PARTS, &|word| bare.contains(word)))
}

/// The critical settings of one station: those of every station, and those that its lock adds.
/// Nothing can be taken off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriticalList {
    added: Vec<VariableName>,
}

impl CriticalList {
    /// With what the installer adds.
    #[must_use]
    pub fn with(added: impl IntoIterator<Item = VariableName>) -> Self {
        let mut list = Self::default();
        for name in added {
            let name = folded(&name);
            if sphere_of(&name).is_none() && !list.added.contains(&name) {
                list.added.push(name);
            }
        }
        list
    }

    /// What was added, each once and without those that are critical anyway.
    #[must_use]
    pub fn added(&self) -> &[VariableName] {
        &self.added
    }

    /// What the setting is about; none when it is not critical.
    #[must_use]
    pub fn sphere(&self, name: &VariableName) -> Option<Sphere> {
        let added = || {
            let held = self.added.contains(&folded(name));
            held.then_some(Sphere::Added)
        };
        sphere_of(name).or_else(added)
    }

    /// Whether a lock freezes what this reading tells: critical, somebody can change it, and its
    /// value can be seen.
    #[must_use]
    pub fn freezes(&self, reading: &VariableReading) -> bool {
        reading.mutability != Some(Mutability::ReadOnly)
            && reading.value.is_some()
            && super::actual(reading)
            && !is_secret(&reading.name)
            && self.sphere(&reading.name).is_some()
    }
}
