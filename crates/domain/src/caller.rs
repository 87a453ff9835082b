//! Who asks, and where that person's rights reach: by roles in an organisation, and by access to
//! single sites. The rights are computed by the access room; here they are only looked up.

use std::collections::BTreeMap;

use crate::id::{KeyId, LoginId, OrgId, SiteId, StationId, UserId};
use crate::role::{Permission, PermissionSet, Role, RoleSet};

/// Where a membership reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The organisation; never those above or below it.
    pub org: OrgId,
    /// Only these sites; the whole organisation when none.
    pub sites: Option<Vec<SiteId>>,
}

/// A member as a caller: what the access room needs to decide. Somebody who has access to single
/// sites only is one without roles, limited to no site at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub user: UserId,
    /// The person's name, for records of what was done.
    pub name: String,
    /// The web session, when there is one.
    pub login: Option<LoginId>,
    /// The role as which the person looks about, with no more than it allows and changing nothing.
    pub viewed_as: Option<Role>,
    /// Where the membership reaches.
    pub scope: Scope,
    /// The roles in the organisation.
    pub roles: RoleSet,
    /// Whether the person made this organisation, or it was made in their name, and does not
    /// administer the one above: what Administrators decide by their role is not theirs here.
    pub capped: bool,
    /// What the roles and the organisation's modules allow, computed by the access room; valid
    /// where the scope reaches.
    pub permissions: PermissionSet,
    /// What access to single sites allows there, computed by the access room.
    pub site_rights: BTreeMap<SiteId, PermissionSet>,
}

/// Where a permission holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// In the whole organisation.
    Everywhere,
    /// At these sites only; at none for what everybody has, held by somebody who sees no site.
    Sites(Vec<SiteId>),
    /// Nowhere.
    Nowhere,
}

impl Member {
    /// The roles that count where something is decided by the role itself: the administration of
    /// somebody who is capped does not.
    #[must_use]
    pub fn roles_in_force(&self) -> RoleSet {
        let counts = |role: &Role| !(self.capped && *role == Role::Administrator);
        self.roles.iter().filter(counts).collect()
    }

    /// Everything that is allowed at a site; without one, in the organisation as a whole.
    #[must_use]
    pub fn rights(&self, site: Option<SiteId>) -> PermissionSet {
        let by_roles = if self.in_scope(site) {
            self.permissions
        } else {
            self.permissions.iter().filter(|p| p.is_general()).collect()
        };
        let here = site.and_then(|site| self.site_rights.get(&site));
        by_roles.union(here.copied().unwrap_or_default())
    }

    /// Whether `permission` is held at a site; without one, in the organisation as a whole.
    #[must_use]
    pub fn may(&self, permission: Permission, site: Option<SiteId>) -> bool {
        let by_roles = self.permissions.contains(permission)
            && (self.in_scope(site) || permission.is_general());
        let here = || site.and_then(|site| self.site_rights.get(&site));
        by_roles || here().is_some_and(|rights| rights.contains(permission))
    }

    /// Where `permission` is held. What everybody has shows the sites that one sees anything of.
    #[must_use]
    pub fn reach(&self, permission: Permission) -> Reach {
        let by_roles = self.permissions.contains(permission);
        let general = permission.is_general();
        let mut sites = match &self.scope.sites {
            None if by_roles => return Reach::Everywhere,
            Some(sites) if by_roles => sites.clone(),
            _ => Vec::new(),
        };
        let granted = self.site_rights.iter();
        let granted = granted.filter(|(_, rights)| general || rights.contains(permission));
        for (site, _) in granted {
            if !sites.contains(site) {
                sites.push(*site);
            }
        }
        // What everybody has is held even by those who see no site at all.
        if sites.is_empty() && !(general && by_roles) {
            return Reach::Nowhere;
        }
        Reach::Sites(sites)
    }

    /// The same person, only where `permission` is held: for what needs two permissions at one
    /// place.
    #[must_use]
    pub fn where_held(&self, permission: Permission) -> Self {
        let mut narrowed = self.clone();
        if !narrowed.permissions.contains(permission) {
            narrowed.scope.sites = Some(Vec::new());
        }
        let held = |_: &SiteId, rights: &mut PermissionSet| rights.contains(permission);
        narrowed.site_rights.retain(held);
        narrowed
    }

    /// Whether the scope of the roles reaches a site; without one, the whole organisation.
    #[must_use]
    pub fn in_scope(&self, site: Option<SiteId>) -> bool {
        match &self.scope.sites {
            None => true,
            Some(sites) => site.is_some_and(|site| sites.contains(&site)),
        }
    }

