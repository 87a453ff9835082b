//! The rights matrix, generated from the policy that is enforced.

use domain::role::{Caller, Permission, PermissionSet, Role};

use crate::app::App;
use crate::error::Error;
use crate::gate;

/// What every role may do.
#[derive(Debug, Clone)]
pub struct Matrix {
    rows: Vec<(Role, PermissionSet)>,
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
}

/// The matrix, for everybody who is signed in (`account.edit`, which every role has).
pub async fn matrix(app: &App, caller: &Caller) -> Result<Matrix, Error> {
    gate::permit(app, caller, Permission::AccountEdit).await?;
    let policy = app.gate().policy();
    Ok(Matrix {
        rows: Role::ALL.iter().map(|r| (*r, policy.of_role(*r))).collect(),
    })
}
