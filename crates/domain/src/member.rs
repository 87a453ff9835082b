//! Members: who may give or take which role, archive and restore whom, and when an organisation
//! would be left without anybody who administers it (access.md A).

use crate::caller::{Caller, Member};
use crate::id::SiteId;
use crate::role::{Permission, Role, RoleSet};

/// What a member is in an organisation: roles, and where they reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The roles.
    pub roles: RoleSet,
    /// Only these sites; the whole organisation when none.
    pub sites: Option<Vec<SiteId>>,
}

impl Assignment {
    /// Whether it administers the organisation: an Administrator of some sites does not.
    #[must_use]
    pub fn administers(&self) -> bool {
        self.roles.contains(Role::Administrator) && self.sites.is_none()
    }

    /// The roles that differ between two; all of both when they reach elsewhere.
    #[must_use]
    pub fn changed(&self, other: &Self) -> RoleSet {
        let in_one = |role: &Role| self.roles.contains(*role) != other.roles.contains(*role);
        let in_any = |role: &Role| self.roles.contains(*role) || other.roles.contains(*role);
        let (elsewhere, all) = (self.sites != other.sites, Role::ALL.iter().copied());
        all.filter(|role| {
            if elsewhere {
                in_any(role)
            } else {
                in_one(role)
            }
        })
        .collect()
    }
}

/// The permission by which a role is given and taken away; none for those that only
/// Administrators hand out.
#[must_use]
pub const fn invitation(role: Role) -> Option<Permission> {
    match role {
        Role::Administrator | Role::PaidModuleActivator => None,
        Role::DriverManager => Some(Permission::TeamInviteDriverManager),
        Role::ChargingManager => Some(Permission::TeamInviteChargingManager),
        Role::Technician => Some(Permission::TeamInviteTechnician),
        Role::FinancialSupport => Some(Permission::TeamInviteFinancialSupport),
        Role::Viewer => Some(Permission::TeamInviteViewer),
    }
}

/// Whether `caller` administers the organisation in person: a key does not.
fn administers(caller: &Caller) -> bool {
    match caller {
        Caller::User(member) => own(member).administers(),
        Caller::Key { .. } | Caller::Station(_) => false,
        Caller::System { .. } => true,
    }
}

fn own(member: &Member) -> Assignment {
    Assignment {
        roles: member.roles_in_force(),
        sites: member.scope.sites.clone(),
    }
}

/// Whether `caller` may give a role, and take it away.
#[must_use]
pub fn may_give(caller: &Caller, role: Role) -> bool {
    match (invitation(role), caller.member()) {
        (None, _) | (_, None) => administers(caller),
        (Some(permission), Some(member)) => member.may(permission, None),
    }
}

/// Whether `caller` may make one assignment of another: nothing but roles that the caller may give
/// is given or taken.
#[must_use]
pub fn may_change(caller: &Caller, before: &Assignment, after: &Assignment) -> bool {
    before
        .changed(after)
        .iter()
        .all(|role| may_give(caller, role))
}

/// Whether `caller`, who has `team.archive_peers`, may archive somebody with `roles`: all of them
/// are among the caller's own, or the caller administers the organisation.
#[must_use]
pub fn may_archive(caller: &Caller, roles: RoleSet) -> bool {
    let peers = |member: &Member| {
        let own = member.roles_in_force();
        roles.iter().all(|role| own.contains(role))
    };
    administers(caller) || caller.member().is_some_and(peers)
}