    /// Whether the caller is anything at all at a site: what is elsewhere looks like nothing.
    #[must_use]
    pub fn knows(&self, site: Option<SiteId>) -> bool {
        self.in_scope(site) || site.is_some_and(|site| self.site_rights.contains_key(&site))
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A person who is signed in.
    User(Member),
    /// An API key, which carries at most what its creator may do.
    Key {
        /// Which.
        key: KeyId,
        /// Its creator, with the permissions of the key.
        member: Member,
    },
    /// A station; it has no permissions.
    Station(StationId),
    /// Busbar itself: a timer, a reaction, the command line.
    System {
        /// What it is doing, for records.
        why: &'static str,
    },
}

impl Caller {
    /// The member behind the caller, where there is a person behind it.
    #[must_use]
    pub const fn member(&self) -> Option<&Member> {
        match self {
            Self::User(member) | Self::Key { member, .. } => Some(member),
            Self::Station(_) | Self::System { .. } => None,
        }
    }

    /// The same caller, only where `permission` is held.
    #[must_use]
    pub fn where_held(&self, permission: Permission) -> Self {
        match self {
            Self::User(member) => Self::User(member.where_held(permission)),
            Self::Key { key, member } => Self::Key {
                key: *key,
                member: member.where_held(permission),
            },
            Self::Station(_) | Self::System { .. } => self.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn site(n: u128) -> SiteId {
        SiteId::from_uuid(Uuid::from_u128(n))
    }

    fn member(sites: Option<Vec<SiteId>>, permissions: &[Permission]) -> Member {
        Member {
            user: UserId::from_uuid(Uuid::from_u128(1)),
            name: "Bo".to_owned(),
            login: None,
            viewed_as: None,
            scope: Scope {
                org: OrgId::from_uuid(Uuid::from_u128(1)),
                sites,
            },
            roles: RoleSet::EMPTY,
            capped: false,
            permissions: permissions.iter().copied().collect(),
            site_rights: BTreeMap::new(),
        }
    }

    #[test]
    fn roles_and_access_to_a_site_add_up_there_and_nowhere_else() {
        use Permission as P;
        let mut bo = member(Some(vec![site(1)]), &[P::StationsList, P::DashboardView]);
        let granted = [P::StationsList, P::StationsControl];
        bo.site_rights
            .insert(site(2), granted.into_iter().collect());
        assert!(bo.may(P::StationsList, Some(site(1))));
        assert!(!bo.may(P::StationsControl, Some(site(1))));
        assert!(bo.may(P::StationsControl, Some(site(2))));
        assert!(!bo.may(P::StationsList, Some(site(3))));
        assert!(
            !bo.may(P::StationsList, None),
            "not in the organisation as a whole"
        );
        assert!(bo.may(P::DashboardView, None));
        assert_eq!(
            bo.reach(P::StationsList),
            Reach::Sites(vec![site(1), site(2)])
        );
        assert_eq!(bo.reach(P::StationsControl), Reach::Sites(vec![site(2)]));
        assert_eq!(bo.reach(P::StationsEdit), Reach::Nowhere);
        assert_eq!(
            bo.reach(P::DashboardView),
            Reach::Sites(vec![site(1), site(2)])
        );
        for permission in Permission::ALL {
            for place in [None, Some(site(1)), Some(site(2)), Some(site(3))] {
                assert_eq!(
                    bo.may(*permission, place),
                    bo.rights(place).contains(*permission),
                    "{} at {place:?}",
                    permission.key()
                );
            }
        }
        assert!(bo.knows(Some(site(2))) && !bo.knows(Some(site(3))) && !bo.knows(None));
    }

    #[test]
    fn two_permissions_are_needed_at_one_place() {
        use Permission as P;
        let mut bo = member(Some(vec![site(1)]), &[P::StationsList, P::StationsReport]);
        bo.site_rights
            .insert(site(2), [P::StationsList].into_iter().collect());
        assert_eq!(
            bo.where_held(P::StationsReport).reach(P::StationsList),
            Reach::Sites(vec![site(1)])
        );
        assert_eq!(
            bo.where_held(P::StationsEdit).reach(P::StationsList),
            Reach::Nowhere
        );
    }

    #[test]
    fn whoever_has_roles_in_the_whole_organisation_is_not_narrowed_by_a_site() {
        let mut bo = member(None, &[Permission::StationsList]);
        bo.site_rights.insert(site(2), PermissionSet::EMPTY);
        assert_eq!(bo.reach(Permission::StationsList), Reach::Everywhere);
        assert!(bo.may(Permission::StationsList, Some(site(2))));
    }
}
