//! Roles, permissions and callers: the closed lists that the permission gate decides over.
//!
//! Which role has which permission is data (casbin/policy.csv) and decided by the access room;
//! here stand only the words.

pub use crate::caller::{Caller, Member, Reach, Scope};

macro_rules! permissions {
    ($($name:ident = $key:literal, $module:literal, $submodule:literal, $title:literal, $paid:expr;)*) => {
        /// Everything a person may be allowed to do: the 85 permissions of the table, in its
        /// order, and then Busbar's own. Of these, what is done with a module stands in it, so that
        /// a module that an organisation does not have is not walked around; the rest is always on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[allow(missing_docs)] // the title says it
        pub enum Permission { $($name,)* }

        impl Permission {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable word, such as `stations.control`.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// Module and submodule of the table; both empty for what stands outside every module,
            /// the submodule empty for a row about a whole module.
            #[must_use]
            pub const fn module(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($module, $submodule),)* }
            }

            /// What it lets one do, for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// The paid module it needs.
            #[must_use]
            pub const fn paid_module(self) -> Option<&'static str> {
                match self { $(Self::$name => $paid,)* }
            }
        }
    };
}

permissions! {
    DashboardView = "dashboard.view", "General navigation", "Dashboard", "View module", None;
    SettingsView = "settings.view", "General navigation", "Settings", "View module", None;
    AccountEdit = "account.edit", "General navigation", "Settings", "Edit account information", None;
    AccountMfa = "account.mfa", "General navigation", "Settings", "Activate MFA", None;
    SupportView = "support.view", "General navigation", "Support", "View module", None;
    NotificationsView = "notifications.view", "General navigation", "Notifications", "View module", None;
    AlertsView = "alerts.view", "General navigation", "Alerts", "View module", None;
    ReportsView = "reports.view", "General navigation", "Reports", "View module", None;
    StationsFind = "stations.find", "Station management", "Find", "View Find tab", None;
    StationsList = "stations.list", "Station management", "Find", "View/search station/pool list", None;
    StationsWidgets = "stations.widgets", "Station management", "Find", "View station/pool info widgets", None;
    StationsReport = "stations.report", "Station management", "Find", "Generate station/pool info reports", None;
    StationsEdit = "stations.edit", "Station management", "Manage", "Add/edit/archive stations", None;
    StationsEditBatch = "stations.edit.batch", "Station management", "Manage", "Batch operation: add/edit/archive stations", None;
    SitesEdit = "sites.edit", "Station management", "Manage", "Create/edit/delete pools", None;
    StationsControl = "stations.control", "Station management", "Manage", "View & use controls", None;
    StationsControlBatch = "stations.control.batch", "Station management", "Manage", "Batch operation: use controls", None;
    StationsFirmware = "stations.firmware", "Station management", "Manage", "Update station firmware", None;
    StationsFirmwareBatch = "stations.firmware.batch", "Station management", "Manage", "Batch operation: update stations firmware", None;
    StationsConfigure = "stations.configure", "Station management", "Manage", "Change station configurations", None;
    StationsConfigureBatch = "stations.configure.batch", "Station management", "Manage", "Batch operation: change stations configurations", None;
    StationsDiagnostics = "stations.diagnostics", "Station management", "Manage", "Upload diagnostics file", None;
    StationsAdminStateView = "stations.admin_state.view", "Station management", "Manage", "View administrative state", None;
    StationsAdminStateEdit = "stations.admin_state.edit", "Station management", "Manage", "Edit administrative state", None;
    StationsAlertsManage = "stations.alerts.manage", "Station management", "Manage", "Manage station alerts", None;
    TeamInviteTechnician = "team.invite.technician", "Station management", "Manage", "Invite/assign technician role", None;
    HistoryView = "history.view", "Station management", "Charging history", "View History tab", None;
    SessionsView = "sessions.view", "Station management", "Charging history", "View charging sessions", None;
    SessionsAlertsManage = "sessions.alerts.manage", "Station management", "Charging history", "Manage charging session alerts", None;
    HistoryWidgets = "history.widgets", "Station management", "Charging history", "View charging history widgets", None;
    HistoryReport = "history.report", "Station management", "Charging history", "Generate station charging history reports", None;
    AccessView = "access.view", "Station management", "Access management", "View Access management tab", None;
    AccessUsersView = "access.users.view", "Station management", "Access management", "View authorised users", None;
    AccessUsersEdit = "access.users.edit", "Station management", "Access management", "Edit authorised users", None;
    AccessPreferencesEdit = "access.preferences.edit", "Station management", "Access management", "Edit access preferences", None;
    TeamInviteViewer = "team.invite.viewer", "Station management", "Access management", "Invite/assign Viewer role", None;
    TariffsView = "tariffs.view", "Station management", "Tariffs", "View Tariffs tab", None;
    TariffsStationView = "tariffs.station.view", "Station management", "Tariffs", "View station tariffs", None;
    TariffsStationEdit = "tariffs.station.edit", "Station management", "Tariffs", "Edit station tariffs", None;
    LogsView = "logs.view", "Station management", "Logs", "View Logs tab", None;
    LogsSearch = "logs.search", "Station management", "Logs", "Search logs", None;
    LogsDownload = "logs.download", "Station management", "Logs", "Download logs", None;
    StationSettingsView = "station_settings.view", "Station management", "Settings", "View Settings tab", None;
    FirmwareAvailableNotify = "firmware.available.notify", "Station management", "Settings", "Get notifications for available firmware updates", None;
    FirmwareLibraryUpload = "firmware.library.upload", "Station management", "Settings", "Upload a firmware update file if firmware library module is activated", Some("firmware_library");
    EnergyView = "energy.view", "Station management", "Energy", "Energy tab", None;
    EnergyDashboardView = "energy.dashboard.view", "Station management", "Energy", "View energy dashboard tab", None;
    EnergyLoadView = "energy.load.view", "Station management", "Energy", "View energy load management tab", None;
    EnergyDlmEdit = "energy.dlm.edit", "Station management", "Energy", "Edit dynamic load management (DLM)", None;
    EnergyAdaptiveEdit = "energy.adaptive.edit", "Station management", "Energy", "Edit Adaptive Load Management in load management (paid module)", Some("adaptive_load_management");
    EnergySolarEdit = "energy.solar.edit", "Station management", "Energy", "Edit Solar in load management (paid module)", Some("solar");
    EnergyPreconnectEdit = "energy.preconnect.edit", "Station management", "Energy", "Edit Preconnect in load management (paid module)", Some("preconnect");
    EnergyPriorityEdit = "energy.priority.edit", "Station management", "Energy", "Edit Priority in load management (paid module)", Some("priority");
    EnergyMultiGroupEdit = "energy.multi_group.edit", "Station management", "Energy", "Enable an EVSE to be in multiple DLM groups in load management (paid module)", Some("multiple_load_groups");
    EnergyCongestionEdit = "energy.congestion.edit", "Station management", "Energy", "Edit Congestion Management", None;
    CustomershipView = "customership.view", "Customership", "", "View module", None;
    OrganisationView = "organisation.view", "Customership", "My organisation", "View Basic information", None;
    OrganisationEdit = "organisation.edit", "Customership", "My organisation", "Edit basic information", None;
    TeamInviteFinancialSupport = "team.invite.financial_support", "Customership", "My organisation", "Invite/assign Financial support role", None;
    BillingView = "billing.view", "Customership", "Billing", "View Billing information tab", None;
    BillingGeneralView = "billing.general.view", "Customership", "Billing", "View general information", None;
    BillingGeneralEdit = "billing.general.edit", "Customership", "Billing", "Edit general information", None;
    BillingSettlementView = "billing.settlement.view", "Customership", "Billing", "View settlement information", None;
    BillingSettlementEdit = "billing.settlement.edit", "Customership", "Billing", "Edit settlement information", None;
    TeamView = "team.view", "Customership", "My team", "View My team tab", None;
    TeamMembersView = "team.members.view", "Customership", "My team", "View team members", None;
    TeamInviteDriverManager = "team.invite.driver_manager", "Customership", "My team", "Invite Driver manager role", None;
    TeamInviteChargingManager = "team.invite.charging_manager", "Customership", "My team", "Invite Charging manager role", None;
    TeamArchivePeers = "team.archive_peers", "Customership", "My team", "Archive team members with same roles as themselves", None;
    TeamRestore = "team.restore", "Customership", "My team", "Restore/delete archived team members", None;
    ResellerView = "reseller.view", "Customership", "Reseller", "View module", None;
    ResellerCreateSimilar = "reseller.create_similar", "Customership", "Reseller", "Create sub-organisation with similar modules as the parent", None;
    ResellerCreateCustom = "reseller.create_custom", "Customership", "Reseller", "Create sub-organisation with a custom set of modules", None;
    ResellerModulesEdit = "reseller.modules.edit", "Customership", "Reseller", "Edit sub-organisation modules", None;
    ResellerInvite = "reseller.invite", "Customership", "Reseller", "Generate new organisation invitation", None;
    DriversView = "drivers.view", "EV Drivers", "", "View module", None;
    DriversList = "drivers.list", "EV Drivers", "Find", "View/search EV driver list", None;
    DriversWidgets = "drivers.widgets", "EV Drivers", "Find", "View EV driver info widgets", None;
    DriversReport = "drivers.report", "EV Drivers", "Find", "Generate EV driver info reports", None;
    DriversAdd = "drivers.add", "EV Drivers", "Manage", "Add new EV driver", None;
    DriversEdit = "drivers.edit", "EV Drivers", "Manage", "Edit EV drivers", None;
    TokensEdit = "tokens.edit", "EV Drivers", "Charging tags", "Add, edit and remove charging tags", None;
    DriverHistoryView = "driver_history.view", "EV Drivers", "History", "View History tab", None;
    DriverHistoryActivity = "driver_history.activity", "EV Drivers", "History", "View EV driver activity history", None;
    DriverHistoryReport = "driver_history.report", "EV Drivers", "History", "Generate EV driver activity reports", None;
    AuditView = "audit.view", "", "", "See the audit trail", None;
    KeysManage = "keys.manage", "", "", "Manage API keys", None;
    WebhooksManage = "webhooks.manage", "", "", "Manage webhooks", None;
    StationsRawOcpp = "stations.raw_ocpp", "Station management", "Manage", "Send raw OCPP calls", None;
    StationsIdentityReplace = "stations.identity.replace", "Station management", "Manage", "Replace the device behind a station", None;
    ModulesPaidActivate = "modules.paid.activate", "Customership", "Reseller", "Activate paid modules", None;
    SessionsCancel = "sessions.cancel", "Station management", "Charging history", "Cancel or correct a charging session", None;
    DriversRefund = "drivers.refund", "Customership", "Billing", "Refund a driver", None;
    FleetReimburse = "fleet.reimburse", "Customership", "Billing", "Reimburse fleet drivers", None;
    SitesAccessManage = "sites.access.manage", "", "", "See and change who has access to a site", None;
    SystemManage = "system.manage", "", "", "Operate the instance", None;
}

