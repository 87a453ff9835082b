//! Permissions that no route declares, each with the reason. Whoever makes the feature of one
//! declares it at its routes and takes it off this list: a test holds the list and the registry
//! apart and together, so that no permission of the table is forgotten.

use domain::role::Permission;

/// Why no route declares a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// What it lets one do comes later: this feature.
    Later(&'static str),
    /// It is asked within this route, which declares another, for a part of what it does.
    Within(&'static str, &'static str),
    /// It opens a page of the console, whose routes declare what is done there.
    Page,
    /// It belongs to the operator of the instance: the command line.
    Operator,
}

use Permission as P;
use Why::{Later, Operator, Page, Within};

/// The permissions that no route declares.
pub const UNDECLARED: &[(Permission, Why)] = &[
    (P::SettingsView, Page),
    (P::ReportsView, Later("reports")),
    (P::StationsFind, Page),
    (P::StationsAdminStateView, Within("GET", "/stations/{id}")),
    (P::StationsAdminStateEdit, Within("PATCH", "/stations/{id}")),
    (P::HistoryView, Page),
    (P::HistoryWidgets, Page),
    (P::AccessView, Page),
    (P::AccessUsersView, Later("authorised users of a station")),
    (P::AccessUsersEdit, Later("authorised users of a station")),
    (P::AccessPreferencesEdit, Later("access preferences")),
    (P::TariffsView, Page),
    (P::TariffsStationView, Later("tariffs")),
    (P::TariffsStationEdit, Later("tariffs")),
    (P::LogsSearch, Within("GET", "/stations/{id}/logs")),
    (P::FirmwareAvailableNotify, Within("GET", "/notifications")),
    (P::EnergyView, Page),
    (P::EnergyDashboardView, Later("energy")),
    (P::EnergyLoadView, Later("energy")),
    (P::EnergyDlmEdit, Later("energy")),
    (P::EnergyAdaptiveEdit, Later("energy")),
    (P::EnergySolarEdit, Later("energy")),
    (P::EnergyPreconnectEdit, Later("energy")),
    (P::EnergyPriorityEdit, Later("energy")),
    (P::EnergyMultiGroupEdit, Later("energy")),
    (P::EnergyCongestionEdit, Later("energy")),
    (P::CustomershipView, Page),
    (P::BillingView, Page),
    (P::BillingGeneralView, Later("billing")),
    (P::BillingGeneralEdit, Later("billing")),
    (P::BillingSettlementView, Later("billing")),
    (P::BillingSettlementEdit, Later("billing")),
    (P::TeamView, Page),
    (P::DriversWidgets, Page),
    (P::DriverHistoryView, Page),
    (P::SessionsCancel, Later("billing")),
    (P::DriversRefund, Later("billing")),
    (P::FleetReimburse, Later("billing")),
    (P::SystemManage, Operator),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::route::{Manner, Need};
    use crate::routes;

    #[test]
    fn every_permission_is_declared_by_a_route_or_accounted_for_and_none_is_both() {
        let mut declared = BTreeSet::new();
        for endpoint in routes::all() {
            match endpoint.need {
                Need::Open | Need::SignedIn => {}
                Need::Permission(permission) => {
                    declared.insert(permission);
                }
                Need::ByKind(permissions) => declared.extend(permissions),
            }
            if let Manner::Exported(export) = endpoint.manner {
                declared.insert(export.permission());
            }
        }
        let listed: BTreeSet<Permission> = UNDECLARED.iter().map(|(p, _)| *p).collect();
        assert_eq!(listed.len(), UNDECLARED.len(), "each is listed once");
        for permission in Permission::ALL {
            let (route, list) = (declared.contains(permission), listed.contains(permission));
            let key = permission.key();
            assert!(route || list, "{key} is forgotten: no route declares it");
            assert!(!(route && list), "{key} is declared: take it off the list");
        }
    }

    #[test]
    fn what_is_asked_within_a_route_names_one_that_is_there() {
        for (permission, why) in UNDECLARED {
            if let Within(method, path) = why {
                let there = routes::all().any(|e| e.method == *method && e.path == *path);
                assert!(there, "{}: {method} {path}", permission.key());
            }
        }
    }
}
