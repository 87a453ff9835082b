//! The rights matrix, generated from the policy that is enforced.

use domain::module::ModuleSet;
use domain::role::{Caller, Permission, PermissionSet, Role};

use crate::app::App;
use crate::error::Error;
use crate::gate;

/// What every role may do.
#[derive(Debug, Clone)]
pub struct Matrix {
    rows: Vec<(Role, PermissionSet)>,
    modules: ModuleSet,
}

impl Matrix {
    /// The roles, each with what it may do before modules and scope.
    #[must_use]
    pub fn roles(&self) -> &[(Role, PermissionSet)] {
        &self.rows
    }

    /// Whether `role` has `permission`.
    #[must_use]
    pub fn grants(&self, role: Role, permission: Permission) -> bool {
        let mut rows = self.rows.iter();
        rows.any(|(r, set)| *r == role && set.contains(permission))
    }

    /// Whether the caller's organisation has the modules that `permission` belongs to.
    #[must_use]
    pub fn active(&self, permission: Permission) -> bool {
        self.modules.has(permission)
    }
}

/// The matrix, for everybody who is signed in (`account.edit`, which every role has).
pub async fn matrix(app: &App, caller: &Caller) -> Result<Matrix, Error> {
    gate::permit(app, caller, Permission::AccountEdit).await?;
    let policy = app.gate().policy();
    let modules = match caller.member() {
        Some(member) => app
            .store()
            .read
            .organisation(member.scope.org)
            .await?
            .map(|(_, modules)| modules)
            .ok_or(Error::NotFound)?,
        None => ModuleSet::everything(),
    };
    Ok(Matrix {
        modules,
        rows: Role::ALL.iter().map(|r| (*r, policy.of_role(*r))).collect(),
    })
}
