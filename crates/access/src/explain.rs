//! "Why can or can't Bo do X?": the same decision as the gate's, with its reasons.

use domain::id::SiteId;
use domain::module::ModuleSet;
use domain::role::{Permission, Role, RoleSet};
use domain::site_access::{Level, SiteAccess};

use crate::gate::Gate;

/// What a person is in an organisation, and what they have at the site that is asked about.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    /// The roles.
    pub roles: RoleSet,
    /// Only at these sites; everywhere when none.
    pub sites: Option<&'a [SiteId]>,
    /// Access to the site that is asked about.
    pub access: Option<SiteAccess>,
    /// The organisation's modules.
    pub modules: &'a ModuleSet,
}

/// What gives a person a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// This role.
    Role(Role),
    /// The level at the site.
    Level(Level),
    /// A single action granted at the site.
    Grant,
    /// Everybody has it.
    Everybody,
}

/// What keeps a person from a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocked {
    /// The instance belongs to its operator.
    Instance,
    /// The organisation does not have this module: `Module/Submodule`.
    Module(String),
    /// The organisation has not activated this paid module.
    PaidModule(&'static str),
    /// A batch permission needs the single one as well.
    Single(Permission),
    /// None of the person's roles has it, and these have.
    Roles(Vec<Role>),
    /// A role has it, at other sites only.
    Scope,
    /// It is denied at the site beside the level.
    Denial,
    /// The person made this organisation, and may do no more in it than in the one above.
    Above,
}

/// An answer: allowed when nothing blocks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What gives it. Something can give it and a gate still block it.
    pub because: Vec<Because>,
    /// What keeps it away; empty when it is allowed.
    pub blocked: Vec<Blocked>,
}

impl Explanation {
    /// Whether the person may.
    #[must_use]
    pub const fn allowed(&self) -> bool {
        self.blocked.is_empty()
    }
}

impl Gate {
    /// Why somebody may or may not do `permission` at `site`; without one, in the organisation as
    /// a whole. It always agrees with [`Gate::check`].
    #[must_use]
    pub fn explain(
        &self,
        standing: &Standing<'_>,
        permission: Permission,
        site: Option<SiteId>,
    ) -> Explanation {
        let has = |role: Role| self.policy().of_role(role).contains(permission);
        let in_scope = match standing.sites {
            None => true,
            Some(sites) => site.is_some_and(|site| sites.contains(&site)),
        };
        let mut because: Vec<Because> = Vec::new();
        if in_scope || permission.is_general() {
            let roles = standing.roles.iter().filter(|role| has(*role));
            because.extend(roles.map(Because::Role));
        }
        if standing.roles.is_empty() && self.everybody().contains(permission) {
            because.push(Because::Everybody);
        }
        let access = standing.access.filter(|_| site.is_some());
        let mut blocked = Vec::new();
        if let Some(access) = access {
            let by_level = access.level.permissions().contains(permission);
            let given = by_level || access.grants.contains(permission);
            if given && access.denials.contains(permission) {
                if because.is_empty() {
                    blocked.push(Blocked::Denial);
                }
            } else if by_level {
                because.push(Because::Level(access.level));
            } else if given {
                because.push(Because::Grant);
            }
        }
        if because.is_empty() && blocked.is_empty() {
            if !in_scope && standing.roles.iter().any(has) {
                blocked.push(Blocked::Scope);
            } else {
                let with: Vec<Role> = Role::ALL.iter().copied().filter(|r| has(*r)).collect();
                let nobody = with.is_empty();
                blocked.push(if nobody {
                    Blocked::Instance
                } else {
                    Blocked::Roles(with)
                });
            }
        }
        blocked.extend(gates(standing.modules, permission));
        let by_roles = |p| {
            self.permissions(standing.roles, standing.modules)
                .contains(p)
        };
        if let Some(single) = permission.single()
            && !by_roles(single)
        {
            blocked.push(Blocked::Single(single));
        }
        Explanation { because, blocked }
    }
}

/// A permission that roles give, and that only a module holds back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// The permission.
    pub permission: Permission,
    /// The module that is missing: `Module/Submodule`, or `Module/` for a whole one.
    pub module: Option<String>,
    /// The paid module that is missing.
    pub paid_module: Option<&'static str>,
}

impl Gate {
    /// What `roles` give and an organisation with these modules does not let happen. A batch is
    /// held back with the single one that it needs.
    #[must_use]
    pub fn held_back(&self, roles: RoleSet, modules: &ModuleSet) -> Vec<HeldBack> {
        let granted = self.policy().of_roles(roles);
        let mut held = Vec::new();
        for permission in granted.iter() {
            let single = permission.single().filter(|one| granted.contains(*one));
            let mut one = HeldBack {
                permission,
                module: None,
                paid_module: None,
            };
            for gate in gates(modules, permission)
                .into_iter()
                .chain(single.into_iter().flat_map(|one| gates(modules, one)))
            {
                match gate {
                    Blocked::Module(name) => one.module = one.module.or(Some(name)),
                    Blocked::PaidModule(name) => one.paid_module = one.paid_module.or(Some(name)),
                    _ => {}
                }
            }
            if one.module.is_some() || one.paid_module.is_some() {
                held.push(one);
            }
        }
        held
    }
}

