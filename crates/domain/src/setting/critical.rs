//! Which settings are critical: those of every station, those of its model, and what an installer
//! adds for one lock.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::rules::{Kind, Rule, Rules};
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

/// The rules of every station. They hold whatever a lock remembers of its model.
static EVERYWHERE: LazyLock<Vec<Rule>> = LazyLock::new(|| Rules::built_in().everywhere());

/// What rules say of a setting: that it is open, what it is about, or nothing.
enum Word {
    Open,
    About(Sphere),
}

/// What the first fitting rule says: a whole name goes before a component, and that before a part.
fn said(rules: &[Rule], component: &str, bare: &str) -> Option<Word> {
    let first = |kind: Kind| {
        let fits = |rule: &&Rule| rule.kind == kind && rule.fits(component, bare);
        rules.iter().find(fits)
    };
    if first(Kind::Open).or_else(|| first(Kind::Limit)).is_some() {
        return Some(Word::Open);
    }
    let named = first(Kind::Variable).or_else(|| first(Kind::Component));
    let rule = named.or_else(|| first(Kind::Part))?;
    rule.sphere.map(Word::About)
}

/// The letters and digits of a folded component and variable.
fn bare(name: &VariableName) -> (String, String) {
    let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect();
    let component = name.component.as_deref().unwrap_or_default();
    (bare(component), bare(&name.variable))
}

/// What the setting is about, when it is critical at every station.
pub(super) fn sphere_of(name: &VariableName) -> Option<Sphere> {
    CriticalList::default().sphere(name)
}

/// The critical settings of one station. From what every station has nothing can be taken off but
/// what a model's own rules open, and nothing electrical.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriticalList {
    added: Vec<VariableName>,
    /// The rules of the model, as they were when the station was locked.
    #[serde(default)]
    model: Vec<Rule>,
}

impl CriticalList {
    /// That of a model, without what an installer adds.
    #[must_use]
    pub const fn of_model(model: Vec<Rule>) -> Self {
        Self {
            added: Vec::new(),
            model,
        }
    }

    /// With what the installer adds.
    #[must_use]
    pub fn with(mut self, added: impl IntoIterator<Item = VariableName>) -> Self {
        for name in added {
            let name = folded(&name);
            if self.sphere(&name).is_none() {
                self.added.push(name);
            }
        }
        self
    }

    /// What was added, each once and without those that are critical anyway.
    #[must_use]
    pub fn added(&self) -> &[VariableName] {
        &self.added
    }

    /// What the setting is about; none when it is not critical.
    #[must_use]
    pub fn sphere(&self, name: &VariableName) -> Option<Sphere> {
        let name = folded(name);
        let (component, variable) = bare(&name);
        let everywhere = match said(&EVERYWHERE, &component, &variable) {
            Some(Word::About(sphere)) => Some(sphere),
            Some(Word::Open) | None => None,
        };
        let found = match said(&self.model, &component, &variable) {
            Some(Word::About(sphere)) => Some(sphere),
            Some(Word::Open) => everywhere.filter(|sphere| *sphere == Sphere::Electrical),
            None => everywhere,
        };
        // An EVSE or an instance in the name makes no other setting of it.
        let same = |a: &VariableName| a.component == name.component && a.variable == name.variable;
        let added = || self.added.iter().any(same).then_some(Sphere::Added);
        found.or_else(added)
    }

    /// Whether the setting is a current that is open at or below the cap of a lock.
    #[must_use]
    pub fn capped(&self, name: &VariableName) -> bool {
        let (component, variable) = bare(&folded(name));
        let mut rules = self.model.iter().chain(EVERYWHERE.iter());
        rules.any(|rule| rule.kind == Kind::Limit && rule.fits(&component, &variable))
    }

    /// Whether a lock freezes what this reading tells: critical, somebody can change it, and its
    /// value can be seen. What is electrical by its own name is frozen even where it can be changed
    /// at the station only, such as by a switch inside it.
    #[must_use]
    pub fn freezes(&self, reading: &VariableReading) -> bool {
        let changed = || match reading.mutability {
            Some(Mutability::ReadOnly) => self.electrical_by_name(&reading.name),
            _ => true,
        };
        reading.value.is_some()
            && super::actual(reading)
            && !is_secret(&reading.name)
            && self.sphere(&reading.name).is_some()
            && changed()
    }

    /// Whether a rule names the setting, and not just its component, as electrical.
    fn electrical_by_name(&self, name: &VariableName) -> bool {
        let (component, variable) = bare(&folded(name));
        let mut rules = self.model.iter().chain(EVERYWHERE.iter());
        let electrical = self.sphere(name) == Some(Sphere::Electrical);
        electrical
            && rules.any(|rule| {
                rule.kind != Kind::Component
                    && rule.sphere == Some(Sphere::Electrical)
                    && rule.fits(&component, &variable)
            })
    }
}
