//! Modules of an organisation: what it may use at all, Administrators included.

use std::collections::BTreeSet;

use crate::role::Permission;

/// The modules an organisation has. General navigation, My organisation and My team are always
/// on and need not be listed; Busbar's own permissions stand outside modules.
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

    /// Every module of the table, and every paid one.
    #[must_use]
    pub fn everything() -> Self {
        let mut set = Self::default();
        for permission in Permission::ALL {
            let (module, submodule) = permission.module();
            if !module.is_empty() && !submodule.is_empty() {
                set.modules.insert(Self::name(module, submodule));
            }
            set.paid.extend(permission.paid_module().map(str::to_owned));
        }
        set
    }

    /// Whether the organisation has what `permission` belongs to.
    #[must_use]
    pub fn has(&self, permission: Permission) -> bool {
        let paid = permission
            .paid_module()
            .is_none_or(|paid| self.paid.contains(paid));
        paid && self.has_module(permission)
    }

    fn has_module(&self, permission: Permission) -> bool {
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
