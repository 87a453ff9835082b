//! The gate: the first line of every use case.

use domain::id::{OrgId, SiteId};
use domain::module::ModuleSet;
use domain::personal::DriverDataGrant;
use domain::role::{Caller, Permission, PermissionSet, Reach, Role, RoleSet};
use domain::site_access::SiteAccess;

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

    /// What access to a site allows there, in an organisation with these modules.
    #[must_use]
    pub fn site_rights(&self, access: &SiteAccess, modules: &ModuleSet) -> PermissionSet {
        access.rights().iter().filter(|p| modules.has(*p)).collect()
    }

    /// What an organisation with these modules can allow anybody.
    #[must_use]
    pub fn possible(&self, modules: &ModuleSet) -> PermissionSet {
        self.permissions(RoleSet::EMPTY.with(Role::Administrator), modules)
    }

    /// What somebody has who has access to single sites and no role: what every role has of
    /// General navigation.
    #[must_use]
    pub fn everybody(&self) -> PermissionSet {
        let in_all = |p: &Permission| {
            Role::ALL
                .iter()
                .all(|r| self.policy.of_role(*r).contains(*p))
        };
        let general = Permission::ALL.iter().copied().filter(|p| p.is_general());
        general.filter(in_all).collect()
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
        if member.scope.org != org {
            return Err(Denied::Elsewhere);
        }
        if member.may(permission, site) {
            return grant;
        }
        if member.knows(site) {
            Err(Denied::Permission(permission))
        } else {
            Err(Denied::Elsewhere)
        }
    }

    /// Where in its own organisation `caller` may do `permission`; nowhere is refused.
    pub fn reach(&self, caller: &Caller, permission: Permission) -> Result<Reach, Denied> {
        let reach = match caller {
            Caller::System { .. } => Reach::Everywhere,
            Caller::Station(_) => Reach::Nowhere,
            Caller::User(member) | Caller::Key { member, .. } => member.reach(permission),
        };
        match reach {
            Reach::Nowhere => Err(Denied::Permission(permission)),
            somewhere => Ok(somewhere),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeMap;

    use domain::id::UserId;
    use domain::role::{Member, Scope};
    use domain::site_access::Level;
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
            viewed_as: None,
            scope: Scope { org: org(1), sites },
            roles,
            capped: false,
            permissions: gate.permissions(roles, modules),
            site_rights: BTreeMap::new(),
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
    async fn access_to_a_site_adds_to_the_roles_there_and_opens_no_driver_data() {
        let gate = gate().await;
        let everything = ModuleSet::everything();
        let mut guest = caller(&gate, &[], &everything, Some(Vec::new()));
        if let Caller::User(member) = &mut guest {
            let rights = gate.site_rights(&SiteAccess::of(Level::Admin), &everything);
            member.permissions = gate.everybody();
            member.site_rights.insert(site(1), rights);
        }
        let may = |p, s| gate.check(&guest, p, org(1), s);
        assert!(may(Permission::StationsConfigure, Some(site(1))).is_ok());
        let (edit, elsewhere) = (Permission::StationsEdit, Err(Denied::Elsewhere));
        assert_eq!(may(edit, Some(site(1))), Err(Denied::Permission(edit)));
        assert_eq!(may(Permission::StationsList, Some(site(2))), elsewhere);
        assert_eq!(may(Permission::StationsList, None), elsewhere);
        assert!(may(Permission::AccountEdit, None).is_ok());
        assert!(gate.driver_data(&guest, org(1)).is_none());
        let reach = gate.reach(&guest, Permission::StationsList);
        assert_eq!(reach, Ok(Reach::Sites(vec![site(1)])));
        // A module that is off binds the site's admin too.
        let mut modules = everything.clone();
        modules.modules.remove("Station management/Logs");
        let rights = gate.site_rights(&SiteAccess::of(Level::Admin), &modules);
        assert!(!rights.contains(Permission::LogsView));
    }

    #[tokio::test]
    async fn everybody_has_what_every_role_has_of_general_navigation() {
        let keys: Vec<&str> = gate()
            .await
            .everybody()
            .iter()
            .map(Permission::key)
            .collect();
        let expected = [
            "dashboard.view",
            "settings.view",
            "account.edit",
            "account.mfa",
            "support.view",
            "notifications.view",
        ];
        assert_eq!(keys, expected);
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
