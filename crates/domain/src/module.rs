//! Modules of an organisation: what it may use at all, Administrators included.

use std::collections::BTreeSet;

use crate::role::Permission;

/// The modules an organisation has. General navigation, My organisation and My team are always
/// on and need not be listed, and so is what stands outside every module, such as the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModuleSet {
    /// `Module/Submodule` of the table.
    pub modules: BTreeSet<String>,
    /// Paid modules, such as `solar`.
    pub paid: BTreeSet<String>,
}

impl ModuleSet {
    /// The name of a pair as it is kept: `Module/Submodule`.
    #[must_use]
    pub fn name(module: &str, submodule: &str) -> String {
        format!("{module}/{submodule}")
    }

    /// Every module of the table that is not always on, and every paid one.
    #[must_use]
    pub fn everything() -> Self {
        let (mut set, none) = (Self::default(), Self::default());
        for permission in Permission::ALL {
            let (module, submodule) = permission.module();
            if !none.has_module(*permission) && !submodule.is_empty() {
                set.modules.insert(Self::name(module, submodule));
            }
            set.paid.extend(permission.paid_module().map(str::to_owned));
        }
        set
    }

    /// What of this is not in `above`: modules first, then paid ones.
    #[must_use]
    pub fn missing_from(&self, above: &Self) -> Vec<String> {
        let modules = self.modules.difference(&above.modules);
        let paid = self.paid.difference(&above.paid);
        modules.chain(paid).cloned().collect()
    }

    /// Whether the organisation has what `permission` belongs to.
    #[must_use]
    pub fn has(&self, permission: Permission) -> bool {
        let paid = permission
            .paid_module()
            .is_none_or(|paid| self.paid.contains(paid));
        paid && self.has_module(permission)
    }

    /// Whether the organisation has the module of `permission`, paid ones apart.
    #[must_use]
    pub fn has_module(&self, permission: Permission) -> bool {
        match permission.module() {
            ("" | "General navigation", _) | ("Customership", "My organisation" | "My team") => {
                true
            }
            // A row about a whole module is on when any of its submodules is; of Customership
            // two always are.
            ("Customership", "") => true,
            (module, "") => {
                let prefix = Self::name(module, "");
                self.modules.iter().any(|name| name.starts_with(&prefix))
            }
            (module, submodule) => self.modules.contains(&Self::name(module, submodule)),
        }
    }
}

/// What a paid module is for, as the confirmation of its activation says.
#[must_use]
pub fn effect(paid: &str) -> Option<&'static str> {
    Some(match paid {
        "firmware_library" => {
            "Technicians can upload firmware files, and the instance hands them out to stations."
        }
        "adaptive_load_management" => {
            "Load groups follow a building meter: stations get what the building leaves them."
        }
        "solar" => "Load groups follow the surplus of a solar plant.",
        "preconnect" => "Waiting vehicles are held at the smallest current instead of nothing.",
        "priority" => "Outlets of a load group can go before others.",
        "multiple_load_groups" => "An outlet can be in several load groups at once.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_with_a_module_is_off_without_it() {
        use Permission as P;
        let none = ModuleSet::default();
        let always = [
            P::AuditView,
            P::KeysManage,
            P::WebhooksManage,
            P::SitesAccessManage,
            P::SystemManage,
        ];
        for permission in &Permission::ALL[Permission::FROM_TABLE..] {
            let on = none.has(*permission);
            assert_eq!(on, always.contains(permission), "{}", permission.key());
        }
        // Each with the module in which it is done, and no other.
        for (permission, neighbour) in [
            (P::StationsRawOcpp, P::StationsConfigure),
            (P::StationsIdentityReplace, P::StationsEdit),
            (P::ModulesPaidActivate, P::ResellerModulesEdit),
            (P::SessionsCancel, P::SessionsView),
            (P::DriversRefund, P::BillingSettlementEdit),
            (P::FleetReimburse, P::BillingSettlementEdit),
        ] {
            assert_eq!(permission.module(), neighbour.module());
        }
    }

    #[test]
    fn every_paid_module_says_what_it_does() {
        for paid in ModuleSet::everything().paid {
            assert!(effect(&paid).is_some(), "{paid}");
        }
        assert!(effect("nothing").is_none());
    }
}