/// Whether `caller`, who has `team.restore`, may restore or delete somebody archived with `roles`:
/// what only Administrators give, only they give back.
#[must_use]
pub fn may_restore(caller: &Caller, roles: RoleSet) -> bool {
    let guarded = roles.iter().any(|role| invitation(role).is_none());
    administers(caller) || !guarded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::Scope;
    use crate::id::{KeyId, OrgId, UserId};
    use crate::role::PermissionSet;
    use std::collections::BTreeMap;
    use uuid::Uuid;

    fn caller(roles: &[Role], permissions: &[Permission], sites: Option<Vec<SiteId>>) -> Caller {
        Caller::User(Member {
            user: UserId::from_uuid(Uuid::from_u128(1)),
            name: "Bo".to_owned(),
            login: None,
            viewed_as: None,
            scope: Scope {
                org: OrgId::from_uuid(Uuid::from_u128(1)),
                sites,
            },
            roles: roles.iter().copied().collect(),
            capped: false,
            permissions: permissions.iter().copied().collect::<PermissionSet>(),
            site_rights: BTreeMap::new(),
        })
    }

    fn assigned(roles: &[Role], sites: Option<Vec<SiteId>>) -> Assignment {
        Assignment {
            roles: roles.iter().copied().collect(),
            sites,
        }
    }

    fn site(n: u128) -> SiteId {
        SiteId::from_uuid(Uuid::from_u128(n))
    }

    #[test]
    fn what_is_given_and_what_is_taken_needs_the_same_right() {
        use Permission as P;
        let bo = caller(
            &[Role::DriverManager],
            &[P::TeamInviteDriverManager, P::TeamInviteViewer],
            None,
        );
        let viewer = assigned(&[Role::Viewer], None);
        let both = assigned(&[Role::Viewer, Role::DriverManager], None);
        let technician = assigned(&[Role::Viewer, Role::Technician], None);
        assert!(may_change(&bo, &viewer, &both) && may_change(&bo, &both, &viewer));
        assert!(!may_change(&bo, &viewer, &technician));
        assert!(!may_change(&bo, &technician, &viewer));
        // What stays is not asked for, unless it reaches elsewhere than before.
        let more = assigned(&[Role::Viewer, Role::Technician, Role::DriverManager], None);
        assert!(may_change(&bo, &technician, &more));
        let elsewhere = assigned(&[Role::Viewer, Role::Technician], Some(vec![site(1)]));
        assert!(!may_change(&bo, &technician, &elsewhere));
        assert!(may_change(
            &bo,
            &viewer,
            &assigned(&[Role::Viewer], Some(vec![site(1)]))
        ));
    }

    #[test]
    fn administrators_and_activators_are_made_by_administrators_in_person() {
        let everything = Permission::ALL;
        let ada = caller(&[Role::Administrator], everything, None);
        let of_a_site = caller(&[Role::Administrator], everything, Some(vec![site(1)]));
        let all_but = Role::ALL
            .iter()
            .copied()
            .filter(|r| *r != Role::Administrator);
        let everybody = caller(&all_but.collect::<Vec<_>>(), everything, None);
        let Caller::User(member) = ada.clone() else {
            unreachable!("ada is a person")
        };
        let key = Caller::Key {
            key: KeyId::from_uuid(Uuid::from_u128(1)),
            member,
        };
        for role in [Role::Administrator, Role::PaidModuleActivator] {
            assert!(may_give(&ada, role));
            assert!(!may_give(&of_a_site, role));
            assert!(!may_give(&everybody, role));
            assert!(!may_give(&key, role));
            assert!(may_restore(&ada, RoleSet::EMPTY.with(role)));
            assert!(!may_restore(&everybody, RoleSet::EMPTY.with(role)));
        }
        assert!(may_give(&key, Role::Viewer));
        assert!(
            !may_give(&of_a_site, Role::Viewer),
            "not in the whole organisation"
        );
    }

    #[test]
    fn whoever_is_capped_decides_nothing_by_being_an_administrator() {
        let Caller::User(mut mia) = caller(&[Role::Administrator], Permission::ALL, None) else {
            unreachable!("mia is a person")
        };
        mia.capped = true;
        mia.roles = mia.roles.with(Role::Viewer);
        let mia = Caller::User(mia);
        let only = |role: Role| RoleSet::EMPTY.with(role);
        for role in [Role::Administrator, Role::PaidModuleActivator] {
            assert!(!may_give(&mia, role));
            assert!(!may_archive(&mia, only(role)));
            assert!(!may_restore(&mia, only(role)));
        }
        assert!(!may_archive(&mia, only(Role::Technician)));
        assert!(may_archive(&mia, only(Role::Viewer)), "a peer");
        assert!(may_give(&mia, Role::Viewer), "by a permission that she has");
    }

    #[test]
    fn peers_are_archived_and_others_are_not() {
        let roles = |roles: &[Role]| roles.iter().copied().collect::<RoleSet>();
        let bo = caller(&[Role::DriverManager, Role::Viewer], &[], None);
        assert!(may_archive(&bo, roles(&[Role::Viewer])));
        assert!(may_archive(
            &bo,
            roles(&[Role::Viewer, Role::DriverManager])
        ));
        assert!(!may_archive(&bo, roles(&[Role::Viewer, Role::Technician])));
        let ada = caller(&[Role::Administrator], &[], None);
        assert!(may_archive(&ada, roles(&[Role::Technician])));
    }

    #[test]
    fn an_administrator_of_some_sites_does_not_keep_the_organisation() {
        assert!(assigned(&[Role::Administrator], None).administers());
        assert!(!assigned(&[Role::Administrator], Some(vec![site(1)])).administers());
        assert!(!assigned(&[Role::Viewer], None).administers());
    }
}