impl Permission {
    /// How many permissions come from the table; those after them are Busbar's own.
    pub const FROM_TABLE: usize = 85;

    /// The permission of a stable word.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|p| p.key() == key)
    }

    /// The single permission that a batch permission needs as well.
    #[must_use]
    pub fn single(self) -> Option<Self> {
        self.key().strip_suffix(".batch").and_then(Self::from_key)
    }

    /// Whether everybody keeps it who is anybody in an organisation, however small their reach.
    #[must_use]
    pub fn is_general(self) -> bool {
        self.module().0 == "General navigation"
    }

    const fn bit(self) -> u128 {
        1 << self as u8
    }
}

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $key:literal, $title:literal;)*) => {
        /// What a member is in an organisation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Role { $($(#[$doc])* $name,)* }

        impl Role {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable word, such as `driver_manager`.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// For people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// The role of a stable word.
            #[must_use]
            pub fn from_key(key: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|r| r.key() == key)
            }
        }
    };
}

roles! {
    /// Everything the organisation's modules allow.
    Administrator = "administrator", "Administrator";
    /// Drivers, their tokens and access.
    DriverManager = "driver_manager", "Driver manager";
    /// Stations, sites and tariffs, without driver data.
    ChargingManager = "charging_manager", "Charging manager";
    /// Stations, their configuration and energy, without driver data.
    Technician = "technician", "Technician";
    /// Bills, refunds and the drivers behind them.
    FinancialSupport = "financial_support", "Financial support";
    /// Sees stations, without driver data.
    Viewer = "viewer", "Viewer";
    /// Activates paid modules.
    PaidModuleActivator = "paid_module_activator", "Paid module activator";
}

