//! Lists as files: to take a list away is a right of its own, beside that to see it. The table of
//! rights calls it a report or a download.

use domain::role::{Caller, Permission};
use serde_json::json;
use store::Lane;

use crate::app::App;
use crate::error::Error;
use crate::{audit, gate};

/// What can be had as a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// Stations.
    Stations,
    /// Sites.
    Sites,
    /// Charging sessions.
    Sessions,
    /// Tokens.
    Tokens,
    /// Frames of a station.
    Logs,
    /// Connection attempts.
    Attempts,
    /// Organisations below the caller's own.
    Organisations,
    /// People with access to a site.
    SiteAccess,
    /// API keys.
    Keys,
    /// Members.
    Members,
    /// Invitations.
    Invitations,
    /// The audit trail.
    Audit,
    /// EV drivers.
    Drivers,
    /// What one driver charged.
    DriverHistory,
    /// Jobs.
    Jobs,
    /// The stations of a job.
    JobItems,
    /// Alerts.
    Alerts,
    /// What went to a webhook.
    Deliveries,
    /// Settings that are not as wished.
    Drift,
    /// What the stations of a site reported.
    SiteVariables,
}

impl Export {
    /// What it needs, beside what the list itself needs.
    #[must_use]
    pub const fn permission(self) -> Permission {
        match self {
            Self::Stations
            | Self::Sites
            | Self::Jobs
            | Self::JobItems
            | Self::Drift
            | Self::SiteVariables => Permission::StationsReport,
            Self::Sessions => Permission::HistoryReport,
            Self::Tokens => Permission::DriversReport,
            Self::Logs | Self::Attempts => Permission::LogsDownload,
            Self::Organisations => Permission::ResellerView,
            Self::SiteAccess => Permission::SitesAccessManage,
            Self::Keys => Permission::KeysManage,
            Self::Members | Self::Invitations => Permission::TeamMembersView,
            Self::Audit => Permission::AuditView,
            Self::Drivers => Permission::DriversReport,
            Self::DriverHistory => Permission::DriverHistoryReport,
            Self::Alerts => Permission::AlertsView,
            Self::Deliveries => Permission::WebhooksManage,
        }
    }

    /// Whether a row can tell of a driver.
    const fn tells_of_drivers(self) -> bool {
        matches!(
            self,
            Self::Sessions | Self::Tokens | Self::Logs | Self::Drivers | Self::DriverHistory
        )
    }

    /// What the file is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stations => "stations",
            Self::Sites => "sites",
            Self::Sessions => "sessions",
            Self::Tokens => "tokens",
            Self::Logs => "logs",
            Self::Attempts => "connection-attempts",
            Self::Organisations => "organisations",
            Self::SiteAccess => "site-access",
            Self::Keys => "keys",
            Self::Members => "members",
            Self::Invitations => "invitations",
            Self::Audit => "audit",
            Self::Drivers => "drivers",
            Self::DriverHistory => "driver-history",
            Self::Jobs => "jobs",
            Self::JobItems => "job-stations",
            Self::Alerts => "alerts",
            Self::Deliveries => "webhook-deliveries",
            Self::Drift => "drift",
            Self::SiteVariables => "site-variables",
        }
    }
}

/// Lets `caller` take a list away as a file, or says why not. The caller that is returned reaches
/// only where the list may be taken away.
pub async fn permit(app: &App, caller: &Caller, export: Export) -> Result<Caller, Error> {
    gate::permit(app, caller, export.permission()).await?;
    Ok(caller.where_held(export.permission()))
}

/// Keeps in the audit trail that a list is taken away: to be called before anything of it is sent.
pub async fn begin(app: &App, caller: &Caller, export: Export) -> Result<(), Error> {
    let org = gate::permit(app, caller, export.permission()).await?.org;
    let drivers = export.tells_of_drivers() && gate::driver_data(app, caller).is_some();
    let after = json!({"list": export.name(), "driver_data": drivers});
    let deed = audit::row(app, caller, org, "exports.begin", org, None, Some(&after));
    let written = app.store().write(Lane::Org(org), move |work| {
        let deed = deed.clone();
        Box::pin(async move {
            work.audit(&deed);
            Ok(())
        })
    });
    written.await?;
    Ok(())
}
