//! A view: a list as somebody wants to see it again. Owns which lists there are and what may be kept of
//! each; refuses to know what a parameter means, which is the list's own business.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::id::{OrgId, UserId, ViewId};
use crate::role::Permission;

/// A list that can be kept as a view. Lists of drivers and of what they identify with are none: what
/// one searches there is driver data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewList {
    /// Stations.
    Stations,
    /// Charging sessions.
    Sessions,
}

impl ViewList {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Stations, Self::Sessions];

    /// The parameters of the list that a view keeps: its filters and its order. What pages through it
    /// is none, nor what only those may search by who can read driver data.
    #[must_use]
    pub const fn params(self) -> &'static [&'static str] {
        match self {
            Self::Stations => &[
                "firmware_version",
                "model",
                "online",
                "q",
                "site_id",
                "sort",
                "status",
                "vendor",
            ],
            Self::Sessions => &[
                "from",
                "site_id",
                "sort",
                "state",
                "station_id",
                "suspect",
                "to",
            ],
        }
    }

    /// Who cannot see the list has no use for its views.
    #[must_use]
    pub const fn permission(self) -> Permission {
        match self {
            Self::Stations => Permission::StationsList,
            Self::Sessions => Permission::SessionsView,
        }
    }
}

/// A list as somebody wants to see it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its id.
    pub id: ViewId,
    /// In which organisation.
    pub org: OrgId,
    /// Whose it is.
    pub owner: UserId,
    /// The owner's name when they made it.
    pub owner_name: String,
    /// What people call it.
    pub name: String,
    /// Of which list.
    pub list: ViewList,
    /// The list's parameters, by name.
    pub params: BTreeMap<String, String>,
    /// Whether everybody sees it who sees the list in the whole organisation.
    pub shared: bool,
    /// When it was made.
    pub created_at: Moment,
}