/// The gates of the organisation's modules that are shut.
fn gates(modules: &ModuleSet, permission: Permission) -> Vec<Blocked> {
    let mut shut = Vec::new();
    if !modules.has_module(permission) {
        let (module, submodule) = permission.module();
        shut.push(Blocked::Module(ModuleSet::name(module, submodule)));
    }
    let paid = permission.paid_module();
    shut.extend(
        paid.filter(|paid| !modules.paid.contains(*paid))
            .map(Blocked::PaidModule),
    );
    shut
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use domain::id::{OrgId, UserId};
    use domain::role::{Caller, Member, PermissionSet, Scope};
    use uuid::Uuid;

    use super::*;
    use crate::policy::Policy;

    fn site(n: u128) -> SiteId {
        SiteId::from_uuid(Uuid::from_u128(n))
    }

    fn accesses() -> Vec<Option<SiteAccess>> {
        let some: PermissionSet = [Permission::StationsEdit, Permission::EnergyDlmEdit]
            .into_iter()
            .collect();
        let mut all = vec![None];
        for level in Level::ALL {
            all.push(Some(SiteAccess::of(level)));
            all.push(Some(SiteAccess {
                grants: some,
                ..SiteAccess::of(level)
            }));
            all.push(Some(SiteAccess {
                denials: Level::User.permissions().union(some),
                grants: some,
                level,
            }));
        }
        all
    }

    fn module_sets() -> Vec<ModuleSet> {
        let mut few = ModuleSet::everything();
        few.modules.remove("Station management/Manage");
        few.modules.remove("EV Drivers/Find");
        few.paid.remove("solar");
        vec![ModuleSet::everything(), ModuleSet::default(), few]
    }

    #[tokio::test]
    async fn the_answer_agrees_with_the_gate_for_all_role_sets_levels_and_places() {
        let gate = Gate::new(Policy::built_in().await.unwrap());
        let org = OrgId::from_uuid(Uuid::from_u128(1));
        let scopes = [None, Some(vec![site(1)]), Some(Vec::new())];
        for bits in 0..128u8 {
            let roles = RoleSet::from_bits(bits);
            for modules in &module_sets() {
                for (access, sites) in accesses()
                    .into_iter()
                    .flat_map(|access| scopes.iter().map(move |sites| (access, sites)))
                {
                    let mut permissions = gate.permissions(roles, modules);
                    if roles.is_empty() {
                        permissions = gate.everybody();
                    }
                    let rights = access.map(|a| (site(1), gate.site_rights(&a, modules)));
                    let bo = Caller::User(Member {
                        user: UserId::from_uuid(Uuid::from_u128(1)),
                        name: "Bo".to_owned(),
                        login: None,
                        viewed_as: None,
                        scope: Scope {
                            org,
                            sites: sites.clone(),
                        },
                        roles,
                        capped: false,
                        permissions,
                        site_rights: rights.into_iter().collect::<BTreeMap<_, _>>(),
                    });
                    let standing = Standing {
                        roles,
                        sites: sites.as_deref(),
                        access,
                        modules,
                    };
                    for permission in Permission::ALL {
                        for place in [None, Some(site(1))] {
                            let explained = gate.explain(&standing, *permission, place);
                            let may = gate.check(&bo, *permission, org, place).is_ok();
                            assert_eq!(
                                explained.allowed(),
                                may,
                                "{bits:07b} {access:?} {sites:?} {} at {place:?}: {explained:?}",
                                permission.key()
                            );
                            assert!(!may || !explained.because.is_empty());
                        }
                    }
                }
            }
        }
    }

    #[tokio::test]
    async fn what_only_a_module_holds_back_is_what_more_modules_would_give() {
        let gate = Gate::new(Policy::built_in().await.unwrap());
        let everything = ModuleSet::everything();
        for bits in 0..128u8 {
            let roles = RoleSet::from_bits(bits);
            for modules in &module_sets() {
                let held: PermissionSet = gate
                    .held_back(roles, modules)
                    .iter()
                    .map(|one| one.permission)
                    .collect();
                let with = gate.permissions(roles, &everything);
                let has = gate.permissions(roles, modules);
                assert_eq!(held, with.minus(has), "{bits:07b} {modules:?}");
            }
        }
        let mut few = everything;
        few.modules.remove("Station management/Logs");
        few.paid.remove("solar");
        let technician = RoleSet::EMPTY.with(Role::Technician);
        let held = gate.held_back(technician, &few);
        let named = |p: Permission| held.iter().find(|one| one.permission == p).cloned();
        let logs = named(Permission::LogsView).unwrap();
        assert_eq!(logs.module.as_deref(), Some("Station management/Logs"));
        assert_eq!(logs.paid_module, None);
        let solar = named(Permission::EnergySolarEdit).unwrap();
        assert_eq!((solar.module, solar.paid_module), (None, Some("solar")));
        assert_eq!(named(Permission::StationsEdit), None);
    }

    #[tokio::test]
    async fn the_reasons_are_named() {
        let gate = Gate::new(Policy::built_in().await.unwrap());
        let modules = ModuleSet::everything();
        let standing = |roles: &[Role], sites| Standing {
            roles: roles.iter().copied().collect(),
            sites,
            access: None,
            modules: &modules,
        };
        let viewer = standing(&[Role::Viewer], None);
        let answer = gate.explain(&viewer, Permission::StationsConfigure, None);
        let with = vec![Role::Administrator, Role::Technician];
        assert_eq!(answer.blocked, [Blocked::Roles(with)]);
        let here = [site(1)];
        let technician = standing(&[Role::Technician, Role::Viewer], Some(&here));
        let at = |n| gate.explain(&technician, Permission::StationsControl, Some(site(n)));
        let both = [Because::Role(Role::Technician), Because::Role(Role::Viewer)];
        assert_eq!(at(1).because, both);
        assert_eq!(at(2).blocked, [Blocked::Scope]);
        let system = gate.explain(&viewer, Permission::SystemManage, None);
        assert_eq!(system.blocked, [Blocked::Instance]);
    }
}
