//! Lists as files: to take a list away is a right of its own, beside that to see it. The table of
//! rights calls it a report or a download.

use domain::role::{Caller, Permission};

use crate::app::App;
use crate::error::Error;
use crate::gate;

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
}

impl Export {
    /// What it needs, beside what the list itself needs.
    #[must_use]
    pub const fn permission(self) -> Permission {
        match self {
            Self::Stations | Self::Sites => Permission::StationsReport,
            Self::Sessions => Permission::HistoryReport,
            Self::Tokens => Permission::DriversReport,
            Self::Logs | Self::Attempts => Permission::LogsDownload,
            Self::Organisations => Permission::ResellerView,
            Self::SiteAccess => Permission::SitesAccessManage,
            Self::Keys => Permission::KeysManage,
        }
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
        }
    }
}

/// Lets `caller` take a list away as a file, or says why not. The caller that is returned reaches
/// only where the list may be taken away.
pub async fn begin(app: &App, caller: &Caller, export: Export) -> Result<Caller, Error> {
    gate::permit(app, caller, export.permission()).await?;
    Ok(caller.where_held(export.permission()))
}
