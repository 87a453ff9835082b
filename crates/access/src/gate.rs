//! The gate: the first line of every use case.

use domain::id::{OrgId, SiteId};
use domain::module::ModuleSet;
use domain::personal::DriverDataGrant;
use domain::role::{Caller, Member, Permission, PermissionSet, RoleSet};

use crate::policy::Policy;

/// Why a caller may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Does not have this permission here.
    #[error("the permission {} is missing", .0.key())]
    Permission(Permission),
    /// The resource is another organisation's or another site's: for the caller it does not
    /// exist.
    #[error("there is nothing here that the caller may see")]
    Elsewhere,
}

/// Proof that a caller passed the gate for one permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    permission: Permission,
}

impl Grant {
    /// What for.
    #[must_use]
    pub const fn permission(&self) -> Permission {
        self.permission
    }
}

/// Decides from the compiled policy.
#[derive(Debug, Clone)]
pub struct Gate {
    policy: std::sync::Arc<Policy>,
}

impl Gate {
    /// A gate that enforces `policy`.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy: std::sync::Arc::new(policy),
        }
    }

    /// The policy it enforces.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What roles may do in an organisation with these modules. A batch permission counts only
    /// together with the single one. A member limited to some sites has organisation-wide only
    /// what General navigation gives; [`Gate::check`] holds that.
    #[must_use]
    pub fn permissions(&self, roles: RoleSet, modules: &ModuleSet) -> PermissionSet {
        let granted = self.policy.of_roles(roles);
        let on: PermissionSet = granted.iter().filter(|p| modules.has(*p)).collect();
        on.iter()
            .filter(|p| p.single().is_none_or(|single| on.contains(single)))
            .collect()
    }

    /// Whether `caller` may do `permission` to something of `org`, at `site` where the thing
    /// stands at one. Lists and things without a site pass `None`.
    pub fn check(
        &self,
        caller: &Caller,
        permission: Permission,
        org: OrgId,
        site: Option<SiteId>,
    ) -> Result<Grant, Denied> {
        let grant = Ok(Grant { permission });
        let member = match caller {
            Caller::System { .. } => return grant,
            Caller::Station(_) => return Err(Denied::Permission(permission)),
            Caller::User(member) | Caller::Key { member, .. } => member,
        };
        if member.scope.org != org || !reaches(member, permission, site) {
            return Err(Denied::Elsewhere);
        }
        if member.permissions.contains(permission) {
            grant
        } else {
            Err(Denied::Permission(permission))
        }
    }

    /// Whether `caller` may do `permission` in its own organisation at all: for lists, which are
    /// then narrowed to the member's sites.
    pub fn check_list(&self, caller: &Caller, permission: Permission) -> Result<Grant, Denied> {
        match caller {
            Caller::System { .. } => Ok(Grant { permission }),
            Caller::User(member) | Caller::Key { member, .. }
                if member.permissions.contains(permission) =>
            {
                Ok(Grant { permission })
            }
            _ => Err(Denied::Permission(permission)),
        }
    }

    /// The right to read driver data of the caller's organisation.
    #[must_use]
    pub fn driver_data(&self, caller: &Caller, org: OrgId) -> Option<DriverDataGrant> {
        let member = caller.member()?;
        let whole = member.scope.sites.is_none() && member.scope.org == org;
        (whole && member.permissions.contains(Permission::DriversView)).then(DriverDataGrant::issue)
    }
}

fn reaches(member: &Member, permission: Permission, site: Option<SiteId>) -> bool {
    let Some(sites) = &member.scope.sites else {
        return true;
    };
    let everywhere = permission.module().0 == "General navigation";
    everywhere || site.is_some_and(|site| sites.contains(&site))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use domain::id::UserId;
    use domain::role::{Role, Scope};
    use uuid::Uuid;

    fn org(n: u128) -> OrgId {
        OrgId::from_uuid(Uuid::from_u128(n))
    }

    fn site(n: u128) -> SiteId {
        SiteId::from_uuid(Uuid::from_u128(n))
    }

    async fn gate() -> Gate {
        Gate::new(Policy::built_in().await.unwrap())
    }

    fn caller(
        gate: &Gate,
        roles: &[Role],
        modules: &ModuleSet,
        sites: Option<Vec<SiteId>>,
    ) -> Caller {
        let roles: RoleSet = roles.iter().copied().collect();
        Caller::User(Member {
            user: UserId::from_uuid(Uuid::from_u128(1)),
            name: "Bo".to_owned(),
            login: None,
            scope: Scope { org: org(1), sites },
            roles,
            permissions: gate.permissions(roles, modules),
        })
    }

    #[tokio::test]
    async fn the_module_gate_binds_the_administrator_too() {
        let gate = gate().await;
        let mut modules = ModuleSet::everything();
        modules.modules.remove("Station management/Energy");
        modules.paid.remove("solar");
        let admin = caller(&gate, &[Role::Administrator], &modules, None);
        let may = |p| gate.check(&admin, p, org(1), None);
        assert_eq!(
            may(Permission::EnergyView),
            Err(Denied::Permission(Permission::EnergyView))
        );
        assert!(may(Permission::StationsEdit).is_ok());
        assert!(may(Permission::SystemManage).is_err());
    }

    #[tokio::test]
    async fn another_organisation_looks_like_nothing() {
        let gate = gate().await;
        let admin = caller(
            &gate,
            &[Role::Administrator],
            &ModuleSet::everything(),
            None,
        );
        assert_eq!(
            gate.check(&admin, Permission::StationsList, org(2), None),
            Err(Denied::Elsewhere)
        );
    }

    #[tokio::test]
    async fn a_member_of_some_sites_reaches_only_those() {
        let gate = gate().await;
        let bo = caller(
            &gate,
            &[Role::Technician],
            &ModuleSet::everything(),
            Some(vec![site(1)]),
        );
        let may = |s| gate.check(&bo, Permission::StationsControl, org(1), s);
        assert!(may(Some(site(1))).is_ok());
        assert_eq!(may(Some(site(2))), Err(Denied::Elsewhere));
        assert_eq!(may(None), Err(Denied::Elsewhere));
        assert!(
            gate.check(&bo, Permission::DashboardView, org(1), None)
                .is_ok()
        );
    }

    #[tokio::test]
    async fn driver_data_is_for_three_roles_only() {
        let gate = gate().await;
        let modules = ModuleSet::everything();
        for role in Role::ALL {
            let may = gate
                .driver_data(&caller(&gate, &[*role], &modules, None), org(1))
                .is_some();
            let should = matches!(
                role,
                Role::Administrator | Role::DriverManager | Role::FinancialSupport
            );
            assert_eq!(may, should, "{}", role.key());
        }
    }
}
