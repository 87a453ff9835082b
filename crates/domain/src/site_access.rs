//! Access to one site, shared with a person who need not be a member of its organisation
//! (access.md B): a level, and single actions granted or denied beside it. What a site's level
//! allows adds to what the organisation's roles allow, and never takes from it.

use serde::{Deserialize, Serialize};

use crate::role::{Permission, PermissionSet};

/// How much of a site a person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Sees live values, history and the real-time stream.
    User,
    /// Controls, diagnoses, updates and configures the stations as well.
    Technician,
    /// Everything there is at a site.
    Admin,
}

const USER: &[Permission] = &[
    Permission::StationsFind,
    Permission::StationsList,
    Permission::StationsWidgets,
    Permission::StationsAdminStateView,
    Permission::HistoryView,
    Permission::SessionsView,
    Permission::HistoryWidgets,
];

const TECHNICIAN: &[Permission] = &[
    Permission::StationsControl,
    Permission::StationsFirmware,
    Permission::StationsConfigure,
    Permission::StationsDiagnostics,
    Permission::StationsRawOcpp,
    Permission::StationSettingsView,
    Permission::LogsView,
    Permission::LogsSearch,
    Permission::LogsDownload,
    Permission::EnergyView,
    Permission::EnergyDashboardView,
    Permission::EnergyLoadView,
    Permission::EnergyDlmEdit,
    Permission::EnergyAdaptiveEdit,
    Permission::EnergySolarEdit,
    Permission::EnergyPreconnectEdit,
    Permission::EnergyPriorityEdit,
    Permission::EnergyMultiGroupEdit,
    Permission::EnergyCongestionEdit,
];

/// What an admin has and a technician has not: exactly three things.
const ADMIN: &[Permission] = &[
    Permission::SitesEdit,
    Permission::StationsIdentityReplace,
    Permission::SitesAccessManage,
];

fn set(permissions: &[Permission]) -> PermissionSet {
    permissions.iter().copied().collect()
}

impl Level {
    /// All of them, the smallest first.
    pub const ALL: [Self; 3] = [Self::User, Self::Technician, Self::Admin];

    /// The stable word.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Technician => "technician",
            Self::Admin => "admin",
        }
    }

    /// The level of a stable word.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.key() == key)
    }

    /// What it allows at the site, before the organisation's modules.
    #[must_use]
    pub fn permissions(self) -> PermissionSet {
        match self {
            Self::User => set(USER),
            Self::Technician => Self::User.permissions().union(set(TECHNICIAN)),
            Self::Admin => Self::Technician.permissions().union(set(ADMIN)),
        }
    }
}

/// The single actions that can be granted or denied beside a level: everything about the stations
/// of a site but what concerns people, drivers' access and prices.
#[must_use]
pub fn actions() -> PermissionSet {
    let about_stations = |p: &Permission| {
        let (module, submodule) = p.module();
        module == "Station management"
            && !matches!(submodule, "Access management" | "Tariffs")
            && !p.key().starts_with("team.")
            && p.single().is_none()
    };
    let table = &Permission::ALL[..Permission::FROM_TABLE];
    let of_the_table = table.iter().copied().filter(about_stations);
    of_the_table
        .chain([
            Permission::StationsRawOcpp,
            Permission::StationsIdentityReplace,
        ])
        .collect()
}

/// What a person has at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteAccess {
    /// The level.
    pub level: Level,
    /// Single actions beside the level.
    pub grants: PermissionSet,
    /// Single actions of the level that are taken away; they win over grants.
    pub denials: PermissionSet,
}

impl SiteAccess {
    /// A level, and nothing beside it.
    #[must_use]
    pub const fn of(level: Level) -> Self {
        Self {
            level,
            grants: PermissionSet::EMPTY,
            denials: PermissionSet::EMPTY,
        }
    }

    /// What it allows at the site, before the organisation's modules.
    #[must_use]
    pub fn rights(&self) -> PermissionSet {
        let level = self.level.permissions();
        level.union(self.grants).minus(self.denials)
    }

    /// Whether somebody with these rights at the site may give or take this access: nobody hands
    /// out what they do not have themselves. `possible` is what the organisation's modules allow
    /// anybody; a module that it does not have is in nobody's way.
    #[must_use]
    pub fn may_be_given_by(&self, rights: PermissionSet, possible: PermissionSet) -> bool {
        let given = self.level.permissions().union(self.grants);
        rights.contains(Permission::SitesAccessManage)
            && given.intersection(possible).within(rights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_technician_is_an_admin_minus_exactly_three_things() {
        let missing = Level::Admin
            .permissions()
            .minus(Level::Technician.permissions());
        let missing: Vec<&str> = missing.iter().map(Permission::key).collect();
        assert_eq!(
            missing,
            [
                "sites.edit",
                "stations.identity.replace",
                "sites.access.manage"
            ]
        );
        assert!(
            Level::User
                .permissions()
                .within(Level::Technician.permissions())
        );
    }

    #[test]
    fn no_level_and_no_grant_reaches_people_drivers_or_prices() {
        let all = Level::Admin.permissions().union(actions());
        for permission in all.iter() {
            let (module, submodule) = permission.module();
            assert!(
                module == "Station management" || module.is_empty(),
                "{}",
                permission.key()
            );
            assert!(!matches!(submodule, "Access management" | "Tariffs"));
            assert!(!permission.key().starts_with("team."));
        }
    }

    #[test]
    fn a_denial_wins_over_a_grant() {
        let action: PermissionSet = [Permission::EnergyDlmEdit].into_iter().collect();
        let mut access = SiteAccess::of(Level::User);
        assert!(!access.rights().contains(Permission::EnergyDlmEdit));
        access.grants = action;
        assert!(access.rights().contains(Permission::EnergyDlmEdit));
        access.denials = action;
        assert!(!access.rights().contains(Permission::EnergyDlmEdit));
        assert!(access.rights().contains(Permission::StationsList));
    }

    #[test]
    fn nobody_hands_out_what_they_do_not_have() {
        let (admin, user) = (SiteAccess::of(Level::Admin), SiteAccess::of(Level::User));
        let all: PermissionSet = Permission::ALL.iter().copied().collect();
        assert!(admin.may_be_given_by(Level::Admin.permissions(), all));
        assert!(!user.may_be_given_by(Level::Technician.permissions(), all));
        let narrow = Level::Admin
            .permissions()
            .without(Permission::EnergyDlmEdit);
        assert!(!admin.may_be_given_by(narrow, all));
        assert!(user.may_be_given_by(narrow, all));
        // Where the organisation has no such module, its lack is in nobody's way.
        let without = all.without(Permission::EnergyDlmEdit);
        assert!(admin.may_be_given_by(narrow, without));
    }
}
