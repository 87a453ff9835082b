//! Organisations: a tree in which each one has a set of modules that never exceeds that of the
//! one above it (access.md A). A membership reaches its own organisation only; the one above may
//! make it, and change what it may use.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::id::{OrgId, UserId};
use crate::module::ModuleSet;

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrgId,
    /// The organisation above it; none for the root.
    pub parent: Option<OrgId>,
    /// Its name.
    pub name: String,
    /// What it tells about itself.
    pub profile: Profile,
    /// Who made it, for one below another: in it, that person may do no more than in the one above
    /// and in the one below which it was made.
    pub made_by: Option<UserId>,
    /// Below which one it was made: that caps whoever made it, wherever it is put afterwards.
    pub made_under: Option<OrgId>,
    /// When it was made.
    pub created_at: Moment,
}

/// What an organisation tells about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// ISO 3166 country, two letters.
    pub country: Option<String>,
    /// IANA name, for what is shown and reckoned by the day.
    pub time_zone: Option<String>,
    /// Whom its people ask for help, and installers the owner: an address.
    pub contact_email: Option<String>,
    /// A number to call.
    pub contact_phone: Option<String>,
    /// A page.
    pub website: Option<String>,
}

/// Why modules cannot be given to an organisation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModuleRefusal {
    /// The organisation above does not have these itself.
    #[error("the organisation above does not have {0:?}")]
    NotAbove(Vec<String>),
    /// Organisations below it have these, and would lose them.
    #[error("organisations below it have {0:?}")]
    InUse(Vec<String>),
}

/// Whether an organisation may have `modules`, below one that has `above`.
pub fn may_have(modules: &ModuleSet, above: &ModuleSet) -> Result<(), ModuleRefusal> {
    let missing = modules.missing_from(above);
    if missing.is_empty() {
        Ok(())
    } else {
        Err(ModuleRefusal::NotAbove(missing))
    }
}

/// The modules of `wanted` that those below keep, when an organisation above them is cut back.
#[must_use]
pub fn cut_back(modules: &ModuleSet, above: &ModuleSet) -> ModuleSet {
    ModuleSet {
        modules: &modules.modules & &above.modules,
        paid: &modules.paid & &above.paid,
    }
}

/// Whether `child` may be put below `parent`: not below itself, nor below one that is below it.
/// `line` is the parent and everything above it, as far as the root.
#[must_use]
pub fn makes_a_circle(child: OrgId, line: &[OrgId]) -> bool {
    line.contains(&child)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sets() -> impl Strategy<Value = ModuleSet> {
        let all: Vec<String> = ModuleSet::everything().modules.into_iter().collect();
        let paid: Vec<String> = ModuleSet::everything().paid.into_iter().collect();
        let (most, most_paid) = (all.len(), paid.len());
        let modules = proptest::sample::subsequence(all, 0..=most);
        let paid = proptest::sample::subsequence(paid, 0..=most_paid);
        (modules, paid).prop_map(|(modules, paid)| ModuleSet {
            modules: modules.into_iter().collect(),
            paid: paid.into_iter().collect(),
        })
    }

    proptest! {
        #[test]
        fn what_is_left_after_a_cut_never_exceeds_what_is_above(low in sets(), high in sets()) {
            let left = cut_back(&low, &high);
            prop_assert!(may_have(&left, &high).is_ok());
            prop_assert!(may_have(&left, &low).is_ok());
            prop_assert_eq!(may_have(&low, &high).is_ok(), left == low);
        }
    }

    #[test]
    fn an_organisation_is_never_its_own_ancestor() {
        let org = |n| OrgId::from_uuid(uuid::Uuid::from_u128(n));
        assert!(makes_a_circle(org(1), &[org(1)]));
        assert!(makes_a_circle(org(1), &[org(3), org(1), org(9)]));
        assert!(!makes_a_circle(org(2), &[org(3), org(1)]));
    }
}
