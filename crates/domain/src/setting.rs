//! Settings: what a station's variables should be, against what it reports (access.md C). The one
//! mechanism for the lock's frozen settings and for the configuration of a fleet.
//!
//! Owns which settings are critical, when two values are the same, what drift is and how often it
//! may be put back. Refuses to know who asks and how a station is asked.

mod critical;
mod limit;
mod revert;
mod rules;
mod spot;
mod state;
mod template;
mod value;

use serde::{Deserialize, Serialize};

use crate::command::VariableName;
use crate::variable::VariableReading;

pub use critical::{CriticalList, Sphere};
pub use limit::{Misfit, misfit};
pub use revert::{Reverts, Verdict};
pub use rules::{Kind, Rule, RuleError, Rules};
pub use spot::{Area, area};
pub use state::{Look, Setting, SettingOrigin, SettingState, Step};
pub use template::{Fit, FitError, Template, TemplateBody, newest};
pub use value::{current_ma, normalise, same};

/// What is done about drift, chosen for each setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// People are told.
    Alert,
    /// People are told and the wish is written again.
    Revert,
    /// People are told and the station is taken into maintenance.
    Quarantine,
}

/// What one setting should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Which setting.
    pub name: VariableName,
    /// Its value as text.
    pub value: String,
    /// What is done when the station has another.
    pub reaction: Reaction,
}

/// One setting that is not as wished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The wish that does not hold.
    pub wish: Wish,
    /// What the station has; none when it no longer tells the setting or its value.
    pub found: Option<String>,
}

impl Drift {
    /// What is done about it. A setting that the station does not tell cannot be put back blindly:
    /// the station may have lost it with another firmware.
    #[must_use]
    pub fn reaction(&self) -> Reaction {
        match (self.wish.reaction, &self.found) {
            (Reaction::Revert, None) => Reaction::Alert,
            (reaction, _) => reaction,
        }
    }
}

/// The name in the form in which two are compared. OCPP compares configuration keys, components,
/// variables and instances without case (1.6 §9.1, 2.x identifierString), and an empty text is
/// nothing.
#[must_use]
pub fn folded(name: &VariableName) -> VariableName {
    let fold = |text: &Option<String>| {
        let text = text.as_deref().map(str::trim).unwrap_or_default();
        (!text.is_empty()).then(|| text.to_lowercase())
    };
    VariableName {
        component: fold(&name.component),
        component_instance: fold(&name.component_instance),
        evse: name.evse,
        connector: name.connector,
        variable: name.variable.trim().to_lowercase(),
        variable_instance: fold(&name.variable_instance),
    }
}

/// Whether a reading is of the attribute that a wish is about.
fn actual(reading: &VariableReading) -> bool {
    reading.attribute.eq_ignore_ascii_case("actual")
}

/// The wishes that do not hold, in the order of the wishes. Where a station tells one setting
/// twice, the later reading counts.
#[must_use]
pub fn drift(wishes: &[Wish], reported: &[VariableReading]) -> Vec<Drift> {
    wishes
        .iter()
        .filter_map(|wish| {
            let name = folded(&wish.name);
            let found = reported
                .iter()
                .rev()
                .find(|reading| actual(reading) && folded(&reading.name) == name)
                .and_then(|reading| reading.value.clone());
            let holds = found
                .as_deref()
                .is_some_and(|found| same(&wish.name, &wish.value, found));
            (!holds).then(|| Drift {
                wish: wish.clone(),
                found,
            })
        })
        .collect()
}