/// Several roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RoleSet(u8);

impl RoleSet {
    /// None.
    pub const EMPTY: Self = Self(0);

    /// The set of its bits, by the order of [`Role::ALL`]; bits without a role are dropped.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0b111_1111)
    }

    /// The bits, by the order of [`Role::ALL`].
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// This set and `role`.
    #[must_use]
    pub const fn with(self, role: Role) -> Self {
        Self(self.0 | 1 << role as u8)
    }

    /// Whether `role` is in it.
    #[must_use]
    pub const fn contains(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The roles in it.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().copied().filter(move |r| self.contains(*r))
    }
}

impl Extend<Role> for RoleSet {
    fn extend<I: IntoIterator<Item = Role>>(&mut self, roles: I) {
        *self = roles.into_iter().fold(*self, Self::with);
    }
}

impl FromIterator<Role> for RoleSet {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        roles.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// Several permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PermissionSet(u128);

impl PermissionSet {
    /// None.
    pub const EMPTY: Self = Self(0);

    /// This set and `permission`.
    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | permission.bit())
    }

    /// This set without `permission`.
    #[must_use]
    pub const fn without(self, permission: Permission) -> Self {
        Self(self.0 & !permission.bit())
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this and not in the other.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of it is in the other.
    #[must_use]
    pub const fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether `permission` is in it.
    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// The permissions in it, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(move |p| self.contains(*p))
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::EMPTY, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_names_one_permission() {
        for permission in Permission::ALL {
            assert_eq!(Permission::from_key(permission.key()), Some(*permission));
        }
        assert_eq!(Permission::ALL[Permission::FROM_TABLE].key(), "audit.view");
        assert!(
            Permission::ALL.len() <= 128,
            "a set of permissions is 128 bits"
        );
    }

    #[test]
    fn a_batch_needs_the_single_one() {
        assert_eq!(
            Permission::StationsEditBatch.single(),
            Some(Permission::StationsEdit)
        );
        let batches = Permission::ALL
            .iter()
            .filter(|p| p.key().ends_with(".batch"));
        assert!(batches.into_iter().all(|p| p.single().is_some()));
    }
}
